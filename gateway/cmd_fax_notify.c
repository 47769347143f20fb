/* fax-notify - HylaFAX's NotifyCmd: tells what became of a fax that was queued */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "gateway/command.h"
#include "gateway/fax_job.h"
#include "gateway/site_routing.h"

static int settle(const struct tsk_site *site, const struct tsk_fax_job *job, struct tsk_err *err)
{
    struct tsk_records *records;
    bool settled;
    int rc;

    if (tsk_records_open(&records, site, err) != 0)
        return -1;
    rc = tsk_fax_job_settle(&settled, job, records->routing, records->store, err);
    tsk_records_close(&records);
    if (rc == 0)
        printf("%s %s\n", job->tag[0] != '\0' ? job->tag : "-", settled ? job->why : "unchanged");
    return rc;
}

static int run(int argc, char **argv)
{
    struct tsk_err err = { 0 };
    struct tsk_site *site = NULL;
    struct tsk_fax_job job;
    const char *dir = tsk_cli_option(&argc, argv, "--site", &err);
    char *words[] = { argv[0], (char[]){ "--site" }, NULL, NULL };
    int count = dir != NULL ? 3 : 1, rc = -1;

    if (err.kind != TSK_OK || tsk_cli_rest(&argc, argv, &err) != 0)
        return tsk_cli_failed(&err);
    if (argc < 3)
        return tsk_cli_usage(&tsk_cmd_fax_notify);
    words[dir != NULL ? 2 : 1] = (char *)(uintptr_t)dir;
    /* The spooler's file first, while we may still be root. */
    if (tsk_fax_job_read(&job, argv[1], &err) == 0) {
        snprintf(job.why, sizeof job.why, "%s", argv[2]);
        if (tsk_site_open(&site, &count, words, &err) == 0)
            rc = settle(site, &job, &err);
    }
    tsk_site_close(&site);
    return rc == 0 ? TSK_EXIT_OK : tsk_cli_failed(&err);
}

const struct tsk_command tsk_cmd_fax_notify = { "fax-notify", "fax-notify [--site DIR] QFILE|- WHY [JOBTIME [NEXTTRY]]",
                                                "what became of a fax that was sent (HylaFAX: NotifyCmd)", run };
