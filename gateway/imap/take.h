/*
 * take - the bytes of a mail become documents of the spool
 *
 * Input      Hostile. They are taken apart in the confined child (mail/reader.h); what comes back is text and attachments, and
 *            nothing of either is opened here.
 * What       Each sheet is a document; so is each attachment that may not be opened, to be held with the reason. A mail that
 *            brings no sheet or cannot be taken apart is itself a document to be held, and so is a bounce: the reader settles
 *            the notice that it names. An automatic reply is noted and left in the mailbox.
 * Key        Message-ID and the bytes of what is in it: the same mail is the same under whatever number, in whatever folder.
 * Promise    0 only when all of its documents are durable. Taking again what was taken half leaves duplicates that the
 *            records know as such. TSK_RETRY: the machine is at fault. TSK_REJECT: can never be accepted; reason in *err.
 */
#ifndef TASUKI_GATEWAY_IMAP_TAKE_H
#define TASUKI_GATEWAY_IMAP_TAKE_H

#include "config/config.h"
#include "gateway/mail/reader.h"
#include "gateway/site.h"
#include "spool/spool.h"

struct tsk_taker {
    const struct tsk_site *site; /* whose documents of an hour are counted; NULL = they are not */
    const struct tsk_config *config;
    const struct tsk_source *source;
    struct tsk_spool *spool;
    struct tsk_mail_reader *reader;
};

#define TSK_TOOK_SIZE 1024

struct tsk_took {
    char key[TSK_SHA256_HEX];
    enum tsk_mail_kind kind;
    bool leave; /* nothing in it is ours to keep: the mailbox shall look as if nobody had been there */
    size_t documents;
    char what[TSK_TOOK_SIZE]; /* for the list of messages: the kind and the documents' ids */
};

/* knows: is a message of this key known? Then nothing is put, and *known is set. */
int tsk_take_mail(struct tsk_took *out, bool *known, const struct tsk_taker *taker, const void *bytes, size_t len,
                  bool (*knows)(void *ctx, const char *key), void *ctx, struct tsk_err *err) TSK_MUST_USE;

#endif
