#include "gateway/imap/open.h"

#include <stdlib.h>
#include <string.h>

#define PASSWORD_MAX 1024

struct opening {
    const struct tsk_site *site;
    const struct tsk_source *source;
    struct tsk_account *account;
    struct tsk_token *token;
    char gateway[TSK_GATEWAY_SIZE];
};

static int try_once(struct tsk_link **out, struct opening *o, struct tsk_err *err)
{
    const struct tsk_imap_config *imap = &o->source->imap;
    char password[PASSWORD_MAX] = "", *ca_file = tsk_site_path(o->site, imap->ca_file);
    struct tsk_login login = { .password = password, .ca_file = "", .gateway = o->gateway };
    int rc;

    if (ca_file == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    if (imap->ca_file[0] != '\0')
        login.ca_file = ca_file;
    if (imap->auth == TSK_IMAP_XOAUTH2) {
        rc = tsk_token_get(o->token, o->site, o->source, o->account, err);
        login.token = o->token->access;
    } else {
        rc = tsk_secret_read(password, sizeof password, o->site, imap->password_file, "password", err);
    }
    if (rc == 0)
        rc = tsk_link_open(out, o->source, &login, err);
    explicit_bzero(password, sizeof password);
    free(ca_file);
    return rc;
}

int tsk_mailbox_open(struct tsk_link **out, const struct tsk_site *site, const struct tsk_source *source,
                     struct tsk_account *account, struct tsk_token *token, struct tsk_err *err)
{
    struct opening o = { .site = site, .source = source, .account = account, .token = token };
    bool kept = source->imap.auth == TSK_IMAP_XOAUTH2 && token->end_ms != 0;

    *out = NULL;
    if (tsk_gateway_id(o.gateway, site, err) != 0)
        return -1;
    if (try_once(out, &o, err) == 0)
        return 0;
    if (!kept || err->kind != TSK_REJECT)
        return -1;
    tsk_token_forget(token);
    tsk_err_clear(err);
    return try_once(out, &o, err);
}
