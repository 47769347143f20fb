/*
 * queue - what lies on the desk of an office, most urgent and oldest first
 *
 * Items      Sheets that nobody has confirmed or that have no case, pages that became no sheet, documents that could not be
 *            decoded. What a person put away (records/settle.h) or handed over is not on the desk.
 * Trays      Kinds of question. A sheet may lie in several: a second fax of another ward's patient without a case.
 * Paging     By key: `after` is the cursor of the last item seen, so that what arrives meanwhile moves nothing.
 */
#ifndef TASUKI_RECORDS_QUEUE_H
#define TASUKI_RECORDS_QUEUE_H

#include "records/store.h"

enum tsk_tray {
    TSK_TRAY_ALL,
    TSK_TRAY_REVIEW, /* a value waits for a person */
    TSK_TRAY_READY,  /* nothing waits but the confirmation */
    TSK_TRAY_NO_FORM,
    TSK_TRAY_INCOMPLETE,
    TSK_TRAY_HELD,
    TSK_TRAY_DUPLICATE, /* may be an older sheet, faxed again */
    TSK_TRAY_WHICH_CASE,
    TSK_TRAY_OTHER_WARD, /* the patient lives in another office's ward */
    TSK_TRAY_COUNT
};

const char *tsk_tray_name(enum tsk_tray tray); /* all, review, ready, no_form, … */
int tsk_tray_from_name(const char *name);      /* -1 */

enum tsk_queue_kind { TSK_QUEUE_SHEET, TSK_QUEUE_PAGE, TSK_QUEUE_DOCUMENT };

struct tsk_queue_item {
    enum tsk_queue_kind kind;
    int64_t id; /* of the sheet, the page or the document's row */
    const char *document;
    int page; /* 0: a document */
    const char *office, *received, *source, *sender, *form, *state, *case_number;
    const char *name, *kana, *birth, *from, *to;
    const char *reason; /* sheet: of the first field that waits; else why it is no sheet */
    const char *ward;   /* "" or the other ward's code */
    int64_t twin;       /* 0, or the older sheet */
    int waiting_count, urgent;
    const char *cursor;
};

struct tsk_queue {
    struct tsk_queue_item *items;
    size_t count;
    bool more;
};

struct tsk_queue_filter {
    enum tsk_tray tray;
    const char *office, *form, *source; /* NULL = every */
    const char *reason;                 /* NULL, or why a field of the sheet waits: low_confidence, … */
    const char *after;                  /* NULL = from the start */
    int limit;                          /* 0 = 50 */
};

int tsk_queue_list(struct tsk_queue *out, struct tsk_store *store, const struct tsk_scope *scope,
                   const struct tsk_queue_filter *filter, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

struct tsk_queue_counts {
    int64_t tray[TSK_TRAY_COUNT];
    int64_t urgent;
    const char *oldest; /* received, or "" */
    int64_t arrived;    /* documents since the given instant */
    int64_t todos, todos_due;
    int64_t notices_failed; /* failed, or of which nobody knows */
    int64_t notices_waiting;
};

/* today: YYYY-MM-DD in Japan; since: the stamp at which it began. */
int tsk_queue_count(struct tsk_queue_counts *out, struct tsk_store *store, const struct tsk_scope *scope,
                    const char *office, const char *today, const char *since, struct tsk_arena *arena,
                    struct tsk_err *err) TSK_MUST_USE;

/* What the filters offer: each form, source or reason that is on the desk, with how often. */
struct tsk_queue_facet {
    const char *what, *value; /* what: form, source, reason */
    int64_t count;
};

struct tsk_queue_facets {
    struct tsk_queue_facet *items;
    size_t count;
};

int tsk_queue_facet_list(struct tsk_queue_facets *out, struct tsk_store *store, const struct tsk_scope *scope,
                         const char *office, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
