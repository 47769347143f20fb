#include "review/events.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "records/audit.h"

#define LOOK_MS 500
#define HEARTBEAT_MS 15000 /* below what proxies cut */
#define PENDING_BYTES_MAX 32768
#define STREAMS_MAX 2000
#define ENTRIES_MAX 200
#define BLOCK_BYTES 4096
#define RETRY "retry: 3000\n\n"

struct stream {
    struct tsk_events *events;
    struct stream *next;
    struct MHD_Connection *connection;
    struct tsk_login login;
    struct tsk_buf pending;
    bool suspended, ended;
    size_t office_count;
    char offices[][TSK_SPOOL_FIELD_SIZE];
};

struct tsk_events {
    const struct tsk_desk *desk;
    struct tsk_store *store; /* of the thread */
    pthread_t thread;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t wake;
    struct stream *streams;
    size_t count;
    bool stopping;
    /* of the thread */
    int64_t version, seq, beat_ms;
};

static bool is_kind(const char *object, const char *kind)
{
    size_t len = strlen(kind);

    return strncmp(object, kind, len) == 0 && (object[len] == ':' || object[len] == '\0');
}

/* What a page listens for; NULL for what no page shows. */
static const char *kind_of(const struct tsk_audit_entry *entry)
{
    static const char *const kinds[] = {
        "sheet", "case", "todo", "notice", "document", "directory", "account", "upload"
    };

    if (strcmp(entry->action, "view") == 0 || strcmp(entry->action, "export") == 0 ||
        strncmp(entry->action, "sign_", 5) == 0)
        return NULL;
    if (is_kind(entry->object, "institution"))
        return "directory";
    for (size_t i = 0; i < TSK_COUNT(kinds); i++)
        if (is_kind(entry->object, kinds[i]))
            return kinds[i];
    return NULL;
}

static bool hears(const struct stream *stream, const char *office)
{
    for (size_t i = 0; i < stream->office_count; i++)
        if (strcmp(stream->offices[i], office) == 0)
            return true;
    return false;
}

/* With the lock held. */
static void let_write(struct stream *stream)
{
    if (!stream->suspended)
        return;
    stream->suspended = false;
    MHD_resume_connection(stream->connection);
}

static void tell(struct stream *stream, const char *text)
{
    tsk_buf_puts(&stream->pending, text);
    if (stream->pending.failed) { /* too slow a reader */
        tsk_buf_reset(&stream->pending);
        stream->pending.failed = false;
        tsk_buf_puts(&stream->pending, "event: again\ndata: {}\n\n");
    }
    let_write(stream);
}

static void tell_entry(struct tsk_events *events, const struct tsk_audit_entry *entry)
{
    const char *kind = kind_of(entry);
    json_t *data = kind != NULL ? json_pack("{s:s, s:s, s:s}", "office", entry->office, "object", entry->object,
                                            "action", entry->action)
                                : NULL;
    char *json = data != NULL ? json_dumps(data, JSON_COMPACT) : NULL;
    char text[1024];

    json_decref(data);
    if (json == NULL)
        return;
    int len = snprintf(text, sizeof text, "id: %lld\nevent: %s\ndata: %s\n\n", (long long)entry->seq, kind, json);
    free(json);
    if (len < 0 || (size_t)len >= sizeof text)
        return;
    pthread_mutex_lock(&events->lock);
    for (struct stream *stream = events->streams; stream != NULL; stream = stream->next)
        if (hears(stream, entry->office))
            tell(stream, text);
    pthread_mutex_unlock(&events->lock);
}

static int look(struct tsk_events *events, struct tsk_err *err)
{
    struct tsk_audit_entries entries = { .count = 0 };
    int64_t version = 0, last = 0;
    struct tsk_arena *arena;

    if (tsk_store_others(&version, events->store, err) != 0)
        return -1;
    if (version == events->version)
        return 0;
    arena = tsk_arena_new((size_t)16 << 20);
    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to look for changes");
    int rc = tsk_audit_since(&entries, &last, events->store, events->seq, ENTRIES_MAX, arena, err);
    for (size_t i = 0; i < entries.count && rc == 0; i++) {
        tell_entry(events, &entries.items[i]);
        events->seq = entries.items[i].seq;
    }
    if (rc == 0 && entries.count < ENTRIES_MAX)
        events->version = version;
    tsk_arena_free(&arena);
    return rc;
}

/* Asks the store without the lock, which pages that write wait for. */
static bool next_to_check(struct tsk_login *login, struct tsk_events *events, size_t at)
{
    const struct stream *stream;

    pthread_mutex_lock(&events->lock);
    stream = events->streams;
    while (stream != NULL && at-- > 0)
        stream = stream->next;
    if (stream != NULL)
        *login = stream->login;
    pthread_mutex_unlock(&events->lock);
    return stream != NULL;
}

static void end_streams_of(struct tsk_events *events, const struct tsk_login *login)
{
    pthread_mutex_lock(&events->lock);
    for (struct stream *stream = events->streams; stream != NULL; stream = stream->next)
        if (strcmp(stream->login.token, login->token) == 0) {
            stream->ended = true;
            let_write(stream);
        }
    pthread_mutex_unlock(&events->lock);
}

static void beat(struct tsk_events *events)
{
    const int64_t idle_ms = (int64_t)events->desk->config->web.idle_lock_min * 60000;
    struct tsk_login login;
    bool stands = true;

    for (size_t i = 0; next_to_check(&login, events, i); i++)
        if (tsk_login_stands(&stands, events->store, &login, idle_ms, NULL) == 0 && !stands)
            end_streams_of(events, &login);
    pthread_mutex_lock(&events->lock);
    for (struct stream *stream = events->streams; stream != NULL; stream = stream->next)
        if (stream->suspended)
            tell(stream, ":\n\n"); /* a comment: finds out who is gone */
    pthread_mutex_unlock(&events->lock);
}

/* True when it is time to end. */
static bool wait_a_little(struct tsk_events *events)
{
    struct timespec until;
    bool stop;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&events->lock);
    while (!events->stopping && pthread_cond_timedwait(&events->wake, &events->lock, &until) != ETIMEDOUT)
        ;
    stop = events->stopping;
    pthread_mutex_unlock(&events->lock);
    return stop;
}

static void *watch(void *ctx)
{
    struct tsk_events *events = ctx;
    struct tsk_err err = { 0 };
    bool well = true;

    events->beat_ms = tsk_mono_ms();
    while (!wait_a_little(events)) {
        bool now = look(events, &err) == 0;

        if (!now && well)
            tsk_log_err("-", "web.events", &err);
        well = now;
        if (tsk_mono_ms() - events->beat_ms >= HEARTBEAT_MS) {
            events->beat_ms = tsk_mono_ms();
            beat(events);
        }
    }
    return NULL;
}

/* What was written before the start is no news. */
static int find_start(struct tsk_events *events, struct tsk_err *err)
{
    struct tsk_audit_entries none;
    struct tsk_arena *arena = tsk_arena_new(4096);
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "out of memory")
                           : tsk_audit_since(&none, &events->seq, events->store, INT64_MAX, 1, arena, err);

    tsk_arena_free(&arena);
    return rc == 0 ? tsk_store_others(&events->version, events->store, err) : -1;
}

int tsk_events_start(struct tsk_events **out, const struct tsk_desk *desk, struct tsk_err *err)
{
    struct tsk_events *events = calloc(1, sizeof *events);

    *out = NULL;
    if (events == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    events->desk = desk;
    pthread_mutex_init(&events->lock, NULL);
    pthread_cond_init(&events->wake, NULL);
    if (tsk_store_open(&events->store, desk->store, err) != 0 || find_start(events, err) != 0 ||
        pthread_create(&events->thread, NULL, watch, events) != 0) {
        if (err->kind == TSK_OK)
            tsk_fail(err, TSK_RETRY, 0, "no thread for the events of the desk");
        events->stopping = true;
        tsk_events_free(&events);
        return -1;
    }
    *out = events;
    return 0;
}

void tsk_events_stop(struct tsk_events *events)
{
    pthread_mutex_lock(&events->lock);
    events->stopping = true;
    pthread_cond_signal(&events->wake);
    for (struct stream *stream = events->streams; stream != NULL; stream = stream->next) {
        stream->ended = true;
        let_write(stream);
    }
    pthread_mutex_unlock(&events->lock);
    pthread_join(events->thread, NULL);
}

void tsk_events_free(struct tsk_events **events)
{
    struct tsk_events *old = *events;

    if (old == NULL)
        return;
    assert(old->stopping && old->streams == NULL);
    tsk_store_close(&old->store);
    pthread_cond_destroy(&old->wake);
    pthread_mutex_destroy(&old->lock);
    free(old);
    *events = NULL;
}

static ssize_t read_stream(void *ctx, uint64_t position, char *out, size_t max)
{
    struct stream *stream = ctx;
    ssize_t took;

    (void)position;
    pthread_mutex_lock(&stream->events->lock);
    if (stream->pending.len > 0) {
        took = (ssize_t)(stream->pending.len < max ? stream->pending.len : max);
        memcpy(out, stream->pending.data, (size_t)took);
        stream->pending.len -= (size_t)took;
        memmove(stream->pending.data, stream->pending.data + took, stream->pending.len + 1);
    } else if (stream->ended) {
        took = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        took = 0;
        stream->suspended = true;
        MHD_suspend_connection(stream->connection);
    }
    pthread_mutex_unlock(&stream->events->lock);
    return took;
}

static void close_stream(void *ctx)
{
    struct stream *stream = ctx;
    struct tsk_events *events = stream->events;
    struct stream **at = &events->streams;

    pthread_mutex_lock(&events->lock);
    while (*at != NULL && *at != stream)
        at = &(*at)->next;
    if (*at != NULL) {
        *at = stream->next;
        events->count--;
    }
    pthread_mutex_unlock(&events->lock);
    tsk_buf_free(&stream->pending);
    free(stream);
}

static struct stream *stream_new(struct tsk_events *events, struct MHD_Connection *connection,
                                 const struct tsk_request *request)
{
    const struct tsk_who *who = &request->who;
    struct stream *stream = calloc(1, sizeof *stream + (who->grant_count + 1) * sizeof stream->offices[0]);

    if (stream == NULL)
        return NULL;
    stream->events = events;
    stream->connection = connection;
    stream->login = *request->login;
    stream->pending = TSK_BUF(PENDING_BYTES_MAX);
    tsk_buf_puts(&stream->pending, RETRY);
    for (size_t i = 0; i < who->grant_count; i++)
        if ((who->grants[i].role & TSK_ROLES_OFFICE) != 0 && !hears(stream, who->grants[i].office))
            snprintf(stream->offices[stream->office_count++], sizeof stream->offices[0], "%s", who->grants[i].office);
    return stream;
}

static bool enter(struct tsk_events *events, struct stream *stream)
{
    pthread_mutex_lock(&events->lock);
    bool room = !events->stopping && events->count < STREAMS_MAX;
    if (room) {
        stream->next = events->streams;
        events->streams = stream;
        events->count++;
    }
    pthread_mutex_unlock(&events->lock);
    return room;
}

struct MHD_Response *tsk_events_open(struct tsk_events *events, struct MHD_Connection *connection,
                                     const struct tsk_request *request)
{
    struct stream *stream = stream_new(events, connection, request);
    struct MHD_Response *response = NULL;

    if (stream == NULL)
        return NULL;
    if (enter(events, stream))
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, stream, close_stream);
    if (response == NULL)
        close_stream(stream);
    return response;
}
