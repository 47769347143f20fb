/*
 * date - instants, Japanese days, eras and fiscal years
 *
 * Promise    Nothing here reads TZ, LC_* or the time zone database. Stored instants are UTC ("2026-11-21T03:15:00.000Z");
 *            days, fiscal years and quiet hours are Japan's (UTC+9, no summer time).
 * Source     Eras: 明治45.7.30, 大正15.12.25, 昭和64.1.7, 平成31.4.30 are last days; a change day belongs to both eras.
 *            Gregorian calendar in Japan since 1873-01-01.
 */
#ifndef TASUKI_BASE_DATE_H
#define TASUKI_BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct tsk_date {
    int year, month, day; /* Gregorian; year 0 = no date */
};

enum tsk_era { TSK_ERA_NONE, TSK_MEIJI, TSK_TAISHO, TSK_SHOWA, TSK_HEISEI, TSK_REIWA, TSK_ERA_COUNT };

#define TSK_STAMP_SIZE 25 /* "2026-11-21T03:15:00.000Z" and NUL */
#define TSK_DATE_SIZE 11  /* "2026-11-21" and NUL */

void tsk_stamp(int64_t wall_ms, char out[TSK_STAMP_SIZE]);
bool tsk_stamp_parse(const char *text, int64_t *wall_ms); /* with or without fraction; Z or +09:00; none = UTC+9 */
struct tsk_date tsk_japan_date(int64_t wall_ms);          /* the day in Japan */
int tsk_japan_minute_of_day(int64_t wall_ms);             /* 0..1439 */
int64_t tsk_japan_midnight_ms(struct tsk_date date);      /* the instant at which that day starts in Japan */
int tsk_fiscal_year(struct tsk_date date);                /* starts on 1 April */

bool tsk_date_valid(struct tsk_date date);
bool tsk_date_parse(const char *text, struct tsk_date *out);       /* YYYY-MM-DD */
void tsk_date_text(struct tsk_date date, char out[TSK_DATE_SIZE]); /* "" for no date */
int32_t tsk_date_days(struct tsk_date date);                       /* days since 1970-01-01 */
struct tsk_date tsk_date_from_days(int32_t days);
int tsk_age_on(struct tsk_date birth, struct tsk_date day); /* completed years (満年齢) */

/* Year 1 of an era is 元年. False if the era never had that day (昭和64-01-08, 大正0). */
bool tsk_era_to_date(enum tsk_era era, int year, int month, int day, struct tsk_date *out);
enum tsk_era tsk_era_of(struct tsk_date date, int *era_year); /* the later era on a change day */
const char *tsk_era_id(enum tsk_era era);                     /* "meiji" … "reiwa" */
const char *tsk_era_ja(enum tsk_era era);                     /* 明治 … 令和 */
enum tsk_era tsk_era_from_id(const char *id);
/* The era that stands before a year ("令和8", "R8", "平成27") and where the year begins; TSK_ERA_NONE, and text, if none does. */
enum tsk_era tsk_era_before(const char *text, const char **year);

/* What people type: S6.5.2, R8/11/1, 昭和6年5月2日, 令和元年5月1日, 1931-05-02, １９３１年５月２日. */
bool tsk_date_from_people(const char *text, struct tsk_date *out);

#endif
