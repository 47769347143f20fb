#include <stdlib.h>

#include "review/server.h"
#include "vault/vault.h"

static void close_worker(struct tsk_worker *worker)
{
    tsk_store_close(&worker->store);
    tsk_blobs_close(&worker->blobs);
    tsk_spool_close(&worker->spool);
    tsk_vault_close(&worker->vault);
    free(worker);
}

static int open_worker(struct tsk_worker *worker, const struct tsk_desk *desk, struct tsk_err *err)
{
    const struct tsk_spool_limits limits = {
        .document_bytes_max = (uint64_t)desk->config->reading.document_mb_max << 20,
        .disk_free_bytes_min = (uint64_t)desk->config->disk_free_mb_min << 20,
    };

    if (tsk_vault_find(&worker->vault, desk->key, desk->keyring, desk->config->care.keys.file[0] != '\0', err) != 0 ||
        tsk_store_open(&worker->store, desk->store, err) != 0 ||
        tsk_blobs_open(&worker->blobs, desk->archive, worker->vault, err) != 0 ||
        tsk_spool_open(&worker->spool, desk->spool, worker->vault, &limits, err) != 0)
        return -1;
    tsk_store_keys(worker->store, worker->vault);
    tsk_store_know(worker->store, desk->knowledge);
    return 0;
}

int tsk_worker_of(struct tsk_worker **out, struct tsk_desk_server *server, struct tsk_err *err)
{
    struct tsk_worker *worker = pthread_getspecific(server->key);

    *out = worker;
    if (worker != NULL)
        return 0;
    worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    if (open_worker(worker, server->desk, err) != 0 || pthread_setspecific(server->key, worker) != 0) {
        close_worker(worker);
        return -1;
    }
    pthread_mutex_lock(&server->lock);
    worker->next = server->workers;
    server->workers = worker;
    pthread_mutex_unlock(&server->lock);
    *out = worker;
    return 0;
}

void tsk_workers_close(struct tsk_desk_server *server)
{
    while (server->workers != NULL) {
        struct tsk_worker *worker = server->workers;

        server->workers = worker->next;
        close_worker(worker);
    }
}
