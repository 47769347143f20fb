/*
 * tasuki difficult - 支援が難しい事例: a ward office's named 窓口 is told the chosen fields of one case
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/session.h"
#include "records/audit.h"
#include "reports/difficult_words.h"

static int load_file(struct tsk_case_file *out, struct tsk_session *session, const char *number)
{
    return tsk_case_file_load(out, session->store, &session->scope, number, &session->records->forms, session->arena,
                              &session->err);
}

static const char *option(const struct tsk_session *session, const char *name)
{
    const char *value = tsk_session_option(session, name);

    return value != NULL ? value : "";
}

static int propose(struct tsk_session *session, void *ctx)
{
    struct tsk_difficult wish = { .case_number = session->argv[0],
                                  .why = option(session, "--why"),
                                  .fields = option(session, "--fields"),
                                  .desk = option(session, "--desk"),
                                  .way = option(session, "--way"),
                                  .account = option(session, "--account"),
                                  .until = option(session, "--until") };
    struct tsk_case_file file;
    int64_t id = 0;

    (void)ctx;
    if (tsk_session_id(session, option(session, "--to"), "institution", &wish.institution) != 0 ||
        load_file(&file, session, wish.case_number) != 0 ||
        tsk_difficult_check_fields(&file, wish.fields, &session->err) != 0 ||
        tsk_difficult_propose(&id, session->store, &session->scope, &wish, session->by, &session->err) != 0)
        return -1;
    printf("difficult case %lld is proposed; a second person releases it\n", (long long)id);
    return 0;
}

static int run_propose(struct tsk_session *session)
{
    return tsk_session_change(session, propose, NULL);
}

static int find(struct tsk_difficult *out, struct tsk_session *session)
{
    int64_t id = 0;

    return tsk_session_id(session, session->argv[0], "difficult case", &id) != 0
               ? -1
               : tsk_difficult_find(out, session->store, &session->scope, id, session->arena, &session->err);
}

static int release(struct tsk_session *session, void *ctx)
{
    struct tsk_difficult one;
    struct tsk_case_file file;

    (void)ctx;
    if (find(&one, session) != 0 || load_file(&file, session, one.case_number) != 0 ||
        tsk_difficult_release(session->store, &session->scope, one.id, tsk_difficult_words(&file, &one), session->by,
                              &session->err) != 0)
        return -1;
    printf("difficult case %lld is released by %s\n", (long long)one.id, one.way);
    return 0;
}

static int run_release(struct tsk_session *session)
{
    return tsk_session_change(session, release, NULL);
}

static int end(struct tsk_session *session, void *ctx)
{
    struct tsk_difficult one;

    (void)ctx;
    return find(&one, session) != 0 ? -1
                                    : tsk_difficult_end(session->store, &session->scope, one.id,
                                                        option(session, "--why"), session->by, &session->err);
}

static int run_end(struct tsk_session *session)
{
    return tsk_session_change(session, end, NULL);
}

static int handed(struct tsk_session *session, void *ctx)
{
    struct tsk_difficult one;

    (void)ctx;
    return find(&one, session) != 0 ? -1
                                    : tsk_difficult_handed(session->store, &session->scope, one.id, session->argv[1],
                                                           session->by, &session->err);
}

static int run_handed(struct tsk_session *session)
{
    return tsk_session_change(session, handed, NULL);
}

static int was_read(struct tsk_session *session, void *ctx)
{
    struct tsk_difficult one;

    (void)ctx;
    return find(&one, session) != 0 ? -1
                                    : tsk_difficult_read(session->store, &session->scope, one.id, session->argv[1],
                                                         option(session, "--how"), session->by, &session->err);
}

static int run_read(struct tsk_session *session)
{
    return tsk_session_change(session, was_read, NULL);
}

static int run_list(struct tsk_session *session)
{
    static const char *const headings[] = { "id",   "case",        "state",       "way",     "ward office",
                                            "窓口", "proposed by", "released by", "read by", NULL };
    const struct tsk_difficult_filter filter = { .office = session->office };
    struct tsk_difficults found;

    if (tsk_difficult_list(&found, session->store, &session->scope, &filter, session->arena, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_difficult *d = &found.items[i];
        tsk_table_row(table, tsk_session_text(session, "%lld", (long long)d->id), d->case_number, d->state, d->way,
                      d->institution_name, d->desk, d->proposed_by, d->decided_by, d->read_by);
    }
    return tsk_session_print(session, &table);
}

static int run_show(struct tsk_session *session)
{
    struct tsk_difficult one;
    struct tsk_case_file file;

    if (find(&one, session) != 0 || load_file(&file, session, one.case_number) != 0 ||
        tsk_audit_add(session->store, one.office, tsk_session_actor(session), "view",
                      tsk_session_text(session, "case:%s", one.case_number), "difficult", &session->err) != 0)
        return -1;
    printf("%s: %s by %s%s%s\n\n%s", one.case_number, one.state, one.way, *one.until != '\0' ? " until " : "",
           one.until, *one.words != '\0' ? one.words : tsk_difficult_words(&file, &one));
    return 0;
}

static int run_difficult(int argc, char **argv)
{
    static const char *const wish[] = { "--why", "--fields", "--to", "--desk", "--way", "--account", "--until", NULL };
    static const char *const why[] = { "--why", NULL };
    static const char *const how[] = { "--how", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "list", .max = 0, .run = run_list },
        { .name = "propose", .min = 1, .max = 1, .needs_by = true, .run = run_propose, .options = wish },
        { .name = "show", .min = 1, .max = 1, .run = run_show },
        { .name = "release", .min = 1, .max = 1, .needs_by = true, .run = run_release },
        { .name = "end", .min = 1, .max = 1, .needs_by = true, .run = run_end, .options = why },
        { .name = "handed", .min = 2, .max = 2, .needs_by = true, .run = run_handed },
        { .name = "read", .min = 2, .max = 2, .needs_by = true, .run = run_read, .options = how },
    };

    return tsk_session_run(&tsk_cmd_difficult, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_difficult = {
    .name = "difficult",
    .usage = "difficult list [--office ID]\n"
             "difficult propose CASE --why TEXT --fields ID,ID --to INSTITUTION --desk NAME --way fax|hand|viewer "
             "[--account NAME --until DAY] --by NAME\n"
             "difficult show ID\ndifficult release ID --by NAME\ndifficult handed ID WHOM --by NAME\n"
             "difficult read ID WHO [--how TEXT] --by NAME\ndifficult end ID --why TEXT --by NAME",
    .help = "a difficult case: a ward office is told the chosen fields, released by a second person",
    .run = run_difficult,
};
