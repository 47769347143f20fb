/*
 * intake - files that appear in watched folders become documents of the spool
 *
 * Input      Hostile: names, contents and timing of files that strangers and machines put there.
 * Promise    A file leaves the folder only after the spool has it for good. A file is taken when its size and times stood
 *            still for the source's delay and nobody has it open for writing, and only if it did not change while it was
 *            copied: never half a file. One that does not look finished (no end mark) gets ten times that delay. Symbolic
 *            links, folders, hidden and temporary names are left alone.
 * Repeat     A crash between the two makes the same bytes come in again: the records know them as a duplicate.
 * Refused    A file that can never be accepted (too large) goes to refused/ in its folder; a held document with its name and
 *            the reason takes its place in the records (gateway/refused.h).
 */
#ifndef TASUKI_GATEWAY_INTAKE_H
#define TASUKI_GATEWAY_INTAKE_H

#include <stddef.h>

#include "base/err.h"
#include "gateway/site.h"
#include "spool/spool.h"

struct tsk_intake;

int tsk_intake_open(struct tsk_intake **out, const struct tsk_site *site, struct tsk_err *err) TSK_MUST_USE;
void tsk_intake_close(struct tsk_intake **intake);

int tsk_intake_fd(const struct tsk_intake *intake); /* readable when a folder has news */
/* Looks through every folder once, for about a second; returns the milliseconds until it should be called again at the
 * latest, 0 = at once. */
int64_t tsk_intake_step(struct tsk_intake *intake);

/* How many files wait in the folders of a site; -1 on a failure. */
long tsk_intake_pending(const struct tsk_site *site, struct tsk_err *err);

#endif
