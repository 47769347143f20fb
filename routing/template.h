/*
 * template - the wording of mails and to-dos, as text files that an office can read and change
 *
 * Format     The first line is "件名: …", then an empty line, then the text. {{name}} is replaced by a value; a line whose
 *            value is empty is left out. {{mail}} itself prints nothing: its line stands only in a mail, not in a text for
 *            a fax or a call. Files are NAME.txt in the site's templates/ folder, else in routing/templates of
 *            the program's data.
 * Trust      Only the names in struct tsk_template_values exist, and none of them is patient data: a template cannot leak
 *            what it is never given. An unknown name is an error that gives file and line.
 * Ownership  subject and body are malloc'ed and belong to the caller.
 */
#ifndef TASUKI_ROUTING_TEMPLATE_H
#define TASUKI_ROUTING_TEMPLATE_H

#include "base/err.h"

struct tsk_template_values { /* NULL counts as "" */
    const char *office, *office_phone, *office_fax, *office_hours;
    const char *recipient;   /* 大阪今里病院 地域医療連携室 */
    const char *case_number; /* or 未定 */
    const char *ref;         /* number under which the sheet or document came in */
    const char *form;        /* 紹介患者状況把握シート */
    const char *ward;        /* 東成区 */
    const char *received;    /* 2026年11月21日 12時15分 */
    const char *link;
    const char *reason;      /* why something is held, failed or waiting; never page text */
    const char *destination; /* number or address to be used in a to-do */
    const char *text;        /* the text inside a to-do; the lines of a digest */
    const char *count;
    const char *mail;  /* anything: the text goes out as a mail */
    const char *about; /* subject of the earlier message that this one takes back */
};

struct tsk_template_text {
    char *subject, *body;
};

/* site_dir may be NULL. */
int tsk_template_render(struct tsk_template_text *out, const char *name, const char *site_dir,
                        const struct tsk_template_values *values, struct tsk_err *err) TSK_MUST_USE;
void tsk_template_text_free(struct tsk_template_text *text);

#endif
