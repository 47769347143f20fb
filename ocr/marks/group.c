/* group - what the options of a field say about one another, where one answer is wanted */
#include <math.h>
#include <string.h>

#include "ocr/marks/features.h"

#define LIKELIER_BY 2.0 /* log odds: ahead of every other option of the field */
#define CLEAR 4.0       /* log odds of a mark that nobody will doubt */
#define LENT 4.0        /* log odds: who marked one option marks no other */

static void unsure(struct verdict *v, enum tsk_mark_state state, const char *reason)
{
    v->state = state;
    v->certainty = fmin(v->certainty, 0.5);
    if (v->reason == NULL)
        v->reason = reason;
}

static size_t count_proposed(const struct verdict *verdicts, size_t count)
{
    size_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += verdict_proposed(&verdicts[i]);
    return sum;
}

static bool is_clear_mark(const struct verdict *v)
{
    return v->state == TSK_MARK_MARKED && v->reason == NULL && v->odds >= CLEAR && v->strikes == 0;
}

/* Only the odds are in doubt, not where we look nor whether something was struck out. */
static bool is_between(const struct verdict *v)
{
    return v->state == TSK_MARK_AMBIGUOUS && v->reason != NULL &&
           (strcmp(v->reason, "faint_mark") == 0 || strcmp(v->reason, "ambiguous_mark") == 0);
}

static bool looks_empty(const struct verdict *v)
{
    return v->odds < 0 && (is_between(v) || (v->state == TSK_MARK_EMPTY && v->reason == NULL));
}

/*
 * Beside one clear mark what looks rather empty is empty, or more surely so, and a rest of broken rows is empty too. The other
 * way round nothing is lent: a question that nobody answered, with some dirt in one of its boxes, is as likely as a faint mark.
 */
static void lend(struct verdict *verdicts, size_t count)
{
    size_t clear = 0;

    for (size_t i = 0; i < count; i++)
        clear += is_clear_mark(&verdicts[i]);
    for (size_t i = 0; clear == 1 && i < count; i++)
        if (verdicts[i].rest || looks_empty(&verdicts[i]))
            verdict_settle(&verdicts[i], fmin(verdicts[i].odds, 0) - LENT);
}

/* Of two marks where one is wanted, the one with a stroke through it was taken back, and a faint one is no second. */
static void settle_two(struct verdict *verdicts, size_t count)
{
    size_t clean = 0, sure = 0;

    for (size_t i = 0; i < count; i++) {
        clean += verdict_proposed(&verdicts[i]) && verdicts[i].strikes == 0;
        sure += verdicts[i].state == TSK_MARK_MARKED;
    }
    for (size_t i = 0; i < count; i++) {
        struct verdict *v = &verdicts[i];

        if (clean == 1 && verdict_proposed(v) && v->strikes > 0)
            unsure(v, TSK_MARK_CORRECTED, "struck_out");
        else if (sure == 1 && verdict_proposed(v) && v->state == TSK_MARK_AMBIGUOUS && v->strikes == 0)
            unsure(v, TSK_MARK_EMPTY, "ambiguous_mark");
    }
}

/* Where one is wanted and none is sure, the likeliest is a better proposal than nothing, if there is any sign of it. */
static void settle_none(struct verdict *verdicts, size_t count)
{
    size_t best = 0;
    bool ahead = true, corrected = false;

    for (size_t i = 1; i < count; i++)
        best = verdicts[i].odds > verdicts[best].odds ? i : best;
    for (size_t i = 0; i < count; i++) {
        ahead = ahead && (i == best || verdicts[i].odds + LIKELIER_BY < verdicts[best].odds);
        corrected = corrected || verdicts[i].state == TSK_MARK_CORRECTED;
    }
    if (ahead && !corrected && (verdicts[best].state == TSK_MARK_AMBIGUOUS || verdicts[best].removed)) {
        unsure(&verdicts[best], TSK_MARK_AMBIGUOUS, "ambiguous_mark");
        verdicts[best].odds = fmax(verdicts[best].odds, 0.01);
    }
}

/* What the network alone takes for struck out is, where the answer stands beside it. */
static void doubt_corrections(const struct tsk_field *field, struct verdict *verdicts)
{
    size_t clear = 0;

    for (size_t i = 0; i < field->option_count; i++)
        clear += is_clear_mark(&verdicts[i]);
    for (size_t i = 0; i < field->option_count; i++) {
        struct verdict *v = &verdicts[i];

        if (v->state == TSK_MARK_CORRECTED && v->strikes < 2 && (field->choose == TSK_CHOOSE_MANY || clear != 1))
            unsure(v, TSK_MARK_CORRECTED, "struck_out");
    }
}

/* A clear mark where one is wanted leaves no question to the other options. */
static void doubt_lost(const struct tsk_field *field, struct verdict *verdicts)
{
    size_t clear = 0;

    for (size_t i = 0; i < field->option_count; i++)
        clear += verdicts[i].state == TSK_MARK_MARKED && verdicts[i].reason == NULL;
    for (size_t i = 0; i < field->option_count; i++) {
        struct verdict *v = &verdicts[i];

        if (v->lost && v->state == TSK_MARK_EMPTY && (field->choose == TSK_CHOOSE_MANY || clear != 1)) {
            v->certainty = fmin(v->certainty, 0.7);
            v->reason = "rows_lost";
        }
    }
}

void settle_group(const struct tsk_field *field, struct verdict *verdicts)
{
    size_t count = field->option_count;

    if (field->choose != TSK_CHOOSE_MANY)
        lend(verdicts, count);
    if (field->choose != TSK_CHOOSE_MANY && count_proposed(verdicts, count) > 1)
        settle_two(verdicts, count);
    if (field->choose == TSK_CHOOSE_ONE && count_proposed(verdicts, count) == 0)
        settle_none(verdicts, count);
    doubt_corrections(field, verdicts);
    doubt_lost(field, verdicts);
}
