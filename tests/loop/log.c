/* What the office did: written down, proposed and accepted, corrected, and reported to the city. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "office.h"
#include "records/activity.h"
#include "reports/workflow.h"

#define PEOPLE "佐藤"
#define MANAGER "山本"
#define PROPOSED_MS ((int64_t)60 * 86400 * 1000)
#define TODAY(office) (LOOP_FIRST_DAY + (int32_t)(office)->now)

static const char *const kinds[LOOP_KINDS] = { "consultation", "coordination", "outside" };

void loop_log_opened(struct loop_office *office, double at)
{
    struct loop_log *log = &office->log;

    if (log->opened_count < LOOP_OPENED_MAX)
        log->opened[log->opened_count++] = LOOP_FIRST_DAY + (int32_t)at;
}

void loop_log_told(struct loop_office *office, const struct loop_told *told)
{
    if (office->log.told_count < LOOP_TOLD_MAX)
        office->log.told[office->log.told_count++] = *told;
}

static int known_case(const struct loop_office *office)
{
    int at = tsk_dice_below(&office->world->dice, office->world->history.case_count);

    return office->world->cases[at].number[0] != '\0' ? at : -1;
}

/* source: of a proposal, or NULL. replaces: the entry that it corrects, or 0. */
static int enter(struct loop_office *office, struct loop_contact *one, const char *source, int64_t replaces)
{
    char day[TSK_DATE_SIZE];
    const struct tsk_contact contact = { .office = LOOP_OFFICE,
                                         .day = day,
                                         .counterpart = one->with,
                                         .kind = kinds[one->kind],
                                         .case_number = one->kase < 0 ? "" : office->world->cases[one->kase].number,
                                         .minutes = 5,
                                         .text = "",
                                         .source = source,
                                         .replaces = replaces };

    tsk_date_text(tsk_date_from_days(one->day), day);
    return tsk_contact_add(&one->id, office->records->store, &tsk_scope_all, &contact, PEOPLE, &office->err);
}

static void count(struct loop_office *office, const struct loop_contact *one)
{
    if (office->log.contact_count < LOOP_CONTACTS_MAX)
        office->log.contacts[office->log.contact_count++] = *one;
}

/* 個別ケース以外 is about no case. */
static void become(struct loop_contact *one, int kind)
{
    one->kind = kind;
    one->kase = kind == 2 ? -1 : one->kase;
}

static int contacts(struct loop_office *office)
{
    static const char *const with[] = { "clinic", "hospital", "care_manager", "resident", "ward_office" };
    struct tsk_dice *dice = &office->world->dice;

    for (int i = tsk_dice_below(dice, 5); i > 0; i--) {
        struct loop_contact one = { .day = TODAY(office),
                                    .with = with[tsk_dice_below(dice, 5)],
                                    .kind = tsk_dice_below(dice, LOOP_KINDS),
                                    .kase = -1 };
        double mistake = tsk_dice_share(dice);

        if (one.kind != 2 && tsk_dice_chance(dice, 0.6))
            one.kase = known_case(office);
        if (enter(office, &one, NULL, 0) != 0)
            return -1;
        if (mistake < 0.05) {
            if (tsk_contact_remove(office->records->store, &tsk_scope_all, one.id, "二重", PEOPLE, &office->err) != 0)
                return -1;
            continue;
        }
        if (mistake < 0.1) {
            become(&one, (one.kind + 1) % LOOP_KINDS);
            if (enter(office, &one, NULL, one.id) != 0)
                return -1;
        }
        count(office, &one);
    }
    return 0;
}

static int gatherings(struct loop_office *office)
{
    struct tsk_dice *dice = &office->world->dice;
    struct loop_gathering one = { TODAY(office), tsk_dice_chance(dice, 0.5), tsk_dice_chance(dice, 0.3) };
    char day[TSK_DATE_SIZE];
    const struct tsk_gathering gathering = { .office = LOOP_OFFICE,
                                             .day = day,
                                             .form = tsk_dice_chance(dice, 0.7) ? "meeting" : "training",
                                             .host = one.city ? "city_ward" : "related",
                                             .care_meeting = one.care,
                                             .text = "",
                                             .minutes = 60 };

    if (!tsk_dice_chance(dice, 0.2) || office->log.gathering_count == LOOP_GATHERINGS_MAX)
        return 0;
    tsk_date_text(tsk_date_from_days(one.day), day);
    office->log.gatherings[office->log.gathering_count++] = one;
    return tsk_gathering_add(NULL, office->records->store, &tsk_scope_all, &gathering, PEOPLE, &office->err);
}

/* An entry of last month turns out to be wrong: it goes, or it was of another kind. */
static int correct_late(struct loop_office *office)
{
    struct loop_log *log = &office->log;
    struct loop_contact *one;

    if (log->contact_count == 0 || !tsk_dice_chance(&office->world->dice, 0.1))
        return 0;
    one = &log->contacts[tsk_dice_below(&office->world->dice, (int)log->contact_count)];
    log->late++;
    if (tsk_dice_chance(&office->world->dice, 0.5)) {
        become(one, (one->kind + 1) % LOOP_KINDS);
        return enter(office, one, NULL, one->id);
    }
    if (tsk_contact_remove(office->records->store, &tsk_scope_all, one->id, "記入の誤り", PEOPLE, &office->err) != 0)
        return -1;
    *one = log->contacts[--log->contact_count];
    return 0;
}

/* A call is about several cases and proposes an entry for each: "notice:…/27115-2026-0001". */
static const struct loop_told *told_by(const struct loop_log *log, const char *source, int kase)
{
    static const char prefix[] = "notice:";

    if (strncmp(source, prefix, sizeof prefix - 1) != 0)
        return NULL;
    const char *id = source + sizeof prefix - 1;
    size_t len = strcspn(id, "/");
    for (size_t i = log->told_count; i > 0; i--) {
        const struct loop_told *told = &log->told[i - 1];

        if (strlen(told->notice) == len && strncmp(told->notice, id, len) == 0 && told->asked == (id[len] != '\0') &&
            (!told->asked || told->kase == kase))
            return told;
    }
    return NULL;
}

/* A receipt is for a page, which may find its case only when a person has looked at it. */
static int case_told(const struct loop_office *office, const struct loop_told *told)
{
    const struct loop_page *page = loop_page_of(office, told->sheet);

    return told->kase < 0 && page != NULL && page->confirmed ? page->kase : told->kase;
}

static bool is_what_happened(const struct loop_office *office, const struct loop_told *told,
                             const struct loop_contact *one)
{
    return told != NULL && told->entry != NULL && told->day == one->day && case_told(office, told) == one->kase &&
           strcmp(told->entry->kind, one->with) == 0;
}

static int take_up(struct loop_office *office, const struct tsk_contact_proposal *proposal,
                   const struct tsk_counterpart *with)
{
    struct tsk_date day = { 0 };
    struct loop_contact one = { .with = with->id, .kase = loop_case_of(office, proposal->case_number) };
    const struct loop_told *told = told_by(&office->log, proposal->source, one.kase);

    if (!tsk_date_parse(proposal->day, &day))
        return -1;
    one.day = tsk_date_days(day);
    one.kind = *proposal->case_number != '\0' ? 1 : 2;
    if (strncmp(proposal->source, "notice:", 7) == 0 && !is_what_happened(office, told, &one)) {
        office->log.proposed_wrong++;
        printf("  %s proposes %s, %s, case %d; told was %s on day %d, case %d, sheet %lld\n", proposal->source,
               proposal->day, with->id, one.kase, told != NULL && told->entry != NULL ? told->entry->name : "nobody",
               told != NULL ? (int)(told->day - LOOP_FIRST_DAY) : -1, told != NULL ? told->kase : -1,
               told != NULL ? (long long)told->sheet : 0LL);
    }
    if (enter(office, &one, proposal->source, 0) != 0)
        return -1;
    count(office, &one);
    office->log.accepted++;
    struct loop_contact twice = one;
    office->log.proposed_wrong += enter(office, &twice, proposal->source, 0) == 0;
    return 0;
}

static int proposals(struct loop_office *office, const struct tsk_counting *counting)
{
    struct tsk_contact_proposals found;
    char since[TSK_STAMP_SIZE];

    if (!tsk_dice_chance(&office->world->dice, 0.3))
        return 0;
    tsk_stamp(tsk_wall_ms() - PROPOSED_MS, since);
    if (tsk_contact_proposal_list(&found, office->records->store, &tsk_scope_all, LOOP_OFFICE, since, office->arena,
                                  &office->err) != 0)
        return -1;
    for (size_t i = 0; i < found.count && i < 4; i++) {
        const struct tsk_counterpart *with = tsk_counting_of_kind(counting, found.items[i].directory_kind);

        if (with != NULL && i < 3) {
            if (take_up(office, &found.items[i], with) != 0)
                return -1;
        } else if (tsk_contact_decline(office->records->store, &tsk_scope_all, LOOP_OFFICE, found.items[i].source,
                                       PEOPLE, &office->err) != 0) {
            return -1;
        } else {
            office->log.declined++;
        }
    }
    return 0;
}

static struct tsk_report_desk desk_of(const struct loop_office *office, const struct tsk_counting *counting)
{
    return (struct tsk_report_desk){ .store = office->records->store,
                                     .scope = &tsk_scope_all,
                                     .counting = counting,
                                     .config = office->site->config,
                                     .arena = office->arena };
}

/* By e-mail and by post, as its form wants; the wrong way has to be refused. */
static int send_off(struct loop_office *office, int64_t id, const char *form)
{
    struct tsk_store *store = office->records->store;
    bool three = strcmp(form, "3") == 0, mailed = three || strcmp(form, "4") == 0;
    char day[TSK_DATE_SIZE];

    tsk_date_text(tsk_date_from_days(TODAY(office)), day);
    if (!mailed)
        office->log.mailed_wrong +=
            tsk_report_sent(store, &tsk_scope_all, id, "email", day, MANAGER, &office->err) == 0;
    else if (tsk_report_sent(store, &tsk_scope_all, id, "email", day, MANAGER, &office->err) != 0)
        return -1;
    return mailed && !three ? 0 : tsk_report_sent(store, &tsk_scope_all, id, "post", day, MANAGER, &office->err);
}

static int freeze(struct loop_office *office, const struct tsk_counting *counting, const struct tsk_report *report)
{
    struct loop_frozen *frozen = &office->log.frozen[office->log.frozen_count++];
    struct tsk_count_table table;

    frozen->id = report->id;
    tsk_sha256_hex(report->content, strlen(report->content), frozen->sha256);
    if (tsk_count_from_json(&table, report->content, office->arena, &office->err) != 0)
        return -1;
    office->log.figures_wrong +=
        loop_figures_wrong(office, counting, tsk_counting_layout(counting, report->layout), &table);
    return 0;
}

static int report(struct loop_office *office, const struct tsk_counting *counting, const char *layout,
                  const char *month)
{
    const struct tsk_report_desk desk = desk_of(office, counting);
    struct tsk_report made;
    int64_t id;

    if (office->log.frozen_count == LOOP_REPORTS_MAX)
        return tsk_fail(&office->err, TSK_STOP, 0, "too many reports");
    if (tsk_report_make(&id, &desk, layout, LOOP_OFFICE, month, PEOPLE, &office->err) != 0 ||
        tsk_report_find(&made, desk.store, desk.scope, id, office->arena, &office->err) != 0)
        return -1;
    office->log.mailed_wrong +=
        tsk_report_sent(desk.store, desk.scope, id, "email", made.last, MANAGER, &office->err) == 0; /* a draft */
    return tsk_report_pass(&desk, id, MANAGER, &office->err) != 0 || freeze(office, counting, &made) != 0
               ? -1
               : send_off(office, id, made.form);
}

/* The reports of the month that is over, and of the third and the year that end with it. */
static int report_month(struct loop_office *office, const struct tsk_counting *counting)
{
    struct tsk_date today = tsk_date_from_days(TODAY(office)), over = tsk_date_from_days(TODAY(office) - today.day);
    const struct tsk_report_filter filter = { .office = LOOP_OFFICE, .layout = "monthly" };
    char month[TSK_DATE_SIZE];
    struct tsk_reports found;

    if (TODAY(office) - today.day < LOOP_FIRST_DAY)
        return 0;
    tsk_date_text(over, month);
    if (tsk_report_list(&found, office->records->store, &tsk_scope_all, &filter, office->arena, &office->err) != 0)
        return -1;
    for (size_t i = 0; i < found.count; i++)
        if (strcmp(found.items[i].last, month) == 0)
            return 0;
    month[7] = '\0';
    if (report(office, counting, "monthly", month) != 0 || report(office, counting, "daily", month) != 0)
        return -1;
    if (over.month % 4 == 3 && report(office, counting, "third", month) != 0)
        return -1;
    return over.month == 3 ? report(office, counting, "year", month) : 0;
}

static long cells_that_differ(const struct tsk_count_table *before, const struct tsk_count_table *after)
{
    long count = 0;

    for (size_t r = 0; r < after->row_count && r < before->row_count; r++)
        for (size_t c = 0; c < after->column_count; c++)
            count += before->rows[r].values[c] != after->rows[r].values[c];
    return count;
}

static int report_again(struct loop_office *office, const struct tsk_counting *counting, const struct tsk_report *old)
{
    const struct tsk_report_desk desk = desk_of(office, counting);
    struct tsk_count_table before, after;
    struct tsk_count_changes now, since;
    struct tsk_report made;
    char month[8];

    if (tsk_report_now(&now, &desk, old, &office->err) != 0)
        return -1;
    if (now.count == 0)
        return 0;
    snprintf(month, sizeof month, "%.7s", old->first);
    if (report(office, counting, old->layout, month) != 0 ||
        tsk_report_find(&made, desk.store, desk.scope, office->log.frozen[office->log.frozen_count - 1].id,
                        office->arena, &office->err) != 0 ||
        tsk_report_since(&since, &desk, &made, &office->err) != 0 ||
        tsk_count_from_json(&before, old->content, office->arena, &office->err) != 0 ||
        tsk_count_from_json(&after, made.content, office->arena, &office->err) != 0)
        return -1;
    office->log.versions++;
    office->log.changes_wrong += made.version != old->version + 1 || since.count != now.count ||
                                 (long)since.count != cells_that_differ(&before, &after);
    return 0;
}

/* What was corrected after a report was sent needs a new version of it. */
static int report_changes(struct loop_office *office, const struct tsk_counting *counting)
{
    const struct tsk_report_filter filter = { .office = LOOP_OFFICE };
    struct tsk_reports found;

    if (tsk_report_list(&found, office->records->store, &tsk_scope_all, &filter, office->arena, &office->err) != 0)
        return -1;
    for (size_t i = 0; i < found.count; i++)
        if (found.items[i].newest == found.items[i].id && report_again(office, counting, &found.items[i]) != 0)
            return -1;
    return 0;
}

static int work_day(struct loop_office *office, const struct tsk_counting *counting)
{
    bool monday = tsk_date_from_days(TODAY(office)).day >= 15 && (TODAY(office) + 4) % 7 == 1;

    return contacts(office) != 0 || gatherings(office) != 0 || proposals(office, counting) != 0 ||
                   correct_late(office) != 0 || report_month(office, counting) != 0 ||
                   (monday && report_changes(office, counting) != 0)
               ? -1
               : 0;
}

int loop_log_day(struct loop_office *office, int day)
{
    (void)day;
    return work_day(office, office->counting);
}

static int last_word(struct loop_office *office, const struct tsk_counting *counting)
{
    return report_month(office, counting) != 0 || report_changes(office, counting) != 0 ? -1 : 0;
}

int loop_log_close(struct loop_office *office)
{
    loop_at(office, office->world->days + 0.4);
    return last_word(office, office->counting);
}
