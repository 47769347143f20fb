#include "gateway/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/date.h"
#include "gateway/terminal.h"

#define SESSION_BYTES_MAX ((size_t)256 << 20)
#define OPTIONS_MAX 12

struct given {
    const char *name, *value; /* value NULL: a flag */
};

/* What a command line gave beside the session itself; one command runs in a process. */
struct line {
    struct tsk_session session; /* first: a session is a line */
    struct given given[OPTIONS_MAX];
    size_t count;
    const char *office_ids[1];
};

static const struct line *line_of(const struct tsk_session *session)
{
    return (const struct line *)session;
}

const char *tsk_session_option(const struct tsk_session *session, const char *name)
{
    const struct line *line = line_of(session);

    for (size_t i = 0; i < line->count; i++) {
        if (strcmp(line->given[i].name, name) == 0)
            return line->given[i].value;
    }
    return NULL;
}

bool tsk_session_flag(const struct tsk_session *session, const char *name)
{
    const struct line *line = line_of(session);

    for (size_t i = 0; i < line->count; i++) {
        if (strcmp(line->given[i].name, name) == 0)
            return true;
    }
    return false;
}

static int take_options(struct line *line, const struct tsk_subcommand *sub, int *argc, char **argv)
{
    struct tsk_err *err = &line->session.err;

    for (size_t i = 0; sub->options != NULL && sub->options[i] != NULL; i++) {
        const char *value = tsk_cli_option(argc, argv, sub->options[i], err);
        if (value != NULL)
            line->given[line->count++] = (struct given){ sub->options[i], value };
    }
    for (size_t i = 0; sub->flags != NULL && sub->flags[i] != NULL; i++) {
        if (tsk_cli_flag(argc, argv, sub->flags[i]))
            line->given[line->count++] = (struct given){ sub->flags[i], NULL };
    }
    line->session.office = tsk_cli_option(argc, argv, "--office", err);
    line->session.by = tsk_cli_option(argc, argv, "--by", err);
    line->session.plain = tsk_cli_flag(argc, argv, "--plain");
    return err->kind == TSK_OK ? 0 : -1;
}

static int set_scope(struct line *line)
{
    struct tsk_session *session = &line->session;

    session->scope = tsk_scope_all;
    if (session->office == NULL)
        return 0;
    for (size_t i = 0; i < session->site->config->office_count; i++) {
        if (strcmp(session->site->config->offices[i].id, session->office) == 0) {
            line->office_ids[0] = session->office;
            session->scope = (struct tsk_scope){ .offices = line->office_ids, .office_count = 1 };
            return 0;
        }
    }
    return tsk_fail(&session->err, TSK_REJECT, 0, "there is no office %s in %s", session->office,
                    session->site->config->path);
}

int tsk_session_resume(struct tsk_session *session)
{
    if (tsk_records_open(&session->records, session->site, &session->err) != 0)
        return -1;
    session->store = session->records->store;
    return 0;
}

void tsk_session_release(struct tsk_session *session)
{
    tsk_records_close(&session->records);
    session->store = NULL;
}

static int open_line(struct line *line, const struct tsk_subcommand *sub, int *argc, char **argv)
{
    struct tsk_session *session = &line->session;

    if (tsk_terminal_prove(&session->by, session->site->config, &session->err) != 0)
        return -1;
    if (sub->needs_by && (session->by == NULL || session->by[strspn(session->by, " ")] == '\0'))
        return tsk_fail(&session->err, TSK_REJECT, 0, "say who does it: --by NAME");
    session->arena = tsk_arena_new(SESSION_BYTES_MAX);
    if (session->arena == NULL)
        return tsk_fail(&session->err, TSK_RETRY, 0, "no memory");
    session->argc = *argc - 2;
    session->argv = argv + 2;
    return set_scope(line) == 0 ? tsk_session_resume(session) : -1;
}

static const struct tsk_subcommand *find_sub(const struct tsk_subcommand *subs, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(subs[i].name, name) == 0)
            return &subs[i];
    }
    return NULL;
}

static bool fits(const struct tsk_subcommand *sub, int argc)
{
    return argc - 2 >= sub->min && (sub->max < 0 || argc - 2 <= sub->max);
}

int tsk_session_run(const struct tsk_command *command, const struct tsk_subcommand *subs, size_t count, int argc,
                    char **argv)
{
    struct line line = { .count = 0 };
    struct tsk_session *session = &line.session;
    const struct tsk_subcommand *sub = argc > 1 ? find_sub(subs, count, argv[1]) : NULL;
    int rc;

    if (sub == NULL)
        return tsk_cli_usage(command);
    bool opened = take_options(&line, sub, &argc, argv) == 0 &&
                  tsk_site_open(&session->site, &argc, argv, &session->err) == 0 &&
                  tsk_cli_rest(&argc, argv, &session->err) == 0;
    if (opened && !fits(sub, argc))
        rc = tsk_cli_usage(command);
    else if (!opened || open_line(&line, sub, &argc, argv) != 0 || sub->run(session) != 0)
        rc = tsk_cli_failed(&session->err);
    else
        rc = TSK_EXIT_OK;
    tsk_records_close(&session->records);
    tsk_arena_free(&session->arena);
    tsk_site_close(&session->site);
    return rc;
}

const char *tsk_session_actor(const struct tsk_session *session)
{
    return session->by != NULL ? session->by : "console";
}

int tsk_session_id(struct tsk_session *session, const char *text, const char *what, int64_t *out)
{
    char *end = NULL;

    *out = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || *out <= 0)
        return tsk_fail(&session->err, TSK_REJECT, 0, "\"%s\" is no number of a %s", text, what);
    return 0;
}

int tsk_session_number(struct tsk_session *session, const char *text, const char *what, int *out)
{
    char *end = NULL;
    long value = strtol(text, &end, 10);

    if (end == text || *end != '\0' || value <= 0 || value > 1000000)
        return tsk_fail(&session->err, TSK_REJECT, 0, "%s needs a number, not \"%s\"", what, text);
    *out = (int)value;
    return 0;
}

int tsk_session_change(struct tsk_session *session, int (*change)(struct tsk_session *session, void *ctx), void *ctx)
{
    if (tsk_store_begin(session->store, &session->err) != 0)
        return -1;
    if (change(session, ctx) != 0) {
        tsk_store_rollback(session->store);
        return -1;
    }
    return tsk_store_commit(session->store, &session->err);
}

int tsk_session_print(struct tsk_session *session, struct tsk_table **table)
{
    if (tsk_table_print(table, stdout, session->plain) != 0)
        return tsk_fail(&session->err, TSK_RETRY, 0, "no memory for the table");
    return 0;
}

const char *tsk_session_text(struct tsk_session *session, const char *format, ...)
{
    va_list args;
    char text[512];

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *copy = tsk_arena_strdup(session->arena, text);
    return copy != NULL ? copy : "";
}

const char *tsk_session_when(struct tsk_session *session, const char *stamp)
{
    int64_t wall_ms = 0;

    if (session->plain || !tsk_stamp_parse(stamp, &wall_ms))
        return stamp;
    struct tsk_date day = tsk_japan_date(wall_ms);
    int minute = tsk_japan_minute_of_day(wall_ms);
    return tsk_session_text(session, "%04d-%02d-%02d %02d:%02d", day.year, day.month, day.day, minute / 60,
                            minute % 60);
}

int tsk_session_secret(struct tsk_session *session, char *out, size_t size, const char *what)
{
    struct termios before;
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;

    if (terminal) {
        struct termios quiet = before;

        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
        fprintf(stderr, "new %s: ", what);
    }
    const char *line = fgets(out, (int)size, stdin);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    if (line == NULL)
        return tsk_fail(&session->err, TSK_REJECT, 0, "no %s was given on standard input", what);
    out[strcspn(out, "\r\n")] = '\0';
    return 0;
}
