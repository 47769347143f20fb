#include "reports/case_paper.h"

#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "reports/paper_page.h"

#define LABEL_MM 42.0
#define SIZE_PT 9
#define GAP_MM 0.8
#define BOTTOM_MM 16.0

static const char *day_time(const struct tsk_case_file *file, const char *stamp)
{
    char day[TSK_DATE_SIZE];
    int64_t at_ms = 0;

    if (!tsk_stamp_parse(stamp, &at_ms))
        return "";
    tsk_date_text(tsk_japan_date(at_ms), day);
    int minutes = tsk_japan_minute_of_day(at_ms);
    const char *text = tsk_arena_printf(file->arena, "%s %02d:%02d", day, minutes / 60, minutes % 60);
    return text != NULL ? text : "";
}

static void put(struct paper *paper, const char *label, const char *text)
{
    double width = paper->width_mm - 2 * PAPER_MARGIN_MM - LABEL_MM;
    double height = paper_height_mm(paper, text, width, SIZE_PT);

    if (paper->y_mm + height > paper->height_mm - BOTTOM_MM)
        paper_end_page(paper);
    paper_text(paper, label, PAPER_MARGIN_MM, paper->y_mm, LABEL_MM - 2, SIZE_PT, PAPER_LEFT);
    paper_paragraph(paper, text, PAPER_MARGIN_MM + LABEL_MM, paper->y_mm, width, SIZE_PT);
    paper->y_mm += height + GAP_MM;
}

static void put_some(struct paper *paper, const char *label, const char *text)
{
    if (*text != '\0')
        put(paper, label, text);
}

static void head(struct paper *paper, const char *text)
{
    if (paper->y_mm + 20 > paper->height_mm - BOTTOM_MM)
        paper_end_page(paper);
    paper->y_mm += 3;
    paper_text(paper, text, PAPER_MARGIN_MM, paper->y_mm, paper->width_mm - 2 * PAPER_MARGIN_MM, 11, PAPER_LEFT);
    paper->y_mm += 6;
    paper_line(paper, PAPER_MARGIN_MM, paper->y_mm, paper->width_mm - PAPER_MARGIN_MM, paper->y_mm, 0.6);
    paper->y_mm += 1.2;
}

static void put_known(struct paper *paper, const struct tsk_case_file *file)
{
    static const char *const known[][2] = { { "patient.kana", "フリガナ" },  { "patient.name", "患者氏名" },
                                            { "patient.address", "住所" },   { "from.clinic", "紹介元" },
                                            { "from.doctor", "主治医" },     { "to.hospital", "紹介先" },
                                            { "to.department", "科" },       { "to.doctor", "担当医" },
                                            { "care.office", "ケアプラン" }, { "care.manager", "ケアマネジャー" },
                                            { "destination", "転院先" } };
    char until[TSK_DATE_SIZE];

    put(paper, "案件番号", file->kase.number);
    put(paper, "相談支援室", file->office_name);
    put(paper, "開始", day_time(file, file->kase.opened));
    tsk_case_keep_until(&file->kase, until);
    put(paper, "完了",
        *file->kase.completed != '\0' ? tsk_arena_printf(file->arena, "%s（保存期限 %s）", file->kase.completed, until)
                                      : "継続中");
    for (size_t i = 0; i < TSK_COUNT(known); i++)
        put_some(paper, known[i][1], tsk_file_meaning(file, known[i][0], NULL));
    put_some(paper, "生年月日", tsk_file_derived(file, "birth_date"));
    put_some(paper, "紹介日", tsk_file_derived(file, "referral_date"));
    put_some(paper, "移動期日", tsk_file_derived(file, "move_date"));
}

static void put_consents(struct paper *paper, const struct tsk_case_file *file)
{
    static const char *const scopes[][2] = {
        { "medical", "医療機関" }, { "care", "ケアマネ等" }, { "facility", "施設" }, { "ward_office", "区役所" }
    };
    static const char *const states[][2] = { { "recorded", "同意あり" },
                                             { "withdrawn", "撤回" },
                                             { "refused", "同意なし" } };

    if (file->consents.count > 0)
        head(paper, "同意");
    for (size_t i = 0; i < file->consents.count; i++) {
        const struct tsk_consent *c = &file->consents.items[i];
        const char *scope = c->scope, *state = c->state;
        for (size_t k = 0; k < TSK_COUNT(scopes); k++)
            scope = strcmp(scopes[k][0], c->scope) == 0 ? scopes[k][1] : scope;
        for (size_t k = 0; k < TSK_COUNT(states); k++)
            state = strcmp(states[k][0], c->state) == 0 ? states[k][1] : state;
        const char *line = tsk_arena_printf(file->arena, "%s　%s　（記録 %s）　%s", scope, state, c->by, c->note);
        put(paper, day_time(file, c->at), line != NULL ? line : "");
    }
}

static void put_events(struct paper *paper, const struct tsk_case_file *file)
{
    static const char *const kinds[][2] = { { "progress", "支援経過" }, { "conference", "ケース会議" } };
    bool any = false;

    for (size_t i = 0; i < file->events.count; i++) {
        const struct tsk_case_event *e = &file->events.items[i];
        for (size_t k = 0; k < TSK_COUNT(kinds); k++) {
            if (strcmp(kinds[k][0], e->kind) != 0)
                continue;
            if (!any)
                head(paper, "経過記録");
            any = true;
            const char *people = tsk_file_note(file, e, "attendees");
            const char *line =
                tsk_arena_printf(file->arena, "%s（%s）%s%s　%s", kinds[k][1], e->by,
                                 *people != '\0' ? "　参加者: " : "", people, tsk_file_note(file, e, "text"));
            put(paper, day_time(file, e->at), line != NULL ? line : "");
        }
    }
}

static void put_ledger(struct paper *paper, const struct tsk_case_file *file)
{
    if (file->ledger.count > 0)
        head(paper, "提供の記録");
    for (size_t i = 0; i < file->ledger.count; i++) {
        const struct tsk_ledger_line *l = &file->ledger.items[i];
        const char *line =
            tsk_arena_printf(file->arena, "%s　%s %s　%s%s%s", tsk_file_recipient(file, l->recipient), l->channel,
                             l->destination, l->state, *l->reason != '\0' ? ": " : "", l->reason);
        put(paper, day_time(file, l->at), line != NULL ? line : "");
    }
}

static void put_sheet(struct paper *paper, const struct tsk_case_file *file, const struct tsk_sheet *sheet)
{
    const struct tsk_form *form = tsk_file_form(file, sheet);
    const char *title = tsk_arena_printf(file->arena, "%s　%s 受信　%s", form != NULL ? form->title : sheet->form,
                                         day_time(file, sheet->received),
                                         sheet->state == TSK_SHEET_CONFIRMED ? "確認済" : "未確認（読み取りのまま）");

    head(paper, title != NULL ? title : sheet->form);
    for (size_t i = 0; i < sheet->field_count; i++) {
        const struct tsk_sheet_field *f = &sheet->fields[i];
        const struct tsk_field *field = form != NULL ? tsk_form_field(form, f->id) : NULL;
        if (f->kind == TSK_FIELD_IMAGE || (form != NULL && field == NULL))
            continue;
        put_some(paper, field != NULL ? field->label : f->id, tsk_file_words(file, sheet, f->id));
    }
}

int tsk_case_pdf(struct tsk_buf *out, const struct tsk_case_file *file, const char *stamp, struct tsk_err *err)
{
    const char *footer = tsk_arena_printf(file->arena, "%s　%s　個人情報 取扱注意　出力 %s", file->kase.number,
                                          file->office_name, day_time(file, stamp));
    struct paper paper;

    paper_begin(&paper, out, false, file->kase.number, footer != NULL ? footer : "");
    paper_text(&paper, "紹介患者の記録", PAPER_MARGIN_MM, paper.y_mm, 120, 15, PAPER_LEFT);
    paper.y_mm += 9;
    put_known(&paper, file);
    put_consents(&paper, file);
    put_events(&paper, file);
    put_ledger(&paper, file);
    for (size_t i = 0; i < file->sheets.count; i++)
        put_sheet(&paper, file, &file->sheets.items[i]);
    return paper_finish(&paper, err);
}
