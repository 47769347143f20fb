/*
 * line_net - a line of writing to the odds of each code at each place, by the networks of Tesseract's models
 *
 * Promise    The same sums as Tesseract's own engine makes of the same picture, without what that spends on anything else: all of
 *            them whole numbers of bytes, so that every processor gets the same. Read-only after loading; any number of callers.
 * Source     The architecture that the files of tessdata_fast state: 3x3 convolution, 3x3 largest, a memory down each column,
 *            memories along the line, softmax. Hochreiter and Schmidhuber 1997; Smith, DAS 2016.
 */
#ifndef TASUKI_OCR_TEXT_LINE_NET_H
#define TASUKI_OCR_TEXT_LINE_NET_H

#include <leptonica/allheaders.h>

#include "base/err.h"
#include "ocr/text/trained.h"

struct tsk_line_odds {
    int steps, codes;
    size_t stride; /* floats of a step */
    float *p;      /* of each code, their sum is 1 */
};

struct tsk_line_net;

/* cursor: the file's part with the network. path: for what is said. */
int tsk_line_net_new(struct tsk_line_net **out, struct tsk_cursor *cursor, const char *path,
                     struct tsk_err *err) TSK_MUST_USE;
void tsk_line_net_free(struct tsk_line_net **net);

int tsk_line_net_codes(const struct tsk_line_net *net);   /* how many */
int tsk_line_net_nothing(const struct tsk_line_net *net); /* the code that stands for no letter */

/* grey: 8 bpp, black ink. odds ends with tsk_line_odds_free(); no steps for a line that is too narrow to hold anything. */
int tsk_line_net_run(const struct tsk_line_net *net, PIX *grey, struct tsk_line_odds *odds,
                     struct tsk_err *err) TSK_MUST_USE;
void tsk_line_odds_free(struct tsk_line_odds *odds);

#endif
