/*
 * fax_in - received faxes of a spooler become documents, once, whoever sees them first
 *
 * Input      Hostile: what the line told (numbers, names, the file). Nothing of it is a command or a path.
 * Once       The hook and the sweep share a list of what was taken (site/taken/), one file for each (source, name, size,
 *            time of change), with the hash of the content in it. It is written after the spool has the document: a crash
 *            between the two brings the same bytes in again, and the records know them as a duplicate.
 * Locked     While HylaFAX writes a fax it holds flock(LOCK_EX): such a file is not touched.
 * Left       The spooler's own file stays where it is: it belongs to the spooler, which cleans up by itself.
 */
#ifndef TASUKI_GATEWAY_FAX_IN_H
#define TASUKI_GATEWAY_FAX_IN_H

#include "gateway/site.h"
#include "spool/spool.h"

#define TSK_FAX_CALLIDS_MAX 8

struct tsk_fax_call {
    const char *name;   /* of the file, without folder */
    const char *device; /* modem, or "" */
    const char *fault;  /* the spooler's error, or "" */
    const char *callids[TSK_FAX_CALLIDS_MAX];
    size_t callid_count;
    const char *sender, *called, *caller; /* NULL = by callids */
    int pages;                            /* 0 = unknown */
};

enum tsk_fax_took { TSK_FAX_TAKEN, TSK_FAX_KNOWN, TSK_FAX_LOCKED };

/* Which source a call belongs to: by the number that was called, by the modem, or the only one. NULL with *err. */
const struct tsk_source *tsk_fax_source(const struct tsk_config *config, const struct tsk_fax_call *call,
                                        struct tsk_err *err);
/* fd: the spooler's file. wait_ms: for its lock. */
int tsk_fax_take(enum tsk_fax_took *took, char id[TSK_ID_SIZE], const struct tsk_site *site, struct tsk_spool *spool,
                 const struct tsk_source *source, const struct tsk_fax_call *call, int fd, int wait_ms,
                 struct tsk_err *err) TSK_MUST_USE;
/* Takes what lies in the recvq of a source and was not taken yet; returns how many. Trouble is logged. */
int tsk_fax_sweep(const struct tsk_site *site, struct tsk_spool *spool, const struct tsk_source *source);

/* Digits as dialled in Japan: "+81 6 1234 5678" and "06-1234-5678" are one number. */
void tsk_fax_number(char *out, size_t size, const char *text);

#endif
