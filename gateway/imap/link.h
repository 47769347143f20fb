/*
 * link - one connection to one mailbox
 *
 * Promise    No name, password or token leaves before the certificate's chain and host name were verified. Only UID, flags,
 *            size and BODY.PEEK[] are fetched, so nothing is marked as seen by looking, and no structure that a stranger
 *            wrote is parsed in this process. Every answer of the server has a time limit.
 * Claims     A keyword of this gateway is set on a message before it is fetched, then the message's flags are asked for: who
 *            sees another gateway's keyword beside its own takes its own back. So at most one of them goes on. Where the
 *            server keeps no keywords (`keywords` false) one gateway a mailbox is all that is safe.
 * Failure    TSK_RETRY: the connection is lost, or of no more use; close it. TSK_HOLD: this message only; go on with others.
 *            TSK_STOP: certificate; TSK_REJECT: the server refused name, password or mailbox.
 */
#ifndef TASUKI_GATEWAY_IMAP_LINK_H
#define TASUKI_GATEWAY_IMAP_LINK_H

#include "config/config.h"
#include "gateway/imap/box.h"

struct tsk_link;

struct tsk_login {                /* borrowed until tsk_link_open() returns */
    const char *password, *token; /* one of them */
    const char *ca_file;          /* absolute, or "" */
    const char *gateway;          /* 8 characters: who we are beside other gateways */
};

int tsk_link_open(struct tsk_link **out, const struct tsk_source *source, const struct tsk_login *login,
                  struct tsk_err *err) TSK_MUST_USE;
void tsk_link_close(struct tsk_link **link); /* NULL is fine */

struct tsk_box *tsk_link_box(struct tsk_link *link); /* its mailbox; belongs to the link */

/* IDLE, where the server has it: begin, wait until the descriptor is readable or it is time, end. */
bool tsk_link_can_idle(const struct tsk_link *link);
int tsk_link_idle(struct tsk_link *link, struct tsk_err *err) TSK_MUST_USE;
int tsk_link_idle_end(struct tsk_link *link, struct tsk_err *err) TSK_MUST_USE;
int tsk_link_fd(const struct tsk_link *link);
bool tsk_link_has_news(const struct tsk_link *link); /* already read, so that the descriptor would not tell */

#endif
