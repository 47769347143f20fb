/*
 * calendar - a to-do as a file for the calendar of whoever does it (iCalendar, RFC 5545)
 *
 * Promise    The case number, the office and what kind of thing it is; nothing of the patient. With a start it is an appointment, else a
 *            task. The same to-do has the same UID, so that a file opened again changes the entry instead of doubling it. Lines end with
 *            CRLF and are folded at 75 bytes, between characters.
 */
#ifndef TASUKI_CASEWORK_CALENDAR_H
#define TASUKI_CASEWORK_CALENDAR_H

#include "base/buf.h"
#include "records/todo.h"

#define TSK_CALENDAR_BYTES_MAX 8192

struct tsk_appointment {
    int64_t start_ms; /* 0 = not known yet */
    int minutes;
    const char *place;       /* or "" */
    const char *office_name; /* who goes there */
    const char *domain;      /* right side of the UID */
};

int tsk_calendar_file(struct tsk_buf *out, const struct tsk_todo *todo, const struct tsk_appointment *when,
                      struct tsk_err *err) TSK_MUST_USE;
/* "2026-12-01 14:00" (also with T), Japan's time. */
bool tsk_calendar_start(const char *text, int64_t *start_ms);

#endif
