/* tasuki metrics - what the keeper serves on loopback, printed: for a collector that reads files */
#include <stdio.h>

#include "gateway/command.h"
#include "gateway/metrics.h"

static int run(int argc, char **argv)
{
    struct tsk_buf page = TSK_BUF((size_t)1 << 20);
    struct tsk_site *site = NULL;
    struct tsk_err err = { 0 };
    int rc = TSK_EXIT_OK;

    if (tsk_site_open(&site, &argc, argv, &err) != 0 || tsk_cli_rest(&argc, argv, &err) != 0) {
        rc = tsk_cli_failed(&err);
    } else if (argc != 1) {
        rc = tsk_cli_usage(&tsk_cmd_metrics);
    } else {
        tsk_metrics_print(&page, site, NULL);
        fputs(tsk_buf_text(&page), stdout);
    }
    tsk_buf_free(&page);
    tsk_site_close(&site);
    return rc;
}

const struct tsk_command tsk_cmd_metrics = { "metrics", "metrics [--site DIR]",
                                             "how the site is doing, in Prometheus' text format", run };
