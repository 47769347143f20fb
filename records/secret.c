#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "records/account.h"
#include "records/secret.h"
#include "records/sql.h"
#include "vault/seal.h"
#include "vault/vault.h"

#define MARK "sealed:"
#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define SEALED_MAX ((size_t)512)
#define ARENA_BYTES ((size_t)1 << 20)

static void forget(struct tsk_buf *buf)
{
    if (buf->data != NULL)
        sodium_memzero(buf->data, buf->len);
    tsk_buf_free(buf);
}

int tsk_secret_seal(char out[TSK_SECRET_TEXT_SIZE], struct tsk_store *store, const char *whose, int64_t id,
                    const char *secret, struct tsk_err *err)
{
    struct tsk_buf plain = TSK_BUF(SEALED_MAX), sealed = TSK_BUF(SEALED_MAX);
    int rc = 0;

    if (tsk_store_vault(store) == NULL) {
        snprintf(out, TSK_SECRET_TEXT_SIZE, "%s", secret);
        return 0;
    }
    tsk_buf_printf(&plain, "%s%lld %s", whose, (long long)id, secret); /* whose it is, so that it serves nobody else */
    if (plain.failed)
        rc = tsk_fail(err, TSK_RETRY, 0, "no memory to seal a secret");
    if (rc == 0)
        rc = tsk_seal_bytes(&sealed, tsk_store_vault(store), TSK_USE_SECRET, plain.data, plain.len, err);
    if (rc == 0 && strlen(MARK) + sodium_base64_encoded_len(sealed.len, BASE64) > TSK_SECRET_TEXT_SIZE)
        rc = tsk_fail(err, TSK_STOP, 0, "a secret is too long");
    if (rc == 0) {
        snprintf(out, TSK_SECRET_TEXT_SIZE, MARK);
        sodium_bin2base64(out + strlen(MARK), TSK_SECRET_TEXT_SIZE - strlen(MARK), (const unsigned char *)sealed.data,
                          sealed.len, BASE64);
    }
    forget(&plain);
    tsk_buf_free(&sealed);
    return rc;
}

/* Bytes of what was kept; 0 when it is plain. */
static size_t sealed_bytes(unsigned char out[SEALED_MAX], const char *kept)
{
    size_t len = 0;

    return strncmp(kept, MARK, strlen(MARK)) == 0 &&
                   sodium_base642bin(out, SEALED_MAX, kept + strlen(MARK), strlen(kept) - strlen(MARK), NULL, &len,
                                     NULL, BASE64) == 0
               ? len
               : 0;
}

int tsk_secret_unseal(char out[TSK_SECRET_TEXT_SIZE], struct tsk_store *store, const char *whose, int64_t id,
                      const char *kept, struct tsk_err *err)
{
    struct tsk_buf plain = TSK_BUF(SEALED_MAX);
    unsigned char bytes[SEALED_MAX];
    size_t len = sealed_bytes(bytes, kept);
    char *end = NULL;
    int rc = 0;

    if (len == 0) { /* of an earlier program, or there is none */
        snprintf(out, TSK_SECRET_TEXT_SIZE, "%s", kept);
        return 0;
    }
    out[0] = '\0';
    rc = tsk_unseal_bytes(&plain, bytes, len, "a kept secret", tsk_store_vault(store), TSK_USE_SECRET, err);
    if (rc == 0 && (strncmp(tsk_buf_text(&plain), whose, strlen(whose)) != 0 ||
                    strtoll(tsk_buf_text(&plain) + strlen(whose), &end, 10) != id || *end != ' '))
        rc = tsk_fail(err, TSK_HOLD, 0, "a kept secret is that of another one; make it anew");
    if (rc == 0)
        snprintf(out, TSK_SECRET_TEXT_SIZE, "%s", end + 1);
    forget(&plain);
    return rc;
}

static bool is_fresh(struct tsk_store *store, const char *kept)
{
    unsigned char bytes[SEALED_MAX];
    char key[TSK_KEY_ID_SIZE];

    return kept[0] == '\0' || (tsk_sealed_with(key, bytes, sealed_bytes(bytes, kept), TSK_USE_SECRET) &&
                               strcmp(key, tsk_vault_id(tsk_store_vault(store), 0)) == 0);
}

static int seal_one(struct tsk_store *store, const char *whose, const char *update, int64_t id, const char *kept,
                    struct tsk_err *err)
{
    char secret[TSK_SECRET_TEXT_SIZE], sealed[TSK_SECRET_TEXT_SIZE];
    int rc = is_fresh(store, kept) ? 0 : 1;

    if (rc == 1 && (tsk_secret_unseal(secret, store, whose, id, kept, err) != 0 ||
                    tsk_secret_seal(sealed, store, whose, id, secret, err) != 0 ||
                    tsk_sql_run(store, err, update, "iss", id, sealed, kept) != 0))
        rc = -1;
    sodium_memzero(secret, sizeof secret);
    return rc;
}

struct kept {
    int64_t id;
    const char *text;
    struct kept *next;
};

/* A statement that reads may not see what another one writes: first all, then one after the other. */
static int find_rows(struct kept **all, struct tsk_store *store, const char *query, struct tsk_arena *arena,
                     struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err, query, "");

    while (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        struct kept *one = tsk_arena_alloc(arena, sizeof *one);

        if (one == NULL) {
            rc = tsk_fail(err, TSK_RETRY, 0, "no memory to look at what is kept sealed");
            break;
        }
        one->id = tsk_sql_int(rows);
        one->text = tsk_sql_text(rows);
        one->next = *all;
        *all = one;
        rc = 0;
    }
    tsk_sql_end(&rows);
    return rc;
}

static int seal_rows(int *sealed, struct tsk_store *store, const char *whose, const char *query, const char *update,
                     struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct kept *all = NULL;
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to look at what is kept sealed")
                           : find_rows(&all, store, query, arena, err);

    for (const struct kept *one = all; one != NULL && rc >= 0; one = one->next)
        if ((rc = seal_one(store, whose, update, one->id, one->text, err)) >= 0)
            *sealed += rc;
    tsk_arena_free(&arena);
    return rc < 0 ? -1 : 0;
}

/* Every secret is sealed in the transaction that writes it: when this one begins, all of the older key are there to be found. */
int tsk_secret_seal_rows(struct tsk_store *store, const char *whose, const char *query, const char *update,
                         struct tsk_err *err)
{
    struct tsk_part part;
    int sealed = 0, rc;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    rc = tsk_vault_refresh(tsk_store_vault(store), err);
    if (rc == 0)
        rc = seal_rows(&sealed, store, whose, query, update, err);
    return tsk_part_end(&part, rc, err) == 0 ? sealed : -1;
}

int tsk_account_seal_all(struct tsk_store *store, struct tsk_err *err)
{
    int used = 0, pending = 0;

    if (tsk_store_vault(store) == NULL)
        return 0;
    used = tsk_secret_seal_rows(store, "", "SELECT id, totp_secret FROM accounts WHERE totp_secret <> ''",
                                "UPDATE accounts SET totp_secret = ?2 WHERE id = ?1 AND totp_secret = ?3", err);
    if (used >= 0)
        pending =
            tsk_secret_seal_rows(store, "", "SELECT id, totp_pending FROM accounts WHERE totp_pending <> ''",
                                 "UPDATE accounts SET totp_pending = ?2 WHERE id = ?1 AND totp_pending = ?3", err);
    return used < 0 || pending < 0 ? -1 : used + pending;
}
