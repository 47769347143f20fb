/* How the machine fares: processes, queues, sources, disk. Numbers, no documents. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/date.h"
#include "base/file.h"
#include "records/overview.h"
#include "review/route.h"

#define MAY_LOOK (TSK_ROLE_MANAGER | TSK_ROLE_ADMINISTRATOR | TSK_ROLE_AUDITOR)
#define STATE_FILE_BYTES_MAX ((size_t)1 << 20)

static const char *in_site(const struct tsk_request *request, const char *dir, const char *name)
{
    const char *path = tsk_arena_printf(request->arena, "%s/%s", dir, name);

    return path != NULL ? path : "";
}

/* A JSON file that another process of the site keeps; NULL when there is none. */
static json_t *state_file(const char *path)
{
    struct tsk_buf bytes = TSK_BUF(STATE_FILE_BYTES_MAX);
    json_t *json = tsk_file_read(path, &bytes, NULL) == 0 ? json_loadb(tsk_buf_text(&bytes), bytes.len, 0, NULL) : NULL;

    tsk_buf_free(&bytes);
    return json;
}

/* serve holds its lock as long as it lives. */
static bool is_served(const struct tsk_request *request)
{
    int fd = open(in_site(request, request->desk->run, "tasuki.lock"), O_RDONLY | O_CLOEXEC);
    bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;

    if (fd >= 0)
        close(fd);
    return held;
}

static json_t *processes_of(const struct tsk_request *request)
{
    json_t *file = is_served(request) ? state_file(in_site(request, request->desk->run, "roles.json")) : NULL;
    json_t *list = json_array(), *one;
    size_t i;

    json_array_foreach(json_object_get(file, "roles"), i, one)
    {
        json_array_append_new(list, json_pack("{s:O, s:O, s:b, s:O}", "role", json_object_get(one, "role"), "source",
                                              json_object_get(one, "source"), "running",
                                              json_integer_value(json_object_get(one, "pid")) > 0, "ends",
                                              json_object_get(one, "ends")));
    }
    json_decref(file);
    return list;
}

static const char *stamp_of(const struct tsk_request *request, int64_t wall_ms)
{
    char *stamp = tsk_arena_alloc(request->arena, TSK_STAMP_SIZE);

    if (stamp == NULL || wall_ms == 0)
        return "";
    tsk_stamp(wall_ms, stamp);
    return stamp;
}

/* When a source was last looked at with success; "" for never. */
static const char *looked_at(const struct tsk_request *request, const struct tsk_source *source)
{
    struct stat st;

    if (source->kind == TSK_SOURCE_IMAP) {
        const char *dir = tsk_arena_printf(request->arena, "mailbox/%s/state.json", source->id);
        json_t *file = dir != NULL ? state_file(in_site(request, request->desk->dir, dir)) : NULL;
        int64_t ms = json_integer_value(json_object_get(file, "looked_ms"));

        json_decref(file);
        return stamp_of(request, ms);
    }
    const char *name = tsk_arena_printf(request->arena, "looked-%s", source->id);
    if (name == NULL || stat(in_site(request, request->desk->run, name), &st) != 0)
        return "";
    return stamp_of(request, (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000);
}

static json_t *sources_of(const struct tsk_request *request)
{
    static const char *const kinds[] = {
        [TSK_SOURCE_FOLDER] = "folder", [TSK_SOURCE_FAX] = "fax", [TSK_SOURCE_IMAP] = "imap"
    };
    const struct tsk_config *config = request->desk->config;
    json_t *list = json_array();

    for (size_t i = 0; i < config->source_count; i++) {
        const struct tsk_source *source = &config->sources[i];

        if (tsk_request_sees(request, source->office))
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:i}", "id", source->id, "office",
                                                  source->office, "kind", kinds[source->kind], "looked",
                                                  looked_at(request, source), "every_seconds", (int)source->sweep_s));
    }
    return list;
}

/* Of the offices in scope: how many documents of another office wait is nobody's business. */
static int count_state(json_t *queues, const struct tsk_request *request, enum tsk_spool_state state,
                       struct tsk_err *err)
{
    struct tsk_spool_entry *entries = NULL;
    size_t count = 0, ours = 0;
    int64_t oldest = 0;

    if (tsk_spool_list(request->spool, state, &entries, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        bool seen = entries[i].readable ? tsk_request_sees(request, entries[i].envelope.office) : request->scope.all;

        if (!seen)
            continue;
        ours++;
        if (entries[i].readable && (oldest == 0 || entries[i].envelope.received_ms < oldest))
            oldest = entries[i].envelope.received_ms;
    }
    tsk_spool_list_free(&entries);
    json_array_append_new(queues, json_pack("{s:s, s:I, s:s}", "state", tsk_spool_state_name(state), "count",
                                            (json_int_t)ours, "oldest", stamp_of(request, oldest)));
    return 0;
}

static int queues_of(json_t **out, const struct tsk_request *request, struct tsk_err *err)
{
    *out = json_array();
    for (int state = 0; state < TSK_SPOOL_STATES; state++)
        if (count_state(*out, request, (enum tsk_spool_state)state, err) != 0)
            return -1;
    return 0;
}

static json_t *disk_of(const struct tsk_request *request)
{
    struct statvfs fs;
    json_int_t free_mb = 0, size_mb = 0;

    if (statvfs(request->desk->spool, &fs) == 0) {
        free_mb = (json_int_t)((uint64_t)fs.f_bavail * fs.f_frsize >> 20);
        size_mb = (json_int_t)((uint64_t)fs.f_blocks * fs.f_frsize >> 20);
    }
    return json_pack("{s:I, s:I, s:I}", "free_mb", free_mb, "size_mb", size_mb, "refuse_below_mb",
                     (json_int_t)request->desk->config->disk_free_mb_min);
}

static json_t *overview_json(const struct tsk_request *request, const struct tsk_overview *overview)
{
    return json_pack("{s:I, s:I, s:I, s:s, s:I, s:I, s:I}", "notices_queued", (json_int_t)overview->notices_queued,
                     "notices_failed", (json_int_t)overview->notices_failed, "notices_unknown",
                     (json_int_t)overview->notices_unknown, "notices_due", stamp_of(request, overview->notices_due_ms),
                     "sheets_waiting", (json_int_t)overview->sheets_waiting, "todos_open",
                     (json_int_t)overview->todos_open, "store_bytes",
                     (json_int_t)(request->scope.all ? overview->store_bytes : 0));
}

static int get_system(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_overview overview;
    json_t *queues = NULL;

    if (tsk_overview_read(&overview, request->store, &request->scope, err) != 0 ||
        queues_of(&queues, request, err) != 0) {
        json_decref(queues);
        return -1;
    }
    reply->json = json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "version", request->desk->version, "now",
                            stamp_of(request, request->now_ms), "served", is_served(request), "processes",
                            processes_of(request), "queues", queues, "sources", sources_of(request), "disk",
                            disk_of(request), "records", overview_json(request, &overview));
    return reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
}

const struct tsk_route tsk_routes_system[] = {
    { "GET", "/api/v1/system", get_system, MAY_LOOK, TSK_ROUTE_QUIET, 0 },
    { .method = NULL },
};
