/* How faxes leave. */
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "config/schema.h"

static const cyaml_strval_t fax_channels[] = { { "by-hand", TSK_FAX_BY_HAND },
                                               { "hylafax", TSK_FAX_HYLAFAX },
                                               { "mail", TSK_FAX_MAIL },
                                               { "manual", TSK_FAX_MANUAL } };
const cyaml_schema_field_t tsk_fax_fields[] = {
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

int tsk_fax_defaults(struct tsk_fax_config *fax)
{
    fax->timeout_s = fax->timeout_s == 0 ? 60 : fax->timeout_s;
    fax->lost_hours = fax->lost_hours == 0 ? 4 : fax->lost_hours;
    return tsk_config_default(&fax->server, "127.0.0.1:4559") != 0 ||
                   tsk_config_default(&fax->program, "sendfax") != 0 ||
                   tsk_config_default(&fax->number, "national") != 0 || tsk_config_default(&fax->attach, "pdf") != 0
               ? -1
               : 0;
}

/* "*@fax.example.jp", "fax+*@example.jp" */
static bool is_pattern(const char *text)
{
    const char *star = strchr(text, '*');

    return tsk_is_address(text) && star != NULL && strchr(star + 1, '*') == NULL && star < strchr(text, '@');
}

static int check_fax_service(const struct check *check, const struct tsk_fax_config *fax)
{
    static const char *const numbers[] = { "national", "international" }, *const files[] = { "pdf", "tiff" };
    const char *where = "fax.address";

    if (!is_pattern(fax->address))
        return FAULT(check, "\"%s\": the service's address with * for the number, such as \"*@fax.example.jp\"",
                     fax->address);
    where = "fax.number";
    if (!tsk_is_one_of(fax->number, numbers, TSK_COUNT(numbers)))
        return FAULT(check, "\"%s\": national or international", fax->number);
    where = "fax.attach";
    if (!tsk_is_one_of(fax->attach, files, TSK_COUNT(files)))
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
    return tsk_is_minute(from, &first) && (strcmp(to, "24:00") == 0 || tsk_is_minute(to, &last)) && first < last;
}

int tsk_fax_check(const struct check *check, const struct tsk_config *c)
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
