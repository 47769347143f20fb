/*
 * spool - accepted documents on disk, one directory a state, one directory a document
 *
 * Promise    tsk_spool_put() returns 0 only when original and envelope survive power loss; until then the document never
 *            existed. A move is a rename, synced. Nothing is ever deleted but what tsk_spool_finish() and tsk_spool_dispose()
 *            were told to, and half-written documents in tmp/.
 * Layout     tmp/ incoming/ reading/ held/ corrupt/, in each ID/{envelope.sealed, original.sealed[, attempts][, reason]};
 *            without keys, and before tsk_spool_seal_all(), envelope.json and original.
 * At rest    With a vault everything that is written is sealed, and plain documents of an earlier time still open. What is handed
 *            out of a sealed one is closed memory (memfd, no writing, no growing): its holder has the bytes and no key.
 * States     incoming -> reading (claim) -> gone (finish) | held | incoming (release) | corrupt; held -> incoming (retry);
 *            incoming -> corrupt; held, corrupt -> gone (dispose). Anything else is refused.
 * Attempts   Durable before the call returns: whatever kills the machine afterwards, the attempt counted.
 * Trust      Ids are made here and checked wherever they come back; file names of strangers are data in the envelope.
 * Failure    TSK_RETRY when the disk is at fault (full, read-only, I/O), TSK_HOLD when the document's own files are damaged
 *            (it is in corrupt/ then), TSK_REJECT for an unknown id, a wrong state, a too large document.
 * Process    Any number of writers and readers, of one machine: a claim is a lock and a rename, so one of them gets the document.
 *            The lock ends with the handle or the process that claimed, and with it the claim (tsk_spool_recover()).
 */
#ifndef TASUKI_SPOOL_SPOOL_H
#define TASUKI_SPOOL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

struct tsk_spool;
struct tsk_vault;

enum tsk_spool_state { TSK_SPOOL_INCOMING, TSK_SPOOL_READING, TSK_SPOOL_HELD, TSK_SPOOL_CORRUPT, TSK_SPOOL_STATES };

#define TSK_SPOOL_NAME_MAX 255
#define TSK_SPOOL_FIELD_SIZE 128
#define TSK_SPOOL_TEXT_SIZE 2048

struct tsk_envelope_fax {               /* what the line told; all of it may be absent */
    char station[TSK_SPOOL_FIELD_SIZE]; /* TSI of the sending machine: free text */
    char caller[TSK_SPOOL_FIELD_SIZE];  /* name */
    char called[TSK_SPOOL_FIELD_SIZE];  /* number that was dialled */
    char fault[TSK_SPOOL_FIELD_SIZE];   /* why the spooler calls the reception incomplete, "" = it does not */
    int pages;                          /* that the spooler says were sent, 0 = it does not say */
};

struct tsk_envelope_mail {              /* of what came by mail; all of it may be "" */
    char message[TSK_SPOOL_FIELD_SIZE]; /* Message-ID without brackets */
    char subject[TSK_SPOOL_NAME_MAX + 1];
    char hold[TSK_SPOOL_NAME_MAX + 1]; /* not to be read but kept for a person; begins with "is", "has" or "cannot" */
    bool letter;                       /* hold: it is the mail itself, and nothing is wrong with it */
    bool automatic;                    /* a program wrote it: nothing answers it */
    char text[TSK_SPOOL_TEXT_SIZE];    /* letter: how it begins, with its line ends */
    char notice[TSK_SPOOL_FIELD_SIZE]; /* a bounce: id of the notice of ours that it is about */
    char status[TSK_SPOOL_FIELD_SIZE]; /* a bounce: what the other side says, "5.1.1" */
};

struct tsk_envelope {
    char id[TSK_ID_SIZE];
    char source[TSK_SPOOL_FIELD_SIZE]; /* id in the configuration, or "submit" */
    char office[TSK_SPOOL_FIELD_SIZE]; /* never empty */
    char sender[TSK_SPOOL_FIELD_SIZE]; /* number or address, "" when unknown */
    char name[TSK_SPOOL_NAME_MAX + 1]; /* of the file as it came, control characters replaced; "" when it had none */
    int64_t received_ms;               /* wall clock at acceptance */
    uint64_t size_bytes;
    char sha256[TSK_SHA256_HEX];
    char
        refused[TSK_SPOOL_NAME_MAX + 1]; /* the document itself was not accepted and this stands for it: why; else "" */
    char case_number[64];                /* whoever handed it in says which case it belongs to; "" = nobody did */
    bool is_fax;                         /* came over a telephone line, so that parts of it may be missing */
    struct tsk_envelope_fax fax;
    bool is_mail;
    struct tsk_envelope_mail mail;
};

struct tsk_spool_limits {
    uint64_t document_bytes_max;  /* 0 = no limit */
    uint64_t disk_free_bytes_min; /* refuse politely below it */
};

struct tsk_spool_entry {
    struct tsk_envelope envelope; /* only id is set when readable is false */
    enum tsk_spool_state state;
    bool readable;     /* envelope.json was whole */
    uint32_t attempts; /* readings begun since it was accepted or retried, those that were interrupted too */
    uint32_t deaths;   /* of them: the document itself ended the reader */
    char reason[256];  /* held, corrupt: why */
};

/* Makes the directories that are missing, sweeps tmp/ of what an earlier process left there. */
int tsk_spool_open(struct tsk_spool **out, const char *dir, struct tsk_vault *vault,
                   const struct tsk_spool_limits *limits,
                   struct tsk_err *err) TSK_MUST_USE; /* vault is borrowed; NULL = plain */
void tsk_spool_close(struct tsk_spool **spool);

/* What is in reading/ and in nobody's hand, because its reader died, goes back to incoming/. At any time. How many, or -1. */
int tsk_spool_recover(struct tsk_spool *spool, struct tsk_err *err) TSK_MUST_USE;

/*
 * Accepts a document from a descriptor, read from its offset to its end. envelope: source, office, sender, name are the
 * caller's; id, received_ms (unless set), size and hash are filled in. received_ms other than 0 is kept.
 */
int tsk_spool_put(struct tsk_spool *spool, int fd, struct tsk_envelope *envelope, struct tsk_err *err) TSK_MUST_USE;

/* The oldest document of incoming/ becomes the caller's. 1, 0 when there is none, -1. after: "" or an id to go on behind. */
int tsk_spool_claim(struct tsk_spool *spool, const char *after, struct tsk_spool_entry *out,
                    struct tsk_err *err) TSK_MUST_USE;
/* Descriptor of the claimed original, checked against size and hash; on a mismatch the document goes to corrupt/. */
int tsk_spool_original(struct tsk_spool *spool, const char *id, struct tsk_err *err) TSK_MUST_USE;
/* The same of any state, with its entry; nothing is moved, whatever is found. */
int tsk_spool_peek(struct tsk_spool *spool, const char *id, struct tsk_spool_entry *out,
                   struct tsk_err *err) TSK_MUST_USE;
/* For a backup: the plain original's descriptor, and the envelope as JSON; envelope->max is the cap. -1 as tsk_spool_peek(). */
int tsk_spool_export(struct tsk_spool *spool, const char *id, struct tsk_spool_entry *out, struct tsk_buf *envelope,
                     struct tsk_err *err) TSK_MUST_USE;
/* And back under its old id, durable. Only into a spool that nobody uses yet. */
int tsk_spool_import(struct tsk_spool *spool, enum tsk_spool_state state, const char *id,
                     const struct tsk_buf *envelope, int fd, const char *reason, struct tsk_err *err) TSK_MUST_USE;
/*
 * Seals what lies in the spool plain, or under a key that is no longer the one in use. Whoever is stopped half way goes on at
 * the next call: a document is whole at every moment. Returns how many documents were sealed, or -1; what somebody is
 * reading is left for the next time.
 */
int tsk_spool_seal_all(struct tsk_spool *spool, struct tsk_err *err) TSK_MUST_USE;
/*
 * Counts. attempt: a reading begins, durably noted before it does. uncount: the last one ended for a reason that is not
 * the document's (disk full, database busy, told to stop). blame: it was the document's own doing.
 */
int tsk_spool_attempt(struct tsk_spool *spool, const char *id, struct tsk_err *err) TSK_MUST_USE;
int tsk_spool_uncount(struct tsk_spool *spool, const char *id, struct tsk_err *err) TSK_MUST_USE;
int tsk_spool_blame(struct tsk_spool *spool, const char *id, uint32_t *deaths, struct tsk_err *err) TSK_MUST_USE;

int tsk_spool_release(struct tsk_spool *spool, const char *id,
                      struct tsk_err *err) TSK_MUST_USE; /* reading -> incoming */
int tsk_spool_hold(struct tsk_spool *spool, const char *id, const char *reason,
                   struct tsk_err *err) TSK_MUST_USE; /* reading -> held */
int tsk_spool_retry(struct tsk_spool *spool, const char *id,
                    struct tsk_err *err) TSK_MUST_USE; /* held -> incoming, attempts 0 */
/* reading -> gone: call it only when the records hold the document. A second call for the same id is fine. */
int tsk_spool_finish(struct tsk_spool *spool, const char *id, struct tsk_err *err) TSK_MUST_USE;

/* held or corrupt -> gone, for good: what it was is not kept any longer. One that is in neither is fine. */
int tsk_spool_dispose(struct tsk_spool *spool, const char *id, struct tsk_err *err) TSK_MUST_USE;

/* Entries of one state, oldest first; tsk_spool_list_free() releases them. */
int tsk_spool_list(struct tsk_spool *spool, enum tsk_spool_state state, struct tsk_spool_entry **out, size_t *count,
                   struct tsk_err *err) TSK_MUST_USE;
void tsk_spool_list_free(struct tsk_spool_entry **entries);
int tsk_spool_show(struct tsk_spool *spool, const char *id, struct tsk_spool_entry *out,
                   struct tsk_err *err) TSK_MUST_USE;
/* How many documents a state holds; -1 on a failure. */
long tsk_spool_count(struct tsk_spool *spool, enum tsk_spool_state state, struct tsk_err *err) TSK_MUST_USE;

/* TSK_RETRY when fewer bytes than these are free on the spool's disk. */
int tsk_spool_room(const struct tsk_spool *spool, uint64_t wanted_bytes, struct tsk_err *err) TSK_MUST_USE;

bool tsk_spool_id_valid(const char *id);
const char *tsk_spool_state_name(enum tsk_spool_state state);

#endif
