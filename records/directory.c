#include "records/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "records/audit.h"
#include "records/directory_new.h"
#include "records/sql.h"

#define NUMBERS_ARENA_BYTES ((size_t)4 << 20)

static const char *const verified_names[] = { "unverified", "proposed", "verified" };
static const char *const preferences[] = { "each", "digest", "none" };
static const char *const ways[] = { "test-fax", "letterhead", "phone" };
static const char *const channels[] = { "fax", "email" };

const char *tsk_verified_name(enum tsk_verified verified)
{
    return verified_names[verified];
}

const char *tsk_notice_preference_name(enum tsk_notice_preference notice)
{
    return preferences[notice];
}

bool tsk_institution_verified(const struct tsk_institution *institution, const char *channel)
{
    if (strcmp(channel, "fax") == 0)
        return *institution->fax != '\0' && institution->fax_verified == TSK_VERIFIED;
    if (strcmp(channel, "email") == 0)
        return *institution->email != '\0' && institution->email_verified == TSK_VERIFIED;
    return strcmp(channel, "letter") == 0 && tsk_institution_takes_letters(institution);
}

bool tsk_institution_takes_letters(const struct tsk_institution *institution)
{
    return institution->agreed_at != NULL && *institution->agreed_at != '\0' &&
           tsk_institution_verified(institution, "email");
}

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_institution *entry = item;

    entry->id = tsk_sql_int(rows);
    entry->office = tsk_sql_text(rows);
    entry->kind = tsk_sql_text(rows);
    entry->name = tsk_sql_text(rows);
    entry->department = tsk_sql_text(rows);
    entry->ward = tsk_sql_text(rows);
    entry->fax = tsk_sql_text(rows);
    entry->email = tsk_sql_text(rows);
    entry->phone = tsk_sql_text(rows);
    entry->fax_verified =
        (enum tsk_verified)tsk_name_index(verified_names, TSK_COUNT(verified_names), tsk_sql_text(rows));
    entry->email_verified =
        (enum tsk_verified)tsk_name_index(verified_names, TSK_COUNT(verified_names), tsk_sql_text(rows));
    entry->can_open_links = tsk_sql_int(rows) != 0;
    entry->notice = (enum tsk_notice_preference)tsk_name_index(preferences, TSK_COUNT(preferences), tsk_sql_text(rows));
    entry->fax_station = tsk_sql_text(rows);
    entry->fax_hours = tsk_sql_text(rows);
    entry->webhook = tsk_sql_text(rows);
    entry->agreed_at = tsk_sql_text(rows);
    entry->agreed_how = tsk_sql_text(rows);
    entry->agreed_with = tsk_sql_text(rows);
    entry->agreed_by = tsk_sql_text(rows);
}

#define INSTITUTIONS                                                                                                   \
    "SELECT i.id, i.office_id, kind, name, department, ward, fax, email, phone, fax_state, email_state, "              \
    "can_open_links, "                                                                                                 \
    "notice, fax_station, fax_hours, webhook, coalesce(p.at, ''), coalesce(p.how, ''), coalesce(p.told_to, ''), "      \
    "coalesce(p.by, '') FROM institutions i LEFT JOIN passphrases p ON p.institution_id = i.id WHERE " SCOPE(          \
        "i.office_id")

/* NULL stays NULL: any. */
static int key_of(char **key, const char *text, struct tsk_err *err)
{
    *key = NULL;
    if (text != NULL && (*key = tsk_compare_key(text)) == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to look into the directory");
    return 0;
}

int tsk_directory_list(struct tsk_institutions *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const struct tsk_institution_filter *filter, struct tsk_arena *arena, struct tsk_err *err)
{
    static const struct tsk_institution_filter every = { .kind = NULL };
    const struct tsk_institution_filter *by = filter != NULL ? filter : &every;
    struct tsk_rows *rows = NULL;
    char *name = NULL;
    char *department = NULL;
    int rc = -1;

    *out = (struct tsk_institutions){ .count = 0 };
    if (key_of(&name, by->name, err) != 0 || key_of(&department, by->department, err) != 0)
        goto out;
    rc = tsk_sql_query(&rows, store, arena, err,
                       INSTITUTIONS " AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR name_key = ?3) "
                                    "AND (?4 IS NULL OR department_key = ?4) AND (?5 IS NULL OR ward = ?5) "
                                    "AND (?6 IS NULL OR i.office_id = ?6) ORDER BY i.office_id, i.id",
                       "csssss", scope, by->kind, name, department, by->ward, by->office);
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
out:
    free(name);
    free(department);
    return rc;
}

int tsk_directory_find(struct tsk_institution *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                       struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    size_t count = 0;
    int rc = tsk_sql_query(&rows, store, arena, err, INSTITUTIONS " AND i.id = ?2", "ci", scope, id);
    struct tsk_institution *found = tsk_sql_collect(&count, sizeof *found, fill, &rows, &rc, err);

    if (rc != 0)
        return -1;
    if (found == NULL) {
        tsk_fail(err, TSK_REJECT, 0, "there is no directory entry %lld", (long long)id);
        return -1;
    }
    *out = *found;
    return 0;
}

/* Who proposed the value that stands proposed now. */
static int proposer(char *out, size_t size, struct tsk_store *store, int64_t id, const char *channel,
                    struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, store, arena, err,
                      "SELECT by FROM verifications WHERE institution_id = ?1 AND channel = ?2 AND result = 'proposed' "
                      "ORDER BY id DESC LIMIT 1",
                      "is", id, channel);

    *out = '\0';
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        snprintf(out, size, "%s", tsk_sql_text(rows));
        rc = 0;
    }
    tsk_sql_end(&rows);
    return rc;
}

/* Two spellings of one name (full-width, spaces) are one person. */
static bool same_person(const char *a, const char *b)
{
    char *first = tsk_compare_key(a);
    char *second = tsk_compare_key(b);
    bool same = first == NULL || second == NULL || strcmp(first, second) == 0;

    free(first);
    free(second);
    return same;
}

static int put_verification(struct tsk_store *store, const struct tsk_institution *entry, bool fax, const char *how,
                            const char *by, enum tsk_verified result, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    char object[40];
    char detail[96];
    const char *channel = channels[fax ? 0 : 1];

    if (tsk_sql_run(store, err,
                    "INSERT INTO verifications (office_id, institution_id, channel, value, how, by, at, result) "
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    "sissssss", entry->office, entry->id, channel, fax ? entry->fax : entry->email, how, by,
                    tsk_now(now), verified_names[result]) != 0)
        return -1;
    int rc = fax ? tsk_sql_run(store, err, "UPDATE institutions SET fax_state = ?2 WHERE id = ?1", "is", entry->id,
                               verified_names[result])
                 : tsk_sql_run(store, err, "UPDATE institutions SET email_state = ?2 WHERE id = ?1", "is", entry->id,
                               verified_names[result]);
    if (rc != 0)
        return -1;
    snprintf(object, sizeof object, "institution:%lld", (long long)entry->id);
    snprintf(detail, sizeof detail, "channel=%s how=%s result=%s", channel, how, verified_names[result]);
    return tsk_audit_add(store, entry->office, by, "directory.verify", object, detail, err);
}

static int verify(enum tsk_verified *result, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                  const char *channel, const char *how, const char *by, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_institution entry = { 0 };
    char first[256];
    bool fax = strcmp(channel, "fax") == 0;

    if (tsk_directory_find(&entry, store, scope, id, arena, err) != 0)
        return -1;
    enum tsk_verified state = fax ? entry.fax_verified : entry.email_verified;
    if (*(fax ? entry.fax : entry.email) == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "directory entry %lld has no %s", (long long)id,
                        fax ? "fax number" : "e-mail address");
    if (state == TSK_VERIFIED)
        return tsk_fail(err, TSK_REJECT, 0, "the %s of directory entry %lld is verified already", channel,
                        (long long)id);
    *result = TSK_PROPOSED;
    if (state == TSK_PROPOSED) {
        if (proposer(first, sizeof first, store, id, channel, arena, err) != 0)
            return -1;
        if (same_person(first, by))
            return tsk_fail(err, TSK_REJECT, 0,
                            "%s has verified the %s of directory entry %lld; a second person must do it now", by,
                            channel, (long long)id);
        *result = TSK_VERIFIED;
    }
    return put_verification(store, &entry, fax, how, by, *result, err);
}

int tsk_directory_verify(enum tsk_verified *result, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                         const char *channel, const char *how, const char *by, struct tsk_err *err)
{
    struct tsk_part part;

    *result = TSK_UNVERIFIED;
    if (tsk_name_index(channels, TSK_COUNT(channels), channel) < 0)
        return tsk_fail(err, TSK_REJECT, 0, "what is verified is fax or email, not \"%s\"",
                        channel != NULL ? channel : "");
    if (tsk_name_index(ways, TSK_COUNT(ways), how) < 0)
        return tsk_fail(err, TSK_REJECT, 0, "it is verified by test-fax, letterhead or phone, not \"%s\"",
                        how != NULL ? how : "");
    char *who = by != NULL ? tsk_compare_key(by) : NULL;
    bool nobody = who == NULL || *who == '\0';
    free(who);
    if (nobody)
        return tsk_fail(err, TSK_REJECT, 0, "a verification needs the name of who did it");
    struct tsk_arena *arena = tsk_arena_new(65536);
    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to verify a directory entry");
    int rc = tsk_part_start(&part, store, err);
    if (rc == 0)
        rc = tsk_part_end(&part, verify(result, store, scope, id, channel, how, by, arena, err), err);
    tsk_arena_free(&arena);
    return rc;
}

static void fill_verification(void *item, struct tsk_rows *rows)
{
    struct tsk_verification *one = item;

    one->channel = tsk_sql_text(rows);
    one->value = tsk_sql_text(rows);
    one->how = tsk_sql_text(rows);
    one->by = tsk_sql_text(rows);
    one->at = tsk_sql_text(rows);
    int result = tsk_name_index(verified_names, TSK_COUNT(verified_names), tsk_sql_text(rows));
    one->result = result < 0 ? TSK_UNVERIFIED : (enum tsk_verified)result; /* lapsed: the value changed afterwards */
}

int tsk_directory_verifications(struct tsk_verifications *out, struct tsk_store *store, const struct tsk_scope *scope,
                                int64_t id, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT channel, value, how, by, at, result FROM verifications "
                           "WHERE " SCOPE("office_id") " AND institution_id = ?2 ORDER BY id",
                           "ci", scope, id);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_verification, &rows, &rc, err);
    return rc;
}

static int prefer(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, enum tsk_notice_preference notice,
                  bool can_open_links, const char *by, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_institution entry = { 0 };
    char object[40];
    char detail[64];

    if (tsk_directory_find(&entry, store, scope, id, arena, err) != 0 ||
        tsk_sql_run(store, err, "UPDATE institutions SET notice = ?2, can_open_links = ?3 WHERE id = ?1", "isi", id,
                    preferences[notice], (int64_t)can_open_links) != 0)
        return -1;
    snprintf(object, sizeof object, "institution:%lld", (long long)id);
    snprintf(detail, sizeof detail, "notice=%s links=%s", preferences[notice], can_open_links ? "yes" : "no");
    return tsk_audit_add(store, entry.office, by, "directory.set", object, detail, err);
}

int tsk_directory_prefer(struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                         enum tsk_notice_preference notice, bool can_open_links, const char *by, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(65536);
    struct tsk_part part;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to change a directory entry");
    int rc = tsk_part_start(&part, store, err);
    if (rc == 0)
        rc = tsk_part_end(&part, prefer(store, scope, id, notice, can_open_links, by, arena, err), err);
    tsk_arena_free(&arena);
    return rc;
}

enum fact { FAX_STATION, FAX_HOURS, FAX_DOUBT, WEBHOOK };

static int note_fact(struct tsk_store *store, const struct tsk_institution *entry, enum fact fact, const char *value,
                     const char *by, struct tsk_err *err)
{
    static const char *const actions[] = { "directory.fax_station", "directory.fax_hours", "directory.fax_doubt",
                                           "directory.webhook" };
    char object[40], now[TSK_STAMP_SIZE];
    int rc = -1;

    if (fact == FAX_STATION)
        rc = tsk_sql_run(store, err, "UPDATE institutions SET fax_station = ?2 WHERE id = ?1", "is", entry->id, value);
    else if (fact == FAX_HOURS)
        rc = tsk_sql_run(store, err, "UPDATE institutions SET fax_hours = ?2 WHERE id = ?1", "is", entry->id, value);
    else if (fact == WEBHOOK)
        rc = tsk_sql_run(store, err, "UPDATE institutions SET webhook = ?2 WHERE id = ?1", "is", entry->id, value);
    else if (tsk_sql_run(store, err, "UPDATE institutions SET fax_state = 'unverified' WHERE id = ?1", "i",
                         entry->id) == 0)
        rc = tsk_sql_run(store, err,
                         "INSERT INTO verifications (office_id, institution_id, channel, value, how, by, at, result) "
                         "VALUES (?1, ?2, 'fax', ?3, 'test-fax', ?4, ?5, 'lapsed')",
                         "sisss", entry->office, entry->id, entry->fax, by, tsk_now(now));
    snprintf(object, sizeof object, "institution:%lld", (long long)entry->id);
    return rc != 0 ? -1 : tsk_audit_add(store, entry->office, by, actions[fact], object, value, err);
}

static int change_fact(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, enum fact fact,
                       const char *value, const char *by, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(65536);
    struct tsk_institution entry = { 0 };
    struct tsk_part part;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to change a directory entry");
    int rc = tsk_part_start(&part, store, err);
    if (rc == 0) {
        rc = tsk_directory_find(&entry, store, scope, id, arena, err);
        if (rc == 0)
            rc = note_fact(store, &entry, fact, value, by, err);
        rc = tsk_part_end(&part, rc, err);
    }
    tsk_arena_free(&arena);
    return rc;
}

int tsk_directory_station(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *station,
                          const char *by, struct tsk_err *err)
{
    return change_fact(store, scope, id, FAX_STATION, station, by, err);
}

int tsk_directory_doubt_fax(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *by,
                            struct tsk_err *err)
{
    return change_fact(store, scope, id, FAX_DOUBT, "", by, err);
}

int tsk_directory_fax_hours(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *hours,
                            const char *by, struct tsk_err *err)
{
    return change_fact(store, scope, id, FAX_HOURS, hours, by, err);
}

int tsk_directory_webhook(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *webhook,
                          const char *by, struct tsk_err *err)
{
    return change_fact(store, scope, id, WEBHOOK, webhook, by, err);
}

int tsk_directory_fax_is_verified(bool *out, struct tsk_store *store, const char *office, const char *digits,
                                  struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(NUMBERS_ARENA_BYTES);
    struct tsk_rows *rows = NULL;
    int rc = arena == NULL
                 ? tsk_fail(err, TSK_RETRY, 0, "no memory to look a number up")
                 : tsk_sql_query(&rows, store, arena, err,
                                 "SELECT fax FROM institutions WHERE office_id = ?1 AND fax_state = 'verified'", "s",
                                 office);

    *out = false;
    while (rc == 0 && !*out && (rc = tsk_sql_next(rows, err)) == 1) {
        char *known = tsk_digits_only(tsk_sql_text(rows));
        rc = known == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to look a number up") : 0;
        *out = known != NULL && strcmp(known, digits) == 0;
        free(known);
    }
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    return rc < 0 ? -1 : 0;
}
