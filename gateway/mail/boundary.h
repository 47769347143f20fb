/* boundary - the lines between the parts of a multipart (RFC 2046, 5.1.1) */
#ifndef TASUKI_GATEWAY_MAIL_BOUNDARY_H
#define TASUKI_GATEWAY_MAIL_BOUNDARY_H

#include <stdbool.h>

#include "gateway/mail/header.h"

#define TSK_BOUNDARY_MAX 256

/* A writer that lost the parameter still wrote the lines. malloc'ed; NULL where nothing looks like one, or without memory. */
char *tsk_boundary_guess(struct tsk_text body) TSK_MUST_USE;
/* The next line that is the boundary, at or behind from; NULL if there is none. */
const char *tsk_boundary_find(struct tsk_text body, const char *from, const char *boundary, const char **behind_it,
                              bool *last);

#endif
