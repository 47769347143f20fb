#include "records/login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "records/account_parts.h"
#include "records/sql.h"

#define HOUR_MS ((int64_t)3600 * 1000)
#define DAY_MS (24 * HOUR_MS)
#define PLACE_MS (90 * DAY_MS)
#define WAIT_MAX_S 900

/* What is counted, and from how many failures on it has to wait. */
struct gate {
    char key[TSK_SHA256_HEX];
    int free;
};

enum { GATE_PAIR, GATE_ADDRESS, GATE_ACCOUNT, GATES };

static void set_gate(struct gate *gate, const char *kind, const char *name, const char *address, int free)
{
    char text[600];

    snprintf(text, sizeof text, "%s|%.300s|%.100s", kind, name, address);
    tsk_sha256_hex(text, strlen(text), gate->key);
    gate->free = free;
}

static int seconds_to_wait(int count, int free, int64_t since_ms)
{
    int over = count - free, wait = over <= 0 ? 0 : over > 9 ? WAIT_MAX_S : 2 << over;
    int64_t left = (wait > WAIT_MAX_S ? WAIT_MAX_S : wait) - (since_ms > 0 ? since_ms / 1000 : 0);

    return left > 0 ? (int)left : 0;
}

static int look_at_gate(int *wait_s, struct tsk_store *store, const struct gate *gate, struct tsk_err *err)
{
    int64_t now = tsk_wall_ms(), packed = 0;
    int rc = tsk_sql_number(&packed, store, err,
                            "SELECT last * 1000 + min(count, 999) FROM sign_in_failures WHERE key = ?1 AND last > ?2 "
                            "AND last < ?3",
                            "sii", gate->key, now - HOUR_MS, now + HOUR_MS);
    int wait = rc == 1 ? seconds_to_wait((int)(packed % 1000), gate->free, now - packed / 1000) : 0;

    *wait_s = wait > *wait_s ? wait : *wait_s;
    return rc < 0 ? -1 : 0;
}

static int count_failure(struct tsk_store *store, const struct gate *gates, struct tsk_err *err)
{
    int64_t now = tsk_wall_ms();

    if (tsk_sql_run(store, err, "DELETE FROM sign_in_failures WHERE last < ?1 OR last > ?2", "ii", now - HOUR_MS,
                    now + HOUR_MS) != 0)
        return -1;
    for (size_t i = 0; i < GATES; i++)
        if (tsk_sql_run(store, err,
                        "INSERT INTO sign_in_failures (key, count, last) VALUES (?1, 1, ?2) "
                        "ON CONFLICT (key) DO UPDATE SET count = count + 1, last = excluded.last",
                        "si", gates[i].key, now) != 0)
            return -1;
    return 0;
}

struct attempt {
    struct tsk_store *store;
    const struct tsk_sign_in_try *tried;
    struct tsk_arena *arena;
    struct tsk_account account; /* id 0: there is none of this name */
    struct gate gates[GATES];
    bool known_place;
};

static int look_up(struct attempt *attempt, struct tsk_err *err)
{
    const struct tsk_sign_in_try *tried = attempt->tried;
    struct tsk_err none = { 0 };
    int64_t found = 0;

    set_gate(&attempt->gates[GATE_PAIR], "pair", tried->name, tried->address, 5);
    set_gate(&attempt->gates[GATE_ADDRESS], "address", "", tried->address, 30);
    set_gate(&attempt->gates[GATE_ACCOUNT], "account", tried->name, "", 15);
    if (tsk_account_named(&attempt->account, attempt->store, tried->name, attempt->arena, &none) != 0) {
        attempt->account.id = 0;
        if (none.kind == TSK_REJECT)
            return 0;
        *err = none;
        return -1;
    }
    int rc = tsk_sql_number(&found, attempt->store, err,
                            "SELECT 1 FROM sign_in_places WHERE account_id = ?1 AND address = ?2 AND last > ?3", "isi",
                            attempt->account.id, tried->address, tsk_wall_ms() - PLACE_MS);
    attempt->known_place = rc == 1;
    return rc < 0 ? -1 : 0;
}

static int look_at_gates(int *wait_s, const struct attempt *attempt, struct tsk_err *err)
{
    *wait_s = 0;
    for (int i = 0; i < GATES; i++) {
        if (i != GATE_PAIR && attempt->known_place)
            continue; /* strangers elsewhere, and colleagues who mistype, shut nobody out here */
        if (look_at_gate(wait_s, attempt->store, &attempt->gates[i], err) != 0)
            return -1;
    }
    return 0;
}

static bool is_spent(const struct tsk_account *account)
{
    int64_t opened = 0, now = tsk_wall_ms();

    return account->break_glass && tsk_stamp_parse(account->opened, &opened) &&
           (now - opened > DAY_MS || opened - now > HOUR_MS); /* later than now: nobody knows how long ago */
}

static int prove(enum tsk_sign_in *how, const struct attempt *attempt, struct tsk_err *err)
{
    const struct tsk_account *account = &attempt->account;
    bool right = tsk_account_password_is(attempt->store, account->id, attempt->tried->password);

    *how = TSK_SIGN_IN_WRONG;
    if (!right)
        return 0;
    if (is_spent(account))
        *how = TSK_SIGN_IN_SPENT;
    else if (!account->second_factor)
        *how = TSK_SIGNED_IN;
    else if (attempt->tried->code == NULL || attempt->tried->code[0] == '\0')
        *how = TSK_SIGN_IN_CODE_NEEDED;
    else if (tsk_account_second_factor(&right, attempt->store, account->id, attempt->tried->code, err) != 0)
        return -1;
    else
        *how = right ? TSK_SIGNED_IN : TSK_SIGN_IN_WRONG;
    return 0;
}

static int note_failure(const struct attempt *attempt, struct tsk_err *err)
{
    char detail[120];

    if (count_failure(attempt->store, attempt->gates, err) != 0)
        return -1;
    if (attempt->account.id == 0)
        return 0;
    snprintf(detail, sizeof detail, "address=%.100s", attempt->tried->address);
    return tsk_account_audit(attempt->store, attempt->account.id, "desk", "sign_in.failed", detail, err);
}

static int forget_failures(const struct attempt *attempt, struct tsk_err *err)
{
    return tsk_sql_run(attempt->store, err, "DELETE FROM sign_in_failures WHERE key = ?1", "s",
                       attempt->gates[GATE_PAIR].key);
}

static int make_session(char token[TSK_SHA256_HEX], const struct attempt *attempt, struct tsk_err *err)
{
    const struct tsk_sign_in_try *tried = attempt->tried;
    int64_t now = tsk_wall_ms();
    char stored[TSK_SHA256_HEX];

    tsk_secret_new(token);
    tsk_sha256_hex(token, strlen(token), stored);
    return tsk_sql_run(attempt->store, err, "DELETE FROM sessions WHERE ends < ?1", "i", now) != 0 ||
                   tsk_sql_run(attempt->store, err,
                               "INSERT INTO sessions (token, account_id, created, seen, ends, address) "
                               "VALUES (?1, ?2, ?3, ?3, ?4, ?5)",
                               "siiis", stored, attempt->account.id, now, now + tried->session_ms, tried->address) != 0
               ? -1
               : 0;
}

static int note_success(const struct attempt *attempt, struct tsk_err *err)
{
    const struct tsk_account *account = &attempt->account;
    char now[TSK_STAMP_SIZE], detail[160];

    snprintf(detail, sizeof detail, "address=%.100s%s", attempt->tried->address,
             account->break_glass ? " break-glass" : "");
    if (tsk_sql_run(
            attempt->store, err,
            "UPDATE accounts SET signed_in = ?2, opened = CASE WHEN break_glass AND opened = '' THEN ?2 ELSE opened "
            "END WHERE id = ?1",
            "is", account->id, tsk_now(now)) != 0 ||
        tsk_sql_run(attempt->store, err,
                    "INSERT INTO sign_in_places (account_id, address, last) VALUES (?1, ?2, ?3) "
                    "ON CONFLICT (account_id, address) DO UPDATE SET last = excluded.last",
                    "isi", account->id, attempt->tried->address, tsk_wall_ms()) != 0)
        return -1;
    return tsk_account_audit(attempt->store, account->id, account->name, "sign_in", detail, err);
}

static int settle(char token[TSK_SHA256_HEX], enum tsk_sign_in how, const struct attempt *attempt, struct tsk_err *err)
{
    struct tsk_part part;

    if (how == TSK_SIGN_IN_CODE_NEEDED)
        return 0;
    if (tsk_part_start(&part, attempt->store, err) != 0)
        return -1;
    int rc = how == TSK_SIGNED_IN ? forget_failures(attempt, err) != 0 || make_session(token, attempt, err) != 0 ||
                                            note_success(attempt, err) != 0
                                        ? -1
                                        : 0
                                  : note_failure(attempt, err);
    return tsk_part_end(&part, rc, err);
}

int tsk_sign_in(enum tsk_sign_in *how, char token[TSK_SHA256_HEX], int64_t *account, int *wait_s,
                struct tsk_store *store, const struct tsk_sign_in_try *tried, struct tsk_err *err)
{
    struct attempt attempt = { .store = store, .tried = tried, .arena = tsk_arena_new((size_t)1 << 20) };
    int rc = attempt.arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to sign in") : look_up(&attempt, err);

    token[0] = '\0';
    *how = TSK_SIGN_IN_WAIT;
    if (rc == 0)
        rc = look_at_gates(wait_s, &attempt, err);
    if (rc == 0 && *wait_s == 0 && (rc = prove(how, &attempt, err)) == 0)
        rc = settle(token, *how, &attempt, err);
    *account = attempt.account.id;
    tsk_arena_free(&attempt.arena);
    return rc;
}
