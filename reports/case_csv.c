#include "reports/case_csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define PAGE 500
#define SHEETS_MAX 1000000
#define MEMORY_MAX ((size_t)64 << 20)

struct job {
    struct tsk_buf *out;
    int lines;
    struct tsk_store *store;
    const struct tsk_scope *scope;
    const struct tsk_forms *forms;
    const struct tsk_export_wish *wish;
};

static void day_of(char out[TSK_DATE_SIZE], const char *stamp)
{
    int64_t at_ms = 0;

    out[0] = '\0';
    if (tsk_stamp_parse(stamp, &at_ms))
        tsk_date_text(tsk_japan_date(at_ms), out);
}

static bool wanted(const struct tsk_export_wish *wish, const char *day)
{
    return (wish->first == NULL || strcmp(day, wish->first) >= 0) &&
           (wish->last == NULL || strcmp(day, wish->last) <= 0);
}

static void heading(struct tsk_buf *out, const char *const *names)
{
    for (; *names != NULL; names++)
        tsk_csv_cell(out, *names);
    tsk_csv_end_line(out);
}

static const char *consent_words(const struct tsk_case_file *file, const char *scope)
{
    const char *state = "";

    for (size_t i = 0; i < file->consents.count; i++) /* oldest first */
        if (strcmp(file->consents.items[i].scope, scope) == 0)
            state = file->consents.items[i].state;
    return strcmp(state, "recorded") == 0    ? "あり"
           : strcmp(state, "withdrawn") == 0 ? "撤回"
           : strcmp(state, "refused") == 0   ? "なし"
                                             : "未確認";
}

static const char *closed_words(const char *as)
{
    static const char *const words[][2] = { { "home", "在宅" }, { "facility", "施設" },  { "hospital", "入院・転院" },
                                            { "died", "死亡" }, { "ended", "支援終了" }, { "not_ours", "対象外" } };

    for (size_t i = 0; i < TSK_COUNT(words); i++)
        if (strcmp(words[i][0], as) == 0)
            return words[i][1];
    return as;
}

static void put_case(struct job *job, const struct tsk_case_file *file)
{
    static const char *const first[] = { "patient.kana", "patient.name" };
    const struct tsk_sheet *moved = NULL;
    char opened[TSK_DATE_SIZE], until[TSK_DATE_SIZE];
    struct tsk_buf *out = job->out;
    const char *sex = tsk_file_meaning(file, "patient.sex", NULL);

    day_of(opened, file->kase.opened);
    tsk_file_meaning(file, "outcome", &moved);
    tsk_csv_cell(out, file->kase.number);
    tsk_csv_cell(out, file->office_name);
    tsk_csv_cell(out, opened);
    for (size_t i = 0; i < TSK_COUNT(first); i++)
        tsk_csv_cell(out, tsk_file_meaning(file, first[i], NULL));
    tsk_csv_cell(out, strcmp(sex, "male") == 0 ? "男性" : strcmp(sex, "female") == 0 ? "女性" : "");
    tsk_csv_cell(out, tsk_file_derived(file, "birth_date"));
    tsk_csv_cell(out, tsk_file_derived(file, "referral_date"));
    tsk_csv_cell(out, tsk_file_meaning(file, "from.clinic", NULL));
    tsk_csv_cell(out, tsk_file_meaning(file, "to.hospital", NULL));
    tsk_csv_cell(out, tsk_file_meaning(file, "to.department", NULL));
    tsk_csv_cell(out, moved != NULL ? tsk_file_words(file, moved, "outcome") : "");
    tsk_csv_cell(out, moved != NULL ? tsk_sheet_value(moved, "move_date") : "");
    tsk_csv_cell(out, moved != NULL ? tsk_file_value(file, moved, "destination") : "");
    tsk_csv_cell(out, consent_words(file, "medical"));
    tsk_csv_cell(out, consent_words(file, "care"));
    tsk_csv_cell(out, consent_words(file, "ward_office"));
    tsk_csv_number(out, file->kase.sheet_count);
    tsk_csv_number(out, file->kase.unconfirmed_count);
    tsk_csv_cell(out, file->kase.completed);
    tsk_csv_cell(out, closed_words(file->kase.closed_as));
    tsk_case_keep_until(&file->kase, until);
    tsk_csv_cell(out, *file->kase.completed != '\0' ? until : "");
    tsk_csv_end_line(out);
    job->lines++;
}

static int put_one_case(struct job *job, const char *number, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(MEMORY_MAX);
    struct tsk_case_file file;
    int rc;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a case");
    if ((rc = tsk_case_file_load(&file, job->store, job->scope, number, job->forms, arena, err)) == 0)
        put_case(job, &file);
    tsk_arena_free(&arena);
    return rc;
}

/* One page of the list; *more tells whether to go on behind key and number, which are in the arena. */
static int put_cases(struct job *job, struct tsk_case_page *page, bool *more, struct tsk_arena *arena,
                     struct tsk_err *err)
{
    struct tsk_case_lines lines;

    if (tsk_case_page_list(&lines, job->store, job->scope, page, arena, err) != 0)
        return -1;
    for (size_t i = 0; i < lines.count; i++) {
        char day[TSK_DATE_SIZE];
        day_of(day, lines.items[i].kase.opened);
        if (wanted(job->wish, day) && put_one_case(job, lines.items[i].kase.number, err) != 0)
            return -1;
    }
    *more = lines.more && lines.count > 0;
    if (*more) {
        page->after_key = lines.items[lines.count - 1].key;
        page->after_number = lines.items[lines.count - 1].kase.number;
    }
    return 0;
}

int tsk_cases_csv(struct tsk_buf *out, int *lines, struct tsk_store *store, const struct tsk_scope *scope,
                  const struct tsk_forms *forms, const struct tsk_export_wish *wish, struct tsk_err *err)
{
    static const char *const names[] = { "案件番号",
                                         "相談支援室",
                                         "開始日",
                                         "フリガナ",
                                         "氏名",
                                         "性別",
                                         "生年月日",
                                         "紹介日",
                                         "紹介元",
                                         "紹介先",
                                         "科",
                                         "転帰",
                                         "移動期日",
                                         "転院先",
                                         "同意（医療機関）",
                                         "同意（ケアマネ）",
                                         "同意（区役所）",
                                         "用紙数",
                                         "未確認",
                                         "完了日",
                                         "完了の区分",
                                         "保存期限",
                                         NULL };
    struct job job = { .out = out, .store = store, .scope = scope, .forms = forms, .wish = wish };
    struct tsk_case_page page = { .office = wish->office, .limit = PAGE };
    struct tsk_arena *arena = tsk_arena_new(MEMORY_MAX);
    bool more = true;
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory for a list of cases") : 0;

    heading(out, names);
    while (rc == 0 && more)
        rc = put_cases(&job, &page, &more, arena, err);
    tsk_arena_free(&arena);
    if (lines != NULL)
        *lines = job.lines;
    return rc != 0       ? -1
           : out->failed ? tsk_fail(err, TSK_REJECT, 0, "the list is too long; ask for a shorter period")
                         : 0;
}

/* 生年月日 of 生年月日（年）. */
static void put_date_name(struct tsk_buf *out, const struct tsk_form *form, const struct tsk_form_date *date)
{
    const struct tsk_field *year = tsk_form_field(form, date->year);
    const char *label = year != NULL ? year->label : date->id, *end = strstr(label, "（");
    char name[200];

    snprintf(name, sizeof name, "%.*s", (int)(end != NULL ? (size_t)(end - label) : strlen(label)), label);
    tsk_csv_cell(out, name);
}

static void sheets_heading(struct tsk_buf *out, const struct tsk_form *form)
{
    static const char *const names[] = { "用紙", "案件番号", "受信日", "文書", "ページ", "版", "状態", "確認者", NULL };

    for (const char *const *name = names; *name != NULL; name++)
        tsk_csv_cell(out, *name);
    for (size_t i = 0; i < form->date_count; i++)
        put_date_name(out, form, &form->dates[i]);
    for (size_t i = 0; i < form->field_count; i++)
        if (form->fields[i].kind != TSK_FIELD_IMAGE)
            tsk_csv_cell(out, form->fields[i].label);
    tsk_csv_end_line(out);
}

static void put_sheet(struct job *job, const struct tsk_form *form, const struct tsk_case_file *file,
                      const struct tsk_sheet *sheet, const char *day)
{
    static const char *const states[] = {
        [TSK_SHEET_NEEDS_REVIEW] = "要確認", [TSK_SHEET_READY] = "未確認", [TSK_SHEET_CONFIRMED] = "確認済"
    };
    struct tsk_buf *out = job->out;

    tsk_csv_number(out, (long long)sheet->id);
    tsk_csv_cell(out, sheet->case_number);
    tsk_csv_cell(out, day);
    tsk_csv_cell(out, sheet->document);
    tsk_csv_number(out, sheet->page);
    tsk_csv_cell(out, sheet->edition);
    tsk_csv_cell(out, states[sheet->state]);
    tsk_csv_cell(out, sheet->confirmed_by);
    for (size_t i = 0; i < form->date_count; i++)
        tsk_csv_cell(out, tsk_sheet_value(sheet, form->dates[i].id));
    for (size_t i = 0; i < form->field_count; i++)
        if (form->fields[i].kind != TSK_FIELD_IMAGE)
            tsk_csv_cell(out, tsk_file_words(file, sheet, form->fields[i].id));
    tsk_csv_end_line(out);
    job->lines++;
}

static int put_one_sheet(struct job *job, const struct tsk_form *form, int64_t id, const char *day, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(MEMORY_MAX);
    const struct tsk_case_file file = { .forms = job->forms, .arena = arena };
    struct tsk_sheet sheet;
    int rc;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a sheet");
    if ((rc = tsk_sheet_find(&sheet, job->store, job->scope, id, arena, err)) == 0)
        put_sheet(job, form, &file, &sheet, day);
    tsk_arena_free(&arena);
    return rc;
}

static int put_sheets(struct job *job, const struct tsk_form *form, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_sheet_filter filter = { .office = job->wish->office, .limit = SHEETS_MAX };
    struct tsk_sheets sheets;

    if (tsk_sheet_list(&sheets, job->store, job->scope, &filter, arena, err) != 0)
        return -1;
    for (size_t i = sheets.count; i > 0; i--) {
        const struct tsk_sheet *sheet = &sheets.items[i - 1];
        char day[TSK_DATE_SIZE];

        day_of(day, sheet->received);
        if (strcmp(sheet->form, form->id) == 0 && *sheet->closed == '\0' && wanted(job->wish, day) &&
            put_one_sheet(job, form, sheet->id, day, err) != 0)
            return -1;
    }
    return 0;
}

int tsk_sheets_csv(struct tsk_buf *out, int *lines, struct tsk_store *store, const struct tsk_scope *scope,
                   const struct tsk_forms *forms, const char *form_id, const struct tsk_export_wish *wish,
                   struct tsk_err *err)
{
    struct job job = { .out = out, .store = store, .scope = scope, .forms = forms, .wish = wish };
    const struct tsk_form *form = tsk_forms_find(forms, form_id, NULL);
    struct tsk_arena *arena = NULL;
    int rc = -1;

    if (form == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "there is no form %s; tasuki forms list names them", form_id);
    sheets_heading(out, form);
    if ((arena = tsk_arena_new((size_t)1 << 30)) == NULL)
        rc = tsk_fail(err, TSK_RETRY, 0, "no memory for a list of sheets");
    else
        rc = put_sheets(&job, form, arena, err);
    tsk_arena_free(&arena);
    if (lines != NULL)
        *lines = job.lines;
    return rc != 0       ? -1
           : out->failed ? tsk_fail(err, TSK_REJECT, 0, "the list is too long; ask for a shorter period")
                         : 0;
}
