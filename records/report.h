/*
 * report - reports to the city as they were counted: draft, approved by the manager and frozen, marked as sent
 *
 * Promise    An approved report never changes. Counting the same period again makes a new version while the older one stays. Only the
 *            newest version is approved or sent.
 * Ways       様式3 goes by e-mail and by post, 様式4 by e-mail; every other 様式 by post or by hand, never by e-mail. The handbook of the
 *            offices says so, and no configuration changes it. The state is "sent" when all of its ways are recorded.
 * Content    JSON of reports/table.h: counts only, no case and no name.
 */
#ifndef TASUKI_RECORDS_REPORT_H
#define TASUKI_RECORDS_REPORT_H

#include "records/store.h"

struct tsk_report {
    int64_t id;
    const char *office, *layout, *form, *title, *first, *last;
    int version;
    const char *state; /* draft, approved, sent */
    const char *content;
    const char *made, *made_by, *approved, *approved_by;
    const char *approved_name; /* as people call who approved it */
    int64_t newest;            /* id of the newest version */
};

struct tsk_reports {
    struct tsk_report *items;
    size_t count;
};

struct tsk_report_sending {
    const char *way, *day, *by, *at; /* email, post, hand */
};

struct tsk_report_sendings {
    struct tsk_report_sending *items;
    size_t count;
};

struct tsk_report_filter {
    const char *office, *layout; /* NULL = every */
    const char *first;           /* NULL = every */
    int64_t id;                  /* 0 = every */
    int limit;                   /* 0 = 200; newest first */
};

/* A draft of that office, layout and period gets the new content; else a new version is made. */
int tsk_report_draft(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope,
                     const struct tsk_report *report, const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_report_approve(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *by,
                       struct tsk_err *err) TSK_MUST_USE;
/* A person sent it on that day (YYYY-MM-DD). Refused before approval, and by a way that its 様式 may not take. */
int tsk_report_sent(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *way,
                    const char *day, const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_report_list(struct tsk_reports *out, struct tsk_store *store, const struct tsk_scope *scope,
                    const struct tsk_report_filter *filter, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* TSK_REJECT when there is none. */
int tsk_report_find(struct tsk_report *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                    struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
int tsk_report_sending_list(struct tsk_report_sendings *out, struct tsk_store *store, const struct tsk_scope *scope,
                            int64_t id, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

bool tsk_report_may_mail(const char *form);

#endif
