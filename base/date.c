#include "base/date.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define DAY_MS 86400000LL
#define JAPAN_MS (9 * 3600000LL)

struct era {
    const char *id, *ja;
    char letter;
    struct tsk_date first, last; /* both inclusive; a change day belongs to both */
};

static const struct era eras[TSK_ERA_COUNT] = {
    [TSK_MEIJI] = { "meiji", "明治", 'M', { 1868, 1, 25 }, { 1912, 7, 30 } },
    [TSK_TAISHO] = { "taisho", "大正", 'T', { 1912, 7, 30 }, { 1926, 12, 25 } },
    [TSK_SHOWA] = { "showa", "昭和", 'S', { 1926, 12, 25 }, { 1989, 1, 7 } },
    [TSK_HEISEI] = { "heisei", "平成", 'H', { 1989, 1, 8 }, { 2019, 4, 30 } },
    [TSK_REIWA] = { "reiwa", "令和", 'R', { 2019, 5, 1 }, { 9999, 12, 31 } },
};

/* Howard Hinnant's days_from_civil: proleptic Gregorian calendar, no tables. */
int32_t tsk_date_days(struct tsk_date date)
{
    int y = date.month <= 2 ? date.year - 1 : date.year;
    int cycle = (y >= 0 ? y : y - 399) / 400;
    int year_of_cycle = y - cycle * 400;
    int day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    int day_of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;

    return cycle * 146097 + day_of_cycle - 719468;
}

struct tsk_date tsk_date_from_days(int32_t days)
{
    int z = days + 719468;
    int cycle = (z >= 0 ? z : z - 146096) / 146097;
    int day_of_cycle = z - cycle * 146097;
    int year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
    int day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    int shifted = (5 * day_of_year + 2) / 153;
    int month = shifted < 10 ? shifted + 3 : shifted - 9;

    return (struct tsk_date){ year_of_cycle + cycle * 400 + (month <= 2), month,
                              day_of_year - (153 * shifted + 2) / 5 + 1 };
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

void tsk_stamp(int64_t wall_ms, char out[TSK_STAMP_SIZE])
{
    int64_t days = floor_div(wall_ms, DAY_MS);
    struct tsk_date day = tsk_date_from_days((int32_t)days);
    int ms = (int)(wall_ms - days * DAY_MS);
    char text[64];

    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", day.year, day.month, day.day, ms / 3600000,
             ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
    memcpy(out, text, TSK_STAMP_SIZE - 1);
    out[TSK_STAMP_SIZE - 1] = '\0';
}

/* Exactly count digits; false otherwise. */
static bool digits(const char **at, int count, int *out)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        if (!isdigit((unsigned char)(*at)[i]))
            return false;
        value = value * 10 + ((*at)[i] - '0');
    }
    *at += count;
    *out = value;
    return true;
}

static bool literal(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

static bool parse_day(const char **at, struct tsk_date *out)
{
    return digits(at, 4, &out->year) && literal(at, '-') && digits(at, 2, &out->month) && literal(at, '-') &&
           digits(at, 2, &out->day) && tsk_date_valid(*out);
}

static bool parse_zone(const char *at, int64_t *offset_ms)
{
    int hours = 0;
    int minutes = 0;

    if (*at == '\0') {
        *offset_ms = JAPAN_MS;
        return true;
    }
    if (strcmp(at, "Z") == 0) {
        *offset_ms = 0;
        return true;
    }
    int sign = *at == '-' ? -1 : 1;
    if (*at != '+' && *at != '-')
        return false;
    at++;
    if (!digits(&at, 2, &hours) || !literal(&at, ':') || !digits(&at, 2, &minutes) || *at != '\0')
        return false;
    *offset_ms = sign * (hours * 3600000LL + minutes * 60000LL);
    return true;
}

bool tsk_stamp_parse(const char *text, int64_t *wall_ms)
{
    const char *at = text;
    struct tsk_date day;
    int h = 0;
    int m = 0;
    int s = 0;
    int ms = 0;
    int64_t offset_ms;

    if (!parse_day(&at, &day) || (*at != 'T' && *at != ' '))
        return false;
    at++;
    if (!digits(&at, 2, &h) || !literal(&at, ':') || !digits(&at, 2, &m) || !literal(&at, ':') || !digits(&at, 2, &s) ||
        h > 23 || m > 59 || s > 60)
        return false;
    if (literal(&at, '.')) {
        int scale = 100;
        if (!isdigit((unsigned char)*at))
            return false;
        for (; isdigit((unsigned char)*at); at++, scale /= 10)
            ms += (*at - '0') * scale;
    }
    if (!parse_zone(at, &offset_ms))
        return false;
    *wall_ms = tsk_date_days(day) * DAY_MS + h * 3600000LL + m * 60000LL + s * 1000LL + ms - offset_ms;
    return true;
}

struct tsk_date tsk_japan_date(int64_t wall_ms)
{
    return tsk_date_from_days((int32_t)floor_div(wall_ms + JAPAN_MS, DAY_MS));
}

int tsk_japan_minute_of_day(int64_t wall_ms)
{
    int64_t local = wall_ms + JAPAN_MS;

    return (int)((local - floor_div(local, DAY_MS) * DAY_MS) / 60000);
}

int64_t tsk_japan_midnight_ms(struct tsk_date date)
{
    return tsk_date_days(date) * DAY_MS - JAPAN_MS;
}

int tsk_fiscal_year(struct tsk_date date)
{
    return date.month >= 4 ? date.year : date.year - 1;
}

bool tsk_date_valid(struct tsk_date date)
{
    if (date.year < 1 || date.year > 9999 || date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31)
        return false;
    struct tsk_date back = tsk_date_from_days(tsk_date_days(date));
    return back.month == date.month && back.day == date.day;
}

bool tsk_date_parse(const char *text, struct tsk_date *out)
{
    const char *at = text;
    struct tsk_date date;

    if (!parse_day(&at, &date) || *at != '\0')
        return false;
    *out = date;
    return true;
}

void tsk_date_text(struct tsk_date date, char out[TSK_DATE_SIZE])
{
    char text[40];

    if (date.year == 0) {
        out[0] = '\0';
        return;
    }
    snprintf(text, sizeof text, "%04d-%02d-%02d", date.year, date.month, date.day);
    memcpy(out, text, TSK_DATE_SIZE - 1);
    out[TSK_DATE_SIZE - 1] = '\0';
}

int tsk_age_on(struct tsk_date birth, struct tsk_date day)
{
    bool had_birthday = day.month > birth.month || (day.month == birth.month && day.day >= birth.day);

    return day.year - birth.year - (had_birthday ? 0 : 1);
}

static int compare(struct tsk_date a, struct tsk_date b)
{
    int32_t x = tsk_date_days(a);
    int32_t y = tsk_date_days(b);

    return (x > y) - (x < y);
}

bool tsk_era_to_date(enum tsk_era era, int year, int month, int day, struct tsk_date *out)
{
    if (era <= TSK_ERA_NONE || era >= TSK_ERA_COUNT || year < 1 || year > 200)
        return false;
    struct tsk_date date = { eras[era].first.year + year - 1, month, day };
    if (!tsk_date_valid(date) || compare(date, eras[era].first) < 0 || compare(date, eras[era].last) > 0)
        return false;
    *out = date;
    return true;
}

enum tsk_era tsk_era_of(struct tsk_date date, int *era_year)
{
    for (enum tsk_era era = TSK_REIWA; era > TSK_ERA_NONE; era--) {
        if (compare(date, eras[era].first) < 0)
            continue;
        if (era_year != NULL)
            *era_year = date.year - eras[era].first.year + 1;
        return era;
    }
    return TSK_ERA_NONE;
}

const char *tsk_era_id(enum tsk_era era)
{
    return era > TSK_ERA_NONE && era < TSK_ERA_COUNT ? eras[era].id : "";
}

const char *tsk_era_ja(enum tsk_era era)
{
    return era > TSK_ERA_NONE && era < TSK_ERA_COUNT ? eras[era].ja : "";
}

enum tsk_era tsk_era_from_id(const char *id)
{
    for (enum tsk_era era = TSK_MEIJI; era < TSK_ERA_COUNT; era++) {
        if (strcmp(id, eras[era].id) == 0)
            return era;
    }
    return TSK_ERA_NONE;
}

static enum tsk_era era_at(const char **at)
{
    for (enum tsk_era era = TSK_MEIJI; era < TSK_ERA_COUNT; era++) {
        size_t len = strlen(eras[era].ja);
        if (strncmp(*at, eras[era].ja, len) == 0) {
            *at += len;
            return era;
        }
        if (toupper((unsigned char)**at) == eras[era].letter) {
            (*at)++;
            return era;
        }
    }
    return TSK_ERA_NONE;
}

enum tsk_era tsk_era_before(const char *text, const char **year)
{
    *year = text;
    return era_at(year);
}

static bool number_of_people(const char **at, int *out)
{
    static const char first_year[] = "元";

    if (strncmp(*at, first_year, strlen(first_year)) == 0) {
        *at += strlen(first_year);
        *out = 1;
        return true;
    }
    char *end;
    if (!isdigit((unsigned char)**at))
        return false;
    long value = strtol(*at, &end, 10);
    *at = end;
    *out = value > 9999 ? 9999 : (int)value;
    return true;
}

/* One separator of people: . / - or 年 月 日. */
static bool separator(const char **at, const char *word)
{
    if (strncmp(*at, word, strlen(word)) == 0) {
        *at += strlen(word);
        return true;
    }
    if (**at != '\0' && strchr("./-", **at) != NULL) {
        (*at)++;
        return true;
    }
    return false;
}

bool tsk_date_from_people(const char *text, struct tsk_date *out)
{
    char *folded = tsk_nfkc(text);
    char plain[64] = "";
    size_t len = 0;
    struct tsk_date date = { 0, 0, 0 };
    int year = 0;
    bool ok = false;

    for (const char *c = folded; c != NULL && *c != '\0' && len < sizeof plain - 1; c++) {
        if (*c != ' ')
            plain[len++] = *c;
    }
    plain[len] = '\0';
    free(folded);
    const char *at = plain;
    enum tsk_era era = era_at(&at);
    if (number_of_people(&at, &year) && separator(&at, "年") && number_of_people(&at, &date.month) &&
        separator(&at, "月") && number_of_people(&at, &date.day) && (strcmp(at, "") == 0 || strcmp(at, "日") == 0)) {
        date.year = year;
        ok = era != TSK_ERA_NONE ? tsk_era_to_date(era, year, date.month, date.day, &date)
                                 : year >= 1868 && tsk_date_valid(date);
    }
    if (ok)
        *out = date;
    return ok;
}
