#include <string.h>

#include "base/text.h"
#include "review/server.h"

#define SEGMENTS_MAX 16
#define QUERY_MAX 40

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One part between delimiters; NULL for what is no clean text. */
static const char *decode(const char *raw, size_t len, struct tsk_arena *arena)
{
    char *text = tsk_arena_alloc(arena, len + 1);
    size_t n = 0;

    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)raw[i];

        if (c == '%') {
            int high = len - i > 2 ? hex(raw[i + 1]) : -1, low = len - i > 2 ? hex(raw[i + 2]) : -1;

            if (high < 0 || low < 0)
                return NULL;
            c = (unsigned char)(high * 16 + low);
            i += 2;
        }
        if (c < ' ' || c == 0x7f)
            return NULL;
        text[n++] = (char)c;
    }
    text[n] = '\0';
    return tsk_utf8_valid(text, n) ? text : NULL;
}

static int bad_target(struct tsk_err *err)
{
    return tsk_fail(err, TSK_REJECT, 0, "the address of this request is not written as it should be");
}

int tsk_parse_path(const char **decoded, const char *raw, struct tsk_arena *arena, struct tsk_err *err)
{
    const char *path = decode(raw, strlen(raw), arena);

    *decoded = path;
    if (path == NULL || path[0] != '/' || strchr(path, '\\') != NULL || strstr(path, "//") != NULL)
        return bad_target(err);
    for (const char *at = path; *at == '/'; at += 1 + strcspn(at + 1, "/")) {
        size_t len = strcspn(at + 1, "/");

        if ((len == 1 && at[1] == '.') || (len == 2 && at[1] == '.' && at[2] == '.'))
            return bad_target(err);
    }
    return 0;
}

struct collect {
    struct tsk_pairs *out;
    struct tsk_arena *arena;
    bool bad;
};

static enum MHD_Result take_query(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct collect *collect = ctx;
    struct tsk_pair *pair = &collect->out->items[collect->out->count];

    (void)kind;
    if (collect->out->count == QUERY_MAX) {
        collect->bad = true;
        return MHD_NO;
    }
    pair->name = decode(name, strlen(name), collect->arena);
    pair->value = value != NULL ? decode(value, strlen(value), collect->arena) : "";
    collect->bad = pair->name == NULL || pair->value == NULL;
    collect->out->count++;
    return collect->bad ? MHD_NO : MHD_YES;
}

int tsk_parse_query(struct tsk_pairs *out, struct MHD_Connection *connection, struct tsk_arena *arena,
                    struct tsk_err *err)
{
    struct collect collect = { .out = out, .arena = arena };

    out->count = 0;
    out->items = tsk_arena_alloc(arena, QUERY_MAX * sizeof *out->items);
    if (out->items == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for this request");
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_query, &collect);
    return collect.bad ? bad_target(err) : 0;
}

/* Matches one segment; an argument is kept. */
static bool take_segment(struct tsk_pairs *args, const char *template, size_t template_len, const char *raw,
                         size_t raw_len, struct tsk_arena *arena)
{
    if (template_len < 2 || template[0] != '{')
        return template_len == raw_len && memcmp(template, raw, raw_len) == 0;
    char *name = tsk_arena_alloc(arena, template_len - 1);
    const char *value = raw_len > 0 ? decode(raw, raw_len, arena) : NULL;

    if (name == NULL || value == NULL || strchr(value, '/') != NULL || args->count == SEGMENTS_MAX)
        return false;
    memcpy(name, template + 1, template_len - 2);
    args->items[args->count++] = (struct tsk_pair){ name, value };
    return true;
}

static bool path_fits(struct tsk_pairs *args, const char *template, const char *raw, struct tsk_arena *arena)
{
    args->count = 0;
    while (*template == '/' && *raw == '/') {
        size_t want = strcspn(++template, "/"), have = strcspn(++raw, "/");

        if (!take_segment(args, template, want, raw, have, arena))
            return false;
        template += want;
        raw += have;
    }
    return *template == '\0' && *raw == '\0';
}

const struct tsk_route *tsk_route_find(struct tsk_pairs *args, bool *path_known, const char *method,
                                       const char *raw_path, struct tsk_arena *arena)
{
    struct tsk_pairs found = { .items = tsk_arena_alloc(arena, SEGMENTS_MAX * sizeof *found.items) };

    *path_known = false;
    for (size_t t = 0; found.items != NULL && t < tsk_route_table_count; t++)
        for (const struct tsk_route *route = tsk_route_tables[t]; route->method != NULL; route++) {
            if (!path_fits(&found, route->path, raw_path, arena))
                continue;
            *path_known = true;
            if (strcmp(route->method, method) == 0) {
                *args = found;
                return route;
            }
        }
    return NULL;
}
