/*
 * directory - institutions, and which of their numbers and addresses two persons have verified
 *
 * Promise    An imported or changed number or address is unverified. It becomes verified when two different persons say
 * so: the first proposes, the second verifies, both for the value as it then stands. An import is whole or absent.
 * Offices    Every office has its own directory and vouches for it itself; an import without an office is one for each.
 */
#ifndef TASUKI_RECORDS_DIRECTORY_H
#define TASUKI_RECORDS_DIRECTORY_H

#include "base/buf.h"
#include "records/store.h"

enum tsk_verified { TSK_UNVERIFIED, TSK_PROPOSED, TSK_VERIFIED };

enum tsk_notice_preference { TSK_NOTICE_EACH, TSK_NOTICE_DIGEST, TSK_NOTICE_NONE };

struct tsk_institution {
    int64_t id;
    const char *office, *kind, *name, *department, *ward; /* ward by name, as imported: 東成区 */
    const char *fax, *email, *phone;
    enum tsk_verified fax_verified, email_verified;
    bool can_open_links;
    enum tsk_notice_preference notice;
    const char *fax_station; /* that answered the test fax, "" = unknown */
    const char *webhook;     /* of the configuration, takes alerts; "" = none */
    const char *fax_hours;   /* "HH:MM-HH:MM" on weekdays, "daily HH:MM-HH:MM", "" = fax.hours */
    /* of the passphrase for encrypted letters (records/passphrase.h); "" = there is none */
    const char *agreed_at, *agreed_how, *agreed_with, *agreed_by;
};

struct tsk_institutions {
    struct tsk_institution *items;
    size_t count;
};

struct tsk_institution_filter { /* NULL = any; name and department are compared by tsk_compare_key() */
    const char *kind, *name, *department, *ward, *office;
};

struct tsk_import {
    int added, changed, same;
    int unverified; /* numbers and addresses that lost their verification */
    int not_in_file;
};

struct tsk_verification {
    const char *channel, *value, *how, *by, *at;
    enum tsk_verified result;
};

struct tsk_verifications {
    struct tsk_verification *items;
    size_t count;
};

/* Calls report once per bad line ("FILE:LINE: column: what"); with one bad line nothing is imported and the call fails.
 * office NULL = every office. */
int tsk_directory_import(struct tsk_import *out, struct tsk_store *store, const char *path, const char *office,
                         const char *by, void (*report)(void *ctx, const char *text), void *ctx,
                         struct tsk_err *err) TSK_MUST_USE;
/* The columns of the import, each institution once: what the reader's lexicons are built from. */
int tsk_directory_export(struct tsk_buf *csv, struct tsk_store *store, const struct tsk_scope *scope,
                         struct tsk_err *err) TSK_MUST_USE;

int tsk_directory_list(struct tsk_institutions *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const struct tsk_institution_filter *filter, struct tsk_arena *arena,
                       struct tsk_err *err) TSK_MUST_USE;
int tsk_directory_find(struct tsk_institution *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                       struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

struct tsk_institution_edit { /* every member; "" where there is none */
    const char *kind, *name, *department, *ward, *fax, *email, *phone;
};

/* *id 0: a new entry of the office, whose number is put there; else the entry (office is ignored). What changed of fax and
 * email is unverified. */
int tsk_directory_edit(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope, const char *office,
                       const struct tsk_institution_edit *edit, const char *by, struct tsk_err *err) TSK_MUST_USE;

struct tsk_unverified { /* proposed by one person, waits for another */
    int64_t id;
    const char *office, *name, *department, *channel, *value, *proposed_by, *proposed_at, *how;
};

struct tsk_unverifieds {
    struct tsk_unverified *items;
    size_t count;
};

int tsk_directory_proposed(struct tsk_unverifieds *out, struct tsk_store *store, const struct tsk_scope *scope,
                           const char *office, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

/* channel: fax or email. how: test-fax, letterhead or phone. *result: TSK_PROPOSED after the first person, TSK_VERIFIED
 * after another one; the same person again is refused. */
int tsk_directory_verify(enum tsk_verified *result, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                         const char *channel, const char *how, const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_directory_verifications(struct tsk_verifications *out, struct tsk_store *store, const struct tsk_scope *scope,
                                int64_t id, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
int tsk_directory_prefer(struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                         enum tsk_notice_preference notice, bool can_open_links, const char *by,
                         struct tsk_err *err) TSK_MUST_USE;

/* The station that answered the test fax of the number as it stands. */
int tsk_directory_station(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *station,
                          const char *by, struct tsk_err *err) TSK_MUST_USE;
/* The fax number is no longer verified, though it did not change: two persons have to vouch for it again. */
int tsk_directory_doubt_fax(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *by,
                            struct tsk_err *err) TSK_MUST_USE;
int tsk_directory_fax_hours(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *hours,
                            const char *by, struct tsk_err *err) TSK_MUST_USE;
/* webhook: "" = none. The caller has seen to it that the configuration has it. */
int tsk_directory_webhook(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *webhook,
                          const char *by, struct tsk_err *err) TSK_MUST_USE;

/* A verified fax number of the office's directory; digits only. */
int tsk_directory_fax_is_verified(bool *out, struct tsk_store *store, const char *office, const char *digits,
                                  struct tsk_err *err) TSK_MUST_USE;

/* "fax", "email" or "letter" (encrypted, by mail) may be used for patient data. */
bool tsk_institution_verified(const struct tsk_institution *institution, const char *channel);
/* An encrypted letter may go to it by mail: a passphrase is agreed and the address verified. */
bool tsk_institution_takes_letters(const struct tsk_institution *institution);
const char *tsk_verified_name(enum tsk_verified verified);
const char *tsk_notice_preference_name(enum tsk_notice_preference notice);

#endif
