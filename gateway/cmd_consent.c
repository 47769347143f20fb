/*
 * tasuki consent - what a patient or the family agreed to, recorded and withdrawn
 */
#include "gateway/session.h"
#include "records/consent.h"

static int print_consents(struct tsk_session *session)
{
    static const char *const headings[] = { "scope", "state", "giver", "how", "by", "at", "note", NULL };
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
        tsk_table_row(table, one->scope, one->state, one->giver, one->how, one->by, tsk_session_when(session, one->at),
                      one->note);
    }
    return tsk_session_print(session, &table);
}

static int record(struct tsk_session *session, void *ctx)
{
    const struct tsk_consent consent = { .scope = tsk_session_option(session, "--scope"),
                                         .giver = tsk_session_option(session, "--giver"),
                                         .how = tsk_session_option(session, "--how"),
                                         .note = tsk_session_option(session, "--note"),
                                         .by = session->by };

    (void)ctx;
    if (tsk_consent_record(session->store, &session->scope, session->argv[0], &consent, &session->err) != 0)
        return -1;
    return tsk_route_case(session->records->routing, session->store, session->argv[0], &session->err);
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

static int run_withdraw(struct tsk_session *session)
{
    return tsk_session_change(session, withdraw, NULL) == 0 ? print_consents(session) : -1;
}

static int run_consent(int argc, char **argv)
{
    static const char *const record_options[] = { "--scope", "--giver", "--how", "--note", NULL };
    static const char *const withdraw_options[] = { "--scope", "--note", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "record", .min = 1, .max = 1, .needs_by = true, .run = run_record, .options = record_options },
        { .name = "withdraw", .min = 1, .max = 1, .needs_by = true, .run = run_withdraw, .options = withdraw_options },
        { .name = "list", .min = 1, .max = 1, .run = print_consents },
    };

    return tsk_session_run(&tsk_cmd_consent, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_consent = {
    .name = "consent",
    .usage =
        "consent record CASE --scope medical|care|ward_office --giver patient|family|guardian --how sheet|paper|oral "
        "--by NAME [--note TEXT]\n"
        "consent withdraw CASE --scope SCOPE --by NAME [--note TEXT]\n"
        "consent list CASE",
    .help = "what was agreed to: medical (clinics, hospitals), care (care managers), ward_office",
    .run = run_consent,
};
