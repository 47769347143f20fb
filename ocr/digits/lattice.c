#include "ocr/digits/lattice.h"

#include <math.h>
#include <string.h>

enum { RUN_MAX = 9, LENGTH_MAX = 4, BEAM = 48, CHOICES = 3, TEXTS_MAX = BEAM };

/* One run of pieces as the network sees it. */
struct run {
    bool possible;
    struct tsk_box box;
    double fit; /* of its pieces to one another */
    double p[TSK_NET_CLASSES], typed;
};

/* A reading of the pieces so far. */
struct way {
    char text[LENGTH_MAX + 1];
    int length;
    double p;
    double low_mm, high_mm;  /* heights of its digits */
    double middle_mm, typed; /* of the last digit; sum over the digits */
};

struct beam {
    struct way ways[BEAM];
    int count;
};

struct lattice {
    const struct tsk_pieces *pieces;
    struct run runs[TSK_PIECES_MAX][RUN_MAX];
    struct beam at[TSK_PIECES_MAX + 1]; /* readings of the pieces before each place */
    int max_len;
};

static double box_w(const struct lattice *lattice, const struct tsk_box *box)
{
    return (box->x1 - box->x0) / lattice->pieces->map.per_mm_x;
}

static double box_h(const struct lattice *lattice, const struct tsk_box *box)
{
    return (box->y1 - box->y0) / lattice->pieces->map.per_mm_y;
}

/* Smaller than most people write. A small thin stroke is rather what is left of something than a 1. */
static double likely_size(double w_mm, double h_mm)
{
    const bool thin = w_mm < 0.35 * h_mm || w_mm < 0.5;

    if (h_mm >= 1.65)
        return 1;
    return thin ? (h_mm < 1.3 ? 0.15 : 0.5) : (h_mm < 1.3 ? 0.6 : 0.9);
}

/* Where the pen failed or a speck stands in line, part of the writing may be gone, and with it the meaning of the rest. */
static double wholeness(const struct tsk_pieces *pieces)
{
    return pow(0.985, pieces->breaks) * pow(0.92, pieces->lone_specks);
}

/* What no digit on a sheet is: broader than a wide 2, far smaller than a line of writing, or flat. */
static bool has_digit_shape(const struct lattice *lattice, const struct tsk_box *box)
{
    const double w = box_w(lattice, box), h = box_h(lattice, box);

    return h >= 0.9 && w <= 1.9 * h && w <= 9 && h <= 14;
}

/* Strokes of one digit stand over one another or close by; paper between them from top to bottom speaks for two. */
static double togetherness(const struct lattice *lattice, int first, int length, const struct tsk_box *box)
{
    int right = lattice->pieces->items[first].box.x1;
    double widest = 0, gap;

    for (int i = first + 1; i < first + length; i++) {
        const struct tsk_box *next = &lattice->pieces->items[i].box;
        widest = fmax(widest, next->x0 - right);
        right = next->x1 > right ? next->x1 : right;
    }
    gap = widest / lattice->pieces->map.per_mm_x / box_h(lattice, box);
    return gap < 0.12 ? 1 : gap < 0.25 ? 0.6 : gap < 0.45 ? 0.15 : 0;
}

static void see_run(struct lattice *lattice, const struct tsk_weights *weights, int first, int length)
{
    struct run *run = &lattice->runs[first][length - 1];
    struct tsk_net_glyph glyph;
    struct tsk_net_pass pass;

    run->box = lattice->pieces->items[first].box;
    for (int i = first + 1; i < first + length; i++) {
        const struct tsk_box *box = &lattice->pieces->items[i].box;
        run->box.x0 = box->x0 < run->box.x0 ? box->x0 : run->box.x0;
        run->box.y0 = box->y0 < run->box.y0 ? box->y0 : run->box.y0;
        run->box.x1 = box->x1 > run->box.x1 ? box->x1 : run->box.x1;
        run->box.y1 = box->y1 > run->box.y1 ? box->y1 : run->box.y1;
    }
    run->fit = togetherness(lattice, first, length, &run->box);
    run->fit *= likely_size(box_w(lattice, &run->box), box_h(lattice, &run->box));
    run->possible = run->fit > 0 && has_digit_shape(lattice, &run->box);
    if (!run->possible)
        return;
    tsk_ink_glyph(&lattice->pieces->map, run->box, first + 1, first + length, &glyph);
    tsk_net_forward(&weights->net, &glyph, &pass);
    tsk_net_classes(pass.logits, weights->sharpen, run->p);
    run->typed = tsk_net_typed(pass.logits);
}

static void keep_way(struct beam *beam, const struct way *way)
{
    int least = 0;

    if (beam->count < BEAM) {
        beam->ways[beam->count++] = *way;
        return;
    }
    for (int i = 1; i < BEAM; i++)
        least = beam->ways[i].p < beam->ways[least].p ? i : least;
    if (way->p > beam->ways[least].p)
        beam->ways[least] = *way;
}

/* Digits of one number are about as high as one another and stand on one line. */
static double company(const struct lattice *lattice, const struct way *way, const struct tsk_box *box)
{
    const double h = box_h(lattice, box), middle = (box->y0 + box->y1) / 2.0 / lattice->pieces->map.per_mm_y;
    const double low = fmin(way->low_mm, h), high = fmax(way->high_mm, h);
    const double same = low / high, off = fabs(middle - way->middle_mm) / high;

    if (way->length == 0)
        return 1;
    return (same > 0.55 ? 1 : same > 0.4 ? 0.6 : same > 0.25 ? 0.3 : 0.1) * (off < 0.4 ? 1 : off < 0.65 ? 0.5 : 0.1);
}

static void extend(struct lattice *lattice, const struct way *way, int first, int length)
{
    const struct run *run = &lattice->runs[first][length - 1];
    const double h = box_h(lattice, &run->box), fit = run->fit * company(lattice, way, &run->box);
    bool used[TSK_NET_NO_DIGIT] = { false };

    for (int k = 0; k < CHOICES; k++) {
        struct way next = *way;
        int best = -1;
        for (int c = 0; c < TSK_NET_NO_DIGIT; c++)
            best = !used[c] && (best < 0 || run->p[c] > run->p[best]) ? c : best;
        used[best] = true;
        next.p *= run->p[best] * fit;
        next.text[next.length++] = (char)('0' + best);
        next.low_mm = way->length == 0 ? h : fmin(way->low_mm, h);
        next.high_mm = fmax(way->high_mm, h);
        next.middle_mm = (run->box.y0 + run->box.y1) / 2.0 / lattice->pieces->map.per_mm_y;
        next.typed += run->typed;
        keep_way(&lattice->at[first + length], &next);
    }
}

static void advance(struct lattice *lattice, int place)
{
    const int left = lattice->pieces->count - place;

    for (int i = 0; i < lattice->at[place].count; i++) {
        const struct way *way = &lattice->at[place].ways[i];
        struct way skipped = *way;
        skipped.p *= lattice->pieces->items[place].dirt;
        keep_way(&lattice->at[place + 1], &skipped);
        for (int length = 1; way->length < lattice->max_len && length <= RUN_MAX && length <= left; length++) {
            if (lattice->runs[place][length - 1].possible)
                extend(lattice, way, place, length);
        }
    }
}

/* Ways that read the same are one reading; the more probable tells whether it looks printed. */
static int merge_ways(const struct beam *end, struct way texts[TEXTS_MAX])
{
    int count = 0;

    for (int i = 0; i < end->count; i++) {
        const struct way *way = &end->ways[i];
        int k = 0;
        while (k < count && strcmp(texts[k].text, way->text) != 0)
            k++;
        if (k == count) {
            texts[count++] = *way;
            continue;
        }
        texts[k].typed = way->p > texts[k].p ? way->typed : texts[k].typed;
        texts[k].p += way->p;
    }
    return count;
}

static void report(struct way texts[TEXTS_MAX], int count, struct tsk_digits_result *out)
{
    double sum = 0;

    for (int i = 0; i < count; i++)
        sum += texts[i].p;
    out->count = 0;
    while (out->count < (int)TSK_COUNT(out->alts)) {
        int best = -1;
        for (int i = 0; i < count; i++) {
            if (texts[i].length > 0 && (best < 0 || texts[i].p > texts[best].p))
                best = i;
        }
        if (best < 0 || texts[best].p < 1e-4)
            return;
        if (out->count == 0)
            out->typed = texts[best].typed > 0.5 * texts[best].length;
        memcpy(out->alts[out->count].text, texts[best].text, sizeof(texts[best].text));
        out->alts[out->count++].p = texts[best].p / fmax(sum, 1);
        texts[best].p = -1;
    }
}

void tsk_lattice_read(const struct tsk_weights *weights, const struct tsk_pieces *pieces, int max_len,
                      struct tsk_digits_result *out)
{
    struct lattice lattice = { .pieces = pieces, .max_len = max_len < LENGTH_MAX ? max_len : LENGTH_MAX };
    struct way texts[TEXTS_MAX] = { 0 };

    for (int first = 0; first < pieces->count; first++) {
        for (int length = 1; length <= RUN_MAX && first + length <= pieces->count; length++)
            see_run(&lattice, weights, first, length);
    }
    lattice.at[0].count = 1;
    lattice.at[0].ways[0] = (struct way){ .p = wholeness(pieces) };
    for (int place = 0; place < pieces->count; place++)
        advance(&lattice, place);
    report(texts, merge_ways(&lattice.at[pieces->count], texts), out);
}
