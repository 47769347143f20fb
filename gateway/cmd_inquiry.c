/*
 * tasuki inquiry - hospitals that did not write back, and what was asked
 */
#include "casework/casework.h"
#include "gateway/session.h"
#include "records/inquiry.h"

static int run_list(struct tsk_session *session)
{
    static const char *const headings[] = { "id",  "case",   "hospital", "round", "state",
                                            "day", "due by", "by",       "why",   NULL };
    const struct tsk_inquiry_filter filter = { .case_number = tsk_session_option(session, "--case"),
                                               .open = !tsk_session_flag(session, "--all") };
    struct tsk_inquiries found;

    if (tsk_inquiry_list(&found, session->store, &session->scope, &filter, session->arena, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_inquiry *one = &found.items[i];
        tsk_table_row(table, tsk_session_text(session, "%lld", (long long)one->id), one->case_number, one->hospital,
                      tsk_session_text(session, "%d", one->round), one->state, one->day, one->due, one->by, one->why);
    }
    return tsk_session_print(session, &table);
}

static int send_one(struct tsk_session *session, void *ctx)
{
    return tsk_casework_ask(ctx, session->records->routing, session->store, &session->scope, session->argv[0],
                            session->by, &session->err);
}

static int run_send(struct tsk_session *session)
{
    int64_t id = 0;

    if (tsk_session_change(session, send_one, &id) != 0)
        return -1;
    printf("inquiry %lld goes with the next call\n", (long long)id);
    return 0;
}

static int release_one(struct tsk_session *session, void *ctx)
{
    const int64_t *id = ctx;

    return tsk_casework_release(session->records->routing, session->store, &session->scope, *id, session->by,
                                &session->err);
}

static int run_release(struct tsk_session *session)
{
    int64_t id;

    return tsk_session_id(session, session->argv[0], "inquiry", &id) != 0
               ? -1
               : tsk_session_change(session, release_one, &id);
}

static int cancel_one(struct tsk_session *session, void *ctx)
{
    const int64_t *id = ctx;
    const char *why = tsk_session_option(session, "--why");

    return tsk_casework_cancel(session->records->routing, session->store, &session->scope, *id, why != NULL ? why : "",
                               session->by, &session->err);
}

static int run_cancel(struct tsk_session *session)
{
    int64_t id;

    return tsk_session_id(session, session->argv[0], "inquiry", &id) != 0
               ? -1
               : tsk_session_change(session, cancel_one, &id);
}

static int run_inquiry(int argc, char **argv)
{
    static const char *const list_options[] = { "--case", NULL };
    static const char *const list_flags[] = { "--all", NULL };
    static const char *const cancel_options[] = { "--why", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "list", .run = run_list, .options = list_options, .flags = list_flags },
        { .name = "send", .min = 1, .max = 1, .needs_by = true, .run = run_send },
        { .name = "release", .min = 1, .max = 1, .needs_by = true, .run = run_release },
        { .name = "cancel", .min = 1, .max = 1, .needs_by = true, .run = run_cancel, .options = cancel_options },
    };

    return tsk_session_run(&tsk_cmd_inquiry, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_inquiry = {
    .name = "inquiry",
    .usage = "inquiry list [--case CASE] [--all] [--office ID] [--plain]\n"
             "inquiry send CASE --by NAME\n"
             "inquiry release ID --by NAME\n"
             "inquiry cancel ID --by NAME [--why TEXT]",
    .help = "ask a hospital what became of a patient, with the next call of the day",
    .run = run_inquiry,
};
