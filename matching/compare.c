#include "matching/compare.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/text.h"

#define RUNES_MAX 64
#define DATE_RUNES 10
#define CORRECTION_DAYS_MAX 14

struct tsk_identity tsk_identity_unknown(void)
{
    struct tsk_identity out = { 0 };

    for (size_t i = 0; i < TSK_FACT_COUNT; i++)
        out.facts[i].value = "";
    return out;
}

static bool has_other(const struct tsk_fact_value *fact, const char *value)
{
    for (size_t i = 0; i < TSK_FACT_OTHERS_MAX && fact->others[i] != NULL; i++)
        if (strcmp(fact->others[i], value) == 0)
            return true;
    return false;
}

static size_t runes(uint32_t out[RUNES_MAX], const char *text)
{
    size_t count = tsk_utf8_runes(text, out, RUNES_MAX);

    return count < RUNES_MAX ? count : RUNES_MAX;
}

/* One misread character in a short text, two in a longer one, never more than a third of it. */
static bool is_near(const uint32_t *a, size_t a_len, const uint32_t *b, size_t b_len)
{
    size_t longer = a_len > b_len ? a_len : b_len;
    int limit = longer >= 6 ? 2 : 1;

    return longer >= 3 && tsk_edit_distance(a, a_len, b, b_len) <= limit;
}

/* Keys have no space between surname and given name: what both start with stands for the surname. */
static bool is_family(const uint32_t *a, size_t a_len, const uint32_t *b, size_t b_len, size_t least)
{
    size_t same = 0;

    while (same < a_len && same < b_len && a[same] == b[same])
        same++;
    return same >= least && same < a_len && same < b_len;
}

static enum tsk_agreement compare_texts(enum tsk_fact fact, const char *a, const char *b)
{
    uint32_t ra[RUNES_MAX];
    uint32_t rb[RUNES_MAX];
    size_t na = runes(ra, a);
    size_t nb = runes(rb, b);

    if (is_near(ra, na, rb, nb))
        return TSK_AGREE_NEAR;
    if (fact == TSK_FACT_KANA && is_family(ra, na, rb, nb, 2))
        return TSK_AGREE_FAMILY;
    if (fact == TSK_FACT_NAME && is_family(ra, na, rb, nb, 1))
        return TSK_AGREE_FAMILY;
    return TSK_AGREE_DIFFER;
}

/* Near: one part of year, month and day is another, as when one cell was misread. */
static enum tsk_agreement compare_dates(const char *a, const char *b)
{
    int parts = 0;

    if (strlen(a) != DATE_RUNES || strlen(b) != DATE_RUNES)
        return TSK_AGREE_DIFFER;
    parts += strncmp(a, b, 4) != 0;
    parts += strncmp(a + 5, b + 5, 2) != 0;
    parts += strncmp(a + 8, b + 8, 2) != 0;
    return parts == 1 ? TSK_AGREE_NEAR : TSK_AGREE_DIFFER;
}

static enum tsk_agreement compare_unequal(enum tsk_fact fact, const char *a, const char *b)
{
    if (fact == TSK_FACT_BIRTH || fact == TSK_FACT_REFERRED)
        return compare_dates(a, b);
    if (fact == TSK_FACT_SEX || fact == TSK_FACT_SENDER)
        return TSK_AGREE_DIFFER;
    return compare_texts(fact, a, b);
}

/* A clinic that corrects the day of its referral moves it by days; a referral weeks away is another one. */
static bool is_another(const char *a, const char *b)
{
    struct tsk_date day_a;
    struct tsk_date day_b;

    if (!tsk_date_parse(a, &day_a) || !tsk_date_parse(b, &day_b))
        return true;
    return labs((long)tsk_date_days(day_a) - tsk_date_days(day_b)) > CORRECTION_DAYS_MAX;
}

static enum tsk_agreement compare_fact(enum tsk_fact fact, const struct tsk_fact_value *a,
                                       const struct tsk_fact_value *b)
{
    enum tsk_agreement found;

    if (*a->value == '\0' || *b->value == '\0')
        return TSK_AGREE_UNKNOWN;
    if (strcmp(a->value, b->value) == 0)
        return a->sure && b->sure ? TSK_AGREE_SURE : TSK_AGREE_EQUAL;
    if (has_other(a, b->value) || has_other(b, a->value))
        return TSK_AGREE_OTHER;
    found = compare_unequal(fact, a->value, b->value);
    if (!a->sure || !b->sure)
        return found;
    if (fact == TSK_FACT_REFERRED)
        return is_another(a->value, b->value) ? TSK_AGREE_CONTRADICTS : TSK_AGREE_DIFFER;
    return found == TSK_AGREE_DIFFER ? TSK_AGREE_CONTRADICTS : found;
}

void tsk_identity_compare(struct tsk_comparison *out, const struct tsk_identity *a, const struct tsk_identity *b)
{
    for (size_t i = 0; i < TSK_FACT_COUNT; i++) {
        out->facts[i] = compare_fact((enum tsk_fact)i, &a->facts[i], &b->facts[i]);
        out->sure[i] = a->facts[i].sure && b->facts[i].sure;
    }
}
