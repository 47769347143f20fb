/* mailbox - the mailboxes of a site as people see them: how it goes, what was left, and what to do about it */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/command.h"
#include "gateway/imap/account.h"
#include "gateway/imap/check.h"
#include "gateway/site.h"

static void print_time(const char *name, int64_t ms)
{
    char when[TSK_WHEN_SIZE];

    printf("%-10s%s\n", name, tsk_mailbox_when(when, ms));
}

static int with_account(const struct tsk_site *site, const struct tsk_source *source,
                        void (*print)(const struct tsk_source *source, const struct tsk_account *account),
                        struct tsk_err *err)
{
    struct tsk_account account;

    if (tsk_account_view(&account, site, source->id, err) != 0)
        return -1;
    print(source, &account);
    tsk_account_close(&account);
    return 0;
}

static size_t count_kind(const struct tsk_account *account, enum tsk_pending_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < account->pending_count; i++)
        count += account->pending[i].kind == kind;
    return count;
}

static void print_line(const struct tsk_source *source, const struct tsk_account *account)
{
    char looked[TSK_WHEN_SIZE];

    printf("%-18s  %-14s  looked %s  %llu taken  %zu refused  %zu elsewhere  %zu waiting  %s\n", source->id,
           source->office, tsk_mailbox_when(looked, account->looked_ms), (unsigned long long)account->taken,
           count_kind(account, TSK_PENDING_REFUSED), count_kind(account, TSK_PENDING_CLAIMED),
           count_kind(account, TSK_PENDING_FETCH) + count_kind(account, TSK_PENDING_SETTLE),
           account->trouble_ms != 0 ? account->trouble : "");
}

static void print_whole(const struct tsk_source *source, const struct tsk_account *account)
{
    printf("id        %s\noffice    %s\nserver    %s\nmailbox   %s\nvalidity  %u\nnext uid  %u\ntaken     %llu\n"
           "keywords  %s\n",
           source->id, source->office, source->imap.url, source->imap.mailbox, account->validity, account->next_uid,
           (unsigned long long)account->taken, account->keywords ? "yes" : "no");
    print_time("looked", account->looked_ms);
    if (account->token_end_ms != 0)
        print_time("token end", account->token_end_ms);
    if (account->trouble_ms != 0) {
        print_time("trouble", account->trouble_ms);
        printf("          %s\n", account->trouble);
    }
    for (size_t i = 0; i < account->pending_count; i++) {
        const struct tsk_pending *p = &account->pending[i];
        char since[TSK_WHEN_SIZE];

        printf("message   uid %u  %-7s  since %s  %u tries  %s\n", p->uid, tsk_pending_name(p->kind),
               tsk_mailbox_when(since, p->since_ms), p->tries, p->reason);
    }
}

static int list(const struct tsk_site *site, struct tsk_err *err)
{
    for (size_t i = 0; i < site->config->source_count; i++)
        if (site->config->sources[i].kind == TSK_SOURCE_IMAP &&
            with_account(site, &site->config->sources[i], print_line, err) != 0)
            return -1;
    return 0;
}

static void tell(void *ctx, enum tsk_check_how how, const char *text)
{
    static const char *const words[] = { "ok", "note", "FAULT" };

    *(bool *)ctx |= how == TSK_CHECK_FAULT;
    printf("%-6s %s\n", words[how], text);
}

static int check(const struct tsk_site *site, const struct tsk_source *source, struct tsk_err *err)
{
    bool faults = false;

    tsk_mailbox_check(site, source, tell, &faults);
    return faults ? tsk_fail(err, TSK_REJECT, 0, "mailbox %s is not in order", source->id) : 0;
}

static int again(const struct tsk_site *site, const struct tsk_source *source, struct tsk_err *err)
{
    if (tsk_account_wish(site, source->id, err) != 0)
        return -1;
    printf(
        "every message in %s is looked at once more at the next look, what was refused or is claimed by a gateway that "
        "does not go on with it too; what was taken before is known and not taken twice\n",
        source->id);
    return 0;
}

static int on_one(const struct tsk_site *site, const char *what, const char *id, struct tsk_err *err)
{
    const struct tsk_source *source = tsk_config_source(site->config, id);

    if (source == NULL || source->kind != TSK_SOURCE_IMAP)
        return tsk_fail(err, TSK_REJECT, 0, "%s: no source of kind imap has the id \"%s\"", site->config->path, id);
    if (strcmp(what, "show") == 0)
        return with_account(site, source, print_whole, err);
    if (strcmp(what, "check") == 0)
        return check(site, source, err);
    return strcmp(what, "again") == 0 ? again(site, source, err) : 1;
}

static int run(int argc, char **argv)
{
    struct tsk_site *site = NULL;
    struct tsk_err err = { 0 };
    int rc = -1;

    if (tsk_site_open(&site, &argc, argv, &err) != 0 || tsk_cli_rest(&argc, argv, &err) != 0)
        goto out;
    if (argc == 1 || (argc == 2 && strcmp(argv[1], "list") == 0))
        rc = list(site, &err);
    else
        rc = argc == 3 ? on_one(site, argv[1], argv[2], &err) : 1;
out:
    tsk_site_close(&site);
    if (rc == 1)
        return tsk_cli_usage(&tsk_cmd_mailbox);
    return rc == 0 ? TSK_EXIT_OK : tsk_cli_failed(&err);
}

const struct tsk_command tsk_cmd_mailbox = {
    "mailbox", "mailbox [list] [--site DIR]\nmailbox show ID\nmailbox check ID\nmailbox again ID",
    "the mailboxes of the site: how it goes, what was left in them", run
};
