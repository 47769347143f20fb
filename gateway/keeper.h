/*
 * keeper - what a site does for itself, without anybody asking: sealing what lies plain, backups, the anchor of the audit chain,
 * the paper for the day without a server, alerts to whoever runs it
 *
 * Input      The site's own files; no stranger's byte is looked at.
 * Promise    Each chore is done at its time, or at the next start after it; what failed is tried again and is trouble meanwhile.
 * State      run/keeper.json: what was last done when; without it every chore is due.
 */
#ifndef TASUKI_GATEWAY_KEEPER_H
#define TASUKI_GATEWAY_KEEPER_H

#include "gateway/keeper_state.h"
#include "gateway/site.h"

struct tsk_keeper;

int tsk_keeper_open(struct tsk_keeper **out, const struct tsk_site *site, struct tsk_err *err) TSK_MUST_USE;
void tsk_keeper_close(struct tsk_keeper **keeper);
const struct tsk_keeper_state *tsk_keeper_now(const struct tsk_keeper *keeper); /* for metrics */
/* Does what is due; how many milliseconds until it should be called again. */
int64_t tsk_keeper_step(struct tsk_keeper *keeper);

#endif
