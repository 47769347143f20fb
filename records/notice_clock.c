/* Notices against a sender that died and a clock that was wrong. */
#include "base/date.h"
#include "records/notice.h"
#include "records/sql.h"

enum { SLACK_MS = 60 * 1000 }; /* what a clock may be set back without anybody noticing */

int tsk_notice_take_over(int *freed, struct tsk_store *store, int64_t now_ms, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    *freed = 0;
    tsk_stamp(now_ms, now);
    if (tsk_sql_run(store, err,
                    "UPDATE notices SET lease_until = ?1 WHERE state = 'sending' AND channel <> 'fax' AND "
                    "lease_until > ?1",
                    "s", now) != 0)
        return -1;
    *freed = tsk_sql_changed(store);
    return 0;
}

int tsk_notice_clock_back(int *moved, struct tsk_store *store, int64_t now_ms, int64_t lease_ms, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE], ahead[TSK_STAMP_SIZE], lease[TSK_STAMP_SIZE];

    *moved = 0;
    tsk_stamp(now_ms, now);
    tsk_stamp(now_ms + SLACK_MS, ahead);
    tsk_stamp(now_ms + lease_ms + SLACK_MS, lease);
    if (tsk_sql_run(store, err,
                    "UPDATE notices SET next_attempt = ?1 WHERE state = 'queued' AND batch = '' AND next_attempt > ?2 "
                    "AND (created > ?2 OR EXISTS (SELECT 1 FROM deliveries d WHERE d.notice_id = notices.id "
                    "AND d.ended > ?2))",
                    "ss", now, ahead) != 0)
        return -1;
    *moved = tsk_sql_changed(store);
    if (tsk_sql_run(store, err, "UPDATE notices SET lease_until = ?1 WHERE state = 'sending' AND lease_until > ?2",
                    "ss", now, lease) != 0)
        return -1;
    *moved += tsk_sql_changed(store);
    return 0;
}
