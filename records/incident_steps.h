/* incident_steps - the to-dos of an incident; private to records/incident.c */
#ifndef TASUKI_RECORDS_INCIDENT_STEPS_H
#define TASUKI_RECORDS_INCIDENT_STEPS_H

#include "records/incident.h"

int tsk_incident_steps_add(struct tsk_store *store, const struct tsk_incident *incident,
                           struct tsk_err *err) TSK_MUST_USE;
int tsk_incident_step_done(struct tsk_store *store, const struct tsk_incident *incident, enum tsk_incident_what step,
                           const char *by, struct tsk_err *err) TSK_MUST_USE;
/* What is left when it has ended. */
int tsk_incident_steps_drop(struct tsk_store *store, const struct tsk_incident *incident, const char *state,
                            struct tsk_err *err) TSK_MUST_USE;

#endif
