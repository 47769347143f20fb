/*
 * scene - a piece of paper with glyphs on it, and what a fax machine makes of it
 *
 * Promise    Everything random comes from the stream that is handed in, in the same order each time.
 * Ownership  The caller frees scene.grey; the received paper is the caller's bitmap.
 */
#ifndef TASUKI_OCR_TRAIN_SCENE_H
#define TASUKI_OCR_TRAIN_SCENE_H

#include "ocr/digits/glyph.h"
#include "ocr/train/random.h"
#include "ocr/train/source.h"

#define TSK_SCENE_W_MM 16.0
#define TSK_SCENE_H_MM 11.0

/* Before it becomes black and white. */
struct tsk_scene {
    int w, h;
    float *grey, *spare;
    double per_mm_x, per_mm_y;
};

/* How a glyph is laid on the paper: a millimetre of paper back to a pixel of the glyph. */
struct tsk_pose {
    double x_mm, y_mm; /* centre */
    double height_mm;
    double turn, slant, stretch;
    double wave, wave_length, wave_phase; /* a hand is never straight */
};

int tsk_scene_new(struct tsk_scene *scene, struct tsk_random *random); /* a resolution is drawn; -1 without memory */
struct tsk_pose tsk_pose_of(const struct tsk_source *source, struct tsk_random *random); /* in the middle */
void tsk_scene_draw(struct tsk_scene *scene, const struct tsk_source *source, const struct tsk_pose *pose);
/* gentle: strokes do not break and the threshold does not smear. -1 without memory. */
int tsk_scene_receive(struct tsk_scene *scene, struct tsk_random *random, bool gentle, struct tsk_bitmap *paper);

#endif
