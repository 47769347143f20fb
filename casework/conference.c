/* The clinic asks for the coordinator at the conference: a to-do, and a file for the calendar (casework/calendar.h). */
#include <string.h>

#include "casework/parts.h"
#include "records/todo.h"

#define KIND "conference"

static const char *say(const struct tsk_casework *work, const struct tsk_case *kase, const struct tsk_sheet *referral)
{
    const char *clinic = tsk_sheet_value(referral, "from_clinic"), *hospital = tsk_sheet_value(referral, "to_hospital");

    return tsk_casework_text(work,
                             "カンファレンスへの参加希望（案件番号 "
                             "%s）\n\n紹介元の%sは、カンファレンスへの医師会コーディネータの参加を希望しています。"
                             "日時と場所を%sの地域医療連携室と決めてください。\n"
                             "予定表に入れるファイル: tasuki todo calendar 番号 FILE.ics --start \"2026-12-01 14:00\"\n"
                             "済んだら: 参加者と方針を、案件の「ケース会議等の記録」に書いてください。",
                             kase->number, *clinic != '\0' ? clinic : "医療機関",
                             *hospital != '\0' ? hospital : "紹介先");
}

int tsk_casework_conference(const struct tsk_casework *work, const struct tsk_case *kase,
                            const struct tsk_referral *referral)
{
    const bool over = *kase->merged_into != '\0' || *kase->completed != '\0' || !referral->conference;
    struct tsk_todo_new todo = { .office = kase->office,
                                 .case_number = kase->number,
                                 .document = "",
                                 .about = tsk_casework_text(work, "conference:%s", kase->number),
                                 .event = KIND,
                                 .rule = TSK_CASEWORK_NAME,
                                 .recipient = "",
                                 .kind = KIND };

    if (over)
        return tsk_casework_close_todos(work, kase->number, KIND, "希望がなくなりました");
    todo.text = say(work, kase, &referral->sheet);
    return tsk_todo_keep(work->store, &todo, TSK_CASEWORK_NAME, work->err);
}
