/*
 * source - the glyphs that training starts from: written ones from IDX files, printed ones drawn with the installed fonts
 *
 * Promise    A glyph is grey, 0 paper to 1 ink, cut to its ink; its label is 0 to 9, or TSK_NET_NO_DIGIT. A missing font is
 *            skipped and not counted, so that no glyph is a substitute's.
 * Ownership  A set owns its glyphs; tsk_sources_free().
 */
#ifndef TASUKI_OCR_TRAIN_SOURCE_H
#define TASUKI_OCR_TRAIN_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct tsk_source {
    int w, h;
    float *grey;
    int label;
    int sender; /* of fax digits, else -1 */
    bool typed;
    double size; /* share of its font's digit height; 1 for written glyphs */
};

struct tsk_sources {
    struct tsk_source *items;
    size_t count, cap;
};

/*
 * Adds every image of an IDX file with its label. senders may be NULL. marks: the labels are ASCII codes; checks and crosses
 * become counter-examples, rings (m) are left out, for alone they are zeros.
 */
int tsk_sources_add_idx(struct tsk_sources *set, const char *images, const char *labels, const char *senders,
                        bool marks, struct tsk_err *err) TSK_MUST_USE;
int tsk_sources_add_digits(struct tsk_sources *set, struct tsk_err *err) TSK_MUST_USE;     /* 0 to 9 in every font */
int tsk_sources_add_characters(struct tsk_sources *set, struct tsk_err *err) TSK_MUST_USE; /* kana, kanji, letters */
/* The ink of an 8-bit image (255 is ink), cut out; `like` says what it is. A blank image adds nothing. */
int tsk_sources_add_image(struct tsk_sources *set, const unsigned char *px, int w, int h, int stride,
                          struct tsk_source like, struct tsk_err *err) TSK_MUST_USE;
void tsk_sources_free(struct tsk_sources *set);

#endif
