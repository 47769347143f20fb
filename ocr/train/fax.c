#include "ocr/train/fax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A piece of paper before it becomes black and white. */
struct scene {
    int w, h;
    float *grey, *spare;
    double per_mm_x, per_mm_y;
};

/* How a glyph is laid on the paper: a millimetre of paper back to a pixel of the glyph. */
struct pose {
    double x_mm, y_mm; /* centre */
    double height_mm;
    double turn, slant, stretch;
    double wave, wave_length, wave_phase; /* a hand is never straight */
};

static const double scene_w_mm = 16, scene_h_mm = 11;

static int scene_new(struct scene *scene, struct tsk_random *random)
{
    const double kind = tsk_random_between(random, 0, 1);
    size_t size;

    scene->per_mm_x = 204 / 25.4;
    scene->per_mm_y = (kind < 0.25 ? 98 : kind < 0.40 ? 391 : 196) / 25.4;
    scene->w = (int)(scene_w_mm * scene->per_mm_x);
    scene->h = (int)(scene_h_mm * scene->per_mm_y);
    size = (size_t)scene->w * (size_t)scene->h;
    scene->grey = calloc(2 * size, sizeof(float));
    scene->spare = scene->grey + size;
    return scene->grey == NULL ? -1 : 0;
}

static double grey_at(const struct tsk_source *source, double x, double y)
{
    const int x0 = (int)(x + 8) - 8, y0 = (int)(y + 8) - 8; /* floor, for what is near the glyph */
    const double fx = x - x0, fy = y - y0;
    double v[4];

    if (x <= -1 || y <= -1 || x >= source->w || y >= source->h)
        return 0;

    for (int i = 0; i < 4; i++) {
        const int xi = x0 + i % 2, yi = y0 + i / 2;
        v[i] = xi < 0 || yi < 0 || xi >= source->w || yi >= source->h ? 0 : (double)source->grey[yi * source->w + xi];
    }
    return (v[0] * (1 - fx) + v[1] * fx) * (1 - fy) + (v[2] * (1 - fx) + v[3] * fx) * fy;
}

/* The wave bends slowly: one bend serves all looks at a pixel. */
static void bend(const struct pose *pose, double x_mm, double y_mm, double by_mm[2])
{
    by_mm[0] = by_mm[1] = 0;
    if (pose->wave > 0) {
        by_mm[0] = pose->wave * sin(6.2832 * (y_mm - pose->y_mm) / pose->wave_length + pose->wave_phase);
        by_mm[1] = pose->wave * sin(6.2832 * (x_mm - pose->x_mm) / pose->wave_length + 2 * pose->wave_phase);
    }
}

static double ink_at(const struct tsk_source *source, const struct pose *pose, double x_mm, double y_mm)
{
    const double dx = x_mm - pose->x_mm, dy = y_mm - pose->y_mm;
    const double y = dy - pose->turn * dx, x = dx + (pose->turn + pose->slant) * dy; /* a small turn is two shears */
    const double px_per_mm = source->h / pose->height_mm;

    return grey_at(source, x / pose->stretch * px_per_mm + source->w / 2.0 - 0.5,
                   y * px_per_mm + source->h / 2.0 - 0.5);
}

static double seen_at(const struct scene *scene, const struct tsk_source *source, const struct pose *pose, int x, int y)
{
    const int looks_y = scene->per_mm_y < 5 ? 4 : 2;
    double by_mm[2], sum = 0;

    bend(pose, x / scene->per_mm_x, y / scene->per_mm_y, by_mm);
    for (int look = 0; look < 2 * looks_y; look++)
        sum += ink_at(source, pose, (x + 0.25 + 0.5 * (look % 2)) / scene->per_mm_x + by_mm[0],
                      (y + ((look >> 1) + 0.5) / looks_y) / scene->per_mm_y + by_mm[1]);
    return sum / (2 * looks_y);
}

/* Several looks a pixel: the scanner sees areas, not points. */
static void draw(struct scene *scene, const struct tsk_source *source, const struct pose *pose)
{
    const double reach_y = 0.62 * pose->height_mm + 0.3;
    const double reach_x =
        0.55 * pose->height_mm * source->w / source->h * pose->stretch + 0.25 * pose->height_mm + 0.3;
    const int x0 = (int)fmax(0, (pose->x_mm - reach_x) * scene->per_mm_x),
              x1 = (int)fmin(scene->w, (pose->x_mm + reach_x) * scene->per_mm_x);
    const int y0 = (int)fmax(0, (pose->y_mm - reach_y) * scene->per_mm_y),
              y1 = (int)fmin(scene->h, (pose->y_mm + reach_y) * scene->per_mm_y);

    for (int y = y0; y < y1; y++) {
        for (int x = x0; x < x1; x++) {
            float *at = &scene->grey[y * scene->w + x];
            *at = fmaxf(*at, (float)seen_at(scene, source, pose, x, y));
        }
    }
}

static struct pose pose_of(const struct tsk_source *source, struct tsk_random *random)
{
    struct pose pose = { .x_mm = scene_w_mm / 2, .y_mm = scene_h_mm / 2, .stretch = 1, .wave_length = 1 };

    if (source->typed) {
        pose.height_mm = tsk_random_between(random, 1.9, 4.2) * source->size;
        pose.turn = tsk_random_between(random, -0.04, 0.04);
        pose.slant = tsk_random_between(random, -0.03, 0.03);
        pose.stretch = tsk_random_between(random, 0.92, 1.08);
        return pose;
    }
    pose.height_mm = tsk_random_between(random, 2.0, 6.0);
    pose.turn = tsk_random_between(random, -0.14, 0.14);
    pose.slant = tsk_random_between(random, -0.22, 0.22);
    pose.stretch = tsk_random_between(random, 0.78, 1.25);
    pose.wave = tsk_random_between(random, 0, 0.028) * pose.height_mm;
    pose.wave_length = tsk_random_between(random, 0.8, 2.0) * pose.height_mm;
    pose.wave_phase = tsk_random_between(random, 0, 6.28);
    return pose;
}

static void blur(struct scene *scene, double side)
{
    const float a = (float)side, b = 1 - 2 * a;
    const int w = scene->w, h = scene->h;

    for (int i = 1; i < w * h - 1; i++)
        scene->spare[i] = a * scene->grey[i - 1] + b * scene->grey[i] + a * scene->grey[i + 1];
    for (int i = w; i < w * (h - 1); i++)
        scene->grey[i] = a * scene->spare[i - w] + b * scene->spare[i] + a * scene->spare[i + w];
}

/* Paper and pen: a stroke that fails for a moment is a light line over the ink. */
static void break_strokes(struct scene *scene, struct tsk_random *random)
{
    const double angle = tsk_random_between(random, 0, 3.1416), c = cos(angle), s = sin(angle);
    const double x = scene->w * tsk_random_between(random, 0.35, 0.65),
                 y = scene->h * tsk_random_between(random, 0.35, 0.65);
    const double half = tsk_random_between(random, 0.05, 0.16);

    for (int i = 0; i < scene->w * scene->h; i++) {
        const int row = i / scene->w;
        const double dx = (i % scene->w - x) / scene->per_mm_x, dy = (row - y) / scene->per_mm_y;
        if (fabs(c * dx + s * dy) < half)
            scene->grey[i] *= 0.2F;
    }
}

/* A pen that gives too little ink, or a scanner that sees unevenly: whole parts of a glyph become pale. */
static void fade(struct scene *scene, struct tsk_random *random)
{
    const double angle = tsk_random_between(random, 0, 3.1416), phase = tsk_random_between(random, 0, 6.2832);
    const double per_mm = 6.2832 / tsk_random_between(random, 1.0, 5.0), depth = tsk_random_between(random, 0.15, 0.5);
    const double c = cos(angle) * per_mm / scene->per_mm_x, s = sin(angle) * per_mm / scene->per_mm_y;

    for (int i = 0; i < scene->w * scene->h; i++) {
        const int row = i / scene->w, column = i % scene->w;
        if (scene->grey[i] > 0)
            scene->grey[i] *= (float)(1 - depth * (1 + sin(c * column + s * row + phase)) / 2);
    }
}

/* Thin strokes come out as dots. */
static void drop_dots(struct tsk_bitmap *paper, struct tsk_random *random)
{
    const double share = tsk_random_between(random, 0.03, 0.3);

    for (int i = 0; i < paper->w * paper->h; i++) {
        if (paper->px[i] != 0 && tsk_random_chance(random, share))
            paper->px[i] = 0;
    }
}

static void lose_rows(struct tsk_bitmap *paper, struct tsk_random *random)
{
    const int first = paper->h / 4 + tsk_random_below(random, paper->h / 2), lost = 1 + tsk_random_below(random, 2);
    const size_t w = (size_t)paper->w;

    memmove(paper->px + (size_t)first * w, paper->px + (size_t)(first + lost) * w,
            (size_t)(paper->h - first - lost) * w);
}

static void speck(struct tsk_bitmap *paper, struct tsk_box near, struct tsk_random *random)
{
    const int x = near.x0 + tsk_random_below(random, near.x1 - near.x0),
              y = near.y0 + tsk_random_below(random, near.y1 - near.y0);
    const int w = 1 + tsk_random_below(random, 2);

    for (int i = 0; i < w && x + i < paper->w; i++)
        paper->px[y * paper->w + x + i] ^= 1;
}

/* Dirt at some distance, which makes two digits and itself look like one thing. */
static void far_speck(struct tsk_bitmap *paper, struct tsk_random *random)
{
    const int x = tsk_random_below(random, paper->w - 3), y = tsk_random_below(random, paper->h - 3);

    for (int i = 0; i < 9; i++)
        paper->px[(y + i / 3) * paper->w + x + i % 3] = 1;
}

/* The rest of a printed line that subtraction left beside the glyph. */
static void leave_rule(struct tsk_bitmap *paper, struct tsk_box near, struct tsk_random *random)
{
    const bool level = tsk_random_chance(random, 0.7);
    const int span = level ? near.x1 - near.x0 : near.y1 - near.y0;
    const int length = 2 + tsk_random_below(random, span), thick = 1 + tsk_random_below(random, 2);
    const int off = tsk_random_below(random, 4) + 1, along = tsk_random_below(random, span) - length / 4;
    const bool far = tsk_random_chance(random, 0.5);

    for (int i = 0; i < length * thick; i++) {
        const int a = along + i % length, b = off + i / length;
        const int x = level ? near.x0 + a : far ? near.x1 + b : near.x0 - b;
        const int y = level ? (far ? near.y1 + b : near.y0 - b) : near.y0 + a;
        if (x >= 0 && y >= 0 && x < paper->w && y < paper->h)
            paper->px[y * paper->w + x] = 1;
    }
}

/* Ink grows or shrinks by a pixel to one side, as thresholds of cheap scanners do. */
static void smear(struct tsk_bitmap *paper, bool grow)
{
    for (int i = paper->w * paper->h - 1; i > 0; i--)
        paper->px[i] = grow ? paper->px[i] | paper->px[i - 1] : paper->px[i] & paper->px[i - 1];
}

static int receive(struct scene *scene, struct tsk_random *random, bool gentle, struct tsk_bitmap *paper)
{
    const double threshold = tsk_random_between(random, 0.24, 0.52), noise = tsk_random_between(random, 0, 0.22);

    if (!gentle && tsk_random_chance(random, 0.12))
        break_strokes(scene, random);
    if (tsk_random_chance(random, 0.25))
        fade(scene, random);
    blur(scene, tsk_random_between(random, 0.03, 0.22));
    if (tsk_bitmap_new(paper, scene->w, scene->h, scene->per_mm_x, scene->per_mm_y) != 0)
        return -1;
    for (int i = 0; i < scene->w * scene->h; i++) {
        if (scene->grey[i] > 0.02F)
            paper->px[i] = (double)scene->grey[i] + noise * tsk_random_between(random, -1, 1) > threshold;
    }
    if (!gentle && tsk_random_chance(random, 0.12))
        smear(paper, tsk_random_chance(random, 0.75));
    if (!gentle && tsk_random_chance(random, 0.08))
        drop_dots(paper, random);
    if (tsk_random_chance(random, 0.08))
        lose_rows(paper, random);
    return 0;
}

static void dirty(struct tsk_bitmap *paper, struct tsk_random *random)
{
    const struct tsk_box box = tsk_ink_box(paper, 1, 255);

    if (box.x1 <= box.x0)
        return;
    if (tsk_random_chance(random, 0.2))
        speck(paper, box, random);
    if (tsk_random_chance(random, 0.07))
        leave_rule(paper, box, random);
}

static void see(const struct tsk_bitmap *paper, struct tsk_net_glyph *out)
{
    tsk_ink_glyph(paper, tsk_ink_box(paper, 1, 255), 1, 255, out);
}

/* Keeps what lies between two slanted vertical cuts (0 to 1 across the box). */
static void cut_columns(struct tsk_bitmap *paper, struct tsk_box box, double left, double right, double lean)
{
    const double w = box.x1 - box.x0, middle = (box.y0 + box.y1) / 2.0;

    for (int y = 0; y < paper->h; y++) {
        const double shift = lean * (y - middle) * paper->per_mm_x / paper->per_mm_y;
        for (int x = 0; x < paper->w; x++) {
            const double at = (x - shift - box.x0) / w;
            if (at < left || at > right)
                paper->px[y * paper->w + x] = 0;
        }
    }
}

static void cut_rows(struct tsk_bitmap *paper, struct tsk_box box, double top, double bottom)
{
    for (int y = 0; y < paper->h; y++) {
        const double at = (double)(y - box.y0) / (box.y1 - box.y0);
        if (at < top || at > bottom)
            memset(paper->px + (size_t)y * (size_t)paper->w, 0, (size_t)paper->w);
    }
}

static const struct tsk_source *pick(const struct tsk_source **from, int count, struct tsk_random *random)
{
    return from[tsk_random_below(random, count)];
}

static const struct tsk_source *pick_digit(const struct tsk_fax_set *set, struct tsk_random *random)
{
    const double kind = tsk_random_between(random, 0, 1);

    if (kind < 0.45 && set->written_count > 0)
        return pick(set->written, set->written_count, random);
    if (kind < 0.77 && set->mnist_count > 0)
        return pick(set->mnist, set->mnist_count, random);
    return pick(set->typed, set->typed_count, random);
}

/* A neighbour whose edge reaches into the piece. */
static void draw_neighbour(struct scene *scene, const struct tsk_fax_set *set, const struct tsk_source *source,
                           const struct pose *pose, double gap_mm, bool character, struct tsk_random *random)
{
    const struct tsk_source *other =
        character ? pick(set->characters, set->character_count, random) : pick_digit(set, random);
    const double side = tsk_random_chance(random, 0.5) ? 1 : -1;
    struct pose beside = pose_of(other, random);

    if (!character)
        beside.height_mm = pose->height_mm * tsk_random_between(random, 0.8, 1.25);
    beside.x_mm += side * (pose->height_mm * source->w / source->h * pose->stretch / 2 +
                           beside.height_mm * other->w / other->h * beside.stretch / 2 + gap_mm);
    beside.y_mm += tsk_random_between(random, -0.15, 0.15) * pose->height_mm;
    draw(scene, other, &beside);
}

/* Where hardly anything is left there is nothing to learn. */
static bool survived(const struct scene *scene, const struct tsk_bitmap *paper)
{
    double before = 0, after = 0;

    for (int i = 0; i < scene->w * scene->h; i++) {
        before += (double)scene->grey[i];
        after += paper->px[i];
    }
    return after > 0.4 * before;
}

/* A digit, whole; sometimes with a splinter of what stands beside it. */
static int sample_digit(const struct tsk_fax_set *set, struct tsk_random *random, struct tsk_fax_sample *out)
{
    const struct tsk_source *source = pick_digit(set, random);
    const struct pose pose = pose_of(source, random);
    const bool splinter = tsk_random_chance(random, 0.06);
    bool fit;
    struct scene scene;
    struct tsk_bitmap paper = { 0 };
    int rc = -1;

    if (scene_new(&scene, random) != 0)
        return -1;
    draw(&scene, source, &pose);
    if (splinter)
        draw_neighbour(&scene, set, source, &pose, tsk_random_between(random, 0.05, 0.35),
                       tsk_random_chance(random, 0.3), random);
    if (receive(&scene, random, false, &paper) != 0)
        goto out;
    fit = survived(&scene, &paper);
    if (splinter) {
        const double half =
            pose.height_mm * source->w / source->h * pose.stretch / 2 + tsk_random_between(random, 0.1, 0.45);
        const struct tsk_box window = { (int)((pose.x_mm - half) * paper.per_mm_x), 0,
                                        (int)((pose.x_mm + half) * paper.per_mm_x), paper.h };
        cut_columns(&paper, window, 0, 1, -pose.slant);
    }
    dirty(&paper, random);
    see(&paper, &out->glyph);
    out->label = source->label;
    out->typed = source->typed ? 1 : 0;
    rc = fit ? 0 : 1;
out:
    tsk_bitmap_free(&paper);
    free(scene.grey);
    return rc;
}

static bool may_cut_rows(int digit)
{
    return digit == 0 || digit == 3 || digit == 5;
}

/* What a wrong cut leaves of a digit. A thin rest of most digits looks like a 1 and would teach the wrong thing. */
static bool cut_fragment(struct tsk_bitmap *paper, int digit, struct tsk_random *random)
{
    const struct tsk_box box = tsk_ink_box(paper, 1, 255);
    const double at = tsk_random_between(random, 0.35, 0.65);
    const bool first = tsk_random_chance(random, 0.5);
    struct tsk_box rest;

    if (box.x1 <= box.x0 || digit == 1)
        return false;
    if (may_cut_rows(digit) && tsk_random_chance(random, 0.3)) {
        cut_rows(paper, box, first ? 0 : 1 - at * 0.8, first ? at * 0.8 : 1);
        return true;
    }
    cut_columns(paper, box, first ? -1 : at, first ? at : 2, tsk_random_between(random, -0.3, 0.1));
    rest = tsk_ink_box(paper, 1, 255);
    return rest.x1 > rest.x0 && (digit == 0 || digit == 3 || digit == 6 || digit == 8 || digit == 9 ||
                                 (rest.x1 - rest.x0) / paper->per_mm_x > 0.3 * (rest.y1 - rest.y0) / paper->per_mm_y);
}

static void dab(struct scene *scene, double cx, double cy, double radius)
{
    const int x0 = (int)fmax((cx - radius) * scene->per_mm_x, 0), y0 = (int)fmax((cy - radius) * scene->per_mm_y, 0);
    const int x1 = (int)fmin((cx + radius) * scene->per_mm_x + 1, scene->w);
    const int y1 = (int)fmin((cy + radius) * scene->per_mm_y + 1, scene->h);

    for (int y = y0; y < y1; y++) {
        for (int x = x0; x < x1; x++) {
            const double dx = x / scene->per_mm_x - cx, dy = y / scene->per_mm_y - cy;
            if (dx * dx + dy * dy < radius * radius)
                scene->grey[y * scene->w + x] = 1;
        }
    }
}

/* A single level stroke, or a few in any direction. */
static void scribble(struct scene *scene, struct tsk_random *random)
{
    const double radius = tsk_random_between(random, 0.05, 0.35);
    const int strokes = 1 + tsk_random_below(random, 6);
    double x = scene_w_mm / 2, y = scene_h_mm / 2;

    for (int i = 0; i < strokes; i++) {
        const double x1 = scene_w_mm / 2 + tsk_random_between(random, -3, 3);
        const double y1 = strokes == 1 ? y + tsk_random_between(random, -0.2, 0.2)
                                       : scene_h_mm / 2 + tsk_random_between(random, -2, 2);
        for (int k = 0; k <= 100; k++)
            dab(scene, x + (x1 - x) * k / 100, y + (y1 - y) * k / 100, radius);
        x = x1;
        y = y1;
    }
}

static void blob(struct scene *scene, struct tsk_random *random)
{
    const double rx = tsk_random_between(random, 0.15, 1.5), ry = rx * tsk_random_between(random, 0.4, 1.6);

    for (int i = 0; i < scene->w * scene->h; i++) {
        const int row = i / scene->w, column = i % scene->w;
        const double dx = column / scene->per_mm_x - scene_w_mm / 2, dy = row / scene->per_mm_y - scene_h_mm / 2;
        if (dx * dx / (rx * rx) + dy * dy / (ry * ry) < 1)
            scene->grey[i] = 1;
    }
}

enum negative { PAIR, FRAGMENT, CHARACTER, CHARACTER_PART, MARK, SCRIBBLE, BLOB };

static enum negative pick_negative(const struct tsk_fax_set *set, struct tsk_random *random)
{
    static const enum negative often[] = { PAIR,     PAIR,      PAIR,      FRAGMENT,       FRAGMENT,
                                           FRAGMENT, CHARACTER, CHARACTER, CHARACTER_PART, CHARACTER_PART,
                                           MARK,     SCRIBBLE,  BLOB };
    const enum negative kind = often[tsk_random_below(random, (int)TSK_COUNT(often))];

    return kind == MARK && set->mark_count == 0 ? CHARACTER : kind;
}

static void draw_negative(struct scene *scene, const struct tsk_fax_set *set, enum negative kind,
                          struct tsk_random *random, int *digit)
{
    const struct tsk_source *source;
    struct pose pose;

    if (kind == SCRIBBLE) {
        scribble(scene, random);
        return;
    }
    if (kind == BLOB) {
        blob(scene, random);
        return;
    }
    source = kind == MARK                                  ? pick(set->marks, set->mark_count, random)
             : kind == CHARACTER || kind == CHARACTER_PART ? pick(set->characters, set->character_count, random)
                                                           : pick_digit(set, random);
    pose = pose_of(source, random);
    *digit = source->label;
    draw(scene, source, &pose);
    if (kind == PAIR)
        draw_neighbour(scene, set, source, &pose, tsk_random_between(random, -0.3, 0.6), false, random);
}

static int sample_negative(const struct tsk_fax_set *set, struct tsk_random *random, struct tsk_fax_sample *out)
{
    const enum negative kind = pick_negative(set, random);
    struct scene scene;
    struct tsk_bitmap paper = { 0 };
    bool fit = true;
    int digit = -1, rc = -1;

    if (scene_new(&scene, random) != 0)
        return -1;
    draw_negative(&scene, set, kind, random, &digit);
    if (receive(&scene, random, false, &paper) != 0)
        goto out;
    if (kind == PAIR && tsk_random_chance(random, 0.2))
        far_speck(&paper, random);
    if (kind == FRAGMENT)
        fit = cut_fragment(&paper, digit, random);
    if (kind == CHARACTER_PART)
        cut_columns(&paper, tsk_ink_box(&paper, 1, 255), 0, tsk_random_between(random, 0.5, 0.8), 0);
    dirty(&paper, random);
    see(&paper, &out->glyph);
    out->label = TSK_NET_NO_DIGIT;
    out->typed = -1;
    rc = fit ? 0 : 1;
out:
    tsk_bitmap_free(&paper);
    free(scene.grey);
    return rc;
}

int tsk_fax_sample(const struct tsk_fax_set *set, struct tsk_random *random, struct tsk_fax_sample *out)
{
    const bool digit = tsk_random_chance(random, 0.74);
    int rc;

    do
        rc = digit ? sample_digit(set, random, out) : sample_negative(set, random, out);
    while (rc > 0);
    return rc;
}

int tsk_fax_paper(const struct tsk_source *source, struct tsk_random *random, struct tsk_bitmap *paper)
{
    const struct pose pose = pose_of(source, random);
    struct scene scene;
    int rc;

    *paper = (struct tsk_bitmap){ 0 };
    if (scene_new(&scene, random) != 0)
        return -1;
    draw(&scene, source, &pose);
    rc = receive(&scene, random, true, paper);
    free(scene.grey);
    return rc;
}

int tsk_fax_string(const struct tsk_source *const *sources, int count, struct tsk_random *random,
                   struct tsk_bitmap *paper)
{
    const double height_mm = tsk_random_between(random, 2.2, 4.2), gap_mm = tsk_random_between(random, -0.1, 0.9);
    double x_mm = tsk_random_between(random, 0.5, 2.5);
    struct scene scene;
    int rc;

    *paper = (struct tsk_bitmap){ 0 };
    if (scene_new(&scene, random) != 0)
        return -1;
    for (int i = 0; i < count; i++) {
        struct pose pose = pose_of(sources[i], random);
        double half;
        pose.height_mm = height_mm * tsk_random_between(random, 0.85, 1.15);
        half = pose.height_mm * sources[i]->w / sources[i]->h * pose.stretch / 2;
        pose.x_mm = x_mm + half;
        pose.y_mm += tsk_random_between(random, -0.1, 0.1) * height_mm;
        x_mm += 2 * half + gap_mm;
        draw(&scene, sources[i], &pose);
    }
    rc = receive(&scene, random, true, paper);
    free(scene.grey);
    return rc;
}

int tsk_plain_paper(const struct tsk_source *source, struct tsk_bitmap *paper)
{
    if (tsk_bitmap_new(paper, source->w, source->h, 8, 8) != 0)
        return -1;
    for (int i = 0; i < source->w * source->h; i++)
        paper->px[i] = source->grey[i] > 0.5F;
    return 0;
}
