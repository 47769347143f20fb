/*
 * settle - what a person decides about a page as a page: not a sheet, not ours, the other office's, part of another document
 *
 * Promise    Nothing is thrown away: a page that was put away stays where it was received and can be taken back. Every
 *            decision is one audit line, and the words of a person (to whom it was forwarded) are kept with the page.
 * Sheets     A page that was read as a form takes its sheet off the desk with it: what is queued about it is withdrawn, its
 *            to-dos are closed. A confirmed sheet is not put away: somebody may have been told of it.
 * Hand-over  The pages, with all that was read and set, become the other office's: they leave the giver's sight in the same
 *            transaction. The giver keeps the document's line: when it came, from where, to whom it went, by whom. What a
 *            person had decided waits again, for a person of the taker. Both offices' audit says so.
 */
#ifndef TASUKI_RECORDS_SETTLE_H
#define TASUKI_RECORDS_SETTLE_H

#include "base/hash.h"
#include "records/document.h"

#define TSK_DESK_NAME "desk" /* who closes a to-do that went with its page */

/* as: filed, forwarded (note: to whom), junk, not_ours, duplicate; "" takes it back. */
int tsk_page_put_away(struct tsk_store *store, const struct tsk_scope *scope, int64_t page, const char *as,
                      const char *note, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* A held document: filed, forwarded, junk, not_ours; "" takes it back. */
int tsk_document_settle(struct tsk_store *store, const struct tsk_scope *scope, const char *spool_id, const char *as,
                        const char *note, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* A page without a form is part of a case: a letter, a second page. case_number "" takes it back. */
int tsk_page_assign(struct tsk_store *store, const struct tsk_scope *scope, int64_t page, const char *case_number,
                    const char *by, struct tsk_err *err) TSK_MUST_USE;

enum tsk_suspicion { TSK_SUSPECT_TWIN, TSK_SUSPECT_WARD };
/* "It is no duplicate", "the patient is ours all the same"; stands false: the suspicion comes back. */
int tsk_sheet_clear(struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet, enum tsk_suspicion what,
                    bool cleared, const char *by, struct tsk_err *err) TSK_MUST_USE;

/* pages: every page of the document by number, in the order in which people want to see them. */
int tsk_document_order(struct tsk_store *store, const struct tsk_scope *scope, const char *spool_id, const int *pages,
                       size_t count, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* The pages become a document of their own, with the same original. At least one page stays. */
int tsk_document_split(char spool_id[TSK_ID_SIZE], struct tsk_store *store, const struct tsk_scope *scope,
                       const char *from, const int *pages, size_t count, const char *by,
                       struct tsk_err *err) TSK_MUST_USE;
/* spool_id: of the taker's row. */
int tsk_document_hand_over(char spool_id[TSK_ID_SIZE], struct tsk_store *store, const struct tsk_scope *scope,
                           const char *from, const char *to_office, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* Whether pages of the same original are another office's by now. The bytes as they came show every page, so neither office
 * is shown them any more; each sees the images of its own. document: as tsk_document_find() gave it. */
int tsk_document_is_shared(bool *shared, struct tsk_store *store, const struct tsk_document *document,
                           struct tsk_err *err) TSK_MUST_USE;
/* A held document has no pages: its bytes go to the taker through the spool, as taken. Here one line stays; the original is
 * shown no more. */
int tsk_document_held_hand_over(struct tsk_store *store, const struct tsk_scope *scope, const char *spool_id,
                                const char *to_office, const char *taken, const char *by,
                                struct tsk_err *err) TSK_MUST_USE;
/* A mail without a sheet is held as well, but only in the records: its to-do has its words, the archive its bytes. */
int tsk_document_is_letter(bool *letter, struct tsk_store *store, const struct tsk_document *document,
                           struct tsk_err *err) TSK_MUST_USE;
/* taken: the taker's document, with a to-do of its own; here the to-do is closed, and the original is shown no more. */
int tsk_document_letter_hand_over(char taken[TSK_ID_SIZE], struct tsk_store *store, const struct tsk_scope *scope,
                                  const char *spool_id, const char *to_office, const char *by,
                                  struct tsk_err *err) TSK_MUST_USE;

#endif
