/* incident_paper - the sheet of an incident as a PDF, to send or to take along; what people typed stands as they typed it */
#ifndef TASUKI_REVIEW_INCIDENT_PAPER_H
#define TASUKI_REVIEW_INCIDENT_PAPER_H

#include "base/buf.h"
#include "routing/incident_facts.h"

/* Appends; out->max is the cap. */
int tsk_incident_pdf(struct tsk_buf *out, const struct tsk_incident_facts *facts, struct tsk_err *err) TSK_MUST_USE;

#endif
