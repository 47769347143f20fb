#include "routing/verp.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"

#define LOCAL_MAX 64 /* RFC 5321, 4.5.3.1.1 */

static const char digest[] = "digest-";

int tsk_verp_make(char out[TSK_VERP_ADDRESS_SIZE], const char *from, const char *id)
{
    const char *at = strrchr(from, '@');
    size_t local = at != NULL ? (size_t)(at - from) : 0;

    if (local == 0 || local + 1 + strlen(id) > LOCAL_MAX ||
        snprintf(out, TSK_VERP_ADDRESS_SIZE, "%.*s+%s%s", (int)local, from, id, at) >= TSK_VERP_ADDRESS_SIZE)
        return -1;
    return 0;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool tsk_verp_id(char id[TSK_VERP_ID_SIZE], const char *text, size_t len)
{
    bool is_digest = len > sizeof digest - 1 && strncasecmp(text, digest, sizeof digest - 1) == 0;
    size_t start = is_digest ? sizeof digest - 1 : 0;

    if (len >= TSK_VERP_ID_SIZE || len - start != TSK_ID_SIZE - 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = is_digest ? lower(text[i]) : upper(text[i]);

        if (i >= start && !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
            return false;
        id[i] = c;
    }
    id[len] = '\0';
    return true;
}

bool tsk_verp_parse(char id[TSK_VERP_ID_SIZE], const char *address)
{
    const char *at = strrchr(address, '@'), *plus = at;

    while (plus != NULL && plus > address && *plus != '+')
        plus--;
    return plus != NULL && *plus == '+' && tsk_verp_id(id, plus + 1, (size_t)(at - plus - 1));
}
