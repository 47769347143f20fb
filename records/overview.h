/* overview - how much waits, in numbers; for whoever keeps the system running. No patient data. */
#ifndef TASUKI_RECORDS_OVERVIEW_H
#define TASUKI_RECORDS_OVERVIEW_H

#include "records/store.h"

struct tsk_overview {
    int64_t notices_queued, notices_failed, notices_unknown; /* failed, unknown: of the last seven days */
    int64_t notices_due_ms;                                  /* the longest due one that is not out, 0 = none */
    int64_t sheets_waiting, todos_open;
    int64_t store_bytes;
};

int tsk_overview_read(struct tsk_overview *out, struct tsk_store *store, const struct tsk_scope *scope,
                      struct tsk_err *err) TSK_MUST_USE;

#endif
