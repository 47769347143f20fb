/*
 * session - one administrator's command on the records: site, store, who it is, which offices are seen
 *
 * Options    --site DIR, --office ID (else every office), --by NAME, --plain (tabs instead of columns).
 * Promise    A change runs inside tsk_session_change(): the record and what routing makes of it are one transaction, or
 *            nothing happened.
 * Ownership  tsk_session_run() opens and closes; everything that a query returned lives in the session's arena until then.
 */
#ifndef TASUKI_GATEWAY_SESSION_H
#define TASUKI_GATEWAY_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/command.h"
#include "gateway/site_routing.h"
#include "gateway/table.h"

struct tsk_session {
    struct tsk_site *site;
    struct tsk_records *records;
    struct tsk_store *store;
    struct tsk_arena *arena;
    struct tsk_scope scope;
    const char *office; /* NULL = every */
    const char *by;     /* NULL when nobody was named */
    bool plain;
    int argc; /* what is left: argv[0] is the first argument behind the subcommand */
    char **argv;
    struct tsk_err err;
};

struct tsk_subcommand {
    const char *name;
    int min, max; /* arguments behind it; max -1 = any number */
    bool needs_by;
    int (*run)(struct tsk_session *session); /* 0, or -1 with session->err */
    const char *const *options;              /* that take a value, NULL-terminated; NULL = none */
    const char *const *flags;
};

/* Finds the subcommand (the first one when none is given), opens the site, runs it. Returns the exit status. */
int tsk_session_run(const struct tsk_command *command, const struct tsk_subcommand *subs, size_t count, int argc,
                    char **argv);

/* Value of an option that the subcommand declared, or NULL. Valid while it runs. */
const char *tsk_session_option(const struct tsk_session *session, const char *name);
bool tsk_session_flag(const struct tsk_session *session, const char *name);
/* Who stands in the audit chain for looking at something: --by, or "console". */
const char *tsk_session_actor(const struct tsk_session *session);
int tsk_session_id(struct tsk_session *session, const char *text, const char *what, int64_t *out) TSK_MUST_USE;
int tsk_session_number(struct tsk_session *session, const char *text, const char *what, int *out) TSK_MUST_USE;

/* From a terminal without showing it, else the first line of standard input. what: "password". */
int tsk_session_secret(struct tsk_session *session, char *out, size_t size, const char *what) TSK_MUST_USE;

/* Begins, runs change, commits; rolls back when change fails. */
int tsk_session_change(struct tsk_session *session, int (*change)(struct tsk_session *session, void *ctx),
                       void *ctx) TSK_MUST_USE;
/* Closes and opens the store, around work that forks. */
void tsk_session_release(struct tsk_session *session);
int tsk_session_resume(struct tsk_session *session) TSK_MUST_USE;

int tsk_session_print(struct tsk_session *session, struct tsk_table **table) TSK_MUST_USE;
/* "12", in the session's arena. */
const char *tsk_session_text(struct tsk_session *session, const char *format, ...) TSK_PRINTF(2, 3);
/* A stored stamp as date and time in Japan, for people: 2026-11-21 12:15. With --plain as stored. */
const char *tsk_session_when(struct tsk_session *session, const char *stamp);

#endif
