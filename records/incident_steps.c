#include "records/incident_steps.h"

#include <stdio.h>
#include <string.h>

#include "records/sql.h"
#include "records/todo.h"

static const char *const words[TSK_INCIDENT_STEPS] = {
    [TSK_INCIDENT_RECEIVER] =
        ("受け取った相手にすぐ電話してください。読まずに置き、返送するか、立ち会って裁断してもらいます。"
         "読まずに戻れば漏えいには当たりません。相手の名前、読んだかどうか、いつ戻るかを記録してください。"),
    [TSK_INCIDENT_MANAGER] = "責任者に、分かっていることをすぐ伝えてください。",
    [TSK_INCIDENT_CITY] = "大阪市（健康局）にすぐ電話で知らせ、指示を受けてください。",
    [TSK_INCIDENT_PRELIMINARY] =
        "個人情報保護委員会に速報を出してください（知った日を1日目として3日目から5日目まで）。",
    [TSK_INCIDENT_PATIENT] = "ご本人（またはご家族）に、起きたことと対応を伝えてください。",
    [TSK_INCIDENT_FINAL] = "個人情報保護委員会に確報を出してください。原因と再発防止策まで書きます。",
};

static void about_of(char out[40], const struct tsk_incident *incident)
{
    snprintf(out, 40, "incident:%lld", (long long)incident->id);
}

static const char *due_of(const struct tsk_incident *incident, enum tsk_incident_what step)
{
    return step == TSK_INCIDENT_PRELIMINARY ? incident->preliminary_from
           : step == TSK_INCIDENT_FINAL     ? incident->final_by
                                            : "";
}

static int add_step(struct tsk_store *store, const struct tsk_incident *incident, enum tsk_incident_what step,
                    struct tsk_err *err)
{
    char about[40], text[700];
    const char *due = due_of(incident, step);
    const struct tsk_todo_new todo = { .office = incident->office,
                                       .document = "",
                                       .case_number = incident->case_number,
                                       .about = about,
                                       .event = "incident",
                                       .rule = tsk_incident_what_name(step),
                                       .recipient = "",
                                       .kind = TSK_TODO_INCIDENT,
                                       .text = text };
    int64_t id = 0;

    about_of(about, incident);
    snprintf(text, sizeof text, "【事故 %lld】%s%s%s", (long long)incident->id, words[step],
             *due != '\0' ? "\n期限: " : "", step == TSK_INCIDENT_PRELIMINARY ? incident->preliminary_by : due);
    if (tsk_todo_add(&id, NULL, store, &todo, err) != 0)
        return -1;
    return *due == '\0' ? 0 : tsk_sql_run(store, err, "UPDATE todos SET due = ?2 WHERE id = ?1", "is", id, due);
}

int tsk_incident_steps_add(struct tsk_store *store, const struct tsk_incident *incident, struct tsk_err *err)
{
    for (int step = 0; step < TSK_INCIDENT_STEPS; step++)
        if (add_step(store, incident, (enum tsk_incident_what)step, err) != 0)
            return -1;
    return 0;
}

int tsk_incident_step_done(struct tsk_store *store, const struct tsk_incident *incident, enum tsk_incident_what step,
                           const char *by, struct tsk_err *err)
{
    char about[40], now[TSK_STAMP_SIZE];

    about_of(about, incident);
    return tsk_sql_run(store, err,
                       "UPDATE todos SET done = ?3, done_by = ?4 WHERE about = ?1 AND rule = ?2 AND done = ''", "ssss",
                       about, tsk_incident_what_name(step), tsk_now(now), by);
}

int tsk_incident_steps_drop(struct tsk_store *store, const struct tsk_incident *incident, const char *state,
                            struct tsk_err *err)
{
    char about[40], now[TSK_STAMP_SIZE];
    bool leak = strcmp(state, "no_leak") != 0;

    about_of(about, incident);
    /* Returned unread or not: manager and city were to be told, and the patient is told of a leak. */
    return tsk_sql_run(store, err,
                       "UPDATE todos SET done = ?2, done_by = '" TSK_INCIDENT_ROUTING
                       "', note = ?3 WHERE about = ?1 AND done = '' AND (rule IN ('receiver', 'preliminary', 'final') "
                       "OR (?4 = 0 AND rule = 'patient'))",
                       "sssi", about, tsk_now(now), leak ? "確報まで済みました" : "読まれずに戻りました（漏えいなし）",
                       (int64_t)leak);
}
