/*
 * fax_job - what became of a fax that HylaFAX queued, read from its job file
 *
 * Input      A job file of HylaFAX ("key:value" lines); the station's name in it is a stranger's free text.
 * Promise    A job is settled once, by its tag (our notice id), whoever looks first: NotifyCmd or the sender's own look.
 *            Delivered needs HylaFAX's word and every page confirmed. Fewer pages, or another station than the one of the
 *            test fax, put the entry's number in doubt: it is unverified until two persons vouch for it again, and a to-do
 *            says so. A blank station is normal.
 * Unknown    A job that is in no queue and without word for fax.lost_hours: never sent again by itself.
 */
#ifndef TASUKI_GATEWAY_FAX_JOB_H
#define TASUKI_GATEWAY_FAX_JOB_H

#include <stdbool.h>

#include "gateway/site.h"
#include "records/store.h"
#include "routing/route.h"

struct tsk_fax_job {
    char tag[64], station[64], status[160], why[32];
    int state, pages, pages_total;
    bool pages_unknown; /* nobody counted them */
};

/* path "-" = standard input */
int tsk_fax_job_read(struct tsk_fax_job *out, const char *path, struct tsk_err *err) TSK_MUST_USE;
/* *settled: false when the job goes on, is not ours, or was settled before. One transaction. */
int tsk_fax_job_settle(bool *settled, const struct tsk_fax_job *job, const struct tsk_routing *routing,
                       struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;
/* Nobody can tell whether the fax went out; detail says why, and what a person does. One transaction. */
int tsk_fax_job_unclear(const struct tsk_notice *notice, const struct tsk_routing *routing, struct tsk_store *store,
                        const char *detail, struct tsk_err *err) TSK_MUST_USE;
int tsk_fax_jobs_poll(const struct tsk_site *site, const struct tsk_routing *routing, struct tsk_store *store,
                      struct tsk_err *err) TSK_MUST_USE;

#endif
