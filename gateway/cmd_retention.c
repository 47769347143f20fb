/*
 * tasuki retention - what is due to go, who proposed and approved it, and the certificate of what went
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "gateway/retention.h"
#include "gateway/session.h"

static const struct tsk_due_filter any = { .office = NULL };

static const char *kept(struct tsk_session *session, const struct tsk_due *due)
{
    return due->disposal != 0        ? tsk_session_text(session, "in list %lld", (long long)due->disposal)
           : *due->hindrance != '\0' ? due->hindrance
                                     : "free to go";
}

static void add_rows(struct tsk_session *session, struct tsk_table *table, const struct tsk_dues *dues, bool open)
{
    for (size_t i = 0; i < dues->count; i++) {
        const struct tsk_due *due = &dues->items[i];
        tsk_table_row(table, due->subject.kind, due->subject.id, due->office,
                      strlen(due->completed) > TSK_DATE_SIZE ? tsk_session_when(session, due->completed)
                                                             : due->completed,
                      open ? "-" : due->until, open ? "never closed" : kept(session, due));
    }
}

static int run_list(struct tsk_session *session)
{
    static const char *const headings[] = { "kind", "id", "office", "completed", "kept until", "state", NULL };
    struct tsk_dues due, forgotten;
    struct tsk_table *table;

    if (tsk_retention_due(&due, session->store, &session->scope, &any, session->arena, &session->err) != 0 ||
        tsk_retention_forgotten(&forgotten, session->store, &session->scope, &any, session->arena, &session->err) != 0)
        return -1;
    table = tsk_table_new(headings);
    add_rows(session, table, &due, false);
    add_rows(session, table, &forgotten, true);
    return tsk_session_print(session, &table);
}

static int run_lists(struct tsk_session *session)
{
    static const char *const headings[] = { "list",     "office",     "state",  "cases", "documents", "incidents",
                                            "proposed", "decided by", "purged", "left",  NULL };
    struct tsk_disposals found;
    struct tsk_table *table;

    if (tsk_disposal_list(&found, session->store, &session->scope, NULL, session->arena, &session->err) != 0)
        return -1;
    table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_disposal *d = &found.items[i];
        tsk_table_row(table, tsk_session_text(session, "%lld", (long long)d->id), d->office, d->state,
                      tsk_session_text(session, "%d", d->cases), tsk_session_text(session, "%d", d->documents),
                      tsk_session_text(session, "%d", d->incidents),
                      tsk_session_text(session, "%s by %s", tsk_session_when(session, d->proposed), d->proposed_by),
                      d->decided_by, tsk_session_text(session, "%d", d->purged),
                      tsk_session_text(session, "%d", d->left));
    }
    return tsk_session_print(session, &table);
}

static int list_id(int64_t *id, struct tsk_session *session)
{
    return tsk_session_id(session, session->argv[0], "list of disposal", id);
}

static int run_show(struct tsk_session *session)
{
    static const char *const headings[] = { "kind", "id", "kept until", "state", "reason", NULL };
    struct tsk_disposal_items items;
    struct tsk_disposal disposal;
    struct tsk_table *table;
    int64_t id;

    if (list_id(&id, session) != 0 ||
        tsk_disposal_find(&disposal, session->store, &session->scope, id, session->arena, &session->err) != 0 ||
        tsk_disposal_items(&items, session->store, &session->scope, id, session->arena, &session->err) != 0)
        return -1;
    table = tsk_table_new(headings);
    for (size_t i = 0; i < items.count; i++)
        tsk_table_row(table, items.items[i].subject.kind, items.items[i].subject.id, items.items[i].kept_until,
                      items.items[i].state, items.items[i].reason);
    return tsk_session_print(session, &table);
}

static int propose(struct tsk_session *session, void *ctx)
{
    return tsk_disposal_propose(ctx, session->store, &session->scope, session->office, session->by, &session->err);
}

static int run_propose(struct tsk_session *session)
{
    int64_t id = 0;

    if (session->office == NULL)
        return tsk_fail(&session->err, TSK_REJECT, 0, "say whose records: --office ID");
    if (tsk_session_change(session, propose, &id) != 0)
        return -1;
    printf("list %lld is proposed; another person looks at it and approves it\n", (long long)id);
    return 0;
}

static int decide(struct tsk_session *session, void *ctx)
{
    int64_t id;
    const bool *approve = ctx;

    return list_id(&id, session) != 0
               ? -1
               : tsk_disposal_decide(session->store, &session->scope, id, *approve,
                                     tsk_session_option(session, "--why"), session->by, &session->err);
}

static int run_approve(struct tsk_session *session)
{
    bool approve = true;

    return tsk_session_change(session, decide, &approve);
}

static int run_refuse(struct tsk_session *session)
{
    bool approve = false;

    return tsk_session_change(session, decide, &approve);
}

static int run_run(struct tsk_session *session)
{
    struct tsk_retention_run done;
    int64_t id;

    if (list_id(&id, session) != 0 || tsk_retention_carry_out(&done, session->site, session->store, &session->scope, id,
                                                              session->by, &session->err) != 0)
        return -1;
    printf("%lld purged, %lld left, %lld files of the archive removed\n", (long long)done.purged, (long long)done.left,
           (long long)done.files);
    return 0;
}

static int run_certificate(struct tsk_session *session)
{
    struct tsk_disposal disposal;
    int64_t id;

    if (list_id(&id, session) != 0 ||
        tsk_disposal_find(&disposal, session->store, &session->scope, id, session->arena, &session->err) != 0)
        return -1;
    if (*disposal.certificate == '\0')
        return tsk_fail(&session->err, TSK_REJECT, 0, "list %lld is %s; a certificate is written when it is done",
                        (long long)id, disposal.state);
    puts(disposal.certificate);
    return 0;
}

static int change_hold(struct tsk_session *session, void *ctx)
{
    const struct tsk_subject subject = tsk_subject_of(session->argv[0]);
    const char *why = tsk_session_option(session, "--why");
    const bool *lift = ctx;

    return (*lift ? tsk_hold_lift : tsk_hold_place)(session->store, &session->scope, &subject, why, session->by,
                                                    &session->err);
}

static int list_holds(struct tsk_session *session)
{
    static const char *const headings[] = { "kind", "id", "since", "by", "why", NULL };
    struct tsk_holds holds;
    struct tsk_table *table;

    if (tsk_hold_list(&holds, session->store, &session->scope, false, session->arena, &session->err) != 0)
        return -1;
    table = tsk_table_new(headings);
    for (size_t i = 0; i < holds.count; i++)
        tsk_table_row(table, holds.items[i].subject.kind, holds.items[i].subject.id,
                      tsk_session_when(session, holds.items[i].placed), holds.items[i].placed_by, holds.items[i].why);
    return tsk_session_print(session, &table);
}

static int run_hold(struct tsk_session *session)
{
    bool lift = tsk_session_flag(session, "--lift");

    if (session->argc == 0)
        return list_holds(session);
    if (session->by == NULL)
        return tsk_fail(&session->err, TSK_REJECT, 0, "say who does it: --by NAME");
    return tsk_session_change(session, change_hold, &lift);
}

static int run_retention(int argc, char **argv)
{
    static const char *const why[] = { "--why", NULL }, *const lift[] = { "--lift", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "list", .run = run_list },
        { .name = "lists", .run = run_lists },
        { .name = "show", .min = 1, .max = 1, .run = run_show },
        { .name = "propose", .needs_by = true, .run = run_propose },
        { .name = "approve", .min = 1, .max = 1, .needs_by = true, .run = run_approve, .options = why },
        { .name = "refuse", .min = 1, .max = 1, .needs_by = true, .run = run_refuse, .options = why },
        { .name = "run", .min = 1, .max = 1, .needs_by = true, .run = run_run },
        { .name = "certificate", .min = 1, .max = 1, .run = run_certificate },
        { .name = "hold", .max = 1, .run = run_hold, .options = why, .flags = lift },
    };

    return tsk_session_run(&tsk_cmd_retention, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_retention = {
    .name = "retention",
    .usage = "retention list [--office ID] [--plain]\n"
             "retention propose --office ID --by NAME\n"
             "retention lists [--office ID] [--plain]\nretention show LIST [--plain]\n"
             "retention approve LIST --by NAME\nretention refuse LIST --why TEXT --by NAME\n"
             "retention run LIST --by NAME\nretention certificate LIST\n"
             "retention hold\nretention hold CASE|DOCUMENT|incident:N [--lift] --why TEXT --by NAME",
    .help = "what is due to go, its approval by a second person, the purge and its certificate",
    .run = run_retention,
};
