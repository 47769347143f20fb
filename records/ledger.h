/*
 * ledger - what of a case was told to whom, under which consent; and what was refused
 *
 * Promise    Every disclosure of the case is a line, whoever carried it: a notice, the page of an inquiry in the day's call, a call or
 *            a paper of a person. A refusal is a line with its reason. Worked out from the records, so that it cannot differ from
 *            them; the consent is the one that stood then.
 */
#ifndef TASUKI_RECORDS_LEDGER_H
#define TASUKI_RECORDS_LEDGER_H

#include "records/store.h"

struct tsk_ledger_line {
    const char *at;                                    /* UTC: when it ended, or when it was refused or queued */
    const char *what;                                  /* "notice", "inquiry", "by_hand" */
    const char *id;                                    /* of the notice or of the to-do */
    const char *about;                                 /* form of the sheet, or "inquiry" */
    int64_t sheet;                                     /* 0 if none */
    const char *recipient, *destination;               /* "institution:7"; number, address or "" */
    const char *channel;                               /* email fax phone other */
    const char *state;                                 /* of the notice; done for what a person carried */
    const char *reason;                                /* of a refusal or failure */
    const char *said;                                  /* what a person wrote down of it (routing/tell.h), or "" */
    const char *by;                                    /* who told or sent it by hand, "" = the program */
    const char *consent_at, *consent_how, *consent_by; /* of the consent that stood then, or "" */
};

struct tsk_ledger {
    struct tsk_ledger_line *items;
    size_t count;
};

/* Oldest first. */
int tsk_ledger_list(struct tsk_ledger *out, struct tsk_store *store, const struct tsk_scope *scope,
                    const char *case_number, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
