#include "base/clock.h"
#include "records/purge.h"
#include "records/sql.h"

#define INCREMENTAL 2
#define TRIES 50
#define PAUSE_MS 100

static int shrink(struct tsk_store *store, struct tsk_err *err)
{
    int64_t mode = 0;

    if (tsk_sql_number(&mode, store, err, "PRAGMA auto_vacuum", "") < 0)
        return -1;
    if (mode == INCREMENTAL)
        return tsk_sql_run(store, err, "PRAGMA incremental_vacuum", "");
    return tsk_sql_run(store, err, "PRAGMA auto_vacuum = INCREMENTAL", "") != 0 ? -1
                                                                                : tsk_sql_run(store, err, "VACUUM", "");
}

/* A reader that still looks at an older moment keeps the log as it is. */
static int empty_log(struct tsk_store *store, struct tsk_err *err)
{
    for (int tries = 0; tries < TRIES; tries++) {
        int64_t busy = 1;

        if (tsk_sql_number(&busy, store, err, "PRAGMA wal_checkpoint(TRUNCATE)", "") < 0)
            return -1;
        if (busy == 0)
            return 0;
        tsk_sleep_ms(PAUSE_MS);
    }
    return tsk_fail(err, TSK_RETRY, 0,
                    "others read the store all the time, so that its log could not be emptied; run it again later");
}

int tsk_store_compact(struct tsk_store *store, struct tsk_err *err)
{
    return shrink(store, err) != 0 ? -1 : empty_log(store, err);
}
