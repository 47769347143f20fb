/* Where the desk listens, and the programs that are told (webhooks). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/schema.h"

const cyaml_schema_field_t tsk_web_fields[] = {
    STRING("listen", struct tsk_web_config, listen),
    STRING("certificate", struct tsk_web_config, certificate),
    STRING("key", struct tsk_web_config, key),
    LIST("trusted_proxies", struct tsk_web_config, trusted_proxies.items, trusted_proxies.count,
         &tsk_config_string_entry),
    STRING("origin", struct tsk_web_config, origin),
    CYAML_FIELD_BOOL("second_factor_optional", OPTIONAL, struct tsk_web_config, second_factor_optional),
    CYAML_FIELD_UINT("idle_lock_min", OPTIONAL, struct tsk_web_config, idle_lock_min),
    CYAML_FIELD_UINT("session_hours", OPTIONAL, struct tsk_web_config, session_hours),
    CYAML_FIELD_UINT("password_length_min", OPTIONAL, struct tsk_web_config, password_length_min),
    CYAML_FIELD_UINT("threads", OPTIONAL, struct tsk_web_config, threads),
    CYAML_FIELD_UINT("connections_max", OPTIONAL, struct tsk_web_config, connections_max),
    CYAML_FIELD_END
};

const cyaml_schema_field_t tsk_webhook_fields[] = { STRING("id", struct tsk_webhook, id),
                                                    STRING("url", struct tsk_webhook, url),
                                                    STRING("secret_file", struct tsk_webhook, secret_file),
                                                    STRING("ca_file", struct tsk_webhook, ca_file),
                                                    CYAML_FIELD_INT("timeout_s", OPTIONAL, struct tsk_webhook,
                                                                    timeout_s),
                                                    CYAML_FIELD_END };

void tsk_web_defaults(struct tsk_web_config *web)
{
    tsk_config_default_u32(&web->idle_lock_min, 15);
    tsk_config_default_u32(&web->session_hours, 12);
    tsk_config_default_u32(&web->password_length_min, 12);
    tsk_config_default_u32(&web->threads, 4);
    tsk_config_default_u32(&web->connections_max, 400);
}

static int check_web_listen(const struct check *check, const struct tsk_web_config *w)
{
    const char *where = "web.listen", *colon = strrchr(w->listen, ':');
    char *end = NULL;
    long port = colon != NULL && colon > w->listen ? strtol(colon + 1, &end, 10) : -1;

    if (port < 0 || port > 65535 || end == colon + 1 || *end != '\0')
        return FAULT(check, "\"%s\" must be ADDRESS:PORT, such as \"127.0.0.1:8443\"", w->listen);
    if (w->certificate[0] == '\0' && w->trusted_proxies.count == 0 && !tsk_is_loopback(w->listen))
        return FAULT(
            check, "%s",
            "without certificate the desk listens on this machine only (127.0.0.1), or behind trusted_proxies");
    where = "web.key";
    return (w->certificate[0] == '\0') == (w->key[0] == '\0') ? 0
                                                              : FAULT(check, "%s", "certificate and key go together");
}

int tsk_web_check(const struct check *check, const struct tsk_config *c)
{
    const struct tsk_web_config *w = &c->web;
    const char *where = "web.origin";
    size_t origin = strncmp(w->origin, "https://", 8) == 0 ? 8 : 0;

    if (w->origin[0] != '\0' && (origin == 0 || w->origin[8] == '\0' || strchr(w->origin + 8, '/') != NULL))
        return FAULT(check, "\"%s\" must be https://NAME, without a path", w->origin);
    if (tsk_need_range(check, "web.idle_lock_min", w->idle_lock_min, 1, 480) != 0 ||
        tsk_need_range(check, "web.session_hours", w->session_hours, 1, 24) != 0 ||
        tsk_need_range(check, "web.password_length_min", w->password_length_min, 8, 128) != 0 ||
        tsk_need_range(check, "web.threads", w->threads, 1, 64) != 0 ||
        tsk_need_range(check, "web.connections_max", w->connections_max, 20, 10000) != 0)
        return -1;
    return w->listen[0] == '\0' ? 0 : check_web_listen(check, w);
}

static int check_webhook(const struct check *check, const struct tsk_webhook *w, size_t i)
{
    char where[64];

    if (tsk_need_id(check, "webhooks", i, w->id) != 0 ||
        tsk_need(check, "webhooks", i, "secret_file", w->secret_file) != 0)
        return -1;
    snprintf(where, sizeof where, "webhooks[%zu].url", i);
    if (strncmp(w->url, "https://", 8) != 0 || strchr(w->url, '@') != NULL)
        return FAULT(check, "\"%s\" must begin with https:// and hold no password", w->url);
    snprintf(where, sizeof where, "webhooks[%zu].timeout_s", i);
    return tsk_need_range(check, where, w->timeout_s, 1, 300);
}

int tsk_webhook_check(const struct check *check, const struct tsk_config *c)
{
    char where[64];

    for (size_t i = 0; i < c->webhook_count; i++)
        if (check_webhook(check, &c->webhooks[i], i) != 0)
            return -1;
    for (size_t i = 0; i < c->office_count; i++) {
        snprintf(where, sizeof where, "offices[%zu].webhook", i);
        if (c->offices[i].webhook[0] != '\0' && tsk_config_webhook(c, c->offices[i].webhook) == NULL)
            return FAULT(check, "no webhook has the id \"%s\"", c->offices[i].webhook);
    }
    return NEED_UNIQUE(check, "webhooks", c->webhooks, c->webhook_count, id);
}
