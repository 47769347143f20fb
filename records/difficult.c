#include "records/difficult.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "records/account.h"
#include "records/audit.h"
#include "records/case.h"
#include "records/consent.h"
#include "records/directory.h"
#include "records/notice.h"
#include "records/sql.h"

#define MEMORY_MAX ((size_t)16 << 20)
#define SCOPE_NAME "ward_office"

static const char *const ways[] = { "fax", "hand", "viewer" };

/* One change, with a memory and a transaction of its own. */
struct change {
    struct tsk_store *store;
    const struct tsk_scope *scope;
    struct tsk_arena *arena;
    struct tsk_difficult row;
    const struct tsk_difficult *wish;
    const char *by, *words, *why, *who, *how;
    int64_t id;
    struct tsk_err *err;
};

static int whole(struct change *change, int (*run)(struct change *change), struct tsk_err *err)
{
    struct tsk_part part;

    change->err = err;
    if (change->by == NULL || *change->by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "nobody is named who does this");
    if ((change->arena = tsk_arena_new(MEMORY_MAX)) == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a difficult case");
    int rc = tsk_part_start(&part, change->store, err);
    if (rc == 0)
        rc = tsk_part_end(&part, run(change), err);
    tsk_arena_free(&change->arena);
    return rc;
}

static int note(struct change *change, const char *action)
{
    char object[80], detail[80];

    snprintf(object, sizeof object, "case:%s", change->row.case_number);
    snprintf(detail, sizeof detail, "difficult:%lld %s", (long long)change->id, change->row.way);
    return tsk_audit_add(change->store, change->row.office, change->by, action, object, detail, change->err);
}

static int load(struct change *change)
{
    return tsk_difficult_find(&change->row, change->store, change->scope, change->id, change->arena, change->err);
}

static int check_consent(struct change *change, const char *number)
{
    struct tsk_consent consent;

    if (tsk_consent_newest(&consent, change->store, change->scope, number, SCOPE_NAME, change->arena, change->err) != 0)
        return -1;
    return strcmp(consent.state, "recorded") == 0 && !tsk_consent_is_sentence(&consent)
               ? 0
               : tsk_fail(change->err, TSK_REJECT, 0,
                          "consent that names the ward office is not recorded for case %s; record it first (scope "
                          "ward_office)",
                          number);
}

static int check_destination(struct change *change, const struct tsk_difficult *row, struct tsk_institution *to)
{
    if (tsk_directory_find(to, change->store, change->scope, row->institution, change->arena, change->err) != 0)
        return -1;
    if (strcmp(to->kind, "ward_office") != 0 || strcmp(to->office, row->office) != 0)
        return tsk_fail(change->err, TSK_REJECT, 0, "entry %lld is no ward office of this office's directory",
                        (long long)row->institution);
    if (strcmp(row->way, "fax") == 0 && (to->fax_verified != TSK_VERIFIED || *to->fax == '\0'))
        return tsk_fail(change->err, TSK_REJECT, 0, "the fax number of entry %lld is not verified by two persons",
                        (long long)row->institution);
    return 0;
}

static int check_account(struct change *change, const struct tsk_difficult *row, struct tsk_account *account)
{
    struct tsk_date until;

    if (strcmp(row->way, "viewer") != 0)
        return 0;
    if (!tsk_date_parse(row->until, &until) || tsk_date_days(until) < tsk_date_days(tsk_japan_date(tsk_wall_ms())))
        return tsk_fail(change->err, TSK_REJECT, 0, "say until which day the account may look, YYYY-MM-DD");
    if (tsk_account_named(account, change->store, row->account, change->arena, change->err) != 0)
        return -1;
    for (size_t i = 0; i < account->grant_count; i++)
        if (account->grants[i].role != TSK_ROLE_WARD_VIEWER)
            return tsk_fail(change->err, TSK_REJECT, 0,
                            "%s is an account of the office; a ward viewer has no other role", row->account);
    return 0;
}

static int run_propose(struct change *change)
{
    const struct tsk_difficult *wish = change->wish;
    struct tsk_institution to;
    struct tsk_account account = { .name = "" };
    struct tsk_case kase;
    char now[TSK_STAMP_SIZE];

    if (tsk_case_find(&kase, change->store, change->scope, wish->case_number, change->arena, change->err) != 0)
        return -1;
    change->row = *wish;
    change->row.office = kase.office;
    if (tsk_name_index(ways, TSK_COUNT(ways), wish->way) < 0)
        return tsk_fail(change->err, TSK_REJECT, 0, "it goes by fax, hand or viewer");
    if (*wish->why == '\0' || *wish->fields == '\0' || *wish->desk == '\0')
        return tsk_fail(change->err, TSK_REJECT, 0, "say why, which fields, and which 窓口 by name");
    if (check_consent(change, kase.number) != 0 || check_destination(change, &change->row, &to) != 0 ||
        check_account(change, wish, &account) != 0)
        return -1;
    bool viewer = strcmp(wish->way, "viewer") == 0;
    if (tsk_sql_run(change->store, change->err,
                    "INSERT INTO difficult (office_id, case_number, state, why, fields, institution_id, desk, way, "
                    "account, until, proposed, proposed_by) VALUES (?1, ?2, 'proposed', ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
                    "?10, ?11)",
                    "ssssissssss", kase.office, kase.number, wish->why, wish->fields, wish->institution, wish->desk,
                    wish->way, viewer ? account.name : "", viewer ? wish->until : "", tsk_now(now), change->by) != 0)
        return -1;
    change->id = tsk_sql_last_id(change->store);
    return note(change, "difficult.propose");
}

int tsk_difficult_propose(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope,
                          const struct tsk_difficult *wish, const char *by, struct tsk_err *err)
{
    struct change change = { .store = store, .scope = scope, .wish = wish, .by = by };

    if (whole(&change, run_propose, err) != 0)
        return -1;
    *id = change.id;
    return 0;
}

/* The disclosure, as the ledger and the sender see it. */
static int queue(struct change *change, char id[TSK_ID_SIZE], const char *channel, const char *destination)
{
    const char *about = tsk_arena_printf(change->arena, "difficult:%lld", (long long)change->id);
    const char *recipient = tsk_arena_printf(change->arena, "institution:%lld", (long long)change->row.institution);
    const struct tsk_notice_new notice = {
        .office = change->row.office,
        .document = "",
        .case_number = change->row.case_number,
        .about = about != NULL ? about : "difficult",
        .event = "difficult.released",
        .rule = "difficult",
        .recipient = recipient != NULL ? recipient : "institution",
        .kind = TSK_NOTICE_DISCLOSURE,
        .state = TSK_NOTICE_QUEUED,
        .reason = "",
        .channel = channel,
        .destination = destination,
        .subject = "支援が難しい事例について",
        .body = strcmp(channel, "fax") == 0 ? change->row.words : "",
        .batch = "",
    };

    return tsk_notice_queue(id, NULL, change->store, &notice, change->err);
}

/* Told by a person or an account: the disclosure has happened with this change. */
static int told(struct change *change, const char *how)
{
    char id[TSK_ID_SIZE] = "";

    return queue(change, id, "other", change->row.desk) != 0 ||
                   tsk_notice_told(change->store, change->scope, id, 0, how, change->by, change->err) != 0 ||
                   tsk_sql_run(change->store, change->err,
                               "UPDATE difficult SET state = 'told', notice = ?2 WHERE id = ?1", "is", change->id,
                               id) != 0
               ? -1
               : 0;
}

static int give(struct change *change, const struct tsk_institution *to, const struct tsk_account *account)
{
    char id[TSK_ID_SIZE] = "";

    if (strcmp(change->row.way, "fax") == 0)
        return queue(change, id, "fax", to->fax) != 0 ||
                       tsk_sql_run(change->store, change->err,
                                   "UPDATE difficult SET state = 'told', notice = ?2 WHERE id = ?1", "is", change->id,
                                   id) != 0
                   ? -1
                   : 0;
    if (strcmp(change->row.way, "viewer") == 0) {
        const struct tsk_grant grant = { .role = TSK_ROLE_WARD_VIEWER,
                                         .office = change->row.office,
                                         .case_number = change->row.case_number,
                                         .until = change->row.until };
        const char *how =
            tsk_arena_printf(change->arena, "閲覧用アカウント %s（%s まで）", change->row.account, change->row.until);
        return tsk_account_grant(change->store, account->id, &grant, change->by, change->err) != 0 ||
                       told(change, how != NULL ? how : "閲覧用アカウント") != 0
                   ? -1
                   : 0;
    }
    return 0; /* by hand: when it was handed over */
}

static int run_release(struct change *change)
{
    struct tsk_institution to;
    struct tsk_account account = { .id = 0 };
    char now[TSK_STAMP_SIZE];

    if (load(change) != 0)
        return -1;
    if (strcmp(change->row.state, "proposed") != 0)
        return tsk_fail(change->err, TSK_REJECT, 0, "it is %s already", change->row.state);
    if (strcmp(change->row.proposed_by, change->by) == 0)
        return tsk_fail(change->err, TSK_REJECT, 0, "a second person releases what %s proposed", change->by);
    if (*change->words == '\0')
        return tsk_fail(change->err, TSK_REJECT, 0, "nothing would be told: no confirmed sheet has these fields");
    if (check_consent(change, change->row.case_number) != 0 || check_destination(change, &change->row, &to) != 0 ||
        check_account(change, &change->row, &account) != 0 ||
        tsk_sql_run(change->store, change->err,
                    "UPDATE difficult SET state = 'released', words = ?2, decided = ?3, decided_by = ?4 WHERE id = ?1",
                    "isss", change->id, change->words, tsk_now(now), change->by) != 0)
        return -1;
    change->row.words = change->words;
    return give(change, &to, &account) != 0 ? -1 : note(change, "difficult.release");
}

int tsk_difficult_release(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *words,
                          const char *by, struct tsk_err *err)
{
    struct change change = { .store = store, .scope = scope, .id = id, .words = words, .by = by };

    return whole(&change, run_release, err);
}

static int take_back(struct change *change)
{
    const struct tsk_grant grant = { .role = TSK_ROLE_WARD_VIEWER,
                                     .office = change->row.office,
                                     .case_number = change->row.case_number,
                                     .until = change->row.until };
    struct tsk_account account;
    bool was_out = false;
    const char *notice = NULL;
    struct tsk_rows *rows = NULL;

    if (strcmp(change->row.way, "viewer") == 0)
        return tsk_account_named(&account, change->store, change->row.account, change->arena, change->err) != 0
                   ? -1
                   : tsk_account_revoke(change->store, account.id, &grant, change->by, change->err);
    int rc = tsk_sql_query(&rows, change->store, change->arena, change->err,
                           "SELECT notice FROM difficult WHERE id = ?1 AND notice <> ''", "i", change->id);
    if (rc == 0 && (rc = tsk_sql_next(rows, change->err)) == 1)
        notice = tsk_sql_text(rows);
    tsk_sql_end(&rows);
    if (rc < 0 || notice == NULL)
        return rc < 0 ? -1 : 0;
    return tsk_notice_withdraw(&was_out, change->store, change->scope, notice, change->why, change->err);
}

static int run_end(struct change *change)
{
    char now[TSK_STAMP_SIZE];

    if (load(change) != 0)
        return -1;
    if (*change->why == '\0')
        return tsk_fail(change->err, TSK_REJECT, 0, "say why");
    if (strcmp(change->row.state, "proposed") == 0) /* the one who proposed may take it back: then nobody decided */
        return tsk_sql_run(change->store, change->err,
                           "UPDATE difficult SET state = 'refused', decided = ?2, decided_by = CASE WHEN proposed_by = "
                           "?3 THEN '' ELSE ?3 END, decided_why = ?4 WHERE id = ?1",
                           "isss", change->id, tsk_now(now), change->by, change->why) != 0
                   ? -1
                   : note(change, "difficult.refuse");
    if (strcmp(change->row.state, "refused") == 0 || strcmp(change->row.state, "ended") == 0)
        return tsk_fail(change->err, TSK_REJECT, 0, "it is %s already", change->row.state);
    if (take_back(change) != 0 ||
        tsk_sql_run(change->store, change->err, "UPDATE difficult SET state = 'ended', decided_why = ?2 WHERE id = ?1",
                    "is", change->id, change->why) != 0)
        return -1;
    return note(change, "difficult.end");
}

int tsk_difficult_end(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *why,
                      const char *by, struct tsk_err *err)
{
    struct change change = { .store = store, .scope = scope, .id = id, .why = why, .by = by };

    return whole(&change, run_end, err);
}

static int run_handed(struct change *change)
{
    if (load(change) != 0 || check_consent(change, change->row.case_number) != 0)
        return -1;
    if (strcmp(change->row.way, "hand") != 0 || strcmp(change->row.state, "released") != 0)
        return tsk_fail(change->err, TSK_REJECT, 0, "it is not released to be handed over");
    const char *how = tsk_arena_printf(change->arena, "手渡し: %s", change->who);
    return told(change, how != NULL ? how : "手渡し") != 0 ? -1 : note(change, "difficult.handed");
}

int tsk_difficult_handed(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *whom,
                         const char *by, struct tsk_err *err)
{
    struct change change = { .store = store, .scope = scope, .id = id, .who = whom, .by = by };

    return whole(&change, run_handed, err);
}

static int run_read(struct change *change)
{
    char now[TSK_STAMP_SIZE];

    if (load(change) != 0)
        return -1;
    if (strcmp(change->row.state, "read") == 0)
        return 0;
    if (strcmp(change->row.state, "told") != 0)
        return tsk_fail(change->err, TSK_REJECT, 0, "it was not told to anybody");
    if (*change->who == '\0')
        return tsk_fail(change->err, TSK_REJECT, 0, "say who has read it");
    if (tsk_sql_run(change->store, change->err,
                    "UPDATE difficult SET state = 'read', read_at = ?2, read_by = ?3, read_how = ?4 WHERE id = ?1",
                    "isss", change->id, tsk_now(now), change->who, change->how) != 0)
        return -1;
    return note(change, "difficult.read");
}

int tsk_difficult_read(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *who,
                       const char *how, const char *by, struct tsk_err *err)
{
    struct change change = { .store = store, .scope = scope, .id = id, .who = who, .how = how, .by = by };

    return whole(&change, run_read, err);
}

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_difficult *d = item;
    const char **const texts[] = {
        &d->office,      &d->case_number, &d->state,   &d->why,      &d->fields,          &d->desk,    &d->way,
        &d->account,     &d->until,       &d->words,   &d->proposed, &d->proposed_by,     &d->decided, &d->decided_by,
        &d->decided_why, &d->read_at,     &d->read_by, &d->read_how, &d->institution_name
    };

    d->id = tsk_sql_int(rows);
    d->institution = tsk_sql_int(rows);
    for (size_t i = 0; i < TSK_COUNT(texts); i++)
        *texts[i] = tsk_sql_text(rows);
}

int tsk_difficult_list(struct tsk_difficults *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const struct tsk_difficult_filter *f, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT d.id, d.institution_id, d.office_id, d.case_number, d.state, d.why, d.fields, d.desk, d.way, "
        "d.account, "
        "d.until, d.words, d.proposed, d.proposed_by, d.decided, d.decided_by, d.decided_why, d.read_at, d.read_by, "
        "d.read_how, i.name FROM difficult d JOIN institutions i ON i.id = d.institution_id WHERE " SCOPE(
            "d.office_id") " AND (?2 IS NULL OR d.case_number = ?2) AND (?3 IS NULL OR d.office_id = ?3) AND (?4 IS "
                           "NULL OR d.account = ?4) AND (?5 = 0 OR d.id = ?5) AND (?6 = 0 OR d.state IN ('proposed', "
                           "'released', 'told')) ORDER BY d.id DESC LIMIT 500",
        "csssii", scope, f->case_number, f->office, f->account, f->id, (int64_t)f->open);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

int tsk_difficult_find(struct tsk_difficult *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                       struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_difficult_filter filter = { .id = id };
    struct tsk_difficults found = { .count = 0 };

    *out = (struct tsk_difficult){ .state = "", .way = "" };
    if (id > 0 && tsk_difficult_list(&found, store, scope, &filter, arena, err) != 0)
        return -1;
    if (found.count == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no difficult case %lld", (long long)id);
    *out = found.items[0];
    return 0;
}
