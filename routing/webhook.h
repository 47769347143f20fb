/*
 * webhook - an alert as a signed request to a program of the recipient
 *
 * Request    POST, JSON: {"version": 1, "id", "event", "office": {"id", "name", "phone"}, "recipient", "case", "created",
 *            "subject", "text"}. case is "" while there is none; created is UTC. No patient data: an alert has none, and a
 *            disclosure never takes this way.
 * Signed     Tasuki-Timestamp: seconds since 1970. Tasuki-Signature: "v1=" and the HMAC-SHA-256, in hexadecimal, of the
 *            timestamp, ".", and the body, under the secret that both sides hold. Idempotency-Key: the notice's id, the same
 *            whenever it is sent again.
 * Trust      https only, certificate and name verified, no redirect followed, nothing of the answer kept but its number.
 * Answers    2xx taken; 408, 425, 429, 5xx and no connection: later; anything else is a refusal for good.
 */
#ifndef TASUKI_ROUTING_WEBHOOK_H
#define TASUKI_ROUTING_WEBHOOK_H

#include "routing/channel.h"

/* letter.to is the id of a webhook of the configuration. */
int tsk_webhook_open(struct tsk_channel **out, struct tsk_wire *wire, const struct tsk_config *config,
                     const char *site_dir, struct tsk_err *err) TSK_MUST_USE;

#endif
