/*
 * channel - a way out for one message to one recipient
 *
 * Promise    deliver() says how it ended, never more than it knows: DELIVERED (it lies in the recipient's box), SENT (a server
 *            took the responsibility), LATER (not accepted, may be tried again), FAILED (refused for good), UNKNOWN (the
 *            whole message was sent and no answer came). A repeated delivery of the same id is recognised where the channel
 *            can (maildir), and carries the same Message-ID where it cannot (smtp).
 * Trust      smtp: the server's certificate and name are verified unless the configuration says none, which is for this
 *            machine only. What a server answers is shortened and made one printable line.
 * Process    A channel belongs to the process that opened it and must not cross a fork.
 */
#ifndef TASUKI_ROUTING_CHANNEL_H
#define TASUKI_ROUTING_CHANNEL_H

#include <signal.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "routing/mail.h"

enum tsk_delivered {
    TSK_DELIVERED_BOX,
    TSK_DELIVERED_SENT,
    TSK_DELIVERED_LATER,
    TSK_DELIVERED_FAILED,
    TSK_DELIVERED_UNKNOWN
};

struct tsk_letter {
    const char *id;        /* notice id */
    const char *from, *to; /* envelope */
    const char *bytes;     /* the message, LF */
    size_t len;
    /* for channels that are no mail: what stands on the paper */
    const char *subject, *body, *to_name, *from_name, *phone, *fax;
    int64_t until_ms; /* no try after it; 0 = no limit */
};

struct tsk_delivery_report {
    enum tsk_delivered how;
    char detail[240]; /* for people and records: the server's words, no patient data */
};

struct tsk_channel {
    const char *name; /* "maildir", "smtp" */
    enum tsk_mail_encoding encoding;
    const volatile sig_atomic_t *stop; /* a delivery that takes long ends when it becomes true; NULL = never */
    void (*deliver)(struct tsk_channel *channel, const struct tsk_letter *letter, struct tsk_delivery_report *report);
    void (*close)(struct tsk_channel *channel);
};

/* The channel that the configuration names; maildir relative to site_dir. */
int tsk_channel_open(struct tsk_channel **out, const struct tsk_mail_config *config, const char *site_dir,
                     struct tsk_err *err) TSK_MUST_USE;
int tsk_maildir_open(struct tsk_channel **out, const char *path, struct tsk_err *err) TSK_MUST_USE;
int tsk_smtp_open(struct tsk_channel **out, const struct tsk_mail_config *config, const char *site_dir,
                  struct tsk_err *err) TSK_MUST_USE;
void tsk_channel_close(struct tsk_channel **channel); /* NULL is fine */

/* One printable line of at most the report's size. */
void tsk_delivery_detail(struct tsk_delivery_report *report, enum tsk_delivered how, const char *format, ...)
    TSK_PRINTF(3, 4);

#endif
