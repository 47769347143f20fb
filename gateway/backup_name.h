/* backup_name - what generations of backups are called, and which of them go; see gateway/backup.h */
#ifndef TASUKI_GATEWAY_BACKUP_NAME_H
#define TASUKI_GATEWAY_BACKUP_NAME_H

#include "gateway/backup.h"

/* tmp, in folder (a descriptor, and its path), becomes a backup; out->path says which. Two that end at once take different names. */
int tsk_backup_give_name(struct tsk_backup *out, int folder, const char *tmp, const char *path, int64_t began_ms,
                         struct tsk_err *err) TSK_MUST_USE;

#endif
