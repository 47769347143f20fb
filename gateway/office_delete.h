/*
 * office_delete - an office that has moved leaves the former site for good, with a certificate
 *
 * May        With the new site's receipt, which nobody can sign who did not open the archive, and only while the records are what was
 *            exported. Or without, or although something was recorded since, on the word of two people, one after the other; not
 *            over a hold, unless a receipt says that it is held there.
 * Order      With the write lock held: looked at, noted in the log of purges (so that no restore brings it back), deleted, certified,
 *            committed; then what lay in the spool, and the files of the archive that no other office's record names. Whoever is
 *            stopped in between is finished by the same command.
 * Stays      The audit chain, whole, as at every purge; the row of the office; the certificate.
 */
#ifndef TASUKI_GATEWAY_OFFICE_DELETE_H
#define TASUKI_GATEWAY_OFFICE_DELETE_H

#include "gateway/site_routing.h"

struct tsk_office_delete_wish {
    const char *office, *by;
    const char *receipt; /* the text of it, or NULL */
    const char *why;     /* without a receipt */
};

struct tsk_office_deleted {
    bool asked; /* a second person has to say the same; nothing was deleted */
    int64_t rows, files, files_left;
    size_t documents; /* of the spool */
};

int tsk_office_delete(struct tsk_office_deleted *out, const struct tsk_site *site, struct tsk_records *records,
                      const struct tsk_office_delete_wish *wish, struct tsk_err *err) TSK_MUST_USE;

#endif
