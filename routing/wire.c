#include "routing/wire.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { TRANSFERS_MAX = 256, SOCKETS_MAX = 512, WATCHES_MAX = 64, IDLE_S = 45 };

struct transfer {
    CURL *easy; /* NULL = free */
    void (*ended)(void *ctx, int code);
    void *ctx;
};

struct watch {
    int fd; /* -1 = free */
    int64_t until_ms;
    void (*ready)(void *ctx, bool late);
    void *ctx;
};

struct tsk_wire {
    CURLM *multi;
    struct transfer transfers[TRANSFERS_MAX];
    struct watch watches[WATCHES_MAX];
    int sockets[SOCKETS_MAX]; /* open ones, kept connections too; -1 = free */
};

int tsk_wire_open(struct tsk_wire **out, struct tsk_err *err)
{
    struct tsk_wire *wire = calloc(1, sizeof *wire);

    *out = NULL;
    if (wire == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(wire);
        return tsk_fail(err, TSK_RETRY, 0, "the network library could not be started");
    }
    for (size_t i = 0; i < SOCKETS_MAX; i++)
        wire->sockets[i] = -1;
    for (size_t i = 0; i < WATCHES_MAX; i++)
        wire->watches[i].fd = -1;
    wire->multi = curl_multi_init();
    if (wire->multi == NULL || curl_multi_setopt(wire->multi, CURLMOPT_MAXCONNECTS, (long)SOCKETS_MAX) != CURLM_OK) {
        tsk_wire_close(&wire);
        return tsk_fail(err, TSK_RETRY, 0, "the network library could not be started");
    }
    *out = wire;
    return 0;
}

static void hang_up(struct tsk_wire *wire)
{
    for (size_t i = 0; i < SOCKETS_MAX; i++)
        if (wire->sockets[i] >= 0)
            (void)shutdown(wire->sockets[i], SHUT_RDWR);
}

void tsk_wire_close(struct tsk_wire **wire)
{
    struct tsk_wire *old = *wire;

    if (old == NULL)
        return;
    hang_up(old);
    for (size_t i = 0; old->multi != NULL && i < TRANSFERS_MAX; i++)
        if (old->transfers[i].easy != NULL)
            curl_multi_remove_handle(old->multi, old->transfers[i].easy);
    curl_multi_cleanup(old->multi);
    free(old);
    curl_global_cleanup();
    *wire = NULL;
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct tsk_wire *wire = ctx;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    for (size_t i = 0; fd >= 0 && i < SOCKETS_MAX; i++)
        if (wire->sockets[i] < 0) {
            wire->sockets[i] = fd;
            return fd;
        }
    if (fd >= 0)
        close(fd);
    return CURL_SOCKET_BAD;
}

static int close_socket(void *ctx, curl_socket_t fd)
{
    struct tsk_wire *wire = ctx;

    for (size_t i = 0; i < SOCKETS_MAX; i++)
        if (wire->sockets[i] == fd)
            wire->sockets[i] = -1;
    return close(fd);
}

static struct transfer *transfer_of(struct tsk_wire *wire, const CURL *easy)
{
    for (size_t i = 0; i < TRANSFERS_MAX; i++)
        if (wire->transfers[i].easy == easy)
            return &wire->transfers[i];
    return NULL;
}

static bool dress(struct tsk_wire *wire, CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, wire) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, wire) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_S) == CURLE_OK;
}

int tsk_wire_start(struct tsk_wire *wire, void *easy, void (*ended)(void *ctx, int code), void *ctx,
                   struct tsk_err *err)
{
    struct transfer *transfer = transfer_of(wire, NULL);

    if (transfer == NULL || !dress(wire, easy) || curl_multi_add_handle(wire->multi, easy) != CURLM_OK)
        return tsk_fail(err, TSK_RETRY, 0, "a transfer could not be started");
    *transfer = (struct transfer){ easy, ended, ctx };
    return 0;
}

void tsk_wire_drop(struct tsk_wire *wire, void *easy)
{
    struct transfer *transfer = easy != NULL ? transfer_of(wire, easy) : NULL;

    if (transfer == NULL)
        return;
    curl_multi_remove_handle(wire->multi, easy);
    *transfer = (struct transfer){ NULL, NULL, NULL };
}

static bool take_ended(struct tsk_wire *wire)
{
    CURLMsg *message;
    int left;
    bool any = false;

    while ((message = curl_multi_info_read(wire->multi, &left)) != NULL) {
        struct transfer *transfer = transfer_of(wire, message->easy_handle);
        struct transfer copy = transfer != NULL ? *transfer : (struct transfer){ NULL, NULL, NULL };
        int code = (int)message->data.result; /* the message dies with the handle's removal */

        if (copy.easy == NULL)
            continue;
        tsk_wire_drop(wire, copy.easy);
        copy.ended(copy.ctx, code);
        any = true;
    }
    return any;
}

int tsk_wire_watch(struct tsk_wire *wire, int fd, int64_t until_ms, void (*ready)(void *ctx, bool late), void *ctx,
                   struct tsk_err *err)
{
    for (size_t i = 0; i < WATCHES_MAX; i++)
        if (wire->watches[i].fd < 0) {
            wire->watches[i] = (struct watch){ fd, until_ms, ready, ctx };
            return 0;
        }
    return tsk_fail(err, TSK_RETRY, 0, "too many programs run at a time");
}

void tsk_wire_unwatch(struct tsk_wire *wire, int fd)
{
    for (size_t i = 0; i < WATCHES_MAX; i++)
        if (wire->watches[i].fd == fd)
            wire->watches[i].fd = -1;
}

static unsigned fill_fds(struct curl_waitfd *fds, const struct tsk_wire *wire, int *wait_ms)
{
    int64_t now = tsk_mono_ms();
    unsigned count = 0;

    for (size_t i = 0; i < WATCHES_MAX; i++) {
        const struct watch *watch = &wire->watches[i];

        if (watch->fd < 0)
            continue;
        fds[count++] = (struct curl_waitfd){ .fd = watch->fd, .events = CURL_WAIT_POLLIN };
        if (watch->until_ms - now < *wait_ms)
            *wait_ms = watch->until_ms > now ? (int)(watch->until_ms - now) : 0;
    }
    return count;
}

static void tell_watches(struct tsk_wire *wire, const struct curl_waitfd *fds, unsigned count)
{
    int64_t now = tsk_mono_ms();

    for (unsigned i = 0; i < count; i++)
        for (size_t k = 0; k < WATCHES_MAX; k++) {
            const struct watch watch = wire->watches[k];
            bool late = now >= watch.until_ms;

            if (watch.fd == fds[i].fd && (fds[i].revents != 0 || late))
                watch.ready(watch.ctx, fds[i].revents == 0 && late);
        }
}

void tsk_wire_step(struct tsk_wire *wire, int wait_ms)
{
    struct curl_waitfd fds[WATCHES_MAX];
    unsigned count;
    int running;

    (void)curl_multi_perform(wire->multi, &running);
    if (take_ended(wire))
        wait_ms = 0;
    count = fill_fds(fds, wire, &wait_ms);
    (void)curl_multi_poll(wire->multi, fds, count, wait_ms > 0 ? tsk_real_wait_ms(wait_ms) : 0, NULL);
    tell_watches(wire, fds, count);
    (void)curl_multi_perform(wire->multi, &running);
    (void)take_ended(wire);
}
