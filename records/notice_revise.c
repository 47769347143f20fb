#include "base/date.h"
#include "records/notice.h"
#include "records/sql.h"

int tsk_notice_revise(struct tsk_store *store, const struct tsk_scope *scope, const char *id,
                      const struct tsk_notice_new *notice, struct tsk_err *err)
{
    char stamp[TSK_STAMP_SIZE], now[TSK_STAMP_SIZE];
    bool queued = notice->state == TSK_NOTICE_QUEUED;

    tsk_now(now);
    if (notice->due_ms > 0)
        tsk_stamp(notice->due_ms, stamp);
    if (tsk_sql_run(store, err,
                    "UPDATE notices SET state = ?3, reason = ?4, channel = ?5, destination = ?6, subject = ?7, body = ?8, "
                    "batch = ?9, next_attempt = ?10, case_number = ?11, finished = ?12 "
                    "WHERE id = ?2 AND state IN ('queued', 'refused', 'cancelled') AND NOT EXISTS (SELECT 1 FROM deliveries d "
                    "WHERE d.notice_id = notices.id AND d.result NOT IN ('queued', 'failed')) AND " SCOPE("office_id"),
                    "csssssssses", scope, id, tsk_notice_state_name(notice->state), notice->reason, notice->channel,
                    notice->destination, notice->subject, notice->body, notice->batch,
                    notice->due_ms > 0 ? stamp : now, notice->case_number, queued ? "" : now) != 0)
        return -1;
    if (tsk_sql_changed(store) == 0)
        return tsk_fail(err, TSK_REJECT, 0, "notice %s is out already or does not exist; nothing was changed", id);
    return 0;
}
