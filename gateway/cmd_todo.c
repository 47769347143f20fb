/*
 * tasuki todo - what waits for a person: calls, faxes by hand, recipients to find, corrections to decide
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/command.h"
#include "gateway/site_routing.h"
#include "records/todo.h"

enum { ARENA_MAX = 32 * 1024 * 1024 };

static void print_todo(const struct tsk_todo *todo, bool whole)
{
    const char *text = todo->text;

    printf("%-6lld %-10.10s %-16s %-15s %s", (long long)todo->id, todo->created, todo->kind, todo->office,
           todo->case_number[0] != '\0' ? todo->case_number : "-");
    if (todo->sheet != 0)
        printf(" sheet %lld", (long long)todo->sheet);
    if (todo->done[0] != '\0')
        printf(" done by %s", todo->done_by);
    putchar('\n');
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        printf("       %.*s\n", (int)len, text);
        text += len + (text[len] == '\n');
        if (!whole)
            break;
    }
}

static int list(struct tsk_store *store, const char *office, bool all, bool whole, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_MAX);
    struct tsk_todo_filter filter = { .done_too = all, .office = office };
    struct tsk_todos todos = { 0 };
    int rc;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory");
    rc = tsk_todo_list(&todos, store, &tsk_scope_all, &filter, arena, err);
    for (size_t i = 0; rc == 0 && i < todos.count; i++)
        print_todo(&todos.items[i], whole);
    if (rc == 0 && todos.count == 0)
        puts("nothing waits for a person");
    tsk_arena_free(&arena);
    return rc;
}

static int finish(struct tsk_store *store, const char *number, const char *by, const char *note, struct tsk_err *err)
{
    char *end = NULL;
    long long id = strtoll(number, &end, 10);

    if (*end != '\0' || id <= 0)
        return tsk_fail(err, TSK_REJECT, 0, "%s is no to-do; `tasuki todo` lists them", number);
    if (by == NULL || by[0] == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "say who did it: --by NAME");
    return tsk_todo_done(store, &tsk_scope_all, id, by, note != NULL ? note : "", err);
}

struct options {
    const char *office, *by, *note;
    bool all, whole;
};

static int take_options(struct options *out, int *argc, char **argv, struct tsk_err *err)
{
    out->all = tsk_cli_flag(argc, argv, "--all");
    out->whole = tsk_cli_flag(argc, argv, "--text");
    out->office = tsk_cli_option(argc, argv, "--office", err);
    out->by = tsk_cli_option(argc, argv, "--by", err);
    out->note = tsk_cli_option(argc, argv, "--note", err);
    return err->kind == TSK_OK ? 0 : -1;
}

static int run_todo(int argc, char **argv)
{
    struct options options = { 0 };
    struct tsk_site *site = NULL;
    struct tsk_records *records = NULL;
    struct tsk_err err = { 0 };
    int rc = TSK_EXIT_OK;

    if (take_options(&options, &argc, argv, &err) != 0 || tsk_site_open(&site, &argc, argv, &err) != 0 ||
        tsk_cli_rest(&argc, argv, &err) != 0)
        rc = tsk_cli_failed(&err);
    else if (!(argc == 1 || (argc == 2 && strcmp(argv[1], "list") == 0) || (argc == 3 && strcmp(argv[1], "done") == 0)))
        rc = tsk_cli_usage(&tsk_cmd_todo);
    else if (tsk_records_open(&records, site, &err) != 0)
        rc = tsk_cli_failed(&err);
    else if ((argc == 3 ? finish(records->store, argv[2], options.by, options.note, &err)
                        : list(records->store, options.office, options.all, options.whole, &err)) != 0)
        rc = tsk_cli_failed(&err);
    tsk_records_close(&records);
    tsk_site_close(&site);
    return rc;
}

const struct tsk_command tsk_cmd_todo = {
    .name = "todo",
    .usage = "todo [list] [--office ID] [--all] [--text]\ntodo done ID --by NAME [--note TEXT]",
    .help = "what waits for a person; --text shows what to say, --all also what is done",
    .run = run_todo,
};
