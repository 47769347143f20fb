/* backup_read - one way through a backup for whoever verifies or restores */
#ifndef TASUKI_GATEWAY_BACKUP_READ_H
#define TASUKI_GATEWAY_BACKUP_READ_H

#include <sodium.h>

#include "base/buf.h"
#include "gateway/backup.h"

struct tsk_backup_visitor { /* -1 ends the reading */
    int (*begin)(void *ctx, const char *name, uint64_t size, struct tsk_err *err);
    int (*bytes)(void *ctx, const void *bytes, size_t len, struct tsk_err *err);
    int (*end)(void *ctx, struct tsk_err *err);
    void *ctx;
};

/* manifest: appended to when not NULL. What a visitor was given is only to be trusted after 0 was returned. */
int tsk_backup_read(struct tsk_backup *out, struct tsk_buf *manifest, const char *path, struct tsk_vault *vault,
                    const struct tsk_backup_visitor *visitor, struct tsk_err *err) TSK_MUST_USE;

/* The same from a descriptor's offset to its end. what: for messages. */
int tsk_backup_read_fd(struct tsk_backup *out, struct tsk_buf *manifest, int fd, const char *what,
                       struct tsk_vault *vault, enum tsk_use use, const struct tsk_backup_visitor *visitor,
                       struct tsk_err *err) TSK_MUST_USE;

#endif
