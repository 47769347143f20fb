/* What many settings are checked for. */
#include <stdio.h>
#include <string.h>

#include "config/schema.h"

bool tsk_is_id(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-._");

    return len > 0 && len <= 60 && text[len] == '\0' && text[0] != '.' && text[0] != '-';
}

bool tsk_is_ward(const char *text)
{
    return strlen(text) == 5 && strspn(text, "0123456789") == 5;
}

bool tsk_is_address(const char *text)
{
    const char *at = strchr(text, '@');

    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || strchr("<>(),;:\\\"", *c) != NULL)
            return false;
    return at != NULL && at > text && at[1] != '\0' && at[1] != '.' && strchr(at + 1, '@') == NULL &&
           strchr(at + 1, '.') != NULL;
}

bool tsk_is_minute(const char *text, int *minute)
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

bool tsk_is_one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

bool tsk_is_loopback(const char *host)
{
    static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

    for (size_t i = 0; i < TSK_COUNT(names); i++) {
        size_t len = strlen(names[i]);

        if (strncmp(host, names[i], len) == 0 && strchr(":/", host[len]) != NULL)
            return true;
    }
    return false;
}

int tsk_need(const struct check *check, const char *list, size_t i, const char *key, const char *value)
{
    char where[64];

    snprintf(where, sizeof where, "%s[%zu]", list, i);
    return value[0] != '\0' ? 0 : FAULT(check, "%s is missing", key);
}

int tsk_need_id(const struct check *check, const char *list, size_t i, const char *id)
{
    char where[64];

    if (tsk_need(check, list, i, "id", id) != 0)
        return -1;
    snprintf(where, sizeof where, "%s[%zu].id", list, i);
    return tsk_is_id(id) ? 0 : FAULT(check, "\"%s\": use a-z, 0-9, - . _ only", id);
}

static int fail_twin(const struct check *check, const char *list, size_t i, size_t twin, const char *key,
                     const char *value)
{
    char where[64], other[64];

    snprintf(where, sizeof where, "%s[%zu].%s", list, i, key);
    snprintf(other, sizeof other, "%s[%zu].%s", list, twin, key);
    return FAULT(check, "\"%s\" is already in line %d; give each its own", value, tsk_yaml_line(check->yaml, other));
}

int tsk_need_unique(const struct check *check, const char *list, const char *key, const void *items, size_t count,
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

int tsk_need_range(const struct check *check, const char *where, double value, double low, double high)
{
    return value >= low && value <= high ? 0 : FAULT(check, "must be between %g and %g", low, high);
}

int tsk_read_minute(const struct check *check, const char *where, const char *text, int otherwise, int *minute)
{
    *minute = otherwise;
    return text[0] == '\0' || tsk_is_minute(text, minute)
               ? 0
               : FAULT(check, "\"%s\" is not a time of the day, such as \"08:30\"", text);
}

void tsk_config_default_u32(uint32_t *number, uint32_t value)
{
    if (*number == 0)
        *number = value;
}
