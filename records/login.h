/*
 * login - sign-in, sessions, and what slows a guesser down
 *
 * Promise    A session is known by a token that only the browser has; the store holds its hash. Every sign-in makes a new
 *            one. It ends with its time, with signing out, and when the account changes. While locked it proves nothing but
 *            who has to unlock it.
 * Throttle   Failures of the last hour are counted by account and address, by address, and by account at places where it
 *            never signed in before. From the sixth of a pair on the wait doubles, up to a quarter of an hour; a stranger
 *            who guesses elsewhere shuts nobody out at the office's own address.
 */
#ifndef TASUKI_RECORDS_LOGIN_H
#define TASUKI_RECORDS_LOGIN_H

#include "base/hash.h"
#include "records/account.h"

struct tsk_login {
    char token[TSK_SHA256_HEX]; /* as stored */
    int64_t account;
    int64_t seen_ms, ends_ms;
    bool locked;
};

enum tsk_sign_in {
    TSK_SIGNED_IN,
    TSK_SIGN_IN_WRONG,       /* name, password or code: it is not said which */
    TSK_SIGN_IN_CODE_NEEDED, /* the password is right; no code was given */
    TSK_SIGN_IN_WAIT,        /* too many failures; *wait_s */
    TSK_SIGN_IN_SPENT        /* a break-glass password whose day is over */
};

struct tsk_sign_in_try {
    const char *name, *password, *code; /* code may be NULL */
    const char *address;
    int64_t session_ms;
};

/* token: the secret for the cookie, filled when signed in. */
int tsk_sign_in(enum tsk_sign_in *how, char token[TSK_SHA256_HEX], int64_t *account, int *wait_s,
                struct tsk_store *store, const struct tsk_sign_in_try *tried, struct tsk_err *err) TSK_MUST_USE;
/* 1 and *out, 0 when there is no such session any more, -1. idle_ms: locks one that was not used for so long. */
int tsk_login_find(struct tsk_login *out, struct tsk_store *store, const char *token, int64_t idle_ms,
                   struct tsk_err *err) TSK_MUST_USE;
/* False once the session is over or locked. */
int tsk_login_stands(bool *stands, struct tsk_store *store, const struct tsk_login *login, int64_t idle_ms,
                     struct tsk_err *err) TSK_MUST_USE;
/* Notes use, at most twice a minute. */
int tsk_login_touch(struct tsk_store *store, const struct tsk_login *login, struct tsk_err *err) TSK_MUST_USE;
int tsk_login_lock(struct tsk_store *store, const struct tsk_login *login, struct tsk_err *err) TSK_MUST_USE;
/* *right false: wrong password; the fifth ends the session (*ended). */
int tsk_login_unlock(bool *right, bool *ended, struct tsk_store *store, const struct tsk_login *login,
                     const char *password, struct tsk_err *err) TSK_MUST_USE;
int tsk_login_end(struct tsk_store *store, const struct tsk_login *login, struct tsk_err *err) TSK_MUST_USE;

#endif
