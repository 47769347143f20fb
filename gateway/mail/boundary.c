#include "gateway/mail/boundary.h"

#include <string.h>

char *tsk_boundary_guess(struct tsk_text body)
{
    const char *dashes = body.at;
    size_t len = 0;

    if (body.len < 3)
        return NULL;
    if (memcmp(dashes, "--", 2) != 0) {
        dashes = memmem(body.at, body.len, "\n--", 3);
        if (dashes == NULL)
            return NULL;
        dashes++;
    }
    dashes += 2;
    while (dashes + len < body.at + body.len && len < TSK_BOUNDARY_MAX && (unsigned char)dashes[len] > ' ')
        len++;
    return len > 0 ? strndup(dashes, len) : NULL;
}

const char *tsk_boundary_find(struct tsk_text body, const char *from, const char *boundary, const char **behind_it,
                              bool *last)
{
    size_t len = strlen(boundary);
    const char *end = body.at + body.len;

    while (from < end) {
        const char *at = memmem(from, (size_t)(end - from), boundary, len), *line;

        if (at == NULL)
            return NULL;
        from = at + len;
        if (at - body.at < 2 || memcmp(at - 2, "--", 2) != 0 || (at - 2 > body.at && at[-3] != '\n'))
            continue;
        *last = end - from >= 2 && memcmp(from, "--", 2) == 0;
        if (!*last && from < end && *from != '\r' && *from != '\n' && *from != ' ' && *from != '\t')
            continue; /* the beginning of another, longer one */
        line = memchr(from, '\n', (size_t)(end - from));
        *behind_it = line != NULL ? line + 1 : end;
        return at - 2;
    }
    return NULL;
}
