/*
 * case_file - all that the records hold of one case, loaded once, for whatever kind of export
 *
 * Values     tsk_file_meaning() gives what a confirmed sheet says, the newest first: an unconfirmed value is a proposal and must not
 *            leave the office as a fact. The sheets themselves are there whole, with their state.
 * Ownership  Everything lies in the arena.
 */
#ifndef TASUKI_REPORTS_CASE_FILE_H
#define TASUKI_REPORTS_CASE_FILE_H

#include "records/case.h"
#include "records/consent.h"
#include "records/inquiry.h"
#include "records/ledger.h"
#include "records/notice.h"
#include "records/sheet.h"

struct tsk_case_file {
    struct tsk_case kase;
    const char *office_name;
    const struct tsk_forms *forms;
    struct tsk_sheets sheets; /* whole, oldest first */
    struct tsk_case_events events;
    struct tsk_consents consents;
    struct tsk_notices notices;
    struct tsk_inquiries inquiries;
    struct tsk_ledger ledger;
    struct tsk_documents documents; /* of the sheets, once each */
    struct tsk_store *store;        /* for names of recipients */
    const struct tsk_scope *scope;
    struct tsk_arena *arena;
};

/* TSK_REJECT when there is no such case. */
int tsk_case_file_load(struct tsk_case_file *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const char *number, const struct tsk_forms *forms, struct tsk_arena *arena,
                       struct tsk_err *err) TSK_MUST_USE;

const struct tsk_form *tsk_file_form(const struct tsk_case_file *file, const struct tsk_sheet *sheet); /* or NULL */
/* Value of the field that means this ("from.clinic"); "" when the sheet has none. */
const char *tsk_file_value(const struct tsk_case_file *file, const struct tsk_sheet *sheet, const char *means);
/* Options by their printed labels, text as it is. In the arena. */
const char *tsk_file_words(const struct tsk_case_file *file, const struct tsk_sheet *sheet, const char *field);
/* Of the newest confirmed sheet that says it; *sheet may be NULL. */
const char *tsk_file_meaning(const struct tsk_case_file *file, const char *means, const struct tsk_sheet **sheet);
/* As above for what follows from several fields: "birth_date". */
const char *tsk_file_derived(const struct tsk_case_file *file, const char *field);
/* "institution:7" and the like, by the name in the directory; the key itself when nobody knows it. */
const char *tsk_file_recipient(const struct tsk_case_file *file, const char *recipient);
/* A free text of the office's own record: its part of that name ("text", "attendees"); "" when there is none. */
const char *tsk_file_note(const struct tsk_case_file *file, const struct tsk_case_event *event, const char *part);

#endif
