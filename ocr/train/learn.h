/*
 * learn - goes back through the network and moves its weights
 *
 * Source     Adam (Kingma and Ba 2015), cross entropy with smoothed labels, inverted dropout on the hidden layer, and a
 *            running mean of the weights, which is what is kept in the end.
 */
#ifndef TASUKI_OCR_TRAIN_LEARN_H
#define TASUKI_OCR_TRAIN_LEARN_H

#include "ocr/digits/net.h"
#include "ocr/train/fax.h"
#include "ocr/train/random.h"

struct tsk_learner {
    struct tsk_net net, mean; /* mean is the one to use */
    struct tsk_net gradient, first, second;
    long steps;
    double loss;      /* of the last batches, fading */
    double smoothing; /* share of a label that goes to all classes alike: how sure the network may become */
};

void tsk_learn_start(struct tsk_learner *learner, struct tsk_random *random);
void tsk_learn_sample(struct tsk_learner *learner, const struct tsk_fax_sample *sample, struct tsk_random *random);
void tsk_learn_step(struct tsk_learner *learner, int batch, double rate);

#endif
