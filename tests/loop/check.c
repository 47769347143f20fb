/* What the records say at the end, against the truth. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "office.h"
#include "records/incident.h"
#include "records/report.h"
#include "records/retention.h"
#include "records/todo.h"

#define LIST_MAX 100000

void loop_expect(long *wrong, const char *what, long is, long should)
{
    printf("%-58s %6ld%s", what, is, is == should ? "\n" : "");
    if (is != should) {
        printf("  WRONG, the truth is %ld\n", should);
        ++*wrong;
    }
}

/* A state that is a question to a person: somebody has to look, or to decide. */
static bool is_question(const struct loop_case *kase)
{
    const char *state = loop_world_state(kase);

    return strcmp(state, "look") == 0 || strcmp(state, "stuck") == 0 || strcmp(state, "no_consent") == 0;
}

static int check_states(struct loop_office *office, long *wrong)
{
    static const char *const names[] = { "closed", "none", "waiting", "no_consent", "look", "stuck" };
    long should[TSK_COUNT(names)] = { 0 }, differs = 0, questions = 0;

    for (int i = 0; i < office->world->history.case_count; i++) {
        const struct loop_case *kase = &office->world->cases[i];
        const struct tsk_wait_filter filter = { .case_number = kase->number };
        struct tsk_wait_rows found;

        if (kase->number[0] == '\0')
            continue;
        if (tsk_wait_list(&found, office->records->store, &tsk_scope_all, &filter, office->arena, &office->err) != 0)
            return -1;
        for (size_t k = 0; k < TSK_COUNT(names); k++)
            should[k] += strcmp(names[k], loop_world_state(kase)) == 0;
        questions += is_question(kase);
        if (found.count == 1 && strcmp(found.items[0].state, loop_world_state(kase)) == 0)
            continue;
        differs++;
        printf("  case %d (%s) is %s, the truth is %s\n", i, kase->number,
               found.count == 1 ? found.items[0].state : "not there", loop_world_state(kase));
    }
    for (size_t k = 0; k < TSK_COUNT(names); k++)
        printf("cases that are in truth %-34s %6ld\n", names[k], should[k]);
    printf("%-58s %6ld\n", "of them questions to a person", questions);
    loop_expect(wrong, "cases in another state than the truth", differs, 0);
    return 0;
}

/* Of cases whose pages are all confirmed: others are told of when the ward was read with certainty, or not yet. */
static long told_of(const struct loop_case *kase, const struct tsk_notices *notices)
{
    long told = 0;

    for (size_t i = 0; i < notices->count; i++)
        told += notices->items[i].kind == TSK_NOTICE_ALERT && notices->items[i].state == TSK_NOTICE_DELIVERED &&
                strcmp(notices->items[i].case_number, kase->number) == 0;
    return told;
}

/* Each referral and each move is told to the ward office once. */
static int check_ward(struct loop_office *office, long *wrong)
{
    static const char *const events[] = { "referral.confirmed", "outcome.confirmed" };
    char recipient[40];

    snprintf(recipient, sizeof recipient, "institution:%lld", (long long)office->ward.id);
    for (size_t e = 0; e < TSK_COUNT(events); e++) {
        const struct tsk_notice_filter filter = { .event = events[e], .recipient = recipient, .limit = LIST_MAX };
        struct tsk_notices found;
        long told = 0, differs = 0;

        if (tsk_notice_list(&found, office->records->store, &tsk_scope_all, &filter, office->arena, &office->err) != 0)
            return -1;
        for (int i = 0; i < office->world->history.case_count; i++) {
            const struct loop_case *kase = &office->world->cases[i];
            long is = told_of(kase, &found), should = 0;

            for (int k = 0; k < kase->told_count; k++)
                should += kase->told[k][0] == events[e][0];
            if (kase->number[0] == '\0' || kase->waiting > 0)
                continue;
            told += is;
            differs += is != should;
            if (is != should)
                printf("  case %d (%s): %s told %ld times, the truth is %ld\n", i, kase->number, events[e], is, should);
        }
        printf("%-18s told to the ward office %30ld\n", events[e], told);
        loop_expect(wrong, "cases of which it was told too often or not", differs, 0);
    }
    return 0;
}

static int check_reports(struct loop_office *office, long *wrong)
{
    const struct loop_log *log = &office->log;
    struct tsk_report report;
    char hash[TSK_SHA256_HEX];
    long thawed = 0;

    for (size_t i = 0; i < log->frozen_count; i++) {
        if (tsk_report_find(&report, office->records->store, &tsk_scope_all, log->frozen[i].id, office->arena,
                            &office->err) != 0)
            return -1;
        tsk_sha256_hex(report.content, strlen(report.content), hash);
        thawed += strcmp(hash, log->frozen[i].sha256) != 0 || strcmp(report.state, "sent") != 0;
    }
    printf("contacts in the log %zu, of them proposed and accepted %ld, declined %ld; gatherings %zu\n",
           log->contact_count, log->accepted, log->declined, log->gathering_count);
    printf("reports sent %zu, of them new versions %ld after %ld late corrections; figures %ld\n", log->frozen_count,
           log->versions, log->late, log->figures);
    loop_expect(wrong, "figures of 様式3, 4, 10 and 14 that are not the truth", log->figures_wrong, 0);
    loop_expect(wrong, "differences of new versions that are not what changed", log->changes_wrong, 0);
    loop_expect(wrong, "reports that changed after their approval", thawed, 0);
    loop_expect(wrong, "reports mailed that may not be", log->mailed_wrong, 0);
    loop_expect(wrong, "proposed entries that nothing happened for", log->proposed_wrong, 0);
    return 0;
}

/* Closed in this fiscal year, due on 1 April six years on and not a day before. */
static int check_retention(struct loop_office *office, long *wrong)
{
    struct tsk_due_filter filter = { .today = { 2032, 3, 31 }, .limit = LIST_MAX };
    struct tsk_dues dues;
    long cases = 0, closed = 0;

    if (tsk_retention_due(&dues, office->records->store, &tsk_scope_all, &filter, office->arena, &office->err) != 0)
        return -1;
    loop_expect(wrong, "due for disposal on 31 March 2032", (long)dues.count, 0);
    filter.today = (struct tsk_date){ 2032, 4, 1 };
    if (tsk_retention_due(&dues, office->records->store, &tsk_scope_all, &filter, office->arena, &office->err) != 0)
        return -1;
    for (size_t i = 0; i < dues.count; i++)
        cases += strcmp(dues.items[i].subject.kind, "case") == 0;
    for (int i = 0; i < office->world->history.case_count; i++)
        closed += office->world->cases[i].closed;
    loop_expect(wrong, "cases due on 1 April 2032", cases, closed);
    return 0;
}

static int check_incidents(struct loop_office *office, long *wrong)
{
    static const struct {
        const char *event;
        int from; /* day of the year from which on one is there */
    } words[] = {
        { "incident.opened", 20 },       { "incident.opened", 100 },      { "incident.opened", 200 },
        { "incident.preliminary", 102 }, { "incident.preliminary", 202 }, { "incident.preliminary_late", 205 }
    };
    const struct tsk_notice_filter filter = { .limit = LIST_MAX, .office = LOOP_OFFICE };
    struct tsk_notices found;
    long told = 0, should = 0;

    if (tsk_notice_list(&found, office->records->store, &tsk_scope_all, &filter, office->arena, &office->err) != 0)
        return -1;
    for (size_t i = 0; i < found.count; i++)
        told += strncmp(found.items[i].event, "incident.", 9) == 0;
    for (size_t i = 0; i < TSK_COUNT(words); i++)
        should += words[i].from < office->world->days;
    loop_expect(wrong, "words of incidents: opened, due, late", told, should);
    if (office->incident_case < 0)
        return 0;
    struct tsk_incident last;
    if (tsk_incident_find(&last, office->records->store, &tsk_scope_all, office->incident[2], office->arena,
                          &office->err) != 0)
        return -1;
    loop_expect(wrong, "the incident of a letter belongs to its case",
                strcmp(last.case_number, office->world->cases[office->incident_case].number) == 0, 1);
    return 0;
}

static int list_todos(struct loop_office *office)
{
    const struct tsk_todo_filter filter = { .limit = LIST_MAX };
    struct tsk_todos todos;
    size_t first = 0;

    if (tsk_todo_list(&todos, office->records->store, &tsk_scope_all, &filter, office->arena, &office->err) != 0)
        return -1;
    printf("open to-dos:");
    for (size_t i = 0; i < todos.count; i++) {
        size_t same = 0;

        for (first = 0; strcmp(todos.items[first].kind, todos.items[i].kind) != 0; first++)
            continue;
        for (size_t k = i; first == i && k < todos.count; k++)
            same += strcmp(todos.items[k].kind, todos.items[i].kind) == 0;
        if (first == i)
            printf(" %s %zu", todos.items[i].kind, same);
    }
    printf("\n");
    return 0;
}

static void print_sums(const struct loop_office *office, long *wrong)
{
    const struct loop_sums *s = &office->sums;

    printf("pages %ld: linked %ld, opened %ld, asked %ld; with a code %ld, of them asked %ld\n", s->pages, s->linked,
           s->opened, s->asked, s->code, s->code_asked);
    printf("consents %ld, refused %ld, withdrawn %ld; closed %ld; first pages released %ld; incidents %ld\n",
           s->consents, s->refused, s->withdrawn, s->closed, s->released, s->incidents);
    printf("mails %ld, faxes %ld with %ld pages of inquiries, %ld of them not delivered, %ld letters sent once more\n",
           s->mails, s->faxes, s->fax_pages, s->failed, s->again);
    loop_expect(wrong, "pages linked to another patient's case", s->linked_wrong, 0);
    loop_expect(wrong, "patients told of without consent", s->no_consent, 0);
    loop_expect(wrong, "notices to a destination that nobody verified", s->unverified, 0);
    loop_expect(wrong, "mails with a patient's name", s->patient_in_mail, 0);
    loop_expect(wrong, "faxes outside the receiver's hours", s->out_of_hours, 0);
    loop_expect(wrong, "left on its way when consent was withdrawn", s->left_behind, 0);
    loop_expect(wrong, "difficult cases that went on without consent or alone", office->difficult_wrong, 0);
    printf("%-58s %6ld\n", "cases opened a second time (mended by a person)", s->opened_wrong);
}

int loop_check(struct loop_office *office, long *wrong)
{
    *wrong = 0;
    print_sums(office, wrong);
    return check_states(office, wrong) != 0 || loop_told_check(office, wrong) != 0 || check_ward(office, wrong) != 0 ||
                   check_reports(office, wrong) != 0 || check_retention(office, wrong) != 0 ||
                   check_incidents(office, wrong) != 0 || list_todos(office) != 0
               ? -1
               : 0;
}
