/*
 * tasuki morning - what came and what came up since somebody was last here: on the screen, or as a list to print
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "casework/calendar.h"
#include "gateway/session.h"
#include "gateway/site.h"
#include "gateway/told.h"
#include "records/inquiry.h"
#include "records/since.h"
#include "reports/lists.h"

#define WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)
#define WAITING_MAX 200

static const struct {
    const char *what, *words;
} kinds[] = { { "facility", "至急: 施設入所の予定" },
              { "failed", "届かなかった連絡" },
              { "held", "開けない文書" },
              { "overdue", "回答のない照会" },
              { "unmatched", "案件の決まらないシート" },
              { "outcome", "病院からの転帰・回答" },
              { "referral", "新しい紹介" },
              { "sheet", "その他のシート" },
              { "todo", "すること" } };

static const char *word_of(const char *what)
{
    for (size_t i = 0; i < TSK_COUNT(kinds); i++)
        if (strcmp(kinds[i].what, what) == 0)
            return kinds[i].words;
    return what;
}

/* --since, else when --by was last here before today, else a week. */
static int find_since(struct tsk_session *session, const char **since)
{
    const char *given = tsk_session_option(session, "--since");
    char stamp[TSK_STAMP_SIZE];
    int64_t ms = tsk_japan_midnight_ms(tsk_japan_date(tsk_wall_ms() - WEEK_MS));

    *since = "";
    if (given != NULL && !tsk_calendar_start(given, &ms))
        return tsk_fail(&session->err, TSK_REJECT, 0, "\"%s\" is no time; write \"2026-12-01 14:00\"", given);
    if (given == NULL && session->by != NULL) {
        tsk_stamp(tsk_japan_midnight_ms(tsk_japan_date(tsk_wall_ms())), stamp);
        if (tsk_since_last_here(since, session->store, session->by, stamp, session->arena, &session->err) != 0)
            return -1;
    }
    if (**since != '\0')
        return 0;
    tsk_stamp(ms, stamp);
    *since = tsk_session_text(session, "%s", stamp);
    return 0;
}

/* The text of a to-do or a document is long; its first line says what it is about. */
static const char *line_of(struct tsk_session *session, const struct tsk_news *news)
{
    const char *name = "";

    if (strcmp(news->what, "failed") == 0 &&
        tsk_route_recipient_name(&name, session->records->routing, session->store, news->office, news->text,
                                 session->arena, &session->err) != 0) {
        session->err = (struct tsk_err){ .kind = TSK_OK };
        name = "";
    }
    return *name != '\0' ? name : tsk_session_text(session, "%.*s", (int)strcspn(news->text, "\n"), news->text);
}

static const char *number_of(struct tsk_session *session, const struct tsk_news *news)
{
    return news->todo != 0    ? tsk_session_text(session, "to-do %lld", (long long)news->todo)
           : news->sheet != 0 ? tsk_session_text(session, "sheet %lld", (long long)news->sheet)
           : *news->notice    ? news->notice
                              : news->document;
}

static int show(struct tsk_session *session, const struct tsk_news_list *found)
{
    static const char *const headings[] = { "at", "what", "case", "number", "text", "done", NULL };
    struct tsk_table *table = tsk_table_new(headings);

    for (size_t i = 0; i < found->count; i++) {
        const struct tsk_news *one = &found->items[i];
        tsk_table_row(table, tsk_session_when(session, one->at), one->what, one->case_number, number_of(session, one),
                      line_of(session, one), one->settled ? "yes" : "");
    }
    return tsk_session_print(session, &table);
}

static void draw_news(struct tsk_session *session, struct tsk_lists *lists, const struct tsk_news_list *found)
{
    static const struct tsk_column columns[] = {
        { "日時", 32 }, { "案件", 36 }, { "患者", 36 }, { "内容", 60 }, { "済", 14 }
    };
    const char *last = "";

    for (size_t i = 0; i < found->count; i++) {
        const struct tsk_news *one = &found->items[i];
        const char *const cells[] = { tsk_session_when(session, one->at), one->case_number, one->name,
                                      line_of(session, one), one->settled ? "済" : "□" };

        if (strcmp(last, one->what) != 0) {
            last = one->what;
            tsk_lists_heading(lists, word_of(last));
            tsk_lists_columns(lists, columns, TSK_COUNT(columns));
        }
        tsk_lists_row(lists, cells);
    }
    if (found->count == 0)
        tsk_lists_text(lists, "新しく届いたもの、起きたことはありません。");
}

static int draw_waiting(struct tsk_session *session, struct tsk_lists *lists)
{
    static const struct tsk_column columns[] = {
        { "案件", 36 }, { "患者", 36 }, { "待っている相手", 60 }, { "起算日", 24 }, { "状態", 24 }
    };
    static const struct {
        const char *state, *words;
    } states[] = {
        { "waiting", "回答待ち" }, { "look", "確認待ち" }, { "stuck", "要判断" }, { "no_consent", "同意なし" }
    };
    const struct tsk_wait_filter filter = { .open = true, .office = session->office, .limit = WAITING_MAX };
    struct tsk_wait_rows rows;

    if (tsk_wait_list(&rows, session->store, &session->scope, &filter, session->arena, &session->err) != 0)
        return -1;
    tsk_lists_heading(lists, "転帰を待っている案件（古い順）");
    tsk_lists_columns(lists, columns, TSK_COUNT(columns));
    for (size_t i = 0; i < rows.count; i++) {
        const char *state = rows.items[i].state;

        for (size_t k = 0; k < TSK_COUNT(states); k++)
            if (strcmp(states[k].state, rows.items[i].state) == 0)
                state = states[k].words;
        const char *const cells[] = { rows.items[i].case_number, rows.items[i].name, rows.items[i].hospital,
                                      rows.items[i].since, state };
        tsk_lists_row(lists, cells);
    }
    return 0;
}

static int draw(struct tsk_session *session, const struct tsk_news_list *found, const char *since, const char *path)
{
    const char *footer = tsk_session_text(session, "取扱注意: 個人情報  %s 以降", tsk_session_when(session, since));
    struct tsk_lists *lists = NULL;
    int rc, fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return tsk_fail(&session->err, TSK_REJECT, errno, "%s: cannot be made; it must not exist yet", path);
    rc = tsk_lists_open(&lists, fd, footer, &session->err);
    if (rc == 0) {
        tsk_lists_heading(lists, "引き継ぎの一覧");
        draw_news(session, lists, found);
        rc = draw_waiting(session, lists);
        if (tsk_lists_close(&lists, &session->err) != 0)
            rc = -1;
    }
    if (close(fd) != 0 && rc == 0)
        rc = tsk_fail(&session->err, TSK_RETRY, errno, "%s: the disk did not take it", path);
    if (rc != 0)
        unlink(path);
    return rc;
}

static int run_list(struct tsk_session *session)
{
    const char *since, *path = tsk_session_option(session, "--pdf");
    struct tsk_news_list found;

    if (find_since(session, &since) != 0 ||
        tsk_since_list(&found, session->store, &session->scope, session->office, since, session->arena,
                       &session->err) != 0 ||
        tsk_view_note(session, session->office != NULL ? session->office : "*", "morning list") != 0)
        return -1;
    return path != NULL ? draw(session, &found, since, path) : show(session, &found);
}

static int run_morning(int argc, char **argv)
{
    enum { ARGUMENTS_MAX = 32 };
    static const char *const options[] = { "--since", "--pdf", NULL };
    static const struct tsk_subcommand subs[] = { { .name = "list", .run = run_list, .options = options } };
    char word[] = "list";
    char *words[ARGUMENTS_MAX] = { argv[0], word };

    if (argc > 1 && argv[1][0] != '-')
        return tsk_session_run(&tsk_cmd_morning, subs, TSK_COUNT(subs), argc, argv);
    if (argc + 1 >= ARGUMENTS_MAX)
        return tsk_cli_usage(&tsk_cmd_morning);
    for (int i = 1; i < argc; i++)
        words[i + 1] = argv[i];
    return tsk_session_run(&tsk_cmd_morning, subs, TSK_COUNT(subs), argc + 1, words);
}

const struct tsk_command tsk_cmd_morning = {
    .name = "morning",
    .usage = "morning [list] [--since \"YYYY-MM-DD HH:MM\"] [--pdf FILE] [--office ID] [--by NAME] [--plain]",
    .help = "what came and came up since you were last here; as a list to print",
    .run = run_morning,
};
