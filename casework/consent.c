/* A referral whose consent nobody has recorded: a person asks the clinic, or looks at the tick, and says who agreed, when and how. */
#include <string.h>

#include "casework/parts.h"
#include "records/consent.h"
#include "records/todo.h"

#define FORM_REFERRAL "referral-status"
#define KIND "consent"

static bool tells(const struct tsk_sheet *sheet)
{
    return strcmp(sheet->form, FORM_REFERRAL) == 0 && sheet->state == TSK_SHEET_CONFIRMED && *sheet->closed == '\0';
}

int tsk_casework_referral(struct tsk_referral *out, const struct tsk_casework *work, const char *case_number)
{
    const struct tsk_sheet_filter filter = { .case_number = case_number };
    struct tsk_sheets sheets;
    struct tsk_sheet one;

    *out = (struct tsk_referral){ .sheet = { .id = 0 } };
    if (tsk_sheet_list(&sheets, work->store, &tsk_scope_all, &filter, work->arena, work->err) != 0)
        return -1;
    for (size_t i = 0; i < sheets.count; i++) {
        if (!tells(&sheets.items[i]))
            continue;
        if (tsk_sheet_find(&one, work->store, &tsk_scope_all, sheets.items[i].id, work->arena, work->err) != 0)
            return -1;
        out->consent |= tsk_sheet_has(&one, "consent", "yes");
        out->conference |= tsk_sheet_has(&one, "conference_request", "yes");
        if (one.id > out->sheet.id)
            out->sheet = one;
    }
    return 0;
}

static const char *say_ticked(const struct tsk_casework *work, const char *number)
{
    return tsk_casework_text(
        work,
        "同意の確認（案件番号 %s）\n\nシートの「個人情報の使用に同意を得ております」に印があります。"
        "シートの印を確かめ、同意を記録してください。記録するまで、患者様の情報は外へ出ません。\n"
        "記録: tasuki consent record %s --scope medical --giver patient --how sheet --by 名前",
        number, number);
}

static const char *say_unticked(const struct tsk_casework *work, const char *number, const char *clinic,
                                const char *phone)
{
    return tsk_casework_text(
        work,
        "同意の確認: %s（案件番号 %s）\n\nシートの同意欄に印がありません。%sへ電話で、個人情報の使用について"
        "患者様またはご家族の同意が得られているかを確かめてください。\n電話番号: %s\n"
        "確かめたら、だれが、いつ、どのように答えたかを記録してください。記録するまで、患者様の情報は外へ出ません。\n"
        "同意があるとき: tasuki consent record %s --scope medical --giver patient --how clinic --told-by 答えた人 --by "
        "名前\n"
        "同意がないとき: tasuki consent refuse %s --scope medical --giver patient --how clinic --told-by 答えた人 --by "
        "名前",
        *clinic != '\0' ? clinic : "紹介元", number, *clinic != '\0' ? clinic : "紹介元の医療機関",
        *phone != '\0' ? phone : "名簿に記載なし", number, number);
}

static int ask(const struct tsk_casework *work, const struct tsk_case *kase, const struct tsk_referral *referral)
{
    struct tsk_recipient clinic = { .key = "", .name = "" };
    struct tsk_todo_new todo = { .office = kase->office,
                                 .case_number = kase->number,
                                 .document = "",
                                 .about = tsk_casework_text(work, "consent:%s", kase->number),
                                 .event = KIND,
                                 .rule = TSK_CASEWORK_NAME,
                                 .recipient = "",
                                 .kind = KIND };

    if (!referral->consent &&
        tsk_recipient_clinic(&clinic, work->routing, work->store, &referral->sheet, work->arena, work->err) != 0)
        return -1;
    todo.text = referral->consent ? say_ticked(work, kase->number)
                                  : say_unticked(work, kase->number, tsk_sheet_value(&referral->sheet, "from_clinic"),
                                                 clinic.phone != NULL ? clinic.phone : "");
    return tsk_todo_keep(work->store, &todo, TSK_CASEWORK_NAME, work->err);
}

int tsk_casework_close_todos(const struct tsk_casework *work, const char *case_number, const char *kind,
                             const char *why)
{
    const struct tsk_todo_filter filter = { .case_number = case_number, .kind = kind };
    struct tsk_todos todos;

    if (tsk_todo_list(&todos, work->store, &tsk_scope_all, &filter, work->arena, work->err) != 0)
        return -1;
    for (size_t i = 0; i < todos.count; i++)
        if (strcmp(todos.items[i].rule, TSK_CASEWORK_NAME) == 0 &&
            tsk_todo_done(work->store, &tsk_scope_all, todos.items[i].id, TSK_CASEWORK_NAME, why, work->err) != 0)
            return -1;
    return 0;
}

int tsk_casework_consent(const struct tsk_casework *work, const struct tsk_case *kase,
                         const struct tsk_referral *referral)
{
    const bool over = *kase->merged_into != '\0' || *kase->completed != '\0' || referral->sheet.id == 0;
    struct tsk_consent consent;

    if (tsk_consent_newest(&consent, work->store, &tsk_scope_all, kase->number, "medical", work->arena, work->err) != 0)
        return -1;
    if (over || *consent.state != '\0')
        return tsk_casework_close_todos(work, kase->number, KIND,
                                        *consent.state != '\0' ? "同意についての回答を記録しました"
                                                               : "確かめる必要がなくなりました");
    return ask(work, kase, referral);
}
