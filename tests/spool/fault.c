#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"

#define UNSYNCED_MAX 256

static enum fault_how armed_how;
static unsigned armed_nth, call_count;
static int armed_error;
static bool fired;
static size_t room_bytes;
static char calls[65536];
static ino_t unsynced[UNSYNCED_MAX];
static size_t unsynced_count;

static void note(const char *name)
{
    size_t len = strlen(calls);

    if (len + strlen(name) + 2 < sizeof calls) {
        if (len > 0)
            calls[len++] = ' ';
        memcpy(calls + len, name, strlen(name) + 1);
    }
}

static bool fails(const char *name)
{
    note(name);
    call_count++;
    if (armed_nth == 0 || call_count < armed_nth || (call_count > armed_nth && armed_how == FAULT_ONCE))
        return false;
    fired = true;
    if (armed_how == FAULT_KILL)
        _exit(FAULT_EXIT);
    errno = armed_error;
    return true;
}

static void mark(ino_t inode, bool dirty)
{
    for (size_t i = 0; i < unsynced_count; i++)
        if (unsynced[i] == inode) {
            if (!dirty)
                unsynced[i] = unsynced[--unsynced_count];
            return;
        }
    if (dirty && unsynced_count < UNSYNCED_MAX)
        unsynced[unsynced_count++] = inode;
}

static void mark_fd(int fd, bool dirty)
{
    struct stat st;

    /* What has no name, and a pipe, is nothing that a power cut could set back. */
    if (fd != AT_FDCWD && fstat(fd, &st) == 0 && st.st_nlink > 0 && !S_ISFIFO(st.st_mode))
        mark(st.st_ino, dirty);
}

static int f_openat(int dir, const char *name, int flags, mode_t mode)
{
    if (fails(flags & O_DIRECTORY ? "opendir" : "open"))
        return -1;
    if (flags & O_CREAT)
        mark_fd(dir, true);
    return openat(dir, name, flags, mode);
}

static ssize_t f_read(int fd, void *bytes, size_t len)
{
    return fails("read") ? -1 : read(fd, bytes, len);
}

static ssize_t f_write(int fd, const void *bytes, size_t len)
{
    if (fails("write"))
        return -1;
    if (len > room_bytes) {
        if (room_bytes == 0) {
            errno = ENOSPC;
            return -1;
        }
        len = room_bytes;
    }
    if (room_bytes != (size_t)-1)
        room_bytes -= len;
    mark_fd(fd, true);
    return write(fd, bytes, len);
}

static int f_fsync(int fd)
{
    struct stat st;

    if (fails(fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? "fsyncdir" : "fsync"))
        return -1;
    mark_fd(fd, false);
    return fsync(fd);
}

static int f_close(int fd)
{
    int failed = fails("close");

    close(fd); /* the descriptor is gone either way */
    return failed ? -1 : 0;
}

static int f_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    if (fails("rename"))
        return -1;
    mark_fd(from_dir, true);
    mark_fd(to_dir, true);
    return renameat(from_dir, from, to_dir, to);
}

static int f_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    if (fails("link"))
        return -1;
    mark_fd(to_dir, true);
    return linkat(from_dir, from, to_dir, to, flags);
}

static int f_unlinkat(int dir, const char *name, int flags)
{
    return fails("unlink") ? -1 : unlinkat(dir, name, flags);
}

static int f_mkdirat(int dir, const char *name, mode_t mode)
{
    if (fails("mkdir"))
        return -1;
    if (mkdirat(dir, name, mode) != 0)
        return -1;
    mark_fd(dir, true);
    return 0;
}

static int f_fstatat(int dir, const char *name, struct stat *st, int flags)
{
    return fails("stat") ? -1 : fstatat(dir, name, st, flags);
}

static const struct tsk_os faulty = { f_openat,   f_read,   f_write,    f_fsync,   f_close,
                                      f_renameat, f_linkat, f_unlinkat, f_mkdirat, f_fstatat };

/* A child that a module forks has faults of its own making only. */
static void disarm(void)
{
    armed_nth = 0;
}

void fault_start(void)
{
    static bool watched;

    if (!watched)
        pthread_atfork(NULL, NULL, disarm);
    watched = true;
    armed_nth = call_count = 0;
    fired = false;
    room_bytes = (size_t)-1;
    calls[0] = '\0';
    unsynced_count = 0;
    tsk_os = &faulty;
}

void fault_arm(enum fault_how how, unsigned nth, int error)
{
    armed_how = how;
    armed_nth = nth;
    armed_error = error;
}

void fault_disk_full_after(size_t bytes)
{
    room_bytes = bytes;
}

void fault_stop(void)
{
    tsk_os = &tsk_os_real;
}

bool fault_fired(void)
{
    return fired;
}

const char *fault_calls(void)
{
    return calls;
}

size_t fault_unsynced(void)
{
    return unsynced_count;
}
