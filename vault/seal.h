/*
 * seal - bytes that only the site's key opens: one stream a file, authenticated from the first byte to the last
 *
 * Format     8 bytes "\2TSKSEAL", 1 purpose, 3 zero, 8 key id, 24 header of libsodium's secretstream (XChaCha20-Poly1305), then
 *            chunks of 64 KiB (17 bytes longer when sealed), the last one tagged as the end. The first 20 bytes are
 *            authenticated with the first chunk. What a file shows is its length and which key, nothing else.
 * Promise    A file that was shortened, put together anew or changed by one bit does not open (TSK_HOLD). Nothing is handed on
 *            before its chunk is authenticated; whoever must not use the beginning of a cut file waits for the return.
 * Disk       Bytes go through tsk_os, and syncing is the caller's: the order of writing does not change by sealing.
 */
#ifndef TASUKI_VAULT_SEAL_H
#define TASUKI_VAULT_SEAL_H

#include "base/buf.h"
#include "vault/vault.h"

#define TSK_SEAL_HEAD_BYTES 44
#define TSK_SEAL_CHUNK_BYTES 65536
#define TSK_SEAL_FIRST_BYTE 2 /* of the format, so that an archive tells it from a plain file */

struct tsk_sealer;

int tsk_seal_start(struct tsk_sealer **out, struct tsk_vault *vault, enum tsk_use use, int fd,
                   struct tsk_err *err) TSK_MUST_USE;
int tsk_seal_add(struct tsk_sealer *sealer, const void *bytes, size_t len,
                 struct tsk_err *err) TSK_MUST_USE; /* TSK_RETRY with the disk's errno */
int tsk_seal_end(struct tsk_sealer **sealer,
                 struct tsk_err *err) TSK_MUST_USE; /* writes the last chunk; frees in any case */
void tsk_seal_drop(struct tsk_sealer **sealer);     /* NULL is fine */

/* A whole file in memory. */
int tsk_seal_bytes(struct tsk_buf *out, struct tsk_vault *vault, enum tsk_use use, const void *bytes, size_t len,
                   struct tsk_err *err) TSK_MUST_USE;

/* From the descriptor's offset to the end. take is called a chunk at a time; -1 from it ends the reading with its error. */
typedef int tsk_unseal_take(void *ctx, const void *bytes, size_t len, struct tsk_err *err);
int tsk_unseal_fd(int fd, const char *what, struct tsk_vault *vault, enum tsk_use use, tsk_unseal_take *take, void *ctx,
                  struct tsk_err *err) TSK_MUST_USE;
/* Appends; out->max is the cap. */
int tsk_unseal_to_buf(struct tsk_buf *out, int fd, const char *what, struct tsk_vault *vault, enum tsk_use use,
                      struct tsk_err *err) TSK_MUST_USE;
/* The same of bytes in memory. */
int tsk_unseal_bytes(struct tsk_buf *out, const void *bytes, size_t len, const char *what, struct tsk_vault *vault,
                     enum tsk_use use, struct tsk_err *err) TSK_MUST_USE;
/* Which key: false when the bytes do not begin like a sealed file of this purpose. */
bool tsk_sealed_with(char id[TSK_KEY_ID_SIZE], const void *head, size_t len, enum tsk_use use);

#endif
