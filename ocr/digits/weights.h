/*
 * weights - the network's weights on disk
 *
 * Promise    Read back what was written, rounded to half precision, or a refusal that says what is wrong with the file: its
 *            mark, its shape, its length and its checksum are all looked at.
 * Format     "TSKDIG01", four little-endian 32-bit words (maps of layer 1, maps of layer 2, hidden units, outputs), sharpening
 *            times 1000 as a fifth, the weights as little-endian IEEE half floats in the order of struct tsk_net, then the
 *            SHA-256 of all that in 64 hexadecimal digits.
 */
#ifndef TASUKI_OCR_DIGITS_WEIGHTS_H
#define TASUKI_OCR_DIGITS_WEIGHTS_H

#include "base/err.h"
#include "base/hash.h"
#include "ocr/digits/net.h"

struct tsk_weights {
    struct tsk_net net;
    double sharpen; /* see tsk_net_classes() */
    char version[TSK_SHA256_HEX];
};

int tsk_weights_read(struct tsk_weights *out, const char *path, struct tsk_err *err) TSK_MUST_USE;
int tsk_weights_write(const struct tsk_weights *weights, const char *path, struct tsk_err *err) TSK_MUST_USE;

#endif
