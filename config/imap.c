/* The part of a source that is a mailbox. */
#include <stdio.h>
#include <string.h>

#include "config/schema.h"

static const cyaml_strval_t auths[] = { { "password", TSK_IMAP_PASSWORD }, { "xoauth2", TSK_IMAP_XOAUTH2 } };
static const cyaml_strval_t starts[] = { { "all", TSK_IMAP_ALL }, { "new", TSK_IMAP_NEW } };

const cyaml_schema_field_t tsk_imap_fields[] = {
    STRING("url", struct tsk_imap_config, url),
    STRING("user", struct tsk_imap_config, user),
    CHOICE("auth", struct tsk_imap_config, auth, auths),
    STRING("password_file", struct tsk_imap_config, password_file),
    STRING("ca_file", struct tsk_imap_config, ca_file),
    STRING("mailbox", struct tsk_imap_config, mailbox),
    STRING("done", struct tsk_imap_config, done),
    CHOICE("start", struct tsk_imap_config, start, starts),
    CYAML_FIELD_UINT("poll_s", OPTIONAL, struct tsk_imap_config, poll_s),
    CYAML_FIELD_UINT("timeout_s", OPTIONAL, struct tsk_imap_config, timeout_s),
    CYAML_FIELD_UINT("message_mb_max", OPTIONAL, struct tsk_imap_config, message_mb_max),
    CYAML_FIELD_UINT("claim_minutes", OPTIONAL, struct tsk_imap_config, claim_minutes),
    CYAML_FIELD_UINT("silent_minutes", OPTIONAL, struct tsk_imap_config, silent_minutes),
    LIST("token_command", struct tsk_imap_config, token_command.items, token_command.count, &tsk_config_string_entry),
    STRING("token_url", struct tsk_imap_config, token_url),
    STRING("client_id", struct tsk_imap_config, client_id),
    STRING("client_secret_file", struct tsk_imap_config, client_secret_file),
    STRING("refresh_token_file", struct tsk_imap_config, refresh_token_file),
    STRING("scope", struct tsk_imap_config, scope),
    CYAML_FIELD_END
};

int tsk_imap_defaults(struct tsk_imap_config *imap)
{
    tsk_config_default_u32(&imap->poll_s, 300);
    tsk_config_default_u32(&imap->timeout_s, 60);
    tsk_config_default_u32(&imap->claim_minutes, 60);
    tsk_config_default_u32(&imap->silent_minutes, 60);
    return tsk_config_default(&imap->mailbox, "INBOX") != 0 || tsk_config_default(&imap->done, "Tasuki") != 0 ? -1 : 0;
}

static bool is_imap_url(const char *url)
{
    const char *host = strncmp(url, "imaps://", 8) == 0 ? url + 8 : strncmp(url, "imap://", 7) == 0 ? url + 7 : NULL;
    const char *port = host != NULL ? strrchr(host, ':') : NULL;
    size_t len = host != NULL ? strcspn(host, ":") : 0;

    return len > 0 && len < 256 && strchr(host, '/') == NULL && strchr(host, '@') == NULL &&
           (port == NULL || (port[1] != '\0' && strspn(port + 1, "0123456789") == strlen(port + 1)));
}

static int check_xoauth2(const struct check *check, const struct tsk_imap_config *imap, const char *where)
{
    if ((imap->token_command.count > 0) == (imap->token_url[0] != '\0'))
        return FAULT(check, "%s", "xoauth2 needs token_command or token_url, one of them");
    if (imap->token_url[0] == '\0')
        return 0;
    if (strncmp(imap->token_url, "https://", 8) != 0)
        return FAULT(check, "token_url \"%s\" must begin with https://", imap->token_url);
    if (imap->client_id[0] == '\0')
        return FAULT(check, "%s", "client_id is missing");
    if (imap->refresh_token_file[0] == '\0' && imap->client_secret_file[0] == '\0')
        return FAULT(check, "%s", "token_url needs refresh_token_file, or client_secret_file (client credentials)");
    return 0;
}

static int check_numbers(const struct check *check, const struct tsk_imap_config *imap, const char *where)
{
    if (imap->poll_s < 5 || imap->poll_s > 540)
        return FAULT(check, "poll_s %u: from 5 to 540 seconds, because servers forget a client that waits longer",
                     imap->poll_s);
    if (imap->timeout_s > 600)
        return FAULT(check, "timeout_s %u: at most 600 seconds", imap->timeout_s);
    if (imap->message_mb_max > 1024)
        return FAULT(check, "message_mb_max %u: at most 1024", imap->message_mb_max);
    return 0;
}

int tsk_imap_check(const struct check *check, const struct tsk_source *source, size_t i)
{
    const struct tsk_imap_config *imap = &source->imap;
    char where[64];

    snprintf(where, sizeof where, "sources[%zu].after", i);
    if (source->after == TSK_AFTER_DELETE)
        return FAULT(check, "%s", "a mailbox is never emptied by Tasuki: move or seen");
    snprintf(where, sizeof where, "sources[%zu].imap.url", i);
    if (!is_imap_url(imap->url))
        return FAULT(check, "\"%s\" is not imaps://HOST[:PORT] or imap://HOST[:PORT] (with STARTTLS)", imap->url);
    snprintf(where, sizeof where, "sources[%zu].imap", i);
    if (imap->user[0] == '\0')
        return FAULT(check, "%s", "user is missing");
    if (source->after == TSK_AFTER_MOVE && strcmp(imap->done, imap->mailbox) == 0)
        return FAULT(check, "%s", "done must be another mailbox than the one that is read");
    if (check_numbers(check, imap, where) != 0)
        return -1;
    if (imap->auth == TSK_IMAP_XOAUTH2)
        return check_xoauth2(check, imap, where);
    return imap->password_file[0] != '\0' ? 0 : FAULT(check, "%s", "password_file is missing");
}

int tsk_imap_check_twin(const struct check *check, const struct tsk_source *sources, size_t i)
{
    const struct tsk_imap_config *a = &sources[i].imap;
    char where[64];

    snprintf(where, sizeof where, "sources[%zu].imap", i);
    for (size_t k = 0; sources[i].kind == TSK_SOURCE_IMAP && k < i; k++) {
        const struct tsk_imap_config *b = &sources[k].imap;

        if (sources[k].kind == TSK_SOURCE_IMAP && strcmp(a->url, b->url) == 0 && strcmp(a->user, b->user) == 0 &&
            strcmp(a->mailbox, b->mailbox) == 0)
            return FAULT(check, "the source \"%s\" reads the same mailbox", sources[k].id);
    }
    return 0;
}
