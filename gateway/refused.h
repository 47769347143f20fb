/*
 * refused - what was not accepted leaves a trace in the records all the same
 *
 * Promise    A small document takes the place of what was refused: it says what came, from where, why it was not taken and
 *            where it lies now. The reader holds it, so that it has its row and somebody its to-do.
 */
#ifndef TASUKI_GATEWAY_REFUSED_H
#define TASUKI_GATEWAY_REFUSED_H

#include <stdint.h>

#include "spool/spool.h"

/* envelope: source, office, sender, name as of the document itself; id is filled in. why begins with "is", "has" or "cannot". */
int tsk_refused_put(struct tsk_spool *spool, struct tsk_envelope *envelope, uint64_t size_bytes, const char *why,
                    struct tsk_err *err) TSK_MUST_USE;

#endif
