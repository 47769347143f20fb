/* doctor - what the parts of `tasuki doctor` share: one line a finding, faults are counted */
#ifndef TASUKI_GATEWAY_DOCTOR_H
#define TASUKI_GATEWAY_DOCTOR_H

#include "gateway/site.h"
#include "gateway/site_routing.h"

struct tsk_doctor {
    struct tsk_site *site;
    struct tsk_records *records; /* NULL when they cannot be opened */
    int faults;
};

void tsk_doctor_well(const char *format, ...) TSK_PRINTF(1, 2);
void tsk_doctor_note(const char *format, ...) TSK_PRINTF(1, 2);
void tsk_doctor_fault(struct tsk_doctor *doctor, const char *format, ...) TSK_PRINTF(2, 3);

/* Keys, what is not sealed, and what lies on a disk that is not encrypted. */
void tsk_doctor_keys(struct tsk_doctor *doctor);
/* Mail, webhooks and faxes on their way out. */
void tsk_doctor_lines(struct tsk_doctor *doctor);
/* Offices that are leaving, and what others brought along. */
void tsk_doctor_moves(struct tsk_doctor *doctor);
/* Sources: too much in an hour, coarse pages. */
void tsk_doctor_sources(struct tsk_doctor *doctor);
/* Certificate, pages, accounts. */
void tsk_doctor_web(struct tsk_doctor *doctor);
/* Every byte: archive against the records, documents of the spool, and what a restore wrote down. */
void tsk_doctor_verify(struct tsk_doctor *doctor);

#endif
