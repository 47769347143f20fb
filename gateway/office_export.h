/*
 * office_export - one office of a site that goes on working, into one file for another site
 *
 * Order      The office is noted as leaving first, so that from here on nothing of it is sent or recorded at this site; then the
 *            database is copied at one instant, and the copy written out; then files of the archive, which nobody takes away
 *            meanwhile, and documents of the spool. The file has its name only after it was synced and read again.
 * Stopped    anywhere, the office is leaving and no archive has a name: export again, or `tasuki office stay`.
 */
#ifndef TASUKI_GATEWAY_OFFICE_EXPORT_H
#define TASUKI_GATEWAY_OFFICE_EXPORT_H

#include <limits.h>

#include "gateway/site_routing.h"
#include "vault/paper.h"

struct tsk_office_export {
    char path[PATH_MAX];
    char digest[TSK_SHA256_HEX];
    size_t files, documents; /* of the archive; of the spool */
    int64_t rows, entries;   /* of the tables; of the audit chain */
    uint64_t bytes;
};

struct tsk_office_export_wish {
    const char *office, *folder, *by;
    unsigned char to[TSK_KEY_BYTES]; /* public key of the new site */
};

int tsk_office_export(struct tsk_office_export *out, const struct tsk_site *site, struct tsk_records *records,
                      const struct tsk_office_export_wish *wish, struct tsk_err *err) TSK_MUST_USE;

#endif
