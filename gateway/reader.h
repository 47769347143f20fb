/*
 * reader - documents of the spool become records
 *
 * Order      attempt noted, original, pages and crops in the archive (synced), one transaction (document, pages, sheets, case,
 *            notices, audit), out of the spool. Stopped between any two of them, the next start finishes or repeats, and the
 *            records show the document once.
 * Blame      A document that ends its child twice goes to held/; so does one whose reading was interrupted ten times by
 *            something else. A full disk, a busy database and a stop do not count.
 * Moved      What comes for an office that left for another site (records/move.h) waits in held/ without a row, for `tasuki office late`.
 * Held       A document that cannot be decoded gets its row with the reason in the same way, then waits in held/.
 */
#ifndef TASUKI_GATEWAY_READER_H
#define TASUKI_GATEWAY_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "gateway/site.h"

#define TSK_READER_MOVED "the office has moved to another site; tasuki office late"

struct tsk_reader;

enum tsk_reader_step {
    TSK_READER_IDLE,  /* nothing to read */
    TSK_READER_DONE,  /* a document was finished, held or found to be known */
    TSK_READER_LATER, /* the machine is at fault: wait before the next step */
    TSK_READER_STOPPED
};

int tsk_reader_open(struct tsk_reader **out, const struct tsk_site *site, struct tsk_err *err) TSK_MUST_USE;
void tsk_reader_close(struct tsk_reader **reader);
/* Takes up what a reader that died had in hand; at the start of one, and whenever there is nothing else to do. How many, or -1. */
int tsk_reader_recover(struct tsk_reader *reader, struct tsk_err *err) TSK_MUST_USE;
/* One document. role: the process has called tsk_role_start() and wants to be stopped while reading. */
enum tsk_reader_step tsk_reader_step(struct tsk_reader *reader, bool role);

/* For tests of the order: called at "attempted", "read", "archived", "committed", "finished". NULL in production. */
extern void (*tsk_reader_boundary)(const char *name);

#endif
