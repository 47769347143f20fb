/*
 * protocol - packets between the recogniser and those who ask it
 *
 * Format     One JSON object a packet (SOCK_SEQPACKET), at most TSK_PACKET_MAX bytes.
 *            To the recogniser: {"read": {…request…}} with two descriptors (document, pipe for frames), {"cancel": true}.
 *            From it: {"ready": true}, {"refused": {"kind", "text"}}, {"end": "exit"|"signal"|"timeout", "detail": n,
 *            "peak_kb": n, "cpu_ms": n}.
 * Trust      Both ends are our own processes; still every packet is checked, and one that makes no sense ends the
 *            connection.
 */
#ifndef TASUKI_OCR_PROTOCOL_H
#define TASUKI_OCR_PROTOCOL_H

#include <jansson.h>

#include "base/err.h"
#include "ocr/confine/recogniser.h"

#define TSK_PACKET_MAX 4096
#define TSK_PACKET_FDS 2

/* fds may be NULL with count 0. */
int tsk_packet_send(int socket, const json_t *json, const int *fds, size_t count, struct tsk_err *err) TSK_MUST_USE;
int tsk_packet_send_take(int socket, json_t *json,
                         struct tsk_err *err) TSK_MUST_USE; /* releases json; NULL = no memory */

/* 1: *json is the caller's, and fds (-1 where none came). 0: nothing there yet (non-blocking). -1: closed or nonsense. */
int tsk_packet_take(int socket, json_t **json, int fds[TSK_PACKET_FDS], struct tsk_err *err) TSK_MUST_USE;

json_t *tsk_request_to_json(const struct tsk_request *request) TSK_MUST_USE;
/* Strings belong to json. */
int tsk_request_from_json(struct tsk_request *out, json_t *json, struct tsk_err *err) TSK_MUST_USE;

#endif
