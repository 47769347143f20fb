#include "review/refusals.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "review/refusals_table.h"

/* What a conversion such as %lld or %.40s takes of the words; 0: there is none. */
static size_t conversion(const char *words)
{
    size_t len = 1 + strspn(words + 1, ".*0123456789lz");

    return words[0] == '%' && strchr("sdu", words[len]) != NULL && words[len] != '\0' ? len + 1 : 0;
}

/* The plain words up to the next conversion. */
static size_t plain(const char *words)
{
    size_t len = 0;

    while (words[len] != '\0' && conversion(words + len) == 0)
        len++;
    return len;
}

static const char *find(const char *text, const char *words, size_t len, bool last)
{
    size_t rest = strlen(text);

    if (last) /* what ends the sentence stands at its end */
        return rest >= len && memcmp(text + rest - len, words, len) == 0 ? text + rest - len : NULL;
    return memmem(text, rest, words, len);
}

static bool matches(struct tsk_refusal *out, const char *text, const char *words)
{
    size_t len = plain(words), used = 0;

    out->count = 0;
    if (strncmp(text, words, len) != 0)
        return false;
    for (text += len, words += len; *words != '\0'; words += len) {
        words += conversion(words);
        len = plain(words);
        const char *end = find(text, words, len, words[len] == '\0');
        if (end == NULL || out->count == TSK_REFUSAL_PARTS_MAX || used + (size_t)(end - text) + 1 > sizeof out->buffer)
            return false;
        memcpy(out->buffer + used, text, (size_t)(end - text));
        out->parts[out->count++] = out->buffer + used;
        used += (size_t)(end - text);
        out->buffer[used++] = '\0';
        text = end + len;
    }
    return *text == '\0';
}

void tsk_refusal_of(struct tsk_refusal *out, const char *text)
{
    static const struct tsk_refusal none = { .code = NULL };
    size_t best = 0;
    struct tsk_refusal tried;

    *out = none;
    for (size_t i = 0; i < TSK_COUNT(refusals); i++) /* "%s has not come yet" is less than a sentence that says more */
        if (strlen(refusals[i].words) > best && matches(&tried, text, refusals[i].words)) {
            best = strlen(refusals[i].words);
            out->code = refusals[i].code;
            memcpy(out->buffer, tried.buffer, sizeof out->buffer);
            out->count = tried.count;
            for (size_t k = 0; k < tried.count; k++)
                out->parts[k] = out->buffer + (tried.parts[k] - tried.buffer);
        }
}
