/*
 * loading - from folders with form.yaml to checked forms: find, read, inherit, expand, check
 *
 * Promise    Every fault is told with the file, line and path where a person mends it, also when an edition inherits: the
 *            place is that of whoever gave the member last. After a fault the work goes on, so that one run tells them all.
 */
#ifndef TASUKI_FORMS_LOADING_H
#define TASUKI_FORMS_LOADING_H

#include "base/arena.h"
#include "config/yaml.h"
#include "forms/form.h"
#include "forms/schema.h"

struct tsk_faults {
    void (*report)(void *ctx, const char *text); /* NULL: only the first is kept */
    void *ctx;
    struct tsk_err first;
    int count;
};

void tsk_fault(struct tsk_faults *faults, const struct tsk_yaml *yaml, const char *where, const char *format, ...)
    TSK_PRINTF(4, 5);
void tsk_fault_err(struct tsk_faults *faults, const struct tsk_err *err);

struct tsk_form_source { /* one folder with a form.yaml */
    const char *dir, *id, *edition;
    struct tsk_yaml *yaml; /* NULL: could not be read, and that has been told */
    struct tsk_raw_form *raw;
    const struct tsk_form_source *parent; /* NULL: inherits nothing */
    char hash[TSK_SHA256_HEX];
};

struct tsk_place { /* where a person finds it */
    const struct tsk_yaml *yaml;
    const char *path;
};

struct tsk_form_draft { /* a form with the place of each part beside it */
    struct tsk_form *form;
    const struct tsk_form_source *source;
    struct tsk_place *blocks, *fields, *dates, *prints;
};

/* The arena owns all of it. -1 only without memory; faults of the file are in *faults. */
int tsk_form_expand(struct tsk_arena *arena, const struct tsk_form_source *source, struct tsk_form_draft *out,
                    struct tsk_faults *faults) TSK_MUST_USE;
void tsk_form_check_draft(const struct tsk_form_draft *draft, struct tsk_faults *faults);

#endif
