#include "routing/channel.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 200 };

int tsk_channel_open(struct tsk_channel **out, struct tsk_wire *wire, const struct tsk_mail_config *config,
                     const char *site_dir, struct tsk_err *err)
{
    char *path = NULL;
    int rc;

    *out = NULL;
    if (config->channel == TSK_MAIL_SMTP)
        return tsk_smtp_open(out, wire, config, site_dir, err);
    if (asprintf(&path, "%s%s%s", config->maildir[0] == '/' ? "" : site_dir, config->maildir[0] == '/' ? "" : "/",
                 config->maildir) < 0)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a channel");
    rc = tsk_maildir_open(out, path, err);
    free(path);
    return rc;
}

void tsk_channel_close(struct tsk_channel **channel)
{
    if (*channel != NULL)
        (*channel)->close(*channel);
    *channel = NULL;
}

void tsk_channel_deliver(struct tsk_channel *channel, struct tsk_wire *wire, const struct tsk_letter *letter,
                         struct tsk_delivery_report *report, const volatile sig_atomic_t *stop)
{
    struct tsk_flight flight = { .letter = *letter };

    channel->start(channel, &flight);
    while (!flight.landed && (stop == NULL || !*stop))
        tsk_wire_step(wire, STEP_MS);
    if (!flight.landed)
        channel->abandon(channel, &flight);
    *report = flight.report;
    free(flight.kept);
}

static void TSK_PRINTF(3, 0)
    put_detail(struct tsk_delivery_report *report, enum tsk_delivered how, const char *format, va_list args)
{
    char raw[sizeof report->detail];
    size_t len = 0;

    if (vsnprintf(raw, sizeof raw, format, args) < 0)
        raw[0] = '\0';
    report->how = how;
    for (const char *p = raw; *p != '\0'; p++)
        report->detail[len++] = *p < 0x20 || *p > 0x7e ? ' ' : *p; /* a server's words: ASCII or blank */
    while (len > 0 && report->detail[len - 1] == ' ')
        len--;
    report->detail[len] = '\0';
}

void tsk_delivery_detail(struct tsk_delivery_report *report, enum tsk_delivered how, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_detail(report, how, format, args);
    va_end(args);
}

void tsk_flight_land(struct tsk_flight *flight, enum tsk_delivered how, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_detail(&flight->report, how, format, args);
    va_end(args);
    flight->landed = true;
}
