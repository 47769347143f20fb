/*
 * document - what was accepted: one row each, whatever became of it
 *
 * Promise    Every accepted document has a row: read (its pages have a state each), held (with a reason that a person
 * can read), or duplicate (linked to its twin). One call turns a document into pages, sheets and fields; which case
 *            the sheets belong to is decided after it, in the same transaction (records/link.h). Calling it again for a spool id that is there changes nothing.
 * Twins      The same bytes under another spool id in the same office are a duplicate: no pages, no sheets, nothing to
 *            notify. The same bytes at another office are that office's own document.
 */
#ifndef TASUKI_RECORDS_DOCUMENT_H
#define TASUKI_RECORDS_DOCUMENT_H

#include "base/hash.h"
#include "forms/reading.h"
#include "records/store.h"

enum tsk_document_state { TSK_DOCUMENT_READ, TSK_DOCUMENT_HELD, TSK_DOCUMENT_DUPLICATE, TSK_DOCUMENT_STATE_COUNT };

struct tsk_document_new { /* from the envelope; the original is in the archive under sha256 */
    const char *spool_id, *office, *source, *sender, *name, *received, *sha256;
    int64_t size_bytes;
    const char *media; /* image/tiff, application/pdf, … or "" */
};

struct tsk_page_new {
    const struct tsk_reading *reading;
    const char *image; /* blob of the upright page, or "" */
    const char *crops; /* blob of the bundle of crops, or "" */
};

struct tsk_versions { /* of what read the page */
    const char *reader, *weights, *calibration;
};

enum tsk_added {
    TSK_ADDED_NEW,
    TSK_ADDED_BEFORE,   /* this spool id is committed: only finish the move */
    TSK_ADDED_DUPLICATE /* recorded and linked to its twin; nothing to notify */
};

struct tsk_document_added {
    enum tsk_added how;
    const char *twin; /* spool id, when duplicate */
    int64_t *sheets;  /* of a new document, in page order */
    size_t sheet_count;
};

struct tsk_document {
    const char *spool_id, *office, *source, *sender, *name, *received, *sha256, *media;
    int64_t size_bytes;
    enum tsk_document_state state;
    const char *reason;       /* held */
    const char *duplicate_of; /* spool id of the twin */
    const char *recorded;     /* UTC */
    int page_count, sheet_count;
    const char *settled, *settled_by, *settled_at, *settled_note; /* see records/settle.h; "" = open */
    const char *handed_to, *handed_by, *handed_at; /* the other office, or "": then it has no pages here */
};

struct tsk_documents {
    struct tsk_document *items;
    size_t count;
};

struct tsk_page {
    int number; /* from 1: its place in the original */
    enum tsk_page_state state;
    const char *reason, *image, *crops;
    int64_t sheet; /* 0 if none */
    int rotation, width_px, height_px;
    double x_dpi, y_dpi; /* 0 = unknown; they need not be equal */
    int64_t id;
    const char *settled, *settled_by, *settled_at, *settled_note; /* see records/settle.h; "" = open */
    const char *case_number;                                      /* of a page without a form */
};

struct tsk_pages {
    struct tsk_page *items;
    size_t count;
};

struct tsk_document_filter {
    const char *state; /* NULL = every; "read", "held", "duplicate" */
    const char *office;
    int limit; /* 0 = 1000; newest first */
};

/* Before asking the recogniser: would adding this be news? twin is set for a duplicate. Records nothing. */
int tsk_document_look(struct tsk_document_added *out, struct tsk_store *store, const struct tsk_document_new *document,
                      struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* pages may be empty only for a duplicate. A document that was held becomes read. */
int tsk_document_add(struct tsk_document_added *out, struct tsk_store *store, const struct tsk_document_new *document,
                     const struct tsk_page_new *pages, size_t page_count, const struct tsk_versions *versions,
                     struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* Could not be decoded: reason is for a person. A document that was read stays read (TSK_ADDED_BEFORE). */
int tsk_document_hold(struct tsk_document_added *out, struct tsk_store *store, const struct tsk_document_new *document,
                      const char *reason, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

int tsk_document_find(struct tsk_document *out, struct tsk_store *store, const struct tsk_scope *scope,
                      const char *spool_id, struct tsk_arena *arena,
                      struct tsk_err *err) TSK_MUST_USE; /* TSK_REJECT when there is none */
int tsk_document_list(struct tsk_documents *out, struct tsk_store *store, const struct tsk_scope *scope,
                      const struct tsk_document_filter *filter, struct tsk_arena *arena,
                      struct tsk_err *err) TSK_MUST_USE;
int tsk_document_pages(struct tsk_pages *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const char *spool_id, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

const char *tsk_document_state_name(enum tsk_document_state state);

#endif
