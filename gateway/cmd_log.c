/*
 * tasuki log - what the office did: contacts and meetings, for the reports it owes
 *
 * A line is meant to be typed in seconds: `tasuki log add 4 coordination --case 27115-2026-0001 --minutes 10`.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "config/counting.h"
#include "gateway/session.h"
#include "records/activity.h"

#define PROPOSED_DAYS 60
#define KIND_LETTERS_MIN 3

static const char *const kind_names[][2] = { { "consultation", "相談" },
                                             { "coordination", "個別ケース調整" },
                                             { "outside", "個別ケース以外" } };

/* The office that an entry belongs to: --office, else the only one. */
static const char *office_of(struct tsk_session *session)
{
    struct tsk_offices offices = { .count = 0 };

    if (session->office != NULL)
        return session->office;
    if (tsk_office_list(&offices, session->store, &session->scope, session->arena, &session->err) != 0)
        return NULL;
    if (offices.count == 1)
        return offices.items[0].id;
    tsk_fail(&session->err, TSK_REJECT, 0, "this site has several offices; say which with --office ID");
    return NULL;
}

/* --day as people type it, today when it is not given; NULL with an error. */
static const char *day_of(struct tsk_session *session)
{
    const char *text = tsk_session_option(session, "--day");
    struct tsk_date date = tsk_japan_date(tsk_wall_ms());
    char day[TSK_DATE_SIZE];

    if (text != NULL && !tsk_date_from_people(text, &date)) {
        tsk_fail(&session->err, TSK_REJECT, 0, "\"%s\" is no day", text);
        return NULL;
    }
    tsk_date_text(date, day);
    return tsk_session_text(session, "%s", day);
}

/* A beginning that tells them apart is enough. */
static const char *kind_of(const char *text)
{
    for (size_t i = 0; i < TSK_COUNT(kind_names); i++)
        if ((strlen(text) >= KIND_LETTERS_MIN && strncmp(kind_names[i][0], text, strlen(text)) == 0) ||
            strcmp(kind_names[i][1], text) == 0)
            return kind_names[i][0];
    return text;
}

static int counterpart_of(const char **id, struct tsk_session *session, const char *text)
{
    const struct tsk_counting *counting;

    if (tsk_counting_load(&counting, session->site->dir, &session->err) != 0)
        return -1;
    const struct tsk_counterpart *found = tsk_counting_counterpart(counting, text);
    if (found != NULL && !found->retired)
        *id = tsk_session_text(session, "%s", found->id);
    else
        tsk_fail(&session->err, TSK_REJECT, 0, "there is no counterpart \"%s\"; `tasuki log counterparts` lists them",
                 text);
    tsk_counting_free(&counting);
    return *id != NULL ? 0 : -1;
}

static int take_minutes(struct tsk_session *session, int *minutes)
{
    const char *text = tsk_session_option(session, "--minutes");

    return text == NULL ? 0 : tsk_session_number(session, text, "number of minutes", minutes);
}

static int take_replaces(struct tsk_session *session, int64_t *id)
{
    const char *text = tsk_session_option(session, "--replaces");

    return text == NULL ? 0 : tsk_session_id(session, text, "entry", id);
}

static int add(struct tsk_session *session, void *ctx)
{
    struct tsk_contact contact = { .kind = kind_of(session->argv[1]),
                                   .case_number = tsk_session_option(session, "--case"),
                                   .source = tsk_session_option(session, "--proposal"),
                                   .text = session->argc > 2 ? session->argv[2] : "" };
    int64_t id = 0;

    (void)ctx;
    if ((contact.office = office_of(session)) == NULL || (contact.day = day_of(session)) == NULL ||
        counterpart_of(&contact.counterpart, session, session->argv[0]) != 0 ||
        take_minutes(session, &contact.minutes) != 0 || take_replaces(session, &contact.replaces) != 0 ||
        tsk_contact_add(&id, session->store, &session->scope, &contact, session->by, &session->err) != 0)
        return -1;
    printf("entry %lld\n", (long long)id);
    return 0;
}

static int run_add(struct tsk_session *session)
{
    return tsk_session_change(session, add, NULL);
}

static int meeting(struct tsk_session *session, void *ctx)
{
    struct tsk_gathering gathering = { .form = tsk_session_flag(session, "--training") ? "training" : "meeting",
                                       .host = session->argv[0],
                                       .care_meeting = tsk_session_flag(session, "--care"),
                                       .text = session->argc > 1 ? session->argv[1] : "" };
    int64_t id = 0;

    (void)ctx;
    if ((gathering.office = office_of(session)) == NULL || (gathering.day = day_of(session)) == NULL ||
        take_minutes(session, &gathering.minutes) != 0 || take_replaces(session, &gathering.replaces) != 0 ||
        tsk_gathering_add(&id, session->store, &session->scope, &gathering, session->by, &session->err) != 0)
        return -1;
    printf("meeting %lld\n", (long long)id);
    return 0;
}

static int run_meeting(struct tsk_session *session)
{
    return tsk_session_change(session, meeting, NULL);
}

static int take_out(struct tsk_session *session, void *ctx)
{
    const bool *is_meeting = ctx;
    const char *why = tsk_session_option(session, "--why");
    int64_t id = 0;

    if (tsk_session_id(session, session->argv[0], "entry", &id) != 0)
        return -1;
    return *is_meeting ? tsk_gathering_remove(session->store, &session->scope, id, why, session->by, &session->err)
                       : tsk_contact_remove(session->store, &session->scope, id, why, session->by, &session->err);
}

static int run_remove(struct tsk_session *session)
{
    bool is_meeting = tsk_session_flag(session, "--meeting");

    return tsk_session_change(session, take_out, &is_meeting);
}

static int list_contacts(struct tsk_session *session, const struct tsk_activity_filter *filter)
{
    static const char *const headings[] = {
        "id", "day", "office", "with", "kind", "case", "minutes", "text", "by", NULL
    };
    struct tsk_contacts found;

    if (tsk_contact_list(&found, session->store, &session->scope, filter, session->arena, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_contact *c = &found.items[i];
        tsk_table_row(table, tsk_session_text(session, "%lld", (long long)c->id), c->day, c->office, c->counterpart,
                      c->kind, c->case_number, tsk_session_text(session, "%d", c->minutes), c->text,
                      tsk_session_text(session, "%s%s", c->by, c->ended[0] != '\0' ? " (ended)" : ""));
    }
    return tsk_session_print(session, &table);
}

static int list_meetings(struct tsk_session *session, const struct tsk_activity_filter *filter)
{
    static const char *const headings[] = {
        "id", "day", "office", "form", "host", "care", "minutes", "text", "by", NULL
    };
    struct tsk_gatherings found;

    if (tsk_gathering_list(&found, session->store, &session->scope, filter, session->arena, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_gathering *g = &found.items[i];
        tsk_table_row(table, tsk_session_text(session, "%lld", (long long)g->id), g->day, g->office, g->form, g->host,
                      g->care_meeting ? "yes" : "", tsk_session_text(session, "%d", g->minutes), g->text,
                      tsk_session_text(session, "%s%s", g->by, g->ended[0] != '\0' ? " (ended)" : ""));
    }
    return tsk_session_print(session, &table);
}

static int run_list(struct tsk_session *session)
{
    const struct tsk_activity_filter filter = { .office = session->office,
                                                .from = tsk_session_option(session, "--from"),
                                                .to = tsk_session_option(session, "--to"),
                                                .case_number = tsk_session_option(session, "--case"),
                                                .ended_too = tsk_session_flag(session, "--all"),
                                                .limit = 10000 };

    return tsk_session_flag(session, "--meetings") ? list_meetings(session, &filter) : list_contacts(session, &filter);
}

static int run_counterparts(struct tsk_session *session)
{
    static const char *const headings[] = { "id", "key", "name", NULL };
    const struct tsk_counting *counting;

    if (tsk_counting_load(&counting, session->site->dir, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < counting->counterpart_count; i++)
        if (!counting->counterparts[i].retired)
            tsk_table_row(table, counting->counterparts[i].id, counting->counterparts[i].key,
                          counting->counterparts[i].name);
    int rc = tsk_session_print(session, &table);
    tsk_counting_free(&counting);
    return rc;
}

static int run_proposals(struct tsk_session *session)
{
    static const char *const headings[] = { "proposal", "day", "office", "channel", "whom", "as", "case", NULL };
    const struct tsk_counting *counting;
    struct tsk_contact_proposals found;
    char since[TSK_STAMP_SIZE];

    tsk_stamp(tsk_wall_ms() - (int64_t)PROPOSED_DAYS * 24 * 3600 * 1000, since);
    if (tsk_contact_proposal_list(&found, session->store, &session->scope, session->office, since, session->arena,
                                  &session->err) != 0 ||
        tsk_counting_load(&counting, session->site->dir, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_contact_proposal *p = &found.items[i];
        const struct tsk_counterpart *as = tsk_counting_of_kind(counting, p->directory_kind);
        tsk_table_row(table, p->source, p->day, p->office, p->channel, p->name, as != NULL ? as->id : "",
                      p->case_number);
    }
    int rc = tsk_session_print(session, &table);
    tsk_counting_free(&counting);
    return rc;
}

static int decline(struct tsk_session *session, void *ctx)
{
    const char *office = office_of(session);

    (void)ctx;
    return office == NULL ? -1
                          : tsk_contact_decline(session->store, &session->scope, office, session->argv[0], session->by,
                                                &session->err);
}

static int run_decline(struct tsk_session *session)
{
    return tsk_session_change(session, decline, NULL);
}

static int run_log(int argc, char **argv)
{
    static const char *const list_options[] = { "--from", "--to", "--case", NULL };
    static const char *const list_flags[] = { "--all", "--meetings", NULL };
    static const char *const add_options[] = { "--day", "--case", "--minutes", "--replaces", "--proposal", NULL };
    static const char *const meeting_options[] = { "--day", "--minutes", "--replaces", NULL };
    static const char *const meeting_flags[] = { "--care", "--training", NULL };
    static const char *const remove_options[] = { "--why", NULL };
    static const char *const remove_flags[] = { "--meeting", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "list", .max = 0, .run = run_list, .options = list_options, .flags = list_flags },
        { .name = "add", .min = 2, .max = 3, .needs_by = true, .run = run_add, .options = add_options },
        { .name = "meeting",
          .min = 1,
          .max = 2,
          .needs_by = true,
          .run = run_meeting,
          .options = meeting_options,
          .flags = meeting_flags },
        { .name = "remove",
          .min = 1,
          .max = 1,
          .needs_by = true,
          .run = run_remove,
          .options = remove_options,
          .flags = remove_flags },
        { .name = "counterparts", .max = 0, .run = run_counterparts },
        { .name = "proposals", .max = 0, .run = run_proposals },
        { .name = "decline", .min = 1, .max = 1, .needs_by = true, .run = run_decline },
    };

    return tsk_session_run(&tsk_cmd_log, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_log = {
    .name = "log",
    .usage = "log list [--from DAY] [--to DAY] [--case NUMBER] [--meetings] [--all]\n"
             "log add COUNTERPART KIND [TEXT] --by NAME [--day DAY] [--case NUMBER] [--minutes N] [--replaces ID] "
             "[--proposal PROPOSAL]\n"
             "log meeting city_ward|related [TEXT] --by NAME [--care] [--training] [--day DAY] [--minutes N] "
             "[--replaces ID]\n"
             "log remove ID --why TEXT --by NAME [--meeting]\n"
             "log counterparts\nlog proposals\nlog decline PROPOSAL --by NAME",
    .help = "what the office did: contacts and meetings, counted by `tasuki counts`",
    .run = run_log,
};
