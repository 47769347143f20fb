#include <string.h>

#include "config/care_schema.h"

#define TEXT_MAX 1000
#define STRING(key, structure, member)                                                                                 \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, structure, member, 0, TEXT_MAX)
#define NUMBER(key, structure, member) CYAML_FIELD_UINT(key, CYAML_FLAG_OPTIONAL, structure, member)

const cyaml_schema_field_t tsk_keys_fields[] = { STRING("file", struct tsk_keys_config, file), CYAML_FIELD_END };

const cyaml_schema_field_t tsk_backup_fields[] = { STRING("folder", struct tsk_backup_config, folder),
                                                   NUMBER("keep", struct tsk_backup_config, keep),
                                                   STRING("at", struct tsk_backup_config, at),
                                                   STRING("purge_log", struct tsk_backup_config, purge_log),
                                                   CYAML_FIELD_END };

const cyaml_schema_field_t tsk_audit_fields[] = { STRING("anchor_file", struct tsk_audit_config, anchor_file),
                                                  STRING("anchor_mail", struct tsk_audit_config, anchor_mail),
                                                  CYAML_FIELD_END };

const cyaml_schema_field_t tsk_operator_fields[] = { STRING("email", struct tsk_operator_config, email),
                                                     STRING("second", struct tsk_operator_config, second),
                                                     CYAML_FIELD_END };

const cyaml_schema_field_t tsk_metrics_fields[] = { NUMBER("port", struct tsk_metrics_config, port), CYAML_FIELD_END };

const cyaml_schema_field_t tsk_fallback_fields[] = { STRING("folder", struct tsk_fallback_config, folder),
                                                     STRING("password_file", struct tsk_fallback_config, password_file),
                                                     STRING("at", struct tsk_fallback_config, at), CYAML_FIELD_END };

int tsk_care_defaults(struct tsk_care_config *care, int (*put)(const char **text, const char *value))
{
    if (care->backup.keep == 0)
        care->backup.keep = 14;
    return put(&care->backup.at, "02:30") != 0 || put(&care->fallback.at, "07:00") != 0 ? -1 : 0;
}

static int fail(const struct tsk_care_check *check, struct tsk_err *err, const char *where, const char *value,
                const char *what)
{
    return tsk_yaml_fail(check->yaml, err, where, "\"%s\" %s", value, what);
}

static int check_address(const struct tsk_care_check *check, struct tsk_err *err, const char *where, const char *value)
{
    return value[0] == '\0' || check->is_address(value) ? 0
                                                        : fail(check, err, where, value, "is not an e-mail address");
}

static int check_minute(const struct tsk_care_check *check, struct tsk_err *err, const char *where, const char *value,
                        int *minute)
{
    return check->minute_of(value, minute)
               ? 0
               : fail(check, err, where, value, "is not a time of the day, such as \"08:30\"");
}

int tsk_care_check(const struct tsk_care_check *check, struct tsk_care_config *care, struct tsk_err *err)
{
    if (check_address(check, err, "operator.email", care->watcher.email) != 0 ||
        check_address(check, err, "audit.anchor_mail", care->audit.anchor_mail) != 0 ||
        check_minute(check, err, "backup.at", care->backup.at, &care->backup.minute) != 0 ||
        check_minute(check, err, "fallback.at", care->fallback.at, &care->fallback.minute) != 0)
        return -1;
    if (care->watcher.second[0] != '\0' && care->watcher.second[0] != '/')
        return fail(check, err, "operator.second", care->watcher.second, "must be the absolute path of a program");
    if (care->metrics.port > 65535)
        return tsk_yaml_fail(check->yaml, err, "metrics.port", "must be between 1 and 65535");
    if (care->backup.keep > 1000)
        return tsk_yaml_fail(check->yaml, err, "backup.keep", "must be between 1 and 1000");
    if (care->fallback.folder[0] != '\0' && care->fallback.password_file[0] == '\0')
        return tsk_yaml_fail(check->yaml, err, "fallback",
                             "password_file is missing: the PDF is never written in the clear");
    return 0;
}
