/*
 * mark_sheets - faxed sheets with marks whose truth is known, drawn at random: same seed, same sheet
 *
 * Varies     Form and edition, choices (none and several as well), pen, style, size and stray of marks, rings on the box's
 *            own walls, struck-out marks, writing in other fonts beside them, resolution, skew, stretch, noise, threshold,
 *            header, specks, streaks, lost and garbled rows, black edges, upside down. With marks that people made: their
 *            shapes too. With hands: marks of mark_hands.h, now and then two where one is wanted, and every
 *            other page sent over a line with hits.
 */
#ifndef TASUKI_TESTS_MARK_SHEETS_H
#define TASUKI_TESTS_MARK_SHEETS_H

#include "forms/render.h"
#include "ocr/page.h"
#include "support/faxsim.h"

#define MARK_FIELDS_MAX 160
#define MARK_OPTIONS_MAX 24

struct
    mark_shapes { /* of marks that people made, side x side, 255 = ink; check, cross and ring by their first letter */
    unsigned char *pixels;
    const unsigned char *labels; /* c, b (cross), m (ring) */
    int count, side;
    bool hands; /* other hands and a bad line as well */
};

struct mark_sheet {
    const struct tsk_form *form;
    unsigned seed;
    struct tsk_fill fill;
    struct tsk_fill_value values[MARK_FIELDS_MAX]; /* the truth, in the order of the form's fields */
    const char *chosen[MARK_FIELDS_MAX][MARK_OPTIONS_MAX];
    const char *cancelled[MARK_FIELDS_MAX];
    struct tsk_pen pen;
    struct faxsim fax;
    bool by_people; /* marks are shapes that people made */
    bool by_hands;  /* marks are those of mark_hands.h */
};

/* IDX files, unpacked. Both paths NULL: no shapes. */
int mark_shapes_read(struct mark_shapes *out, const char *images, const char *labels, bool hands,
                     struct tsk_err *err) TSK_MUST_USE;
void mark_shapes_free(struct mark_shapes *shapes);

/* page->pix is the caller's. */
int mark_sheet_make(const struct tsk_forms *forms, const struct mark_shapes *shapes, unsigned seed,
                    struct mark_sheet *out, struct tsk_page *page, struct tsk_err *err) TSK_MUST_USE;

#endif
