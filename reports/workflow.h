/*
 * workflow - a report from its draft to the day it was sent, and what changed since
 *
 * Promise    A report is approved when its period is over. What is approved is what the log says at that moment: approving counts again and refuses (TSK_HOLD) when the log has moved
 *            on since the draft. After approval the report stands; tsk_report_now() tells what a new version would change.
 */
#ifndef TASUKI_REPORTS_WORKFLOW_H
#define TASUKI_REPORTS_WORKFLOW_H

#include "records/report.h"
#include "reports/count.h"

struct tsk_report_desk { /* what a step needs */
    struct tsk_store *store;
    const struct tsk_scope *scope;
    const struct tsk_counting *counting;
    const struct tsk_config *config; /* names of the offices */
    struct tsk_arena *arena;
};

/* Counts and keeps as a draft. period: as for tsk_count_period(). */
int tsk_report_make(int64_t *id, const struct tsk_report_desk *desk, const char *layout, const char *office,
                    const char *period, const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_report_pass(const struct tsk_report_desk *desk, int64_t id, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* What the log says now against what the report says. A layout that is gone from reports.yaml changes nothing. */
int tsk_report_now(struct tsk_count_changes *out, const struct tsk_report_desk *desk, const struct tsk_report *report,
                   struct tsk_err *err) TSK_MUST_USE;
/* Against the version before it; no changes for the first. */
int tsk_report_since(struct tsk_count_changes *out, const struct tsk_report_desk *desk, const struct tsk_report *report,
                     struct tsk_err *err) TSK_MUST_USE;
/* "第2版 承認済（2026-06-02 鈴木）", in the arena; "" without memory. */
const char *tsk_report_state_text(const struct tsk_report *report, struct tsk_arena *arena);

#endif
