/* Who was told of whom: every line of every ledger against who may know, and whether the patient had agreed by then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "office.h"
#include "records/ledger.h"
#include "records/notice.h"
#include "records/todo.h"

#define LIST_MAX 1000
#define DAY_MS 86400000.0

int loop_told_left(long *left, struct loop_office *office, const char *number)
{
    static const char *const waiting[] = { "planned", "held", "calling" };
    struct tsk_store *store = office->records->store;
    const struct tsk_notice_filter queued = { .case_number = number, .state = "queued", .kind = "disclosure" };
    const struct tsk_todo_filter calls = { .case_number = number, .kind = "call" };
    struct tsk_inquiries inquiries;
    struct tsk_notices notices;
    struct tsk_todos todos;

    *left = 0;
    for (size_t i = 0; i < TSK_COUNT(waiting); i++) {
        const struct tsk_inquiry_filter filter = { .case_number = number, .state = waiting[i] };

        if (tsk_inquiry_list(&inquiries, store, &tsk_scope_all, &filter, office->arena, &office->err) != 0)
            return -1;
        *left += (long)inquiries.count;
    }
    if (tsk_notice_list(&notices, store, &tsk_scope_all, &queued, office->arena, &office->err) != 0 ||
        tsk_todo_list(&todos, store, &tsk_scope_all, &calls, office->arena, &office->err) != 0)
        return -1;
    *left += (long)notices.count + (long)todos.count;
    return 0;
}

static const struct loop_entry *entry_of(const struct loop_office *office, const char *recipient)
{
    static const char prefix[] = "institution:";
    int64_t id =
        strncmp(recipient, prefix, sizeof prefix - 1) == 0 ? strtoll(recipient + sizeof prefix - 1, NULL, 10) : 0;

    for (int i = 0; i < LOOP_CLINICS; i++)
        if (office->clinics[i].id == id)
            return &office->clinics[i];
    for (int i = 0; i < LOOP_HOSPITALS; i++)
        if (office->hospitals[i].id == id)
            return &office->hospitals[i];
    return office->ward.id == id ? &office->ward : NULL;
}

/* The clinic that refers, the hospital, and the one that the patient was moved to. */
static bool may_know(const struct loop_world *world, int kase, const struct loop_entry *entry)
{
    bool clinic = strcmp(entry->kind, "clinic") == 0;
    char moved_to[TSK_KEY_SIZE];

    loop_hospital(moved_to, world->cases[kase].destination);
    for (size_t i = 0; i < world->page_count; i++) {
        const struct loop_page *page = &world->pages[i];

        if (page->kase != kase || !page->arrived)
            continue;
        if (strcmp(entry->name, page->told->truth[clinic ? TSK_FACT_CLINIC : TSK_FACT_HOSPITAL]) == 0 ||
            (!clinic && page->outcome != NULL && strcmp(page->outcome, "transfer") == 0 &&
             strcmp(entry->name, moved_to) == 0))
            return true;
    }
    return false;
}

static bool is_allowed(const struct loop_office *office, int at, const struct tsk_ledger_line *line)
{
    const struct loop_case *kase = &office->world->cases[at];
    const struct loop_entry *entry = entry_of(office, line->recipient);
    int64_t when_ms = 0;

    if (entry == NULL || !tsk_stamp_parse(line->at, &when_ms))
        return false;
    double when = (double)(when_ms - tsk_japan_midnight_ms(tsk_date_from_days(LOOP_FIRST_DAY))) / DAY_MS + 1e-6;
    if (entry == &office->ward)
        return kase->ward_told_at > 0 && when >= kase->ward_told_at;
    return kase->agreed_at > 0 && when >= kase->agreed_at && (kase->withdrew_at == 0 || when <= kase->withdrew_at) &&
           may_know(office->world, at, entry) && *line->consent_at != '\0';
}

static bool was_told(const struct tsk_ledger_line *line)
{
    static const char *const states[] = { "sent", "delivered", "unknown", "done" };

    for (size_t i = 0; i < TSK_COUNT(states); i++)
        if (strcmp(line->state, states[i]) == 0)
            return true;
    return false;
}

int loop_told_check(struct loop_office *office, long *wrong)
{
    long wired = 0, by_hand = 0, not_allowed = 0, ward = 0, ward_should = 0;

    for (int i = 0; i < office->world->history.case_count; i++) {
        const struct loop_case *kase = &office->world->cases[i];
        struct tsk_ledger ledger = { .count = 0 };
        bool told_ward = false;

        if (kase->number[0] != '\0' && tsk_ledger_list(&ledger, office->records->store, &tsk_scope_all, kase->number,
                                                       office->arena, &office->err) != 0)
            return -1;
        for (size_t k = 0; k < ledger.count; k++) {
            const struct tsk_ledger_line *line = &ledger.items[k];

            if (!was_told(line))
                continue;
            wired += strcmp(line->what, "by_hand") != 0 && *line->by == '\0';
            by_hand += strcmp(line->what, "by_hand") == 0 || *line->by != '\0';
            told_ward = told_ward || entry_of(office, line->recipient) == &office->ward;
            if (is_allowed(office, i, line))
                continue;
            not_allowed++;
            printf("  case %d (%s): %s %s of %s told to %s at %s, which is not allowed\n", i, kase->number, line->what,
                   line->id, line->about, line->recipient, line->at);
        }
        ward += told_ward;
        ward_should += kase->ward_reached;
    }
    printf("disclosures in the ledgers: %ld by wire, %ld by a person; difficult cases %d\n", wired, by_hand,
           office->difficult);
    loop_expect(wrong, "lines of the ledgers that are not allowed", not_allowed, 0);
    loop_expect(wrong, "disclosures that left by a wire and stand in a ledger", wired, office->sums.told);
    loop_expect(wrong, "cases that the ward office was told of", ward, ward_should);
    return 0;
}
