#include "ocr/text/line_beam.h"

#include <math.h>
#include <stdlib.h>

#define NODES_MOST 16 /* of a beam */
#define TOP 5         /* codes of a place that are looked at, of those the first two before the others */
#define FIRST 2
#define RATIO 2.25F /* of Tesseract's certainties: what is no word of its list weighs so much more */
#define OFFSET (-0.085F)
#define CERTAINTY_LEAST (-20.0F)

/* What may follow a node. Where odds of a code and of none were added, the code must stand alone on the other side. */
enum next { NEXT_ANY, NEXT_SAME, NEXT_OTHER, NEXT_COUNT };

static const int widths[TSK_LINE_CODES_MAX] = {
    5, 10, 16, 16, 16, 16
}; /* of a beam, by codes of a letter that were read */

struct node {
    const struct node *before;
    uint64_t path; /* of the codes up to here */
    float score, certainty;
    int code, letter; /* letter: -1 unless the code is its last */
    int branch;       /* of the codes of a letter that were read, 0: none */
    bool again;       /* the code of the node before goes on */
};

struct beam {
    int count;
    struct node nodes[NODES_MOST];
};

struct place {
    struct beam beams[NEXT_COUNT][TSK_LINE_CODES_MAX];
};

struct search {
    const struct tsk_line_codes *codes;
    const bool *allowed;
    const float *p; /* of the place */
    struct place *place;
    int top[TOP + 1]; /* best first; behind them none, unless it is among them */
    int top_count;
};

static float certainty_of(float p)
{
    return (p > 0 ? fmaxf(logf(p), CERTAINTY_LEAST) : CERTAINTY_LEAST) + OFFSET;
}

static void find_top(struct search *search, int codes)
{
    bool none = false;

    search->top_count = 0;
    for (int code = 0; code < codes; code++) {
        int at = search->top_count;

        if (at == TOP && search->p[code] <= search->p[search->top[TOP - 1]])
            continue;
        at = at == TOP ? TOP - 1 : search->top_count++;
        while (at > 0 && search->p[search->top[at - 1]] < search->p[code]) {
            search->top[at] = search->top[at - 1];
            at--;
        }
        search->top[at] = code;
    }
    for (int i = 0; i < search->top_count; i++)
        none = none || search->top[i] == search->codes->nothing;
    if (!none)
        search->top[search->top_count++] = search->codes->nothing;
}

/* Of the codes on top, those that are tried in a round: the first two and none, then the others. */
static bool in_round(const struct search *search, int rank, int code, int round)
{
    bool first = rank < FIRST || code == search->codes->nothing;

    return first == (round == 0);
}

static int codes_read(const struct search *search, int branch)
{
    return branch == 0 ? 0 : search->codes->branches[branch].depth;
}

static void put(struct beam *beam, int width, const struct node *node)
{
    int worst = 0;

    for (int i = 0; i < beam->count; i++) {
        struct node *known = &beam->nodes[i];

        if (known->code == node->code && known->path == node->path) {
            if (node->score > known->score)
                *known = *node;
            return;
        }
        worst = known->score < beam->nodes[worst].score ? i : worst;
    }
    if (beam->count < width)
        beam->nodes[beam->count++] = *node;
    else if (node->score > beam->nodes[worst].score)
        beam->nodes[worst] = *node;
}

static uint64_t path_on(const struct search *search, const struct node *node)
{
    uint64_t path = node->before != NULL ? node->before->path : 0;

    return node->again || node->code == search->codes->nothing
               ? path
               : (path ^ (uint64_t)(node->code + 1)) * 0x9E3779B97F4A7C15ULL;
}

/* node: what it is after the one before; its score is made here. */
static void push(struct search *search, struct node node, float certainty, enum next next)
{
    const int read = codes_read(search, node.branch);

    node.certainty = certainty * RATIO;
    if ((node.letter < 0 || node.again) && node.certainty < CERTAINTY_LEAST && node.code != search->codes->nothing)
        return;
    node.score = node.certainty + (node.before != NULL ? node.before->score : 0);
    node.path = path_on(search, &node);
    put(&search->place->beams[next][read], widths[read], &node);
}

/* The code of the node before goes on here. */
static void go_on(struct search *search, const struct node *before, enum next next, int round)
{
    struct node node = {
        .before = before, .code = before->code, .letter = before->letter, .branch = before->branch, .again = true
    };

    if (next != NEXT_OTHER)
        push(search, node, certainty_of(search->p[node.code]), NEXT_ANY);
    if (next == NEXT_ANY && round == 0 && node.code != search->codes->nothing)
        push(search, node, certainty_of(search->p[node.code] + search->p[search->codes->nothing]), NEXT_OTHER);
}

/* Odds of a code, of none, and of the code before where those two are the best: it goes over from one into the other here. */
static float shared_odds(const struct search *search, const struct node *before, enum next next, int code)
{
    float p = search->p[code] + search->p[search->codes->nothing];
    const int *top = search->top;

    if (before != NULL && next == NEXT_ANY && before->code != search->codes->nothing &&
        ((before->code == top[0] && code == top[1]) || (code == top[0] && before->code == top[1])))
        p += search->p[before->code];
    return p;
}

static void push_code(struct search *search, struct node node, enum next next, int round)
{
    push(search, node, certainty_of(search->p[node.code]), NEXT_ANY);
    if (round == 0 && node.code != search->codes->nothing)
        push(search, node, certainty_of(shared_odds(search, node.before, next, node.code)), NEXT_SAME);
}

/* Another code, or none, behind the node before. */
static void go_over(struct search *search, const struct node *before, enum next next, int code, int round)
{
    const int from = before != NULL ? before->branch : 0, to = tsk_line_branch(search->codes, from, code);
    struct node node = { .before = before, .code = code, .letter = -1, .branch = from };

    if (code == search->codes->nothing) {
        push(search, node, certainty_of(search->p[code]), NEXT_ANY);
        return;
    }
    if (to == 0)
        return;
    if (search->codes->branches[to].first != 0) {
        node.branch = to;
        push_code(search, node, next, round);
    }
    node.letter = search->codes->branches[to].letter;
    node.branch = 0;
    if (node.letter >= 0 && search->allowed[node.letter] && certainty_of(search->p[code]) >= CERTAINTY_LEAST)
        push_code(search, node, next, round);
}

static void follow(struct search *search, const struct node *before, enum next next, int round)
{
    for (int i = 0; i < search->top_count; i++) {
        const int code = search->top[i];

        if (!in_round(search, i, code, round))
            continue;
        if (before != NULL && before->code == code)
            go_on(search, before, next, round);
        else if (before == NULL || next != NEXT_SAME)
            go_over(search, before, next, code, round);
    }
}

static bool any_goes_on(const struct place *place)
{
    for (int read = 0; read < TSK_LINE_CODES_MAX; read++)
        if (place->beams[NEXT_ANY][read].count > 0)
            return true;
    return false;
}

static void step(struct search *search, const struct place *before)
{
    for (int round = 0; round < 2 && !any_goes_on(search->place); round++)
        for (int next = 0; next < NEXT_COUNT; next++)
            for (int read = 0; read < TSK_LINE_CODES_MAX; read++)
                for (int i = before->beams[next][read].count - 1; i >= 0; i--)
                    follow(search, &before->beams[next][read].nodes[i], (enum next)next, round);
}

static void clear(struct place *place)
{
    for (int next = 0; next < NEXT_COUNT; next++)
        for (int read = 0; read < TSK_LINE_CODES_MAX; read++)
            place->beams[next][read].count = 0;
}

static const struct node *best_end(const struct place *place)
{
    const struct node *best = NULL;

    /* Every place was cleared. */
    for (int next = 0; next < NEXT_COUNT; next++)
        /* NOLINTNEXTLINE(clang-analyzer-core*) */
        for (int i = 0; next != NEXT_SAME && i < place->beams[next][0].count; i++)
            if (best == NULL || place->beams[next][0].nodes[i].score > best->score)
                best = &place->beams[next][0].nodes[i];
    return best;
}

struct writer {
    struct tsk_line_letter *out;
    size_t count, room;
    bool spaced;
};

/* What stands before a space is of the letter before it. */
static float hand_back(struct writer *writer, float certainty)
{
    if (writer->count > 0) {
        struct tsk_line_letter *last = &writer->out[writer->count - 1];

        last->certainty = fminf(last->certainty, certainty);
    }
    return 0;
}

static void write_letters(const struct node *const *nodes, int count, struct writer *writer)
{
    for (int i = 0; i < count;) {
        float certainty = 0;
        int letter, from;

        while (i < count && nodes[i]->letter < 0)
            certainty = fminf(certainty, nodes[i++]->certainty);
        if (i == count || nodes[i]->letter == TSK_LINE_SPACE)
            certainty = hand_back(writer, certainty);
        if (i == count)
            break;
        letter = nodes[i]->letter;
        for (from = i; from > 0 && nodes[from - 1]->letter < 0 && nodes[from - 1]->branch != 0;)
            from--;
        do
            certainty = fminf(certainty, nodes[i++]->certainty);
        while (i < count && nodes[i]->again);
        if (letter == TSK_LINE_SPACE)
            writer->spaced = true;
        else if (writer->count < writer->room) {
            writer->out[writer->count++] = (struct tsk_line_letter){ letter, certainty, writer->spaced, from, i };
            writer->spaced = false;
        }
    }
}

size_t tsk_line_search(const struct tsk_line_codes *codes, const bool *allowed, const struct tsk_line_odds *odds,
                       struct tsk_line_letter *out, size_t room)
{
    struct search search = { .codes = codes, .allowed = allowed };
    struct writer writer = { .out = out, .room = room };
    struct place *places = malloc((size_t)odds->steps * sizeof(*places) + 1);
    const struct node **nodes = calloc((size_t)odds->steps + 1, sizeof(struct node *)), *node;

    if (places == NULL || nodes == NULL || odds->steps == 0)
        goto out;
    for (int i = 0; i < odds->steps; i++) {
        search.p = odds->p + (size_t)i * odds->stride;
        search.place = &places[i];
        clear(search.place);
        find_top(&search, odds->codes);
        if (i == 0)
            follow(&search, NULL, NEXT_ANY, 0);
        else
            step(&search, &places[i - 1]);
    }
    node = best_end(&places[odds->steps - 1]);
    for (int i = odds->steps; node != NULL && i > 0; node = node->before)
        nodes[--i] = node;
    if (nodes[0] != NULL)
        write_letters(nodes, odds->steps, &writer);
out:
    free(places);
    free(nodes);
    return writer.count;
}
