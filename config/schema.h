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

extern const cyaml_schema_value_t tsk_config_string_entry;
/* The texts that a list of mappings leaves out become "". */
int tsk_config_fill_list(void *items, size_t count, size_t size, const cyaml_schema_field_t *fields);
int tsk_config_default(const char **text, const char *value); /* replaces "" */

extern const cyaml_schema_field_t tsk_imap_fields[]; /* of struct tsk_imap_config */
int tsk_imap_defaults(struct tsk_imap_config *imap);
/* Nobody before sources[i] reads the same mailbox: the two would take each other for one gateway. */
int tsk_imap_check_twin(const struct check *check, const struct tsk_source *sources, size_t i);
int tsk_imap_check(const struct check *check, const struct tsk_source *source, size_t i);

extern const cyaml_schema_field_t tsk_inquiry_fields[]; /* of struct tsk_inquiry_config */
int tsk_inquiry_defaults(struct tsk_inquiry_config *inquiry);
int tsk_inquiry_check(const struct check *check, const struct tsk_inquiry_config *inquiry);

#endif
