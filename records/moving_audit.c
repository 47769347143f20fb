#include "records/moving_audit.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "records/sql.h"

#define ACTION "office.import"

enum { SEQ, PREV, AT, ACTOR, DONE, OBJECT, OFFICE, DETAILS, HASH, KEY, PARTS };

static int give_all(struct tsk_rows **rows, tsk_moving_take *take, void *ctx, int rc, struct tsk_err *err)
{
    while (rc == 0 && (rc = tsk_sql_next(*rows, err)) == 1) {
        size_t len;
        const char *row = tsk_sql_peek(*rows, &len);

        rc = take(ctx, row, len, err);
    }
    tsk_sql_end(rows);
    return rc;
}

int tsk_moving_audit_dump(struct tsk_store *store, const char *office, tsk_moving_take *take, void *ctx,
                          struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, store, NULL, err,
                      "SELECT json_array(seq, prev_hash, at, actor, action, object, office_id, detail, hash, key_id) "
                      "FROM audit WHERE office_id = ?1 ORDER BY seq",
                      "s", office);

    return give_all(&rows, take, ctx, rc, err);
}

int tsk_moving_audit_start(struct tsk_store *store, const char *office, const struct tsk_moving_audit *from,
                           const char *by, struct tsk_err *err)
{
    char object[96], detail[384];

    snprintf(object, sizeof object, "office:%.80s", office);
    snprintf(detail, sizeof detail, "archive=%.64s head=%lld:%.64s entries=%lld sha256=%.64s", from->archive,
             (long long)from->head.seq, from->head.hash, (long long)from->entries, from->sha256);
    return tsk_audit_add(store, office, by, ACTION, object, detail, err);
}

static const char *text_at(const json_t *row, size_t i)
{
    return json_string_value(json_array_get(row, i));
}

static int add_row(struct tsk_moving *moving, struct tsk_store *store, const char *office, const json_t *row,
                   struct tsk_err *err)
{
    char *object = tsk_moving_reference(moving, text_at(row, OBJECT));
    const struct tsk_audit_entry entry = { .at = text_at(row, AT),
                                           .office = office,
                                           .actor = text_at(row, ACTOR),
                                           .action = text_at(row, DONE),
                                           .object = object,
                                           .detail = text_at(row, DETAILS) };
    int64_t seq = 0;
    int rc = object == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to move an office")
                            : tsk_audit_repeat(&seq, store, &entry, err);

    free(object);
    if (rc != 0)
        return -1;
    return tsk_sql_run(
        store, err,
        "INSERT INTO audit_moved (seq, old_seq, object, prev_hash, hash, key_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        "iissss", seq, (int64_t)json_integer_value(json_array_get(row, SEQ)), text_at(row, OBJECT), text_at(row, PREV),
        text_at(row, HASH), text_at(row, KEY));
}

int tsk_moving_audit_add(struct tsk_moving *moving, struct tsk_store *store, const char *office, const char *text,
                         size_t len, struct tsk_err *err)
{
    json_t *row = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    bool whole = json_is_array(row) && json_array_size(row) == PARTS && json_is_integer(json_array_get(row, SEQ));
    int rc;

    for (size_t i = PREV; i < PARTS; i++)
        whole = whole && text_at(row, i) != NULL;
    if (whole && strcmp(text_at(row, OFFICE), office) == 0)
        rc = add_row(moving, store, office, row, err);
    else
        rc = tsk_fail(err, TSK_HOLD, 0, "what stands for the audit chain is none of office %s", office);
    json_decref(row);
    return rc;
}

static int hash_row(void *ctx, const char *row, size_t len, struct tsk_err *err)
{
    crypto_hash_sha256_state *hash = ctx;

    (void)err;
    crypto_hash_sha256_update(hash, (const unsigned char *)row, len);
    crypto_hash_sha256_update(hash, (const unsigned char *)"\n", 1);
    return 0;
}

static int verify_part(struct tsk_store *store, const struct tsk_moved_part *part, const char *sha256,
                       struct tsk_err *err)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state hash;
    char hex[TSK_SHA256_HEX];
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, NULL, err,
                           "SELECT json_array(m.old_seq, m.prev_hash, a.at, a.actor, a.action, m.object, a.office_id, "
                           "a.detail, m.hash, m.key_id) FROM audit_moved m JOIN audit a ON a.seq = m.seq "
                           "WHERE m.seq > ?1 AND m.seq <= ?1 + ?2 ORDER BY m.seq",
                           "ii", part->seq, part->entries);

    crypto_hash_sha256_init(&hash);
    if (give_all(&rows, hash_row, &hash, rc, err) != 0)
        return -1;
    crypto_hash_sha256_final(&hash, digest);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    return strcmp(hex, sha256) == 0
               ? 0
               : tsk_fail(
                     err, TSK_HOLD, 0,
                     "the entries that office %s brought from its former site, behind audit entry %lld, are not those "
                     "that were imported",
                     part->office, (long long)part->seq);
}

struct found {
    int64_t seq;
    const char *office, *detail;
};

static void fill_found(void *item, struct tsk_rows *rows)
{
    struct found *found = item;

    found->seq = tsk_sql_int(rows);
    found->office = tsk_sql_text(rows);
    found->detail = tsk_sql_text(rows);
}

/* Behind "key=" up to the next space, in the arena; "" when it is not there. */
static const char *value_of(const char *detail, const char *key, struct tsk_arena *arena)
{
    const char *at = strstr(detail, key);
    char *copy = at != NULL ? tsk_arena_strdup(arena, at + strlen(key)) : NULL;

    if (copy == NULL)
        return "";
    copy[strcspn(copy, " ")] = '\0';
    return copy;
}

static int read_part(struct tsk_moved_part *out, const struct found *found, struct tsk_store *store,
                     struct tsk_arena *arena, struct tsk_err *err)
{
    const char *sha256 = value_of(found->detail, " sha256=", arena);

    *out = (struct tsk_moved_part){ .seq = found->seq,
                                    .office = found->office,
                                    .entries = strtoll(value_of(found->detail, " entries=", arena), NULL, 10),
                                    .head = value_of(found->detail, " head=", arena) };
    if (strlen(sha256) != TSK_SHA256_HEX - 1)
        return tsk_fail(err, TSK_HOLD, 0, "audit entry %lld does not say what was imported", (long long)found->seq);
    return verify_part(store, out, sha256, err);
}

int tsk_moving_audit_verify(struct tsk_moved_parts *out, struct tsk_store *store, struct tsk_arena *arena,
                            struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    struct found *found;
    size_t count;
    /* What an imported entry says of an import at the former site is that site's. */
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT seq, office_id, detail FROM audit a WHERE action = '" ACTION
                           "' AND NOT EXISTS (SELECT 1 FROM audit_moved m WHERE m.seq = a.seq) ORDER BY seq",
                           "");

    *out = (struct tsk_moved_parts){ .count = 0 };
    found = tsk_sql_collect(&count, sizeof *found, fill_found, &rows, &rc, err);
    if (rc != 0)
        return -1;
    out->items = tsk_arena_alloc(arena, (count + 1) * sizeof *out->items);
    if (out->items == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to check the audit chain");
    for (size_t i = 0; i < count; i++)
        if (read_part(&out->items[out->count++], &found[i], store, arena, err) != 0)
            return -1;
    return 0;
}
