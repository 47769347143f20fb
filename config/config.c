#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/care_schema.h"
#include "config/schema.h"
#include "config/yaml.h"

struct raw_quiet {
    char *from, *to;
};

/* What the file says, as libcyaml fills it in; the configuration proper is its first part. */
struct file {
    struct tsk_config config;
    char *digest_at;
    struct raw_quiet quiet;
    struct tsk_raw_ward *wards;
    size_t ward_count;
    struct tsk_yaml *yaml; /* not in the schema: owns all of this */
};

const cyaml_schema_value_t tsk_config_string_entry = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MAX) };

static const cyaml_schema_value_t office_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_office_config,
                                                                       tsk_office_fields) };

static const cyaml_schema_value_t source_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_source,
                                                                       tsk_source_fields) };

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

static const cyaml_schema_field_t terminal_fields[] = { STRING("login", struct tsk_terminal_login, login),
                                                        STRING("name", struct tsk_terminal_login, name),
                                                        CYAML_FIELD_END };
static const cyaml_schema_value_t terminal_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_terminal_login,
                                                                         terminal_fields) };
static const cyaml_schema_value_t webhook_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_webhook,
                                                                        tsk_webhook_fields) };

static const cyaml_schema_field_t quiet_fields[] = { STRING("from", struct raw_quiet, from),
                                                     STRING("to", struct raw_quiet, to), CYAML_FIELD_END };

static const cyaml_schema_value_t event_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_event_rule,
                                                                      tsk_event_fields) };

static const cyaml_schema_value_t rule_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_rule,
                                                                     tsk_rule_fields) };

static const cyaml_schema_value_t ward_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_raw_ward,
                                                                     tsk_ward_fields) };

static const cyaml_schema_field_t file_fields[] = {
    STRING("user", struct file, config.user),
    LIST("offices", struct file, config.offices, config.office_count, &office_entry),
    LIST("sources", struct file, config.sources, config.source_count, &source_entry),
    LIST("forms", struct file, config.forms.items, config.forms.count, &tsk_config_string_entry),
    CYAML_FIELD_MAPPING("reading", OPTIONAL, struct file, config.reading, reading_fields),
    CYAML_FIELD_UINT("disk_free_mb_min", OPTIONAL, struct file, config.disk_free_mb_min),
    CYAML_FIELD_MAPPING("mail", OPTIONAL, struct file, config.mail, tsk_mail_fields),
    CYAML_FIELD_MAPPING("fax", OPTIONAL, struct file, config.fax, tsk_fax_fields),
    CYAML_FIELD_MAPPING("web", OPTIONAL, struct file, config.web, tsk_web_fields),
    LIST("webhooks", struct file, config.webhooks, config.webhook_count, &webhook_entry),
    LIST("terminal", struct file, config.terminal, config.terminal_count, &terminal_entry),
    CYAML_FIELD_MAPPING("quiet", OPTIONAL, struct file, quiet, quiet_fields),
    LIST("events", struct file, config.routing.events, config.routing.event_count, &event_entry),
    LIST("rules", struct file, config.routing.rules, config.routing.rule_count, &rule_entry),
    CHOICE("ward_default", struct file, config.routing.ward_default, tsk_alert_modes),
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
    return fill_strings(file, file_fields) != 0 || fill_strings(&c->mail, tsk_mail_fields) != 0 ||
                   fill_strings(&c->fax, tsk_fax_fields) != 0 || fill_strings(&c->web, tsk_web_fields) != 0 ||
                   fill_care(&c->care) != 0 || fill_strings(&c->inquiries, tsk_inquiry_fields) != 0 ||
                   fill_strings(&file->quiet, quiet_fields) != 0 ||
                   tsk_config_fill_list(c->offices, c->office_count, sizeof *c->offices, tsk_office_fields) != 0 ||
                   tsk_config_fill_list(c->terminal, c->terminal_count, sizeof *c->terminal, terminal_fields) != 0 ||
                   tsk_config_fill_list(c->webhooks, c->webhook_count, sizeof *c->webhooks, tsk_webhook_fields) != 0 ||
                   tsk_config_fill_list(c->sources, c->source_count, sizeof *c->sources, tsk_source_fields) != 0 ||
                   tsk_config_fill_list(c->routing.events, c->routing.event_count, sizeof *c->routing.events,
                                        tsk_event_fields) != 0 ||
                   tsk_config_fill_list(c->routing.rules, c->routing.rule_count, sizeof *c->routing.rules,
                                        tsk_rule_fields) != 0 ||
                   tsk_config_fill_list(file->wards, file->ward_count, sizeof *file->wards, tsk_ward_fields) != 0
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

static int fill_defaults(struct tsk_config *c)
{
    for (size_t i = 0; i < c->webhook_count; i++)
        c->webhooks[i].timeout_s = c->webhooks[i].timeout_s == 0 ? 20 : c->webhooks[i].timeout_s;
    if (c->reading.tolerated_silent_error <= 0 && c->reading.tolerated_silent_error >= 0)
        c->reading.tolerated_silent_error = 0.001;
    tsk_config_default_u32(&c->reading.readers, 1);
    tsk_config_default_u32(&c->reading.document_s, 600);
    tsk_config_default_u32(&c->reading.document_mb_max, 64);
    tsk_config_default_u32(&c->reading.memory_mb, 768);
    tsk_config_default_u32(&c->disk_free_mb_min, 200);
    tsk_web_defaults(&c->web);
    return tsk_office_defaults(c->offices, c->office_count) != 0 ||
                   tsk_source_defaults(c->sources, c->source_count) != 0 || tsk_mail_defaults(&c->mail) != 0 ||
                   tsk_fax_defaults(&c->fax) != 0 || tsk_care_defaults(&c->care, tsk_config_default) != 0 ||
                   tsk_inquiry_defaults(&c->inquiries) != 0
               ? -1
               : 0;
}

static int check_reading(const struct check *check, const struct tsk_config *c)
{
    const struct tsk_reading_config *r = &c->reading;

    return tsk_need_range(check, "reading.tolerated_silent_error", r->tolerated_silent_error, 0.000001, 0.5) != 0 ||
                   tsk_need_range(check, "reading.readers", r->readers, 1, 64) != 0 ||
                   tsk_need_range(check, "reading.document_s", r->document_s, 1, 7200) != 0 ||
                   tsk_need_range(check, "reading.document_mb_max", r->document_mb_max, 1, 250) != 0 ||
                   tsk_need_range(check, "reading.memory_mb", r->memory_mb, 64, 65536) != 0 ||
                   tsk_need_range(check, "disk_free_mb_min", c->disk_free_mb_min, 1, 1e9) != 0
               ? -1
               : 0;
}

/* A login is one person; a person may have several. */
static int check_terminal(const struct check *check, const struct tsk_config *c)
{
    for (size_t i = 0; i < c->terminal_count; i++)
        if (tsk_need(check, "terminal", i, "login", c->terminal[i].login) != 0 ||
            tsk_need(check, "terminal", i, "name", c->terminal[i].name) != 0)
            return -1;
    return NEED_UNIQUE(check, "terminal", c->terminal, c->terminal_count, login);
}

static int read_quiet(const struct check *check, struct file *file)
{
    const char *where = "quiet";

    if ((file->quiet.from[0] == '\0') != (file->quiet.to[0] == '\0'))
        return FAULT(check, "%s", "from and to go together");
    return tsk_read_minute(check, "quiet.from", file->quiet.from, 0, &file->config.quiet.from) != 0 ||
                   tsk_read_minute(check, "quiet.to", file->quiet.to, 0, &file->config.quiet.to) != 0
               ? -1
               : 0;
}

static int check_user(const struct check *check, const struct tsk_config *c)
{
    const char *where = "user";

    return c->user[0] == '\0' || tsk_is_id(c->user) ? 0
                                                    : FAULT(check, "\"%s\" is not the name of a system user", c->user);
}

static int check_all(struct file *file, struct tsk_err *err)
{
    const struct check check = { .yaml = file->yaml, .err = err };
    const struct tsk_care_check care = { file->yaml, tsk_is_minute, tsk_is_address };
    const struct tsk_config *c = &file->config;

    return check_user(&check, c) != 0 || tsk_office_check(&check, c) != 0 || tsk_source_check(&check, c) != 0 ||
                   check_reading(&check, c) != 0 || tsk_mail_check(&check, c) != 0 || tsk_fax_check(&check, c) != 0 ||
                   tsk_web_check(&check, c) != 0 || tsk_webhook_check(&check, c) != 0 ||
                   check_terminal(&check, c) != 0 || tsk_routing_check(&check, c) != 0 ||
                   tsk_read_minute(&check, "digest_at", file->digest_at, 8 * 60 + 30,
                                   &file->config.routing.digest_minute) != 0 ||
                   tsk_inquiry_check(&check, &c->inquiries) != 0 ||
                   tsk_read_minute(&check, "inquiries.at", c->inquiries.at, 10 * 60, &file->config.inquiries.minute) !=
                       0 ||
                   read_quiet(&check, file) != 0 ||
                   tsk_ward_read(&check, file->wards, file->ward_count, &file->config.routing) != 0 ||
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
