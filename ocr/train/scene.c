#include "ocr/train/scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int tsk_scene_new(struct tsk_scene *scene, struct tsk_random *random)
{
    const double kind = tsk_random_between(random, 0, 1);
    size_t size;

    scene->per_mm_x = 204 / 25.4;
    scene->per_mm_y = (kind < 0.25 ? 98 : kind < 0.40 ? 391 : 196) / 25.4;
    scene->w = (int)(TSK_SCENE_W_MM * scene->per_mm_x);
    scene->h = (int)(TSK_SCENE_H_MM * scene->per_mm_y);
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
static void bend(const struct tsk_pose *pose, double x_mm, double y_mm, double by_mm[2])
{
    by_mm[0] = by_mm[1] = 0;
    if (pose->wave > 0) {
        by_mm[0] = pose->wave * sin(6.2832 * (y_mm - pose->y_mm) / pose->wave_length + pose->wave_phase);
        by_mm[1] = pose->wave * sin(6.2832 * (x_mm - pose->x_mm) / pose->wave_length + 2 * pose->wave_phase);
    }
}

static double ink_at(const struct tsk_source *source, const struct tsk_pose *pose, double x_mm, double y_mm)
{
    const double dx = x_mm - pose->x_mm, dy = y_mm - pose->y_mm;
    const double y = dy - pose->turn * dx, x = dx + (pose->turn + pose->slant) * dy; /* a small turn is two shears */
    const double px_per_mm = source->h / pose->height_mm;

    return grey_at(source, x / pose->stretch * px_per_mm + source->w / 2.0 - 0.5,
                   y * px_per_mm + source->h / 2.0 - 0.5);
}

static double seen_at(const struct tsk_scene *scene, const struct tsk_source *source, const struct tsk_pose *pose,
                      int x, int y)
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
void tsk_scene_draw(struct tsk_scene *scene, const struct tsk_source *source, const struct tsk_pose *pose)
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

struct tsk_pose tsk_pose_of(const struct tsk_source *source, struct tsk_random *random)
{
    struct tsk_pose pose = { .x_mm = TSK_SCENE_W_MM / 2, .y_mm = TSK_SCENE_H_MM / 2, .stretch = 1, .wave_length = 1 };

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

static void blur(struct tsk_scene *scene, double side)
{
    const float a = (float)side, b = 1 - 2 * a;
    const int w = scene->w, h = scene->h;

    for (int i = 1; i < w * h - 1; i++)
        scene->spare[i] = a * scene->grey[i - 1] + b * scene->grey[i] + a * scene->grey[i + 1];
    for (int i = w; i < w * (h - 1); i++)
        scene->grey[i] = a * scene->spare[i - w] + b * scene->spare[i] + a * scene->spare[i + w];
}

/* Paper and pen: a stroke that fails for a moment is a light line over the ink. */
static void break_strokes(struct tsk_scene *scene, struct tsk_random *random)
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
static void fade(struct tsk_scene *scene, struct tsk_random *random)
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

/* Ink grows or shrinks by a pixel to one side, as thresholds of cheap scanners do. */
static void smear(struct tsk_bitmap *paper, bool grow)
{
    for (int i = paper->w * paper->h - 1; i > 0; i--)
        paper->px[i] = grow ? paper->px[i] | paper->px[i - 1] : paper->px[i] & paper->px[i - 1];
}

int tsk_scene_receive(struct tsk_scene *scene, struct tsk_random *random, bool gentle, struct tsk_bitmap *paper)
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
