/*
 * deadlines - once a day: what falls due without anybody doing anything
 *
 * Incidents  Whose report is near or late: the office is told (routing/route.h).
 * Retention  Cases and documents that are kept long enough: one to-do an office and fiscal year, until a list is proposed.
 */
#ifndef TASUKI_GATEWAY_DEADLINES_H
#define TASUKI_GATEWAY_DEADLINES_H

#include "gateway/site.h"

int tsk_deadlines_look(const struct tsk_site *site, struct tsk_err *err) TSK_MUST_USE;

#endif
