/*
 * account - what one gateway knows of one mailbox, on disk
 *
 * Layout     site/mailbox/ID/: state.json (validity, cursor, what is unfinished, how it goes), seen (one line a message that
 *            was taken), token (rotated), lock, again (a wish of a person: look at everything once more)
 * Promise    tsk_account_save() and tsk_account_remember() return 0 only when what they wrote survives power loss. A cut-off
 *            last line of `seen` is no line. Whatever is lost between two of these calls is done again, and what was taken
 *            before is known by its key.
 * Process    One writer: tsk_account_open() takes the lock. tsk_account_view() looks without it.
 */
#ifndef TASUKI_GATEWAY_IMAP_ACCOUNT_H
#define TASUKI_GATEWAY_IMAP_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "gateway/site.h"

#define TSK_PENDING_MAX 1000
#define TSK_GATEWAY_SIZE 9

enum tsk_pending_kind {
    TSK_PENDING_FETCH,   /* could not be fetched or kept yet */
    TSK_PENDING_SETTLE,  /* is safe with us; the mailbox does not know yet */
    TSK_PENDING_CLAIMED, /* another gateway has it */
    TSK_PENDING_REFUSED, /* too large, or given up: a person must look */
    TSK_PENDING_KINDS
};

struct tsk_pending {
    uint32_t uid;
    enum tsk_pending_kind kind;
    uint32_t tries;
    int64_t since_ms, next_ms; /* wall clock */
    char reason[240];          /* for a person; no patient data */
};

struct tsk_seen;

struct tsk_account {
    char *dir;
    int fd, lock; /* lock -1: opened to look */
    uint32_t validity, next_uid;
    char since[11]; /* messages from that day on; "" = all */
    struct tsk_pending *pending;
    size_t pending_count;
    /* how it goes */
    int64_t begun_ms;     /* when the account was first looked at */
    int64_t looked_ms;    /* last look that worked; 0 = never */
    int64_t trouble_ms;   /* since when it does not; 0 = it does */
    int64_t token_end_ms; /* when the refresh token ends, if the endpoint told; 0 = it did not */
    uint64_t taken;       /* messages so far */
    bool keywords;
    char trouble[400];
    struct tsk_seen *seen;
};

int tsk_account_open(struct tsk_account *out, const struct tsk_site *site, const char *source,
                     struct tsk_err *err) TSK_MUST_USE;
/* Nothing there yet is no error: everything is 0 then. `seen` is not read. */
int tsk_account_view(struct tsk_account *out, const struct tsk_site *site, const char *source,
                     struct tsk_err *err) TSK_MUST_USE;
void tsk_account_close(struct tsk_account *account);

int tsk_account_save(struct tsk_account *account, struct tsk_err *err) TSK_MUST_USE;

/* After a clock that was ahead: what was noted then counts from now. Was there any? */
bool tsk_account_heed_clock(struct tsk_account *account);

/* A message by its key: was it taken before, under whatever number? */
bool tsk_account_knows(const struct tsk_account *account, const char key[TSK_SHA256_HEX]);
/* what: one line for people, "sheets 01ABC 01ABD" */
int tsk_account_remember(struct tsk_account *account, const char key[TSK_SHA256_HEX], uint32_t uid, const char *what,
                         struct tsk_err *err) TSK_MUST_USE;

struct tsk_pending *tsk_account_pending(struct tsk_account *account, uint32_t uid); /* NULL if none */
/* The entry for uid, a new one if there is none; NULL when there are too many. */
struct tsk_pending *tsk_account_note(struct tsk_account *account, uint32_t uid, enum tsk_pending_kind kind);
void tsk_account_drop(struct tsk_account *account, uint32_t uid);
/* The mailbox was made anew: its numbers mean nothing any more. */
void tsk_account_renew(struct tsk_account *account, uint32_t validity);

/* A person's wish, for the process that owns the account. */
int tsk_account_wish(const struct tsk_site *site, const char *source, struct tsk_err *err) TSK_MUST_USE;
bool tsk_account_has_wish(const struct tsk_account *account);
void tsk_account_wish_done(const struct tsk_account *account);

/* Which gateway this site is beside others on the same mailbox: eight characters, the same for ever. */
int tsk_gateway_id(char out[TSK_GATEWAY_SIZE], const struct tsk_site *site, struct tsk_err *err) TSK_MUST_USE;

/* Date and minute in Japan, for people; "never" for 0. */
#define TSK_WHEN_SIZE 24
const char *tsk_mailbox_when(char out[TSK_WHEN_SIZE], int64_t ms);

const char *tsk_pending_name(enum tsk_pending_kind kind);

#endif
