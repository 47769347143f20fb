#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "config/care_schema.h"
#include "config/schema.h"
#include "config/yaml.h"

#define BOUNCE_LOCAL_MAX 30 /* so that "+" and an id fit into 64 bytes (RFC 5321, 4.5.3.1.1) */

struct raw_ward {
    char *ward;
    enum tsk_alert_mode alerts;
    char *digest_at;
};

struct raw_quiet {
    char *from, *to;
};

/* What the file says, as libcyaml fills it in; the configuration proper is its first part. */
struct file {
    struct tsk_config config;
    char *digest_at;
    struct raw_quiet quiet;
    struct raw_ward *wards;
    size_t ward_count;
    struct tsk_yaml *yaml; /* not in the schema: owns all of this */
};

const cyaml_schema_value_t tsk_config_string_entry = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MAX) };

static const cyaml_schema_field_t office_fields[] = { STRING("id", struct tsk_office_config, id),
                                                      STRING("name", struct tsk_office_config, name),
                                                      STRING("ward", struct tsk_office_config, ward),
                                                      STRING("code", struct tsk_office_config, code),
                                                      STRING("phone", struct tsk_office_config, phone),
                                                      STRING("fax", struct tsk_office_config, fax),
                                                      STRING("hours", struct tsk_office_config, hours),
                                                      STRING("postal_address", struct tsk_office_config,
                                                             postal_address),
                                                      STRING("email", struct tsk_office_config, email),
                                                      STRING("urgent_email", struct tsk_office_config, urgent_email),
                                                      STRING("from", struct tsk_office_config, from),
                                                      STRING("webhook", struct tsk_office_config, webhook),
                                                      CYAML_FIELD_END };
static const cyaml_schema_value_t office_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_office_config,
                                                                       office_fields) };

static const cyaml_strval_t source_kinds[] = { { "folder", TSK_SOURCE_FOLDER },
                                               { "fax", TSK_SOURCE_FAX },
                                               { "imap", TSK_SOURCE_IMAP } };
static const cyaml_strval_t source_afters[] = { { "move", TSK_AFTER_MOVE },
                                                { "delete", TSK_AFTER_DELETE },
                                                { "seen", TSK_AFTER_SEEN } };
static const cyaml_schema_field_t source_fields[] = {
    STRING("id", struct tsk_source, id),
    STRING("office", struct tsk_source, office),
    CHOICE("kind", struct tsk_source, kind, source_kinds),
    STRING("folder", struct tsk_source, folder),
    CHOICE("after", struct tsk_source, after, source_afters),
    CYAML_FIELD_UINT("stable_ms", OPTIONAL, struct tsk_source, stable_ms),
    CYAML_FIELD_UINT("sweep_s", OPTIONAL, struct tsk_source, sweep_s),
    CYAML_FIELD_UINT("hourly_max", OPTIONAL, struct tsk_source, hourly_max),
    LIST("called", struct tsk_source, called.items, called.count, &tsk_config_string_entry),
    LIST("devices", struct tsk_source, devices.items, devices.count, &tsk_config_string_entry),
    LIST("callid", struct tsk_source, callid.items, callid.count, &tsk_config_string_entry),
    CYAML_FIELD_MAPPING("imap", OPTIONAL, struct tsk_source, imap, tsk_imap_fields),
    CYAML_FIELD_END
};
static const cyaml_schema_value_t source_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_source,
                                                                       source_fields) };

static const cyaml_schema_field_t reading_fields[] = {
    CYAML_FIELD_FLOAT("tolerated_silent_error", OPTIONAL | CYAML_FLAG_STRICT, struct tsk_reading_config,
                      tolerated_silent_error),
    CYAML_FIELD_UINT("readers", OPTIONAL, struct tsk_reading_config, readers),
    CYAML_FIELD_BOOL("marks_only", OPTIONAL, struct tsk_reading_config, marks_only),
    CYAML_FIELD_UINT("document_s", OPTIONAL, struct tsk_reading_config, document_s),
    CYAML_FIELD_UINT("document_mb_max", OPTIONAL, struct tsk_reading_config, document_mb_max),
    CYAML_FIELD_UINT("memory_mb", OPTIONAL, struct tsk_reading_config, memory_mb),
    CYAML_FIELD_END
};

static const cyaml_strval_t mail_channels[] = { { "maildir", TSK_MAIL_MAILDIR }, { "smtp", TSK_MAIL_SMTP } };
static const cyaml_schema_field_t mail_fields[] = {
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

static const cyaml_strval_t fax_channels[] = { { "by-hand", TSK_FAX_BY_HAND },
                                               { "hylafax", TSK_FAX_HYLAFAX },
                                               { "mail", TSK_FAX_MAIL },
                                               { "manual", TSK_FAX_MANUAL } };
static const cyaml_schema_field_t fax_fields[] = {
    CHOICE("channel", struct tsk_fax_config, channel, fax_channels),
    STRING("server", struct tsk_fax_config, server),
    STRING("program", struct tsk_fax_config, program),
    STRING("prefix", struct tsk_fax_config, prefix),
    STRING("spool", struct tsk_fax_config, spool),
    STRING("hours", struct tsk_fax_config, hours),
    LIST("holidays", struct tsk_fax_config, holidays.items, holidays.count, &tsk_config_string_entry),
    STRING("address", struct tsk_fax_config, address),
    STRING("number", struct tsk_fax_config, number),
    STRING("attach", struct tsk_fax_config, attach),
    LIST("result_from", struct tsk_fax_config, result_from.items, result_from.count, &tsk_config_string_entry),
    LIST("result_ok", struct tsk_fax_config, result_ok.items, result_ok.count, &tsk_config_string_entry),
    LIST("result_failed", struct tsk_fax_config, result_failed.items, result_failed.count, &tsk_config_string_entry),
    CYAML_FIELD_INT("timeout_s", OPTIONAL, struct tsk_fax_config, timeout_s),
    CYAML_FIELD_INT("lost_hours", OPTIONAL, struct tsk_fax_config, lost_hours),
    CYAML_FIELD_END
};

static const cyaml_schema_field_t web_fields[] = {
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

static const cyaml_schema_field_t webhook_fields[] = { STRING("id", struct tsk_webhook, id),
                                                       STRING("url", struct tsk_webhook, url),
                                                       STRING("secret_file", struct tsk_webhook, secret_file),
                                                       STRING("ca_file", struct tsk_webhook, ca_file),
                                                       CYAML_FIELD_INT("timeout_s", OPTIONAL, struct tsk_webhook,
                                                                       timeout_s),
                                                       CYAML_FIELD_END };
static const cyaml_schema_field_t terminal_fields[] = { STRING("login", struct tsk_terminal_login, login),
                                                        STRING("name", struct tsk_terminal_login, name),
                                                        CYAML_FIELD_END };
static const cyaml_schema_value_t terminal_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_terminal_login,
                                                                         terminal_fields) };
static const cyaml_schema_value_t webhook_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_webhook,
                                                                        webhook_fields) };

static const cyaml_schema_field_t quiet_fields[] = { STRING("from", struct raw_quiet, from),
                                                     STRING("to", struct raw_quiet, to), CYAML_FIELD_END };

static const cyaml_schema_field_t event_fields[] = {
    STRING("id", struct tsk_event_rule, id),
    STRING("form", struct tsk_event_rule, form),
    LIST("also", struct tsk_event_rule, also.items, also.count, &tsk_config_string_entry),
    LIST("filled", struct tsk_event_rule, filled.items, filled.count, &tsk_config_string_entry),
    LIST("words", struct tsk_event_rule, words.items, words.count, &tsk_config_string_entry),
    LIST("except", struct tsk_event_rule, except.items, except.count, &tsk_config_string_entry),
    LIST("same", struct tsk_event_rule, same.items, same.count, &tsk_config_string_entry),
    LIST("person", struct tsk_event_rule, person.items, person.count, &tsk_config_string_entry),
    CYAML_FIELD_END
};
static const cyaml_schema_value_t event_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_event_rule,
                                                                      event_fields) };

static const cyaml_strval_t rule_targets[] = { { "coordination_office", TSK_TO_COORDINATION_OFFICE },
                                               { "ward_office", TSK_TO_WARD_OFFICE },
                                               { "institution", TSK_TO_INSTITUTION },
                                               { "sender", TSK_TO_SENDER } };
static const cyaml_strval_t rule_kinds[] = { { "alert", TSK_RULE_ALERT },
                                             { "disclosure", TSK_RULE_DISCLOSURE },
                                             { "todo", TSK_RULE_TODO } };
static const cyaml_schema_field_t rule_fields[] = {
    STRING("id", struct tsk_rule, id),
    STRING("event", struct tsk_rule, event),
    STRING("form", struct tsk_rule, form),
    LIST("when", struct tsk_rule, when.items, when.count, &tsk_config_string_entry),
    CYAML_FIELD_ENUM("to", CYAML_FLAG_STRICT, struct tsk_rule, to, rule_targets, TSK_COUNT(rule_targets)),
    CYAML_FIELD_ENUM("kind", CYAML_FLAG_STRICT, struct tsk_rule, kind, rule_kinds, TSK_COUNT(rule_kinds)),
    STRING("name_from", struct tsk_rule, name_from),
    LIST("directory_kinds", struct tsk_rule, directory_kinds.items, directory_kinds.count, &tsk_config_string_entry),
    STRING("department", struct tsk_rule, department),
    STRING("attention_from", struct tsk_rule, attention_from),
    STRING("route_from", struct tsk_rule, route_from),
    LIST("channels", struct tsk_rule, channels.items, channels.count, &tsk_config_string_entry),
    STRING("template", struct tsk_rule, template),
    STRING("letter", struct tsk_rule, letter),
    LIST("encloses", struct tsk_rule, encloses.items, encloses.count, &tsk_config_string_entry),
    STRING("why", struct tsk_rule, why),
    CYAML_FIELD_END
};
static const cyaml_schema_value_t rule_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_rule,
                                                                     rule_fields) };

static const cyaml_strval_t alert_modes[] = { { "each", TSK_ALERTS_EACH },
                                              { "daily", TSK_ALERTS_DAILY },
                                              { "none", TSK_ALERTS_NONE } };
static const cyaml_schema_field_t ward_fields[] = { STRING("ward", struct raw_ward, ward),
                                                    CYAML_FIELD_ENUM("alerts", CYAML_FLAG_STRICT, struct raw_ward,
                                                                     alerts, alert_modes, TSK_COUNT(alert_modes)),
                                                    STRING("digest_at", struct raw_ward, digest_at), CYAML_FIELD_END };
static const cyaml_schema_value_t ward_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_ward,
                                                                     ward_fields) };

static const cyaml_schema_field_t file_fields[] = {
    STRING("user", struct file, config.user),
    LIST("offices", struct file, config.offices, config.office_count, &office_entry),
    LIST("sources", struct file, config.sources, config.source_count, &source_entry),
    LIST("forms", struct file, config.forms.items, config.forms.count, &tsk_config_string_entry),
    CYAML_FIELD_MAPPING("reading", OPTIONAL, struct file, config.reading, reading_fields),
    CYAML_FIELD_UINT("disk_free_mb_min", OPTIONAL, struct file, config.disk_free_mb_min),
    CYAML_FIELD_MAPPING("mail", OPTIONAL, struct file, config.mail, mail_fields),
    CYAML_FIELD_MAPPING("fax", OPTIONAL, struct file, config.fax, fax_fields),
    CYAML_FIELD_MAPPING("web", OPTIONAL, struct file, config.web, web_fields),
    LIST("webhooks", struct file, config.webhooks, config.webhook_count, &webhook_entry),
    LIST("terminal", struct file, config.terminal, config.terminal_count, &terminal_entry),
    CYAML_FIELD_MAPPING("quiet", OPTIONAL, struct file, quiet, quiet_fields),
    LIST("events", struct file, config.routing.events, config.routing.event_count, &event_entry),
    LIST("rules", struct file, config.routing.rules, config.routing.rule_count, &rule_entry),
    CHOICE("ward_default", struct file, config.routing.ward_default, alert_modes),
    STRING("digest_at", struct file, digest_at),
    LIST("ward_offices", struct file, wards, ward_count, &ward_entry),
    CYAML_FIELD_MAPPING("inquiries", OPTIONAL, struct file, config.inquiries, tsk_inquiry_fields),
    CYAML_FIELD_MAPPING("keys", OPTIONAL, struct file, config.care.keys, tsk_keys_fields),
    CYAML_FIELD_MAPPING("backup", OPTIONAL, struct file, config.care.backup, tsk_backup_fields),
    CYAML_FIELD_MAPPING("audit", OPTIONAL, struct file, config.care.audit, tsk_audit_fields),
    CYAML_FIELD_MAPPING("operator", OPTIONAL, struct file, config.care.watcher, tsk_operator_fields),
    CYAML_FIELD_MAPPING("metrics", OPTIONAL, struct file, config.care.metrics, tsk_metrics_fields),
    CYAML_FIELD_MAPPING("fallback", OPTIONAL, struct file, config.care.fallback, tsk_fallback_fields),
    CYAML_FIELD_END
};
static const cyaml_schema_value_t file_schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields) };

/* A schema's strings that the file leaves out are NULL; ours never are. libcyaml frees the copies with the rest. */
static int fill_strings(void *data, const cyaml_schema_field_t *fields)
{
    for (; fields->key != NULL; fields++) {
        char **text = (char **)((char *)data + fields->data_offset);

        if (fields->value.type == CYAML_STRING && *text == NULL && (*text = strdup("")) == NULL)
            return -1;
    }
    return 0;
}

int tsk_config_fill_list(void *items, size_t count, size_t size, const cyaml_schema_field_t *fields)
{
    for (size_t i = 0; i < count; i++)
        if (fill_strings((char *)items + i * size, fields) != 0)
            return -1;
    return 0;
}

static int fill_care(struct tsk_care_config *care)
{
    return fill_strings(&care->keys, tsk_keys_fields) != 0 || fill_strings(&care->backup, tsk_backup_fields) != 0 ||
                   fill_strings(&care->audit, tsk_audit_fields) != 0 ||
                   fill_strings(&care->watcher, tsk_operator_fields) != 0 ||
                   fill_strings(&care->fallback, tsk_fallback_fields) != 0
               ? -1
               : 0;
}

static int fill_all(struct file *file)
{
    struct tsk_config *c = &file->config;

    for (size_t i = 0; i < c->source_count; i++)
        if (fill_strings(&c->sources[i].imap, tsk_imap_fields) != 0)
            return -1;
    return fill_strings(file, file_fields) != 0 || fill_strings(&c->mail, mail_fields) != 0 ||
                   fill_strings(&c->fax, fax_fields) != 0 || fill_strings(&c->web, web_fields) != 0 ||
                   fill_care(&c->care) != 0 || fill_strings(&c->inquiries, tsk_inquiry_fields) != 0 ||
                   fill_strings(&file->quiet, quiet_fields) != 0 ||
                   tsk_config_fill_list(c->offices, c->office_count, sizeof *c->offices, office_fields) != 0 ||
                   tsk_config_fill_list(c->terminal, c->terminal_count, sizeof *c->terminal, terminal_fields) != 0 ||
                   tsk_config_fill_list(c->webhooks, c->webhook_count, sizeof *c->webhooks, webhook_fields) != 0 ||
                   tsk_config_fill_list(c->sources, c->source_count, sizeof *c->sources, source_fields) != 0 ||
                   tsk_config_fill_list(c->routing.events, c->routing.event_count, sizeof *c->routing.events,
                                        event_fields) != 0 ||
                   tsk_config_fill_list(c->routing.rules, c->routing.rule_count, sizeof *c->routing.rules,
                                        rule_fields) != 0 ||
                   tsk_config_fill_list(file->wards, file->ward_count, sizeof *file->wards, ward_fields) != 0
               ? -1
               : 0;
}

static void *unconst(const void *pointer)
{
    union {
        const void *in;
        void *out;
    } both = { .in = pointer };

    return both.out;
}

int tsk_config_default(const char **text, const char *value)
{
    char *copy;

    if ((*text)[0] != '\0')
        return 0;
    copy = strdup(value);
    if (copy == NULL)
        return -1;
    free(unconst(*text)); /* the empty string of fill_strings() */
    *text = copy;
    return 0;
}

static void default_u32(uint32_t *number, uint32_t value)
{
    if (*number == 0)
        *number = value;
}

static int fill_defaults(struct tsk_config *c)
{
    struct tsk_mail_config *mail = &c->mail;

    for (size_t i = 0; i < c->office_count; i++)
        if (tsk_config_default(&c->offices[i].code, c->offices[i].ward) != 0 ||
            tsk_config_default(&c->offices[i].from, c->offices[i].email) != 0)
            return -1;
    for (size_t i = 0; i < c->webhook_count; i++)
        c->webhooks[i].timeout_s = c->webhooks[i].timeout_s == 0 ? 20 : c->webhooks[i].timeout_s;
    for (size_t i = 0; i < c->source_count; i++) {
        /* A hook knows more of a fax than the sweep can see: it goes first. */
        default_u32(&c->sources[i].stable_ms, c->sources[i].kind == TSK_SOURCE_FAX ? 30000 : 2000);
        default_u32(&c->sources[i].sweep_s, 30);
        default_u32(&c->sources[i].hourly_max, 10000);
        if (tsk_imap_defaults(&c->sources[i].imap) != 0)
            return -1;
    }
    if (c->reading.tolerated_silent_error <= 0 && c->reading.tolerated_silent_error >= 0)
        c->reading.tolerated_silent_error = 0.001;
    default_u32(&c->reading.readers, 1);
    default_u32(&c->reading.document_s, 600);
    default_u32(&c->reading.document_mb_max, 64);
    default_u32(&c->reading.memory_mb, 768);
    default_u32(&c->disk_free_mb_min, 200);
    mail->timeout_s = mail->timeout_s == 0 ? 60 : mail->timeout_s;
    mail->connections_max = mail->connections_max == 0 ? 8 : mail->connections_max;
    mail->give_up_hours = mail->give_up_hours == 0 ? 72 : mail->give_up_hours;
    c->fax.timeout_s = c->fax.timeout_s == 0 ? 60 : c->fax.timeout_s;
    c->fax.lost_hours = c->fax.lost_hours == 0 ? 4 : c->fax.lost_hours;
    default_u32(&c->web.idle_lock_min, 15);
    default_u32(&c->web.session_hours, 12);
    default_u32(&c->web.password_length_min, 12);
    default_u32(&c->web.threads, 4);
    default_u32(&c->web.connections_max, 400);
    if (tsk_care_defaults(&c->care, tsk_config_default) != 0 || tsk_inquiry_defaults(&c->inquiries) != 0)
        return -1;
    if (tsk_config_default(&c->fax.server, "127.0.0.1:4559") != 0 ||
        tsk_config_default(&c->fax.program, "sendfax") != 0 || tsk_config_default(&c->fax.number, "national") != 0 ||
        tsk_config_default(&c->fax.attach, "pdf") != 0)
        return -1;
    return tsk_config_default(&mail->maildir, "mail") != 0 || tsk_config_default(&mail->smtp_tls, "required") != 0 ||
                   tsk_config_default(&mail->domain, "tasuki.invalid") != 0
               ? -1
               : 0;
}

static bool is_id(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-._");

    return len > 0 && len <= 60 && text[len] == '\0' && text[0] != '.' && text[0] != '-';
}

static bool is_ward(const char *text)
{
    return strlen(text) == 5 && strspn(text, "0123456789") == 5;
}

static bool is_address(const char *text)
{
    const char *at = strchr(text, '@');

    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || strchr("<>(),;:\\\"", *c) != NULL)
            return false;
    return at != NULL && at > text && at[1] != '\0' && at[1] != '.' && strchr(at + 1, '@') == NULL &&
           strchr(at + 1, '.') != NULL;
}

/* HH:MM */
static bool is_minute(const char *text, int *minute)
{
    int digits[5];

    if (strlen(text) != 5 || text[2] != ':')
        return false;
    for (int i = 0; i < 5; i++) {
        digits[i] = text[i] - '0';
        if (i != 2 && (digits[i] < 0 || digits[i] > 9))
            return false;
    }
    if (digits[0] * 10 + digits[1] > 23 || digits[3] > 5)
        return false;
    *minute = (digits[0] * 10 + digits[1]) * 60 + digits[3] * 10 + digits[4];
    return true;
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static int need(const struct check *check, const char *list, size_t i, const char *key, const char *value)
{
    char where[64];

    snprintf(where, sizeof where, "%s[%zu]", list, i);
    return value[0] != '\0' ? 0 : FAULT(check, "%s is missing", key);
}

static int need_id(const struct check *check, const char *list, size_t i, const char *id)
{
    char where[64];

    if (need(check, list, i, "id", id) != 0)
        return -1;
    snprintf(where, sizeof where, "%s[%zu].id", list, i);
    return is_id(id) ? 0 : FAULT(check, "\"%s\": use a-z, 0-9, - . _ only", id);
}

static int fail_twin(const struct check *check, const char *list, size_t i, size_t twin, const char *key,
                     const char *value)
{
    char where[64], other[64];

    snprintf(where, sizeof where, "%s[%zu].%s", list, i, key);
    snprintf(other, sizeof other, "%s[%zu].%s", list, twin, key);
    return FAULT(check, "\"%s\" is already in line %d; give each its own", value, tsk_yaml_line(check->yaml, other));
}

/* No two entries of a list share this string, unless it is "", which lies at the same offset in each. */
static int need_unique(const struct check *check, const char *list, const char *key, const void *items, size_t count,
                       size_t size, size_t offset)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++) {
            const char *a = *(const char *const *)((const char *)items + i * size + offset);
            const char *b = *(const char *const *)((const char *)items + j * size + offset);

            if (a[0] != '\0' && strcmp(a, b) == 0)
                return fail_twin(check, list, i, j, key, a);
        }
    return 0;
}

#define NEED_UNIQUE(check, list, items, count, member)                                                                 \
    ((count) < 2 ? 0                                                                                                   \
                 : need_unique(check, list, #member, items, count, sizeof *(items),                                    \
                               (size_t)((const char *)&(items)->member - (const char *)(items))))

static int check_address(const struct check *check, size_t i, const char *key, const char *value)
{
    char where[64];

    snprintf(where, sizeof where, "offices[%zu].%s", i, key);
    return is_address(value) ? 0 : FAULT(check, "\"%s\" is not an e-mail address", value);
}

static int check_office(const struct check *check, const struct tsk_config *c, size_t i)
{
    const struct tsk_office_config *o = &c->offices[i];
    char where[64];

    if (need_id(check, "offices", i, o->id) != 0 || need(check, "offices", i, "name", o->name) != 0 ||
        need(check, "offices", i, "ward", o->ward) != 0 || need(check, "offices", i, "phone", o->phone) != 0 ||
        need(check, "offices", i, "hours", o->hours) != 0 || need(check, "offices", i, "email", o->email) != 0)
        return -1;
    snprintf(where, sizeof where, "offices[%zu].ward", i);
    if (!is_ward(o->ward))
        return FAULT(check, "\"%s\" is not a municipality code of five digits, such as \"27115\"", o->ward);
    return check_address(check, i, "email", o->email) != 0 || check_address(check, i, "from", o->from) != 0 ? -1 : 0;
}

static int check_offices(const struct check *check, const struct tsk_config *c)
{
    const char *where = "offices";

    if (c->office_count == 0)
        return FAULT(check, "%s", "a site needs at least one office");
    for (size_t i = 0; i < c->office_count; i++)
        if (check_office(check, c, i) != 0)
            return -1;
    return NEED_UNIQUE(check, "offices", c->offices, c->office_count, id) != 0 ||
                   NEED_UNIQUE(check, "offices", c->offices, c->office_count, code) != 0
               ? -1
               : 0;
}

static int check_fax_source(const struct check *check, const struct tsk_source *s, size_t i)
{
    static const char *const words[] = { "number", "name", "called", "-" };
    char where[64];

    for (size_t k = 0; k < s->callid.count; k++) {
        snprintf(where, sizeof where, "sources[%zu].callid[%zu]", i, k);
        if (!is_one_of(s->callid.items[k], words, TSK_COUNT(words)))
            return FAULT(check, "\"%s\" must be number, name, called or -", s->callid.items[k]);
    }
    return 0;
}

/* "*@fax.example.jp", "fax+*@example.jp" */
static bool is_pattern(const char *text)
{
    const char *star = strchr(text, '*');

    return is_address(text) && star != NULL && strchr(star + 1, '*') == NULL && star < strchr(text, '@');
}

static int check_fax_service(const struct check *check, const struct tsk_fax_config *fax)
{
    static const char *const numbers[] = { "national", "international" }, *const files[] = { "pdf", "tiff" };
    const char *where = "fax.address";

    if (!is_pattern(fax->address))
        return FAULT(check, "\"%s\": the service's address with * for the number, such as \"*@fax.example.jp\"",
                     fax->address);
    where = "fax.number";
    if (!is_one_of(fax->number, numbers, TSK_COUNT(numbers)))
        return FAULT(check, "\"%s\": national or international", fax->number);
    where = "fax.attach";
    if (!is_one_of(fax->attach, files, TSK_COUNT(files)))
        return FAULT(check, "\"%s\": pdf or tiff", fax->attach);
    where = "fax.result_from";
    return fax->result_from.count > 0 ? 0 : FAULT(check, "%s", "missing: which addresses send the results?");
}

/* "09:00-17:00", "daily 09:00-17:00" */
static bool is_hours(const char *text)
{
    char from[6] = "", to[6] = "";
    int first = 0, last = 24 * 60;

    if (strncmp(text, "daily ", 6) == 0)
        text += 6;
    if (strlen(text) != 11 || text[5] != '-')
        return false;
    memcpy(from, text, 5);
    memcpy(to, text + 6, 5);
    return is_minute(from, &first) && (strcmp(to, "24:00") == 0 || is_minute(to, &last)) && first < last;
}

static int check_fax(const struct check *check, const struct tsk_config *c)
{
    char where[64];
    struct tsk_date day;

    for (size_t i = 0; i < c->fax.holidays.count; i++) {
        snprintf(where, sizeof where, "fax.holidays[%zu]", i);
        if (!tsk_date_parse(c->fax.holidays.items[i], &day))
            return FAULT(check, "\"%s\" is not a day, such as \"2026-11-23\"", c->fax.holidays.items[i]);
    }
    snprintf(where, sizeof where, "fax.hours");
    if (c->fax.hours[0] != '\0' && !is_hours(c->fax.hours))
        return FAULT(check, "\"%s\": hours are written \"09:00-17:00\" (weekdays) or \"daily 09:00-17:00\"",
                     c->fax.hours);
    snprintf(where, sizeof where, "fax.prefix");
    if (c->fax.prefix[strspn(c->fax.prefix, "0123456789,*#")] != '\0')
        return FAULT(check, "\"%s\": digits, * # and , only", c->fax.prefix);
    return c->fax.channel == TSK_FAX_MAIL ? check_fax_service(check, &c->fax) : 0;
}

static int check_source(const struct check *check, const struct tsk_config *c, size_t i)
{
    const struct tsk_source *s = &c->sources[i];
    char where[64];

    if (need_id(check, "sources", i, s->id) != 0)
        return -1;
    snprintf(where, sizeof where, "sources[%zu]", i);
    if (s->office[0] == '\0')
        return FAULT(check, "office is missing: every source belongs to one; write the id of an office%s", "");
    snprintf(where, sizeof where, "sources[%zu].office", i);
    if (tsk_config_office(c, s->office) == NULL)
        return FAULT(check, "no office has the id \"%s\"", s->office);
    snprintf(where, sizeof where, "sources[%zu].id", i);
    if (strcmp(s->id, "submit") == 0)
        return FAULT(check, "\"%s\" is the name of documents from the command line; take another", s->id);
    if (s->kind == TSK_SOURCE_FAX)
        return check_fax_source(check, s, i);
    if (s->kind == TSK_SOURCE_IMAP)
        return tsk_imap_check(check, s, i);
    snprintf(where, sizeof where, "sources[%zu].after", i);
    if (s->after == TSK_AFTER_SEEN)
        return FAULT(check, "%s", "seen is for mailboxes; a folder: move or delete");
    return need(check, "sources", i, "folder", s->folder);
}

static int check_sources(const struct check *check, const struct tsk_config *c)
{
    for (size_t i = 0; i < c->source_count; i++)
        if (check_source(check, c, i) != 0 || tsk_imap_check_twin(check, c->sources, i) != 0)
            return -1;
    return NEED_UNIQUE(check, "sources", c->sources, c->source_count, id) != 0 ||
                   NEED_UNIQUE(check, "sources", c->sources, c->source_count, folder) != 0
               ? -1
               : 0;
}

static int check_range(const struct check *check, const char *where, double value, double low, double high)
{
    return value >= low && value <= high ? 0 : FAULT(check, "must be between %g and %g", low, high);
}

static int check_reading(const struct check *check, const struct tsk_config *c)
{
    const struct tsk_reading_config *r = &c->reading;

    return check_range(check, "reading.tolerated_silent_error", r->tolerated_silent_error, 0.000001, 0.5) != 0 ||
                   check_range(check, "reading.readers", r->readers, 1, 64) != 0 ||
                   check_range(check, "reading.document_s", r->document_s, 1, 7200) != 0 ||
                   check_range(check, "reading.document_mb_max", r->document_mb_max, 1, 250) != 0 ||
                   check_range(check, "reading.memory_mb", r->memory_mb, 64, 65536) != 0 ||
                   check_range(check, "disk_free_mb_min", c->disk_free_mb_min, 1, 1e9) != 0
               ? -1
               : 0;
}

static bool is_loopback(const char *host)
{
    static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

    for (size_t i = 0; i < TSK_COUNT(names); i++) {
        size_t len = strlen(names[i]);

        if (strncmp(host, names[i], len) == 0 && strchr(":/", host[len]) != NULL)
            return true;
    }
    return false;
}

static bool is_this_machine(const char *url)
{
    const char *host = strstr(url, "://");

    return host != NULL && is_loopback(host + 3);
}

static int check_smtp(const struct check *check, const struct tsk_mail_config *m)
{
    static const char *const modes[] = { "required", "none" };
    const char *where = "mail.smtp_url";

    if (strncmp(m->smtp_url, "smtp://", 7) != 0 && strncmp(m->smtp_url, "smtps://", 8) != 0)
        return FAULT(check, "\"%s\" must be smtp://HOST:PORT or smtps://HOST:PORT", m->smtp_url);
    where = "mail.smtp_tls";
    if (!is_one_of(m->smtp_tls, modes, TSK_COUNT(modes)))
        return FAULT(check, "\"%s\": required or none", m->smtp_tls);
    if (strcmp(m->smtp_tls, "none") == 0 && !is_this_machine(m->smtp_url))
        return FAULT(check, "%s", "mail leaves this machine encrypted or not at all: none is for localhost only");
    where = "mail.smtp_password_file";
    return (m->smtp_user[0] == '\0') == (m->smtp_password_file[0] == '\0')
               ? 0
               : FAULT(check, "%s", "smtp_user and smtp_password_file go together");
}

static int check_mail(const struct check *check, const struct tsk_config *c)
{
    const struct tsk_mail_config *m = &c->mail;
    const char *where = "mail.link_base";

    if (m->link_base[0] != '\0' && strncmp(m->link_base, "https://", 8) != 0)
        return FAULT(check, "\"%s\" must begin with https://", m->link_base);
    where = "mail.domain";
    if (strspn(m->domain, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") != strlen(m->domain))
        return FAULT(check, "\"%s\" is not a domain name", m->domain);
    where = "mail.bounce";
    if (m->bounce[0] != '\0' && (!is_address(m->bounce) || strchr(m->bounce, '@') - m->bounce > BOUNCE_LOCAL_MAX))
        return FAULT(check, "\"%s\" is not an e-mail address, or too long before the @", m->bounce);
    if (check_range(check, "mail.timeout_s", m->timeout_s, 1, 600) != 0 ||
        check_range(check, "mail.connections_max", m->connections_max, 1, 64) != 0 ||
        check_range(check, "mail.give_up_hours", m->give_up_hours, 1, 720) != 0)
        return -1;
    return m->channel == TSK_MAIL_SMTP ? check_smtp(check, m) : 0;
}

static int check_web_listen(const struct check *check, const struct tsk_web_config *w)
{
    const char *where = "web.listen", *colon = strrchr(w->listen, ':');
    char *end = NULL;
    long port = colon != NULL && colon > w->listen ? strtol(colon + 1, &end, 10) : -1;

    if (port < 0 || port > 65535 || end == colon + 1 || *end != '\0')
        return FAULT(check, "\"%s\" must be ADDRESS:PORT, such as \"127.0.0.1:8443\"", w->listen);
    if (w->certificate[0] == '\0' && w->trusted_proxies.count == 0 && !is_loopback(w->listen))
        return FAULT(
            check, "%s",
            "without certificate the desk listens on this machine only (127.0.0.1), or behind trusted_proxies");
    where = "web.key";
    return (w->certificate[0] == '\0') == (w->key[0] == '\0') ? 0
                                                              : FAULT(check, "%s", "certificate and key go together");
}

static int check_web(const struct check *check, const struct tsk_config *c)
{
    const struct tsk_web_config *w = &c->web;
    const char *where = "web.origin";
    size_t origin = strncmp(w->origin, "https://", 8) == 0 ? 8 : 0;

    if (w->origin[0] != '\0' && (origin == 0 || w->origin[8] == '\0' || strchr(w->origin + 8, '/') != NULL))
        return FAULT(check, "\"%s\" must be https://NAME, without a path", w->origin);
    if (check_range(check, "web.idle_lock_min", w->idle_lock_min, 1, 480) != 0 ||
        check_range(check, "web.session_hours", w->session_hours, 1, 24) != 0 ||
        check_range(check, "web.password_length_min", w->password_length_min, 8, 128) != 0 ||
        check_range(check, "web.threads", w->threads, 1, 64) != 0 ||
        check_range(check, "web.connections_max", w->connections_max, 20, 10000) != 0)
        return -1;
    return w->listen[0] == '\0' ? 0 : check_web_listen(check, w);
}

static int check_webhook(const struct check *check, const struct tsk_webhook *w, size_t i)
{
    char where[64];

    if (need_id(check, "webhooks", i, w->id) != 0 || need(check, "webhooks", i, "secret_file", w->secret_file) != 0)
        return -1;
    snprintf(where, sizeof where, "webhooks[%zu].url", i);
    if (strncmp(w->url, "https://", 8) != 0 || strchr(w->url, '@') != NULL)
        return FAULT(check, "\"%s\" must begin with https:// and hold no password", w->url);
    snprintf(where, sizeof where, "webhooks[%zu].timeout_s", i);
    return check_range(check, where, w->timeout_s, 1, 300);
}

static int check_webhooks(const struct check *check, const struct tsk_config *c)
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

/* A login is one person; a person may have several. */
static int check_terminal(const struct check *check, const struct tsk_config *c)
{
    for (size_t i = 0; i < c->terminal_count; i++)
        if (need(check, "terminal", i, "login", c->terminal[i].login) != 0 ||
            need(check, "terminal", i, "name", c->terminal[i].name) != 0)
            return -1;
    return NEED_UNIQUE(check, "terminal", c->terminal, c->terminal_count, login);
}

static int check_event(const struct check *check, const struct tsk_event_rule *e, size_t i)
{
    char where[64];

    if (need_id(check, "events", i, e->id) != 0 || need(check, "events", i, "form", e->form) != 0)
        return -1;
    snprintf(where, sizeof where, "events[%zu]", i);
    if (e->except.count > 0 && e->words.count == 0)
        return FAULT(check, "%s", "except is of words, and there are none");
    return e->filled.count > 0 ? 0 : FAULT(check, "%s", "filled is missing: without a field it would never happen");
}

static bool knows_event(const struct tsk_config *c, const char *id)
{
    static const char *const built_in[] = { "document.held", "document.received", "sheet.received", "sheet.confirmed",
                                            "delivery.failed" };

    for (size_t i = 0; i < c->routing.event_count; i++)
        if (strcmp(c->routing.events[i].id, id) == 0)
            return true;
    return is_one_of(id, built_in, TSK_COUNT(built_in));
}

static int check_rule_words(const struct check *check, const struct tsk_rule *r, size_t i)
{
    static const char *const channels[] = { "email", "fax", "phone", "webhook", "other", "urgent" };
    char where[64];

    for (size_t k = 0; k < r->channels.count; k++) {
        snprintf(where, sizeof where, "rules[%zu].channels[%zu]", i, k);
        if (!is_one_of(r->channels.items[k], channels, TSK_COUNT(channels)))
            return FAULT(check, "\"%s\": email, fax, phone, webhook, other or urgent", r->channels.items[k]);
        if (strcmp(r->channels.items[k], "webhook") == 0 && r->kind != TSK_RULE_ALERT)
            return FAULT(check, "%s", "a webhook takes alerts only: nothing about a patient goes that way");
        if (strcmp(r->channels.items[k], "urgent") == 0 && r->to != TSK_TO_COORDINATION_OFFICE)
            return FAULT(check, "%s", "urgent is the way to the coordination office itself (offices: urgent_email)");
    }
    for (size_t k = 0; k < r->when.count; k++) {
        snprintf(where, sizeof where, "rules[%zu].when[%zu]", i, k);
        if (strchr(r->when.items[k], '=') == NULL || r->when.items[k][0] == '=')
            return FAULT(check, "\"%s\" must be FIELD=VALUE or FIELD!=VALUE", r->when.items[k]);
    }
    return 0;
}

static int check_rule(const struct check *check, const struct tsk_config *c, size_t i)
{
    const struct tsk_rule *r = &c->routing.rules[i];
    char where[64];

    if (need_id(check, "rules", i, r->id) != 0 || need(check, "rules", i, "event", r->event) != 0 ||
        need(check, "rules", i, "template", r->template) != 0)
        return -1;
    snprintf(where, sizeof where, "rules[%zu].event", i);
    if (!knows_event(c, r->event))
        return FAULT(
            check,
            "\"%s\" is no event: document.held, sheet.received, sheet.confirmed, delivery.failed or one of events",
            r->event);
    snprintf(where, sizeof where, "rules[%zu].template", i);
    if (!is_id(r->template))
        return FAULT(check, "\"%s\": the name of a text without folder and .txt", r->template);
    snprintf(where, sizeof where, "rules[%zu]", i);
    if (r->channels.count == 0 && r->kind != TSK_RULE_TODO)
        return FAULT(check, "%s", "channels is missing: say how this is told");
    if (r->to == TSK_TO_SENDER && (r->kind != TSK_RULE_ALERT || (strcmp(r->event, "sheet.received") != 0 &&
                                                                 strcmp(r->event, "document.received") != 0)))
        return FAULT(check, "%s", "a sender is told that it arrived: an alert at sheet.received or document.received");
    if (strcmp(r->event, "document.received") == 0 && r->to != TSK_TO_SENDER)
        return FAULT(check, "%s", "document.received is told to the sender alone");
    if (r->kind != TSK_RULE_DISCLOSURE && (r->letter[0] != '\0' || r->encloses.count > 0))
        return FAULT(check, "%s", "letter and encloses are of disclosures");
    if (r->letter[0] != '\0' && !is_id(r->letter))
        return FAULT(check, "\"%s\": letter is the name of a text without folder and .txt", r->letter);
    if (r->to == TSK_TO_INSTITUTION && (r->name_from[0] == '\0' || r->directory_kinds.count == 0))
        return FAULT(check, "%s", "an institution needs name_from and directory_kinds");
    return check_rule_words(check, r, i);
}

static int check_routing(const struct check *check, const struct tsk_config *c)
{
    const struct tsk_routing_config *r = &c->routing;

    for (size_t i = 0; i < r->event_count; i++)
        if (check_event(check, &r->events[i], i) != 0)
            return -1;
    for (size_t i = 0; i < r->rule_count; i++)
        if (check_rule(check, c, i) != 0)
            return -1;
    return NEED_UNIQUE(check, "events", r->events, r->event_count, id) != 0 ||
                   NEED_UNIQUE(check, "rules", r->rules, r->rule_count, id) != 0
               ? -1
               : 0;
}

static int read_minute(const struct check *check, const char *where, const char *text, int otherwise, int *minute)
{
    *minute = otherwise;
    return text[0] == '\0' || is_minute(text, minute)
               ? 0
               : FAULT(check, "\"%s\" is not a time of the day, such as \"08:30\"", text);
}

static int read_quiet(const struct check *check, struct file *file)
{
    const char *where = "quiet";

    if ((file->quiet.from[0] == '\0') != (file->quiet.to[0] == '\0'))
        return FAULT(check, "%s", "from and to go together");
    return read_minute(check, "quiet.from", file->quiet.from, 0, &file->config.quiet.from) != 0 ||
                   read_minute(check, "quiet.to", file->quiet.to, 0, &file->config.quiet.to) != 0
               ? -1
               : 0;
}

static int read_wards(const struct check *check, struct file *file)
{
    struct tsk_routing_config *r = &file->config.routing;
    char where[64];

    r->ward_offices = calloc(file->ward_count + 1, sizeof *r->ward_offices);
    if (r->ward_offices == NULL)
        return tsk_fail(check->err, TSK_RETRY, 0, "%s: out of memory", tsk_yaml_path(check->yaml));
    for (size_t i = 0; i < file->ward_count; i++) {
        struct tsk_ward_office *ward = &r->ward_offices[i];

        snprintf(where, sizeof where, "ward_offices[%zu].ward", i);
        if (!is_ward(file->wards[i].ward))
            return FAULT(check, "\"%s\" is not a municipality code of five digits", file->wards[i].ward);
        ward->ward = file->wards[i].ward;
        ward->alerts = file->wards[i].alerts;
        snprintf(where, sizeof where, "ward_offices[%zu].digest_at", i);
        if (read_minute(check, where, file->wards[i].digest_at, r->digest_minute, &ward->digest_minute) != 0)
            return -1;
        r->ward_office_count++;
    }
    return NEED_UNIQUE(check, "ward_offices", r->ward_offices, r->ward_office_count, ward);
}

static int check_user(const struct check *check, const struct tsk_config *c)
{
    const char *where = "user";

    return c->user[0] == '\0' || is_id(c->user) ? 0 : FAULT(check, "\"%s\" is not the name of a system user", c->user);
}

static int check_all(struct file *file, struct tsk_err *err)
{
    const struct check check = { .yaml = file->yaml, .err = err };
    const struct tsk_care_check care = { file->yaml, is_minute, is_address };
    const struct tsk_config *c = &file->config;

    return check_user(&check, c) != 0 || check_offices(&check, c) != 0 || check_sources(&check, c) != 0 ||
                   check_reading(&check, c) != 0 || check_mail(&check, c) != 0 || check_fax(&check, c) != 0 ||
                   check_web(&check, c) != 0 || check_webhooks(&check, c) != 0 || check_terminal(&check, c) != 0 ||
                   check_routing(&check, c) != 0 ||
                   read_minute(&check, "digest_at", file->digest_at, 8 * 60 + 30,
                               &file->config.routing.digest_minute) != 0 ||
                   tsk_inquiry_check(&check, &c->inquiries) != 0 ||
                   read_minute(&check, "inquiries.at", c->inquiries.at, 10 * 60, &file->config.inquiries.minute) != 0 ||
                   read_quiet(&check, file) != 0 || read_wards(&check, file) != 0 ||
                   tsk_care_check(&care, &file->config.care, err) != 0
               ? -1
               : 0;
}

int tsk_config_load(const struct tsk_config **out, const char *path, struct tsk_err *err)
{
    struct tsk_yaml *yaml = NULL;
    const struct tsk_config *config;
    struct file *file;
    void *data;

    *out = NULL;
    if (tsk_yaml_load(&yaml, &data, path, &file_schema, err) != 0)
        return -1;
    file = data;
    file->yaml = yaml;
    file->config.path = tsk_yaml_path(yaml);
    config = &file->config;
    if (fill_all(file) != 0 || fill_defaults(&file->config) != 0) {
        tsk_fail(err, TSK_RETRY, 0, "%s: out of memory", path);
        tsk_config_free(&config);
        return -1;
    }
    if (check_all(file, err) != 0) {
        tsk_config_free(&config);
        return -1;
    }
    *out = config;
    return 0;
}

void tsk_config_free(const struct tsk_config **config)
{
    struct file *file = unconst(*config);

    if (file == NULL)
        return;
    *config = NULL;
    free(file->config.routing.ward_offices);
    file->config.routing.ward_offices = NULL;
    tsk_yaml_free(&(struct tsk_yaml *){ file->yaml }); /* file itself is among what this frees */
}

const struct tsk_office_config *tsk_config_office(const struct tsk_config *config, const char *id)
{
    for (size_t i = 0; i < config->office_count; i++)
        if (strcmp(config->offices[i].id, id) == 0)
            return &config->offices[i];
    return NULL;
}

const struct tsk_source *tsk_config_source(const struct tsk_config *config, const char *id)
{
    for (size_t i = 0; i < config->source_count; i++)
        if (strcmp(config->sources[i].id, id) == 0)
            return &config->sources[i];
    return NULL;
}

const struct tsk_webhook *tsk_config_webhook(const struct tsk_config *config, const char *id)
{
    for (size_t i = 0; i < config->webhook_count; i++)
        if (strcmp(config->webhooks[i].id, id) == 0)
            return &config->webhooks[i];
    return NULL;
}

bool tsk_is_quiet(const struct tsk_quiet *quiet, int minute_of_day)
{
    if (quiet->from <= quiet->to)
        return minute_of_day >= quiet->from && minute_of_day < quiet->to;
    return minute_of_day >= quiet->from || minute_of_day < quiet->to;
}
