/*
 * office - the program and the people in front of it, for as long as the world has days
 *
 * Program    Store, forms, routing and casework of a real site, through the calls that reader, desk, sender and keeper make; the wires end in
 *            two channels that write down what leaves.
 * People     Come on working days, answer what they are asked as the world has it, and leave one page in seven for another day.
 */
#ifndef TASUKI_TESTS_LOOP_OFFICE_H
#define TASUKI_TESTS_LOOP_OFFICE_H

#include "config/counting.h"
#include "gateway/site.h"
#include "gateway/site_routing.h"
#include "records/inquiry.h"
#include "reports/table.h"
#include "routing/sender.h"
#include "world.h"

#define LOOP_OFFICE "higashinari"
#define LOOP_FORM_FAX "06-4306-3829" /* as the sheets print it */
#define LOOP_FAX_HOURS "08:00-18:00" /* run.py gives it to the program */
#define LOOP_CLINICS 40
#define LOOP_HOSPITALS 14
#define LOOP_KINDS 3
#define LOOP_CONTACTS_MAX 12000
#define LOOP_GATHERINGS_MAX 400
#define LOOP_OPENED_MAX 4000
#define LOOP_TOLD_MAX 40000
#define LOOP_REPORTS_MAX 200
#define LOOP_INQUIRIES_MAX 20000

struct loop_entry { /* of the directory, and whether two persons have vouched for it */
    int64_t id;
    const char *kind;
    char name[TSK_KEY_SIZE], fax[24], email[64];
    const char *hours; /* "" = what the office has for all */
    bool fax_verified, email_verified;
};

struct loop_sums {
    long pages, linked, linked_wrong, opened, opened_wrong, asked, code, code_asked;
    long mails, faxes, fax_pages, failed;
    long no_consent, unverified, out_of_hours, patient_in_mail, left_behind; /* what must not happen */
    long told, called; /* disclosures that left by a wire, by telephone */
    long repaired, again, consents, withdrawn, refused, closed, released, incidents, late_words;
};

struct loop_contact { /* an entry that counts */
    int64_t id;
    int32_t day;
    const char *with;
    int kind, kase; /* kase -1 = none */
};

struct loop_gathering {
    int32_t day;
    bool city, care;
};

struct loop_told { /* a letter that reached somebody */
    char notice[TSK_ID_SIZE];
    const struct loop_entry *entry;
    bool fax, disclosure;
    bool asked; /* a page of a call, which holds several */
    int32_t day;
    int kase;      /* -1 = none that anybody knew of when it left */
    int64_t sheet; /* that it answers, 0 = none */
};

struct loop_frozen { /* a report as it was approved */
    int64_t id;
    char sha256[TSK_SHA256_HEX];
};

struct loop_log { /* truth of what the office did, and has to report */
    struct loop_contact contacts[LOOP_CONTACTS_MAX];
    size_t contact_count;
    struct loop_gathering gatherings[LOOP_GATHERINGS_MAX];
    size_t gathering_count;
    int32_t opened[LOOP_OPENED_MAX]; /* days on which cases were */
    size_t opened_count;
    struct loop_told told[LOOP_TOLD_MAX];
    size_t told_count;
    struct loop_frozen frozen[LOOP_REPORTS_MAX];
    size_t frozen_count;
    long accepted, declined, late, versions;
    long proposed_wrong, figures, figures_wrong, changes_wrong, mailed_wrong; /* what must not be */
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
    const struct tsk_counting *counting;
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
    struct loop_log log;
    int64_t incident[3];
    int incident_case; /* whose letter went wrong, -1 = nobody's */
    int difficult;     /* how many cases were told to the ward office */
    long difficult_wrong;
    struct tsk_err err;
};

int loop_office_open(struct loop_office *office, struct loop_world *world, const char *site) TSK_MUST_USE;
void loop_office_close(struct loop_office *office);
int loop_office_day(struct loop_office *office, int day) TSK_MUST_USE;

/* wire.c: what the program sends, looked at as it leaves. */
void loop_wire_open(struct loop_office *office);
int loop_wire_look(struct loop_office *office) TSK_MUST_USE;

/* desk.c: what people do. */
int loop_desk_day(struct loop_office *office, int day) TSK_MUST_USE;
bool loop_is_working_day(const struct loop_office *office, int day);

/* page.c: pages as the reader would hand them on. */
int loop_page_arrives(struct loop_office *office, struct loop_page *page) TSK_MUST_USE;
int loop_page_settle(struct loop_office *office, struct loop_page *page) TSK_MUST_USE;

void loop_at(struct loop_office *office, double days); /* the clock */
/* The page that became this sheet of the program; NULL when none did. */
const struct loop_page *loop_page_of(const struct loop_office *office, int64_t sheet);
/* Case of the world that a number of the program belongs to; -1 when none does. */
int loop_case_of(const struct loop_office *office, const char *number);

/* log.c: entries, proposals that are accepted or not, reports from their draft until they are sent. */
int loop_log_day(struct loop_office *office, int day) TSK_MUST_USE;
void loop_log_opened(struct loop_office *office, double at);
void loop_log_told(struct loop_office *office, const struct loop_told *told);
/* The last word: what is over is reported, what changed since has a new version. */
int loop_log_close(struct loop_office *office) TSK_MUST_USE;

/* figures.c: a counted table against the entries. */
long loop_figures_wrong(struct loop_office *office, const struct tsk_counting *counting,
                        const struct tsk_layout *layout, const struct tsk_count_table *table);

/* difficult.c: a case that the ward office has to know of. */
int loop_difficult_day(struct loop_office *office, int day) TSK_MUST_USE;

/* told.c: who was told, against who may know; prints. */
int loop_told_check(struct loop_office *office, long *wrong) TSK_MUST_USE;
/* What of a case without consent is still on its way. */
int loop_told_left(long *left, struct loop_office *office, const char *number) TSK_MUST_USE;

/* export.c: every case as table, on paper and as Bundle, and what is true beside it. */
int loop_export(struct loop_office *office, const char *dir) TSK_MUST_USE;

void loop_expect(long *wrong, const char *what, long is, long should);
/* check.c: at the end. Number of what is not as the truth says; prints. */
int loop_check(struct loop_office *office, long *wrong) TSK_MUST_USE;

#endif
