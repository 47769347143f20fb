/*
 * office - the program and the people in front of it, for as long as the world has days
 *
 * Program    Store, forms, routing and casework of a real site, through the calls that reader, desk, sender and keeper make; the wires end in
 *            two channels that write down what leaves.
 * People     Come on working days, answer what they are asked as the world has it, and leave one page in seven for another day.
 */
#ifndef TASUKI_TESTS_LOOP_OFFICE_H
#define TASUKI_TESTS_LOOP_OFFICE_H

#include "gateway/site.h"
#include "gateway/site_routing.h"
#include "records/inquiry.h"
#include "routing/sender.h"
#include "world.h"

#define LOOP_OFFICE "higashinari"
#define LOOP_FORM_FAX "06-4306-3829" /* as the sheets print it */
#define LOOP_CLINICS 40
#define LOOP_HOSPITALS 14
#define LOOP_MONTHS 12
#define LOOP_KINDS 3
#define LOOP_INQUIRIES_MAX 20000

struct loop_entry { /* of the directory, and whether two persons have vouched for it */
    int64_t id;
    char fax[24], email[64];
    bool fax_verified, email_verified;
};

struct loop_sums {
    long pages, linked, linked_wrong, opened, opened_wrong, asked, code, code_asked;
    long mails, faxes, fax_pages, failed;
    long no_consent, unverified, holiday, night, patient_in_mail; /* what must not happen */
    long repaired, consents, withdrawn, refused, closed, released, incidents, late_words;
};

struct loop_contacts { /* truth of the log */
    long count[LOOP_MONTHS][LOOP_KINDS];
    long opened[LOOP_MONTHS];
};

struct loop_flight {
    char id[TSK_ID_SIZE], to[80];
    bool fax, delivered;
    size_t pages;
};

struct loop_office {
    struct loop_world *world;
    struct tsk_site *site;
    struct tsk_records *records;
    struct tsk_vault *vault;
    struct tsk_arena *arena; /* emptied every day */
    struct tsk_sender_parts parts;
    struct tsk_channel mail, fax;
    struct loop_entry clinics[LOOP_CLINICS], hospitals[LOOP_HOSPITALS], ward;
    double now;
    size_t arrived; /* documents, for ids of bytes */
    bool asked[LOOP_INQUIRIES_MAX];
    struct loop_flight flights[64];
    size_t flight_count;
    struct loop_sums sums;
    struct loop_contacts contacts;
    int64_t incident[3];
    struct tsk_err err;
};

int loop_office_open(struct loop_office *office, struct loop_world *world, const char *site) TSK_MUST_USE;
void loop_office_close(struct loop_office *office);
int loop_office_day(struct loop_office *office, int day) TSK_MUST_USE;

/* office_wire.c: what the program sends, looked at as it leaves. */
void loop_wire_open(struct loop_office *office);
int loop_wire_look(struct loop_office *office) TSK_MUST_USE;

/* office_desk.c: what people do. */
int loop_desk_day(struct loop_office *office, int day) TSK_MUST_USE;
bool loop_is_working_day(const struct loop_office *office, int day);

/* office_page.c: pages as the reader would hand them on. */
int loop_page_arrives(struct loop_office *office, struct loop_page *page) TSK_MUST_USE;
int loop_page_settle(struct loop_office *office, struct loop_page *page) TSK_MUST_USE;

void loop_at(struct loop_office *office, double days); /* the clock */
/* Case of the world that a number of the program belongs to; -1 when none does. */
int loop_case_of(const struct loop_office *office, const char *number);

/* check.c: at the end. Number of what is not as the truth says; prints. */
int loop_check(struct loop_office *office, long *wrong) TSK_MUST_USE;

#endif
