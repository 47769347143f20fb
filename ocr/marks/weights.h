/*
 * weights - of the two logistic models of ocr/marks; made by ocr/train/marks_train, see there
 *
 * Order: bias, then the terms of box_terms() and circle_terms() in judge_option.c.
 */
#ifndef TASUKI_OCR_MARKS_WEIGHTS_H
#define TASUKI_OCR_MARKS_WEIGHTS_H

#define BOX_TERMS 6
#define CIRCLE_TERMS 5

static const double box_weights[BOX_TERMS + 1] = { -6.839, 1.729, 2.36, 0.15, 4.72, 3.692, 4.175 };
static const double circle_weights[CIRCLE_TERMS + 1] = { -7.607, 3.312, 2.595, 4.48, 2.718, 3.642 };

#endif
