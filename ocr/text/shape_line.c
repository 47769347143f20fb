#include "ocr/text/shape_line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define PIECES_MAX 7         /* of one letter */
#define LETTERS_MAX 200      /* of a text that is fitted */
#define WIDEST 1.35          /* of the line's height */
#define THIN 0.14            /* of the line's height: a column with less ink may be cut */
#define CUT_FROM 0.5         /* of the line's height: a run of ink that is wider may be cut */
#define SPECK 0.06           /* of the line's height: no letter is smaller both ways */
#define LETTER_COST (-100.0) /* squared distance that one letter more costs; a letter's own is 50 to 100 */
#define SKIP 600.0           /* of a piece that is taken for dirt, for a line's height of it */
#define SHARPNESS 0.12       /* of the choices' probabilities */
#define UNKNOWN 90.0         /* distance, beyond the nearest, of a letter that has no shape here */
#define BAND 0.2             /* of a text's length: how far a letter may stand from its share of the pieces */
#define BAND_LEAST 6

struct segment {
    bool letter; /* there is ink of a letter's size */
    struct tsk_shape shape;
    struct tsk_shape_choice near[TSK_SHAPE_CHOICES];
    size_t choices;
    double size; /* the longer side, of the line's height */
};

struct tsk_shape_lattice {
    const struct tsk_shapes *shapes;
    enum tsk_letters letters;
    int pieces, room;
    bool *starts;             /* a line: no letter spans it */
    struct segment *segments; /* [first piece * PIECES_MAX + pieces - 1] */
};

struct cutter {
    PIX *bits;
    int *columns; /* ink of each */
    int *cuts;    /* columns; pieces lie between them */
    int count;    /* of pieces */
    int width, height;
    double line_px; /* the line's height in px across */
};

static bool start_cutter(struct cutter *cutter, PIX *bits, double px_per_mm_x, double px_per_mm_y)
{
    NUMA *sums = pixCountPixelsByColumn(bits);

    *cutter = (struct cutter){ .bits = bits, .width = pixGetWidth(bits), .height = pixGetHeight(bits) };
    cutter->line_px = cutter->height / px_per_mm_y * px_per_mm_x;
    cutter->columns = calloc((size_t)cutter->width + 1, sizeof(int));
    cutter->cuts = calloc((size_t)cutter->width + 2, sizeof(int));
    for (int x = 0; sums != NULL && cutter->columns != NULL && x < cutter->width; x++)
        numaGetIValue(sums, x, &cutter->columns[x]);
    numaDestroy(&sums);
    return cutter->columns != NULL && cutter->cuts != NULL;
}

static void add_cut(struct cutter *cutter, int x)
{
    if (x > cutter->cuts[cutter->count])
        cutter->cuts[++cutter->count] = x;
}

/* Within a wide run of ink: the thinnest columns, at some distance from one another. */
static void cut_run(struct cutter *cutter, int from, int to)
{
    const int apart = (int)fmax(2, 0.16 * cutter->line_px), thin = (int)fmax(1, lround(THIN * cutter->height));

    if (to - from < CUT_FROM * cutter->line_px)
        return;
    for (int x = from + apart; x < to - apart; x++) {
        bool least = cutter->columns[x] <= thin;

        for (int k = x - apart; least && k <= x + apart; k++)
            least = k < x ? cutter->columns[k] > cutter->columns[x] : cutter->columns[k] >= cutter->columns[x];
        if (least)
            add_cut(cutter, x);
    }
}

static void cut_line(struct cutter *cutter)
{
    int from = 0;

    for (int x = 0; x < cutter->width;) {
        int gap = x;

        while (gap < cutter->width && cutter->columns[gap] > 0)
            gap++;
        cut_run(cutter, from, gap);
        for (x = gap; x < cutter->width && cutter->columns[x] == 0;)
            x++;
        add_cut(cutter, gap < cutter->width ? (gap + x + 1) / 2 : cutter->width);
        from = x;
    }
    add_cut(cutter, cutter->width);
}

static bool ink_box(PIX *bits, int from, int to, struct tsk_shape_box *box)
{
    const l_uint32 *data = pixGetData(bits);
    const int words = pixGetWpl(bits), height = pixGetHeight(bits);

    *box = (struct tsk_shape_box){ to, from, height, 0 };
    for (int y = 0; y < height; y++)
        for (int x = from; x < to; x++) {
            if (!GET_DATA_BIT(data + (ptrdiff_t)y * words, x))
                continue;
            box->left = x < box->left ? x : box->left;
            box->right = x + 1 > box->right ? x + 1 : box->right;
            box->top = y < box->top ? y : box->top;
            box->bottom = y + 1;
        }
    return box->right > box->left;
}

static const uint32_t phone_runes[] = { '(', ')', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' };

static bool of_names(uint32_t rune)
{
    return rune == 0x3005 || (rune >= 0x3041 && rune <= 0x30FC && rune != 0x30FB) || rune >= 0x4E00;
}

/* A piece of 子 looks like r, which no name has. */
static size_t nearest_of_names(const struct tsk_shape_lattice *lattice, struct segment *segment)
{
    size_t count = tsk_shapes_nearest(lattice->shapes, &segment->shape, segment->near), kept = 0;

    for (size_t i = 0; i < count; i++)
        if (of_names(segment->near[i].rune))
            segment->near[kept++] = segment->near[i];
    return kept;
}

static size_t nearest(const struct tsk_shape_lattice *lattice, struct segment *segment)
{
    uint32_t runes[128];
    size_t count = 0;

    switch (lattice->letters) {
    case TSK_LETTERS_KANA:
        for (uint32_t rune = 0x30A1; rune <= 0x30FC; rune++)
            runes[count++] = rune;
        break;
    case TSK_LETTERS_EMAIL:
        for (uint32_t rune = '!'; rune <= '~'; rune++)
            runes[count++] = rune;
        break;
    case TSK_LETTERS_PHONE:
        return tsk_shapes_nearest_of(lattice->shapes, &segment->shape, phone_runes, TSK_COUNT(phone_runes),
                                     segment->near);
    case TSK_LETTERS_NAME:
        return nearest_of_names(lattice, segment);
    case TSK_LETTERS_ALL:
        return tsk_shapes_nearest(lattice->shapes, &segment->shape, segment->near);
    }
    return tsk_shapes_nearest_of(lattice->shapes, &segment->shape, runes, count, segment->near);
}

static void see(struct tsk_shape_lattice *lattice, const struct cutter *cutter, int first, int pieces, double x,
                double y)
{
    struct segment *segment = &lattice->segments[(lattice->pieces + first) * PIECES_MAX + pieces - 1];
    float features[TSK_SHAPE_FEATURES];
    struct tsk_shape_box box;
    double w, h;

    if (!ink_box(cutter->bits, cutter->cuts[first], cutter->cuts[first + pieces], &box))
        return;
    w = (box.right - box.left) / cutter->line_px;
    h = (double)(box.bottom - box.top) / cutter->height;
    segment->size = fmax(w, h);
    if (w > WIDEST || (w < SPECK && h < SPECK))
        return;
    tsk_shape_features(cutter->bits, box, x, y, 0, cutter->height, features);
    tsk_shapes_project(lattice->shapes, features, &segment->shape);
    segment->choices = nearest(lattice, segment);
    segment->letter = segment->choices > 0;
}

static int make_room(struct tsk_shape_lattice *lattice, int pieces)
{
    const size_t room = (size_t)lattice->pieces + (size_t)pieces, old = (size_t)lattice->room;
    struct segment *segments = realloc(lattice->segments, room * PIECES_MAX * sizeof(*segments));
    bool *starts;

    if (segments == NULL)
        return -1;
    lattice->segments = segments;
    memset(segments + old * PIECES_MAX, 0, (room - old) * PIECES_MAX * sizeof(*segments));
    starts = realloc(lattice->starts, room * sizeof(*starts));
    if (starts == NULL)
        return -1;
    lattice->starts = starts;
    memset(starts + old, 0, (room - old) * sizeof(*starts));
    lattice->room = (int)room;
    return 0;
}

static int add_line(struct tsk_shape_lattice *lattice, PIX *bits, double x, double y)
{
    struct cutter cutter;
    int rc = -1;

    if (!start_cutter(&cutter, bits, x, y))
        goto out;
    cut_line(&cutter);
    rc = cutter.count > 0 ? make_room(lattice, cutter.count) : 0;
    if (rc != 0 || lattice->starts == NULL || cutter.count == 0)
        goto out;
    lattice->starts[lattice->pieces] = true;
    for (int first = 0; first < cutter.count; first++)
        for (int pieces = 1; pieces <= PIECES_MAX && first + pieces <= cutter.count; pieces++)
            see(lattice, &cutter, first, pieces, x, y);
    lattice->pieces += cutter.count;
out:
    free(cutter.columns);
    free(cutter.cuts);
    return rc;
}

int tsk_shape_lattice_new(struct tsk_shape_lattice **out, const struct tsk_shapes *shapes, enum tsk_letters letters,
                          const struct tsk_ink *ink, double px_per_mm_x, double px_per_mm_y, struct tsk_err *err)
{
    struct tsk_shape_lattice *lattice = calloc(1, sizeof(*lattice));

    *out = lattice;
    if (lattice == NULL)
        return tsk_fail(err, TSK_HOLD, 0, "no memory to read a line of writing");
    lattice->shapes = shapes;
    lattice->letters = letters;
    for (int i = 0; i < ink->count; i++)
        if (add_line(lattice, ink->lines[i].bits, px_per_mm_x, px_per_mm_y) != 0) {
            tsk_shape_lattice_free(out);
            return tsk_fail(err, TSK_HOLD, 0, "no memory to read a line of writing");
        }
    return 0;
}

void tsk_shape_lattice_free(struct tsk_shape_lattice **lattice)
{
    if (*lattice == NULL)
        return;
    free((*lattice)->segments);
    free((*lattice)->starts);
    free(*lattice);
    *lattice = NULL;
}

struct step {
    double cost;
    int pieces; /* of the letter that ends here; 0: a piece that was passed over */
};

static double skip_cost(const struct segment *piece)
{
    return SKIP * fmin(1, piece->size);
}

static const struct segment *segment_at(const struct tsk_shape_lattice *lattice, int end, int pieces)
{
    return &lattice->segments[(end - pieces) * PIECES_MAX + pieces - 1];
}

/* Pieces that one letter which ends here may have. */
static int reach(const struct tsk_shape_lattice *lattice, int end)
{
    int pieces = 1;

    while (pieces < PIECES_MAX && pieces < end && !lattice->starts[end - pieces])
        pieces++;
    return pieces;
}

static void best_steps(const struct tsk_shape_lattice *lattice, struct step *steps)
{
    steps[0] = (struct step){ 0, 0 };
    for (int end = 1; end <= lattice->pieces; end++) {
        const int most = reach(lattice, end);

        steps[end] = (struct step){ steps[end - 1].cost + skip_cost(segment_at(lattice, end, 1)), 0 };
        for (int pieces = 1; pieces <= most; pieces++) {
            const struct segment *segment = segment_at(lattice, end, pieces);
            double cost = steps[end - pieces].cost + (double)segment->near[0].distance + LETTER_COST;

            if (segment->letter && cost < steps[end].cost)
                steps[end] = (struct step){ cost, pieces };
        }
    }
}

static void add_glyph(const struct segment *segment, struct tsk_read *read)
{
    struct tsk_glyph other[2];
    char text[5];
    size_t at = read->count, used = strlen(read->text), kept = 0;
    double sum = 0;

    if (at == TSK_GLYPHS_MAX || used + 5 > sizeof(read->text))
        return;
    tsk_utf8_put(text, segment->near[0].rune);
    if (tsk_glyphs_of(text, &read->glyphs[at], 1) != 1)
        return;
    memcpy(read->text + used, text, strlen(text) + 1);
    for (size_t i = 0; i < segment->choices; i++) {
        sum += exp(-SHARPNESS * (double)(segment->near[i].distance - segment->near[0].distance));
        tsk_utf8_put(text, segment->near[i].rune);
        if (i > 0 && kept < TSK_GLYPH_ALTERNATIVES && tsk_glyphs_of(text, other, 2) == 1 &&
            other[0].rune != read->glyphs[at].rune)
            read->glyphs[at].other[kept++] = other[0].rune;
    }
    read->sure[at] = (float)(1 / sum);
    read->count++;
}

void tsk_shape_lattice_read(const struct tsk_shape_lattice *lattice, struct tsk_read *read)
{
    struct step *steps = calloc((size_t)lattice->pieces + 1, sizeof(*steps));
    int *ends = calloc((size_t)lattice->pieces + 1, sizeof(*ends)), count = 0;

    memset(read, 0, sizeof(*read));
    if (steps == NULL || ends == NULL)
        goto out;
    best_steps(lattice, steps);
    for (int end = lattice->pieces; end > 0; end -= steps[end].pieces > 0 ? steps[end].pieces : 1)
        if (steps[end].pieces > 0)
            ends[count++] = end;
    while (count-- > 0)
        add_glyph(segment_at(lattice, ends[count], steps[ends[count]].pieces), read);
    tsk_read_sum_up(read);
out:
    free(steps);
    free(ends);
}

struct fitting {
    struct tsk_shape_lattice *lattice;
    uint32_t runes[LETTERS_MAX];
    int letters;
    double bound;       /* of how much worse than the best in its place a letter counts */
    struct step *steps; /* [end * (letters + 1) + letters read] */
};

static bool take_letters(struct fitting *fitting, const char *text)
{
    uint32_t rune;

    while (tsk_utf8_next(&text, &rune) == 1) {
        if (rune == ' ' || rune == 0x3000)
            continue;
        if (fitting->letters == LETTERS_MAX)
            return false;
        fitting->runes[fitting->letters++] = rune;
    }
    return fitting->letters > 0;
}

static double distance_of(const struct tsk_shape_lattice *lattice, const struct segment *segment, uint32_t rune)
{
    float distance;

    for (size_t i = 0; i < segment->choices; i++)
        if (segment->near[i].rune == rune)
            return (double)segment->near[i].distance;
    distance = tsk_shapes_distance(lattice->shapes, &segment->shape, rune);
    return distance >= 0 ? (double)distance : (double)segment->near[0].distance + UNKNOWN;
}

static void fit_end(struct fitting *fitting, int end)
{
    const struct tsk_shape_lattice *lattice = fitting->lattice;
    const int wide = fitting->letters + 1, most = reach(lattice, end);
    const double share = (double)end / lattice->pieces * fitting->letters;
    const double band = fmax(BAND_LEAST, BAND * fitting->letters);
    struct step *row = fitting->steps + (ptrdiff_t)end * wide;

    for (int read = 0; read < wide; read++) {
        struct step best = { row[read - wide].cost + skip_cost(segment_at(lattice, end, 1)), 0 };

        for (int pieces = 1; read > 0 && pieces <= most && fabs(read - share) <= band; pieces++) {
            const struct segment *segment = segment_at(lattice, end, pieces);
            double cost = row[(ptrdiff_t)-pieces * wide + read - 1].cost + LETTER_COST;

            if (!segment->letter || cost + (double)segment->near[0].distance >= best.cost)
                continue;
            cost += fmin(distance_of(lattice, segment, fitting->runes[read - 1]),
                         (double)segment->near[0].distance + fitting->bound);
            if (cost < best.cost)
                best = (struct step){ cost, pieces };
        }
        row[read] = best;
    }
}

static double worst_letter(const struct fitting *fitting)
{
    double worst = 0;

    for (int end = fitting->lattice->pieces, read = fitting->letters; end > 0;) {
        const struct step *step = &fitting->steps[(ptrdiff_t)end * (fitting->letters + 1) + read];

        if (step->pieces > 0) {
            const struct segment *segment = segment_at(fitting->lattice, end, step->pieces);

            worst = fmax(worst, distance_of(fitting->lattice, segment, fitting->runes[--read]) -
                                    (double)segment->near[0].distance);
        }
        end -= step->pieces > 0 ? step->pieces : 1;
    }
    return worst;
}

struct tsk_shape_fit tsk_shape_lattice_fit(struct tsk_shape_lattice *lattice, const char *text)
{
    return tsk_shape_lattice_fit_bounded(lattice, text, TSK_SHAPE_NO_FIT);
}

struct tsk_shape_fit tsk_shape_lattice_fit_bounded(struct tsk_shape_lattice *lattice, const char *text, double bound)
{
    struct tsk_shape_fit fit = { TSK_SHAPE_NO_FIT, TSK_SHAPE_NO_FIT, TSK_SHAPE_NO_FIT };
    struct fitting fitting = { .lattice = lattice, .bound = bound };
    struct step *free_steps = NULL;
    double cost;

    if (lattice->pieces == 0 || !take_letters(&fitting, text))
        return fit;
    fitting.steps = calloc((size_t)(lattice->pieces + 1) * (size_t)(fitting.letters + 1), sizeof(*fitting.steps));
    free_steps = calloc((size_t)lattice->pieces + 1, sizeof(*free_steps));
    if (fitting.steps == NULL || free_steps == NULL)
        goto out;
    for (int read = 1; read <= fitting.letters; read++)
        fitting.steps[read].cost = TSK_SHAPE_NO_FIT;
    for (int end = 1; end <= lattice->pieces; end++)
        fit_end(&fitting, end);
    best_steps(lattice, free_steps);
    cost = fitting.steps[(size_t)lattice->pieces * (size_t)(fitting.letters + 1) + (size_t)fitting.letters].cost;
    if (cost < TSK_SHAPE_NO_FIT / 2) {
        fit.excess = cost - free_steps[lattice->pieces].cost;
        fit.mean = fit.excess / fitting.letters;
        fit.worst = worst_letter(&fitting);
    }
out:
    free(fitting.steps);
    free(free_steps);
    return fit;
}
