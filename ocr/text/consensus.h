/*
 * consensus - one text out of two readings and the shapes of the letters, letter by letter
 *
 * Promise    Where both say the same, that stands. Where they differ, a known term that fits what stands around decides;
 *            without one, the surer reading. A letter that only one saw stands if it is sure. With shapes, whatever fits the
 *            ink clearly better than what was chosen takes its place.
 */
#ifndef TASUKI_OCR_TEXT_CONSENSUS_H
#define TASUKI_OCR_TEXT_CONSENSUS_H

#include "ocr/text/engine.h"
#include "ocr/text/language.h"
#include "ocr/text/shape_line.h"

struct tsk_consensus {
    char text[1024];
    double open;     /* share of the letters on which the readings differ and no term decides */
    double covered;  /* share of the letters that stand in a known term */
    double least;    /* least sure letter outside of terms */
    int repaired;    /* letters that a term changed against both readings */
    double language; /* what the text costs as Japanese, nats a letter, at most 15 */
    double rival;    /* nats by which the next best letter anywhere is behind (grid.h) */
};

struct tsk_witnesses { /* what speaks for a text beside the two readings; NULL: it is not there */
    const struct tsk_read *shape;
    struct tsk_shape_lattice *lattice;
    struct tsk_language *language;
    const struct tsk_heard *heard[2]; /* of a and b */
};

void tsk_consensus_of(const struct tsk_lexicon *lexicon, const struct tsk_read *a, const struct tsk_read *b,
                      const struct tsk_witnesses *witnesses, struct tsk_consensus *out);

#endif
