#include "records/passphrase.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/password.h"
#include "records/audit.h"
#include "records/secret.h"
#include "records/sql.h"
#include "vault/vault.h"

#define WHOSE "letter:"
#define GROUPS 4
#define ARENA_BYTES ((size_t)1 << 16)

static const char *const ways[] = { "phone", "paper", "meeting" };

struct change {
    struct tsk_store *store;
    const struct tsk_scope *scope;
    struct tsk_arena *arena;
    struct tsk_institution entry;
    int64_t id;
    const struct tsk_agreed *agreed;
    const char *passphrase, *by;
    struct tsk_err *err;
};

static int whole(struct change *change, int (*run)(struct change *change))
{
    struct tsk_part part;
    int rc;

    if (change->by == NULL || *change->by == '\0')
        return tsk_fail(change->err, TSK_REJECT, 0, "a change needs the name of who makes it");
    if ((change->arena = tsk_arena_new(ARENA_BYTES)) == NULL)
        return tsk_fail(change->err, TSK_RETRY, 0, "no memory to change a directory entry");
    rc = tsk_part_start(&part, change->store, change->err);
    if (rc == 0) {
        rc = tsk_directory_find(&change->entry, change->store, change->scope, change->id, change->arena, change->err);
        if (rc == 0)
            rc = run(change);
        rc = tsk_part_end(&part, rc, change->err);
    }
    tsk_arena_free(&change->arena);
    return rc;
}

static int note(const struct change *change, const char *detail)
{
    char object[40];

    snprintf(object, sizeof object, "institution:%lld", (long long)change->id);
    return tsk_audit_add(change->store, change->entry.office, change->by, "directory.passphrase", object, detail,
                         change->err);
}

static int check(const struct change *change)
{
    const char *text = change->passphrase;
    size_t len = strlen(text);

    if (tsk_store_vault(change->store) == NULL)
        return tsk_fail(change->err, TSK_REJECT, 0,
                        "a passphrase is kept sealed, and this site has no key: tasuki key");
    if (tsk_name_index(ways, TSK_COUNT(ways), change->agreed->how) < 0)
        return tsk_fail(change->err, TSK_REJECT, 0,
                        "a passphrase is agreed by phone, on paper or at a meeting, not by \"%.40s\"",
                        change->agreed->how != NULL ? change->agreed->how : "");
    if (change->agreed->told_to == NULL || *change->agreed->told_to == '\0')
        return tsk_fail(change->err, TSK_REJECT, 0, "say who was told the passphrase");
    if (len < TSK_PASSPHRASE_MIN || len >= TSK_PASSPHRASE_SIZE)
        return tsk_fail(change->err, TSK_REJECT, 0, "a passphrase has 12 to 64 characters");
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~' || (i == 0 && strchr("-@", text[i]) != NULL))
            return tsk_fail(change->err, TSK_REJECT, 0,
                            "a passphrase has plain letters, digits and signs without blanks, and begins with a letter "
                            "or digit");
    return 0;
}

static int run_set(struct change *change)
{
    char sealed[TSK_SECRET_TEXT_SIZE], now[TSK_STAMP_SIZE], detail[64];

    if (check(change) != 0 ||
        tsk_secret_seal(sealed, change->store, WHOSE, change->id, change->passphrase, change->err) != 0 ||
        tsk_sql_run(change->store, change->err,
                    "INSERT INTO passphrases (institution_id, office_id, secret, how, told_to, by, at) VALUES (?1, ?2, "
                    "?3, ?4, ?5, ?6, ?7) ON CONFLICT (institution_id) DO UPDATE SET secret = ?3, how = ?4, told_to = "
                    "?5, by = ?6, at = ?7",
                    "issssss", change->id, change->entry.office, sealed, change->agreed->how, change->agreed->told_to,
                    change->by, tsk_now(now)) != 0)
        return -1;
    snprintf(detail, sizeof detail, "agreed how=%s", change->agreed->how);
    return note(change, detail);
}

int tsk_passphrase_set(char passphrase[TSK_PASSPHRASE_SIZE], struct tsk_store *store, const struct tsk_scope *scope,
                       int64_t institution, const struct tsk_agreed *agreed, const char *by, struct tsk_err *err)
{
    struct change change = { .store = store,
                             .scope = scope,
                             .id = institution,
                             .agreed = agreed,
                             .passphrase = passphrase,
                             .by = by,
                             .err = err };

    if (*passphrase == '\0')
        tsk_words_new(passphrase, GROUPS);
    return whole(&change, run_set);
}

static int run_revoke(struct change *change)
{
    if (tsk_sql_run(change->store, change->err, "DELETE FROM passphrases WHERE institution_id = ?1", "i", change->id) !=
        0)
        return -1;
    if (tsk_sql_changed(change->store) == 0)
        return tsk_fail(change->err, TSK_REJECT, 0, "no passphrase is agreed with directory entry %lld",
                        (long long)change->id);
    return note(change, "revoked");
}

int tsk_passphrase_revoke(struct tsk_store *store, const struct tsk_scope *scope, int64_t institution, const char *by,
                          struct tsk_err *err)
{
    struct change change = { .store = store, .scope = scope, .id = institution, .by = by, .err = err };

    return whole(&change, run_revoke);
}

int tsk_passphrase_open(char out[TSK_PASSPHRASE_SIZE], struct tsk_store *store, const struct tsk_scope *scope,
                        int64_t institution, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_rows *rows = NULL;
    char text[TSK_SECRET_TEXT_SIZE];
    int rc = arena == NULL
                 ? tsk_fail(err, TSK_RETRY, 0, "no memory for a letter")
                 : tsk_sql_query(&rows, store, arena, err,
                                 "SELECT secret FROM passphrases WHERE " SCOPE("office_id") " AND institution_id = ?2",
                                 "ci", scope, institution);

    out[0] = '\0';
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        rc = tsk_store_vault(store) == NULL
                 ? tsk_fail(err, TSK_STOP, 0, "the site's key, which opens the agreed passphrases, is missing")
                 : tsk_secret_unseal(text, store, WHOSE, institution, tsk_sql_text(rows), err);
        if (rc == 0)
            snprintf(out, TSK_PASSPHRASE_SIZE, "%.*s", TSK_PASSPHRASE_SIZE - 1, text);
        sodium_memzero(text, sizeof text);
    }
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    return rc < 0 ? -1 : 0;
}

int tsk_passphrase_seal_all(struct tsk_store *store, struct tsk_err *err)
{
    return tsk_store_vault(store) == NULL
               ? 0
               : tsk_secret_seal_rows(store, WHOSE, "SELECT institution_id, secret FROM passphrases",
                                      "UPDATE passphrases SET secret = ?2 WHERE institution_id = ?1 AND secret = ?3",
                                      err);
}
