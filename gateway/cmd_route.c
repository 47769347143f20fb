/*
 * tasuki route - who is told of a sheet, why, by which way, with which words
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "gateway/command.h"
#include "gateway/site_routing.h"

enum { ARENA_MAX = 32 * 1024 * 1024 };

static void print_indented(const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        printf("    | %.*s\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

static void print_due(const struct tsk_decision *decision)
{
    char stamp[TSK_STAMP_SIZE];

    if (decision->act != TSK_ROUTE_SEND)
        return;
    if (decision->due_ms == 0) {
        printf("  when    at once\n");
        return;
    }
    tsk_stamp(decision->due_ms, stamp);
    printf("  when    %s%s\n", stamp, decision->batch[0] != '\0' ? ", in the daily digest" : "");
}

static int print_known(const struct tsk_decision *decision, struct tsk_store *store, int64_t sheet,
                       struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_notice_filter filter = {
        .sheet = sheet, .event = decision->event, .rule = decision->rule->id, .recipient = decision->recipient
    };
    struct tsk_notices known;

    if (decision->recipient[0] == '\0')
        return 0;
    if (tsk_notice_list(&known, store, &tsk_scope_all, &filter, arena, err) != 0)
        return -1;
    for (size_t i = 0; i < known.count; i++)
        printf("  known   notice %s is %s\n", known.items[i].id, tsk_notice_state_name(known.items[i].state));
    return 0;
}

static int print_decision(const struct tsk_decision *decision, struct tsk_store *store, int64_t sheet,
                          struct tsk_arena *arena, struct tsk_err *err)
{
    bool mail = decision->todo[0] == '\0' && decision->subject[0] != '\0';

    printf("\n%s: %s\n", decision->event, tsk_route_act_name(decision->act));
    printf("  rule    %s%s%s\n", decision->rule->id, decision->rule->why[0] != '\0' ? ": " : "", decision->rule->why);
    if (decision->recipient[0] != '\0')
        printf("  to      %s (%s)\n", decision->recipient_name, decision->recipient);
    if (decision->channel[0] != '\0')
        printf("  by      %s %s\n", decision->channel, decision->destination);
    if (decision->reason[0] != '\0')
        printf("  reason  %s\n", decision->reason);
    print_due(decision);
    if (print_known(decision, store, sheet, arena, err) != 0)
        return -1;
    if (mail)
        printf("  subject %s\n", decision->subject);
    print_indented(mail ? decision->body : decision->todo);
    return 0;
}

static int print_plan(struct tsk_records *records, int64_t sheet, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_MAX);
    struct tsk_plan plan;
    int rc;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory");
    rc = tsk_route_plan(&plan, records->store, records->routing, &tsk_scope_all, sheet, arena, err);
    if (rc == 0)
        printf("sheet %lld: %s, office %s, case %s, %s\n", (long long)plan.sheet.id, plan.sheet.form, plan.sheet.office,
               plan.sheet.case_number[0] != '\0' ? plan.sheet.case_number : "not known yet",
               tsk_sheet_state_name(plan.sheet.state));
    for (size_t i = 0; rc == 0 && i < plan.count; i++)
        rc = print_decision(&plan.items[i], records->store, sheet, arena, err);
    if (rc == 0 && plan.count == 0)
        puts("no rule speaks of this sheet");
    tsk_arena_free(&arena);
    return rc;
}

static int apply(struct tsk_records *records, int64_t sheet, struct tsk_err *err)
{
    if (tsk_store_begin(records->store, err) != 0)
        return -1;
    if (tsk_route_sheet(records->routing, records->store, sheet, err) != 0) {
        tsk_store_rollback(records->store);
        return -1;
    }
    return tsk_store_commit(records->store, err);
}

static bool sheet_number(const char *text, int64_t *out)
{
    char *end = NULL;

    *out = strtoll(text, &end, 10);
    return end != text && *end == '\0' && *out > 0;
}

static int route(const struct tsk_site *site, int64_t sheet, bool dry, struct tsk_err *err)
{
    struct tsk_records *records = NULL;
    int rc = tsk_records_open(&records, site, err);

    if (rc == 0 && !dry)
        rc = apply(records, sheet, err);
    if (rc == 0)
        rc = print_plan(records, sheet, err);
    tsk_records_close(&records);
    return rc;
}

static int run_route(int argc, char **argv)
{
    struct tsk_site *site = NULL;
    struct tsk_err err = { 0 };
    bool dry = tsk_cli_flag(&argc, argv, "--dry-run");
    int64_t sheet = 0;
    int rc = TSK_EXIT_OK;

    if (tsk_site_open(&site, &argc, argv, &err) != 0 || tsk_cli_rest(&argc, argv, &err) != 0) {
        rc = tsk_cli_failed(&err);
        goto out;
    }
    if (argc != 2 || !sheet_number(argv[1], &sheet))
        rc = tsk_cli_usage(&tsk_cmd_route);
    else if (route(site, sheet, dry, &err) != 0)
        rc = tsk_cli_failed(&err);
out:
    tsk_site_close(&site);
    return rc;
}

const struct tsk_command tsk_cmd_route = {
    .name = "route",
    .usage = "route --dry-run SHEET\nroute SHEET",
    .help = "who is told of a sheet, why and with which words; without --dry-run also queues what is missing",
    .run = run_route,
};
