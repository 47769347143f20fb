/*
 * fax_out - the channel that hands a letter to HylaFAX's sendfax
 *
 * Promise    SENT means queued by hfaxd under our notice id (job tag), no more: fax_job.h tells what became of it. Without an
 *            answer of sendfax it is UNKNOWN. One connection that fails ends a job, and HylaFAX gives up before the calling
 *            hours of the entry end, so that nothing is dialled out of hours or sent twice.
 * Trust      sendfax is executed without a shell; the number is digits only.
 */
#ifndef TASUKI_GATEWAY_FAX_OUT_H
#define TASUKI_GATEWAY_FAX_OUT_H

#include "gateway/site.h"
#include "routing/channel.h"

int tsk_fax_out_open(struct tsk_channel **out, struct tsk_wire *wire, const struct tsk_site *site,
                     struct tsk_err *err) TSK_MUST_USE;

#endif
