/* parts - what the files of spool/ share; nobody else's business */
#ifndef TASUKI_SPOOL_PARTS_H
#define TASUKI_SPOOL_PARTS_H

#include "base/buf.h"
#include "spool/spool.h"

#define TSK_SPOOL_ENVELOPE_MAX_BYTES 16384

/* A sealed file has a name of its own, so that no stranger's bytes are ever taken for one. */
#define TSK_SPOOL_ORIGINAL "original"
#define TSK_SPOOL_ORIGINAL_SEALED "original.sealed"
#define TSK_SPOOL_ENVELOPE "envelope.json"
#define TSK_SPOOL_ENVELOPE_SEALED "envelope.sealed"

struct tsk_spool_claimed { /* a document that this process has in hand: as long as it lives, it holds the lock */
    char id[TSK_ID_SIZE];
    int lock;
};

struct tsk_spool {
    char *dir;
    int root, tmp;
    int states[TSK_SPOOL_STATES]; /* descriptors of the state directories */
    struct tsk_spool_limits limits;
    struct tsk_vault *vault; /* NULL: plain */
    struct tsk_spool_claimed *claimed;
    size_t claimed_count;
};

/* The envelope's JSON, from whichever of its two files is there; the sealed one goes first. Absent: empty. */
int tsk_spool_read_envelope(const struct tsk_spool *spool, int doc, const char *id, struct tsk_buf *out,
                            struct tsk_err *err);
/* A descriptor of the original's plain bytes, checked against the hash: the file itself, or closed memory. */
int tsk_spool_open_original(const struct tsk_spool *spool, int doc, const char *id, const char *sha256,
                            struct tsk_err *err);
/* Copies fd into the document's original, sealed if there are keys, synced and closed; fills in size and hash. */
int tsk_spool_put_original(struct tsk_spool *spool, int doc, int from, struct tsk_envelope *envelope,
                           struct tsk_err *err);
int tsk_spool_put_envelope(struct tsk_spool *spool, int doc, const struct tsk_envelope *envelope, struct tsk_err *err);
int tsk_spool_list_names(struct tsk_spool *spool, enum tsk_spool_state state, char ***out, size_t *count,
                         struct tsk_err *err);
void tsk_spool_free_names(char **names);

/* Descriptor of states[state]/id, or -1 (TSK_REJECT when it is not there). */
int tsk_spool_open_document(struct tsk_spool *spool, enum tsk_spool_state state, const char *id, struct tsk_err *err);
/* rename and both directories synced; 1 moved, 0 not there, -1. A move that the table forbids is a broken contract. */
int tsk_spool_move(struct tsk_spool *spool, const char *id, enum tsk_spool_state from, enum tsk_spool_state to,
                   struct tsk_err *err);
/*
 * Every move is made under a shared lock: whoever holds this one sees each document in one state. Short, and not across a move of
 * one's own; let go of it with tsk_spool_moving().
 */
int tsk_spool_still(struct tsk_spool *spool, struct tsk_err *err);
void tsk_spool_moving(struct tsk_spool *spool);
/*
 * Waits until every tsk_spool_put() that is under way has ended, and sweeps tmp/. Whoever begins one afterwards looks at the keys
 * afterwards.
 */
int tsk_spool_settle(struct tsk_spool *spool, struct tsk_err *err);
/* The lock on a document: a descriptor, or -1 and errno (EWOULDBLOCK: somebody has it). Whoever dies lets go of it. */
int tsk_spool_lock(const struct tsk_spool *spool, enum tsk_spool_state state, const char *id);
int tsk_spool_keep_lock(struct tsk_spool *spool, const char *id, int lock, struct tsk_err *err);
void tsk_spool_unlock(struct tsk_spool *spool, const char *id); /* one that is not locked is fine */
/* Takes a document's directory in tmp/ away; what is left behind is swept at the next start. */
void tsk_spool_remove(struct tsk_spool *spool, const char *id);

int tsk_envelope_print(struct tsk_buf *out, const struct tsk_envelope *envelope, struct tsk_err *err);
int tsk_envelope_parse(struct tsk_envelope *out, const char *id, const char *json, size_t len, struct tsk_err *err);
/* Text of a stranger: valid UTF-8, no control characters, cut to fit. */
void tsk_envelope_clean(char *text, size_t size);
void tsk_envelope_clean_lines(char *text, size_t size); /* line ends stay */

#endif
