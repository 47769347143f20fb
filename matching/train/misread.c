#include "matching/train/misread.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/text.h"

#define RUNES_MAX 64

struct share { /* of values: accepted, wrong of accepted; of the doubted: right, truth among the others, blank */
    double accepted, silent, right, other, blank;
};

static const struct share shares[3][4] = {
    /* names and kana                     institutions                        dates                              sex */
    { { 0.55, 0.004, 0.85, 0.05, 0.02 },
      { 0.85, 0.003, 0.50, 0.30, 0.05 },
      { 0.95, 0.002, 0.70, 0.10, 0.05 },
      { 0.98, 0.001, 0.6, 0, 0.2 } },
    { { 0.10, 0.004, 0.74, 0.07, 0.03 },
      { 0.70, 0.003, 0.50, 0.30, 0.05 },
      { 0.80, 0.003, 0.72, 0.12, 0.05 },
      { 0.95, 0.001, 0.6, 0, 0.2 } },
    { { 0.02, 0.010, 0.50, 0.10, 0.08 },
      { 0.40, 0.006, 0.40, 0.30, 0.10 },
      { 0.50, 0.005, 0.60, 0.15, 0.10 },
      { 0.80, 0.003, 0.5, 0, 0.3 } },
};

static const char *const kana = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロ"
                                "ワンガギグゲゴザジズダデドバビブベボー";
static const char *const kanji =
    "山田川村中本木小大藤井原上下林森石橋本野谷津島崎正一二三郎子美恵和夫雄男江代千春秋東西南北高松竹梅清水";

static int class_of(enum tsk_fact fact)
{
    switch (fact) {
    case TSK_FACT_HOSPITAL:
    case TSK_FACT_CLINIC:
        return 1;
    case TSK_FACT_BIRTH:
    case TSK_FACT_REFERRED:
        return 2;
    case TSK_FACT_SEX:
        return 3;
    default:
        return 0;
    }
}

static uint32_t stray(enum tsk_fact fact, struct tsk_dice *dice)
{
    uint32_t runes[128];
    size_t count = tsk_utf8_runes(fact == TSK_FACT_KANA ? kana : kanji, runes, 128);

    return runes[tsk_dice_below(dice, (int)count)];
}

static void put_runes(char out[TSK_KEY_SIZE], const uint32_t *runes, size_t count)
{
    size_t length = 0;

    for (size_t i = 0; i < count && length + 5 < TSK_KEY_SIZE; i++)
        length += (size_t)tsk_utf8_put(out + length, runes[i]);
    out[length] = '\0';
}

/* One character in six of ten cases, two or three in most others, now and then one is lost. */
static void damage_text(char out[TSK_KEY_SIZE], enum tsk_fact fact, const char *truth, struct tsk_dice *dice)
{
    uint32_t runes[RUNES_MAX];
    size_t count = tsk_utf8_runes(truth, runes, RUNES_MAX);
    int times = tsk_dice_chance(dice, 0.6) ? 1 : tsk_dice_chance(dice, 0.6) ? 2 : 4;

    for (int i = 0; i < times && count > 1; i++) {
        size_t at = (size_t)tsk_dice_below(dice, (int)count);
        if (tsk_dice_chance(dice, 0.15))
            memmove(runes + at, runes + at + 1, (--count - at) * sizeof *runes);
        else
            runes[at] = stray(fact, dice);
    }
    put_runes(out, runes, count);
}

/* One of year, month and day is another. */
static void damage_date(char out[TSK_KEY_SIZE], const char *truth, struct tsk_dice *dice)
{
    struct tsk_date date = { 0 };

    if (!tsk_date_parse(truth, &date))
        date = (struct tsk_date){ 1950, 1, 1 };
    switch (tsk_dice_below(dice, 3)) {
    case 0:
        date.year += 1 + tsk_dice_below(dice, 9);
        break;
    case 1:
        date.month = date.month % 12 + 1;
        break;
    default:
        date.day = (date.day + 5) % 28 + 1;
    }
    tsk_date_text(date, out);
}

static void damage(char out[TSK_KEY_SIZE], enum tsk_fact fact, const char *truth, struct tsk_dice *dice)
{
    if (fact == TSK_FACT_BIRTH || fact == TSK_FACT_REFERRED)
        damage_date(out, truth, dice);
    else if (fact == TSK_FACT_SEX)
        snprintf(out, TSK_KEY_SIZE, "%s", strcmp(truth, "male") == 0 ? "female" : "male");
    else
        damage_text(out, fact, truth, dice);
}

void tsk_misread(struct tsk_read_text *out, enum tsk_fact fact, const char *truth, enum tsk_hand_quality quality,
                 struct tsk_dice *dice)
{
    const struct share *share = &shares[quality][class_of(fact)];
    double doubt;

    *out = (struct tsk_read_text){ .sure = tsk_dice_chance(dice, share->accepted) };
    snprintf(out->value, sizeof out->value, "%s", truth);
    if (*truth == '\0')
        return;
    if (out->sure) {
        if (tsk_dice_chance(dice, share->silent))
            damage(out->value, fact, truth, dice);
        return;
    }
    doubt = tsk_dice_share(dice);
    if (doubt < share->right)
        return;
    damage(out->value, fact, truth, dice);
    if (doubt < share->right + share->other)
        snprintf(out->other, sizeof out->other, "%s", truth);
    else if (doubt > 1 - share->blank)
        out->value[0] = '\0';
}
