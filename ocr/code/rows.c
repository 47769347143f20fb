#include "ocr/code/rows.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNITS 12     /* steps of a module in which a row's place is counted */
#define BEYOND 3     /* modules above and below the code */
#define ROWS_MAX 720 /* of the cut */
#define LOST_MOST 8  /* rows in one place */
#define ADVANCE_MOST (UNITS * 5)
#define SCALE_STEPS 12 /* of SCALE_STEP each way */
#define SCALE_STEP 0.0025
#define SHARP 9.0          /* how quickly a module's share in a pixel becomes black */
#define MISTAKE 0.02       /* a pixel that is simply wrong */
#define PATIENCE 4         /* rounds of placing rows and weighing modules */
#define EVIDENCE_MOST 2.5F /* log of odds that one row can say about a module */
#define COST_GARBLED 3.0
#define COST_LOST 4.5
#define COST_LOST_ROW 0.5
#define COST_REPEATED 6.0
#define COST_NEVER 1e6
#define ADVANCE_SPREAD 0.8 /* units */
#define STATES ((TSK_QR_WIDTH_MAX + 2 * BEYOND) * UNITS)

struct grid {
    int width; /* modules */
    int rows;  /* of the scan */
    double module_x, module_y, left;
    double slope;                                     /* modules down for one module to the right */
    double height;                                    /* of a row, in modules */
    float seen[ROWS_MAX][TSK_QR_WIDTH_MAX];           /* share of black */
    float chance[TSK_QR_WIDTH_MAX][TSK_QR_WIDTH_MAX]; /* that a module is dark, as far as is known */
    bool known[TSK_QR_WIDTH_MAX][TSK_QR_WIDTH_MAX];
};

static bool is_black(PIX *ink, int x, int y)
{
    return x >= 0 && x < pixGetWidth(ink) && GET_DATA_BIT(pixGetData(ink) + (size_t)y * (size_t)pixGetWpl(ink), x);
}

/* How well edges of ink stand at multiples of the module, and from where they are counted. */
static double comb(PIX *ink, const struct tsk_code_place *place, double module, double *phase)
{
    double complex sum = 0;
    long edges = 0;
    int from = (int)place->top, to = (int)(place->top + place->high);

    for (int y = from > 0 ? from : 0; y < to && y < pixGetHeight(ink); y++)
        for (int x = (int)(place->left - module); x < (int)(place->left + place->wide + module); x++)
            if (is_black(ink, x, y) != is_black(ink, x + 1, y)) {
                sum += cexp(2 * M_PI * I * (x + 1 - place->per_row_x * (y - place->top)) / module);
                edges++;
            }
    *phase = carg(sum) / (2 * M_PI) * module;
    return edges > 0 ? cabs(sum) / (double)edges : 0;
}

/* Ink inside of the columns that the code would take, less the ink beside them. */
static long inside(PIX *ink, const struct tsk_code_place *place, const struct grid *g)
{
    long count = 0;
    int from = (int)place->top, to = (int)(place->top + place->high);

    for (int y = from > 0 ? from : 0; y < to && y < pixGetHeight(ink); y++)
        for (int x = (int)(g->left - 2 * g->module_x); x < (int)(g->left + (g->width + 2) * g->module_x); x++) {
            double at = (x + 0.5 - place->per_row_x * (y - place->top) - g->left) / g->module_x;

            count += !is_black(ink, x, y) ? 0 : at > 0 && at < g->width ? 1 : -1;
        }
    return count;
}

static double find_columns(struct grid *g, PIX *ink, const struct tsk_code_place *place)
{
    double best = 0, phase, module = place->wide / g->width, found = module, best_phase = 0;
    long most = -1;

    for (int i = -SCALE_STEPS; i <= SCALE_STEPS; i++) {
        double tried = module * (1 + i * SCALE_STEP), fit = comb(ink, place, tried, &phase);

        if (fit > best) {
            best = fit;
            found = tried;
            best_phase = phase;
        }
    }
    g->module_x = found;
    double nearest = best_phase + round((place->left - best_phase) / found) * found, left = nearest;
    for (int i = -2; i <= 2; i++) {
        g->left = nearest + i * found;
        long count = inside(ink, place, g);
        if (count > most) {
            most = count;
            left = g->left;
        }
    }
    g->left = left;
    return best;
}

/* The middle of each module; its edges are where pixels are in doubt. */
static void look(struct grid *g, PIX *ink, const struct tsk_code_place *place)
{
    for (int y = 0; y < g->rows; y++)
        for (int c = 0; c < g->width; c++) {
            double from = g->left + (c + 0.2) * g->module_x + place->per_row_x * (y - place->top);
            int first = (int)ceil(from - 0.25), last = (int)floor(from + 0.6 * g->module_x - 0.75), black = 0;

            last = last < first ? first : last;
            for (int x = first; x <= last; x++)
                black += is_black(ink, x, y);
            g->seen[y][c] = (float)black / (float)(last - first + 1);
        }
}

/* Chance that a pixel is black of which the share comes from dark modules. */
static double turns_black(double share)
{
    return MISTAKE + (1 - 2 * MISTAKE) / (1 + exp(-SHARP * (share - 0.5)));
}

struct crossing { /* of a row and a column of modules: two modules, and how much of each */
    int module;
    double upper; /* share of the first; the next has the rest */
};

static struct crossing cross(const struct grid *g, int state, int column)
{
    double top = (double)state / UNITS - BEYOND + g->slope * (column + 0.5);
    double first = floor(top), below = top + g->height - (first + 1);
    struct crossing at = { (int)first, below <= 0 ? 1 : 1 - below / g->height };

    if (at.upper < 0) /* a row higher than a module */
        at.upper = 0;
    return at;
}

static double chance_of(const struct grid *g, int module, int column)
{
    return module < 0 || module >= g->width ? 0 : (double)g->chance[module][column];
}

/* Chance of black where the first module is dark with p, and the second with q. */
static double black_chance(double p, double q, double upper)
{
    return p * q * turns_black(1) + p * (1 - q) * turns_black(upper) + (1 - p) * q * turns_black(1 - upper) +
           (1 - p) * (1 - q) * turns_black(0);
}

struct search {
    float cost[2][STATES];
    short from[ROWS_MAX][STATES];
    float light[STATES][TSK_QR_WIDTH_MAX]; /* what it costs that a module is seen light here */
    float dark[STATES][TSK_QR_WIDTH_MAX];  /* how much more that it is seen dark */
    double advance[ADVANCE_MOST + 1];
    int states;
};

struct part { /* of a row: the columns that are what was sent */
    int from, to;
};

/* Of a row in this place. A hit spoils it from some column on, and up to some column where the page came upside down. */
static double row_cost(const struct grid *g, const struct search *s, int state, int row, struct part *good)
{
    double before[TSK_QR_WIDTH_MAX + 1] = { 0 }, best;
    int width = g->width;

    for (int c = 0; c < width; c++)
        before[c + 1] = before[c] + (double)(s->light[state][c] + g->seen[row][c] * s->dark[state][c]);
    best = before[width];
    *good = (struct part){ 0, width };
    for (int c = 0; c <= width; c++) {
        double first = before[c] + (width - c) * M_LN2 + COST_GARBLED;
        double last = before[width] - before[c] + c * M_LN2 + COST_GARBLED;

        if (first < best) {
            best = first;
            *good = (struct part){ 0, c };
        }
        if (last < best) {
            best = last;
            *good = (struct part){ c, width };
        }
    }
    return best;
}

static void price_advances(struct search *s, const struct grid *g)
{
    double each = UNITS * g->height;

    for (int d = 0; d <= ADVANCE_MOST; d++) {
        s->advance[d] = d == 0 ? COST_REPEATED : COST_NEVER;
        for (int lost = 0; lost <= LOST_MOST; lost++) {
            double off = (d - each * (1 + lost)) / ADVANCE_SPREAD;
            double cost = off * off / 2 + (lost > 0 ? COST_LOST + COST_LOST_ROW * lost : 0);

            if (d > 0 && cost < s->advance[d])
                s->advance[d] = cost;
        }
    }
}

static void expect(struct search *s, const struct grid *g)
{
    for (int state = 0; state < s->states; state++)
        for (int c = 0; c < g->width; c++) {
            struct crossing at = cross(g, state, c);

            double p = black_chance(chance_of(g, at.module, c), chance_of(g, at.module + 1, c), at.upper);

            s->light[state][c] = (float)-log(1 - p);
            s->dark[state][c] = (float)(log(1 - p) - log(p));
        }
}

/* Above and below the code rows may be as many as they like. */
static double step_price(const struct search *s, int before, int state)
{
    if (before == state && (state == 0 || state == s->states - 1))
        return 0;
    return s->advance[state - before];
}

static void place_row(struct search *s, const struct grid *g, int row)
{
    const float *before = s->cost[(row + 1) % 2];
    float *now = s->cost[row % 2];
    struct part good;

    for (int state = 0; state < s->states; state++) {
        double best = row == 0 ? (state == 0 ? 0 : COST_NEVER) : 1e30;

        s->from[row][state] = 0;
        for (int d = 0; row > 0 && d <= ADVANCE_MOST && d <= state; d++) {
            double cost = (double)before[state - d] + step_price(s, state - d, state);
            if (cost < best) {
                best = cost;
                s->from[row][state] = (short)(state - d);
            }
        }
        now[state] = (float)(best + row_cost(g, s, state, row, &good));
    }
}

/* state[r]: where row r lies. Returns the cost of it all. */
static double place_rows(short state[ROWS_MAX], struct search *s, const struct grid *g)
{
    price_advances(s, g);
    expect(s, g);
    for (int row = 0; row < g->rows; row++)
        place_row(s, g, row);
    state[g->rows - 1] = (short)(s->states - 1);
    for (int row = g->rows - 1; row > 0; row--)
        state[row - 1] = s->from[row][state[row]];
    return (double)s->cost[(g->rows - 1) % 2][s->states - 1];
}

static float evidence(double seen, double black_if_dark, double black_if_light)
{
    double odds =
        seen * log(black_if_dark / black_if_light) + (1 - seen) * log((1 - black_if_dark) / (1 - black_if_light));

    return odds > (double)EVIDENCE_MOST ? EVIDENCE_MOST : odds < (double)-EVIDENCE_MOST ? -EVIDENCE_MOST : (float)odds;
}

static void weigh(struct tsk_qr *qr, const struct grid *g, int module, int column, float odds)
{
    if (module >= 0 && module < g->width)
        qr->dark[module][column] += odds;
}

static void weigh_row(struct tsk_qr *qr, const struct grid *g, const struct search *s, int row, int state)
{
    struct part good;

    row_cost(g, s, state, row, &good);
    for (int c = good.from; c < good.to; c++) {
        struct crossing at = cross(g, state, c);
        double p = chance_of(g, at.module, c), q = chance_of(g, at.module + 1, c), seen = (double)g->seen[row][c];

        weigh(qr, g, at.module, c, evidence(seen, black_chance(1, q, at.upper), black_chance(0, q, at.upper)));
        weigh(qr, g, at.module + 1, c, evidence(seen, black_chance(p, 1, at.upper), black_chance(p, 0, at.upper)));
    }
}

static void weigh_modules(struct tsk_qr *qr, const struct grid *g, const struct search *s, const short *state)
{
    memset(qr, 0, sizeof *qr);
    qr->width = g->width;
    for (int row = 0; row < g->rows; row++)
        weigh_row(qr, g, s, row, state[row]);
}

static void know_what_all_have(struct grid *g)
{
    for (int row = 0; row < g->width; row++)
        for (int c = 0; c < g->width; c++) {
            enum tsk_qr_module module = tsk_qr_module(g->width, row, c);

            g->known[row][c] = module == TSK_QR_DARK || module == TSK_QR_LIGHT;
            g->chance[row][c] = module == TSK_QR_DARK ? 1.0F : module == TSK_QR_LIGHT ? 0.0F : 0.5F;
        }
}

static void learn(struct grid *g, const struct tsk_qr *qr)
{
    for (int row = 0; row < g->width; row++)
        for (int c = 0; c < g->width; c++)
            if (!g->known[row][c])
                g->chance[row][c] = 1 / (1 + expf(-0.8F * qr->dark[row][c]));
}

static bool settle(char text[TSK_QR_TEXT_SIZE], struct grid *g, struct search *s)
{
    short state[ROWS_MAX];
    struct tsk_qr qr;

    know_what_all_have(g);
    for (int i = 0; i < PATIENCE; i++) {
        place_rows(state, s, g);
        weigh_modules(&qr, g, s, state);
        if (tsk_qr_decode(text, &qr))
            return true;
        learn(g, &qr);
    }
    return false;
}

bool tsk_code_by_rows(char text[TSK_QR_TEXT_SIZE], PIX *ink, const struct tsk_code_place *place, int width_modules)
{
    struct grid *g = calloc(1, sizeof *g);
    struct search *s = calloc(1, sizeof *s);
    bool found = false;

    if (g != NULL && s != NULL && width_modules <= TSK_QR_WIDTH_MAX && pixGetHeight(ink) <= ROWS_MAX) {
        g->width = width_modules;
        g->rows = pixGetHeight(ink);
        s->states = (g->width + 2 * BEYOND) * UNITS;
        find_columns(g, ink, place);
        g->module_y = place->high / width_modules;
        g->height = 1 / g->module_y;
        g->slope = -g->module_x * place->per_column_y / g->module_y;
        look(g, ink, place);
        found = settle(text, g, s);
    }
    free(s);
    free(g);
    return found;
}
