#include "casework/calendar.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"

#define FOLD_BYTES 75
#define MINUTE_MS INT64_C(60000)
#define STAMP_SIZE 20
#define DAY_TEXT 10

/* Commas, semicolons, backslashes and line ends have a meaning there. */
static void add_escaped(struct tsk_buf *line, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr(",;\\", *text) != NULL)
            tsk_buf_puts(line, "\\");
        if (*text == '\n')
            tsk_buf_puts(line, "\\n");
        else if (*text != '\r')
            tsk_buf_add(line, text, 1);
    }
}

static void add_line(struct tsk_buf *out, const char *name, const char *value)
{
    struct tsk_buf line = TSK_BUF(TSK_CALENDAR_BYTES_MAX);
    const char *at;
    size_t used = 0;
    uint32_t rune;

    tsk_buf_printf(&line, "%s:", name);
    add_escaped(&line, value);
    at = tsk_buf_text(&line);
    while (*at != '\0') {
        const char *next = at;
        size_t len = tsk_utf8_next(&next, &rune) == 0 ? 1 : (size_t)(next - at);

        if (used + len > FOLD_BYTES) {
            tsk_buf_puts(out, "\r\n ");
            used = 1;
        }
        tsk_buf_add(out, at, len);
        used += len;
        at += len;
    }
    tsk_buf_puts(out, "\r\n");
    out->failed |= line.failed;
    tsk_buf_free(&line);
}

static void utc(int64_t ms, char out[STAMP_SIZE])
{
    char stamp[TSK_STAMP_SIZE];

    tsk_stamp(ms, stamp);
    snprintf(out, STAMP_SIZE, "%.4s%.2s%.2sT%.2s%.2s%.2sZ", stamp, stamp + 5, stamp + 8, stamp + 11, stamp + 14,
             stamp + 17);
}

static void add_when(struct tsk_buf *out, const struct tsk_todo *todo, const struct tsk_appointment *when)
{
    char text[STAMP_SIZE];
    struct tsk_date due;

    if (when->start_ms != 0) {
        utc(when->start_ms, text);
        add_line(out, "DTSTART", text);
        utc(when->start_ms + when->minutes * MINUTE_MS, text);
        add_line(out, "DTEND", text);
    } else if (tsk_date_parse(todo->due, &due)) {
        snprintf(text, sizeof text, "%04d%02d%02d", due.year, due.month, due.day);
        add_line(out, "DUE;VALUE=DATE", text);
    }
}

int tsk_calendar_file(struct tsk_buf *out, const struct tsk_todo *todo, const struct tsk_appointment *when,
                      struct tsk_err *err)
{
    const char *kind = when->start_ms != 0 ? "VEVENT" : "VTODO";
    struct tsk_buf text = TSK_BUF(TSK_CALENDAR_BYTES_MAX);
    char now[STAMP_SIZE];

    utc(tsk_wall_ms(), now);
    tsk_buf_puts(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Tasuki//JA\r\nMETHOD:PUBLISH\r\n");
    add_line(out, "BEGIN", kind);
    tsk_buf_printf(&text, "todo-%lld@%s", (long long)todo->id, when->domain);
    add_line(out, "UID", tsk_buf_text(&text));
    add_line(out, "DTSTAMP", now);
    add_when(out, todo, when);
    tsk_buf_reset(&text);
    tsk_buf_printf(&text, "%s", todo->text);
    if (!text.failed && text.len > 0)
        text.data[strcspn(text.data, "\n")] = '\0';
    add_line(out, "SUMMARY", tsk_buf_text(&text));
    if (*when->place != '\0')
        add_line(out, "LOCATION", when->place);
    tsk_buf_reset(&text);
    tsk_buf_printf(&text, "%s\n案件番号 %s\n患者様の情報は記載していません。", when->office_name, todo->case_number);
    add_line(out, "DESCRIPTION", tsk_buf_text(&text));
    add_line(out, "CLASS", "PRIVATE");
    add_line(out, "END", kind);
    tsk_buf_puts(out, "END:VCALENDAR\r\n");
    out->failed |= text.failed;
    tsk_buf_free(&text);
    return out->failed ? tsk_fail(err, TSK_REJECT, 0, "the entry for the calendar is too long") : 0;
}

bool tsk_calendar_start(const char *text, int64_t *start_ms)
{
    char stamp[32];

    if (strlen(text) < DAY_TEXT + 6 || strlen(text) > DAY_TEXT + 9)
        return false;
    snprintf(stamp, sizeof stamp, "%.10sT%s%s+09:00", text, text + DAY_TEXT + 1,
             strlen(text) == DAY_TEXT + 6 ? ":00" : "");
    return tsk_stamp_parse(stamp, start_ms);
}
