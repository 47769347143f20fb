/*
 * sender - delivers the notices that are due, through the channel of the configuration
 *
 * Input      What mail servers answer; it is shortened and escaped by the channel. Nothing of a document is opened here.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "casework/casework.h"
#include "gateway/command.h"
#include "gateway/fax_job.h"
#include "gateway/fax_mail.h"
#include "gateway/fax_manual.h"
#include "gateway/fax_out.h"
#include "gateway/imap/watch.h"
#include "gateway/role.h"
#include "gateway/sealed_letter.h"
#include "gateway/site.h"
#include "gateway/site_routing.h"
#include "records/notice.h"
#include "routing/sender.h"
#include "routing/webhook.h"

#define STEP_MS 500
#define LOOK_MS 1000    /* other processes queue notices without telling */
#define AROUND_MS 30000 /* for faxes of which no word came, inquiries, and mailboxes that nobody looks at */
#define BEFORE_MS 6000  /* for a sender of before to end: serve gives it less */
#define LOCK_LOOK_MS 100
#define TROUBLE_FIRST_MS 1000
#define TROUBLE_MAX_MS 60000

static volatile sig_atomic_t stop_now;

static void note_stop(int number)
{
    (void)number;
    stop_now = 1;
}

/* Between two letters a signal must be seen at once; while waiting it comes through tsk_role_wait(). */
static void listen(bool sending)
{
    struct sigaction action = { .sa_handler = note_stop, .sa_flags = SA_RESTART };
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigprocmask(sending ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}

/* Signals are seen while messages are under way: nothing else ends a wait then. */
static int step(const struct tsk_site *site, struct tsk_sender *sender, bool *busy, struct tsk_err *err)
{
    bool quiet = tsk_is_quiet(&site->config->quiet, tsk_japan_minute_of_day(tsk_wall_ms()));
    struct tsk_sender_step done;
    int rc;

    listen(true);
    rc = tsk_sender_step(&done, sender, quiet, STEP_MS, err);
    listen(false);
    if (done.handled > 0)
        tsk_log(TSK_LOG_INFO, "-", "event", "sender.handled", "letters", tsk_log_num(done.handled), NULL);
    *busy = rc == 0 && (done.under_way > 0 || done.handled > 0);
    return rc;
}

static int look_around(const struct tsk_site *site, const struct tsk_sender_parts *parts, struct tsk_err *err)
{
    if (parts->fax != NULL && tsk_fax_jobs_poll(site, parts->routing, parts->store, err) != 0)
        return -1;
    if (tsk_casework_tick(parts->routing, parts->store, err) != 0)
        return -1;
    return tsk_mailboxes_watch(site, parts->routing, parts->store, err);
}

static int deliver_until(const struct tsk_site *site, const struct tsk_sender_parts *parts, struct tsk_sender *sender)
{
    int64_t trouble_ms = TROUBLE_FIRST_MS, look_ms = 0;
    int flags = 0;

    while ((flags & (TSK_ROLE_STOP | TSK_ROLE_RELOAD)) == 0 && stop_now == 0) {
        struct tsk_err err = { 0 };
        bool busy = false, well = step(site, sender, &busy, &err) == 0;

        if (well && tsk_mono_ms() >= look_ms) {
            well = look_around(site, parts, &err) == 0;
            look_ms = tsk_mono_ms() + AROUND_MS;
        }
        if (!well)
            tsk_log_err("-", "sender.later", &err);
        flags = tsk_role_wait(NULL, 0, busy ? 0 : well ? LOOK_MS : trouble_ms);
        trouble_ms = well ? TROUBLE_FIRST_MS : trouble_ms * 2 > TROUBLE_MAX_MS ? TROUBLE_MAX_MS : trouble_ms * 2;
    }
    return flags;
}

static int open_fax(struct tsk_sender_parts *parts, const struct tsk_site *site, struct tsk_err *err)
{
    switch (site->config->fax.channel) {
    case TSK_FAX_HYLAFAX:
        return tsk_fax_out_open(&parts->fax, parts->wire, site, err);
    case TSK_FAX_MAIL:
        return tsk_fax_mail_open(&parts->fax, parts->mail, site, err);
    case TSK_FAX_MANUAL:
    case TSK_FAX_BY_HAND: /* pages that only the program can make are printed, and sent by a person */
        return tsk_fax_manual_open(&parts->fax, err);
    }
    return 0;
}

static int open_channels(struct tsk_sender_parts *parts, const struct tsk_site *site, struct tsk_err *err)
{
    const struct tsk_config *config = site->config;

    if (tsk_wire_open(&parts->wire, err) != 0 ||
        tsk_channel_open(&parts->mail, parts->wire, &config->mail, site->dir, err) != 0)
        return -1;
    if (open_fax(parts, site, err) != 0)
        return -1;
    return config->webhook_count == 0 ? 0 : tsk_webhook_open(&parts->webhook, parts->wire, config, site->dir, err);
}

/* Until the one before has finished the letter that is half on the wire; then what it left is ours. -1: there is another. */
static int lock_site(const struct tsk_site *site)
{
    char *path = tsk_site_path(site, "run/sender.lock");
    int fd = path != NULL ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    int64_t end_ms = tsk_mono_ms() + BEFORE_MS;

    free(path);
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0)
        if (tsk_mono_ms() >= end_ms || (tsk_role_wait(NULL, 0, LOCK_LOOK_MS) & TSK_ROLE_STOP) != 0) {
            close(fd);
            fd = -1;
        }
    return fd;
}

static int take_over(struct tsk_records *records, bool alone, struct tsk_err *err)
{
    int freed = 0;

    if (alone && tsk_notice_take_over(&freed, records->store, tsk_wall_ms(), err) != 0)
        return -1;
    if (freed > 0)
        tsk_log(TSK_LOG_INFO, "-", "event", "sender.took_over", "letters", tsk_log_num(freed), NULL);
    return 0;
}

/* Returns the flags that ended it, or -1. */
static int serve_configuration(const struct tsk_site *site, bool alone, struct tsk_err *err)
{
    struct tsk_sender_parts parts = {
        .who = "sender", .seal = tsk_sealed_letter, .stop = &stop_now, .places = site->config->mail.connections_max
    };
    struct tsk_sender *sender = NULL;
    struct tsk_records *records = NULL;
    int flags = -1;

    if (tsk_records_open(&records, site, err) != 0 || take_over(records, alone, err) != 0 ||
        open_channels(&parts, site, err) != 0)
        goto out;
    parts.routing = records->routing;
    parts.store = records->store;
    if (tsk_sender_open(&sender, &parts, err) != 0)
        goto out;
    tsk_log(TSK_LOG_INFO, "-", "event", "sender.started", "channel", parts.mail->name, NULL);
    flags = deliver_until(site, &parts, sender);
out:
    tsk_sender_close(&sender);
    tsk_channel_close(&parts.webhook);
    tsk_channel_close(&parts.fax);
    tsk_channel_close(&parts.mail);
    tsk_wire_close(&parts.wire);
    tsk_records_close(&records);
    return flags;
}

static int serve(struct tsk_site *site, struct tsk_err *err)
{
    int lock = lock_site(site), flags;

    do {
        flags = serve_configuration(site, lock >= 0, err);
        if (flags >= 0 && (flags & TSK_ROLE_RELOAD) != 0)
            tsk_role_reload(site);
    } while (flags >= 0 && (flags & TSK_ROLE_STOP) == 0 && stop_now == 0);
    if (lock >= 0)
        close(lock);
    return flags >= 0 ? 0 : -1;
}

static int run(int argc, char **argv)
{
    return tsk_role_run(&tsk_cmd_sender, argc, argv, serve);
}

const struct tsk_command tsk_cmd_sender = { "sender", "sender [--site DIR]",
                                            "deliver notices that are due (started by serve)", run };
