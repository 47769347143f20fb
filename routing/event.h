/*
 * event - what a sheet gives occasion to tell
 *
 * Events     sheet.received (always), sheet.confirmed (a person confirmed the sheet), and those that the configuration
 *            describes by fields of a form (referral.confirmed, outcome.confirmed). document.held and delivery.failed are
 *            raised by whoever meets them. An event of a sheet that nobody confirmed is only expected.
 * Same       Two sheets of one case whose `same` values agree tell of one event; while a sheet has no case, the `person`
 *            values must agree too. A value that is blank or waits for a person proves nothing.
 */
#ifndef TASUKI_ROUTING_EVENT_H
#define TASUKI_ROUTING_EVENT_H

#include "base/hash.h"
#include "config/config.h"
#include "records/sheet.h"

#define TSK_EVENT_RECEIVED "sheet.received"
#define TSK_EVENT_CONFIRMED "sheet.confirmed"
#define TSK_EVENT_DOCUMENT "document.received" /* no page of it is a sheet */
#define TSK_EVENT_HELD "document.held"
#define TSK_EVENT_FAILED "delivery.failed"
#define TSK_EVENT_TROUBLE "source.trouble" /* built in: no rule is asked */
#define TSK_EVENT_BREAK_GLASS "break_glass.used"
#define TSK_EVENT_INCIDENT "incident" /* and what of it: "incident.opened"; built in */
#define TSK_EVENTS_MAX 32

enum tsk_stage {
    TSK_STAGE_UNSURE,   /* something may be written; a person must look */
    TSK_STAGE_EXPECTED, /* read with certainty, not confirmed */
    TSK_STAGE_RAISED
};

struct tsk_event {
    const char *id;
    const struct tsk_event_rule *rule; /* NULL: built in */
    enum tsk_stage stage;
    char case_key[TSK_SHA256_HEX]; /* "" when it cannot be told */
    char person_key[TSK_SHA256_HEX];
};

struct tsk_events {
    struct tsk_event items[TSK_EVENTS_MAX];
    size_t count;
};

void tsk_events_of(struct tsk_events *out, const struct tsk_sheet *sheet, const struct tsk_routing_config *config);
/* What a recipient is told about: its case, and every value of the sheet that people or the reader gave. */
void tsk_sheet_content_key(char out[TSK_SHA256_HEX], const struct tsk_sheet *sheet);

#endif
