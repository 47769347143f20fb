#include "ocr/train/fax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/train/scene.h"

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
static void draw_neighbour(struct tsk_scene *scene, const struct tsk_fax_set *set, const struct tsk_source *source,
                           const struct tsk_pose *pose, double gap_mm, bool character, struct tsk_random *random)
{
    const struct tsk_source *other =
        character ? pick(set->characters, set->character_count, random) : pick_digit(set, random);
    const double side = tsk_random_chance(random, 0.5) ? 1 : -1;
    struct tsk_pose beside = tsk_pose_of(other, random);

    if (!character)
        beside.height_mm = pose->height_mm * tsk_random_between(random, 0.8, 1.25);
    beside.x_mm += side * (pose->height_mm * source->w / source->h * pose->stretch / 2 +
                           beside.height_mm * other->w / other->h * beside.stretch / 2 + gap_mm);
    beside.y_mm += tsk_random_between(random, -0.15, 0.15) * pose->height_mm;
    tsk_scene_draw(scene, other, &beside);
}

/* Where hardly anything is left there is nothing to learn. */
static bool survived(const struct tsk_scene *scene, const struct tsk_bitmap *paper)
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
    const struct tsk_pose pose = tsk_pose_of(source, random);
    const bool splinter = tsk_random_chance(random, 0.06);
    bool fit;
    struct tsk_scene scene;
    struct tsk_bitmap paper = { 0 };
    int rc = -1;

    if (tsk_scene_new(&scene, random) != 0)
        return -1;
    tsk_scene_draw(&scene, source, &pose);
    if (splinter)
        draw_neighbour(&scene, set, source, &pose, tsk_random_between(random, 0.05, 0.35),
                       tsk_random_chance(random, 0.3), random);
    if (tsk_scene_receive(&scene, random, false, &paper) != 0)
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

static void dab(struct tsk_scene *scene, double cx, double cy, double radius)
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
static void scribble(struct tsk_scene *scene, struct tsk_random *random)
{
    const double radius = tsk_random_between(random, 0.05, 0.35);
    const int strokes = 1 + tsk_random_below(random, 6);
    double x = TSK_SCENE_W_MM / 2, y = TSK_SCENE_H_MM / 2;

    for (int i = 0; i < strokes; i++) {
        const double x1 = TSK_SCENE_W_MM / 2 + tsk_random_between(random, -3, 3);
        const double y1 = strokes == 1 ? y + tsk_random_between(random, -0.2, 0.2)
                                       : TSK_SCENE_H_MM / 2 + tsk_random_between(random, -2, 2);
        for (int k = 0; k <= 100; k++)
            dab(scene, x + (x1 - x) * k / 100, y + (y1 - y) * k / 100, radius);
        x = x1;
        y = y1;
    }
}

static void blob(struct tsk_scene *scene, struct tsk_random *random)
{
    const double rx = tsk_random_between(random, 0.15, 1.5), ry = rx * tsk_random_between(random, 0.4, 1.6);

    for (int i = 0; i < scene->w * scene->h; i++) {
        const int row = i / scene->w, column = i % scene->w;
        const double dx = column / scene->per_mm_x - TSK_SCENE_W_MM / 2,
                     dy = row / scene->per_mm_y - TSK_SCENE_H_MM / 2;
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

static void draw_negative(struct tsk_scene *scene, const struct tsk_fax_set *set, enum negative kind,
                          struct tsk_random *random, int *digit)
{
    const struct tsk_source *source;
    struct tsk_pose pose;

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
    pose = tsk_pose_of(source, random);
    *digit = source->label;
    tsk_scene_draw(scene, source, &pose);
    if (kind == PAIR)
        draw_neighbour(scene, set, source, &pose, tsk_random_between(random, -0.3, 0.6), false, random);
}

static int sample_negative(const struct tsk_fax_set *set, struct tsk_random *random, struct tsk_fax_sample *out)
{
    const enum negative kind = pick_negative(set, random);
    struct tsk_scene scene;
    struct tsk_bitmap paper = { 0 };
    bool fit = true;
    int digit = -1, rc = -1;

    if (tsk_scene_new(&scene, random) != 0)
        return -1;
    draw_negative(&scene, set, kind, random, &digit);
    if (tsk_scene_receive(&scene, random, false, &paper) != 0)
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
    const struct tsk_pose pose = tsk_pose_of(source, random);
    struct tsk_scene scene;
    int rc;

    *paper = (struct tsk_bitmap){ 0 };
    if (tsk_scene_new(&scene, random) != 0)
        return -1;
    tsk_scene_draw(&scene, source, &pose);
    rc = tsk_scene_receive(&scene, random, true, paper);
    free(scene.grey);
    return rc;
}

int tsk_fax_string(const struct tsk_source *const *sources, int count, struct tsk_random *random,
                   struct tsk_bitmap *paper)
{
    const double height_mm = tsk_random_between(random, 2.2, 4.2), gap_mm = tsk_random_between(random, -0.1, 0.9);
    double x_mm = tsk_random_between(random, 0.5, 2.5);
    struct tsk_scene scene;
    int rc;

    *paper = (struct tsk_bitmap){ 0 };
    if (tsk_scene_new(&scene, random) != 0)
        return -1;
    for (int i = 0; i < count; i++) {
        struct tsk_pose pose = tsk_pose_of(sources[i], random);
        double half;
        pose.height_mm = height_mm * tsk_random_between(random, 0.85, 1.15);
        half = pose.height_mm * sources[i]->w / sources[i]->h * pose.stretch / 2;
        pose.x_mm = x_mm + half;
        pose.y_mm += tsk_random_between(random, -0.1, 0.1) * height_mm;
        x_mm += 2 * half + gap_mm;
        tsk_scene_draw(&scene, sources[i], &pose);
    }
    rc = tsk_scene_receive(&scene, random, true, paper);
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
