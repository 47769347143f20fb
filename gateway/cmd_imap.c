/*
 * imap - looks after one mailbox: waits for mail, takes what came, tells the mailbox
 *
 * Input      Hostile: what lies in a mailbox. Its bytes go unread into the confined child (mail/mime.h); of the server only
 *            answers to our own questions are parsed here. This process opens spool and its own account, never the store.
 * Waiting    IDLE where the server has it, ended after imap.poll_s at the latest (nine minutes at most); then everything is
 *            looked through whether or not the server told of anything, because servers forget to.
 * Watchdog   Every step has a time limit of its own; should one hang in spite of it, SIGALRM ends the process and serve starts
 *            it anew. Whether looks succeed is judged by another process (imap/watch.h).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/command.h"
#include "gateway/imap/open.h"
#include "gateway/imap/pass.h"
#include "gateway/role.h"
#include "gateway/spool_site.h"

#define WATCHDOG_S (30 * 60) /* of real time; a look may take many messages, each noted by another start */
#define BACKOFF_FIRST_MS 5000
#define BACKOFF_MAX_MS (5 * 60000)
#define REFUSED_MS (5 * 60000) /* a wrong password is not tried often: servers lock accounts */
#define MEMORY_BYTES ((rlim_t)2 << 30)

struct mailbox {
    struct tsk_site *site;
    const struct tsk_source *source;
    struct tsk_account account;
    struct tsk_taker taker;
    struct tsk_token token;
    struct tsk_link *link;
    int64_t backoff_ms;
};

static int asked; /* flags of tsk_role_wait() that were not acted on yet */

static bool is_asked(void)
{
    alarm(WATCHDOG_S); /* between two messages: this one did not hang */
    asked |= tsk_role_wait(NULL, 0, 0) & (TSK_ROLE_STOP | TSK_ROLE_RELOAD);
    return asked != 0;
}

static int open_mailbox(struct mailbox *m, struct tsk_err *err)
{
    if (m->link != NULL)
        return 0;
    alarm(WATCHDOG_S);
    return tsk_mailbox_open(&m->link, m->site, m->source, &m->account, &m->token, err);
}

static void note_trouble(struct mailbox *m, const struct tsk_err *why)
{
    struct tsk_err err = { 0 };
    bool news = strcmp(m->account.trouble, why->text) != 0, ahead = tsk_account_heed_clock(&m->account);

    if (news)
        tsk_log_err("-", "mailbox.trouble", why);
    if (m->account.trouble_ms == 0)
        m->account.trouble_ms = tsk_wall_ms();
    snprintf(m->account.trouble, sizeof m->account.trouble, "%.399s", why->text);
    if ((news || ahead) && tsk_account_save(&m->account, &err) != 0)
        tsk_log_err("-", "mailbox.trouble", &err);
}

/* How long to wait after a failure. */
static int64_t fail(struct mailbox *m, const struct tsk_err *why)
{
    int64_t wait = m->backoff_ms;

    note_trouble(m, why);
    tsk_link_close(&m->link);
    if (why->kind == TSK_REJECT) {
        tsk_token_forget(&m->token);
        return REFUSED_MS;
    }
    m->backoff_ms = m->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : m->backoff_ms * 2;
    return wait;
}

static int64_t wait_ms(const struct mailbox *m, int64_t next_ms)
{
    int64_t wait = (int64_t)m->source->imap.poll_s * 1000, due = next_ms - tsk_wall_ms();

    if (next_ms != 0 && due < wait)
        wait = due < 1000 ? 1000 : due;
    return wait;
}

/* Until the server tells of something, or it is time to look anyway. */
static int wait_for_mail(struct mailbox *m, int64_t ms, struct tsk_err *err)
{
    struct pollfd fd = { .fd = tsk_link_fd(m->link), .events = POLLIN };

    if (!tsk_link_can_idle(m->link)) {
        asked |= tsk_role_wait(&fd, 1, ms);
        return 0;
    }
    if (tsk_link_idle(m->link, err) != 0)
        return -1;
    if (!tsk_link_has_news(m->link))
        asked |= tsk_role_wait(&fd, 1, ms);
    return tsk_link_idle_end(m->link, err);
}

static int look_once(struct mailbox *m, struct tsk_err *err)
{
    struct tsk_pass pass = { .account = &m->account, .taker = &m->taker, .stopped = is_asked };
    int64_t next_ms = 0;

    if (open_mailbox(m, err) != 0)
        return -1;
    pass.box = tsk_link_box(m->link);
    if (tsk_pass_run(&pass, &next_ms, err) != 0)
        return -1;
    m->backoff_ms = BACKOFF_FIRST_MS;
    alarm(WATCHDOG_S);
    return is_asked() ? 0 : wait_for_mail(m, wait_ms(m, next_ms), err);
}

/* -1 when this process cannot go on: serve starts another one, with a helper of its own. */
static int look_until(struct mailbox *m, struct tsk_err *err)
{
    asked = 0;
    while (!is_asked()) {
        struct tsk_err why = { 0 };

        if (look_once(m, &why) != 0) {
            int64_t wait = fail(m, &why);

            if (tsk_mail_reader_is_gone(m->taker.reader)) {
                *err = why;
                return -1;
            }
            asked |= tsk_role_wait(NULL, 0, wait);
        }
        asked &= TSK_ROLE_STOP | TSK_ROLE_RELOAD;
    }
    return asked;
}

static int open_all(struct mailbox *m, const char *id, struct tsk_spool **spool, struct tsk_err *err)
{
    m->source = tsk_config_source(m->site->config, id);
    if (m->source == NULL || m->source->kind != TSK_SOURCE_IMAP)
        return tsk_fail(err, TSK_REJECT, 0, "%s: no source of kind imap has the id \"%s\"", m->site->config->path, id);
    if (tsk_site_spool_open(spool, m->site, err) != 0 || tsk_account_open(&m->account, m->site, id, err) != 0)
        return -1;
    m->taker.site = m->site;
    m->taker.config = m->site->config;
    m->taker.source = m->source;
    m->taker.spool = *spool;
    m->backoff_ms = BACKOFF_FIRST_MS;
    return 0;
}

static int look_after(struct tsk_site *site, const char *id, struct tsk_err *err)
{
    struct mailbox m = { .site = site, .account = { .fd = -1, .lock = -1 } };
    struct tsk_spool *spool = NULL;
    int flags = -1;

    if (tsk_mail_reader_open(&m.taker.reader, err) != 0) /* before anything else is in memory */
        return -1;
    do {
        flags = open_all(&m, id, &spool, err) == 0 ? look_until(&m, err) : -1;
        tsk_link_close(&m.link);
        tsk_account_close(&m.account);
        tsk_spool_close(&spool);
        tsk_token_forget(&m.token);
        if (flags >= 0 && (flags & TSK_ROLE_RELOAD) != 0)
            tsk_role_reload(site);
    } while (flags >= 0 && (flags & TSK_ROLE_STOP) == 0);
    tsk_mail_reader_close(&m.taker.reader);
    return flags >= 0 ? 0 : -1;
}

/* libetpan takes what a server says is the length of a message at its word. */
static void limit_memory(void)
{
#ifndef TASUKI_ASAN
    const struct rlimit limit = { .rlim_cur = MEMORY_BYTES, .rlim_max = MEMORY_BYTES };

    setrlimit(RLIMIT_AS, &limit);
#endif
}

static int run(int argc, char **argv)
{
    struct tsk_site *site = NULL;
    struct tsk_err err = { 0 };
    const char *id = tsk_cli_option(&argc, argv, "--source", &err);
    int rc = -1;

    if (err.kind != TSK_OK || tsk_site_open(&site, &argc, argv, &err) != 0 || tsk_cli_rest(&argc, argv, &err) != 0)
        goto out;
    if (argc != 1 || id == NULL) {
        tsk_site_close(&site);
        return tsk_cli_usage(&tsk_cmd_imap);
    }
    limit_memory();
    if (tsk_role_start("imap", false, &err) == 0)
        rc = look_after(site, id, &err);
out:
    tsk_site_close(&site);
    return rc == 0 ? TSK_EXIT_OK : tsk_cli_failed(&err);
}

const struct tsk_command tsk_cmd_imap = { "imap", "imap --source ID [--site DIR]",
                                          "look after one mailbox (started by serve)", run };
