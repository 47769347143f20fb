#include <string.h>

#include "base/text.h"
#include "ocr/text/lexicon_parts.h"

/* 大阪市 may stand before the ward, the ward before the town; behind the town only numbers of block and house follow. */

#define WARDS_MAX 64
#define FAR 1e6
#define COST_REPAIR 0.4
#define COST_NO_NUMBER 1.0
#define COST_FORM 0.7
#define COST_LOST_DASH 0.3
#define COST_LONG 0.3 /* three digits in a row: a dash may be lost */
#define PRIOR_OTHER_WARD 0.3
#define ODD_FORM 3.0
#define ODD_LONG 1.2
#define ADDRESS_GLYPHS_MAX 48

#define CHO 0x4E01
#define ME 0x76EE
#define BAN 0x756A
#define CHI 0x5730
#define GO 0x53F7
#define NO 0x30CE

struct numbers { /* the glyphs from some place on, taken as block and house numbers */
    uint32_t runes[ADDRESS_GLYPHS_MAX];
    size_t count;
    double cost;
};

struct address {
    const struct tsk_lexicon *lexicon;
    const struct tsk_glyph *glyphs;
    size_t count;
    struct tsk_ruler ruler;
    double city[ADDRESS_GLYPHS_MAX + 1];            /* 大阪市 read up to here */
    double ward[WARDS_MAX][ADDRESS_GLYPHS_MAX + 1]; /* and then this ward */
    size_t ward_from[WARDS_MAX][ADDRESS_GLYPHS_MAX + 1];
    double best_ward[ADDRESS_GLYPHS_MAX + 1];
    size_t ward_at[ADDRESS_GLYPHS_MAX + 1];
    struct numbers numbers[ADDRESS_GLYPHS_MAX + 1];
};

static bool in_list(uint32_t rune, const uint32_t *list)
{
    while (*list != 0 && *list != rune)
        list++;
    return *list != 0;
}

static uint32_t digit_like(uint32_t rune)
{
    static const struct {
        uint32_t digit, like[12];
    } table[] = {
        { '0', { 'o', 0x3007, 0x25CB, 0x25EF, 0x30ED, 0xFF2F, 'd', 'q' } },
        { '1', { 'l', 'i', '|', '!', 0x4E28, 0x4E3F, 0x30CE, 't', '/', ']', '[' } },
        { '2', { 'z', 0x4E59, 0x30C4 } },
        { '3', { 0x30ED, 0x30E8 } },
        { '4', { 'a', 0x30F3 } },
        { '5', { 's', '$' } },
        { '6', { 'b', 'g' } },
        { '7', { 0x30D5, 0x30EF, 0x30AF, 0x30DE } },
        { '8', { 'b', '&' } },
        { '9', { 'q' } },
    };

    for (size_t i = 0; i < TSK_COUNT(table); i++)
        if (in_list(rune, table[i].like))
            return table[i].digit;
    return 0;
}

static bool is_digit(uint32_t rune)
{
    return rune >= '0' && rune <= '9';
}

/* One letter behind the town: what it may stand for, given what came before it. units: a 丁目 came before. */
static uint32_t number_letter(const struct tsk_glyph *glyph, uint32_t before, bool last, bool units, double *cost)
{
    static const uint32_t like_cho[] = { 0x300D, 0xFF63, 0x4E86, 0x3012, 'j', 0x4E05, 0x5165, 0 };
    static const uint32_t like_me[] = { 0x65E5, 0x81EA, 0x4E14, 0x66F0, 0x56DE, 0x53E3, 0x8A00, 0 };
    static const uint32_t dash[] = { 0x4E00, '_', '~', 0x30FC, 0x2500, '=', ',', '.', 0x30FB, 0 };
    uint32_t rune = glyph->rune, digit;

    if (is_digit(rune) || rune == '-' || rune == CHO || rune == ME || rune == BAN || rune == CHI || rune == GO)
        return rune;
    *cost += COST_REPAIR;
    if (is_digit(before) && in_list(rune, like_cho))
        return CHO;
    if (before == CHO && in_list(rune, like_me))
        return ME;
    if (is_digit(before) && !last && in_list(rune, dash))
        return '-';
    if (rune == NO && is_digit(before) && !last) {
        *cost -= COST_REPAIR;
        return NO;
    }
    digit = digit_like(rune);
    if (digit != 0)
        return digit;
    for (size_t k = 0; k < TSK_GLYPH_ALTERNATIVES && glyph->other[k] != 0; k++)
        if (is_digit(glyph->other[k]) || glyph->other[k] == '-' || glyph->other[k] == BAN || glyph->other[k] == GO)
            return glyph->other[k];
    *cost += 1 - COST_REPAIR;
    if (units && is_digit(before))
        return last ? GO : BAN; /* what else could it be: 4丁目2裕7号 */
    return rune;
}

static size_t skip_digits(const uint32_t *runes, size_t at, size_t count)
{
    size_t from = at;

    while (at < count && is_digit(runes[at]) && at - from < 4)
        at++;
    return at;
}

/* number, unit, number … : 4丁目26番3号, 2-27-1, 5丁目6-20 */
static bool well_formed(const uint32_t *runes, size_t count)
{
    size_t at = 0, groups = 0;

    while (at < count && groups < 5) {
        size_t next = skip_digits(runes, at, count);

        if (next == at)
            return false;
        groups++;
        at = next;
        if (at == count)
            return true;
        if (at + 1 < count &&
            ((runes[at] == CHO && runes[at + 1] == ME && groups == 1) || (runes[at] == BAN && runes[at + 1] == CHI)))
            at += 2;
        else if (runes[at] == GO)
            return at + 1 == count;
        else if (runes[at] == BAN || ((runes[at] == '-' || runes[at] == NO) && at + 1 < count))
            at += 1;
        else
            return false;
    }
    return at == count;
}

static size_t longest_run(const uint32_t *runes, size_t count)
{
    size_t longest = 0, run = 0;

    for (size_t i = 0; i < count; i++) {
        run = is_digit(runes[i]) ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

double tsk_address_oddity(const char *numbers)
{
    uint32_t runes[ADDRESS_GLYPHS_MAX];
    size_t count = tsk_utf8_runes(numbers, runes, ADDRESS_GLYPHS_MAX);

    for (size_t i = 0; i < count && i < ADDRESS_GLYPHS_MAX; i++)
        if (runes[i] == 0x306E)
            runes[i] = NO;
    if (count == 0 || count > ADDRESS_GLYPHS_MAX || !well_formed(runes, count))
        return ODD_FORM;
    return longest_run(runes, count) >= 3 ? ODD_LONG : 0;
}

static void read_numbers(struct address *address)
{
    for (size_t from = 0; from <= address->count; from++) {
        struct numbers *numbers = &address->numbers[from];
        uint32_t before = 0;
        bool units = false;
        size_t count = 0;

        numbers->cost = from == address->count ? COST_NO_NUMBER : 0;
        for (size_t j = from; j < address->count; j++) {
            bool digits = j > from && is_digit(before) && is_digit(address->glyphs[j].rune);

            if (digits && address->glyphs[j].spaced && count < ADDRESS_GLYPHS_MAX) {
                numbers->runes[count++] = before = '-';
                numbers->cost += COST_LOST_DASH;
            }
            before = number_letter(&address->glyphs[j], before, j + 1 == address->count, units, &numbers->cost);
            units = units || before == ME;
            if (count < ADDRESS_GLYPHS_MAX)
                numbers->runes[count++] = before;
        }
        numbers->count = count;
        numbers->cost += longest_run(numbers->runes, count) >= 3 ? COST_LONG : 0;
        if (count > 0 && !well_formed(numbers->runes, count))
            numbers->cost += COST_FORM;
    }
}

static void read_wards(struct address *address)
{
    static const uint32_t osaka[] = { 0x5927, 0x962A, 0x5E02 };
    const struct tsk_words *wards = &address->lexicon->wards;
    double start[ADDRESS_GLYPHS_MAX + 1];

    tsk_word_costs(&address->ruler, osaka, TSK_COUNT(osaka), NULL, address->city, NULL);
    for (size_t j = 0; j <= address->count; j++) {
        start[j] = j == 0 ? 0 : address->city[j];
        address->best_ward[j] = FAR;
    }
    for (size_t w = 0; w < wards->count && w < WARDS_MAX; w++) {
        tsk_word_costs(&address->ruler, wards->at[w].runes, wards->at[w].length, start, address->ward[w],
                       address->ward_from[w]);
        for (size_t j = 1; j <= address->count; j++)
            if (address->ward[w][j] < address->best_ward[j]) {
                address->best_ward[j] = address->ward[w][j];
                address->ward_at[j] = w;
            }
    }
}

struct found {
    const struct tsk_word *town;
    size_t from, to; /* glyphs of the town's name */
    double distance;
};

static struct found find_town(struct address *address, const struct tsk_word *town)
{
    double start[ADDRESS_GLYPHS_MAX + 1], costs[ADDRESS_GLYPHS_MAX + 1];
    size_t from[ADDRESS_GLYPHS_MAX + 1];
    struct found found = { .town = town, .distance = FAR };

    for (size_t j = 0; j <= address->count; j++)
        start[j] = j == 0 ? 0 : address->best_ward[j];
    tsk_word_costs(&address->ruler, town->runes, town->length, start, costs, from);
    for (size_t j = 1; j <= address->count; j++)
        if (costs[j] + address->numbers[j].cost < found.distance) {
            found.distance = costs[j] + address->numbers[j].cost;
            found.from = from[j];
            found.to = j;
        }
    return found;
}

static void append(char *value, size_t room, const char *text)
{
    size_t used = strlen(value), len = strlen(text);

    if (used + len < room)
        memcpy(value + used, text, len + 1);
}

/* the words, then the numbers as they were read; katakana ノ between numbers is hiragana の */
static void write_address(const struct address *address, const struct found *found, size_t ward, char *value,
                          size_t room)
{
    value[0] = '\0';
    if (found->from > 0) {
        if (address->ward_from[ward][found->from] > 0)
            append(value, room, "大阪市");
        append(value, room, address->lexicon->wards.at[ward].value);
    }
    append(value, room, found->town->value);
    for (size_t j = 0; j < address->numbers[found->to].count; j++) {
        uint32_t rune = address->numbers[found->to].runes[j];
        char letter[5];

        tsk_utf8_put(letter, rune == NO ? 0x306E : rune);
        append(value, room, letter);
    }
}

static void offer_found(const struct address *address, const char *printed_ward, const struct found *found, size_t ward,
                        double distance, struct tsk_match *out, size_t max, size_t *kept)
{
    const char *expected = found->from > 0 ? address->lexicon->wards.at[ward].detail : printed_ward;
    double prior = expected[0] == '\0' || strcmp(expected, found->town->detail) == 0 ? 0 : PRIOR_OTHER_WARD;
    struct tsk_match match = { .distance = distance, .prior = prior };

    write_address(address, found, ward, match.value, sizeof(match.value));
    tsk_match_offer(out, max, kept, &match);
}

size_t tsk_address_nearest(const struct tsk_lexicon *lexicon, const char *ward, const struct tsk_glyph *glyphs,
                           size_t count, struct tsk_match *out, size_t max)
{
    struct address address = { .lexicon = lexicon, .glyphs = glyphs, .count = count };
    struct found best = { .distance = FAR };
    struct tsk_seen seen;
    size_t kept = 0;

    if (count < 2 || count > ADDRESS_GLYPHS_MAX)
        return 0;
    tsk_seen_of(lexicon, glyphs, count, &seen);
    tsk_ruler_start(&address.ruler, lexicon, glyphs, count);
    read_wards(&address);
    read_numbers(&address);
    for (size_t i = 0; i < lexicon->towns.count; i++) {
        struct found found;

        if (!tsk_seen_any(&seen, &lexicon->towns.at[i]))
            continue;
        found = find_town(&address, &lexicon->towns.at[i]);
        offer_found(&address, ward, &found, address.ward_at[found.from], found.distance, out, max, &kept);
        if (found.distance < best.distance)
            best = found;
    }
    for (size_t w = 0; best.town != NULL && best.from > 0 && w < lexicon->wards.count && w < WARDS_MAX; w++)
        offer_found(&address, ward, &best, w, best.distance - address.best_ward[best.from] + address.ward[w][best.from],
                    out, max, &kept);
    tsk_ruler_end(&address.ruler);
    return kept;
}
