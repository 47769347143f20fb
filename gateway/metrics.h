/*
 * metrics - how the site is doing, for Prometheus: text format 0.0.4, on 127.0.0.1 only
 *
 * Detail     Counts by office and state, ages, sizes. Nothing of a patient, no name, no number.
 */
#ifndef TASUKI_GATEWAY_METRICS_H
#define TASUKI_GATEWAY_METRICS_H

#include "base/buf.h"
#include "gateway/keeper_state.h"
#include "gateway/site.h"

/* state may be NULL: then it is read from run/keeper.json. What cannot be looked at is left out; tasuki_up tells. */
void tsk_metrics_print(struct tsk_buf *out, const struct tsk_site *site, const struct tsk_keeper_state *state);

struct tsk_metrics_server;

/* Answers GET /metrics on 127.0.0.1:port, within tsk_metrics_run(); no thread of its own. */
int tsk_metrics_open(struct tsk_metrics_server **out, const struct tsk_site *site, const struct tsk_keeper_state *state,
                     uint32_t port, struct tsk_err *err) TSK_MUST_USE;
void tsk_metrics_close(struct tsk_metrics_server **server);  /* NULL is fine */
int tsk_metrics_fd(const struct tsk_metrics_server *server); /* readable when tsk_metrics_run() has something to do */
void tsk_metrics_run(struct tsk_metrics_server *server);

#endif
