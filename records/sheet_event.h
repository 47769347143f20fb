/*
 * sheet_event - what makes an event of a sheet the same one when it comes again, or when the sheet is corrected
 *
 * Basis      One sheet keeps one key for each event and basis: "case" (same case and content), "person" (same person and
 *            content, while no case is known), or a recipient that was told (the content that it was told).
 * Promise    Keys are hashes made by the caller; nothing of the patient can be read from them.
 */
#ifndef TASUKI_RECORDS_SHEET_EVENT_H
#define TASUKI_RECORDS_SHEET_EVENT_H

#include "records/store.h"

struct tsk_sheet_twin {
    int64_t sheet;
    const char *case_number; /* of that sheet, or "" */
};

struct tsk_sheet_twins {
    struct tsk_sheet_twin *items;
    size_t count;
};

/* A new key replaces the older one of this sheet, event and basis. */
int tsk_sheet_event_put(struct tsk_store *store, const char *office, int64_t sheet, const char *event,
                        const char *basis, const char *key, struct tsk_err *err) TSK_MUST_USE;
/* *key is "" when there is none. */
int tsk_sheet_event_key(const char **key, struct tsk_store *store, int64_t sheet, const char *event, const char *basis,
                        struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* Sheets of the office with that key, oldest first. */
int tsk_sheet_event_twins(struct tsk_sheet_twins *out, struct tsk_store *store, const char *office, const char *event,
                          const char *basis, const char *key, struct tsk_arena *arena,
                          struct tsk_err *err) TSK_MUST_USE;

#endif
