/*
 * tasuki audit - who did what, and whether the chain that says so is whole
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/anchor.h"
#include "gateway/session.h"
#include "records/audit.h"
#include "records/moving_audit.h"

/* "17:ab12…", as `audit verify` printed it */
static int parse_head(struct tsk_session *session, const char *text, struct tsk_audit_head *head)
{
    char *end = NULL;

    head->seq = strtoll(text, &end, 10);
    if (head->seq <= 0 || *end != ':' || strlen(end + 1) != TSK_SHA256_HEX - 1)
        return tsk_fail(&session->err, TSK_REJECT, 0, "--head takes what audit verify printed: NUMBER:HASH");
    memcpy(head->hash, end + 1, TSK_SHA256_HEX);
    return 0;
}

/* What offices brought from former sites, against what was imported. */
static int verify_moved(struct tsk_session *session)
{
    struct tsk_moved_parts parts;

    if (tsk_moving_audit_verify(&parts, session->store, session->arena, &session->err) != 0)
        return -1;
    for (size_t i = 0; i < parts.count; i++)
        printf("office %s brought %lld entries behind entry %lld, as they were at its former site, whose head was %s\n",
               parts.items[i].office, (long long)parts.items[i].entries, (long long)parts.items[i].seq,
               parts.items[i].head);
    return 0;
}

static int run_verify(struct tsk_session *session)
{
    struct tsk_audit_head known;
    struct tsk_audit_head head;
    size_t noted = 0;
    const char *given = tsk_session_option(session, "--head");

    if (given != NULL && parse_head(session, given, &known) != 0)
        return -1;
    if (tsk_anchor_verify(&head, &noted, session->site, session->store, given != NULL ? &known : NULL, &session->err) !=
        0)
        return -1;
    printf("the audit chain is whole: %lld entries, head %lld:%s\n", (long long)head.seq, (long long)head.seq,
           head.seq > 0 ? head.hash : "-");
    if (noted > 0)
        printf("it agrees with %zu heads noted in %s\n", noted, session->site->config->care.audit.anchor_file);
    return verify_moved(session);
}

static int run_list(struct tsk_session *session)
{
    static const char *const headings[] = { "seq", "at", "office", "by", "action", "object", "detail", NULL };
    const char *limit = tsk_session_option(session, "--limit");
    struct tsk_audit_entries entries;
    int count = 0;

    if (limit != NULL && tsk_session_number(session, limit, "--limit", &count) != 0)
        return -1;
    if (tsk_audit_list(&entries, session->store, &session->scope, tsk_session_option(session, "--object"), count,
                       session->arena, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = entries.count; i > 0; i--) {
        const struct tsk_audit_entry *entry = &entries.items[i - 1];
        tsk_table_row(table, tsk_session_text(session, "%lld", (long long)entry->seq),
                      tsk_session_when(session, entry->at), entry->office, entry->actor, entry->action, entry->object,
                      entry->detail);
    }
    return tsk_session_print(session, &table);
}

static int run_audit(int argc, char **argv)
{
    static const char *const verify_options[] = { "--head", NULL };
    static const char *const list_options[] = { "--object", "--limit", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "verify", .run = run_verify, .options = verify_options },
        { .name = "list", .run = run_list, .options = list_options },
    };

    return tsk_session_run(&tsk_cmd_audit, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_audit = {
    .name = "audit",
    .usage = "audit verify [--head NUMBER:HASH]\naudit list [--office ID] [--object sheet:12] [--limit N] [--plain]",
    .help = "who did what; verify checks the whole chain and prints its head, to be kept elsewhere",
    .run = run_audit,
};
