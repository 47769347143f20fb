/*
 * watch - looks for trouble with the site: what is wrong now goes into the keeper's state, what is over is marked so
 *
 * Trouble    disk (less than twice what is needed), spool (nothing read for half an hour while documents wait), corrupt, records
 *            (cannot be opened), audit (broken; looked at once a day), mail (letters do not get out), source:ID (silent longer
 *            than its own habit), chore:NAME (a backup, an anchor or a fallback that failed), keys.
 * Habit      The longest pause of a source in the last 60 days, half as much again, at least a day; from 10 documents on.
 */
#ifndef TASUKI_GATEWAY_WATCH_H
#define TASUKI_GATEWAY_WATCH_H

#include "gateway/keeper_state.h"
#include "gateway/site.h"

void tsk_watch(struct tsk_keeper_state *state, const struct tsk_site *site, bool look_at_audit);
bool tsk_watch_mail_is_down(const struct tsk_keeper_state *state);

#endif
