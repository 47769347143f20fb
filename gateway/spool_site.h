/* spool_site - spool and archive of a site, with its keys and the limits that its configuration gives */
#ifndef TASUKI_GATEWAY_SPOOL_SITE_H
#define TASUKI_GATEWAY_SPOOL_SITE_H

#include "gateway/site.h"
#include "records/blob.h"
#include "spool/spool.h"

int tsk_site_spool_open(struct tsk_spool **out, const struct tsk_site *site, struct tsk_err *err) TSK_MUST_USE;
int tsk_site_blobs_open(struct tsk_blobs **out, const struct tsk_site *site, struct tsk_err *err) TSK_MUST_USE;

#endif
