/*
 * fax_hours - when an entry's fax may be called
 *
 * Format     "HH:MM-HH:MM" on weekdays that are no holiday, "daily HH:MM-HH:MM", "" = always. Japan's time. An entry without hours has
 *            those of the configuration (fax.hours).
 */
#ifndef TASUKI_ROUTING_FAX_HOURS_H
#define TASUKI_ROUTING_FAX_HOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/date.h"
#include "config/config.h"

/* A weekday that is no holiday. */
bool tsk_fax_is_workday(const struct tsk_fax_config *config, struct tsk_date day);
bool tsk_fax_hours_valid(const char *hours);
/* 0 when it may be called now, and *until_ms is when that ends (0 = never); else when it may be called next. */
int64_t tsk_fax_hours_wait(int64_t *until_ms, const char *hours, const struct tsk_fax_config *config, int64_t now_ms);

#endif
