#include "gateway/imap/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "gateway/imap/open.h"

#define MINUTE_MS ((int64_t)60000)
#define DAY_MS (24 * 60 * MINUTE_MS)
#define TOKEN_DAYS 14

struct checking {
    const struct tsk_site *site;
    const struct tsk_source *source;
    void (*tell)(void *ctx, enum tsk_check_how how, const char *text);
    void *ctx;
    int faults;
};

static void say(struct checking *c, enum tsk_check_how how, const char *format, ...) TSK_PRINTF(3, 4);

static void say(struct checking *c, enum tsk_check_how how, const char *format, ...)
{
    char text[1024];
    va_list args;
    int len = snprintf(text, sizeof text, "mailbox %s: ", c->source->id);

    va_start(args, format);
    vsnprintf(text + len, sizeof text - (size_t)len, format, args);
    va_end(args);
    c->faults += how == TSK_CHECK_FAULT;
    c->tell(c->ctx, how, text);
}

static void check_secret(struct checking *c, const char *path)
{
    char *whole = path[0] != '\0' ? tsk_site_path(c->site, path) : NULL;
    struct stat st;

    if (whole == NULL)
        return;
    if (access(whole, R_OK) != 0 || stat(whole, &st) != 0)
        say(c, TSK_CHECK_FAULT, "%s: %s", whole, strerror(errno));
    else if ((st.st_mode & 077) != 0)
        say(c, TSK_CHECK_FAULT, "%s is open to other users; chmod 600 %s", whole, whole);
    free(whole);
}

static void check_files(struct checking *c)
{
    const struct tsk_imap_config *imap = &c->source->imap;

    if (imap->auth == TSK_IMAP_PASSWORD)
        check_secret(c, imap->password_file);
    else if (imap->token_command.count == 0) {
        check_secret(c, imap->client_secret_file);
        check_secret(c, imap->refresh_token_file);
    } else if (access(imap->token_command.items[0], X_OK) != 0) {
        say(c, TSK_CHECK_FAULT, "token_command %s: %s", imap->token_command.items[0], strerror(errno));
    }
}

static void check_pending(struct checking *c, const struct tsk_account *account)
{
    int refused = 0, claimed = 0;
    int64_t limit = tsk_wall_ms() - (int64_t)c->source->imap.claim_minutes * MINUTE_MS;

    for (size_t i = 0; i < account->pending_count; i++) {
        refused += account->pending[i].kind == TSK_PENDING_REFUSED;
        claimed += account->pending[i].kind == TSK_PENDING_CLAIMED && account->pending[i].since_ms < limit;
    }
    if (refused > 0)
        say(c, TSK_CHECK_FAULT, "%d messages were not taken; tasuki mailbox show %s", refused, c->source->id);
    if (claimed > 0)
        say(c, TSK_CHECK_FAULT,
            "%d messages are claimed by another gateway that does not go on with them; "
            "tasuki mailbox show %s",
            claimed, c->source->id);
    if (account->token_end_ms != 0 && account->token_end_ms - tsk_wall_ms() < TOKEN_DAYS * DAY_MS)
        say(c, TSK_CHECK_FAULT, "the refresh token ends soon; sign in again and replace imap.refresh_token_file");
}

/* What the process that looks after it says. */
static void check_running(struct checking *c)
{
    struct tsk_account account;
    struct tsk_err err = { 0 };
    char looked[TSK_WHEN_SIZE];

    if (tsk_account_view(&account, c->site, c->source->id, &err) != 0) {
        say(c, TSK_CHECK_FAULT, "%s", err.text);
        return;
    }
    if (account.trouble_ms != 0)
        say(c, TSK_CHECK_FAULT, "%s", account.trouble);
    else if (account.looked_ms == 0)
        say(c, TSK_CHECK_NOTE, "not looked at yet");
    else
        say(c, TSK_CHECK_WELL, "looked at %s", tsk_mailbox_when(looked, account.looked_ms));
    check_pending(c, &account);
    tsk_account_close(&account);
}

static int count_messages(struct tsk_box *box, const struct tsk_account *account, size_t *count, bool *keywords,
                          struct tsk_err *err)
{
    struct tsk_box_state state;
    uint32_t *uids;

    if (box->select(box, &state, err) != 0)
        return -1;
    *keywords = state.keywords;
    if (box->find(box, account->validity == state.validity && account->next_uid != 0 ? account->next_uid : 1,
                  account->since, &uids, count, err) != 0)
        return -1;
    free(uids);
    return 0;
}

static void check_server(struct checking *c, struct tsk_account *account)
{
    struct tsk_token token = { .end_ms = 0 };
    struct tsk_link *link = NULL;
    struct tsk_err err = { 0 };
    size_t count = 0;
    bool keywords = false;

    if (tsk_mailbox_open(&link, c->site, c->source, account, &token, &err) != 0 ||
        count_messages(tsk_link_box(link), account, &count, &keywords, &err) != 0) {
        say(c, TSK_CHECK_FAULT, "%s", err.text);
    } else {
        say(c, TSK_CHECK_WELL, "%s answers; %zu messages to look at", c->source->imap.url, count);
        if (!keywords)
            say(c, TSK_CHECK_NOTE, "the server keeps no keywords: let only one gateway read this mailbox");
    }
    tsk_link_close(&link);
    tsk_token_forget(&token);
}

void tsk_mailbox_check(const struct tsk_site *site, const struct tsk_source *source,
                       void (*tell)(void *ctx, enum tsk_check_how how, const char *text), void *ctx)
{
    struct checking c = { .site = site, .source = source, .tell = tell, .ctx = ctx };
    struct tsk_account account;
    struct tsk_err err = { 0 };

    check_files(&c);
    if (c.faults > 0)
        return;
    if (tsk_account_open(&account, site, source->id, &err) != 0) { /* the lock is taken: it is looked after */
        check_running(&c);
        return;
    }
    check_server(&c, &account);
    check_pending(&c, &account);
    tsk_account_close(&account);
}
