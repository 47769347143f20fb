#include "review/guard.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define REQUEST_MS 20000
#define LOOK_MS 1000

struct watched {
    struct watched *next;
    int fd;
    int64_t until_ms; /* -1: for ever */
};

struct tsk_guard {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct watched *list;
    bool stopping;
};

/* Real time: what is waited for comes over a wire. */
static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void end_late(struct tsk_guard *guard)
{
    int64_t now = now_ms();

    for (struct watched *one = guard->list; one != NULL; one = one->next)
        if (one->until_ms >= 0 && one->until_ms < now) {
            shutdown(one->fd, SHUT_RDWR); /* the library sees the end and closes it */
            one->until_ms = -1;
        }
}

static void *watch(void *ctx)
{
    struct tsk_guard *guard = ctx;

    pthread_mutex_lock(&guard->lock);
    while (!guard->stopping) {
        struct timespec until;

        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += LOOK_MS / 1000;
        if (pthread_cond_timedwait(&guard->wake, &guard->lock, &until) == ETIMEDOUT)
            end_late(guard);
    }
    pthread_mutex_unlock(&guard->lock);
    return NULL;
}

int tsk_guard_start(struct tsk_guard **out, struct tsk_err *err)
{
    struct tsk_guard *guard = calloc(1, sizeof *guard);

    *out = NULL;
    if (guard == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    pthread_mutex_init(&guard->lock, NULL);
    pthread_cond_init(&guard->wake, NULL);
    if (pthread_create(&guard->thread, NULL, watch, guard) != 0) {
        free(guard);
        return tsk_fail(err, TSK_RETRY, 0, "no thread to watch the desk's connections");
    }
    *out = guard;
    return 0;
}

void tsk_guard_stop(struct tsk_guard **guard)
{
    struct tsk_guard *old = *guard;

    if (old == NULL)
        return;
    pthread_mutex_lock(&old->lock);
    old->stopping = true;
    pthread_cond_signal(&old->wake);
    pthread_mutex_unlock(&old->lock);
    pthread_join(old->thread, NULL);
    while (old->list != NULL) {
        struct watched *one = old->list;

        old->list = one->next;
        free(one);
    }
    pthread_cond_destroy(&old->wake);
    pthread_mutex_destroy(&old->lock);
    free(old);
    *guard = NULL;
}

static struct watched *watched_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

static void begin(struct tsk_guard *guard, struct MHD_Connection *connection, void **context)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct watched *one = info != NULL ? calloc(1, sizeof *one) : NULL;

    *context = one;
    if (one == NULL)
        return;
    one->fd = info->connect_fd;
    one->until_ms = now_ms() + REQUEST_MS;
    pthread_mutex_lock(&guard->lock);
    one->next = guard->list;
    guard->list = one;
    pthread_mutex_unlock(&guard->lock);
}

/* Before the library closes the descriptor, so that no other connection of that number is ended in its place. */
static void forget(struct tsk_guard *guard, void **context)
{
    struct watched *one = *context, **at = &guard->list;

    *context = NULL;
    pthread_mutex_lock(&guard->lock);
    while (*at != NULL && *at != one)
        at = &(*at)->next;
    if (*at != NULL)
        *at = one->next;
    pthread_mutex_unlock(&guard->lock);
    free(one);
}

void tsk_guard_notify(void *guard, struct MHD_Connection *connection, void **context,
                      enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        begin(guard, connection, context);
    else if (*context != NULL)
        forget(guard, context);
}

void tsk_guard_allow(struct tsk_guard *guard, struct MHD_Connection *connection, int64_t ms)
{
    struct watched *one = watched_of(connection);

    if (one == NULL)
        return;
    pthread_mutex_lock(&guard->lock);
    one->until_ms = ms < 0 ? -1 : now_ms() + ms;
    pthread_mutex_unlock(&guard->lock);
}

void tsk_guard_rest(struct tsk_guard *guard, struct MHD_Connection *connection)
{
    tsk_guard_allow(guard, connection, REQUEST_MS);
}
