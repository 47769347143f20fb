/*
 * tasuki consent - what a patient or the family agreed to, recorded and withdrawn
 */
#include "base/date.h"
#include "casework/calendar.h"
#include "gateway/session.h"
#include "records/consent.h"

static int print_consents(struct tsk_session *session)
{
    static const char *const headings[] = { "scope", "state", "giver", "how", "told by", "by", "at", "note", NULL };
    struct tsk_consents consents;

    if (tsk_consent_list(&consents, session->store, &session->scope, session->argv[0], session->arena, &session->err) !=
        0)
        return -1;
    if (consents.count == 0 && !session->plain) {
        printf("no consent is recorded for case %s\n", session->argv[0]);
        return 0;
    }
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < consents.count; i++) {
        const struct tsk_consent *one = &consents.items[i];
        tsk_table_row(table, one->scope, one->state, one->giver, one->how, one->told_by, one->by,
                      tsk_session_when(session, one->at), one->note);
    }
    return tsk_session_print(session, &table);
}

static int take(struct tsk_session *session, struct tsk_consent *out)
{
    const char *at = tsk_session_option(session, "--at");
    int64_t ms;

    *out = (struct tsk_consent){ .scope = tsk_session_option(session, "--scope"),
                                 .giver = tsk_session_option(session, "--giver"),
                                 .how = tsk_session_option(session, "--how"),
                                 .note = tsk_session_option(session, "--note"),
                                 .told_by = tsk_session_option(session, "--told-by"),
                                 .by = session->by };
    if (at == NULL)
        return 0;
    if (!tsk_calendar_start(at, &ms))
        return tsk_fail(&session->err, TSK_REJECT, 0, "\"%s\" is no time; write \"2026-12-01 14:00\"", at);
    char stamp[TSK_STAMP_SIZE];
    tsk_stamp(ms, stamp);
    out->at = tsk_session_text(session, "%s", stamp);
    return 0;
}

static int add(struct tsk_session *session,
               int (*put)(struct tsk_store *store, const struct tsk_scope *scope, const char *case_number,
                          const struct tsk_consent *consent, struct tsk_err *err))
{
    struct tsk_consent consent;

    if (take(session, &consent) != 0 ||
        put(session->store, &session->scope, session->argv[0], &consent, &session->err) != 0)
        return -1;
    return tsk_route_case(session->records->routing, session->store, session->argv[0], &session->err);
}

static int record(struct tsk_session *session, void *ctx)
{
    (void)ctx;
    return add(session, tsk_consent_record);
}

static int refuse(struct tsk_session *session, void *ctx)
{
    (void)ctx;
    return add(session, tsk_consent_refuse);
}

static int withdraw(struct tsk_session *session, void *ctx)
{
    (void)ctx;
    if (tsk_consent_withdraw(session->store, &session->scope, session->argv[0], tsk_session_option(session, "--scope"),
                             session->by, tsk_session_option(session, "--note"), &session->err) != 0)
        return -1;
    return tsk_route_case(session->records->routing, session->store, session->argv[0], &session->err);
}

static int run_record(struct tsk_session *session)
{
    return tsk_session_change(session, record, NULL) == 0 ? print_consents(session) : -1;
}

static int run_refuse(struct tsk_session *session)
{
    return tsk_session_change(session, refuse, NULL) == 0 ? print_consents(session) : -1;
}

static int run_withdraw(struct tsk_session *session)
{
    return tsk_session_change(session, withdraw, NULL) == 0 ? print_consents(session) : -1;
}

static int run_consent(int argc, char **argv)
{
    static const char *const record_options[] = { "--scope", "--giver", "--how", "--told-by", "--at", "--note", NULL };
    static const char *const withdraw_options[] = { "--scope", "--note", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "record", .min = 1, .max = 1, .needs_by = true, .run = run_record, .options = record_options },
        { .name = "refuse", .min = 1, .max = 1, .needs_by = true, .run = run_refuse, .options = record_options },
        { .name = "withdraw", .min = 1, .max = 1, .needs_by = true, .run = run_withdraw, .options = withdraw_options },
        { .name = "list", .min = 1, .max = 1, .run = print_consents },
    };

    return tsk_session_run(&tsk_cmd_consent, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_consent = {
    .name = "consent",
    .usage =
        "consent record CASE --scope medical|care|facility|ward_office --giver patient|family|guardian "
        "--how sheet|clinic|paper|oral [--told-by WHO] [--at \"YYYY-MM-DD HH:MM\"] --by NAME [--note TEXT]\n"
        "consent refuse CASE --scope SCOPE --giver WHO --how WAY [--told-by WHO] [--at \"YYYY-MM-DD HH:MM\"] --by NAME "
        "[--note TEXT]\n"
        "consent withdraw CASE --scope SCOPE --by NAME [--note TEXT]\n"
        "consent list CASE",
    .help = "what was agreed to: medical (clinics, hospitals), care (care managers), facility, ward_office",
    .run = run_consent,
};
