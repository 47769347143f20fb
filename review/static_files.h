/*
 * static_files - the pages as they were when the server started
 *
 * Promise    Only what lay below the folder at start is ever served, by exact name from memory: no path of a request reaches
 *            the file system.
 */
#ifndef TASUKI_REVIEW_STATIC_FILES_H
#define TASUKI_REVIEW_STATIC_FILES_H

#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"

struct tsk_static_file {
    char *path; /* "/app.js" */
    const char *media;
    char *bytes;
    size_t len;
    char etag[TSK_SHA256_HEX + 2]; /* in quotes */
};

struct tsk_static;

int tsk_static_load(struct tsk_static **out, const char *dir, struct tsk_err *err) TSK_MUST_USE;
void tsk_static_free(struct tsk_static **files);
const struct tsk_static_file *tsk_static_find(const struct tsk_static *files, const char *path); /* NULL if none */

#endif
