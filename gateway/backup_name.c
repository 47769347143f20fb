#include "gateway/backup_name.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "base/os.h"

#define DAY_MS INT64_C(86400000)
#define SECOND_MS INT64_C(1000)
#define SECONDS_MAX 600 /* that names may be ahead of the clock */
#define LOCK_WAIT_MS 60000
#define NAME_SIZE sizeof "tasuki-20261125T023000Z" TSK_BACKUP_SUFFIX

static const char *name_at(char out[NAME_SIZE], int64_t ms)
{
    char stamp[TSK_STAMP_SIZE];

    tsk_stamp(ms, stamp);
    snprintf(out, NAME_SIZE, "tasuki-%.4s%.2s%.2sT%.2s%.2s%.2sZ" TSK_BACKUP_SUFFIX, stamp, stamp + 5, stamp + 8,
             stamp + 11, stamp + 14, stamp + 17);
    return out;
}

/* The first second from the beginning on of which there is no backup: names go up as backups are made, whatever a second brings. */
static int free_name(char out[NAME_SIZE], int folder, int64_t began_ms, struct tsk_err *err)
{
    struct stat st;

    for (int i = 0; i < SECONDS_MAX; i++) {
        name_at(out, began_ms + i * SECOND_MS);
        if (tsk_os->fstatat(folder, out, &st, AT_SYMLINK_NOFOLLOW) == 0)
            continue;
        return errno == ENOENT ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot look at %s", out);
    }
    return tsk_fail(err, TSK_RETRY, 0, "there is a backup of every second of the last minutes; try again later");
}

int tsk_backup_give_name(struct tsk_backup *out, int folder, const char *tmp, const char *path, int64_t began_ms,
                         struct tsk_err *err)
{
    char name[NAME_SIZE];
    int rc;

    if (tsk_lock(folder, LOCK_EX, LOCK_WAIT_MS) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot lock %s", path);
    rc = free_name(name, folder, began_ms, err);
    if (rc == 0 && snprintf(out->path, sizeof out->path, "%s/%s", path, name) >= (int)sizeof out->path)
        rc = tsk_fail(err, TSK_REJECT, 0, "the name of the folder is too long");
    if (rc == 0 && (tsk_os->renameat(folder, tmp, folder, name) != 0 || tsk_os->fsync(folder) != 0))
        rc = tsk_fail(err, TSK_RETRY, errno, "cannot give the backup its name %s", out->path);
    flock(folder, LOCK_UN);
    return rc;
}

static int is_backup(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), suffix = strlen(TSK_BACKUP_SUFFIX);

    return len == NAME_SIZE - 1 && strncmp(entry->d_name, "tasuki-2", 8) == 0 &&
           strcmp(entry->d_name + len - suffix, TSK_BACKUP_SUFFIX) == 0;
}

/* What a killed backup left behind: a day old, so that none is still being written, or of a clock that was far ahead. */
static void sweep(const char *folder)
{
    DIR *list = opendir(folder);
    struct stat st;

    for (struct dirent *e = list != NULL ? readdir(list) : NULL; e != NULL; e = readdir(list))
        if (strncmp(e->d_name, ".tmp-", 5) == 0 && fstatat(dirfd(list), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            llabs((long long)(tsk_wall_ms() - (int64_t)st.st_mtim.tv_sec * 1000)) > DAY_MS)
            unlinkat(dirfd(list), e->d_name, 0);
    if (list != NULL)
        closedir(list);
}

/* Where the names begin that a clock gave which was far ahead. */
static int first_ahead(struct dirent *const *entries, int count)
{
    char limit[NAME_SIZE];
    int i = 0;

    name_at(limit, tsk_wall_ms() + DAY_MS);
    while (i < count && strcmp(entries[i]->d_name, limit) <= 0)
        i++;
    return i;
}

/* By name; but what was made while the clock was far ahead is older than all that was made since. */
int tsk_backup_prune(const char *folder, uint32_t keep, const char *newest, struct tsk_err *err)
{
    const char *slash = strrchr(newest, '/'), *kept = slash != NULL ? slash + 1 : newest;
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_backup, alphasort), removed = 0, start;

    if (count < 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot list %s", folder);
    start = first_ahead(entries, count);
    for (int i = 0; i < count - (int)keep; i++) {
        const char *name = entries[(start + i) % count]->d_name;
        char path[PATH_MAX];

        if (strcmp(name, kept) != 0 && snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path)
            removed += unlink(path) == 0;
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    sweep(folder);
    return removed;
}
