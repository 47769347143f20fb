#include "ocr/text/scripts.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

static bool hiragana(uint32_t rune)
{
    return rune >= 0x3041 && rune <= 0x309F;
}

static bool katakana(uint32_t rune)
{
    return rune >= 0x30A1 && rune <= 0x30FC;
}

static bool kanji(uint32_t rune)
{
    return (rune >= 0x4E00 && rune <= 0x9FFF) || rune == 0x3005;
}

struct twins { /* the same strokes in two scripts */
    uint32_t katakana, other;
};

static const struct twins hiragana_twins[] = {
    { 0x30EA, 0x308A }, { 0x30D8, 0x3078 }, { 0x30D9, 0x3079 }, { 0x30DA, 0x307A }
};
static const struct twins kanji_twins[] = { { 0x30AB, 0x529B }, { 0x30CB, 0x4E8C }, { 0x30ED, 0x53E3 },
                                            { 0x30BF, 0x5915 }, { 0x30C8, 0x535C }, { 0x30CF, 0x516B },
                                            { 0x30A8, 0x5DE5 }, { 0x30DF, 0x4E09 } };

/* ー stands behind kana only; 一 hardly ever does, but before what is counted. */
static uint32_t bar_in_script(uint32_t before, uint32_t rune, uint32_t after)
{
    static const uint32_t counted[] = {
        0x4EBA, 0x540D, 0x56DE, 0x65E5, 0x5EA6, 0x90E8, 0x6642, 0x822C, 0x7DD2, 0x65B9
    };

    for (size_t i = 0; i < TSK_COUNT(counted); i++)
        if (after == counted[i])
            return 0x4E00;
    if (katakana(before) || (rune == 0x30FC && hiragana(before)))
        return 0x30FC;
    return 0x4E00;
}

/* 3カ月, 数カ所: a sign for counting, not 力. */
static bool counts(uint32_t rune, uint32_t after)
{
    static const uint32_t counted[] = { 0x6708, 0x6240, 0x56FD, 0x5E74, 0x7B87 };

    for (size_t i = 0; i < TSK_COUNT(counted); i++)
        if (rune == 0x30AB && after == counted[i])
            return true;
    return false;
}

/* リ八ビリ is リハビリ, ハ重子 is 八重子; デイ二回 stays, and nobody writes 卜. */
static uint32_t twin_in_script(const struct twins *pair, uint32_t before, uint32_t rune, uint32_t after)
{
    bool never = pair->other == 0x535C;

    if (rune == pair->other)
        return (katakana(before) && (never || !kanji(after))) || (before == 0 && katakana(after)) ? pair->katakana
                                                                                                  : rune;
    if (never || katakana(before) || katakana(after) || counts(rune, after))
        return rune;
    return kanji(after) || (kanji(before) && after == 0) ? pair->other : rune;
}

uint32_t tsk_in_script(uint32_t before, uint32_t rune, uint32_t after)
{
    if (rune == 0x30FC || rune == 0x4E00)
        return bar_in_script(before, rune, after);
    for (size_t i = 0; i < TSK_COUNT(hiragana_twins); i++) {
        const struct twins *pair = &hiragana_twins[i];
        bool particle = pair->katakana == 0x30D8;

        if (rune != pair->katakana && rune != pair->other)
            continue;
        if (katakana(after) ? katakana(before) || before == 0 : katakana(before) && !particle)
            return pair->katakana;
        return hiragana(before) || hiragana(after) || particle ? pair->other : rune;
    }
    for (size_t i = 0; i < TSK_COUNT(kanji_twins); i++)
        if (rune == kanji_twins[i].other || rune == kanji_twins[i].katakana)
            return twin_in_script(&kanji_twins[i], before, rune, after);
    return rune;
}
