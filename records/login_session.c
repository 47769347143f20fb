#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "records/login.h"
#include "records/sql.h"

#define TOUCH_MS 30000
#define AHEAD_MS 3600000 /* seen later than this from now: by a clock that was wrong */
#define UNLOCK_TRIES 5

static int read_login(struct tsk_login *out, struct tsk_store *store, struct tsk_arena *arena, int64_t now,
                      struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, store, arena, err,
                      "SELECT account_id, seen, ends, locked FROM sessions JOIN accounts ON accounts.id = account_id "
                      "WHERE token = ?1 AND ends > ?2 AND disabled = ''",
                      "si", out->token, now);

    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        out->account = tsk_sql_int(rows);
        out->seen_ms = tsk_sql_int(rows);
        out->ends_ms = tsk_sql_int(rows);
        out->locked = tsk_sql_int(rows) != 0;
    }
    tsk_sql_end(&rows);
    return rc;
}

static int find(struct tsk_login *login, struct tsk_store *store, int64_t idle_ms, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(4096);
    int64_t now = tsk_wall_ms();
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to look for a session")
                           : read_login(login, store, arena, now, err);

    tsk_arena_free(&arena);
    if (rc == 1 && !login->locked && (now - login->seen_ms > idle_ms || login->seen_ms - now > AHEAD_MS)) {
        login->locked = true;
        return tsk_login_lock(store, login, err) == 0 ? 1 : -1;
    }
    return rc;
}

int tsk_login_find(struct tsk_login *out, struct tsk_store *store, const char *token, int64_t idle_ms,
                   struct tsk_err *err)
{
    *out = (struct tsk_login){ .account = 0 };
    tsk_sha256_hex(token, strlen(token), out->token);
    return find(out, store, idle_ms, err);
}

int tsk_login_stands(bool *stands, struct tsk_store *store, const struct tsk_login *login, int64_t idle_ms,
                     struct tsk_err *err)
{
    struct tsk_login now = *login;
    int rc = find(&now, store, idle_ms, err);

    *stands = rc == 1 && !now.locked;
    return rc < 0 ? -1 : 0;
}

int tsk_login_touch(struct tsk_store *store, const struct tsk_login *login, struct tsk_err *err)
{
    int64_t now = tsk_wall_ms();

    if (now - login->seen_ms < TOUCH_MS)
        return 0;
    return tsk_sql_run(store, err, "UPDATE sessions SET seen = ?2 WHERE token = ?1 AND NOT locked", "si", login->token,
                       now);
}

int tsk_login_lock(struct tsk_store *store, const struct tsk_login *login, struct tsk_err *err)
{
    return tsk_sql_run(store, err, "UPDATE sessions SET locked = 1 WHERE token = ?1", "s", login->token);
}

static int unlocked(struct tsk_store *store, const struct tsk_login *login, struct tsk_err *err)
{
    return tsk_sql_run(store, err, "UPDATE sessions SET locked = 0, failures = 0, seen = ?2 WHERE token = ?1", "si",
                       login->token, tsk_wall_ms());
}

static int refused(bool *ended, struct tsk_store *store, const struct tsk_login *login, struct tsk_err *err)
{
    int64_t failures = 0;

    if (tsk_sql_run(store, err, "UPDATE sessions SET failures = failures + 1 WHERE token = ?1", "s", login->token) !=
            0 ||
        tsk_sql_number(&failures, store, err, "SELECT failures FROM sessions WHERE token = ?1", "s", login->token) < 0)
        return -1;
    *ended = failures >= UNLOCK_TRIES;
    if (tsk_account_audit(store, login->account, "desk", *ended ? "unlock.ended" : "unlock.failed", "", err) != 0)
        return -1;
    return *ended ? tsk_login_end(store, login, err) : 0;
}

int tsk_login_unlock(bool *right, bool *ended, struct tsk_store *store, const struct tsk_login *login,
                     const char *password, struct tsk_err *err)
{
    struct tsk_part part;

    *ended = false;
    *right = tsk_account_password_is(store, login->account, password);
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, *right ? unlocked(store, login, err) : refused(ended, store, login, err), err);
}

int tsk_login_end(struct tsk_store *store, const struct tsk_login *login, struct tsk_err *err)
{
    return tsk_sql_run(store, err, "DELETE FROM sessions WHERE token = ?1", "s", login->token);
}
