/*
 * line_beam - the odds of codes along a line to the likeliest letters
 *
 * Promise    As Tesseract's own search without a list of words: what is likely to be a word is for lexicon.h to say. Certainty of a
 *            letter is the least of the places that it takes, each the logarithm of its odds.
 * Source     Connectionist temporal classification, Graves et al. 2006, with a beam that adds the odds of a code and of none where
 *            one goes over into the other.
 */
#ifndef TASUKI_OCR_TEXT_LINE_BEAM_H
#define TASUKI_OCR_TEXT_LINE_BEAM_H

#include "ocr/text/line_codes.h"
#include "ocr/text/line_net.h"

struct tsk_line_letter {
    int letter;
    float certainty; /* 0 is sure, -20 is a guess */
    bool spaced;     /* a space stands before it */
    int from, to;    /* its places, behind the last */
};

/* allowed: of each letter, whether it may be read. Returns how many letters out got; 0 too when memory ran out. */
size_t tsk_line_search(const struct tsk_line_codes *codes, const bool *allowed, const struct tsk_line_odds *odds,
                       struct tsk_line_letter *out, size_t room);

#endif
