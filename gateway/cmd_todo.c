/*
 * tasuki todo - what waits for a person: calls, faxes by hand, recipients to find, corrections to decide
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "casework/calendar.h"
#include "gateway/fax_manual.h"
#include "gateway/session.h"
#include "gateway/site.h"
#include "gateway/told.h"
#include "records/todo.h"
#include "routing/sender.h"

enum { ARGUMENTS_MAX = 32, MEETING_MINUTES = 60 };

static int fetch(struct tsk_session *session, struct tsk_todos *out, bool done_too)
{
    const struct tsk_todo_filter filter = { .done_too = done_too, .office = session->office };

    return tsk_todo_list(out, session->store, &session->scope, &filter, session->arena, &session->err);
}

static void print_texts(const struct tsk_todos *todos)
{
    for (size_t i = 0; i < todos->count; i++)
        printf("%sto-do %lld (%s)\n%s\n", i > 0 ? "\n" : "", (long long)todos->items[i].id, todos->items[i].kind,
               todos->items[i].text);
}

static int run_list(struct tsk_session *session)
{
    static const char *const headings[] = { "id", "since", "office", "case", "sheet", "kind", "what", "done by", NULL };
    struct tsk_todos todos;

    if (fetch(session, &todos, tsk_session_flag(session, "--all")) != 0)
        return -1;
    if (todos.count == 0 && !session->plain) {
        puts("nothing waits for a person");
        return 0;
    }
    if (tsk_session_flag(session, "--text")) {
        print_texts(&todos);
        return 0;
    }
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < todos.count; i++) {
        const struct tsk_todo *one = &todos.items[i];
        tsk_table_row(table, tsk_session_text(session, "%lld", (long long)one->id),
                      tsk_session_when(session, one->created), one->office, one->case_number,
                      one->sheet == 0 ? "" : tsk_session_text(session, "%lld", (long long)one->sheet), one->kind,
                      tsk_session_text(session, "%.*s", (int)strcspn(one->text, "\n"), one->text), one->done_by);
    }
    return tsk_session_print(session, &table);
}

/* The words to say come from the records as they are now; the to-do itself keeps no word of a patient. */
static int show_one(struct tsk_session *session, const struct tsk_todo *todo)
{
    const char *say;

    if (tsk_route_say(&say, session->records->routing, session->store, todo, session->arena, &session->err) != 0)
        return -1;
    puts(todo->text);
    if (*say == '\0')
        return 0;
    printf("\n%s", say);
    return tsk_view_note(session, todo->office, tsk_session_text(session, "case:%s", todo->case_number));
}

static int run_show(struct tsk_session *session)
{
    struct tsk_todos todos;
    int64_t id = 0;

    if (tsk_session_id(session, session->argv[0], "to-do", &id) != 0 || fetch(session, &todos, true) != 0)
        return -1;
    for (size_t i = 0; i < todos.count; i++)
        if (todos.items[i].id == id)
            return show_one(session, &todos.items[i]);
    return tsk_fail(&session->err, TSK_REJECT, 0, "there is no to-do %lld; `tasuki todo` lists them", (long long)id);
}

static int finish(struct tsk_session *session, void *ctx)
{
    const char *note = tsk_session_option(session, "--note"), *result = tsk_session_option(session, "--result");
    struct tsk_todo todo;
    bool fax;
    int64_t id = 0;

    (void)ctx;
    if (tsk_session_id(session, session->argv[0], "to-do", &id) != 0 ||
        tsk_todo_find(&todo, session->store, &session->scope, id, session->arena, &session->err) != 0)
        return -1;
    note = note != NULL ? note : "";
    fax = strcmp(todo.kind, TSK_TODO_FAX_PRINT) == 0 && todo.done[0] == '\0';
    if (fax != (result != NULL))
        return tsk_fail(&session->err, TSK_REJECT, 0,
                        fax ? "to-do %lld is a fax: say how it ended, --result delivered or --result failed"
                            : "to-do %lld takes no --result; use --note",
                        (long long)id);
    if (fax && tsk_fax_manual_settle(session, todo.about, result, note) != 0)
        return -1;
    return tsk_todo_done(session->store, &session->scope, id, session->by, note, &session->err);
}

static int run_done(struct tsk_session *session)
{
    return tsk_session_change(session, finish, NULL);
}

static int print(struct tsk_session *session, void *ctx)
{
    int64_t id = 0;

    (void)ctx;
    return tsk_session_id(session, session->argv[0], "to-do", &id) != 0
               ? -1
               : tsk_fax_manual_print(session, id, session->argv[1]);
}

static int run_print(struct tsk_session *session)
{
    return tsk_session_change(session, print, NULL);
}

static int take_appointment(struct tsk_session *session, struct tsk_appointment *when)
{
    const char *start = tsk_session_option(session, "--start"), *minutes = tsk_session_option(session, "--minutes");
    const char *place = tsk_session_option(session, "--place");

    *when = (struct tsk_appointment){ .minutes = MEETING_MINUTES, .place = place != NULL ? place : "" };
    if (start != NULL && !tsk_calendar_start(start, &when->start_ms))
        return tsk_fail(&session->err, TSK_REJECT, 0, "\"%s\" is no time; write \"2026-12-01 14:00\"", start);
    return minutes != NULL ? tsk_session_number(session, minutes, "--minutes", &when->minutes) : 0;
}

static int run_calendar(struct tsk_session *session)
{
    struct tsk_buf file = TSK_BUF(TSK_CALENDAR_BYTES_MAX);
    const struct tsk_config *config = session->site->config;
    const struct tsk_office_config *office;
    struct tsk_appointment when;
    struct tsk_todo todo;
    int64_t id = 0;
    int rc;

    if (tsk_session_id(session, session->argv[0], "to-do", &id) != 0 || take_appointment(session, &when) != 0 ||
        tsk_todo_find(&todo, session->store, &session->scope, id, session->arena, &session->err) != 0)
        return -1;
    office = tsk_config_office(config, todo.office);
    when.office_name = office != NULL ? office->name : todo.office;
    when.domain = config->mail.domain;
    rc = tsk_calendar_file(&file, &todo, &when, &session->err);
    if (rc == 0)
        rc = tsk_file_put_path(session->argv[1], tsk_buf_text(&file), file.len, 0600, &session->err);
    tsk_buf_free(&file);
    return rc;
}

static int run_todo(int argc, char **argv)
{
    char word[] = "list"; /* what is meant when no word is given */
    static const char *const list_flags[] = { "--all", "--text", NULL };
    static const char *const calendar_options[] = { "--start", "--minutes", "--place", NULL };
    static const char *const done_options[] = { "--note", "--result", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "list", .min = 0, .max = 0, .run = run_list, .flags = list_flags },
        { .name = "show", .min = 1, .max = 1, .run = run_show },
        { .name = "done", .min = 1, .max = 1, .needs_by = true, .run = run_done, .options = done_options },
        { .name = "print", .min = 2, .max = 2, .needs_by = true, .run = run_print },
        { .name = "calendar", .min = 2, .max = 2, .run = run_calendar, .options = calendar_options },
    };

    char *words[ARGUMENTS_MAX] = { argv[0], word };

    if (argc > 1 && argv[1][0] != '-')
        return tsk_session_run(&tsk_cmd_todo, subs, TSK_COUNT(subs), argc, argv);
    if (argc + 1 >= ARGUMENTS_MAX)
        return tsk_cli_usage(&tsk_cmd_todo);
    for (int i = 1; i < argc; i++)
        words[i + 1] = argv[i];
    return tsk_session_run(&tsk_cmd_todo, subs, TSK_COUNT(subs), argc + 1, words);
}

const struct tsk_command tsk_cmd_todo = {
    .name = "todo",
    .usage =
        "todo [list] [--all] [--text]\ntodo show ID\ntodo done ID --by NAME [--note TEXT] [--result delivered|failed]\n"
        "todo print ID FILE.pdf --by NAME\n"
        "todo calendar ID FILE.ics [--start \"YYYY-MM-DD HH:MM\"] [--minutes N] [--place TEXT]",
    .help = "what waits for a person; show and --text give the words to say or send",
    .run = run_todo,
};
