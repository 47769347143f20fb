/* schema - what the parts of the configuration's schema share; for config/ only */
#ifndef TASUKI_CONFIG_SCHEMA_H
#define TASUKI_CONFIG_SCHEMA_H

#include "config/config.h"
#include "config/yaml.h"

#define TEXT_MAX 1000
#define UNLIMITED CYAML_UNLIMITED
#define OPTIONAL CYAML_FLAG_OPTIONAL
#define STRING(key, structure, member)                                                                                 \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | OPTIONAL, structure, member, 0, TEXT_MAX)
#define LIST(key, structure, member, count, entry)                                                                     \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | OPTIONAL, structure, member, count, entry, 0, UNLIMITED)
#define CHOICE(key, structure, member, words)                                                                          \
    CYAML_FIELD_ENUM(key, OPTIONAL | CYAML_FLAG_STRICT, structure, member, words, TSK_COUNT(words))

/* What is checked after loading: one fault ends it, named by file, line and path. */
struct check {
    const struct tsk_yaml *yaml;
    struct tsk_err *err;
};

#define FAULT(check, text, ...) tsk_yaml_fail((check)->yaml, (check)->err, where, text, __VA_ARGS__)

bool tsk_is_id(const char *text);
bool tsk_is_ward(const char *text);
bool tsk_is_address(const char *text);
bool tsk_is_minute(const char *text, int *minute); /* HH:MM */
bool tsk_is_one_of(const char *text, const char *const *words, size_t count);
bool tsk_is_loopback(const char *host); /* "localhost:80", "127.0.0.1", "[::1]:80/" */

/* list[i].key is there; and is an id; and is within these bounds. */
int tsk_need(const struct check *check, const char *list, size_t i, const char *key, const char *value);
int tsk_need_id(const struct check *check, const char *list, size_t i, const char *id);
int tsk_need_range(const struct check *check, const char *where, double value, double low, double high);
/* No two entries of a list share this string, unless it is "", which lies at the same offset in each. */
int tsk_need_unique(const struct check *check, const char *list, const char *key, const void *items, size_t count,
                    size_t size, size_t offset);
#define NEED_UNIQUE(check, list, items, count, member)                                                                 \
    ((count) < 2 ? 0                                                                                                   \
                 : tsk_need_unique(check, list, #member, items, count, sizeof *(items),                                \
                                   (size_t)((const char *)&(items)->member - (const char *)(items))))
/* The minute of the day of "08:30"; otherwise, where nothing is written. */
int tsk_read_minute(const struct check *check, const char *where, const char *text, int otherwise, int *minute);

extern const cyaml_schema_value_t tsk_config_string_entry;
/* The texts that a list of mappings leaves out become "". */
int tsk_config_fill_list(void *items, size_t count, size_t size, const cyaml_schema_field_t *fields);
int tsk_config_default(const char **text, const char *value);  /* replaces "" */
void tsk_config_default_u32(uint32_t *number, uint32_t value); /* replaces 0 */

extern const cyaml_schema_field_t tsk_office_fields[], tsk_source_fields[]; /* of tsk_office_config and tsk_source */
int tsk_office_defaults(struct tsk_office_config *offices, size_t count);
int tsk_source_defaults(struct tsk_source *sources, size_t count);
int tsk_office_check(const struct check *check, const struct tsk_config *c);
int tsk_source_check(const struct check *check, const struct tsk_config *c);

extern const cyaml_schema_field_t tsk_mail_fields[]; /* of struct tsk_mail_config */
int tsk_mail_defaults(struct tsk_mail_config *mail);
int tsk_mail_check(const struct check *check, const struct tsk_config *c);

extern const cyaml_schema_field_t tsk_fax_fields[]; /* of struct tsk_fax_config */
int tsk_fax_defaults(struct tsk_fax_config *fax);
int tsk_fax_check(const struct check *check, const struct tsk_config *c);

extern const cyaml_schema_field_t tsk_web_fields[], tsk_webhook_fields[]; /* of tsk_web_config and tsk_webhook */
void tsk_web_defaults(struct tsk_web_config *web);
int tsk_web_check(const struct check *check, const struct tsk_config *c);
int tsk_webhook_check(const struct check *check, const struct tsk_config *c);

struct tsk_raw_ward {
    char *ward;
    enum tsk_alert_mode alerts;
    char *digest_at;
};
extern const cyaml_strval_t tsk_alert_modes[3];
/* of tsk_event_rule, tsk_rule and tsk_raw_ward */
extern const cyaml_schema_field_t tsk_event_fields[], tsk_rule_fields[], tsk_ward_fields[];
int tsk_routing_check(const struct check *check, const struct tsk_config *c);
/* Allocates r->ward_offices from what the file says of them; r->digest_minute is known. */
int tsk_ward_read(const struct check *check, const struct tsk_raw_ward *wards, size_t count,
                  struct tsk_routing_config *r);

extern const cyaml_schema_field_t tsk_imap_fields[]; /* of struct tsk_imap_config */
int tsk_imap_defaults(struct tsk_imap_config *imap);
/* Nobody before sources[i] reads the same mailbox: the two would take each other for one gateway. */
int tsk_imap_check_twin(const struct check *check, const struct tsk_source *sources, size_t i);
int tsk_imap_check(const struct check *check, const struct tsk_source *source, size_t i);

extern const cyaml_schema_field_t tsk_inquiry_fields[]; /* of struct tsk_inquiry_config */
int tsk_inquiry_defaults(struct tsk_inquiry_config *inquiry);
int tsk_inquiry_check(const struct check *check, const struct tsk_inquiry_config *inquiry);

#endif
