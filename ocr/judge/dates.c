#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/judge/judging.h"

#define READINGS_MAX (TSK_ALTERNATIVES_MAX + 1)
#define WINDOW_YEARS 2

/* How unlikely it is that a person wrote this, against a date that fits. */
#define IMPOSSIBLE_DATE 0.002
#define OUTSIDE_WINDOW 0.02
#define AGE_FITS 0.95
#define AGE_NEXT_TO_IT 0.015
#define AGE_OTHER 0.0004 /* each of the other ages: some people count wrongly */

enum { YEAR, MONTH, DAY, AGE, CELLS };

struct cell {
    struct tsk_value *value; /* NULL: the form has no such cell */
    int count;
    int number[READINGS_MAX];
    char *text[READINGS_MAX];
    double p[READINGS_MAX];
    double posterior[READINGS_MAX];
};

static struct tsk_value *value_of(const struct tsk_judging *judging, const char *id)
{
    return id[0] != '\0' ? tsk_reading_value(judging->reading, id) : NULL;
}

static int number_in(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);

    return *text == '\0' || *end != '\0' || number < 0 || number > 9999 ? -1 : (int)number;
}

static void add_reading(struct cell *cell, const char *text, double p)
{
    int number = number_in(text);

    if (number < 0 || cell->count == READINGS_MAX)
        return;
    cell->number[cell->count] = number;
    cell->text[cell->count] = strdup(text);
    cell->p[cell->count] = p;
    cell->count++;
}

static struct cell cell_of(struct tsk_value *value)
{
    struct cell cell = { .value = value };

    if (value == NULL || value->kind != TSK_FIELD_DIGITS)
        return (struct cell){ .value = NULL };
    if (tsk_value_is_empty(value))
        return cell;
    add_reading(&cell, value->text, value->score);
    for (size_t i = 0; i < value->alternative_count; i++)
        add_reading(&cell, value->alternatives[i].value, value->alternatives[i].confidence);
    return cell;
}

static void free_cell(struct cell *cell)
{
    for (int i = 0; i < cell->count; i++)
        free(cell->text[i]);
}

/* The era of a date: the printed one, or the one that is chosen in its field; none when it is not one. */
static enum tsk_era era_of_date(const struct tsk_judging *judging, const struct tsk_form_date *date)
{
    const struct tsk_value *field = value_of(judging, date->era_field);

    if (field != NULL)
        return field->chosen_count == 1 ? tsk_era_from_id(field->chosen[0]) : TSK_ERA_NONE;
    return tsk_era_from_id(date->era);
}

static bool is_birth(const struct tsk_form_date *date)
{
    return strcmp(date->role, "birth") == 0;
}

static bool in_window(const struct tsk_judging *judging, struct tsk_date date)
{
    if (judging->received_ms == 0)
        return false;
    struct tsk_date oldest = judging->received;
    oldest.year -= WINDOW_YEARS;
    int32_t day = tsk_date_days(date);
    return day >= tsk_date_days(oldest) && day <= tsk_date_days(judging->received);
}

static double weight_of_recent(const struct tsk_judging *judging, enum tsk_era era, int y, int m, int d)
{
    static const enum tsk_era tried[] = { TSK_HEISEI, TSK_REIWA };
    struct tsk_date date;
    bool possible = era != TSK_ERA_NONE && tsk_era_to_date(era, y, m, d, &date);

    if (possible && (judging->received_ms == 0 || in_window(judging, date)))
        return 1;
    for (size_t i = 0; i < TSK_COUNT(tried); i++) {
        if (tsk_era_to_date(tried[i], y, m, d, &date) && in_window(judging, date))
            return 1;
    }
    return possible ? OUTSIDE_WINDOW : IMPOSSIBLE_DATE;
}

static double weight_of_birth(struct tsk_date on, enum tsk_era era, int y, int m, int d, int age)
{
    struct tsk_date birth;

    if (era == TSK_ERA_NONE)
        return 1;
    if (!tsk_era_to_date(era, y, m, d, &birth))
        return IMPOSSIBLE_DATE;
    if (on.year == 0)
        return 1;
    int counted = tsk_age_on(birth, on);
    if (counted < 0 || counted > 120)
        return IMPOSSIBLE_DATE;
    if (age < 0)
        return 1;
    int off = abs(counted - age);
    return off == 0 ? AGE_FITS : off == 1 ? AGE_NEXT_TO_IT : AGE_OTHER;
}

static double weight_of(const struct tsk_judging *judging, const struct tsk_form_date *date, struct tsk_date on,
                        const int number[CELLS])
{
    int y = number[YEAR];
    int m = number[MONTH];
    int d = number[DAY];

    if ((m >= 0 && (m < 1 || m > 12)) || (d >= 0 && (d < 1 || d > 31)))
        return IMPOSSIBLE_DATE;
    if (y < 0 || m < 0 || d < 0)
        return 1;
    if (is_birth(date))
        return weight_of_birth(on, era_of_date(judging, date), y, m, d, number[AGE]);
    return tsk_form_date_is_recent(date) ? weight_of_recent(judging, era_of_date(judging, date), y, m, d) : 1;
}

/* Sums the weights of all combinations into each reading's posterior; returns the sum over all. */
static double add_up(const struct tsk_judging *judging, const struct tsk_form_date *date, struct tsk_date on,
                     struct cell cells[CELLS])
{
    int pick[CELLS] = { 0 };
    double all = 0;

    for (;;) {
        int number[CELLS];
        double weight = 1;
        for (int c = 0; c < CELLS; c++) {
            number[c] = cells[c].count > 0 ? cells[c].number[pick[c]] : -1;
            weight *= cells[c].count > 0 ? cells[c].p[pick[c]] : 1;
        }
        weight *= weight_of(judging, date, on, number);
        all += weight;
        for (int c = 0; c < CELLS; c++) {
            if (cells[c].count > 0)
                cells[c].posterior[pick[c]] += weight;
        }
        int c = 0;
        while (c < CELLS && ++pick[c] >= cells[c].count)
            pick[c++] = 0;
        if (c == CELLS)
            return all;
    }
}

static int best_reading(const struct cell *cell)
{
    int best = -1;

    for (int i = 0; i < cell->count; i++) {
        if (best < 0 || cell->posterior[i] > cell->posterior[best])
            best = i;
    }
    return best;
}

/* What the numbers that no engine offered weigh on average, with the other cells at their best. */
static double weight_of_unread(const struct tsk_judging *judging, const struct tsk_form_date *date, struct tsk_date on,
                               const struct cell cells[CELLS], int which)
{
    int number[CELLS];
    double sum = 0;

    for (int c = 0; c < CELLS; c++)
        number[c] = cells[c].count > 0 ? cells[c].number[best_reading(&cells[c])] : -1;
    int low = number[which] < 10 ? 1 : 10;
    int high = number[which] < 10 ? 9 : 99;
    for (int n = low; n <= high; n++) {
        number[which] = n;
        sum += weight_of(judging, date, on, number);
    }
    return sum / (high - low + 1);
}

/*
 * Puts the readings of a cell in the order of their posterior and writes them back. unread: weight of all the others.
 * distrust: a reading that the engine did not prefer is no surer than the engine doubted the one that it preferred.
 */
static void write_back(struct cell *cell, double all, double unread, bool distrust)
{
    struct tsk_value *value = cell->value;
    double rest = 1;

    for (int i = 0; i < cell->count; i++)
        rest -= cell->p[i];
    double total = all + (rest > 0 ? rest * unread : 0);
    if (total <= 0)
        return;
    while (value->alternative_count > 0)
        free(value->alternatives[--value->alternative_count].value);
    for (int turn = 0; turn < cell->count; turn++) {
        int best = best_reading(cell);
        double posterior = cell->posterior[best] / total;
        if (turn == 0) {
            tsk_value_set_text(value, cell->text[best]);
            value->score = distrust && best != 0 ? fmin(posterior, 1 - cell->p[0]) : posterior;
        } else {
            tsk_value_alternative(value, cell->text[best], posterior);
        }
        cell->posterior[best] = -1;
    }
}

static void choose_date(struct tsk_judging *judging, const struct tsk_form_date *date, struct tsk_date on)
{
    struct cell cells[CELLS] = {
        [YEAR] = cell_of(value_of(judging, date->year)),
        [MONTH] = cell_of(value_of(judging, date->month)),
        [DAY] = cell_of(value_of(judging, date->day)),
        [AGE] = cell_of(value_of(judging, date->age)),
    };
    double all = add_up(judging, date, on, cells);

    double unread[CELLS] = { 0 };

    for (int c = 0; c < CELLS; c++) {
        if (cells[c].count > 0)
            unread[c] = weight_of_unread(judging, date, on, cells, c);
    }
    for (int c = 0; c < CELLS; c++) {
        if (cells[c].count > 0) /* a year that does not fit may be an old sheet's: a person decides */
            write_back(&cells[c], all, unread[c], c == YEAR && tsk_form_date_is_recent(date));
        free_cell(&cells[c]);
    }
}

/* The year cell may carry an era of its own, as 令和8 or R8 set by a person or offered as an alternative. */
static bool date_in_cells(const struct tsk_judging *judging, const struct tsk_form_date *date, enum tsk_era era,
                          struct tsk_date *out)
{
    const struct tsk_value *year = value_of(judging, date->year);
    const struct tsk_value *month = value_of(judging, date->month);
    const struct tsk_value *day = value_of(judging, date->day);

    if (year == NULL || month == NULL || day == NULL || era == TSK_ERA_NONE)
        return false;
    int y = number_in(year->text);
    int m = number_in(month->text);
    int d = number_in(day->text);
    return y >= 0 && m >= 0 && d >= 0 && tsk_era_to_date(era, y, m, d, out);
}

/* The era in which the cells are a date near reception; TSK_ERA_NONE if in none. */
static enum tsk_era era_near_reception(const struct tsk_judging *judging, const struct tsk_form_date *date,
                                       struct tsk_date *out)
{
    for (enum tsk_era era = TSK_REIWA; era >= TSK_HEISEI; era--) {
        if (date_in_cells(judging, date, era, out) && in_window(judging, *out))
            return era;
    }
    return TSK_ERA_NONE;
}

/* The day on which an age on this sheet was counted: its own date if that can be read, else reception. */
static struct tsk_date day_of_sheet(const struct tsk_judging *judging)
{
    struct tsk_date day;

    for (size_t i = 0; i < judging->form->date_count; i++) {
        const struct tsk_form_date *date = &judging->form->dates[i];
        if (tsk_form_date_is_of_sheet(date) && era_near_reception(judging, date, &day) != TSK_ERA_NONE)
            return day;
    }
    return judging->received;
}

void tsk_judge_choose_dates(struct tsk_judging *judging)
{
    const struct tsk_form *form = judging->form;

    for (size_t i = 0; i < form->date_count; i++) {
        if (!is_birth(&form->dates[i]))
            choose_date(judging, &form->dates[i], judging->received);
    }
    for (size_t i = 0; i < form->date_count; i++) {
        if (is_birth(&form->dates[i]))
            choose_date(judging, &form->dates[i], day_of_sheet(judging));
    }
}

static bool all_accepted(const struct tsk_judging *judging, const struct tsk_form_date *date)
{
    const struct tsk_value *parts[] = { value_of(judging, date->year), value_of(judging, date->month),
                                        value_of(judging, date->day), value_of(judging, date->era_field) };

    for (size_t i = 0; i < TSK_COUNT(parts); i++) {
        if (parts[i] != NULL && parts[i]->review)
            return false;
    }
    return true;
}

static void derive(struct tsk_judging *judging, const struct tsk_form_date *date, struct tsk_date day, bool sure)
{
    char text[TSK_DATE_SIZE];

    tsk_date_text(day, text);
    tsk_reading_derive(judging->reading, date->id, text, sure);
}

/* Empties and digits mixed: somebody forgot a part, or we did not see it. Returns true when the cells are all filled. */
static bool is_whole(struct tsk_judging *judging, const struct tsk_form_date *date)
{
    struct tsk_value *parts[] = { value_of(judging, date->year), value_of(judging, date->month),
                                  value_of(judging, date->day) };
    size_t filled = 0;

    for (size_t i = 0; i < TSK_COUNT(parts); i++)
        filled += parts[i] != NULL && !tsk_value_is_empty(parts[i]);
    if (filled > 0 && filled < TSK_COUNT(parts)) {
        for (size_t i = 0; i < TSK_COUNT(parts); i++) {
            if (parts[i] != NULL && tsk_value_is_empty(parts[i]))
                tsk_judge_doubt(judging, parts[i], "date_incomplete", "年月日のうち一部に記入がありません。");
        }
    }
    return filled == TSK_COUNT(parts);
}

/* The first alternative of the year's field, before those that are there. */
static void offer_reiwa(struct tsk_value *year)
{
    double before = year->alternative_count > 0 ? year->alternatives[0].confidence : 0;
    char text[32];

    snprintf(text, sizeof text, "令和%.8s", year->text);
    tsk_value_alternative(year, text, fmax(0.5, before + 1e-6));
}

static void doubt_recent(struct tsk_judging *judging, const struct tsk_form_date *date)
{
    enum tsk_era printed = tsk_era_from_id(date->era);
    struct tsk_value *year = value_of(judging, date->year);
    struct tsk_date near = { 0, 0, 0 };
    struct tsk_date as_printed = { 0, 0, 0 };
    enum tsk_era era = era_near_reception(judging, date, &near);

    if (era != TSK_ERA_NONE && (printed == TSK_ERA_NONE || era == printed)) {
        derive(judging, date, near, all_accepted(judging, date));
        return;
    }
    if (era == TSK_REIWA) {
        offer_reiwa(year);
        tsk_judge_doubt(judging, year, "era",
                        "印刷された「平成」のままでは受信日と合いません。令和の年として読むと合います。");
        derive(judging, date, near, false);
        return;
    }
    bool readable = date_in_cells(judging, date, printed, &as_printed);
    const char *text = judging->received_ms == 0 ? "受信日時が分からないため、元号を確かめられません。"
                       : readable                ? "日付が受信日より後か、2年以上前です。"
                                                 : "この年月日は暦にありません。";
    tsk_judge_doubt(judging, year, readable ? "date_window" : "date_invalid", text);
    if (!readable) {
        tsk_judge_doubt(judging, value_of(judging, date->month), "date_invalid", NULL);
        tsk_judge_doubt(judging, value_of(judging, date->day), "date_invalid", NULL);
    } else {
        derive(judging, date, as_printed, false);
    }
}

static void doubt_birth(struct tsk_judging *judging, const struct tsk_form_date *date)
{
    enum tsk_era era = era_of_date(judging, date);
    struct tsk_value *year = value_of(judging, date->year);
    struct tsk_value *age = value_of(judging, date->age);
    struct tsk_date birth;
    struct tsk_date on = day_of_sheet(judging);
    char text[256];

    if (era == TSK_ERA_NONE)
        return;
    if (!date_in_cells(judging, date, era, &birth)) {
        snprintf(text, sizeof text, "%sにこの年月日はありません。", tsk_era_ja(era));
        tsk_judge_doubt(judging, year, "date_invalid", text);
        tsk_judge_doubt(judging, value_of(judging, date->month), "date_invalid", NULL);
        tsk_judge_doubt(judging, value_of(judging, date->day), "date_invalid", NULL);
        return;
    }
    int written = age != NULL ? number_in(age->text) : -1;
    int counted = on.year != 0 ? tsk_age_on(birth, on) : -1;
    if (written >= 0 && counted >= 0 && written != counted) {
        snprintf(text, sizeof text, "生年月日から数えると%d歳ですが、年齢は%d歳と読めます。", counted, written);
        tsk_judge_doubt(judging, age, "age_mismatch", text);
        tsk_judge_doubt(judging, year, "age_mismatch", NULL);
    }
    derive(judging, date, birth, all_accepted(judging, date));
}

/* A period of validity: any era, any order of magnitude that people live through. */
static void doubt_validity(struct tsk_judging *judging, const struct tsk_form_date *date)
{
    struct tsk_date day;
    enum tsk_era printed = era_of_date(judging, date);

    for (enum tsk_era era = TSK_REIWA; era >= TSK_HEISEI; era--) {
        if (printed != TSK_ERA_NONE && era != printed)
            continue;
        if (!date_in_cells(judging, date, era, &day) || judging->received_ms == 0 ||
            abs(day.year - judging->received.year) > 6)
            continue;
        derive(judging, date, day, all_accepted(judging, date));
        return;
    }
    tsk_judge_doubt(judging, value_of(judging, date->year), "date_window", "有効期間の年月日を確かめてください。");
}

/* Nobody leaves a hospital before being sent there. */
static void check_order(struct tsk_judging *judging)
{
    const char *referral = NULL;
    const char *move = NULL;
    const struct tsk_form_date *move_date = NULL;

    for (size_t i = 0; i < judging->form->date_count; i++) {
        const struct tsk_form_date *date = &judging->form->dates[i];
        if (strcmp(date->role, "referral") == 0)
            referral = tsk_reading_derived(judging->reading, date->id);
        if (strcmp(date->role, "move") == 0) {
            move = tsk_reading_derived(judging->reading, date->id);
            move_date = date;
        }
    }
    if (referral != NULL && move != NULL && strcmp(move, referral) < 0)
        tsk_judge_doubt(judging, value_of(judging, move_date->year), "date_order", "移動期日が紹介日より前です。");
}

void tsk_judge_doubt_dates(struct tsk_judging *judging)
{
    for (size_t i = 0; i < judging->form->date_count; i++) {
        const struct tsk_form_date *date = &judging->form->dates[i];
        if (!is_whole(judging, date))
            continue;
        if (is_birth(date))
            doubt_birth(judging, date);
        else if (tsk_form_date_is_recent(date))
            doubt_recent(judging, date);
        else
            doubt_validity(judging, date);
    }
    check_order(judging);
}
