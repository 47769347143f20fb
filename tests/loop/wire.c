/* The ends of the wires: what leaves is written down, and looked at before the program says another word. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "office.h"
#include "records/notice.h"

static struct loop_office *the_office; /* channels carry no pointer of ours */

static bool names_a_patient(const struct loop_office *office, const char *text, size_t len)
{
    for (int i = 0; i < office->world->history.case_count; i++) {
        const struct tsk_told_sheet *told = office->world->cases[i].first;

        if (told != NULL && told->at <= office->now &&
            (memmem(text, len, told->truth[TSK_FACT_NAME], strlen(told->truth[TSK_FACT_NAME])) != NULL ||
             memmem(text, len, told->truth[TSK_FACT_KANA], strlen(told->truth[TSK_FACT_KANA])) != NULL))
            return true;
    }
    return false;
}

static struct loop_flight *note(struct tsk_flight *flight, bool fax, bool delivered)
{
    struct loop_office *office = the_office;
    struct loop_flight *one;

    if (office->flight_count == TSK_COUNT(office->flights))
        return NULL;
    one = &office->flights[office->flight_count++];
    *one = (struct loop_flight){ .fax = fax, .delivered = delivered, .pages = flight->letter.page_count };
    snprintf(one->id, sizeof one->id, "%s", flight->letter.id);
    snprintf(one->to, sizeof one->to, "%s", flight->letter.to);
    return one;
}

static void start_mail(struct tsk_channel *channel, struct tsk_flight *flight)
{
    (void)channel;
    note(flight, false, true);
    the_office->sums.mails++;
    the_office->sums.patient_in_mail += names_a_patient(the_office, flight->letter.bytes, flight->letter.len);
    tsk_flight_land(flight, TSK_DELIVERED_BOX, "250 ok");
}

static const struct loop_entry *entry_of(const struct loop_office *office, const char *to)
{
    for (int i = 0; i < LOOP_CLINICS; i++)
        if (strcmp(office->clinics[i].fax, to) == 0 || strcmp(office->clinics[i].email, to) == 0)
            return &office->clinics[i];
    for (int i = 0; i < LOOP_HOSPITALS; i++)
        if (strcmp(office->hospitals[i].fax, to) == 0 || strcmp(office->hospitals[i].email, to) == 0)
            return &office->hospitals[i];
    return strcmp(office->ward.email, to) == 0 || strcmp(office->ward.fax, to) == 0 ? &office->ward : NULL;
}

/* Not as the program reckons: the three kinds of hours that there are here. */
static bool rings_out_of_hours(const struct loop_office *office, const char *to)
{
    const struct loop_entry *entry = entry_of(office, to);
    const char *hours = entry != NULL && *entry->hours != '\0' ? entry->hours : LOOP_FAX_HOURS;
    int minute = tsk_japan_minute_of_day(tsk_wall_ms());
    bool daily = strcmp(hours, "daily 06:00-23:00") == 0, morning = strcmp(hours, "09:00-12:00") == 0;
    int from = daily ? 6 : morning ? 9 : 8, to_hour = daily ? 23 : morning ? 12 : 18;

    return minute < from * 60 || minute >= to_hour * 60 || (!daily && !loop_is_working_day(office, (int)office->now));
}

static void start_fax(struct tsk_channel *channel, struct tsk_flight *flight)
{
    struct loop_sums *sums = &the_office->sums;
    bool busy = tsk_dice_chance(&the_office->world->dice, 0.05);

    (void)channel;
    note(flight, true, !busy);
    sums->faxes++;
    sums->fax_pages += (long)flight->letter.page_count;
    sums->failed += busy;
    sums->out_of_hours += rings_out_of_hours(the_office, flight->letter.to);
    tsk_flight_land(flight, busy ? TSK_DELIVERED_FAILED : TSK_DELIVERED_BOX, busy ? "no answer" : "ok");
}

static void stay(struct tsk_channel *channel)
{
    (void)channel;
}

void loop_wire_open(struct loop_office *office)
{
    the_office = office;
    office->mail = (struct tsk_channel){ .name = "maildir", .start = start_mail, .close = stay };
    office->fax = (struct tsk_channel){ .name = "fax", .start = start_fax, .close = stay };
}

static bool is_verified(const struct loop_office *office, const struct loop_flight *flight)
{
    const struct loop_entry *entry = entry_of(office, flight->to);

    if (strcmp(flight->to, office->site->config->offices[0].email) == 0)
        return true;
    return entry != NULL && (flight->fax ? entry->fax_verified : entry->email_verified);
}

static bool consents(const struct loop_office *office, const char *number, bool ward)
{
    int at = loop_case_of(office, number);

    if (ward)
        return at >= 0 && office->world->cases[at].ward_told_at > 0;
    return at >= 0 && office->world->cases[at].consent == LOOP_CONSENT_YES;
}

/* Who has it in hand now. */
static void arrived(struct loop_office *office, const struct loop_flight *flight, const struct tsk_notice *notice,
                    const struct tsk_inquiries *asked)
{
    struct loop_told told = { .entry = entry_of(office, flight->to),
                              .fax = flight->fax,
                              .disclosure = notice->kind == TSK_NOTICE_DISCLOSURE,
                              .day = LOOP_FIRST_DAY + (int32_t)office->now,
                              .kase = loop_case_of(office, notice->case_number),
                              .sheet = notice->sheet };

    snprintf(told.notice, sizeof told.notice, "%s", flight->id);
    for (size_t i = 0; i < asked->count; i++) {
        told.asked = true;
        told.kase = loop_case_of(office, asked->items[i].case_number);
        loop_log_told(office, &told);
    }
    if (asked->count == 0)
        loop_log_told(office, &told);
    if (told.entry == &office->ward && told.disclosure && !told.asked && told.kase >= 0)
        office->world->cases[told.kase].ward_reached = true;
    office->sums.told += (long)asked->count + (told.disclosure && *notice->case_number != '\0');
}

/* Every patient of whom this letter speaks agreed, and there is no page more than there are patients. */
static int look_at(struct loop_office *office, const struct loop_flight *flight)
{
    const struct tsk_inquiry_filter filter = { .call = flight->id, .state = "calling" };
    struct tsk_inquiries asked;
    struct tsk_notice notice;

    if (!is_verified(office, flight)) {
        office->sums.unverified++;
        printf("  %s went to %s, which nobody verified\n", flight->id, flight->to);
    }
    if (tsk_notice_find(&notice, office->records->store, &tsk_scope_all, flight->id, office->arena, &office->err) !=
            0 ||
        tsk_inquiry_list(&asked, office->records->store, &tsk_scope_all, &filter, office->arena, &office->err) != 0)
        return -1;
    for (size_t i = 0; i < asked.count; i++)
        office->sums.no_consent += !consents(office, asked.items[i].case_number, false);
    office->sums.no_consent += flight->pages > asked.count && *notice.case_number == '\0';
    if (notice.kind == TSK_NOTICE_DISCLOSURE && *notice.case_number != '\0')
        office->sums.no_consent += !consents(office, notice.case_number, entry_of(office, flight->to) == &office->ward);
    if (flight->delivered)
        arrived(office, flight, &notice, &asked);
    if (!flight->fax || notice.state != TSK_NOTICE_SENT)
        return 0;
    return tsk_notice_result(office->records->store, &tsk_scope_all, flight->id, TSK_NOTICE_DELIVERED, 0, "ok",
                             &office->err);
}

int loop_wire_look(struct loop_office *office)
{
    int handled = 0;

    do {
        office->flight_count = 0;
        if (tsk_sender_run_once(&handled, &office->parts, &office->err) != 0)
            return -1;
        for (size_t i = 0; i < office->flight_count; i++)
            if (look_at(office, &office->flights[i]) != 0)
                return -1;
    } while (office->flight_count > 0);
    return 0;
}
