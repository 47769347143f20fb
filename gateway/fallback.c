#include "gateway/fallback.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/os.h"
#include "gateway/qpdf.h"
#include "gateway/site_routing.h"
#include "records/case.h"
#include "records/directory.h"
#include "records/todo.h"
#include "reports/lists.h"

#define ARENA_BYTES ((size_t)256 << 20)
#define ROWS_MAX 2000

struct office_pdf {
    const struct tsk_site *site;
    struct tsk_records *records;
    const struct tsk_office_config *office;
    struct tsk_scope scope;
    struct tsk_arena *arena;
    struct tsk_lists *lists;
    struct tsk_err *err;
};

static int list_cases(struct office_pdf *p)
{
    static const struct tsk_column columns[] = { { "案件番号", 40 }, { "患者", 45 }, { "ふりがな", 40 },
                                                 { "生年月日", 25 }, { "受付", 20 }, { "未了", 10 } };
    const struct tsk_case_page page = { .office = p->office->id, .limit = ROWS_MAX, .newest_first = true };
    struct tsk_case_lines lines;

    if (tsk_case_page_list(&lines, p->records->store, &p->scope, &page, p->arena, p->err) != 0)
        return -1;
    tsk_lists_heading(p->lists, "案件");
    tsk_lists_columns(p->lists, columns, TSK_COUNT(columns));
    for (size_t i = 0; i < lines.count; i++) {
        const struct tsk_case_line *line = &lines.items[i];
        const char *day = tsk_arena_printf(p->arena, "%.10s", line->kase.opened),
                   *todos = line->open_todos > 0 ? tsk_arena_printf(p->arena, "%d", line->open_todos) : "";
        const char *const cells[] = {
            line->kase.number, line->kase.name, line->kase.kana, line->kase.birth, day, todos
        };

        if (day == NULL || todos == NULL)
            return tsk_fail(p->err, TSK_RETRY, 0, "out of memory");
        tsk_lists_row(p->lists, cells);
    }
    if (lines.more)
        tsk_lists_text(p->lists, "（これより古い案件は省いてあります）");
    return 0;
}

static int list_todos(struct office_pdf *p)
{
    static const struct tsk_column columns[] = { { "番号", 12 }, { "案件", 36 }, { "期日", 20 }, { "すること", 112 } };
    const struct tsk_todo_filter filter = { .office = p->office->id, .limit = ROWS_MAX };
    struct tsk_todos todos;

    if (tsk_todo_list(&todos, p->records->store, &p->scope, &filter, p->arena, p->err) != 0)
        return -1;
    tsk_lists_heading(p->lists, "すること");
    tsk_lists_columns(p->lists, columns, TSK_COUNT(columns));
    for (size_t i = 0; i < todos.count; i++) {
        const struct tsk_todo *todo = &todos.items[i];
        const char *number = tsk_arena_printf(p->arena, "%lld", (long long)todo->id);
        const char *const cells[] = { number != NULL ? number : "", todo->case_number, todo->due, todo->text };

        tsk_lists_row(p->lists, cells);
    }
    return 0;
}

static int list_directory(struct office_pdf *p)
{
    static const struct tsk_column columns[] = { { "名称", 80 }, { "部署", 40 }, { "電話", 30 }, { "Fax", 30 } };
    const struct tsk_institution_filter filter = { .office = p->office->id };
    struct tsk_institutions found;

    if (tsk_directory_list(&found, p->records->store, &p->scope, &filter, p->arena, p->err) != 0)
        return -1;
    tsk_lists_heading(p->lists, "電話・Fax 番号");
    tsk_lists_text(p->lists, "※の番号は、まだ 2 人で確かめていません。患者の情報を送る前に、電話で確かめてください。");
    tsk_lists_columns(p->lists, columns, TSK_COUNT(columns));
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_institution *one = &found.items[i];
        const char *fax = one->fax[0] == '\0' || one->fax_verified == TSK_VERIFIED
                              ? one->fax
                              : tsk_arena_printf(p->arena, "%s ※", one->fax);
        const char *const cells[] = { one->name, one->department, one->phone, fax != NULL ? fax : "" };

        tsk_lists_row(p->lists, cells);
    }
    return 0;
}

static int draw(struct office_pdf *p, int fd)
{
    char footer[256], day[TSK_DATE_SIZE], title[320];
    int minute = tsk_japan_minute_of_day(tsk_wall_ms()), rc;

    tsk_date_text(tsk_japan_date(tsk_wall_ms()), day);
    snprintf(footer, sizeof footer, "%.150s  %s %02d:%02d 現在  取扱注意: 個人情報", p->office->name, day, minute / 60,
             minute % 60);
    snprintf(title, sizeof title, "非常時の一覧: %s", p->office->name);
    if (tsk_lists_open(&p->lists, fd, footer, p->err) != 0)
        return -1;
    tsk_lists_heading(p->lists, title);
    tsk_lists_text(p->lists, "サーバーが使えないときに、紙で仕事を続けるための一覧です。うしろに白紙の様式があります。"
                             "届いた用紙と書いた用紙は"
                             "とっておき、復旧したら取り込んでください。");
    rc = list_todos(p) != 0 || list_cases(p) != 0 || list_directory(p) != 0 ? -1 : 0;
    if (tsk_lists_close(&p->lists, p->err) != 0)
        rc = -1;
    return rc;
}

/* "OFFICE: password", else the first line that is not of that form. */
static int find_password(char out[128], const char *text, const char *office, const char *path, struct tsk_err *err)
{
    size_t id_len = strlen(office);

    out[0] = '\0';
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\r\n");

        if (strncmp(line, office, id_len) == 0 && line[id_len] == ':') {
            size_t skip = id_len + 1 + strspn(line + id_len + 1, " ");

            snprintf(out, 128, "%.*s", (int)(len > skip ? len - skip : 0), line + skip);
            break;
        }
        if (out[0] == '\0' && memchr(line, ':', len) == NULL)
            snprintf(out, 128, "%.*s", (int)len, line);
        line += len;
        line += strspn(line, "\r\n");
    }
    return strlen(out) >= 10
               ? 0
               : tsk_fail(err, TSK_REJECT, 0, "%s: a password of at least 10 characters for office %s is missing", path,
                          office);
}

static int password_of(char out[128], const struct tsk_site *site, const char *office, struct tsk_err *err)
{
    char *path = tsk_site_path(site, site->config->care.fallback.password_file);
    struct tsk_buf text = TSK_BUF(65536);
    int rc = -1;

    if (path == NULL)
        tsk_fail(err, TSK_RETRY, 0, "out of memory");
    else if (tsk_file_read(path, &text, err) == 0)
        rc = find_password(out, tsk_buf_text(&text), office, path, err);
    if (text.data != NULL)
        sodium_memzero(text.data, text.len);
    tsk_buf_free(&text);
    free(path);
    return rc;
}

static void write_arguments(struct tsk_buf *out, const struct tsk_forms *forms, const char *password)
{
    tsk_buf_printf(out, "--empty\n--pages\n" TSK_QPDF_INPUT "\n");
    for (size_t i = 0; i < forms->count; i++)
        if (access(forms->forms[i].blank_path, R_OK) == 0)
            tsk_buf_printf(out, "%s\n", forms->forms[i].blank_path);
    tsk_buf_printf(out, "--\n--encrypt\n%s\n%s\n256\n--\n-\n", password, password);
}

static int encrypt(struct office_pdf *p, int lists, int output, struct tsk_err *err)
{
    struct tsk_buf arguments = TSK_BUF(65536);
    char password[128];
    int rc = -1;

    if (password_of(password, p->site, p->office->id, err) == 0) {
        write_arguments(&arguments, &p->records->forms, password);
        rc = tsk_qpdf_run(&arguments, lists, output, err);
    }
    sodium_memzero(password, sizeof password);
    if (arguments.data != NULL)
        sodium_memzero(arguments.data, arguments.len);
    tsk_buf_free(&arguments);
    return rc;
}

/* Under a name of its own until it is whole. */
static int put(struct office_pdf *p, int dir, int lists, struct tsk_err *err)
{
    char name[160], tmp[TSK_ID_SIZE + 8], id[TSK_ID_SIZE];
    int fd, rc;

    tsk_id_new(id);
    snprintf(tmp, sizeof tmp, ".tmp-%s", id);
    snprintf(name, sizeof name, "tasuki-%.100s.pdf", p->office->id);
    fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot write into %s", p->site->config->care.fallback.folder);
    rc = encrypt(p, lists, fd, err);
    if (rc == 0 && fsync(fd) != 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the disk did not take %s", name);
    if (close(fd) != 0 && rc == 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the disk did not take %s", name);
    if (rc == 0 && (renameat(dir, tmp, dir, name) != 0 || fsync(dir) != 0))
        rc = tsk_fail(err, TSK_RETRY, errno, "cannot give %s its name", name);
    if (rc != 0)
        unlinkat(dir, tmp, 0);
    return rc;
}

static int make_office(const struct tsk_site *site, struct tsk_records *records, size_t i, int dir, struct tsk_err *err)
{
    const char *const ids[] = { site->config->offices[i].id };
    struct office_pdf p = { .site = site,
                            .records = records,
                            .office = &site->config->offices[i],
                            .scope = { .offices = ids, .office_count = 1 },
                            .arena = tsk_arena_new(ARENA_BYTES),
                            .err = err };
    int lists = -1, rc = -1;

    if (p.arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    if (tsk_memory_file(&lists, "lists", NULL, err) == 0 && draw(&p, lists) == 0)
        rc = lseek(lists, 0, SEEK_SET) == 0 ? put(&p, dir, lists, err) : tsk_fail(err, TSK_RETRY, errno, "the lists");
    if (lists >= 0)
        close(lists);
    tsk_arena_free(&p.arena);
    return rc;
}

int tsk_fallback_make(const struct tsk_site *site, struct tsk_err *err)
{
    char *folder = tsk_site_path(site, site->config->care.fallback.folder);
    struct tsk_records *records = NULL;
    int dir, rc;

    if (folder == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    dir = tsk_dir_open(folder, err);
    free(folder);
    if (dir < 0)
        return -1;
    rc = tsk_records_open(&records, site, err);
    for (size_t i = 0; rc == 0 && i < site->config->office_count; i++)
        rc = make_office(site, records, i, dir, err);
    tsk_records_close(&records);
    close(dir);
    return rc;
}
