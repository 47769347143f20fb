/*
 * fax - makes a glyph look as if it was written on a form and received by fax
 *
 * Promise    Every picture is drawn from the random stream alone: same seed, same pictures. Resolution (204x98, x196, x391),
 *            size, slant, stroke width, threshold, noise, broken strokes, lost rows, specks and rests of rules vary.
 */
#ifndef TASUKI_OCR_TRAIN_FAX_H
#define TASUKI_OCR_TRAIN_FAX_H

#include "ocr/digits/glyph.h"
#include "ocr/train/random.h"
#include "ocr/train/source.h"

struct tsk_fax_set {
    const struct tsk_source **written, **mnist, **typed, **characters, **marks;
    int written_count, mnist_count, typed_count, character_count, mark_count;
};

struct tsk_fax_sample {
    struct tsk_net_glyph glyph;
    int label; /* 0 to 10 */
    int typed; /* 1 printed, 0 written, -1 not to be learnt from this one */
};

/* One training sample; returns -1 only without memory. */
int tsk_fax_sample(const struct tsk_fax_set *set, struct tsk_random *random, struct tsk_fax_sample *out);
/* A given glyph, faxed by itself on a piece of paper; the caller frees the paper. */
int tsk_fax_paper(const struct tsk_source *source, struct tsk_random *random, struct tsk_bitmap *paper);
/* Two or three glyphs beside one another as a number, now and then touching. */
int tsk_fax_string(const struct tsk_source *const *sources, int count, struct tsk_random *random,
                   struct tsk_bitmap *paper);
/* A given glyph as it is, only made black and white, eight pixels a millimetre. */
int tsk_plain_paper(const struct tsk_source *source, struct tsk_bitmap *paper);

#endif
