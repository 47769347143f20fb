/*
 * weights - of the two logistic models of ocr/marks: fitted to 4790 boxes and 5340 words of 300 labelled faxes by Newton's
 * method with a ridge of 3e-5 (boxes) and 1e-4 (words) of the count; struck-out options were left out. Then of what is
 * measured of a box and what the network sees, together: fitted to 8580 boxes of pages and sheets that the network had not
 * learnt from, with a ridge of 1e-3; and the same of 4580 words (those of a field whose print was not found were left out)
 *
 * Order: bias, then the terms of box_terms() and circle_terms() in option.c.
 */
#ifndef TASUKI_OCR_MARKS_WEIGHTS_H
#define TASUKI_OCR_MARKS_WEIGHTS_H

#define BOX_TERMS 7
#define CIRCLE_TERMS 5

static const double box_weights[BOX_TERMS + 1] = { -7.244, 2.128, 1.678, 0.025, 7.368, 4.214, 4.324, 36 };
static const double circle_weights[CIRCLE_TERMS + 1] = { -7.607, 3.312, 2.595, 4.48, 2.718, 3.642 };
static const double both_weights[3 + 1] = { -0.087, 0.161, 0.661, 0.366 };
static const double ring_weights[2 + 1] = { 1.253, 0.795, 0.609 };

#endif
