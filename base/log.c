#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"

static const char *role_name = "tasuki";
static enum tsk_log_level lowest_level = TSK_LOG_INFO;

void tsk_log_role(const char *role)
{
    role_name = role;
}

void tsk_log_level(enum tsk_log_level lowest)
{
    lowest_level = lowest;
}

static bool is_plain(const char *value)
{
    if (*value == '\0')
        return false;
    for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++) {
        if (*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' || *c == 0x7F)
            return false;
    }
    return true;
}

static void add_value(struct tsk_buf *line, const char *value)
{
    if (is_plain(value)) {
        tsk_buf_puts(line, value);
        return;
    }
    tsk_buf_puts(line, "\"");
    for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            tsk_buf_printf(line, "\\%c", *c);
        else if (*c < ' ' || *c == 0x7F)
            tsk_buf_printf(line, "\\x%02x", *c);
        else
            tsk_buf_add(line, c, 1);
    }
    tsk_buf_puts(line, "\"");
}

static void write_line(struct tsk_buf *line)
{
    if (line->failed) {
        tsk_buf_reset(line);
        tsk_buf_puts(line, "log line too long");
    }
    tsk_buf_puts(line, "\n");
    /* One write a line, so that the lines of several processes do not mix. */
    ssize_t written = write(STDERR_FILENO, line->data, line->len);
    (void)written; /* nobody is left to tell */
}

void tsk_log(enum tsk_log_level level, const char *id, ...)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    struct tsk_buf line = TSK_BUF(8192);
    char stamp[TSK_STAMP_SIZE];
    va_list args;

    if (level < lowest_level)
        return;
    tsk_stamp(tsk_wall_ms(), stamp);
    tsk_buf_printf(&line, "%s %s[%ld] %s level=%s", stamp, role_name, (long)getpid(), id, names[level]);
    va_start(args, id);
    for (const char *key; (key = va_arg(args, const char *)) != NULL;) {
        const char *value = va_arg(args, const char *);
        if (value == NULL)
            continue;
        tsk_buf_printf(&line, " %s=", key);
        add_value(&line, value);
    }
    va_end(args);
    write_line(&line);
    tsk_buf_free(&line);
}

void tsk_log_err(const char *id, const char *event, const struct tsk_err *err)
{
    tsk_log(err->kind == TSK_RETRY ? TSK_LOG_WARN : TSK_LOG_ERROR, id, "event", event, "text", err->text, NULL);
}

const char *tsk_log_num(long long n)
{
    static _Thread_local char ring[8][24];
    static _Thread_local unsigned next;
    char *text = ring[next++ % TSK_COUNT(ring)];

    snprintf(text, sizeof ring[0], "%lld", n);
    return text;
}
