/*
 * channel - a way out for one message to one recipient
 *
 * Promise    A flight lands once, and its report says how it ended, never more than is known: DELIVERED (it lies in the
 *            recipient's box), SENT (a server took the responsibility), PERSON (it waits for somebody's hands), LATER (not
 *            accepted, may be tried again), FAILED (refused for good), UNKNOWN (the whole message was sent and no answer
 *            came). A repeated delivery of the same id is recognised where the channel can (maildir), and carries the same
 *            id where it cannot (Message-ID, Idempotency-Key).
 * Waiting    start() never waits: what takes time goes on in tsk_wire_step(). Any number of flights at a time.
 * Trust      The certificate and name of a server are verified unless the configuration says none, which is for this
 *            machine only. What a server answers is shortened and made one printable line.
 * Process    A channel belongs to the process that opened it and must not cross a fork.
 */
#ifndef TASUKI_ROUTING_CHANNEL_H
#define TASUKI_ROUTING_CHANNEL_H

#include <signal.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "routing/enclosure.h"
#include "routing/mail.h"
#include "routing/wire.h"

enum tsk_delivered {
    TSK_DELIVERED_BOX,
    TSK_DELIVERED_SENT,
    TSK_DELIVERED_PERSON,
    TSK_DELIVERED_LATER,
    TSK_DELIVERED_FAILED,
    TSK_DELIVERED_UNKNOWN
};

struct tsk_letter {
    const char *id;        /* notice id */
    const char *from, *to; /* envelope */
    const char *bytes;     /* the message, LF */
    size_t len;
    /* for channels that are no mail: what stands on the paper, or in the request */
    const char *subject, *body, *to_name, *from_name, *phone, *fax;
    const char *office, *event, *case_number, *created; /* ids and stamps of the notice */
    int64_t until_ms;                                   /* no try after it; 0 = no limit */
    const struct tsk_letter_page *pages;                /* behind the words, on paper only */
    size_t page_count;
};

struct tsk_delivery_report {
    enum tsk_delivered how;
    char detail[240]; /* for people and records: the server's words, no patient data */
    int64_t wait_ms;  /* LATER: the other side asks not to be tried before; 0 = it said nothing */
    bool ours; /* LATER because of the channel's own server, not of this recipient: no other letter would go either */
};

struct tsk_flight {
    struct tsk_letter letter; /* its strings live until it has landed */
    struct tsk_delivery_report report;
    bool landed;
    void *own;  /* the channel's while it flies, NULL otherwise */
    char *kept; /* malloc'ed by a channel, freed by whoever made the flight; NULL otherwise */
};

struct tsk_channel {
    const char *name; /* "maildir", "smtp", "webhook", "fax", "fax-mail", "fax-manual" */
    enum tsk_mail_encoding encoding;
    void (*start)(struct tsk_channel *channel, struct tsk_flight *flight); /* may land at once */
    void (*abandon)(struct tsk_channel *channel,
                    struct tsk_flight *flight); /* lands now; NULL: it always lands at once */
    void (*close)(struct tsk_channel *channel); /* no flight is under way */
};

/* The mail channel that the configuration names; maildir relative to site_dir. wire outlives the channel. */
int tsk_channel_open(struct tsk_channel **out, struct tsk_wire *wire, const struct tsk_mail_config *config,
                     const char *site_dir, struct tsk_err *err) TSK_MUST_USE;
int tsk_maildir_open(struct tsk_channel **out, const char *path, struct tsk_err *err) TSK_MUST_USE;
int tsk_smtp_open(struct tsk_channel **out, struct tsk_wire *wire, const struct tsk_mail_config *config,
                  const char *site_dir, struct tsk_err *err) TSK_MUST_USE;
void tsk_channel_close(struct tsk_channel **channel); /* NULL is fine */

/* One letter, waited for; stop (may be NULL) ends the waiting. */
void tsk_channel_deliver(struct tsk_channel *channel, struct tsk_wire *wire, const struct tsk_letter *letter,
                         struct tsk_delivery_report *report, const volatile sig_atomic_t *stop);

void tsk_flight_land(struct tsk_flight *flight, enum tsk_delivered how, const char *format, ...) TSK_PRINTF(3, 4);
/* One printable line of at most the report's size. */
void tsk_delivery_detail(struct tsk_delivery_report *report, enum tsk_delivered how, const char *format, ...)
    TSK_PRINTF(3, 4);

#endif
