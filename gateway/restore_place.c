#include "gateway/restore_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"

#define CONFIG "tasuki.yaml"

struct place {
    bool unfinished, config, other;
};

static bool is_nothing(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "lost+found") == 0;
}

static int look(struct place *place, const char *dir, struct tsk_err *err)
{
    DIR *list = opendir(dir);

    *place = (struct place){ .other = false };
    if (list == NULL)
        return tsk_fail(err, TSK_REJECT, errno, "cannot list %s", dir);
    for (struct dirent *e = readdir(list); e != NULL; e = readdir(list)) {
        place->unfinished |= strcmp(e->d_name, TSK_RESTORING) == 0;
        place->config |= strcmp(e->d_name, CONFIG) == 0;
        place->other |= !is_nothing(e->d_name) && strcmp(e->d_name, TSK_RESTORING) != 0;
    }
    closedir(list);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* All but the mark, which goes last. */
static int clear(const char *dir)
{
    DIR *list = opendir(dir);
    char path[PATH_MAX];
    int rc = list != NULL ? 0 : -1;

    for (struct dirent *e = rc == 0 ? readdir(list) : NULL; e != NULL && rc == 0; e = readdir(list)) {
        if (is_nothing(e->d_name) || strcmp(e->d_name, TSK_RESTORING) == 0)
            continue;
        rc = snprintf(path, sizeof path, "%s/%s", dir, e->d_name) < (int)sizeof path
                 ? nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS)
                 : -1;
    }
    if (list != NULL)
        closedir(list);
    snprintf(path, sizeof path, "%s/" TSK_RESTORING "/" CONFIG, dir);
    return rc == 0 && (unlink(path) == 0 || errno == ENOENT) ? 0 : -1;
}

void tsk_restore_undo(const char *dir)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/" TSK_RESTORING, dir);
    if (clear(dir) == 0)
        rmdir(path);
}

int tsk_restore_begin(const char *dir, struct tsk_err *err)
{
    struct place place;
    int fd, rc = 0;

    if (tsk_dir_make(dir, 0750, err) != 0 || look(&place, dir, err) != 0)
        return -1;
    if (place.other && (!place.unfinished || place.config))
        return tsk_fail(err, TSK_REJECT, 0, "%s is not empty; a restore never writes over anything", dir);
    if (place.unfinished && clear(dir) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot remove what an unfinished restore left in %s", dir);
    fd = tsk_dir_open(dir, err);
    if (fd < 0)
        return -1;
    if ((tsk_os->mkdirat(fd, TSK_RESTORING, 0700) != 0 && errno != EEXIST) || tsk_os->fsync(fd) != 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "cannot write into %s", dir);
    tsk_os->close(fd);
    if (rc != 0)
        tsk_restore_undo(dir);
    return rc;
}

int tsk_restore_finish(const char *dir, struct tsk_err *err)
{
    int fd = tsk_dir_open(dir, err), rc = 0;

    if (fd < 0)
        return -1;
    if (tsk_os->syncfs(fd) != 0 || tsk_os->renameat(fd, TSK_RESTORING "/" CONFIG, fd, CONFIG) != 0 ||
        tsk_os->fsync(fd) != 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the disk did not take the restored site %s", dir);
    else
        tsk_os->unlinkat(fd, TSK_RESTORING, AT_REMOVEDIR); /* an empty one beside a whole site does no harm */
    tsk_os->close(fd);
    return rc;
}
