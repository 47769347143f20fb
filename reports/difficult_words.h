/*
 * difficult_words - what a ward office is told of a difficult case: the chosen fields as confirmed sheets have them, and no other
 *
 * Fields     Ids of fields or dates of the forms, joined by a comma: "patient_name,birth_date,notes". A date is one field.
 */
#ifndef TASUKI_REPORTS_DIFFICULT_WORDS_H
#define TASUKI_REPORTS_DIFFICULT_WORDS_H

#include "records/difficult.h"
#include "reports/case_file.h"

/* In the file's arena; "" when no confirmed sheet says anything of the fields. */
const char *tsk_difficult_words(const struct tsk_case_file *file, const struct tsk_difficult *difficult);
/* TSK_REJECT names a field that no form of the case's sheets has. */
int tsk_difficult_check_fields(const struct tsk_case_file *file, const char *fields, struct tsk_err *err) TSK_MUST_USE;

struct tsk_difficult_field {
    const char *id, *label, *value;
};
struct tsk_difficult_fields {
    struct tsk_difficult_field *items;
    size_t count;
};
/* What can be chosen: everything that the confirmed sheets of the case say, each once, dates whole. */
int tsk_difficult_choices(struct tsk_difficult_fields *out, const struct tsk_case_file *file,
                          struct tsk_err *err) TSK_MUST_USE;

#endif
