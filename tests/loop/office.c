#include "office.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "casework/casework.h"
#include "records/directory.h"

#define ARENA_BYTES ((size_t)256 << 20)
#define DAY_MS 86400000.0
#define AT(hour, minute) ((hour) / 24.0 + (minute) / 1440.0)

void loop_at(struct loop_office *office, double days)
{
    office->now = days;
    tsk_wall_stand_ms(tsk_japan_midnight_ms(tsk_date_from_days(LOOP_FIRST_DAY)) + (int64_t)(days * DAY_MS));
}

int loop_case_of(const struct loop_office *office, const char *number)
{
    for (int i = 0; *number != '\0' && i < office->world->history.case_count; i++)
        if (strcmp(office->world->cases[i].number, number) == 0)
            return i;
    return -1;
}

const struct loop_page *loop_page_of(const struct loop_office *office, int64_t sheet)
{
    for (size_t i = 0; sheet != 0 && i < office->world->page_count; i++)
        if (office->world->pages[i].sheet == sheet)
            return &office->world->pages[i];
    return NULL;
}

static int verify(struct loop_office *office, struct loop_entry *entry, const char *channel)
{
    enum tsk_verified result;

    if (tsk_directory_verify(&result, office->records->store, &tsk_scope_all, entry->id, channel, "letterhead", "佐藤",
                             &office->err) != 0 ||
        tsk_directory_verify(&result, office->records->store, &tsk_scope_all, entry->id, channel, "phone", "田中",
                             &office->err) != 0)
        return -1;
    if (strcmp(channel, "fax") == 0)
        entry->fax_verified = true;
    else
        entry->email_verified = true;
    return 0;
}

static int enter(struct loop_office *office, struct loop_entry *entry, const char *kind, const char *name,
                 const char *department)
{
    entry->kind = kind;
    entry->hours = entry->hours != NULL ? entry->hours : "";
    snprintf(entry->name, sizeof entry->name, "%s", name);
    const struct tsk_institution_edit edit = { .kind = kind,
                                               .name = name,
                                               .department = department,
                                               .ward = "東成区",
                                               .fax = entry->fax,
                                               .email = entry->email,
                                               .phone = "06-6900-0000" };

    return tsk_directory_edit(&entry->id, office->records->store, &tsk_scope_all, LOOP_OFFICE, &edit, "佐藤",
                              &office->err);
}

static int keep_hours(struct loop_office *office, struct loop_entry *entry, const char *hours)
{
    entry->hours = hours;
    return *hours == '\0' ? 0
                          : tsk_directory_fax_hours(office->records->store, &tsk_scope_all, entry->id, hours, "佐藤",
                                                    &office->err);
}

/* One in eight is not verified, one in eight by one person only, and waits for its day. */
static int enter_all(struct loop_office *office, struct loop_entry *entries, int count, bool hospitals)
{
    char name[TSK_KEY_SIZE];
    enum tsk_verified result;

    for (int i = 0; i < count; i++) {
        struct loop_entry *entry = &entries[i];

        (hospitals ? loop_hospital : loop_clinic)(name, i);
        snprintf(entry->fax, sizeof entry->fax, hospitals ? "06-67%02d-%04d" : "06-69%02d-%04d", hospitals ? 2 : 1,
                 i * 7 + 1000);
        snprintf(entry->email, sizeof entry->email, "%s%d@example.jp", hospitals ? "renkei" : "clinic", i);
        if (enter(office, entry, hospitals ? "hospital" : "clinic", name, hospitals ? "地域医療連携室" : "") != 0)
            return -1;
        if (keep_hours(office, entry, i % 8 == 1 ? "daily 06:00-23:00" : i % 8 == 2 ? "09:00-12:00" : "") != 0)
            return -1;
        if (i % 8 == 3)
            continue;
        if (i % 8 == 5) {
            if (tsk_directory_verify(&result, office->records->store, &tsk_scope_all, entry->id, "fax", "phone", "佐藤",
                                     &office->err) != 0)
                return -1;
            continue;
        }
        if (verify(office, entry, "fax") != 0 || verify(office, entry, "email") != 0)
            return -1;
    }
    return 0;
}

static int fill_directory(struct loop_office *office)
{
    struct loop_entry own = { .fax = LOOP_FORM_FAX };

    snprintf(office->ward.fax, sizeof office->ward.fax, "06-6977-0001");
    snprintf(office->ward.email, sizeof office->ward.email, "ward@example.jp");
    return enter_all(office, office->clinics, LOOP_CLINICS, false) != 0 ||
                   enter_all(office, office->hospitals, LOOP_HOSPITALS, true) != 0 ||
                   enter(office, &office->ward, "ward_office", "東成区役所", "高齢者支援担当") != 0 ||
                   verify(office, &office->ward, "email") != 0 || verify(office, &office->ward, "fax") != 0 ||
                   enter(office, &own, "coordination_office", "受信専用", "") != 0 || verify(office, &own, "fax") != 0
               ? -1
               : 0;
}

/* A hospital has a new number: it is nobody's until two persons have looked at it, ten days later. */
static int move_number(struct loop_office *office, int day)
{
    int which = day / 30 % LOOP_HOSPITALS;
    struct loop_entry *entry = &office->hospitals[which];
    char name[TSK_KEY_SIZE];

    if (day % 30 == 17 && entry->fax_verified) {
        loop_hospital(name, which);
        snprintf(entry->fax, sizeof entry->fax, "06-6703-%04d", day + 1000);
        entry->fax_verified = false;
        return enter(office, entry, "hospital", name, "地域医療連携室");
    }
    if (day % 30 != 27 || entry->fax_verified || which % 8 == 3 || which % 8 == 5)
        return 0;
    if (verify(office, entry, "fax") != 0 || tsk_store_begin(office->records->store, &office->err) != 0)
        return -1;
    if (tsk_route_waiting(office->records->routing, office->records->store, LOOP_OFFICE, &office->err) == 0)
        return tsk_store_commit(office->records->store, &office->err);
    tsk_store_rollback(office->records->store);
    return -1;
}

int loop_office_open(struct loop_office *office, struct loop_world *world, const char *site)
{
    *office = (struct loop_office){ .world = world, .arena = tsk_arena_new(ARENA_BYTES), .incident_case = -1 };
    loop_at(office, 0);
    if (tsk_site_open_dir(&office->site, site, &office->err) != 0 ||
        tsk_site_vault(&office->vault, office->site, &office->err) != 0 ||
        tsk_records_open(&office->records, office->site, &office->err) != 0 ||
        tsk_counting_load(&office->counting, NULL, &office->err) != 0)
        return -1;
    loop_wire_open(office);
    office->parts = (struct tsk_sender_parts){ .routing = office->records->routing,
                                               .store = office->records->store,
                                               .mail = &office->mail,
                                               .fax = &office->fax,
                                               .who = "sender" };
    return tsk_wire_open(&office->parts.wire, &office->err) != 0 ? -1 : fill_directory(office);
}

void loop_office_close(struct loop_office *office)
{
    tsk_wire_close(&office->parts.wire);
    tsk_counting_free(&office->counting);
    tsk_records_close(&office->records);
    tsk_site_close(&office->site);
    tsk_arena_free(&office->arena);
}

static struct loop_page *next_page(const struct loop_world *world, double until)
{
    struct loop_page *next = NULL;

    for (size_t i = 0; i < world->page_count; i++)
        if (!world->pages[i].arrived && world->pages[i].at < until && (next == NULL || world->pages[i].at < next->at))
            next = &world->pages[i];
    return next;
}

static int arrive_until(struct loop_office *office, double until)
{
    struct loop_page *page;

    while ((page = next_page(office->world, until)) != NULL) {
        loop_at(office, page->at > office->now ? page->at : office->now);
        if (loop_page_arrives(office, page) != 0)
            return -1;
    }
    loop_at(office, until);
    return 0;
}

/* Pages that lie at a hospital now are answered, or not. */
static int hospitals_answer(struct loop_office *office)
{
    const struct tsk_inquiry_filter filter = { .state = "asked", .limit = LOOP_INQUIRIES_MAX };
    struct tsk_inquiries asked;

    if (tsk_inquiry_list(&asked, office->records->store, &tsk_scope_all, &filter, office->arena, &office->err) != 0)
        return -1;
    for (size_t i = 0; i < asked.count; i++) {
        int at = loop_case_of(office, asked.items[i].case_number);

        if (asked.items[i].id >= LOOP_INQUIRIES_MAX || office->asked[asked.items[i].id] || at < 0)
            continue;
        office->asked[asked.items[i].id] = true;
        loop_world_asked(office->world, at, office->now);
    }
    return 0;
}

/* What the sender's process does, until nothing is left to do now. */
static int send_and_look_around(struct loop_office *office)
{
    const struct tsk_routing *routing = office->records->routing;
    struct tsk_store *store = office->records->store;

    return tsk_casework_tick(routing, store, &office->err) != 0 || loop_wire_look(office) != 0 ||
                   tsk_casework_tick(routing, store, &office->err) != 0
               ? -1
               : hospitals_answer(office);
}

static int keeper(struct loop_office *office)
{
    struct tsk_store *store = office->records->store;

    if (tsk_store_begin(store, &office->err) != 0)
        return -1;
    if (tsk_route_incident_deadlines(office->records->routing, store, &office->err) == 0)
        return tsk_store_commit(store, &office->err);
    tsk_store_rollback(store);
    return -1;
}

int loop_office_day(struct loop_office *office, int day)
{
    tsk_arena_free(&office->arena);
    office->arena = tsk_arena_new(ARENA_BYTES);
    return arrive_until(office, day + AT(7, 0)) != 0 || keeper(office) != 0 || move_number(office, day) != 0 ||
                   arrive_until(office, day + AT(10, 5)) != 0 || send_and_look_around(office) != 0 ||
                   arrive_until(office, day + AT(11, 0)) != 0 || loop_desk_day(office, day) != 0 ||
                   arrive_until(office, day + AT(15, 0)) != 0 || send_and_look_around(office) != 0 ||
                   arrive_until(office, day + AT(22, 40)) != 0 || send_and_look_around(office) != 0 ||
                   arrive_until(office, day + 0.9999) != 0
               ? -1
               : 0;
}
