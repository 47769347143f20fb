/*
 * reader_versions - what would read a page now: the program, its weights, its calibration, as a reading names them
 *
 * Ownership  The texts are in *out. Nothing of a document is looked at.
 */
#ifndef TASUKI_GATEWAY_READER_VERSIONS_H
#define TASUKI_GATEWAY_READER_VERSIONS_H

#include "base/err.h"

struct tsk_reader_versions {
    char weights[80], calibration[80];
};

int tsk_reader_versions(struct tsk_reader_versions *out, struct tsk_err *err) TSK_MUST_USE;

#endif
