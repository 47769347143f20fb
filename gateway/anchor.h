/*
 * anchor - heads of the audit chain, noted where whoever writes the database cannot reach
 *
 * File       One line a note, only ever added to: "2026-11-25T00:00:03.120Z 28:0a42ff…". On another machine, or on a medium that
 *            allows adding only. `tasuki audit verify` and doctor read it by themselves.
 */
#ifndef TASUKI_GATEWAY_ANCHOR_H
#define TASUKI_GATEWAY_ANCHOR_H

#include "gateway/site.h"
#include "records/audit.h"

#define TSK_ANCHORS_MAX 20000 /* 50 years of days */

int tsk_anchor_add(const char *path, const struct tsk_audit_head *head, struct tsk_err *err) TSK_MUST_USE;
/* malloc'ed; NULL and 0 when no file is configured. A line that is no note is an error that names it. */
int tsk_anchor_read(struct tsk_audit_head **out, size_t *count, const struct tsk_site *site,
                    struct tsk_err *err) TSK_MUST_USE;
/* The chain against everything that was noted in the configured file, and against one more head (NULL = none). */
int tsk_anchor_verify(struct tsk_audit_head *head, size_t *noted, const struct tsk_site *site, struct tsk_store *store,
                      const struct tsk_audit_head *more, struct tsk_err *err) TSK_MUST_USE;

#endif
