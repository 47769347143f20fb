/* How mail leaves. */
#include <string.h>

#include "config/schema.h"

#define BOUNCE_LOCAL_MAX 30 /* so that "+" and an id fit into 64 bytes (RFC 5321, 4.5.3.1.1) */

static const cyaml_strval_t mail_channels[] = { { "maildir", TSK_MAIL_MAILDIR }, { "smtp", TSK_MAIL_SMTP } };
const cyaml_schema_field_t tsk_mail_fields[] = {
    CHOICE("channel", struct tsk_mail_config, channel, mail_channels),
    STRING("maildir", struct tsk_mail_config, maildir),
    STRING("smtp_url", struct tsk_mail_config, smtp_url),
    STRING("smtp_tls", struct tsk_mail_config, smtp_tls),
    STRING("smtp_ca_file", struct tsk_mail_config, smtp_ca_file),
    STRING("smtp_user", struct tsk_mail_config, smtp_user),
    STRING("smtp_password_file", struct tsk_mail_config, smtp_password_file),
    STRING("domain", struct tsk_mail_config, domain),
    STRING("bounce", struct tsk_mail_config, bounce),
    STRING("link_base", struct tsk_mail_config, link_base),
    CYAML_FIELD_INT("timeout_s", OPTIONAL, struct tsk_mail_config, timeout_s),
    CYAML_FIELD_INT("connections_max", OPTIONAL, struct tsk_mail_config, connections_max),
    CYAML_FIELD_INT("give_up_hours", OPTIONAL, struct tsk_mail_config, give_up_hours),
    CYAML_FIELD_END
};

int tsk_mail_defaults(struct tsk_mail_config *mail)
{
    mail->timeout_s = mail->timeout_s == 0 ? 60 : mail->timeout_s;
    mail->connections_max = mail->connections_max == 0 ? 8 : mail->connections_max;
    mail->give_up_hours = mail->give_up_hours == 0 ? 72 : mail->give_up_hours;
    return tsk_config_default(&mail->maildir, "mail") != 0 || tsk_config_default(&mail->smtp_tls, "required") != 0 ||
                   tsk_config_default(&mail->domain, "tasuki.invalid") != 0
               ? -1
               : 0;
}

static bool is_this_machine(const char *url)
{
    const char *host = strstr(url, "://");

    return host != NULL && tsk_is_loopback(host + 3);
}

static int check_smtp(const struct check *check, const struct tsk_mail_config *m)
{
    static const char *const modes[] = { "required", "none" };
    const char *where = "mail.smtp_url";

    if (strncmp(m->smtp_url, "smtp://", 7) != 0 && strncmp(m->smtp_url, "smtps://", 8) != 0)
        return FAULT(check, "\"%s\" must be smtp://HOST:PORT or smtps://HOST:PORT", m->smtp_url);
    where = "mail.smtp_tls";
    if (!tsk_is_one_of(m->smtp_tls, modes, TSK_COUNT(modes)))
        return FAULT(check, "\"%s\": required or none", m->smtp_tls);
    if (strcmp(m->smtp_tls, "none") == 0 && !is_this_machine(m->smtp_url))
        return FAULT(check, "%s", "mail leaves this machine encrypted or not at all: none is for localhost only");
    where = "mail.smtp_password_file";
    return (m->smtp_user[0] == '\0') == (m->smtp_password_file[0] == '\0')
               ? 0
               : FAULT(check, "%s", "smtp_user and smtp_password_file go together");
}

int tsk_mail_check(const struct check *check, const struct tsk_config *c)
{
    const struct tsk_mail_config *m = &c->mail;
    const char *where = "mail.link_base";

    if (m->link_base[0] != '\0' && strncmp(m->link_base, "https://", 8) != 0)
        return FAULT(check, "\"%s\" must begin with https://", m->link_base);
    where = "mail.domain";
    if (strspn(m->domain, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") != strlen(m->domain))
        return FAULT(check, "\"%s\" is not a domain name", m->domain);
    where = "mail.bounce";
    if (m->bounce[0] != '\0' && (!tsk_is_address(m->bounce) || strchr(m->bounce, '@') - m->bounce > BOUNCE_LOCAL_MAX))
        return FAULT(check, "\"%s\" is not an e-mail address, or too long before the @", m->bounce);
    if (tsk_need_range(check, "mail.timeout_s", m->timeout_s, 1, 600) != 0 ||
        tsk_need_range(check, "mail.connections_max", m->connections_max, 1, 64) != 0 ||
        tsk_need_range(check, "mail.give_up_hours", m->give_up_hours, 1, 720) != 0)
        return -1;
    return m->channel == TSK_MAIL_SMTP ? check_smtp(check, m) : 0;
}
