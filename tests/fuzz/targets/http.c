/*
 * The desk behind its door: path, query and JSON body of a request, through the handler of its route, as a manager of one
 * office sees it. Input: "METHOD TARGET", line end, body.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "base/log.h"
#include "fuzz.h"
#include "gateway/site_routing.h"
#include "records/case.h"
#include "records/sheet.h"
#include "review/server.h"

#define QUERY_MAX 8
#define REQUESTS_A_STORE 2000 /* then the store is made anew: what one left behind shall not slow the others down */
#define OFFICE "higashinari"

static char paths[6][96];
static struct tsk_vault *no_keys;
static struct tsk_site site;
static struct tsk_records *records;
static struct tsk_blobs *blobs;
static struct tsk_spool *spool;
static struct tsk_desk desk;

static char *below(int i, const char *name)
{
    snprintf(paths[i], sizeof paths[i], "%s/%s", fuzz_dir(), name);
    return paths[i];
}

static void add_sheet(const char *content)
{
    static const struct tsk_versions versions = { "1", "1", "1" };
    struct tsk_arena *arena = tsk_arena_new((size_t)8 << 20);
    char number[TSK_CASE_NUMBER_SIZE], hash[TSK_SHA256_HEX], id[TSK_ID_SIZE];
    struct tsk_reading reading;
    struct tsk_document_added added;

    tsk_id_new(id);
    tsk_sha256_hex(content, strlen(content), hash);
    const struct tsk_document_new document = { .spool_id = id,
                                               .office = OFFICE,
                                               .source = "fuzz",
                                               .sender = "",
                                               .name = "a.tif",
                                               .received = "2026-04-13T01:02:03.000Z",
                                               .sha256 = hash,
                                               .size_bytes = 1,
                                               .media = "image/tiff" };
    fuzz_require(tsk_reading_start(&reading, tsk_forms_find(&records->forms, "referral-status", NULL), NULL) == 0,
                 "a reading");
    reading.page = 1;
    tsk_value_set_text(tsk_reading_value(&reading, "patient_name"), content);
    const struct tsk_page_new page = { .reading = &reading, .image = "", .crops = "" };
    fuzz_require(tsk_document_add(&added, records->store, &document, &page, 1, &versions, arena, NULL) == 0 &&
                     tsk_case_open(number, records->store, OFFICE, tsk_wall_ms(), "fuzz", NULL) == 0 &&
                     tsk_sheet_link(NULL, records->store, &tsk_scope_all, added.sheets[0], number, "fuzz", NULL) == 0,
                 "a sheet");
    tsk_reading_free(&reading);
    tsk_arena_free(&arena);
}

static void fill_store(void)
{
    struct tsk_err err = { 0 };

    tsk_records_close(&records);
    for (const char *const *end = (const char *const[]){ "", "-wal", "-shm", NULL }; *end != NULL; end++) {
        char path[128];

        snprintf(path, sizeof path, "%s%s", site.store, *end);
        unlink(path);
    }
    if (tsk_records_open(&records, &site, &err) != 0)
        fuzz_require(false, err.text);
    add_sheet("山田 一郎");
    add_sheet("佐藤 花子");
    desk.forms = &records->forms;
    desk.routing = records->routing;
    desk.reference = records->reference;
    desk.knowledge = &records->knowledge;
}

static void set_up(void)
{
    static char mail[96], run[96], cache[96];
    static const struct tsk_counting *counting;
    const struct tsk_spool_limits limits = { .document_bytes_max = 1 << 20 };
    struct tsk_err err = { 0 };

    tsk_log_level(TSK_LOG_ERROR);
    snprintf(mail, sizeof mail, "%s/mail", fuzz_dir());
    snprintf(run, sizeof run, "%s/run", fuzz_dir());
    snprintf(cache, sizeof cache, "%s/cache", fuzz_dir());
    site = (struct tsk_site){ .dir = (char *)(uintptr_t)fuzz_dir(),
                              .spool = below(0, "spool"),
                              .archive = below(1, "archive"),
                              .store = below(2, "store/tasuki.db"),
                              .keyring = below(3, "ring"),
                              .key = below(4, "none"),
                              .mail = mail,
                              .run = run,
                              .cache = cache,
                              .vault = &no_keys };
    if (tsk_config_load(&site.config, TASUKI_SOURCE_DIR "/config/sample/tasuki.yaml", &err) != 0)
        fuzz_require(false, err.text);
    if (tsk_counting_load(&counting, site.dir, &err) != 0)
        fuzz_require(false, err.text);
    desk = (struct tsk_desk){ .config = site.config,
                              .counting = counting,
                              .dir = site.dir,
                              .store = site.store,
                              .archive = site.archive,
                              .spool = site.spool,
                              .run = run,
                              .key = site.key,
                              .keyring = site.keyring,
                              .cache = cache,
                              .static_dir = "",
                              .version = "fuzz" };
    fuzz_require(tsk_dir_make(below(5, "store"), 0700, &err) == 0, "a folder");
    fill_store();
    fuzz_require(tsk_blobs_open(&blobs, site.archive, NULL, &err) == 0 &&
                     tsk_spool_open(&spool, site.spool, NULL, &limits, &err) == 0,
                 "archive and spool");
}

/* What the library hands over: pairs, in order, their escapes undone by us. */
static bool take_query(struct tsk_pairs *out, char *query, struct tsk_arena *arena)
{
    out->items = tsk_arena_alloc(arena, QUERY_MAX * sizeof *out->items);
    for (char *next; query != NULL && out->count < QUERY_MAX; query = next) {
        char *value = query + strcspn(query, "=&"), *name;
        const char *decoded;

        next = strchr(query, '&');
        if (next != NULL)
            *next++ = '\0';
        if (*value == '=')
            *value++ = '\0';
        name = tsk_arena_printf(arena, "/%s", value); /* decoded as a path is */
        if (tsk_parse_path(&decoded, name, arena, NULL) != 0)
            return false;
        out->items[out->count++] = (struct tsk_pair){ tsk_arena_strdup(arena, query), decoded + 1 };
    }
    return true;
}

/* Hashing a password takes longer than a thousand other requests. */
static bool is_slow(const char *path)
{
    return strstr(path, "/session") != NULL || strstr(path, "/account") != NULL || strstr(path, "/users") != NULL;
}

static void handle(struct tsk_request *request, const struct tsk_route *route, const uint8_t *bytes, size_t len)
{
    struct tsk_reply reply = { .status = 0 };
    struct tsk_err err = { 0 };
    json_t *body = NULL;

    request->upload = -1;
    if ((route->flags & TSK_ROUTE_UPLOAD) != 0) {
        request->upload = fuzz_fd(bytes, len);
        request->upload_bytes = (int64_t)len;
    } else if (len > 0) {
        body = json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES, NULL);
        request->body = body;
    }
    if ((body == NULL && request->upload < 0 && len > 0) || (body != NULL && !json_is_object(body))) {
        json_decref(body);
        return;
    }
    if (route->handler(&reply, request, &err) != 0)
        fuzz_require_text(err.text, "an answer is text");
    tsk_store_rollback(request->store);
    if (reply.json != NULL) {
        char *text = json_dumps(reply.json, JSON_ENCODE_ANY);

        fuzz_require_text(text, "an answer is JSON");
        free(text);
    }
    json_decref(body);
    json_decref(reply.json);
    json_decref(reply.more);
    tsk_buf_free(&reply.bytes);
}

static void take_request(char *target, const char *method, const uint8_t *bytes, size_t len, struct tsk_arena *arena)
{
    static const char *const offices[] = { OFFICE };
    static const struct tsk_grant grants[] = { { .role = TSK_ROLE_MANAGER, .office = OFFICE },
                                               { .role = TSK_ROLE_COORDINATOR, .office = OFFICE } };
    struct tsk_request request = { .method = method,
                                   .address = "192.0.2.1",
                                   .now_ms = tsk_wall_ms(),
                                   .store = records->store,
                                   .blobs = blobs,
                                   .spool = spool,
                                   .desk = &desk,
                                   .arena = arena,
                                   .csrf = "",
                                   .scope = { .offices = offices, .office_count = 1 },
                                   .who = { .id = 1,
                                            .name = "tester",
                                            .display = "tester",
                                            .language = "ja",
                                            .roles = TSK_ROLES_ALL,
                                            .grants = grants,
                                            .grant_count = TSK_COUNT(grants) } };
    const struct tsk_route *route;
    char *query = strchr(target, '?');
    bool known;

    if (query != NULL)
        *query++ = '\0';
    if (tsk_parse_path(&request.path, target, arena, NULL) != 0)
        return;
    fuzz_require_text(request.path, "a path is UTF-8");
    fuzz_require(request.path[0] == '/' && strstr(request.path, "/../") == NULL, "a path stays in its place");
    route = tsk_route_find(&request.args, &known, method, target, arena);
    if (route == NULL || is_slow(route->path) || !take_query(&request.query, query, arena))
        return;
    for (size_t i = 0; i < request.args.count; i++)
        fuzz_require(strchr(request.args.items[i].value, '/') == NULL, "an argument is one segment");
    handle(&request, route, bytes, len);
}

void fuzz_http(const uint8_t *bytes, size_t len)
{
    static unsigned count;
    const uint8_t *end = memchr(bytes, '\n', len);
    size_t line = end != NULL ? (size_t)(end - bytes) : len;
    char *head = strndup((const char *)bytes, line), *target;
    struct tsk_arena *arena = tsk_arena_new(TSK_REQUEST_ARENA_MAX);

    if (records == NULL)
        set_up();
    else if (++count % REQUESTS_A_STORE == 0)
        fill_store();
    target = head != NULL ? strchr(head, ' ') : NULL;
    if (target != NULL && arena != NULL) {
        *target++ = '\0';
        line += end != NULL;
        take_request(target, head, bytes + line, len - line, arena);
    }
    tsk_arena_free(&arena);
    free(head);
}
