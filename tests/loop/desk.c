/* Working days: pages are looked at, questions answered, consent asked, cases closed, the log kept. */
#include <stdio.h>
#include <string.h>

#include "casework/casework.h"
#include "office.h"
#include "records/case_close.h"
#include "records/consent.h"
#include "records/incident.h"
#include "records/notice.h"
#include "records/todo.h"

#define PEOPLE "佐藤"
#define QUIET_DAYS 14
#define TODOS_MAX 5000

typedef int todo_act(struct loop_office *office, int kase, struct loop_case *of, const struct tsk_todo *todo);

bool loop_is_working_day(const struct loop_office *office, int day)
{
    const struct tsk_fax_config *config = &office->site->config->fax;
    int weekday = (LOOP_FIRST_DAY + day + 4) % 7; /* 1970-01-01 was a Thursday; 0 = Sunday */
    char text[TSK_DATE_SIZE];

    tsk_date_text(tsk_date_from_days(LOOP_FIRST_DAY + day), text);
    for (size_t i = 0; i < config->holidays.count; i++)
        if (strcmp(config->holidays.items[i], text) == 0)
            return false;
    return weekday != 0 && weekday != 6;
}

/* One change, one transaction. */
static int changed(struct loop_office *office, int rc, const char *number)
{
    struct tsk_store *store = office->records->store;

    if (rc == 0 && *number != '\0')
        rc = tsk_route_case(office->records->routing, store, number, &office->err);
    if (rc == 0 && tsk_store_commit(store, &office->err) == 0)
        return 0;
    tsk_store_rollback(store);
    return -1;
}

static int pages(struct loop_office *office)
{
    for (size_t i = 0; i < office->world->page_count; i++) {
        struct loop_page *page = &office->world->pages[i];

        if (page->arrived && !page->confirmed && !tsk_dice_chance(&office->world->dice, 0.15) &&
            loop_page_settle(office, page) != 0)
            return -1;
    }
    return 0;
}

static int each_todo(struct loop_office *office, const char *kind, todo_act *act)
{
    const struct tsk_todo_filter filter = { .kind = kind, .limit = TODOS_MAX };
    struct tsk_todos todos;

    if (tsk_todo_list(&todos, office->records->store, &tsk_scope_all, &filter, office->arena, &office->err) != 0)
        return -1;
    for (size_t i = 0; i < todos.count; i++) {
        int at = loop_case_of(office, todos.items[i].case_number);

        if (at >= 0 && act(office, at, &office->world->cases[at], &todos.items[i]) != 0)
            return -1;
    }
    return 0;
}

/* The tick is looked at, or the clinic is called. */
static int ask_consent(struct loop_office *office, int at, struct loop_case *kase, const struct tsk_todo *todo)
{
    const struct tsk_consent consent = { .scope = "medical",
                                         .giver = "patient",
                                         .how = kase->ticked ? "sheet" : "clinic",
                                         .told_by = kase->ticked ? NULL : "緑橋クリニック 山本",
                                         .by = PEOPLE };
    struct tsk_store *store = office->records->store;

    (void)at, (void)todo;
    if (tsk_store_begin(store, &office->err) != 0)
        return -1;
    int rc = kase->agrees ? tsk_consent_record(store, &tsk_scope_all, kase->number, &consent, &office->err)
                          : tsk_consent_refuse(store, &tsk_scope_all, kase->number, &consent, &office->err);
    if (changed(office, rc, kase->number) != 0)
        return -1;
    kase->consent = kase->agrees ? LOOP_CONSENT_YES : LOOP_CONSENT_NO;
    kase->agreed_at = kase->agrees ? office->now : 0;
    office->sums.consents += kase->agrees;
    office->sums.refused += !kase->agrees;
    return 0;
}

static int withdraw(struct loop_office *office, struct loop_case *kase)
{
    struct tsk_store *store = office->records->store;
    long left = 0;

    if (kase->withdraws == 0 || kase->withdraws > office->now || kase->consent != LOOP_CONSENT_YES)
        return 0;
    if (tsk_store_begin(store, &office->err) != 0 ||
        changed(office,
                tsk_consent_withdraw(store, &tsk_scope_all, kase->number, "medical", PEOPLE, "電話で", &office->err),
                kase->number) != 0)
        return -1;
    kase->consent = LOOP_CONSENT_NO;
    kase->withdrew_at = office->now;
    office->sums.withdrawn++;
    if (loop_told_left(&left, office, kase->number) != 0)
        return -1;
    office->sums.left_behind += left;
    return 0;
}

static int close_case(struct loop_office *office, struct loop_case *kase, const char *as)
{
    const struct tsk_case_closing closing = { .as = as, .note = "" };
    struct tsk_store *store = office->records->store;

    if (tsk_store_begin(store, &office->err) != 0 ||
        changed(office, tsk_case_close(store, &tsk_scope_all, kase->number, &closing, PEOPLE, &office->err),
                kase->number) != 0)
        return -1;
    kase->closed = true;
    kase->closed_as = as;
    kase->completed = LOOP_FIRST_DAY + (int32_t)office->now;
    office->sums.closed++;
    return 0;
}

static int look_at_cases(struct loop_office *office)
{
    for (int i = 0; i < office->world->history.case_count; i++) {
        struct loop_case *kase = &office->world->cases[i];
        int32_t quiet = LOOP_FIRST_DAY + (int32_t)office->now - kase->quiet_since;

        if (kase->number[0] == '\0')
            continue;
        if (withdraw(office, kase) != 0)
            return -1;
        if (kase->closed || kase->waiting > 0 || kase->known_count == 0)
            continue;
        bool died = kase->dies > 0 && kase->dies < office->now; /* the hospital says so by telephone */
        bool over = strcmp(loop_world_state(kase), "none") == 0 && quiet >= QUIET_DAYS;
        bool not_ours = strcmp(loop_world_state(kase), "stuck") == 0 && quiet >= QUIET_DAYS && i % 2 == 0;
        if ((died || over || not_ours) && close_case(office, kase, died ? "died" : over ? "home" : "ended") != 0)
            return -1;
    }
    return 0;
}

static int release(struct loop_office *office)
{
    const struct tsk_inquiry_filter filter = { .state = "held" };
    struct tsk_inquiries held;

    if (tsk_inquiry_list(&held, office->records->store, &tsk_scope_all, &filter, office->arena, &office->err) != 0)
        return -1;
    for (size_t i = 0; i < held.count; i++) {
        if (tsk_store_begin(office->records->store, &office->err) != 0 ||
            changed(office,
                    tsk_casework_release(office->records->routing, office->records->store, &tsk_scope_all,
                                         held.items[i].id, PEOPLE, &office->err),
                    "") != 0)
            return -1;
        office->sums.released++;
    }
    return 0;
}

/* Nobody answered three times: the hospital says on the telephone that the patient went home. Every other one stays open. */
static int call_hospital(struct loop_office *office, int at, struct loop_case *kase, const struct tsk_todo *todo)
{
    (void)todo;
    return at % 2 == 0 && !kase->closed && kase->waiting == 0 ? close_case(office, kase, "home") : 0;
}

/* The words of a to-do are said on the telephone. */
static int call(struct loop_office *office, int at, struct loop_case *kase, const struct tsk_todo *todo)
{
    const struct tsk_todo_result result = { .end = TSK_TODO_DONE, .whom = "受付 村田", .when = "", .note = "" };
    struct tsk_store *store = office->records->store;

    (void)at;
    if (tsk_store_begin(store, &office->err) != 0 ||
        changed(office, tsk_todo_end(store, &tsk_scope_all, todo->id, &result, PEOPLE, &office->err), kase->number) !=
            0)
        return -1;
    office->sums.called++;
    return 0;
}

/* A fax that met a busy line for good goes once more; whether it still may is asked anew when it leaves. */
static int try_again(struct loop_office *office, int at, struct loop_case *kase, const struct tsk_todo *todo)
{
    static const char prefix[] = "notice:";
    const struct tsk_todo_result result = { .end = TSK_TODO_DONE, .whom = "", .when = "", .note = "もう一度送る" };
    struct tsk_store *store = office->records->store;
    struct tsk_notice notice;

    (void)at;
    if (strncmp(todo->about, prefix, sizeof prefix - 1) != 0)
        return 0;
    if (tsk_notice_find(&notice, store, &tsk_scope_all, todo->about + sizeof prefix - 1, office->arena, &office->err) !=
        0)
        return -1;
    if (notice.state != TSK_NOTICE_FAILED)
        return 0;
    if (tsk_store_begin(store, &office->err) != 0)
        return -1;
    int rc = tsk_notice_retry(store, &tsk_scope_all, notice.id, PEOPLE, &office->err);
    if (rc == 0)
        rc = tsk_todo_end(store, &tsk_scope_all, todo->id, &result, PEOPLE, &office->err);
    office->sums.again++;
    return changed(office, rc, kase->number);
}

static const int incident_days[] = { 20, 100, 200 };

static const struct loop_told *last_page_about_somebody(const struct loop_office *office)
{
    const struct loop_log *log = &office->log;

    for (size_t i = log->told_count; i > 0; i--)
        if (log->told[i - 1].fax && log->told[i - 1].disclosure && !log->told[i - 1].asked &&
            log->told[i - 1].kase >= 0)
            return &log->told[i - 1];
    return NULL;
}

static int open_incident(struct loop_office *office, int which)
{
    const struct loop_told *letter = which == 2 ? last_page_about_somebody(office) : NULL;
    const struct tsk_incident_new incident = { .kind = "mis_sent",
                                               .office = LOOP_OFFICE,
                                               .notice = letter != NULL ? letter->notice : NULL,
                                               .text = "隣の番号に送った" };
    struct tsk_store *store = office->records->store;

    if (letter != NULL)
        office->incident_case = letter->kase;

    if (tsk_store_begin(store, &office->err) != 0)
        return -1;
    int rc = tsk_incident_open(&office->incident[which], store, &tsk_scope_all, &incident, PEOPLE, &office->err);
    if (rc == 0)
        rc = tsk_route_incident(office->records->routing, store, office->incident[which], &office->err);
    office->sums.incidents++;
    return changed(office, rc, "");
}

static int note(struct loop_office *office, int which, enum tsk_incident_what what, const char *text)
{
    return tsk_incident_note(office->records->store, &tsk_scope_all, office->incident[which], what, text, NULL, PEOPLE,
                             &office->err);
}

/* The first comes back unread, the second is reported in time, the third is forgotten for a week. */
static int incidents(struct loop_office *office, int day)
{
    for (int i = 0; i < 3; i++)
        if (day >= incident_days[i] && office->incident[i] == 0 && open_incident(office, i) != 0)
            return -1;
    if (day == incident_days[0] + 1 && note(office, 0, TSK_INCIDENT_RETURNED, "封をしたまま戻った") != 0)
        return -1;
    if ((day == incident_days[1] + 3 && note(office, 1, TSK_INCIDENT_PRELIMINARY, "") != 0) ||
        (day == incident_days[1] + 20 && note(office, 1, TSK_INCIDENT_FINAL, "") != 0))
        return -1;
    return day == incident_days[2] + 7 &&
                   (note(office, 2, TSK_INCIDENT_PRELIMINARY, "") != 0 || note(office, 2, TSK_INCIDENT_FINAL, "") != 0)
               ? -1
               : 0;
}

int loop_desk_day(struct loop_office *office, int day)
{
    if (incidents(office, day) != 0)
        return -1;
    if (!loop_is_working_day(office, day))
        return 0;
    return pages(office) != 0 || each_todo(office, "consent", ask_consent) != 0 || release(office) != 0 ||
                   each_todo(office, "inquiry_overdue", call_hospital) != 0 || look_at_cases(office) != 0 ||
                   each_todo(office, "call", call) != 0 || each_todo(office, "delivery_failed", try_again) != 0 ||
                   loop_difficult_day(office, day) != 0 || loop_log_day(office, day) != 0
               ? -1
               : 0;
}
