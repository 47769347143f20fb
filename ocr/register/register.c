/* register - the map from blank to page: coarse bands, then windows at half a millimetre, then at the page's own pixels */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/register/blank.h"

struct surface {
    float at[2 * SPAN_MAX + 1][2 * SPAN_MAX + 1]; /* [v][u] */
};

/* Page places of the samples of a window, in page px, at the expected position. */
static void place_points(const struct tsk_map *map, const struct blank_window *window, const struct blank_point *points,
                         int count, int (*out)[2])
{
    double u0 = 0, v0 = 0, ux = 0, vx = 0, uy = 0, vy = 0;

    map_uv(map, window->x, window->y, &u0, &v0);
    map_uv(map, window->x + 4, window->y, &ux, &vx);
    map_uv(map, window->x, window->y + 4, &uy, &vy);
    for (int i = 0; i < count; i++) {
        double x = (points[i].x + 0.5) / BLANK_PX_PER_MM - window->x,
               y = (points[i].y + 0.5) / BLANK_PX_PER_MM - window->y;

        out[i][0] = floor_px((u0 + (ux - u0) / 4 * x + (uy - u0) / 4 * y) * map->px_x);
        out[i][1] = floor_px((v0 + (vx - v0) / 4 * x + (vy - v0) / 4 * y) * map->px_y);
    }
}

#define COUNTER_BITS 8
#define EIGHT 8

struct counter { /* 64 counters side by side, one bit of each in every plane */
    uint64_t plane[COUNTER_BITS];
};

/* The sum of three bits, for each of 64: carry and what stays. */
static inline uint64_t add_bits(uint64_t *stays, uint64_t a, uint64_t b)
{
    uint64_t either = *stays ^ a, carry = (*stays & a) | (either & b);

    *stays = either ^ b;
    return carry;
}

/* Eight at a time: without a branch for every bit that is carried. */
static inline void count_bits(struct counter *counter, const uint64_t bits[EIGHT])
{
    uint64_t *plane = counter->plane, twos[4], fours[2], carry;

    for (int i = 0; i < 4; i++)
        twos[i] = add_bits(&plane[0], bits[2 * i], bits[2 * i + 1]);
    for (int i = 0; i < 2; i++)
        fours[i] = add_bits(&plane[1], twos[2 * i], twos[2 * i + 1]);
    carry = add_bits(&plane[2], fours[0], fours[1]);
    for (int i = 3; i < COUNTER_BITS; i++) {
        uint64_t next = plane[i] & carry;

        plane[i] ^= carry;
        carry = next;
    }
}

static int counted(const struct counter *counter, int position)
{
    int sum = 0;

    for (int i = 0; i < COUNTER_BITS; i++)
        sum |= (int)((counter->plane[i] >> (63 - position)) & 1) << i;
    return sum;
}

static inline uint64_t word_at(const l_uint32 *line, int wpl, int i)
{
    return i >= 0 && i < wpl ? line[i] : 0;
}

/* The 64 pixels of a row from x on; what lies off the page is white. */
static inline uint64_t row_bits(const l_uint32 *line, int wpl, int x)
{
    int i = x >> 5, shift = x & 31; /* rounds down for negative x as well */
    uint64_t high = word_at(line, wpl, i) << 32 | word_at(line, wpl, i + 1);

    return shift == 0 ? high : high << shift | word_at(line, wpl, i + 2) >> (32 - shift);
}

/* Counts, for every place tried, how many of the points have ink: a whole row of places with one look at the page. */
static void add_hits(PIX *pix, int (*place)[2], int count, const int du[], const int dv[], const struct search *search,
                     float gain, struct surface *surface)
{
    const l_uint32 *data = pixGetData(pix);
    int wpl = pixGetWpl(pix), h = pixGetHeight(pix);

    for (int j = 0; j <= 2 * search->span_v; j++) {
        struct counter counter = { 0 };

        for (int i = 0; i < count; i += EIGHT) {
            uint64_t bits[EIGHT] = { 0 };

            for (int k = i; k < i + EIGHT && k < count; k++) {
                int y = place[k][1] + dv[j];

                if (y >= 0 && y < h)
                    bits[k - i] = row_bits(data + (size_t)y * (size_t)wpl, wpl, place[k][0] + du[0]);
            }
            count_bits(&counter, bits);
        }
        for (int k = 0; k <= 2 * search->span_u; k++)
            surface->at[j][k] += gain * (float)counted(&counter, du[k] - du[0]) / (float)count;
    }
}

static double refine(double before, double at, double after)
{
    double bend = before - 2 * at + after;

    return bend < -1e-6 ? fmin(fmax(0.5 * (before - after) / bend, -0.5), 0.5) : 0;
}

/* How much the surface falls two steps away from its peak: nothing along a lone rule, much across it. */
static double sharpness(const struct surface *s, int j, int k, int dj, int dk, int span_j, int span_k)
{
    double fall = 0;
    int sides = 0;

    for (int sign = -2; sign <= 2; sign += 4) {
        int jj = j + sign * dj, kk = k + sign * dk;

        if (jj >= 0 && jj <= 2 * span_j && kk >= 0 && kk <= 2 * span_k) {
            fall += s->at[j][k] - s->at[jj][kk];
            sides++;
        }
    }
    return sides > 0 ? fmax(fall / sides, 0) : 0;
}

bool find_window(const struct tsk_map *map, PIX *pix, const struct blank_window *window, const struct search *search,
                 struct sample *out)
{
    /* as many places as one look at a row shows */
    int reach = (int)(31 / fmax(search->step_u * map->px_x, 1)),
        span_u = search->span_u < reach ? search->span_u : reach;
    const struct search limited = { search->step_u, search->step_v, span_u, search->span_v, search->hold };
    int ink[WINDOW_POINTS_MAX][2], paper[WINDOW_POINTS_MAX][2], du[2 * SPAN_MAX + 1], dv[2 * SPAN_MAX + 1];
    struct surface s = { 0 };
    int j = search->span_v, k = span_u;
    double best = -9;

    place_points(map, window, window->ink, window->ink_count, ink);
    place_points(map, window, window->paper, window->paper_count, paper);
    if (ink[0][1] >= map->height || ink[window->ink_count - 1][1] < 0)
        return false;
    for (int i = 0; i <= 2 * span_u; i++)
        du[i] = (int)lround((i - span_u) * search->step_u * map->px_x);
    for (int i = 0; i <= 2 * search->span_v; i++)
        dv[i] = (int)lround((i - search->span_v) * search->step_v * map->px_y);
    add_hits(pix, ink, window->ink_count, du, dv, &limited, 1, &s);
    if (window->paper_count > 0)
        add_hits(pix, paper, window->paper_count, du, dv, &limited, -1, &s);
    for (int a = 0; a <= 2 * search->span_v; a++) {
        for (int b = 0; b <= 2 * span_u; b++) {
            /* of equal places the nearer one */
            double far = search->hold * (abs(a - search->span_v) + abs(b - span_u));

            if (s.at[a][b] - far > best) {
                best = s.at[a][b] - far;
                j = a;
                k = b;
            }
        }
    }
    *out = (struct sample){ .x = window->x, .y = window->y, .score = s.at[j][k] };
    map_uv(map, window->x, window->y, &out->u, &out->v);
    out->u += du[k] / map->px_x;
    out->v += dv[j] / map->px_y;
    if (k > 0 && k < 2 * span_u)
        out->u += refine(s.at[j][k - 1], s.at[j][k], s.at[j][k + 1]) * search->step_u;
    if (j > 0 && j < 2 * search->span_v)
        out->v += refine(s.at[j - 1][k], s.at[j][k], s.at[j + 1][k]) * search->step_v;
    out->weight_u = sharpness(&s, j, k, 0, 1, search->span_v, span_u) * fmax(out->score, 0);
    out->weight_v = sharpness(&s, j, k, 1, 0, search->span_v, span_u) * fmax(out->score, 0);
    return true;
}

static size_t find_windows(const struct tsk_map *map, PIX *pix, const struct search *search, struct sample *samples)
{
    size_t count = 0;

    for (size_t i = 0; i < map->blank->window_count; i++)
        if (find_window(map, pix, &map->blank->windows[i], search, &samples[count]))
            count++;
    return count;
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Words may be a fraction of a millimetre off; further and they are other words. */
static double match_words(const struct tsk_map *map, PIX *pix)
{
    const struct search close = { 0.15, 0.15, 2, 2, 0.01 };
    double score = 0;
    size_t count = 0;

    for (size_t i = 0; i < map->blank->check_count; i++) {
        struct sample found;

        if (find_window(map, pix, &map->blank->checks[i], &close, &found)) {
            score += fmax(found.score, 0);
            count++;
        }
    }
    return count > 0 ? score / (double)count : 0;
}

/* Residuals of the axes that the samples can see. */
static void judge_map(struct tsk_map *map, const struct sample *samples, size_t count)
{
    double *off = calloc(count + 1, sizeof(*off));
    size_t used = 0;

    for (size_t i = 0; off != NULL && i < count; i++) {
        double u = 0, v = 0;

        map_uv(map, samples[i].x, samples[i].y, &u, &v);
        u = samples[i].weight_u > 0.1 ? samples[i].u - u : 0;
        v = samples[i].weight_v > 0.1 ? samples[i].v - v : 0;
        off[used++] = sqrt(u * u + v * v);
    }
    map->error_mm = 99;
    if (used > 0) {
        qsort(off, used, sizeof(*off), compare_double);
        map->error_mm = off[used * 9 / 10];
    }
    for (int i = 0; i < NODES_X * NODES_Y; i++)
        if (map->node_error[i] < 0)
            map->node_error[i] = map->error_mm;
    free(off);
}

#define FINE_DPI 150 /* on a coarse page a single row is all that there is of many a stroke */
#define STEP_MM 0.07 /* between two row nodes: stretch moves less, a lost row or two more */
#define STEPS_MIN 3

static int count_steps(const struct tsk_map *map)
{
    int steps = 0;

    for (int i = 1; i < ROW_NODES; i++)
        steps += map->row_v[i - 1] - map->row_v[i] > STEP_MM;
    return steps;
}

double map_rows_dropped(const struct tsk_map *map, struct tsk_rect mm)
{
    double top = map->av[0] + map->av[1] * (mm.x + mm.w / 2) + map->av[2] * mm.y, dropped = 0;

    for (int i = 1; i < ROW_NODES; i++) {
        double at = ROW_TOP_MM + i * ROW_STEP_MM, step = map->row_v[i - 1] - map->row_v[i];

        if (at > top && at - ROW_STEP_MM < top + map->av[2] * mm.h && step > STEP_MM)
            dropped += step;
    }
    return dropped;
}

/* rows on a coarse fax are 0.26 mm: half of one is the finest step there is any sense in */
static struct search fine_search(double px_x, double px_y)
{
    return (struct search){ fmax(1 / px_x, 0.12), fmax(1 / px_y, 0.12), px_x > 4.5 ? 6 : 4, px_y > 4.5 ? 6 : 3, 1e-3 };
}

/* The last look, at the page's own pixels, and all that is known of the map then. */
static void lay_fine(struct tsk_map *map, PIX *pix, struct sample *samples)
{
    const struct search fine = fine_search(map->px_x, map->px_y);
    size_t count = find_windows(map, pix, &fine, samples);
    double u = 0, v = 0;

    fit_samples(map, samples, count, 7);
    fit_nodes(map, samples, count);
    judge_map(map, samples, count);
    map->matched = match_words(map, pix);
    map->steps = count_steps(map);
    map->broken = map->steps >= STEPS_MIN;
    map_uv(map, map->blank->form->page_w / 2, map->blank->ink_bottom, &u, &v);
    map->bottom_missing = v * map->px_y > map->height + 1.0 * map->px_y;
}

int map_lay_again(struct tsk_map *map, PIX *pix)
{
    struct sample *samples = calloc(map->blank->window_count + 1, sizeof(*samples));

    if (samples == NULL)
        return -1;
    lay_fine(map, pix, samples);
    free(samples);
    return 0;
}

int register_from_coarse(const struct tsk_blank *blank, const struct tsk_page *page, const struct coarse *coarse,
                         struct tsk_map **out, struct tsk_err *err)
{
    const struct search wide = { 0.375, 0.375, 5, 7, 1e-3 };
    struct sample *samples = calloc(blank->window_count + 1, sizeof(*samples));
    struct tsk_map *map = calloc(1, sizeof(*map));
    PIX *thick = pixDilateBrick(NULL, page->pix, 3, page->y_dpi > 150 ? 3 : 1);
    size_t count = 0;
    int rc = -1;

    *out = NULL;
    if (samples == NULL || map == NULL || thick == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "no memory to register page %d", page->number);
        goto out;
    }
    map->blank = blank;
    map->px_x = tsk_page_px_per_mm_x(page);
    map->px_y = tsk_page_px_per_mm_y(page);
    map->width = pixGetWidth(page->pix);
    map->height = pixGetHeight(page->pix);
    map->au[1] = map->av[2] = 1;
    fit_samples(map, coarse->samples, coarse->sample_count, 60);
    count = find_windows(map, thick, &wide, samples);
    fit_samples(map, samples, count, 12);
    lay_fine(map, page->pix, samples);
    *out = map;
    map = NULL;
    rc = 0;
out:
    pixDestroy(&thick);
    free(map);
    free(samples);
    return rc;
}

static int lay_over(const struct tsk_blanks *blanks, const struct tsk_blank *blank, const struct tsk_page *clean,
                    struct tsk_map **out, struct tsk_err *err)
{
    struct coarse coarse;
    struct cells cells;

    if (cells_new(&cells, clean, page_skew(clean), blanks->page_h + 30, err) != 0)
        return -1;
    coarse_find(&cells, blank, &coarse);
    cells_free(&cells);
    return register_from_coarse(blank, clean, &coarse, out, err);
}

/*
 * Where rows are missing in several places they are put back first: then the print says which rows are spoilt. A coarse page gains
 * nothing by it: of its letters a row is too much to be made up.
 */
static int mend_torn(struct tsk_map *map, bool fine)
{
    PIX *received = pixClone(map->clean);
    int rc = -1;

    if ((!fine || !map->broken || map_restore_rows(map) == 0) && page_mend_hits(map, received) >= 0)
        rc = 0;
    pixDestroy(&received);
    return rc;
}

int map_complete(struct tsk_map *map, const struct tsk_page *page, bool noisy, struct tsk_err *err)
{
    bool fine = page->y_dpi >= FINE_DPI;
    l_int32 none = 1;

    map->noisy = noisy;
    if ((map->steps > 0 && mend_torn(map, fine) != 0) || (fine && page_mend_garbled(&map->clean, map->px_x) < 0) ||
        (map->faults = faults_find(map->clean, map->px_x)) == NULL || pixZero(map->faults, &none) != 0)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to register page %d", page->number);
    map->faulty = none == 0;
    return 0;
}

int tsk_register(const struct tsk_blanks *blanks, const struct tsk_form *form, const struct tsk_page *page,
                 struct tsk_map **out, struct tsk_err *err)
{
    const struct tsk_blank *blank = tsk_blanks_of(blanks, form);
    struct tsk_page clean = *page;
    int rc = -1;

    *out = NULL;
    if (blank == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "form %s is not in this set of blanks", form->id);
    if ((clean.pix = page_without_specks(page)) == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to register page %d", page->number);
    rc = lay_over(blanks, blank, &clean, out, err);
    if (rc == 0 && (*out)->matched < MATCHED_MIN)
        rc = tsk_fail(err, TSK_HOLD, 0,
                      "page %d looks like form %s but its printed words cannot be found: nothing was read",
                      page->number, form->id);
    if (rc == 0) {
        (*out)->clean = pixClone(clean.pix);
        rc = map_complete(*out, page, clean.pix != page->pix, err);
    }
    if (rc != 0)
        tsk_map_free(out);
    pixDestroy(&clean.pix);
    return rc;
}

void tsk_map_free(struct tsk_map **map)
{
    if (map == NULL || *map == NULL)
        return;
    pixDestroy(&(*map)->faults);
    pixDestroy(&(*map)->clean);
    free((*map)->spoilt);
    free((*map)->received);
    free(*map);
    *map = NULL;
}

double tsk_map_error_mm(const struct tsk_map *map)
{
    return map->error_mm;
}

bool tsk_map_bottom_missing(const struct tsk_map *map)
{
    return map->bottom_missing;
}

/* y is a place on clean, px. */
static double received_row(const struct tsk_map *map, double y)
{
    int row = floor_px(y);

    if (map->received == NULL || row < 0)
        return y;
    if (row >= map->height)
        return y - map->height + map->received_height;
    return map->received[row] + (y - row);
}

void tsk_map_point(const struct tsk_map *map, double x_mm, double y_mm, double *x_px, double *y_px)
{
    double u = 0, v = 0;

    map_uv(map, x_mm, y_mm, &u, &v);
    *x_px = u * map->px_x;
    *y_px = received_row(map, v * map->px_y);
}

static double rect_error(const struct tsk_map *map, struct tsk_rect r)
{
    int ix = (int)lround((r.x + r.w / 2) / NODE_STEP_MM), iy = (int)lround((r.y + r.h / 2) / NODE_STEP_MM);

    if (ix < 0 || ix >= NODES_X || iy < 0 || iy >= NODES_Y)
        return 99;
    return map->node_error[iy * NODES_X + ix];
}

void tsk_map_rect(const struct tsk_map *map, struct tsk_rect r, int px[4], double *error_mm)
{
    const int height = map->received != NULL ? map->received_height : map->height;
    double left = 1e9, top = 1e9, right = -1e9, bottom = -1e9;

    for (int corner = 0; corner < 4; corner++) {
        double x = 0, y = 0;

        tsk_map_point(map, r.x + (corner & 1 ? r.w : 0), r.y + (corner & 2 ? r.h : 0), &x, &y);
        left = fmin(left, x);
        right = fmax(right, x);
        top = fmin(top, y);
        bottom = fmax(bottom, y);
    }
    *error_mm = rect_error(map, r);
    if (right <= 0 || bottom <= 0 || left >= map->width || top >= height)
        *error_mm = 99;
    px[0] = (int)fmin(fmax(left, 0), map->width);
    px[1] = (int)fmin(fmax(top, 0), height);
    px[2] = (int)fmin(fmax(right, 0), map->width) - px[0];
    px[3] = (int)fmin(fmax(bottom, 0), height) - px[1];
}
