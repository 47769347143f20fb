/*
 * incident_facts - an incident on one sheet: what the records know of it, what people noted, what is due
 *
 * For        The report to the authority and the city, on screen, as CSV and as PDF. Names of fields, never a value of one; what people
 *            typed stands as they typed it.
 * Ownership  In the caller's arena; Japanese.
 */
#ifndef TASUKI_ROUTING_INCIDENT_FACTS_H
#define TASUKI_ROUTING_INCIDENT_FACTS_H

#include "base/buf.h"
#include "records/incident.h"
#include "routing/route.h"

struct tsk_incident_fact {
    const char *part, *name, *value;
};

struct tsk_incident_facts {
    struct tsk_incident_fact *items;
    size_t count;
};

int tsk_incident_facts(struct tsk_incident_facts *out, const struct tsk_routing *routing, struct tsk_store *store,
                       const struct tsk_scope *scope, int64_t id, struct tsk_arena *arena,
                       struct tsk_err *err) TSK_MUST_USE;
/* RFC 4180, UTF-8 with BOM, CRLF. A cell that a spreadsheet would run has a quote in front. */
int tsk_incident_facts_csv(struct tsk_buf *out, const struct tsk_incident_facts *facts,
                           struct tsk_err *err) TSK_MUST_USE;

#endif
