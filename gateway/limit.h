/*
 * limit - how many documents a source may bring in an hour (sources: hourly_max)
 *
 * Promise    Above it nothing is taken and nothing is lost: files stay in their folder, faxes with the spooler, mails in the mailbox, until
 *            the next hour. Other sources do not notice.
 * State      run/hour-SOURCE, shared by all processes of the site; without it the hour begins anew.
 */
#ifndef TASUKI_GATEWAY_LIMIT_H
#define TASUKI_GATEWAY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/site.h"

/* One more was taken. */
void tsk_limit_count(const struct tsk_site *site, const struct tsk_source *source);
/* In this hour. */
uint32_t tsk_limit_now(const struct tsk_site *site, const struct tsk_source *source);
bool tsk_limit_reached(const struct tsk_site *site, const struct tsk_source *source);
/* The same as a failure, TSK_RETRY. */
int tsk_limit_check(const struct tsk_site *site, const struct tsk_source *source, struct tsk_err *err) TSK_MUST_USE;

#endif
