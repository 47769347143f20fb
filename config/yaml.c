#include "config/yaml.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)
#define DEPTH_MAX 16
#define PLACES_MAX 50000
#define PATH_BYTES_MAX 512
#define TRACE_MAX_BYTES 4096

struct place {
    char *path;
    int line;
};

struct tsk_yaml {
    char *file;
    struct place *places; /* in file order */
    size_t count, room;
    const cyaml_schema_value_t *schema;
    void *data;
};

struct level {
    bool mapping;
    bool key_next;      /* mapping: a key comes */
    size_t index;       /* sequence: of the next entry */
    size_t path_len;    /* of the container itself */
    size_t first_place; /* its keys are looked for from here on */
};

struct scan {
    struct tsk_yaml *yaml;
    yaml_parser_t *parser;
    struct level levels[DEPTH_MAX];
    size_t depth;
    char path[PATH_BYTES_MAX];
    size_t path_len;
    struct tsk_err *err;
};

static int fail_line(const struct scan *scan, size_t line, const char *text)
{
    return tsk_fail(scan->err, TSK_REJECT, 0, "%s:%zu: %s%s%s", scan->yaml->file, line + 1, scan->path,
                    scan->path[0] != '\0' ? ": " : "", text);
}

static int keep_place(struct scan *scan, size_t line)
{
    struct tsk_yaml *yaml = scan->yaml;

    if (yaml->count == yaml->room) {
        size_t room = yaml->room == 0 ? 256 : yaml->room * 2;
        struct place *more = room > PLACES_MAX ? NULL : realloc(yaml->places, room * sizeof *more);

        if (more == NULL)
            return fail_line(scan, line, "too many entries for one file");
        yaml->places = more;
        yaml->room = room;
    }
    yaml->places[yaml->count].path = strdup(scan->path);
    yaml->places[yaml->count].line = (int)line + 1;
    if (yaml->places[yaml->count].path == NULL)
        return tsk_fail(scan->err, TSK_RETRY, 0, "%s: out of memory", yaml->file);
    yaml->count++;
    return 0;
}

static const struct place *find_place(const struct tsk_yaml *yaml, const char *path, size_t first)
{
    for (size_t i = first; i < yaml->count; i++)
        if (strcmp(yaml->places[i].path, path) == 0)
            return &yaml->places[i];
    return NULL;
}

static void cut_path(struct scan *scan, size_t len)
{
    scan->path_len = len;
    scan->path[len] = '\0';
}

static int add_step(struct scan *scan, size_t line, const char *step)
{
    int n = snprintf(scan->path + scan->path_len, PATH_BYTES_MAX - scan->path_len, "%s%s",
                     scan->path_len > 0 && step[0] != '[' ? "." : "", step);

    if (n < 0 || (size_t)n >= PATH_BYTES_MAX - scan->path_len) {
        cut_path(scan, scan->path_len);
        return fail_line(scan, line, "this name is too long");
    }
    scan->path_len += (size_t)n;
    return 0;
}

static int take_key(struct scan *scan, struct level *level, const yaml_event_t *event)
{
    const char *key = (const char *)event->data.scalar.value;
    size_t line = event->start_mark.line;
    const struct place *twin;

    cut_path(scan, level->path_len);
    if (strlen(key) != event->data.scalar.length)
        return fail_line(scan, line, "a key must not contain NUL");
    if (add_step(scan, line, key) != 0)
        return -1;
    twin = find_place(scan->yaml, scan->path, level->first_place);
    if (twin != NULL) {
        char text[80];

        snprintf(text, sizeof text, "this key stands already in line %d; keep one of the two", twin->line);
        return fail_line(scan, line, text);
    }
    level->key_next = false;
    return keep_place(scan, line);
}

/* Before any value: where it stands in its container. */
static int enter_value(struct scan *scan, const yaml_event_t *event)
{
    struct level *level = scan->depth > 0 ? &scan->levels[scan->depth - 1] : NULL;
    char step[32];

    if (level == NULL)
        return 0;
    if (level->mapping) {
        level->key_next = true;
        return 0;
    }
    cut_path(scan, level->path_len);
    snprintf(step, sizeof step, "[%zu]", level->index++);
    if (add_step(scan, event->start_mark.line, step) != 0)
        return -1;
    return keep_place(scan, event->start_mark.line);
}

static int open_container(struct scan *scan, const yaml_event_t *event, bool mapping)
{
    if (enter_value(scan, event) != 0)
        return -1;
    if (scan->depth == DEPTH_MAX)
        return fail_line(scan, event->start_mark.line, "nested too deeply");
    scan->levels[scan->depth++] = (struct level){
        .mapping = mapping, .key_next = mapping, .path_len = scan->path_len, .first_place = scan->yaml->count
    };
    return 0;
}

/* 010 would be read as 8, which nobody who types it means. */
static bool looks_octal(const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t digits;

    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    text += *text == '-' || *text == '+';
    digits = strspn(text, "0123456789");
    return digits > 1 && text[0] == '0' && text[digits] == '\0';
}

static int take_scalar(struct scan *scan, const yaml_event_t *event)
{
    struct level *level = scan->depth > 0 ? &scan->levels[scan->depth - 1] : NULL;

    if (level != NULL && level->mapping && level->key_next)
        return take_key(scan, level, event);
    if (enter_value(scan, event) != 0)
        return -1;
    if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length)
        return fail_line(scan, event->start_mark.line, "a value must not contain NUL");
    if (looks_octal(event))
        return fail_line(scan, event->start_mark.line, "a number with a leading zero: put it in quotes");
    return 0;
}

static bool has_anchor(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return true;
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor != NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor != NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor != NULL;
    default:
        return false;
    }
}

static int take_event(struct scan *scan, const yaml_event_t *event, int *documents)
{
    if (has_anchor(event))
        return fail_line(scan, event->start_mark.line,
                         "anchors and aliases (& and *) are not used here; write the value out");
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++*documents > 1 ? fail_line(scan, event->start_mark.line, "a second document in one file") : 0;
    case YAML_SCALAR_EVENT:
        return take_scalar(scan, event);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT: {
        struct level *level = scan->depth > 0 ? &scan->levels[scan->depth - 1] : NULL;

        if (level != NULL && level->mapping && level->key_next)
            return fail_line(scan, event->start_mark.line, "a key must be one word");
        return open_container(scan, event, event->type == YAML_MAPPING_START_EVENT);
    }
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        cut_path(scan, scan->levels[--scan->depth].path_len);
        return 0;
    default:
        return 0;
    }
}

static int scan_events(struct scan *scan)
{
    yaml_event_t event;
    bool end = false;
    int documents = 0;

    while (!end) {
        int rc;

        if (!yaml_parser_parse(scan->parser, &event))
            return fail_line(scan, scan->parser->problem_mark.line,
                             scan->parser->problem != NULL ? scan->parser->problem : "this is not YAML");
        end = event.type == YAML_STREAM_END_EVENT;
        rc = take_event(scan, &event, &documents);
        yaml_event_delete(&event);
        if (rc != 0)
            return -1;
    }
    cut_path(scan, 0);
    /* libcyaml 1.3.1 hands back no data at all for an empty file and calls that success. */
    return documents == 0 || scan->yaml->count == 0 ? fail_line(scan, 0, "the file is empty") : 0;
}

static int scan_file(struct tsk_yaml *yaml, const struct tsk_buf *bytes, struct tsk_err *err)
{
    yaml_parser_t parser;
    struct scan scan = { .yaml = yaml, .parser = &parser, .err = err };
    int rc;

    if (!tsk_utf8_valid(tsk_buf_text(bytes), bytes->len))
        return tsk_fail(err, TSK_REJECT, 0, "%s: not UTF-8; save the file as UTF-8", yaml->file);
    if (!yaml_parser_initialize(&parser))
        return tsk_fail(err, TSK_RETRY, 0, "%s: out of memory", yaml->file);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)tsk_buf_text(bytes), bytes->len);
    rc = scan_events(&scan);
    yaml_parser_delete(&parser);
    return rc;
}

static void TSK_PRINTF(3, 0) keep_trace(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
    char line[512];

    if (level >= CYAML_LOG_ERROR && vsnprintf(line, sizeof line, format, args) > 0)
        tsk_buf_puts(ctx, line);
}

/* One line of libcyaml's back-trace, innermost first, put before the path so far. */
static void prepend_step(char path[PATH_BYTES_MAX], const char *line)
{
    static const char field[] = "  in mapping field '", entry[] = "  in sequence entry '";
    const char *name, *end;
    char step[PATH_BYTES_MAX], whole[2 * PATH_BYTES_MAX];

    if (strncmp(line, field, sizeof field - 1) == 0)
        name = line + sizeof field - 1;
    else if (strncmp(line, entry, sizeof entry - 1) == 0)
        name = line + sizeof entry - 1;
    else
        return;
    end = strchr(name, '\'');
    if (end == NULL || end - name > 100)
        return;
    if (line[5] == 's') /* counted from 1 there, from 0 here */
        snprintf(step, sizeof step, "[%ld]", strtol(name, NULL, 10) > 0 ? strtol(name, NULL, 10) - 1 : 0);
    else
        snprintf(step, sizeof step, "%.*s", (int)(end - name), name);
    snprintf(whole, sizeof whole, "%s%s%s", step, path[0] == '\0' || path[0] == '[' ? "" : ".", path);
    snprintf(path, PATH_BYTES_MAX, "%.*s", PATH_BYTES_MAX - 1, whole);
}

/* libcyaml names the mapping and the line above; a person wants the key itself and its own line. */
static bool name_unknown_key(char path[PATH_BYTES_MAX], const char *message)
{
    static const char words[] = "Unexpected key: ";
    size_t len = strlen(path);

    if (strncmp(message, words, sizeof words - 1) != 0)
        return false;
    snprintf(path + len, PATH_BYTES_MAX - len, "%s%s", len > 0 ? "." : "", message + sizeof words - 1);
    return true;
}

static int fail_trace(const struct tsk_yaml *yaml, const char *trace, cyaml_err_t code, struct tsk_err *err)
{
    char path[PATH_BYTES_MAX] = "", first[256] = "", step[512];
    int line = 0;

    for (const char *at = trace; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') {
        const char *mark;

        snprintf(step, sizeof step, "%.*s", (int)strcspn(at, "\n"), at);
        if (first[0] == '\0')
            snprintf(first, sizeof first, "%.250s", strncmp(step, "Load: ", 6) == 0 ? step + 6 : step);
        mark = strstr(step, "(line: ");
        if (line == 0 && mark != NULL)
            line = (int)strtol(mark + 7, NULL, 10);
        prepend_step(path, step);
    }
    if (name_unknown_key(path, first)) {
        line = tsk_yaml_line(yaml, path);
        snprintf(first, sizeof first, "unknown key");
    }
    return tsk_fail(err, TSK_REJECT, 0, "%s:%d: %s%s%s", yaml->file, line > 0 ? line : 1, path,
                    path[0] != '\0' ? ": " : "", first[0] != '\0' ? first : cyaml_strerror(code));
}

static const cyaml_config_t base_config = { .mem_fn = cyaml_mem,
                                            .log_level = CYAML_LOG_ERROR,
                                            .flags = CYAML_CFG_NO_ALIAS };

static int load_data(struct tsk_yaml *yaml, const struct tsk_buf *bytes, struct tsk_err *err)
{
    struct tsk_buf trace = TSK_BUF(TRACE_MAX_BYTES);
    cyaml_config_t config = base_config;
    cyaml_err_t code;
    int rc = 0;

    config.log_fn = keep_trace;
    config.log_ctx = &trace;
    code = cyaml_load_data((const uint8_t *)tsk_buf_text(bytes), bytes->len, &config, yaml->schema, &yaml->data, NULL);
    if (code != CYAML_OK)
        rc = fail_trace(yaml, tsk_buf_text(&trace), code, err);
    tsk_buf_free(&trace);
    return rc;
}

int tsk_yaml_load(struct tsk_yaml **out, void **data, const char *path, const cyaml_schema_value_t *schema,
                  struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(FILE_MAX_BYTES);
    struct tsk_yaml *yaml = calloc(1, sizeof *yaml);
    int rc = -1;

    *out = NULL;
    *data = NULL;
    if (yaml == NULL || (yaml->file = strdup(path)) == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "%s: out of memory", path);
        goto out;
    }
    yaml->schema = schema;
    if (tsk_file_read(path, &bytes, err) != 0)
        goto out;
    if (scan_file(yaml, &bytes, err) != 0 || load_data(yaml, &bytes, err) != 0)
        goto out;
    *data = yaml->data;
    *out = yaml;
    yaml = NULL;
    rc = 0;
out:
    tsk_yaml_free(&yaml);
    tsk_buf_free(&bytes);
    return rc;
}

void tsk_yaml_free(struct tsk_yaml **yaml)
{
    struct tsk_yaml *old = *yaml;

    if (old == NULL)
        return;
    for (size_t i = 0; i < old->count; i++)
        free(old->places[i].path);
    free(old->places);
    if (old->data != NULL)
        cyaml_free(&base_config, old->schema, old->data, 0);
    free(old->file);
    free(old);
    *yaml = NULL;
}

const char *tsk_yaml_path(const struct tsk_yaml *yaml)
{
    return yaml->file;
}

int tsk_yaml_line(const struct tsk_yaml *yaml, const char *path)
{
    char parent[PATH_BYTES_MAX];

    snprintf(parent, sizeof parent, "%s", path);
    while (parent[0] != '\0') {
        const struct place *place = find_place(yaml, parent, 0);
        char *dot, *bracket;

        if (place != NULL)
            return place->line;
        dot = strrchr(parent, '.');
        bracket = strrchr(parent, '[');
        if (dot == NULL && bracket == NULL)
            break;
        *(dot > bracket ? dot : bracket) = '\0';
    }
    return 1;
}

int tsk_yaml_fail(const struct tsk_yaml *yaml, struct tsk_err *err, const char *where, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return tsk_fail(err, TSK_REJECT, 0, "%s:%d: %s: %s", yaml->file, tsk_yaml_line(yaml, where), where, text);
}
