#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "records/sheet_new.h"
#include "records/sql.h"

#define PAST_YEARS_MAX 2

struct derive {
    struct tsk_store *store;
    const struct tsk_sheet *sheet;
    const struct tsk_form *form;
    const char *by;
    char why[96];
};

/* What a person's change led to: decided by that person unless a part still waits. */
static int write_derived(const struct derive *derive, const char *key, const char *value, const char *waits,
                         struct tsk_err *err)
{
    const struct tsk_sheet_field *old = tsk_sheet_field(derive->sheet, key);
    const struct tsk_field_update update = { .field = key,
                                             .value = value,
                                             .by = derive->by,
                                             .why = derive->why,
                                             .reason = waits,
                                             .decided = *waits != '\0' ? TSK_DECIDED_WAITING : TSK_DECIDED_SET };

    if (old == NULL || old->kind != TSK_SHEET_DERIVED)
        return 0;
    if (strcmp(old->value, value) == 0 && old->decided == update.decided)
        return 0;
    return tsk_field_write(derive->store, derive->sheet, &update, err);
}

int tsk_derive_row(struct tsk_store *store, int64_t sheet, const char *key, struct tsk_err *err)
{
    return tsk_sql_run(
        store, err,
        "INSERT INTO fields (sheet_id, position, field, kind, read_value, value, confidence, decided, reason, "
        "hand, box_x, box_y, box_w, box_h, registration_error_mm, alternatives) "
        "VALUES (?1, 100000, ?2, 'derived', '', '', 0, 'accepted', '', 'none', 0, 0, 0, 0, 0, '[]') "
        "ON CONFLICT (sheet_id, field) DO NOTHING",
        "is", sheet, key);
}

static int make_row(const struct derive *derive, const char *key, struct tsk_err *err)
{
    return tsk_derive_row(derive->store, derive->sheet->id, key, err);
}

static bool is_part(const struct tsk_form_date *date, const char *field)
{
    return strcmp(date->year, field) == 0 || strcmp(date->month, field) == 0 || strcmp(date->day, field) == 0 ||
           (*date->era_field != '\0' && strcmp(date->era_field, field) == 0);
}

static bool number(const char *text, int *out)
{
    char *end;
    long value = strtol(text, &end, 10);

    *out = (int)value;
    return *text != '\0' && *end == '\0' && value > 0 && value < 10000;
}

/* A date of the sheet's own time must lie before reception, and not long before. */
static bool is_recent(const struct derive *derive, const struct tsk_form_date *date, struct tsk_date day)
{
    int64_t received_ms = 0;

    if (!tsk_form_date_is_recent(date) || !tsk_stamp_parse(derive->sheet->received, &received_ms))
        return true;
    struct tsk_date received = tsk_japan_date(received_ms);
    struct tsk_date oldest = { received.year - PAST_YEARS_MAX, received.month, received.day };
    return tsk_date_days(day) <= tsk_date_days(received) && tsk_date_days(day) >= tsk_date_days(oldest);
}

/* An era that a person set with the year (令和8) is that; else as printed if that can be, else as 令和. False if none can be. */
static bool work_out(const struct derive *derive, const struct tsk_form_date *date, struct tsk_date *out)
{
    const char *era_id = *date->era_field != '\0' ? tsk_sheet_value(derive->sheet, date->era_field) : date->era;
    enum tsk_era era = tsk_era_from_id(era_id);
    const char *year_text;
    enum tsk_era own = tsk_era_before(tsk_sheet_value(derive->sheet, date->year), &year_text);
    int year;
    int month;
    int day;

    if (!number(year_text, &year) || !number(tsk_sheet_value(derive->sheet, date->month), &month) ||
        !number(tsk_sheet_value(derive->sheet, date->day), &day))
        return false;
    if (own != TSK_ERA_NONE)
        return tsk_era_to_date(own, year, month, day, out);
    if (era != TSK_ERA_NONE && tsk_era_to_date(era, year, month, day, out) && is_recent(derive, date, *out))
        return true;
    if (*date->era_field != '\0') /* the era was chosen, not printed */
        return false;
    return tsk_era_to_date(TSK_REIWA, year, month, day, out) && is_recent(derive, date, *out);
}

static bool part_waits(const struct derive *derive, const struct tsk_form_date *date)
{
    const char *const parts[] = { date->year, date->month, date->day, date->era_field };

    for (size_t i = 0; i < TSK_COUNT(parts); i++) {
        if (*parts[i] != '\0' && tsk_sheet_field(derive->sheet, parts[i]) != NULL &&
            !tsk_sheet_sure(derive->sheet, parts[i]))
            return true;
    }
    return false;
}

static bool all_blank(const struct derive *derive, const struct tsk_form_date *date)
{
    return *tsk_sheet_value(derive->sheet, date->year) == '\0' &&
           *tsk_sheet_value(derive->sheet, date->month) == '\0' && *tsk_sheet_value(derive->sheet, date->day) == '\0';
}

static int derive_date(const struct derive *derive, const struct tsk_form_date *date, struct tsk_err *err)
{
    struct tsk_date day = { .year = 0 };
    char text[TSK_DATE_SIZE] = "";
    const char *waits = "";

    if (work_out(derive, date, &day))
        tsk_date_text(day, text);
    else if (!all_blank(derive, date))
        waits = "no_such_date";
    if (*waits == '\0' && part_waits(derive, date))
        waits = "unsure";
    return write_derived(derive, date->id, text, waits, err);
}

static int derive_ward(const struct derive *derive, const char *field, struct tsk_err *err)
{
    const char *address = tsk_sheet_value(derive->sheet, field);
    const struct tsk_knowledge *knowledge = tsk_store_knowledge(derive->store);
    char code[6] = "";

    if (knowledge->ward_of != NULL && knowledge->ward_of(knowledge->ctx, address, code))
        return write_derived(derive, "ward", code, tsk_sheet_sure(derive->sheet, field) ? "" : "unsure", err);
    return write_derived(derive, "ward", *address == '\0' ? "" : tsk_sheet_value(derive->sheet, "ward"),
                         *address == '\0' ? "" : "unsure", err);
}

/* Without the form nobody knows what hangs on what; a name that stands before the dot is known all the same. */
static int doubt_by_name(const struct derive *derive, const char *field, struct tsk_err *err)
{
    char key[128];
    const char *dot = strrchr(field, '.');

    if (dot == NULL || (size_t)(dot - field) >= sizeof key)
        return 0;
    snprintf(key, sizeof key, "%.*s", (int)(dot - field), field);
    return write_derived(derive, key, tsk_sheet_value(derive->sheet, key), "unsure", err);
}

static int derive_from(const struct derive *derive, const char *field, struct tsk_err *err)
{
    const struct tsk_field *known = tsk_form_field(derive->form, field);

    for (size_t i = 0; i < derive->form->date_count; i++) {
        if (is_part(&derive->form->dates[i], field) && derive_date(derive, &derive->form->dates[i], err) != 0)
            return -1;
    }
    if (known != NULL && strcmp(known->means, "patient.address") == 0)
        return derive_ward(derive, field, err);
    return 0;
}

static int make_rows(const struct derive *derive, const char *field, struct tsk_err *err)
{
    for (size_t i = 0; i < derive->form->date_count; i++) {
        if (is_part(&derive->form->dates[i], field) && make_row(derive, derive->form->dates[i].id, err) != 0)
            return -1;
    }
    const struct tsk_field *known = tsk_form_field(derive->form, field);
    return known != NULL && strcmp(known->means, "patient.address") == 0 ? make_row(derive, "ward", err) : 0;
}

int tsk_derive_after(struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet, const char *field,
                     const char *by, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_forms *forms = tsk_store_knowledge(store)->forms;
    struct tsk_sheet now;
    struct derive derive = { .store = store, .sheet = &now, .by = by };

    snprintf(derive.why, sizeof derive.why, "follows from %s", field);
    if (tsk_sheet_find(&now, store, scope, sheet, arena, err) != 0)
        return -1;
    derive.form = forms != NULL ? tsk_forms_find(forms, now.form, now.edition) : NULL;
    if (derive.form == NULL)
        return doubt_by_name(&derive, field, err);
    if (make_rows(&derive, field, err) != 0 || tsk_sheet_find(&now, store, scope, sheet, arena, err) != 0)
        return -1;
    return derive_from(&derive, field, err);
}
