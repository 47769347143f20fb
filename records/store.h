/*
 * store - the records database: one writer at a time, durable when commit returns, the same to every module above
 *
 * Promise    After tsk_store_commit() returns 0 everything since tsk_store_begin() survives power loss; before, none of
 * it exists. A function that changes several rows is whole by itself: called outside a transaction it makes its own,
 *            called inside one it takes part and undoes only itself when it fails.
 * Scope      Every query and every change of an existing row takes the offices that the caller may see. A row of
 * another office is answered like a row that does not exist. Ownership  Results live in the arena that the caller hands
 * in; strings are UTF-8 and never NULL. Process    A handle belongs to the process that opened it: it must not cross a
 * fork. Any number of processes. Failure    TSK_RETRY when the database is busy or the disk full, TSK_REJECT when what
 * was asked is wrong (nothing was done), TSK_STOP when the file is damaged or newer than this program. Backend    No
 * type of a database shows in these headers; all statements go through records/sql.h.
 */
#ifndef TASUKI_RECORDS_STORE_H
#define TASUKI_RECORDS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "forms/form.h"

struct tsk_store;
struct tsk_vault;

struct tsk_scope {
    bool all;                   /* an administrator of the machine */
    const char *const *offices; /* office ids; none = nothing is seen */
    size_t office_count;
};

extern const struct tsk_scope tsk_scope_all;

/* Opens, creates and migrates. The folder must exist. */
int tsk_store_open(struct tsk_store **out, const char *path, struct tsk_err *err) TSK_MUST_USE;
void tsk_store_close(struct tsk_store **store); /* NULL is fine; an open transaction is rolled back */
int tsk_store_version(const struct tsk_store *store);
/* A copy of this instant at path (which must not exist), while others go on writing. Whoever asks removes it. */
int tsk_store_copy(struct tsk_store *store, const char *path, struct tsk_err *err) TSK_MUST_USE;
int tsk_store_check(struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE; /* whole-file check, for doctor */

/* *version differs from the one before when another handle, of whatever process, has committed in between. */
int tsk_store_others(int64_t *version, struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;

int tsk_store_begin(struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE; /* takes the write lock at once */
int tsk_store_commit(struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;
void tsk_store_rollback(struct tsk_store *store); /* fine when none is open */

/* What is needed to work out dates and the ward again after a person corrected a part of them. All of it may be absent:
 * then values are not checked against the form, and what depends on a corrected field waits for a person. */
struct tsk_knowledge {
    const struct tsk_forms *forms;
    /* 5-digit code of the ward that an address lies in; false when it is not certain */
    bool (*ward_of)(void *ctx, const char *address, char code[6]);
    /* a name with every written variant of a character as its common form (髙橋 -> 高橋), spaces and kinds of kana made one;
     * malloc'ed. NULL: tsk_compare_key() */
    char *(*name_key)(void *ctx, const char *text);
    void *ctx;
};
/* With keys the audit chain is keyed. Borrowed until close; NULL = none. */
void tsk_store_keys(struct tsk_store *store, struct tsk_vault *vault);
struct tsk_vault *tsk_store_vault(const struct tsk_store *store);                    /* NULL = none */
void tsk_store_know(struct tsk_store *store, const struct tsk_knowledge *knowledge); /* borrowed until close */

struct tsk_office {
    const char *id;   /* "higashinari" */
    const char *code; /* first part of its case numbers: "27115"; "" takes the ward's */
    const char *name;
    const char *ward; /* 5-digit code, or "" */
};

struct tsk_offices {
    struct tsk_office *items;
    size_t count;
};

/* From the configuration at every start; an office is never deleted. */
int tsk_office_put(struct tsk_store *store, const struct tsk_office *office, struct tsk_err *err) TSK_MUST_USE;
int tsk_office_list(struct tsk_offices *out, struct tsk_store *store, const struct tsk_scope *scope,
                    struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* A source of documents (a folder, a mailbox) and the office that owns what comes out of it. */
int tsk_source_put(struct tsk_store *store, const char *source, const char *office, struct tsk_err *err) TSK_MUST_USE;

#endif
