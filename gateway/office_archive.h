/*
 * office_archive - one file with one office in it, closed for the site that it goes to
 *
 * Format     "TASUKI-OFFICE-1\n", a key in a box for the new site (vault/box.h), then a tar sealed with that key: office.json, office.yaml,
 *            records/TABLE.jsonl, audit.jsonl, archive/SHA256, spool/STATE/ID/…, MANIFEST. Neither site's own key is in it.
 * Digest     SHA-256 of the MANIFEST: what two people compare on the telephone. A box does not tell who closed it.
 */
#ifndef TASUKI_GATEWAY_OFFICE_ARCHIVE_H
#define TASUKI_GATEWAY_OFFICE_ARCHIVE_H

#include <jansson.h>

#include "gateway/backup_read.h"
#include "gateway/spool_site.h"
#include "gateway/tar_write.h"

#define TSK_OFFICE_SUFFIX ".office"
#define TSK_OFFICE_FORMAT 1
#define TSK_OFFICE_HEAD 16
extern const char tsk_office_magic[TSK_OFFICE_HEAD + 1];

struct tsk_office_archive {
    const char *path;
    struct tsk_vault *transfer; /* of the key that was in the box */
    struct tsk_buf manifest;
    char digest[TSK_SHA256_HEX];
    struct tsk_backup seen; /* files, documents of the spool, bytes */
    /* of office.json */
    json_t *about;
    const char *office;
    int64_t schema;
    struct tsk_buf yaml; /* office.yaml */
};

/* Opens it with a key of the site and reads all of it: the manifest holds, and every name is one that belongs there. */
int tsk_office_archive_open(struct tsk_office_archive *out, const char *path, struct tsk_vault *site,
                            struct tsk_err *err) TSK_MUST_USE;
void tsk_office_archive_close(struct tsk_office_archive *archive);
/* Again, for what is inside. TSK_HOLD when it is not the same any more. */
int tsk_office_archive_read(struct tsk_office_archive *archive, const struct tsk_backup_visitor *visitor,
                            struct tsk_err *err) TSK_MUST_USE;
/* Reads one that was just written, with its key; digest of its manifest. */
int tsk_office_archive_verify(char digest[TSK_SHA256_HEX], const char *path, struct tsk_vault *transfer,
                              struct tsk_err *err) TSK_MUST_USE;
/* The lines of the manifest; -1 from each ends it. The name is without its folder. */
int tsk_office_archive_names(const struct tsk_office_archive *archive, const char *folder,
                             int (*each)(void *ctx, const char *name, const char *sha256, struct tsk_err *err),
                             void *ctx, struct tsk_err *err) TSK_MUST_USE;

/* What only somebody can sign who opened the archive. */
int tsk_office_receipt_key(char out[TSK_SHA256_HEX], struct tsk_vault *transfer, struct tsk_err *err) TSK_MUST_USE;
/* Over every part of a receipt but "mac". -1 without memory. */
int tsk_office_receipt_mac(char out[TSK_SHA256_HEX], const json_t *receipt, const char *key,
                           struct tsk_err *err) TSK_MUST_USE;

/* Documents of the spool that are of the office, whatever their state; id's room belongs to the list. */
struct tsk_office_documents {
    struct {
        char id[TSK_ID_SIZE];
        enum tsk_spool_state state;
    } * items;
    size_t count;
};
int tsk_office_documents(struct tsk_office_documents *out, struct tsk_spool *spool, const char *office,
                         struct tsk_err *err) TSK_MUST_USE;

#endif
