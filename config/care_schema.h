/* care_schema - how config.c reads and checks what care.h holds; nobody else's business */
#ifndef TASUKI_CONFIG_CARE_SCHEMA_H
#define TASUKI_CONFIG_CARE_SCHEMA_H

#include <stdbool.h>

#include "config/care.h"
#include "config/yaml.h"

extern const cyaml_schema_field_t tsk_keys_fields[], tsk_backup_fields[], tsk_audit_fields[], tsk_operator_fields[],
    tsk_metrics_fields[], tsk_fallback_fields[];

/* put: sets a text that is empty; 0, or -1 without memory */
int tsk_care_defaults(struct tsk_care_config *care, int (*put)(const char **text, const char *value));
/* minute_of: HH:MM to the minute of the day; is_address: of mail */
struct tsk_care_check {
    const struct tsk_yaml *yaml;
    bool (*minute_of)(const char *text, int *minute);
    bool (*is_address)(const char *text);
};
int tsk_care_check(const struct tsk_care_check *check, struct tsk_care_config *care, struct tsk_err *err);

#endif
