/*
 * tasuki search - a patient by what people remember, from the terminal; and the keys by which patients are found
 */
#include <stdio.h>

#include "gateway/session.h"
#include "records/audit.h"
#include "records/search.h"

static int note(struct tsk_session *session, const struct tsk_hits *hits)
{
    for (size_t i = 0; i < hits->count; i++) {
        const struct tsk_hit *one = &hits->items[i];
        const char *object = *one->case_number != '\0' ? tsk_session_text(session, "case:%s", one->case_number)
                                                       : tsk_session_text(session, "sheet:%lld", (long long)one->sheet);
        if (tsk_audit_add(session->store, one->office, tsk_session_actor(session), "view", object, "search",
                          &session->err) != 0)
            return -1;
    }
    return 0;
}

static int run_find(struct tsk_session *session)
{
    static const char *const headings[] = { "case", "sheet", "name", "kana", "born", "from", "to", "sheets", NULL };
    struct tsk_hits hits;

    if (tsk_search(&hits, session->store, &session->scope, session->office, session->argv[0], 0, session->arena,
                   &session->err) != 0 ||
        note(session, &hits) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < hits.count; i++) {
        const struct tsk_hit *one = &hits.items[i];
        tsk_table_row(table, one->case_number, tsk_session_text(session, "%lld", (long long)one->sheet), one->name,
                      one->kana, one->birth, one->from, one->to, tsk_session_text(session, "%d", one->sheet_count));
    }
    if (hits.more && !session->plain)
        printf("more than %zu fit; these are the first by kana\n", hits.count);
    return tsk_session_print(session, &table);
}

static int run_rebuild(struct tsk_session *session)
{
    int64_t count = 0;

    if (tsk_search_rebuild(&count, session->store, &session->err) != 0)
        return -1;
    printf("the keys of %lld sheets were written\n", (long long)count);
    return 0;
}

static int run_search(int argc, char **argv)
{
    static const struct tsk_subcommand subs[] = {
        { .name = "find", .min = 1, .max = 1, .run = run_find },
        { .name = "rebuild", .min = 0, .max = 0, .run = run_rebuild },
    };

    return tsk_session_run(&tsk_cmd_search, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_search = {
    .name = "search",
    .usage = "search find WORDS [--office ID] [--by NAME] [--plain]\nsearch rebuild",
    .help = "a patient by name, kana, birth date, institution or case number; writes the keys anew",
    .run = run_search,
};
