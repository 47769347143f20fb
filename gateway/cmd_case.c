/*
 * tasuki case - one patient's transition: its sheets, what happened, who was told
 */
#include "casework/calendar.h"
#include "gateway/session.h"
#include "gateway/told.h"
#include "records/case.h"
#include "records/case_close.h"
#include "records/consent.h"
#include "records/inquiry.h"
#include "records/ledger.h"
#include "records/link.h"
#include "routing/tell.h"

static int run_list(struct tsk_session *session)
{
    static const char *const headings[] = { "case", "office", "opened", "sheets", "unconfirmed", "last event", NULL };
    const char *given = tsk_session_option(session, "--limit");
    struct tsk_cases found;
    int limit = 0;

    if (given != NULL && tsk_session_number(session, given, "--limit", &limit) != 0)
        return -1;
    if (tsk_case_list(&found, session->store, &session->scope, limit, session->arena, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_case *one = &found.items[i];
        tsk_table_row(table, one->number, one->office, tsk_session_when(session, one->opened),
                      tsk_session_text(session, "%d", one->sheet_count),
                      tsk_session_text(session, "%d", one->unconfirmed_count),
                      tsk_session_when(session, one->last_event));
    }
    return tsk_session_print(session, &table);
}

static int print_events(struct tsk_session *session, const char *number)
{
    static const char *const headings[] = { "at", "event", "by", "sheet", "detail", NULL };
    struct tsk_case_events found;

    if (tsk_case_event_list(&found, session->store, &session->scope, number, session->arena, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_case_event *one = &found.items[i];
        tsk_table_row(table, tsk_session_when(session, one->at), one->kind, one->by,
                      one->sheet != 0 ? tsk_session_text(session, "%lld", (long long)one->sheet) : "-", one->detail);
    }
    puts("\nevents");
    return tsk_session_print(session, &table);
}

static int print_consents(struct tsk_session *session, const char *number)
{
    fputs("\nconsent    ", stdout);
    for (size_t i = 0; i < tsk_consent_scope_count; i++) {
        const char *one = tsk_consent_scopes[i];
        bool stands = false;
        if (tsk_consent_stands(&stands, session->store, &session->scope, number, one, &session->err) != 0)
            return -1;
        printf("%s%s: %s", i > 0 ? ", " : "", one, stands ? "yes" : "no");
    }
    putchar('\n');
    return 0;
}

static int run_show(struct tsk_session *session)
{
    const char *number = session->argv[0];
    char until[TSK_DATE_SIZE];
    struct tsk_case one;

    if (tsk_case_find(&one, session->store, &session->scope, number, session->arena, &session->err) != 0 ||
        tsk_view_note(session, one.office, tsk_session_text(session, "case:%s", number)) != 0)
        return -1;
    printf("case       %s\noffice     %s\nopened     %s by %s\n", one.number, one.office,
           tsk_session_when(session, one.opened), one.opened_by);
    tsk_case_keep_until(&one, until);
    if (*one.completed != '\0')
        printf("completed  %s (%s) by %s, kept until %s\n", one.completed, one.closed_as, one.closed_by, until);
    if (print_consents(session, number) != 0)
        return -1;
    puts("\nsheets");
    if (tsk_sheets_print(session, NULL, number) != 0 || print_events(session, number) != 0)
        return -1;
    return tsk_told_print(session, 0, number);
}

static const char *agreement_list(struct tsk_session *session, const struct tsk_comparison *comparison, bool agree)
{
    static const char *const facts[TSK_FACT_COUNT] = { "kana",          "name",     "birth date", "sex",    "address",
                                                       "referral date", "hospital", "clinic",     "doctor", "sender" };
    const char *list = "";

    for (size_t i = 0; i < TSK_FACT_COUNT; i++) {
        enum tsk_agreement found = comparison->facts[i];
        if (found == TSK_AGREE_UNKNOWN || (found <= TSK_AGREE_OTHER) != agree)
            continue;
        list = tsk_session_text(session, "%s%s%s%s", list, *list != '\0' ? ", " : "",
                                found == TSK_AGREE_NEAR ? "~" : "", facts[i]);
    }
    return list;
}

/* What the matching saw, without a word of the patient: the numbers of the cases, and which facts agree. */
static int run_candidates(struct tsk_session *session)
{
    static const char *const answers[] = { "none of them: a case of its own", "certain", "a person decides" };
    static const char *const headings[] = { "case", "sure", "agrees", "differs", NULL };
    struct tsk_table *table;
    struct tsk_link link;
    int64_t id;

    if (tsk_session_id(session, session->argv[0], "sheet", &id) != 0 ||
        tsk_link_find(&link, session->store, &session->scope, id, session->arena, &session->err) != 0)
        return -1;
    table = tsk_table_new(headings);
    for (size_t i = 0; i < link.candidate_count; i++) {
        const struct tsk_link_candidate *one = &link.candidates[i];
        tsk_table_row(table, one->case_number, tsk_session_text(session, "%.3f", one->probability),
                      agreement_list(session, &one->comparison, true),
                      agreement_list(session, &one->comparison, false));
    }
    if (!session->plain)
        printf("%s\n", answers[link.answer]);
    return tsk_session_print(session, &table);
}

static int close_case(struct tsk_session *session, void *ctx)
{
    const struct tsk_case_closing closing = { .as = tsk_session_option(session, "--as"),
                                              .day = tsk_session_option(session, "--day"),
                                              .note = tsk_session_option(session, "--note") };

    (void)ctx;
    if (tsk_case_close(session->store, &session->scope, session->argv[0], &closing, session->by, &session->err) != 0)
        return -1;
    return tsk_route_case(session->records->routing, session->store, session->argv[0], &session->err);
}

static int reopen_case(struct tsk_session *session, void *ctx)
{
    (void)ctx;
    if (tsk_case_reopen(session->store, &session->scope, session->argv[0], tsk_session_option(session, "--why"),
                        session->by, &session->err) != 0)
        return -1;
    return tsk_route_case(session->records->routing, session->store, session->argv[0], &session->err);
}

static int run_close(struct tsk_session *session)
{
    char until[TSK_DATE_SIZE];
    struct tsk_case one;

    if (tsk_session_change(session, close_case, NULL) != 0 ||
        tsk_case_find(&one, session->store, &session->scope, session->argv[0], session->arena, &session->err) != 0)
        return -1;
    tsk_case_keep_until(&one, until);
    printf("case %s was completed on %s and is kept until %s\n", one.number, one.completed, until);
    return 0;
}

static int run_reopen(struct tsk_session *session)
{
    return tsk_session_change(session, reopen_case, NULL);
}

/* What waits longest stands first. */
static int run_waiting(struct tsk_session *session)
{
    static const char *const headings[] = { "case", "office", "waits for", "since", "state", "asked from", NULL };
    const struct tsk_wait_filter filter = { .open = true };
    struct tsk_wait_rows found;

    if (tsk_wait_list(&found, session->store, &session->scope, &filter, session->arena, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_wait_row *one = &found.items[i];
        tsk_table_row(table, one->case_number, one->office, one->hospital, one->since, one->state,
                      *one->ask_on != '\0' ? one->ask_on : "-");
    }
    return tsk_session_print(session, &table);
}

static const char *under(struct tsk_session *session, const struct tsk_ledger_line *line)
{
    return *line->consent_how == '\0' ? "-"
                                      : tsk_session_text(session, "%s, %s, %s", line->consent_how, line->consent_by,
                                                         tsk_session_when(session, line->consent_at));
}

/* Whom the case's content was told, and whom not. */
static int run_ledger(struct tsk_session *session)
{
    static const char *const headings[] = { "at",      "what",    "recipient", "by", "state",
                                            "told by", "consent", "reason",    NULL };
    struct tsk_ledger found;
    struct tsk_case one;

    if (tsk_case_find(&one, session->store, &session->scope, session->argv[0], session->arena, &session->err) != 0 ||
        tsk_view_note(session, one.office, tsk_session_text(session, "case:%s ledger", one.number)) != 0 ||
        tsk_ledger_list(&found, session->store, &session->scope, one.number, session->arena, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_ledger_line *line = &found.items[i];
        const char *name = "";

        if (tsk_route_recipient_name(&name, session->records->routing, session->store, one.office, line->recipient,
                                     session->arena, &session->err) != 0) {
            name = "";
            session->err = (struct tsk_err){ .kind = TSK_OK };
        }
        tsk_table_row(table, tsk_session_when(session, line->at), line->about, *name != '\0' ? name : line->recipient,
                      tsk_session_text(session, "%s %s", line->channel, line->destination), line->state, line->by,
                      under(session, line), *line->said != '\0' ? line->said : line->reason);
    }
    return tsk_session_print(session, &table);
}

static int tell(struct tsk_session *session, void *ctx)
{
    return tsk_route_tell(session->records->routing, session->store, &session->scope, session->argv[0], ctx,
                          session->by, &session->err);
}

/* Something was told without the program. */
static int run_told(struct tsk_session *session)
{
    const char *to = tsk_session_option(session, "--to"), *at = tsk_session_option(session, "--at");
    const char *person = tsk_session_option(session, "--person"), *what = tsk_session_option(session, "--what"),
               *way = tsk_session_option(session, "--way");
    struct tsk_telling telling = { .person = person != NULL ? person : "",
                                   .what = what != NULL ? what : "",
                                   .way = way != NULL ? way : "" };

    if (tsk_session_id(session, to != NULL ? to : "", "directory entry", &telling.institution) != 0)
        return -1;
    if (at != NULL && !tsk_calendar_start(at, &telling.when_ms))
        return tsk_fail(&session->err, TSK_REJECT, 0, "\"%s\" is no time; write \"2026-12-01 14:00\"", at);
    return tsk_session_change(session, tell, &telling) != 0 ? -1 : run_ledger(session);
}

static int run_case(int argc, char **argv)
{
    static const char *const list_options[] = { "--limit", NULL };
    static const char *const close_options[] = { "--as", "--day", "--note", NULL };
    static const char *const reopen_options[] = { "--why", NULL };
    static const char *const told_options[] = { "--to", "--what", "--way", "--person", "--at", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "list", .run = run_list, .options = list_options },
        { .name = "show", .min = 1, .max = 1, .run = run_show },
        { .name = "candidates", .min = 1, .max = 1, .run = run_candidates },
        { .name = "close", .min = 1, .max = 1, .needs_by = true, .run = run_close, .options = close_options },
        { .name = "reopen", .min = 1, .max = 1, .needs_by = true, .run = run_reopen, .options = reopen_options },
        { .name = "waiting", .run = run_waiting },
        { .name = "ledger", .min = 1, .max = 1, .run = run_ledger },
        { .name = "told", .min = 1, .max = 1, .needs_by = true, .run = run_told, .options = told_options },
    };

    return tsk_session_run(&tsk_cmd_case, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_case = {
    .name = "case",
    .usage =
        "case list [--office ID] [--limit N] [--plain]\ncase show CASE [--by NAME]\ncase candidates SHEET [--plain]\n"
        "case close CASE --as home|facility|hospital|died|ended|not_ours [--day YYYY-MM-DD] [--note TEXT] --by NAME\n"
        "case reopen CASE --why TEXT --by NAME\n"

        "case waiting [--office ID] [--plain]\ncase ledger CASE [--by NAME] [--plain]\n"
        "case told CASE --to ENTRY --what TEXT --way phone|hand|post|fax|other [--person NAME] "
        "[--at \"YYYY-MM-DD HH:MM\"] --by NAME",
    .help = "cases, their sheets, what happened and who was told",
    .run = run_case,
};
