#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/os.h"

#define LOCK_PAUSE_MS 5

int tsk_write_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t done = tsk_os->write(fd, at, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            if (done == 0)
                errno = EIO;
            return -1;
        }
        at += done;
        len -= (size_t)done;
    }
    return 0;
}

int tsk_fd_read(int fd, const char *what, struct tsk_buf *out, struct tsk_err *err)
{
    char bytes[65536];

    for (;;) {
        ssize_t got = tsk_os->read(fd, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tsk_fail(err, TSK_RETRY, errno, "cannot read %s", what);
        if (got == 0)
            return 0;
        tsk_buf_add(out, bytes, (size_t)got);
        if (out->failed)
            return tsk_fail(err, TSK_REJECT, 0, "%s is larger than the %zu bytes that are allowed", what, out->max);
    }
}

int tsk_file_read(const char *path, struct tsk_buf *out, struct tsk_err *err)
{
    int fd = tsk_os->openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);

    if (fd < 0)
        return tsk_fail(err, errno == ENOENT || errno == EACCES ? TSK_REJECT : TSK_RETRY, errno, "cannot open %s",
                        path);
    int rc = tsk_fd_read(fd, path, out, err);
    tsk_os->close(fd);
    return rc;
}

/* write, fsync, close; the descriptor is gone afterwards, whatever happened */
static int fill(int fd, const void *bytes, size_t len)
{
    int saved = 0;

    if (tsk_write_all(fd, bytes, len) != 0 || tsk_os->fsync(fd) != 0)
        saved = errno;
    if (tsk_os->close(fd) != 0 && saved == 0)
        saved = errno;
    errno = saved;
    return saved == 0 ? 0 : -1;
}

int tsk_file_put(int dir, const char *name, const void *bytes, size_t len, mode_t mode, struct tsk_err *err)
{
    char id[TSK_ID_SIZE];
    char tmp[sizeof id + 8];

    tsk_id_new(id);
    snprintf(tmp, sizeof tmp, ".tmp-%s", id);
    int fd = tsk_os->openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot create a file beside %s", name);
    if (fill(fd, bytes, len) != 0 || tsk_os->renameat(dir, tmp, dir, name) != 0) {
        int saved = errno;
        tsk_os->unlinkat(dir, tmp, 0);
        return tsk_fail(err, TSK_RETRY, saved, "cannot write %s", name);
    }
    if (tsk_os->fsync(dir) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot sync the folder of %s", name);
    return 0;
}

int tsk_file_put_path(const char *path, const void *bytes, size_t len, mode_t mode, struct tsk_err *err)
{
    const char *slash = strrchr(path, '/');
    char folder[4096] = ".";

    if (slash != NULL) {
        size_t folder_len = slash == path ? 1 : (size_t)(slash - path);
        if (folder_len >= sizeof folder)
            return tsk_fail(err, TSK_REJECT, ENAMETOOLONG, "cannot write %s", path);
        memcpy(folder, path, folder_len);
        folder[folder_len] = '\0';
    }
    int dir = tsk_dir_open(folder, err);
    if (dir < 0)
        return -1;
    int rc = tsk_file_put(dir, slash != NULL ? slash + 1 : path, bytes, len, mode, err);
    tsk_os->close(dir);
    return rc;
}

int tsk_dir_open(const char *path, struct tsk_err *err)
{
    int dir = tsk_os->openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

    if (dir < 0)
        tsk_fail(err, TSK_REJECT, errno, "cannot open the folder %s", path);
    return dir;
}

int tsk_dir_make(const char *path, mode_t mode, struct tsk_err *err)
{
    char part[4096];
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof part)
        return tsk_fail(err, TSK_REJECT, ENAMETOOLONG, "cannot make the folder %.80s", path);
    memcpy(part, path, len + 1);
    for (char *at = part + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (tsk_os->mkdirat(AT_FDCWD, part, 0755) != 0 && errno != EEXIST)
            return tsk_fail(err, TSK_REJECT, errno, "cannot make the folder %s", part);
        *at = '/';
    }
    if (tsk_os->mkdirat(AT_FDCWD, path, mode) != 0 && errno != EEXIST)
        return tsk_fail(err, TSK_REJECT, errno, "cannot make the folder %s", path);
    return 0;
}

int tsk_lock(int fd, int how, int64_t wait_ms)
{
    int64_t until_ms = tsk_mono_ms() + wait_ms;

    while (flock(fd, how | LOCK_NB) != 0) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || tsk_mono_ms() >= until_ms)
            return -1;
        tsk_sleep_ms(LOCK_PAUSE_MS);
    }
    return 0;
}
