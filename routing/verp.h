/*
 * verp - the return path of a notice: a bounce comes back to it and so says which notice it is about
 *
 * Form       of "office@example.jp" and a notice id: "office+ID@example.jp" (RFC 5233 subaddress; VERP)
 * Promise    What was made is understood again, also after a server that folded the case. Anything else is no VERP address.
 */
#ifndef TASUKI_ROUTING_VERP_H
#define TASUKI_ROUTING_VERP_H

#include <stdbool.h>
#include <stddef.h>

#define TSK_VERP_ID_SIZE 40       /* of a notice or a digest, with NUL */
#define TSK_VERP_ADDRESS_SIZE 256 /* RFC 5321: a path is at most this long */

/* 0, or -1 when the address would be too long (its left side at most 64 bytes), or from is none. */
int tsk_verp_make(char out[TSK_VERP_ADDRESS_SIZE], const char *from, const char *id);
bool tsk_verp_parse(char id[TSK_VERP_ID_SIZE], const char *address);

/* True for the form of an id of ours; upper and lower case are put right (ids of notices are upper case, of digests lower). */
bool tsk_verp_id(char id[TSK_VERP_ID_SIZE], const char *text, size_t len);

#endif
