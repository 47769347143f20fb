/*
 * tasuki incident - data reached somebody who may not have it: steps, deadlines, facts, and the sheet for the report
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "gateway/session.h"
#include "records/audit.h"
#include "review/incident_paper.h"
#include "routing/incident_facts.h"

#define FILE_BYTES_MAX ((size_t)4 << 20)

static int id_of(int64_t *id, struct tsk_session *session)
{
    return tsk_session_id(session, session->argv[0], "incident", id);
}

static int run_list(struct tsk_session *session)
{
    static const char *const headings[] = {
        "incident", "office", "kind", "known", "preliminary", "final", "state", NULL
    };
    struct tsk_incidents found;
    struct tsk_table *table;
    char today[TSK_DATE_SIZE];

    if (tsk_incident_list(&found, session->store, &session->scope, !tsk_session_flag(session, "--all"), session->arena,
                          &session->err) != 0)
        return -1;
    tsk_date_text(tsk_japan_date(tsk_wall_ms()), today);
    table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_incident *one = &found.items[i];
        bool open = strcmp(one->state, "open") == 0;

        tsk_table_row(table, tsk_session_text(session, "%lld", (long long)one->id), one->office, one->kind,
                      tsk_session_when(session, one->known),
                      one->has_preliminary
                          ? "done"
                          : tsk_session_text(session, "%s to %s%s", one->preliminary_from, one->preliminary_by,
                                             open && strcmp(today, one->preliminary_by) > 0 ? " LATE" : ""),
                      one->has_final ? "done"
                                     : tsk_session_text(session, "%s%s", one->final_by,
                                                        open && strcmp(today, one->final_by) > 0 ? " LATE" : ""),
                      one->state);
    }
    return tsk_session_print(session, &table);
}

/* As people type it; NULL when it was not given. */
static int stamp_of(const char **out, struct tsk_session *session, const char *option)
{
    const char *text = tsk_session_option(session, option);
    char stamp[TSK_STAMP_SIZE];
    struct tsk_date day;
    int64_t at_ms;

    *out = NULL;
    if (text == NULL)
        return 0;
    if (!tsk_stamp_parse(text, &at_ms) && !tsk_stamp_parse(tsk_session_text(session, "%s:00", text), &at_ms)) {
        if (!tsk_date_from_people(text, &day))
            return tsk_fail(&session->err, TSK_REJECT, 0, "\"%s\" is no time; write 2026-11-25T10:30", text);
        at_ms = tsk_japan_midnight_ms(day);
    }
    tsk_stamp(at_ms, stamp);
    *out = tsk_session_text(session, "%s", stamp);
    return 0;
}

static int open_incident(struct tsk_session *session, void *ctx)
{
    const char *kind = tsk_session_option(session, "--kind");
    struct tsk_incident_new incident = { .kind = kind != NULL ? kind : "mis_sent",
                                         .office = session->office,
                                         .notice = tsk_session_option(session, "--notice"),
                                         .case_number = tsk_session_option(session, "--case"),
                                         .malicious = tsk_session_flag(session, "--malicious"),
                                         .text = tsk_session_option(session, "--text") };
    int64_t *id = ctx;

    if (stamp_of(&incident.known, session, "--known") != 0 ||
        tsk_incident_open(id, session->store, &session->scope, &incident, session->by, &session->err) != 0)
        return -1;
    return tsk_route_incident(session->records->routing, session->store, *id, &session->err);
}

static int run_open(struct tsk_session *session)
{
    struct tsk_incident incident;
    int64_t id = 0;

    if (tsk_session_change(session, open_incident, &id) != 0 ||
        tsk_incident_find(&incident, session->store, &session->scope, id, session->arena, &session->err) != 0)
        return -1;
    printf("incident %lld is open. Phone the receiver, tell the manager and the city now (tasuki todo --text).\n"
           "preliminary report from %s, by %s; final report by %s\n",
           (long long)id, incident.preliminary_from, incident.preliminary_by, incident.final_by);
    return 0;
}

static int note(struct tsk_session *session, void *ctx)
{
    int what = tsk_incident_what_from_name(session->argv[1]);
    const char *done;
    int64_t id;

    (void)ctx;
    if (what < 0)
        return tsk_fail(&session->err, TSK_REJECT, 0, "\"%s\" is nothing to note; tasuki incident --help lists them",
                        session->argv[1]);
    if (id_of(&id, session) != 0 || stamp_of(&done, session, "--when") != 0)
        return -1;
    return tsk_incident_note(session->store, &session->scope, id, (enum tsk_incident_what)what,
                             session->argc > 2 ? session->argv[2] : "", done, session->by, &session->err);
}

static int run_note(struct tsk_session *session)
{
    return tsk_session_change(session, note, NULL);
}

static int facts_of(struct tsk_incident_facts *facts, struct tsk_session *session, const char *action)
{
    struct tsk_incident incident;
    int64_t id;

    if (id_of(&id, session) != 0 ||
        tsk_incident_find(&incident, session->store, &session->scope, id, session->arena, &session->err) != 0 ||
        tsk_incident_facts(facts, session->records->routing, session->store, &session->scope, id, session->arena,
                           &session->err) != 0)
        return -1;
    return tsk_audit_add(session->store, incident.office, tsk_session_actor(session), action,
                         tsk_session_text(session, "incident:%lld", (long long)id), "", &session->err);
}

static int run_show(struct tsk_session *session)
{
    static const char *const headings[] = { "", "", "", NULL };
    struct tsk_incident_facts facts;
    struct tsk_table *table;

    if (facts_of(&facts, session, "view") != 0)
        return -1;
    table = tsk_table_new(headings);
    for (size_t i = 0; i < facts.count; i++)
        tsk_table_row(table, facts.items[i].part, facts.items[i].name, facts.items[i].value);
    return tsk_session_print(session, &table);
}

typedef int file_write(struct tsk_buf *out, const struct tsk_incident_facts *facts, struct tsk_err *err);

static int write_file(const struct tsk_incident_facts *facts, file_write *write, const char *path, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(FILE_BYTES_MAX);
    int rc = write(&bytes, facts, err);

    if (rc == 0)
        rc = tsk_file_put_path(path, bytes.data, bytes.len, 0600, err);
    tsk_buf_free(&bytes);
    return rc;
}

static int run_export(struct tsk_session *session)
{
    const char *path = session->argv[1], *end = strrchr(path, '.');
    struct tsk_incident_facts facts;

    if (end == NULL || (strcmp(end, ".csv") != 0 && strcmp(end, ".pdf") != 0))
        return tsk_fail(&session->err, TSK_REJECT, 0, "an incident is exported to a .csv or a .pdf file");
    if (facts_of(&facts, session, "export") != 0)
        return -1;
    return write_file(&facts, strcmp(end, ".csv") == 0 ? tsk_incident_facts_csv : tsk_incident_pdf, path,
                      &session->err);
}

static int run_incident(int argc, char **argv)
{
    static const char *const all[] = { "--all", NULL }, *const malicious[] = { "--malicious", NULL };
    static const char *const open_options[] = { "--notice", "--case", "--kind", "--known", "--text", NULL };
    static const char *const note_options[] = { "--when", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "list", .run = run_list, .flags = all },
        { .name = "open", .needs_by = true, .run = run_open, .options = open_options, .flags = malicious },
        { .name = "show", .min = 1, .max = 1, .run = run_show },
        { .name = "note", .min = 2, .max = 3, .needs_by = true, .run = run_note, .options = note_options },
        { .name = "export", .min = 2, .max = 2, .run = run_export },
    };

    return tsk_session_run(&tsk_cmd_incident, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_incident = {
    .name = "incident",
    .usage =
        "incident list [--all] [--plain]\n"
        "incident open [--notice ID|--case CASE|--office ID] [--kind mis_sent|lost|stolen|seen|other] [--known TIME] "
        "[--malicious] [--text TEXT] --by NAME\n"
        "incident show ID\n"
        "incident note ID receiver|manager|city|preliminary|patient|final|returned|happened|data|persons|cause|harm|"
        "measures|note [TEXT] [--when TIME] --by NAME\n"
        "incident export ID FILE.csv|FILE.pdf [--by NAME]",
    .help = "data reached somebody who may not have it: steps, deadlines and the report",
    .run = run_incident,
};
