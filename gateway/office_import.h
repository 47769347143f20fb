/*
 * office_import - an exported office into a site that may hold others
 *
 * Order      All of the archive is read and checked before anything is touched. Files first (noted, so that an import that is killed
 *            leaves none for long), then every row, the audit part, and the comparison of each table with the manifest in one
 *            transaction; after the commit the documents of the spool, each by a rename, and the receipt. Whoever is stopped before the
 *            commit changed nothing; after it, the same command goes on where it was.
 * Refused    An archive of another version of the records; an office that has rows here, or is not in tasuki.yaml, or with another
 *            code; the same archive a second time, once its receipt is written: it is only said again.
 */
#ifndef TASUKI_GATEWAY_OFFICE_IMPORT_H
#define TASUKI_GATEWAY_OFFICE_IMPORT_H

#include "gateway/office_archive.h"
#include "gateway/site_routing.h"

struct tsk_office_import {
    bool before; /* it had been imported: nothing was done, or only what was left to do */
    int64_t rows, entries;
    size_t files, documents;
    char *receipt; /* JSON, malloc'ed */
};

struct tsk_office_import_wish {
    const char *digest; /* as the other side read it out; NULL = whatever it is */
    const char *by;
};

int tsk_office_import(struct tsk_office_import *out, const struct tsk_site *site, struct tsk_records *records,
                      struct tsk_office_archive *archive, const struct tsk_office_import_wish *wish,
                      struct tsk_err *err) TSK_MUST_USE;

/* For tests: called at each step ("looked", "noted", "files", "rows", "committed", "documents", "receipt"). */
extern void (*tsk_office_import_boundary)(const char *name);

#endif
