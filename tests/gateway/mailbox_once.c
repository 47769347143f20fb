/*
 * One pass over a real mailbox with a disk that fails: the part in C of tests/system/test_mailbox_faults.py.
 *
 * usage: mailbox_once SITE SOURCE once|ever|kill|cut|none NTH LEFT-OUT     one pass; "fired=0|1 early=0|1 rc=0|-1", or status 99
 *        mailbox_once SITE SOURCE look MESSAGE-ID                          "documents=N corrupt=N waiting=N"
 *
 * early: the mailbox was told of a message that a power cut would have taken. Before a pass all that waits is made due.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "fault.h"
#include "gateway/imap/open.h"
#include "gateway/imap/pass.h"
#include "gateway/site.h"
#include "gateway/spool_site.h"

static struct tsk_site *site;
static bool early;
static int (*real_settle)(struct tsk_box *box, uint32_t uid, bool leave, struct tsk_err *err);

static int watched_settle(struct tsk_box *box, uint32_t uid, bool leave, struct tsk_err *err)
{
    early = early || fault_unsynced() != 0;
    return real_settle(box, uid, leave, err);
}

static int pass(const struct tsk_taker *taker, struct tsk_account *account, struct tsk_err *err)
{
    struct tsk_token token = { .end_ms = 0 };
    struct tsk_link *link = NULL;
    int64_t next_ms;
    int rc = tsk_mailbox_open(&link, site, taker->source, account, &token, err);

    if (rc == 0) {
        struct tsk_pass one = { .box = tsk_link_box(link), .account = account, .taker = taker };

        real_settle = one.box->settle;
        one.box->settle = watched_settle;
        for (size_t i = 0; i < account->pending_count; i++)
            account->pending[i].next_ms = 0;
        rc = tsk_pass_run(&one, &next_ms, err);
    }
    tsk_link_close(&link);
    return rc;
}

static int live_once(const char *source, struct tsk_err *err)
{
    struct tsk_taker taker = { .config = site->config, .source = tsk_config_source(site->config, source) };
    struct tsk_account account;
    struct tsk_mail_reader *reader = NULL;
    struct tsk_spool *spool = NULL;
    int rc = -1;

    if (tsk_mail_reader_open(&reader, err) != 0)
        return -1;
    if (tsk_account_open(&account, site, source, err) == 0) {
        taker.reader = reader;
        if (tsk_site_spool_open(&spool, site, err) == 0) {
            taker.spool = spool;
            rc = pass(&taker, &account, err);
        }
        tsk_account_close(&account);
    }
    tsk_spool_close(&spool);
    tsk_mail_reader_close(&reader);
    return rc;
}

static int look(const char *source, const char *message)
{
    struct tsk_spool_entry *entries;
    struct tsk_spool *spool = NULL;
    struct tsk_account account;
    struct tsk_err err = { 0 };
    size_t count, found = 0;

    if (tsk_account_view(&account, site, source, &err) != 0 || tsk_site_spool_open(&spool, site, &err) != 0 ||
        tsk_spool_list(spool, TSK_SPOOL_INCOMING, &entries, &count, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    for (size_t i = 0; i < count; i++)
        found += entries[i].readable && strcmp(entries[i].envelope.mail.message, message) == 0;
    printf("documents=%zu corrupt=%ld waiting=%zu\n", found, tsk_spool_count(spool, TSK_SPOOL_CORRUPT, &err),
           account.pending_count);
    tsk_spool_list_free(&entries);
    tsk_spool_close(&spool);
    tsk_account_close(&account);
    return 0;
}

static int broken_pass(char **argv)
{
    static const char *const ways[] = { "once", "ever", "kill", "cut" };
    const unsigned nth = (unsigned)strtoul(argv[4], NULL, 10);
    struct tsk_err err = { 0 };
    int rc;

    fault_start();
    fault_leave_out_sync((unsigned)strtoul(argv[5], NULL, 10));
    for (int i = 0; i < 4; i++)
        if (strcmp(argv[3], ways[i]) == 0)
            fault_arm(i < FAULT_KILL ? (enum fault_how)i : FAULT_KILL, nth, nth % 2 == 0 ? EIO : ENOSPC);
    if (strcmp(argv[3], "cut") == 0)
        fault_kill_cuts(FAULT_CUT_BOTH);
    rc = live_once(argv[2], &err);
    printf("fired=%d early=%d rc=%d %s\n", fault_fired(), early, rc, err.text);
    return 0;
}

int main(int argc, char **argv)
{
    struct tsk_err err = { 0 };

    signal(SIGPIPE, SIG_IGN); /* as every role of the gateway does */
    if (argc < 5 || tsk_site_open_dir(&site, argv[1], &err) != 0) {
        fprintf(stderr, "mailbox_once: %s\n", err.text);
        return 1;
    }
    return strcmp(argv[3], "look") == 0 ? look(argv[2], argv[4]) : argc > 5 ? broken_pass(argv) : 1;
}
