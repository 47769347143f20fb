/* intake - watches the folders of the configuration; see intake.h for what it reads and what it may touch */
#include "base/log.h"
#include "gateway/command.h"
#include "gateway/intake.h"
#include "gateway/role.h"
#include "gateway/site.h"

static int serve_folders(struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_intake *intake;
    int flags = 0;

    while ((flags & TSK_ROLE_STOP) == 0) {
        if (tsk_intake_open(&intake, site, err) != 0)
            return -1;
        tsk_log(TSK_LOG_INFO, "-", "event", "intake.started", "folders",
                tsk_log_num((long long)site->config->source_count), NULL);
        do {
            struct pollfd fd = { .fd = tsk_intake_fd(intake), .events = POLLIN };

            flags = tsk_role_wait(&fd, 1, tsk_intake_step(intake));
        } while ((flags & (TSK_ROLE_STOP | TSK_ROLE_RELOAD)) == 0);
        tsk_intake_close(&intake); /* borrows from the configuration, which may go */
        if (flags & TSK_ROLE_RELOAD)
            tsk_role_reload(site);
    }
    return 0;
}

static int run(int argc, char **argv)
{
    return tsk_role_run(&tsk_cmd_intake, argc, argv, serve_folders);
}

const struct tsk_command tsk_cmd_intake = { "intake", "intake [--site DIR]",
                                            "watch the folders of the site (started by serve)", run };
