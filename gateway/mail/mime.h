/*
 * mime - a message's bytes in, what is in it out
 *
 * Input      Hostile: every byte of a mail, as the network brought it.
 * Promise    A message that exceeds a limit is an answer about this message: kind TSK_MAIL_BROKEN with the reason, to be kept whole
 *            for a person. Others than the confined child of gateway/mail/reader.h do not parse.
 * Content    What a part is, its bytes say; its name and type are only consulted where bytes say nothing. Every part counts:
 *            inline ones, those without a name, those in forwarded messages and in winmail.dat.
 * Ownership  tsk_mail_free() ends a result; strings are UTF-8 and never NULL.
 */
#ifndef TASUKI_GATEWAY_MAIL_MIME_H
#define TASUKI_GATEWAY_MAIL_MIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/mail/jis.h"

#define TSK_MAIL_HEADER_MAX (256 * 1024)
#define TSK_MAIL_FIELDS_MAX 2000
#define TSK_MAIL_DEPTH_MAX 32
#define TSK_MAIL_PARTS_MAX 500
#define TSK_MAIL_TEXT_MAX 65536
#define TSK_MAIL_KEPT_MAX 100 /* sheets and held parts of one message */

enum tsk_mail_kind {
    TSK_MAIL_SHEETS,   /* at least one part is TIFF, PDF, PNG or JPEG, or has to be held */
    TSK_MAIL_NO_SHEET, /* a letter: kept and shown */
    TSK_MAIL_AUTO,     /* an automatic reply or a receipt */
    TSK_MAIL_BOUNCE,   /* a mail could not be delivered */
    TSK_MAIL_BROKEN,   /* cannot be taken apart; reason says why */
    TSK_MAIL_KINDS
};

enum tsk_part_use {
    TSK_PART_SHEET, /* to be read */
    TSK_PART_HELD,  /* to be kept for a person; reason says why */
    TSK_PART_USES
};

struct tsk_part {
    enum tsk_part_use use;
    char *name;   /* decoded file name, "" when it had none */
    char *reason; /* held: for the person, begins with "is", "has" or "cannot" */
    char *bytes;
    size_t len;
};

struct tsk_mail_read {
    enum tsk_mail_kind kind;
    char *reason;                   /* broken */
    char *subject, *from, *message; /* message: its Message-ID without brackets */
    char *text;                     /* the beginning of what somebody wrote, for people; "" when there is none */
    int64_t date_ms;                /* 0 = none */
    bool delivered;                 /* bounce: a delivery report of success or delay, not a failure */
    bool automatic;                 /* a program wrote it, whatever it brings */
    char *original;                 /* bounce: Message-ID of the mail that came back, "" when not told */
    char *status;                   /* bounce: 5.1.1, or "" */
    char *notice; /* id of a notice of ours, from the address that the mail came to; "" when it has none */
    struct tsk_part *parts;
    size_t count;
    unsigned twins, decor; /* parts left out: the same fax again as PDF; logos and other small pictures */
};

/* What the confined child does (gateway/mail/reader.h), and besides it only tests and fuzzing. */
int tsk_mail_parse(struct tsk_mail_read *out, const struct tsk_charsets *charsets, const void *bytes, size_t len,
                   struct tsk_err *err) TSK_MUST_USE;
/* The same when there is nothing but a reason. */
int tsk_mail_broken(struct tsk_mail_read *out, const char *reason, struct tsk_err *err) TSK_MUST_USE;
int tsk_mail_say(int fd, const struct tsk_mail_read *mail) TSK_MUST_USE;
/* What the child said, taken as untrusted: false when it is no whole result. out is zero-filled, and freed in either case. */
bool tsk_mail_hear(struct tsk_mail_read *out, const void *said, size_t said_len) TSK_MUST_USE;
void tsk_mail_free(struct tsk_mail_read *mail);
void tsk_part_free(struct tsk_part *part);

const char *tsk_mail_kind_name(enum tsk_mail_kind kind);

#endif
