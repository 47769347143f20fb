#include "routing/fax_hours.h"

#include <string.h>

#include "base/date.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define DAYS_AHEAD 40 /* no row of holidays is longer */

struct hours {
    bool daily;
    int from, to; /* minutes of the day */
};

static bool parse_minute(const char *text, int *minute)
{
    for (int i = 0; i < 5; i++)
        if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9')
            return false;
    *minute = ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0';
    return *minute <= 24 * 60 && text[3] < '6';
}

static bool parse(struct hours *out, const char *text)
{
    static const char daily[] = "daily ";

    out->daily = strncmp(text, daily, sizeof daily - 1) == 0;
    text += out->daily ? sizeof daily - 1 : 0;
    return strlen(text) == 11 && text[5] == '-' && parse_minute(text, &out->from) && parse_minute(text + 6, &out->to) &&
           out->from < out->to;
}

bool tsk_fax_hours_valid(const char *hours)
{
    struct hours parsed;

    return hours[0] == '\0' || parse(&parsed, hours);
}

bool tsk_fax_is_workday(const struct tsk_fax_config *config, struct tsk_date day)
{
    int weekday = (int)((tsk_date_days(day) + 4) % 7); /* 1970-01-01 was a Thursday; 0 = Sunday */
    char text[TSK_DATE_SIZE];

    if (weekday == 0 || weekday == 6)
        return false;
    tsk_date_text(day, text);
    for (size_t i = 0; i < config->holidays.count; i++)
        if (strcmp(config->holidays.items[i], text) == 0)
            return false;
    return true;
}

int64_t tsk_fax_hours_wait(int64_t *until_ms, const char *hours, const struct tsk_fax_config *config, int64_t now_ms)
{
    struct hours parsed;
    int32_t today = tsk_date_days(tsk_japan_date(now_ms));

    *until_ms = 0;
    if (hours[0] == '\0' || !parse(&parsed, hours))
        return 0;
    for (int32_t i = 0; i <= DAYS_AHEAD; i++) {
        struct tsk_date day = tsk_date_from_days(today + i);
        int64_t midnight = tsk_japan_midnight_ms(day), from = midnight + parsed.from * MINUTE_MS;

        if (!(parsed.daily || tsk_fax_is_workday(config, day)) || now_ms >= midnight + parsed.to * MINUTE_MS)
            continue;
        if (now_ms < from)
            return from;
        *until_ms = midnight + parsed.to * MINUTE_MS;
        return 0;
    }
    return now_ms + DAYS_AHEAD * 24 * 60 * MINUTE_MS;
}
