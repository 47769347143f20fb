#include "records/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/date.h"
#include "records/account.h"
#include "records/sql.h"
#include "vault/vault.h"

#define ENTRY_BYTES_MAX 65536
#define ROW_ARENA_BYTES ((size_t)1 << 20)
#define PRINTED "%" PRId64

struct entry {
    int64_t seq;
    const char *prev, *at, *actor, *action, *object, *office, *detail, *hash;
    const char *key; /* id of the key that made the hash; "" = none */
};

static int keyed_hash(char out[TSK_SHA256_HEX], const struct entry *entry, const struct tsk_buf *buf,
                      struct tsk_vault *vault, struct tsk_err *err)
{
    unsigned char mac[TSK_MAC_BYTES];

    if (vault == NULL)
        return tsk_fail(err, TSK_STOP, 0, "audit entry " PRINTED " is keyed, and no key is in place (docs/keys.md)",
                        entry->seq);
    if (tsk_vault_mac(mac, vault, entry->key, TSK_USE_AUDIT, buf->data, buf->len, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof mac; i++)
        snprintf(out + 2 * i, 3, "%02x", mac[i]);
    return 0;
}

/* Each part with its length in front, so that no two different entries give the same bytes. */
static int hash_of(char out[TSK_SHA256_HEX], const struct entry *entry, struct tsk_vault *vault, struct tsk_err *err)
{
    const char *const parts[] = { entry->prev,   entry->at,     entry->actor,  entry->action,
                                  entry->object, entry->office, entry->detail, entry->key };
    size_t count = TSK_COUNT(parts) - (entry->key[0] == '\0'); /* as it was before there were keys */
    struct tsk_buf buf = TSK_BUF(ENTRY_BYTES_MAX);
    int rc = 0;

    tsk_buf_printf(&buf, PRINTED "\n", entry->seq);
    for (size_t i = 0; i < count; i++)
        tsk_buf_printf(&buf, "%zu:%s\n", strlen(parts[i]), parts[i]);
    if (buf.failed)
        rc = tsk_fail(err, TSK_REJECT, 0, "an audit entry of more than %d bytes was refused", ENTRY_BYTES_MAX);
    else if (entry->key[0] != '\0')
        rc = keyed_hash(out, entry, &buf, vault, err);
    else
        tsk_sha256_hex(buf.data, buf.len, out);
    tsk_buf_free(&buf);
    return rc;
}

static int read_head(struct tsk_audit_head *head, struct tsk_store *store, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(4096);
    struct tsk_rows *rows = NULL;
    int rc = arena == NULL
                 ? tsk_fail(err, TSK_RETRY, 0, "no memory to read the audit chain")
                 : tsk_sql_query(&rows, store, arena, err, "SELECT seq, hash FROM audit_head WHERE one = 1", "");

    *head = (struct tsk_audit_head){ .seq = 0 };
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        head->seq = tsk_sql_int(rows);
        snprintf(head->hash, sizeof head->hash, "%s", tsk_sql_text(rows));
        rc = 0;
    } else if (rc == 0) {
        rc = tsk_fail(err, TSK_HOLD, 0, "the head of the audit chain is missing; the store was changed from outside");
    }
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    return rc;
}

int tsk_audit_last(struct tsk_audit_head *head, struct tsk_store *store, struct tsk_err *err)
{
    return read_head(head, store, err);
}

/* Is the last entry keyed? 1, 0 (or there is none), -1. */
static int is_keyed(struct tsk_store *store, struct tsk_err *err)
{
    int64_t keyed = 0;
    int rc =
        tsk_sql_number(&keyed, store, err, "SELECT a.key_id <> '' FROM audit a JOIN audit_head h ON a.seq = h.seq", "");

    return rc < 0 ? -1 : keyed != 0;
}

static int append(struct tsk_store *store, const struct entry *content, struct tsk_err *err)
{
    struct entry linked = *content;
    const struct entry *entry = &linked;
    struct tsk_vault *vault = tsk_store_vault(store);
    struct tsk_audit_head head;
    char hash[TSK_SHA256_HEX], key[TSK_KEY_ID_SIZE] = "";

    if (read_head(&head, store, err) != 0 || (vault != NULL && tsk_vault_refresh(vault, err) != 0))
        return -1;
    if (vault != NULL)
        snprintf(key, sizeof key, "%s", tsk_vault_id(vault, 0));
    linked.seq = head.seq + 1;
    linked.prev = head.hash;
    linked.key = key;
    if (hash_of(hash, entry, vault, err) != 0 ||
        tsk_sql_run(store, err,
                    "INSERT INTO audit (seq, prev_hash, at, actor, action, object, office_id, detail, hash, key_id) "
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                    "isssssssss", entry->seq, entry->prev, entry->at, entry->actor, entry->action, entry->object,
                    entry->office, entry->detail, hash, entry->key) != 0)
        return -1;
    return tsk_sql_run(store, err, "UPDATE audit_head SET seq = ?1, hash = ?2 WHERE one = 1", "is", entry->seq, hash);
}

/* The first keyed entry says up to where the chain was without keys; its own hash holds that part fast. */
static int switch_over(struct tsk_store *store, const char *now, struct tsk_err *err)
{
    struct entry entry = {
        .at = now, .actor = "tasuki", .action = "audit.keyed", .object = "audit", .office = TSK_SITE
    };
    struct tsk_audit_head head;
    char detail[64];

    if (read_head(&head, store, err) != 0)
        return -1;
    if (head.seq == 0)
        return 0;
    snprintf(detail, sizeof detail, "entries 1 to " PRINTED " are without a key", head.seq);
    entry.detail = detail;
    return append(store, &entry, err);
}

static int append_keyed(struct tsk_store *store, const struct entry *entry, struct tsk_err *err)
{
    int keyed = is_keyed(store, err);

    if (keyed < 0)
        return -1;
    if (keyed && tsk_store_vault(store) == NULL)
        return tsk_fail(err, TSK_STOP, 0,
                        "the audit chain is keyed, and no key is in place; nothing was changed (docs/keys.md)");
    if (!keyed && tsk_store_vault(store) != NULL && switch_over(store, entry->at, err) != 0)
        return -1;
    return append(store, entry, err);
}

int tsk_audit_add(struct tsk_store *store, const char *office, const char *actor, const char *action,
                  const char *object, const char *detail, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    struct entry entry = { .actor = actor, .action = action, .object = object, .office = office, .detail = detail };
    struct tsk_part part;

    entry.at = tsk_now(now);
    if (entry.actor == NULL || *entry.actor == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "nobody is named who does this; give --by NAME");
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, append_keyed(store, &entry, err), err);
}

int tsk_audit_repeat(int64_t *seq, struct tsk_store *store, const struct tsk_audit_entry *old, struct tsk_err *err)
{
    struct entry entry = { .at = old->at,
                           .actor = old->actor,
                           .action = old->action,
                           .object = old->object,
                           .office = old->office,
                           .detail = old->detail };
    struct tsk_part part;
    int rc;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    rc = append_keyed(store, &entry, err);
    if (rc == 0)
        rc = tsk_sql_number(seq, store, err, "SELECT seq FROM audit_head WHERE one = 1", "") == 1 ? 0 : -1;
    return tsk_part_end(&part, rc, err);
}

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_audit_entry *entry = item;

    entry->seq = tsk_sql_int(rows);
    entry->at = tsk_sql_text(rows);
    entry->office = tsk_sql_text(rows);
    entry->actor = tsk_sql_text(rows);
    entry->action = tsk_sql_text(rows);
    entry->object = tsk_sql_text(rows);
    entry->detail = tsk_sql_text(rows);
    entry->hash = tsk_sql_text(rows);
}

int tsk_audit_list(struct tsk_audit_entries *out, struct tsk_store *store, const struct tsk_scope *scope,
                   const char *object, int limit, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT seq, at, office_id, actor, action, object, detail, hash FROM audit "
                           "WHERE " SCOPE("office_id") " AND (?2 IS NULL OR object = ?2) ORDER BY seq DESC LIMIT ?3",
                           "csi", scope, object, (int64_t)(limit > 0 ? limit : 1000));

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

int tsk_audit_find(struct tsk_audit_entries *out, struct tsk_store *store, const struct tsk_scope *scope,
                   const struct tsk_audit_filter *filter, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT seq, at, office_id, actor, action, object, detail, hash FROM audit "
        "WHERE " SCOPE(
            "office_id") " AND (?2 = 0 OR seq < ?2) AND (?3 IS NULL OR object = ?3) "
                         "AND (?4 IS NULL OR actor = ?4) AND (?5 IS NULL OR substr(action, 1, length(?5)) = ?5) "
                         "AND (?6 IS NULL OR at >= ?6) AND (?7 IS NULL OR at < ?7) ORDER BY seq DESC LIMIT ?8",
        "cisssssi", scope, filter->before, filter->object, filter->actor, filter->action, filter->from, filter->to,
        (int64_t)(filter->limit > 0 ? filter->limit : 1000));

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

int tsk_audit_since(struct tsk_audit_entries *out, int64_t *last, struct tsk_store *store, int64_t after, int limit,
                    struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;

    *last = 0;
    if (tsk_sql_number(last, store, err, "SELECT seq FROM audit_head WHERE one = 1", "") < 0)
        return -1;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT seq, at, office_id, actor, action, object, detail, hash FROM audit "
                           "WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                           "ii", after, (int64_t)limit);
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

static int broken(struct tsk_err *err, int64_t seq, const char *how)
{
    return tsk_fail(err, TSK_HOLD, 0, "audit entry " PRINTED " %s; the chain is whole up to entry " PRINTED, seq, how,
                    seq - 1);
}

/* From entry to entry. */
struct walk {
    struct tsk_store *store;
    struct tsk_audit_head last;
    const struct tsk_audit_head *known; /* heads that were noted elsewhere */
    size_t known_count;
    bool keyed; /* an entry was */
};

/* One entry against the one before it. last is moved on. */
static int check_entry(const struct entry *entry, struct walk *walk, struct tsk_err *err)
{
    struct tsk_audit_head *last = &walk->last;
    char hash[TSK_SHA256_HEX];

    if (entry->seq != last->seq + 1)
        return broken(err, last->seq + 1, "is missing");
    if (strcmp(entry->prev, last->hash) != 0)
        return broken(err, entry->seq,
                      "does not follow the one before it (an entry was put in, or the one before was replaced)");
    if (walk->keyed && entry->key[0] == '\0')
        return broken(err, entry->seq, "is not keyed, while those before it are (it was put in without the key)");
    if (hash_of(hash, entry, tsk_store_vault(walk->store), err) != 0)
        return -1;
    if (strcmp(hash, entry->hash) != 0)
        return broken(err, entry->seq, "was changed");
    for (size_t i = 0; i < walk->known_count; i++)
        if (walk->known[i].seq == entry->seq && strcmp(walk->known[i].hash, hash) != 0)
            return broken(err, entry->seq, "is not the one that was noted (the chain was written anew)");
    walk->keyed = walk->keyed || entry->key[0] != '\0';
    last->seq = entry->seq;
    memcpy(last->hash, hash, sizeof hash);
    return 0;
}

static void fill_entry(struct entry *entry, struct tsk_rows *rows)
{
    entry->seq = tsk_sql_int(rows);
    entry->prev = tsk_sql_text(rows);
    entry->at = tsk_sql_text(rows);
    entry->actor = tsk_sql_text(rows);
    entry->action = tsk_sql_text(rows);
    entry->object = tsk_sql_text(rows);
    entry->office = tsk_sql_text(rows);
    entry->detail = tsk_sql_text(rows);
    entry->hash = tsk_sql_text(rows);
    entry->key = tsk_sql_text(rows);
}

/* Checks the next entries, some at a time so that a long chain needs no long memory. 1 = more may follow, 0 = end, -1. */
static int check_some(struct walk *walk, struct tsk_err *err)
{
    enum { SOME = 500 };
    struct tsk_arena *arena = tsk_arena_new(ROW_ARENA_BYTES + (size_t)SOME * ENTRY_BYTES_MAX);
    struct tsk_rows *rows = NULL;
    int seen = 0;
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to check the audit chain")
                           : tsk_sql_query(&rows, walk->store, arena, err,
                                           "SELECT seq, prev_hash, at, actor, action, object, office_id, detail, hash, "
                                           "key_id FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                                           "ii", walk->last.seq, (int64_t)SOME);

    while (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        struct entry entry;
        fill_entry(&entry, rows);
        rc = check_entry(&entry, walk, err);
        seen++;
    }
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    return rc != 0 ? rc : seen == SOME;
}

static int verify_end(const struct walk *walk, const struct tsk_audit_head *head, struct tsk_err *err)
{
    bool cut = walk->last.seq < head->seq;

    for (size_t i = 0; i < walk->known_count; i++)
        cut = cut || walk->last.seq < walk->known[i].seq;
    if (cut)
        return broken(err, walk->last.seq + 1, "and everything after it is missing (the end was cut)");
    if (walk->last.seq != head->seq || strcmp(walk->last.hash, head->hash) != 0)
        return broken(err, walk->last.seq, "is not the last one that was written");
    return 0;
}

static int verify_chain(struct tsk_audit_head *head, struct walk *walk, struct tsk_err *err)
{
    int64_t first = 0;
    int rc;

    if (read_head(head, walk->store, err) != 0)
        return -1;
    rc = tsk_sql_number(&first, walk->store, err, "SELECT seq FROM audit WHERE seq < 1 ORDER BY seq LIMIT 1", "");
    if (rc == 1)
        return tsk_fail(err, TSK_HOLD, 0, "audit entry " PRINTED " stands before the first one; it was put in", first);
    if (rc < 0)
        return -1;
    while ((rc = check_some(walk, err)) == 1)
        ;
    return rc != 0 ? -1 : verify_end(walk, head, err);
}

int tsk_audit_verify_noted(struct tsk_audit_head *head, struct tsk_store *store, const struct tsk_audit_head *noted,
                           size_t count, struct tsk_err *err)
{
    struct walk walk = { .store = store, .known = noted, .known_count = count };
    struct tsk_part part;

    if (tsk_part_start(&part, store, err) != 0) /* head and chain of one instant */
        return -1;
    return tsk_part_end(&part, verify_chain(head, &walk, err), err);
}

int tsk_audit_verify(struct tsk_audit_head *head, struct tsk_store *store, const struct tsk_audit_head *known,
                     struct tsk_err *err)
{
    return tsk_audit_verify_noted(head, store, known, known != NULL, err);
}

int tsk_audit_key(struct tsk_store *store, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    struct tsk_part part;
    int keyed;

    if (tsk_store_vault(store) == NULL)
        return 0;
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    keyed = is_keyed(store, err);
    return tsk_part_end(&part, keyed != 0 ? keyed < 0 ? -1 : 0 : switch_over(store, tsk_now(now), err), err);
}
