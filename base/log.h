/*
 * log - one line an event, on standard error
 *
 * Format     2026-11-21T03:15:00Z role[pid] ID key=value key="value with spaces"   (logfmt; journald and files take it)
 * Trust      Values are escaped here, so that no stranger's byte starts a line. No patient data, no page text, no whole
 *            phone number: the caller sees to that.
 */
#ifndef TASUKI_BASE_LOG_H
#define TASUKI_BASE_LOG_H

#include "base/err.h"

enum tsk_log_level { TSK_LOG_DEBUG, TSK_LOG_INFO, TSK_LOG_WARN, TSK_LOG_ERROR };

void tsk_log_role(const char *role); /* a literal; default "tasuki" */
void tsk_log_level(enum tsk_log_level lowest);

/* id: document, sheet or notice id, or "-". Then pairs of const char * key, value, ended by NULL; a NULL value is skipped. */
void tsk_log(enum tsk_log_level level, const char *id, ...) __attribute__((sentinel));
void tsk_log_err(const char *id, const char *event, const struct tsk_err *err);

/* A number as a value: lives until the eighth next call in this thread. */
const char *tsk_log_num(long long n);

#endif
