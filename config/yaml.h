/*
 * yaml - one YAML file against one schema, with errors that name file, line and path
 *
 * Promise    Besides what libcyaml checks (unknown key, wrong type, missing key), these are errors: a key twice in one
 *            mapping (the last would silently win), an anchor or alias (the file would not say what it seems to), a second
 *            document, bytes that are not UTF-8, a file above 1 MB. The file is only ever read.
 * Lines      tsk_yaml_line() tells where a path such as "offices[1].id" stands, for faults that are found after loading.
 * Errors     TSK_REJECT: "tasuki.yaml:14: offices[1].wrad: unknown key".
 */
#ifndef TASUKI_CONFIG_YAML_H
#define TASUKI_CONFIG_YAML_H

#include <cyaml/cyaml.h>

#include "base/err.h"

struct tsk_yaml; /* a loaded file: its name and where everything stands */

/* *data is what the schema describes; tsk_yaml_free() releases it together with *out. */
int tsk_yaml_load(struct tsk_yaml **out, void **data, const char *path, const cyaml_schema_value_t *schema,
                  struct tsk_err *err) TSK_MUST_USE;
void tsk_yaml_free(struct tsk_yaml **yaml);

const char *tsk_yaml_path(const struct tsk_yaml *yaml);
/* Line of a path, or of its nearest ancestor that exists; 1 at least. */
int tsk_yaml_line(const struct tsk_yaml *yaml, const char *path);
/* Fills *err with "FILE:LINE: PATH: TEXT" and returns -1. where is the path. */
int tsk_yaml_fail(const struct tsk_yaml *yaml, struct tsk_err *err, const char *where, const char *format, ...)
    TSK_PRINTF(4, 5);

#endif
