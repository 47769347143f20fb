#include "matching/train/histories.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"

#define CLINICS 40
#define HOSPITALS 14
#define SHEETS_PER_REFERRAL_MAX 8
#define DAYS 365.0

static const char *const places[] = {
    "緑橋", "深江", "今里", "玉津", "中道", "大成", "神路", "北中道", "中本", "東小橋"
};
static const char *const styles[] = { "", "みなみ", "ひがし", "あおば", "さくら", "まつもと", "やまもと", "なかの" };

struct telling {
    const struct tsk_names *names;
    struct tsk_dice dice;
    struct tsk_history *history;
    struct tsk_person *people;
    int person_count;
};

static void set(char out[TSK_KEY_SIZE], const char *text)
{
    snprintf(out, TSK_KEY_SIZE, "%s", text);
}

static void set_institution(char out[TSK_KEY_SIZE], int number, const char *suffix)
{
    snprintf(out, TSK_KEY_SIZE, "%s%s%s", styles[number % 8], places[number % 10], suffix);
}

static void set_date(char out[TSK_KEY_SIZE], double at)
{
    tsk_date_text(tsk_date_from_days(20544 + (int)at), out);
}

static struct tsk_person *choose_person(struct telling *telling)
{
    struct tsk_person *next = &telling->people[telling->person_count];
    double kind = tsk_dice_share(&telling->dice);

    if (telling->person_count > 20 && kind < 0.08)
        return &telling->people[tsk_dice_below(&telling->dice, telling->person_count)];
    if (telling->person_count > 20 && kind < 0.13)
        tsk_person_like(next, &telling->people[tsk_dice_below(&telling->dice, telling->person_count)], telling->names,
                        &telling->dice);
    else
        tsk_person_new(next, telling->names, &telling->dice);
    telling->person_count++;
    return next;
}

static void write_referral(struct tsk_told_sheet *sheet, struct telling *telling, const struct tsk_person *person,
                           int case_id, double at)
{
    int clinic = tsk_dice_below(&telling->dice, CLINICS);
    int hospital = tsk_dice_below(&telling->dice, HOSPITALS);

    *sheet = (struct tsk_told_sheet){ .case_id = case_id, .person = person->id, .family = person->family, .at = at };
    set(sheet->truth[TSK_FACT_KANA], person->kana);
    set(sheet->truth[TSK_FACT_NAME], person->name);
    set(sheet->truth[TSK_FACT_BIRTH], person->birth);
    set(sheet->truth[TSK_FACT_SEX], person->sex);
    set(sheet->truth[TSK_FACT_ADDRESS], person->address);
    set_date(sheet->truth[TSK_FACT_REFERRED], at);
    set_institution(sheet->truth[TSK_FACT_CLINIC], clinic, "クリニック");
    set_institution(sheet->truth[TSK_FACT_HOSPITAL], hospital, "病院");
    set_institution(sheet->truth[TSK_FACT_DOCTOR], clinic + 3, "太郎");
    snprintf(sheet->numbers[0], TSK_KEY_SIZE, "0669%05d", 10000 + clinic);
    snprintf(sheet->numbers[1], TSK_KEY_SIZE, "0667%05d", 20000 + hospital);
}

static enum tsk_hand_quality draw_quality(struct tsk_dice *dice)
{
    double share = tsk_dice_share(dice);

    return share < 0.45 ? TSK_QUALITY_TYPED : share < 0.92 ? TSK_QUALITY_WRITTEN : TSK_QUALITY_POOR;
}

static void read_sheet(struct telling *telling, const struct tsk_told_sheet *written, double at, bool has_outcome)
{
    struct tsk_told_sheet *sheet = &telling->history->sheets[telling->history->count++];
    enum tsk_hand_quality quality = draw_quality(&telling->dice);

    *sheet = *written;
    sheet->at = at;
    sheet->has_outcome = has_outcome;
    for (int i = 0; i < TSK_FACT_SENDER; i++)
        tsk_misread(&sheet->read[i], (enum tsk_fact)i, written->truth[i], quality, &telling->dice);
    set(sheet->read[TSK_FACT_SENDER].value, tsk_dice_chance(&telling->dice, 0.2) ? "" : sheet->numbers[has_outcome]);
    if (tsk_dice_chance(&telling->dice, 0.15))
        snprintf(sheet->read[TSK_FACT_SENDER].value, TSK_KEY_SIZE, "0661%05d", tsk_dice_below(&telling->dice, 90000));
    sheet->read[TSK_FACT_SENDER].sure = true;
}

/* The clinic writes the sheet anew, one thing put right. */
static void correct(struct tsk_told_sheet *sheet, struct telling *telling)
{
    switch (tsk_dice_below(&telling->dice, 4)) {
    case 0:
        set_date(sheet->truth[TSK_FACT_REFERRED], sheet->at + 1 + tsk_dice_below(&telling->dice, 3));
        break;
    case 1:
        set_institution(sheet->truth[TSK_FACT_HOSPITAL], tsk_dice_below(&telling->dice, HOSPITALS), "病院");
        break;
    case 2:
        sheet->truth[TSK_FACT_BIRTH][9] = sheet->truth[TSK_FACT_BIRTH][9] == '8' ? '1' : '8';
        break;
    default:
        set(sheet->truth[TSK_FACT_ADDRESS], "大今里西2丁目1番4号");
    }
}

static double days(struct telling *telling, double low, double high)
{
    return low + (high - low) * tsk_dice_share(&telling->dice);
}

static void tell_referral(struct telling *telling, int case_id)
{
    struct tsk_dice *dice = &telling->dice;
    double at = days(telling, 0, DAYS);
    struct tsk_told_sheet written;
    struct tsk_told_sheet corrected;
    double moved = at + days(telling, 4, 60);

    write_referral(&written, telling, choose_person(telling), case_id, at);
    if (!tsk_dice_chance(dice, 0.04)) /* else the clinic never sent it */
        read_sheet(telling, &written, tsk_dice_chance(dice, 0.02) ? moved + 2 : at, false);
    if (tsk_dice_chance(dice, 0.06))
        read_sheet(telling, &written, at + days(telling, 0.01, 3), false);
    if (tsk_dice_chance(dice, 0.03)) {
        corrected = written;
        correct(&corrected, telling);
        read_sheet(telling, &corrected, at + days(telling, 0.1, 4), false);
    }
    if (!tsk_dice_chance(dice, 0.75))
        return;
    read_sheet(telling, &written, moved, true);
    if (tsk_dice_chance(dice, 0.12))
        read_sheet(telling, &written, moved + days(telling, 3, 40), true);
    if (tsk_dice_chance(dice, 0.04))
        read_sheet(telling, &written, moved + days(telling, 0.01, 2), true);
}

static int by_time(const void *a, const void *b)
{
    const struct tsk_told_sheet *x = a;
    const struct tsk_told_sheet *y = b;

    return (x->at > y->at) - (x->at < y->at);
}

/* A family is known only once its second member is a patient: the sheets told before learn of it. */
static void tell_families(struct telling *telling)
{
    for (size_t i = 0; i < telling->history->count; i++)
        telling->history->sheets[i].family = telling->people[telling->history->sheets[i].person - 1].family;
}

int tsk_history_tell(struct tsk_history *out, const struct tsk_names *names, uint64_t seed, int referrals,
                     struct tsk_err *err)
{
    struct telling telling = { .names = names, .dice = tsk_dice_new(seed), .history = out };

    *out = (struct tsk_history){ .case_count = referrals };
    out->sheets = calloc((size_t)referrals * SHEETS_PER_REFERRAL_MAX, sizeof *out->sheets);
    telling.people = calloc((size_t)referrals + 1, sizeof *telling.people);
    if (out->sheets == NULL || telling.people == NULL) {
        free(telling.people);
        tsk_history_free(out);
        return tsk_fail(err, TSK_STOP, 0, "out of memory");
    }
    for (int i = 0; i < referrals; i++)
        tell_referral(&telling, i);
    tell_families(&telling);
    qsort(out->sheets, out->count, sizeof *out->sheets, by_time);
    free(telling.people);
    return 0;
}

void tsk_history_free(struct tsk_history *history)
{
    free(history->sheets);
    *history = (struct tsk_history){ 0 };
}

struct tsk_identity tsk_told_as_read(const struct tsk_told_sheet *sheet)
{
    struct tsk_identity identity = tsk_identity_unknown();

    for (int i = 0; i < TSK_FACT_COUNT; i++) {
        identity.facts[i].value = sheet->read[i].value;
        identity.facts[i].sure = sheet->read[i].sure;
        if (sheet->read[i].other[0] != '\0')
            identity.facts[i].others[0] = sheet->read[i].other;
    }
    return identity;
}

struct tsk_identity tsk_told_confirmed(const struct tsk_told_sheet *sheet)
{
    struct tsk_identity identity = tsk_told_as_read(sheet);

    for (int i = 0; i < TSK_FACT_SENDER; i++)
        identity.facts[i] = (struct tsk_fact_value){ .value = sheet->truth[i], .sure = true };
    return identity;
}

void tsk_identity_add_numbers(struct tsk_identity *identity, const struct tsk_told_sheet *sheet)
{
    identity->facts[TSK_FACT_SENDER].others[0] = sheet->numbers[0];
    identity->facts[TSK_FACT_SENDER].others[1] = sheet->numbers[1];
}
