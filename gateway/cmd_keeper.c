/* keeper - the site's own chores; see keeper.h */
#include "gateway/command.h"
#include "gateway/keeper.h"
#include "gateway/role.h"

static int keep(struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_keeper *keeper;
    int flags = 0;

    while ((flags & TSK_ROLE_STOP) == 0) {
        if (tsk_keeper_open(&keeper, site, err) != 0)
            return -1;
        do
            flags = tsk_role_wait(NULL, 0, tsk_keeper_step(keeper));
        while ((flags & (TSK_ROLE_STOP | TSK_ROLE_RELOAD)) == 0);
        tsk_keeper_close(&keeper);
        if (flags & TSK_ROLE_RELOAD)
            tsk_role_reload(site);
    }
    return 0;
}

static int run(int argc, char **argv)
{
    struct tsk_site *site = NULL;
    struct tsk_err err = { 0 };
    int rc = -1;

    if (tsk_site_open(&site, &argc, argv, &err) != 0 || tsk_cli_rest(&argc, argv, &err) != 0)
        goto out;
    if (argc != 1) {
        tsk_site_close(&site);
        return tsk_cli_usage(&tsk_cmd_keeper);
    }
    if (tsk_role_start("keeper", false, &err) == 0)
        rc = keep(site, &err);
out:
    tsk_site_close(&site);
    return rc == 0 ? TSK_EXIT_OK : tsk_cli_failed(&err);
}

const struct tsk_command tsk_cmd_keeper = {
    "keeper", "keeper [--site DIR]", "backups, anchors and alerts of the site, at their times (started by serve)", run
};
