#include "ocr/text/heard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MOST 8.0F         /* nats of a code at a place: what is less likely is as good as impossible */
#define UNKNOWN 1.0       /* nats of a letter that the network does not know, beside what stands there instead */
#define CHOICE_MOST 10.0F /* nats of a letter, from which on it is no choice */
#define ANY (-1)          /* code: whatever letter is likeliest */
#define SPAN_MAX 64
#define STATES_MAX (2 * TSK_HEARD_TEXT_MAX * TSK_LINE_CODES_MAX + 1)

static float cost_of(float p)
{
    return p > 0 ? fminf(MOST, -logf(p)) : MOST;
}

static bool make_room(struct tsk_heard *heard, size_t steps, size_t width)
{
    float *cost = realloc(heard->cost, steps * width * sizeof(*cost)), *any;

    if (cost == NULL)
        return false;
    heard->cost = cost;
    if ((any = realloc(heard->any, steps * sizeof(*any))) == NULL)
        return false;
    heard->any = any;
    if (heard->least != NULL)
        return true;
    if ((heard->least = malloc(width * sizeof(*heard->least))) == NULL)
        return false;
    for (size_t c = 0; c < width; c++)
        heard->least[c] = MOST;
    return true;
}

static void add_place(struct tsk_heard *heard, const struct tsk_line_codes *codes, const float *p, size_t width)
{
    const int space = codes->ends[TSK_LINE_SPACE];
    float *cost = heard->cost + (size_t)heard->steps * width, any = MOST;

    for (size_t c = 0; c < width; c++) {
        cost[c] = cost_of(p[c]);
        heard->least[c] = fminf(heard->least[c], cost[c]);
        if (c != (size_t)codes->nothing)
            any = fminf(any, cost[c]);
    }
    if (space != 0) /* counts for none */
        cost[codes->nothing] = cost_of(p[codes->nothing] + p[codes->branches[space].code]);
    heard->any[heard->steps++] = any;
}

int tsk_heard_add(struct tsk_heard *heard, const struct tsk_line_codes *codes, const struct tsk_line_odds *odds)
{
    const size_t width = (size_t)odds->codes, steps = (size_t)heard->steps + (size_t)odds->steps;

    if (odds->steps == 0)
        return 0;
    if (!make_room(heard, steps, width))
        return -1;
    heard->codes = codes;
    heard->width = odds->codes;
    for (int t = 0; t < odds->steps; t++)
        add_place(heard, codes, odds->p + (size_t)t * odds->stride, width);
    return 0;
}

void tsk_heard_free(struct tsk_heard *heard)
{
    free(heard->cost);
    free(heard->least);
    free(heard->any);
    *heard = (struct tsk_heard){ 0 };
}

static float least_of(const struct tsk_heard *heard, int branch)
{
    float sum = 0;

    for (; branch != 0; branch = heard->codes->branches[branch].above)
        sum += heard->least[heard->codes->branches[branch].code];
    return sum;
}

/* Of the letters that are a rune, the one that is heard best anywhere: ( is in the list in two widths. */
static int branch_of(const struct tsk_heard *heard, uint32_t rune)
{
    const struct tsk_line_codes *codes = heard->codes;
    int best = 0;

    for (int i = tsk_line_rune_first(codes, rune); i < codes->rune_count && codes->runes[i].rune == rune; i++) {
        const int branch = codes->ends[codes->runes[i].letter];

        if (best == 0 || least_of(heard, branch) < least_of(heard, best))
            best = branch;
    }
    return best;
}

struct spelling {
    int codes[STATES_MAX / 2];
    int count, unknown;
};

static void spell(const struct tsk_heard *heard, const char *text, struct spelling *out)
{
    uint32_t rune;

    out->count = out->unknown = 0;
    for (int i = 0; i < TSK_HEARD_TEXT_MAX && tsk_utf8_next(&text, &rune) == 1; i++) {
        const int branch = rune == ' ' ? 0 : branch_of(heard, rune), depth = heard->codes->branches[branch].depth;

        if (rune != ' ' && branch == 0) {
            out->codes[out->count++] = ANY;
            out->unknown++;
        }
        for (int at = branch, k = depth - 1; at != 0; at = heard->codes->branches[at].above, k--)
            out->codes[out->count + k] = heard->codes->branches[at].code;
        out->count += branch != 0 ? depth : 0;
    }
}

/* States: before each code, and behind the last, none; a code may follow another one directly. */
static void step(const struct tsk_heard *heard, const struct spelling *spelling, int place, float *state)
{
    const float *cost = heard->cost + (size_t)place * (size_t)heard->width;

    for (int s = 2 * spelling->count; s > 0; s--) {
        const int k = s / 2;
        float best = fminf(state[s], state[s - 1]);

        if (s % 2 == 1 && s > 1 && spelling->codes[k] != spelling->codes[k - 1])
            best = fminf(best, state[s - 2]);
        if (s % 2 == 1 && spelling->codes[k] == ANY)
            state[s] = best + heard->any[place];
        else
            state[s] = best + cost[s % 2 == 1 ? spelling->codes[k] : heard->codes->nothing];
    }
    state[0] += cost[heard->codes->nothing];
}

double tsk_heard_cost(const struct tsk_heard *heard, const char *text)
{
    struct spelling spelling;
    float state[STATES_MAX], best;
    int last;

    if (heard->steps == 0)
        return INFINITY;
    spell(heard, text, &spelling);
    last = 2 * spelling.count;
    for (int s = 0; s < STATES_MAX; s++)
        state[s] = s == 0 ? 0 : INFINITY;
    for (int t = 0; t < heard->steps; t++)
        step(heard, &spelling, t, state);
    best = fminf(state[last], last > 0 ? state[last - 1] : INFINITY);
    return fminf(best, MOST * (float)heard->steps) + UNKNOWN * spelling.unknown;
}

struct choosing {
    const struct tsk_heard *heard;
    int from, span;
    struct tsk_heard_choice *out;
    size_t count, max;
};

static void offer(struct choosing *choosing, uint32_t rune, float cost)
{
    size_t at = choosing->count;

    for (size_t i = 0; i < choosing->count; i++)
        if (choosing->out[i].rune == rune) {
            if (choosing->out[i].cost <= cost)
                return;
            memmove(&choosing->out[i], &choosing->out[i + 1], (choosing->count - i - 1) * sizeof(*choosing->out));
            at = --choosing->count;
            break;
        }
    while (at > 0 && choosing->out[at - 1].cost > cost)
        at--;
    if (at >= choosing->max)
        return;
    if (choosing->count < choosing->max)
        choosing->count++;
    memmove(&choosing->out[at + 1], &choosing->out[at], (choosing->count - at - 1) * sizeof(*choosing->out));
    choosing->out[at] = (struct tsk_heard_choice){ rune, cost };
}

/*
 * now: by place of the span, the least cost when a code stands there as the last so far. before: the same of the code above it, or
 * NULL for the first of a letter.
 */
static void lay_code(const struct choosing *choosing, int code, const float *before, float *now)
{
    const struct tsk_heard *heard = choosing->heard;
    float gone =
        before != NULL ? INFINITY : 0; /* the code above, if any, stood there, and then none up to the place before */

    for (int t = 0; t < choosing->span; t++) {
        const float *cost = heard->cost + (size_t)(choosing->from + t) * (size_t)heard->width;
        const float next = before != NULL && t > 0 ? fminf(gone, before[t - 1]) : gone;

        now[t] = fminf(next, t > 0 ? now[t - 1] : INFINITY) + cost[code];
        gone = next + cost[heard->codes->nothing];
    }
}

/* With none behind it. */
static float least_end(const struct choosing *choosing, const float *now)
{
    const struct tsk_heard *heard = choosing->heard;
    float best = INFINITY, rest = 0;

    for (int t = choosing->span - 1; t >= 0; t--) {
        best = fminf(best, now[t] + rest);
        rest += heard->cost[(size_t)(choosing->from + t) * (size_t)heard->width + (size_t)heard->codes->nothing];
    }
    return best;
}

static void offer_letter(struct choosing *choosing, int letter, float cost)
{
    char *plain = tsk_nfkc(tsk_line_letter(choosing->heard->codes, letter));
    const char *text = plain;
    uint32_t rune;

    if (plain != NULL && tsk_utf8_next(&text, &rune) == 1 && *text == '\0')
        offer(choosing, rune, cost);
    free(plain);
}

static void descend(struct choosing *choosing, int branch, const float *before)
{
    const struct tsk_line_codes *codes = choosing->heard->codes;
    const struct tsk_line_branch *at = &codes->branches[branch];
    float now[SPAN_MAX], cost;

    lay_code(choosing, at->code, before, now);
    cost = least_end(choosing, now);
    if (cost > CHOICE_MOST)
        return;
    if (at->letter > TSK_LINE_SPACE)
        offer_letter(choosing, at->letter, cost);
    for (int below = at->first; below != 0; below = codes->branches[below].next)
        descend(choosing, below, now);
}

size_t tsk_heard_choices(const struct tsk_heard *heard, int from, int to, struct tsk_heard_choice *out, size_t max)
{
    struct choosing choosing = { .heard = heard, .from = from, .span = to - from, .out = out, .max = max };

    if (heard->steps == 0 || from < 0 || to > heard->steps || choosing.span <= 0 || choosing.span > SPAN_MAX)
        return 0;
    for (int code = 0; code < heard->width; code++)
        if (heard->codes->roots[code] != 0 && code != heard->codes->nothing && heard->least[code] < CHOICE_MOST)
            descend(&choosing, heard->codes->roots[code], NULL);
    return choosing.count;
}
