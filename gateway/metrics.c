#include "gateway/metrics.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/arena.h"
#include "base/clock.h"
#include "gateway/site_routing.h"
#include "gateway/spool_site.h"
#include "records/watch.h"

#define ARENA_BYTES ((size_t)4 << 20)
#define PAGE_MAX ((size_t)1 << 20)

static void head(struct tsk_buf *out, const char *name, const char *help)
{
    tsk_buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void print_spool(struct tsk_buf *out, const struct tsk_site *site)
{
    struct tsk_spool *spool;
    struct tsk_spool_entry *entries;
    int64_t oldest_ms = tsk_wall_ms();
    size_t count = 0;

    if (tsk_site_spool_open(&spool, site, NULL) != 0)
        return;
    head(out, "tasuki_spool_documents", "documents of the spool by state");
    for (int state = 0; state < TSK_SPOOL_STATES; state++)
        tsk_buf_printf(out, "tasuki_spool_documents{state=\"%s\"} %ld\n",
                       tsk_spool_state_name((enum tsk_spool_state)state),
                       tsk_spool_count(spool, (enum tsk_spool_state)state, NULL));
    if (tsk_spool_list(spool, TSK_SPOOL_INCOMING, &entries, &count, NULL) == 0) {
        for (size_t i = 0; i < count; i++)
            if (entries[i].readable && entries[i].envelope.received_ms < oldest_ms)
                oldest_ms = entries[i].envelope.received_ms;
        tsk_spool_list_free(&entries);
        head(out, "tasuki_spool_oldest_seconds", "age of the oldest document that waits to be read");
        tsk_buf_printf(out, "tasuki_spool_oldest_seconds %.3f\n", (double)(tsk_wall_ms() - oldest_ms) / 1000);
    }
    tsk_spool_close(&spool);
}

static void print_counts(struct tsk_buf *out, const struct tsk_watch_counts *counts)
{
    const char *table = "";

    for (size_t i = 0; i < counts->count; i++) {
        const struct tsk_watch_count *one = &counts->items[i];
        char name[64];

        snprintf(name, sizeof name, "tasuki_%s", one->table);
        if (strcmp(table, one->table) != 0)
            head(out, name, "rows of the records by office and state");
        table = one->table;
        tsk_buf_printf(out, "%s{office=\"%s\",state=\"%s\"} %lld\n", name, one->office, one->state,
                       (long long)one->count);
    }
}

static bool print_records(struct tsk_buf *out, const struct tsk_site *site)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_records *records = NULL;
    struct tsk_watch_counts counts;
    bool up = arena != NULL && tsk_records_open(&records, site, NULL) == 0 &&
              tsk_watch_counts(&counts, records->store, arena, NULL) == 0;

    if (up)
        print_counts(out, &counts);
    tsk_records_close(&records);
    tsk_arena_free(&arena);
    return up;
}

static void print_state(struct tsk_buf *out, const struct tsk_keeper_state *state)
{
    head(out, "tasuki_chore_done_timestamp_seconds", "when a daily chore was last done; 0 = never");
    for (int chore = 0; chore < TSK_CHORE_COUNT; chore++)
        tsk_buf_printf(out, "tasuki_chore_done_timestamp_seconds{chore=\"%s\"} %lld\n",
                       tsk_chore_name((enum tsk_chore)chore), (long long)(state->done_ms[chore] / 1000));
    head(out, "tasuki_trouble", "1 for each trouble that there is");
    for (size_t i = 0; i < state->count; i++)
        if (!state->troubles[i].over)
            tsk_buf_printf(out, "tasuki_trouble{what=\"%s\"} 1\n", state->troubles[i].key);
    head(out, "tasuki_troubles", "how many there are");
    tsk_buf_printf(out, "tasuki_troubles %zu\n", state->count);
}

static void print_disk(struct tsk_buf *out, const struct tsk_site *site)
{
    struct statvfs fs;

    if (statvfs(site->dir, &fs) != 0)
        return;
    head(out, "tasuki_disk_free_bytes", "free on the disk of the site");
    tsk_buf_printf(out, "tasuki_disk_free_bytes %llu\n", (unsigned long long)fs.f_bavail * fs.f_frsize);
    head(out, "tasuki_disk_wanted_bytes", "below it nothing is accepted");
    tsk_buf_printf(out, "tasuki_disk_wanted_bytes %llu\n", (unsigned long long)site->config->disk_free_mb_min << 20);
}

static void print_clock(struct tsk_buf *out)
{
    int64_t error_ms;
    enum tsk_clock_kept kept = tsk_clock_kept(&error_ms);

    if (kept == TSK_CLOCK_UNKNOWN)
        return;
    head(out, "tasuki_clock_synchronised", "1 when a time server keeps the clock of the machine");
    tsk_buf_printf(out, "tasuki_clock_synchronised %d\n", kept == TSK_CLOCK_KEPT);
    head(out, "tasuki_clock_error_seconds", "how far the clock may be off at most, while it is synchronised");
    tsk_buf_printf(out, "tasuki_clock_error_seconds %.3f\n", (double)error_ms / 1000);
}

void tsk_metrics_print(struct tsk_buf *out, const struct tsk_site *site, const struct tsk_keeper_state *state)
{
    struct tsk_keeper_state read;
    char path[4096];
    bool up;

    if (state == NULL) {
        snprintf(path, sizeof path, "%s/keeper.json", site->run);
        tsk_keeper_state_read(&read, path);
        state = &read;
    }
    print_disk(out, site);
    print_clock(out);
    print_spool(out, site);
    up = print_records(out, site);
    print_state(out, state);
    head(out, "tasuki_up", "1 when the records can be opened");
    tsk_buf_printf(out, "tasuki_up %d\n", up);
}

struct tsk_metrics_server {
    struct MHD_Daemon *daemon;
    const struct tsk_site *site;
    const struct tsk_keeper_state *state;
};

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, const char *text, size_t len)
{
    union {
        const char *in;
        void *out;
    } bytes = { .in = text };
    struct MHD_Response *response = MHD_create_response_from_buffer(len, bytes.out, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **request)
{
    const struct tsk_metrics_server *server = ctx;
    struct tsk_buf page = TSK_BUF(PAGE_MAX);
    enum MHD_Result result;

    (void)version;
    (void)upload;
    (void)request;
    if (*upload_size > 0)
        return MHD_NO;
    if (strcmp(method, "GET") != 0 || strcmp(url, "/metrics") != 0)
        return reply(connection, MHD_HTTP_NOT_FOUND, "GET /metrics\n", strlen("GET /metrics\n"));
    tsk_metrics_print(&page, server->site, server->state);
    result = reply(connection, MHD_HTTP_OK, tsk_buf_text(&page), page.len);
    tsk_buf_free(&page);
    return result;
}

int tsk_metrics_open(struct tsk_metrics_server **out, const struct tsk_site *site, const struct tsk_keeper_state *state,
                     uint32_t port, struct tsk_err *err)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct tsk_metrics_server *server = calloc(1, sizeof *server);

    *out = NULL;
    if (server == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    server->site = site;
    server->state = state;
    server->daemon =
        MHD_start_daemon(MHD_USE_EPOLL, (uint16_t)port, NULL, NULL, answer, server, MHD_OPTION_SOCK_ADDR, &address,
                         MHD_OPTION_CONNECTION_LIMIT, 16U, MHD_OPTION_CONNECTION_TIMEOUT, 10U, MHD_OPTION_END);
    if (server->daemon == NULL) {
        free(server);
        return tsk_fail(err, TSK_RETRY, 0,
                        "metrics cannot be served on 127.0.0.1:%u (metrics.port): is the port taken?", port);
    }
    *out = server;
    return 0;
}

void tsk_metrics_close(struct tsk_metrics_server **server)
{
    if (*server != NULL)
        MHD_stop_daemon((*server)->daemon);
    free(*server);
    *server = NULL;
}

int tsk_metrics_fd(const struct tsk_metrics_server *server)
{
    return MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

void tsk_metrics_run(struct tsk_metrics_server *server)
{
    MHD_run(server->daemon);
}
