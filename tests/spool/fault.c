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
#define NAMES_MAX 256

static enum fault_how armed_how;
static unsigned armed_nth, call_count;
static int armed_error;
static bool fired;
static size_t room_bytes;
static char calls[65536];
static unsigned sync_count, left_out;
static int cut_at_kill = -1;

static struct dirty {
    ino_t inode;
    int fd;     /* of our own, of a file that was written to; else -1 */
    off_t size; /* when it was whole last */
} unsynced[UNSYNCED_MAX];
static size_t unsynced_count;

static struct name { /* that came to be, or moved, and is not synced; from_dir -1: made */
    int dir, from_dir;
    ino_t inode; /* of dir */
    char name[256], from[256];
} names[NAMES_MAX];
static size_t name_count;

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
    if (armed_how == FAULT_KILL && cut_at_kill >= 0)
        fault_power_cut((enum fault_cut)cut_at_kill);
    if (armed_how == FAULT_KILL)
        _exit(FAULT_EXIT);
    errno = armed_error;
    return true;
}

static void mark_clean(ino_t inode)
{
    for (size_t i = 0; i < unsynced_count; i++)
        if (unsynced[i].inode == inode) {
            if (unsynced[i].fd >= 0)
                close(unsynced[i].fd);
            unsynced[i] = unsynced[--unsynced_count];
            return;
        }
}

static void mark_dirty(int fd, bool file)
{
    struct stat st;

    /* What has no name, and a pipe, is nothing that a power cut could set back. */
    if (fd == AT_FDCWD || fstat(fd, &st) != 0 || st.st_nlink == 0 || S_ISFIFO(st.st_mode))
        return;
    for (size_t i = 0; i < unsynced_count; i++)
        if (unsynced[i].inode == st.st_ino)
            return;
    if (unsynced_count < UNSYNCED_MAX)
        unsynced[unsynced_count++] =
            (struct dirty){ st.st_ino, file ? fcntl(fd, F_DUPFD_CLOEXEC, 100) : -1, st.st_size };
}

/* from NULL: it was made. */
static void note_name(int dir, const char *name, int from_dir, const char *from)
{
    struct stat st;
    struct name *n = &names[name_count];

    if (name_count == NAMES_MAX || fstat(dir, &st) != 0)
        return;
    *n = (struct name){ .dir = fcntl(dir, F_DUPFD_CLOEXEC, 100), .from_dir = -1, .inode = st.st_ino };
    snprintf(n->name, sizeof n->name, "%s", name);
    if (from != NULL) {
        n->from_dir = fcntl(from_dir, F_DUPFD_CLOEXEC, 100);
        snprintf(n->from, sizeof n->from, "%s", from);
    }
    name_count++;
}

static void names_are_down(ino_t inode)
{
    size_t kept = 0;

    for (size_t i = 0; i < name_count; i++) {
        if (names[i].inode != inode) {
            names[kept++] = names[i];
            continue;
        }
        close(names[i].dir);
        if (names[i].from_dir >= 0)
            close(names[i].from_dir);
    }
    name_count = kept;
}

static void lose_bytes(const struct dirty *file, bool garble)
{
    char zeros[512] = "";
    struct stat st;

    if (file->fd < 0 || fstat(file->fd, &st) != 0)
        return;
    if (!garble)
        (void)!ftruncate(file->fd, file->size);
    for (off_t at = file->size; garble && at < st.st_size; at += (off_t)sizeof zeros) {
        size_t left = (size_t)(st.st_size - at);

        (void)!pwrite(file->fd, zeros, left < sizeof zeros ? left : sizeof zeros, at);
    }
}

void fault_power_cut(enum fault_cut how)
{
    for (size_t i = 0; how != FAULT_CUT_NAMES && i < unsynced_count; i++)
        lose_bytes(&unsynced[i], how == FAULT_CUT_GARBLE);
    for (size_t i = name_count; (how == FAULT_CUT_NAMES || how == FAULT_CUT_BOTH) && i-- > 0;) {
        const struct name *n = &names[i];

        if (n->from_dir >= 0)
            (void)renameat(n->dir, n->name, n->from_dir, n->from);
        else if (unlinkat(n->dir, n->name, 0) != 0)
            (void)unlinkat(n->dir, n->name, AT_REMOVEDIR); /* one with something in it stays, as it may */
    }
}

static int f_openat(int dir, const char *name, int flags, mode_t mode)
{
    if (fails(flags & O_DIRECTORY ? "opendir" : "open"))
        return -1;
    if ((flags & O_CREAT) == 0)
        return openat(dir, name, flags, mode);

    int fd = openat(dir, name, flags | O_EXCL, mode);
    if (fd < 0 && errno == EEXIST)
        return openat(dir, name, flags, mode);
    if (fd >= 0) {
        mark_dirty(dir, false);
        note_name(dir, name, -1, NULL);
    }
    return fd;
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
    mark_dirty(fd, true);
    return write(fd, bytes, len);
}

static int f_fsync(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || fails(S_ISDIR(st.st_mode) ? "fsyncdir" : "fsync"))
        return -1;
    if (++sync_count == left_out)
        return 0;
    mark_clean(st.st_ino);
    names_are_down(st.st_ino);
    return fsync(fd);
}

static int f_syncfs(int fd)
{
    if (fails("syncfs"))
        return -1;
    if (++sync_count == left_out)
        return 0;
    while (unsynced_count > 0)
        mark_clean(unsynced[0].inode);
    while (name_count > 0)
        names_are_down(names[0].inode);
    return syncfs(fd);
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
    if (renameat(from_dir, from, to_dir, to) != 0)
        return -1;
    mark_dirty(from_dir, false);
    mark_dirty(to_dir, false);
    note_name(to_dir, to, from_dir, from);
    return 0;
}

static int f_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    if (fails("link"))
        return -1;
    if (linkat(from_dir, from, to_dir, to, flags) != 0)
        return -1;
    mark_dirty(to_dir, false);
    note_name(to_dir, to, -1, NULL);
    return 0;
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
    mark_dirty(dir, false);
    note_name(dir, name, -1, NULL);
    return 0;
}

static int f_fstatat(int dir, const char *name, struct stat *st, int flags)
{
    return fails("stat") ? -1 : fstatat(dir, name, st, flags);
}

static const struct tsk_os faulty = { .openat = f_openat,
                                      .read = f_read,
                                      .write = f_write,
                                      .fsync = f_fsync,
                                      .syncfs = f_syncfs,
                                      .close = f_close,
                                      .renameat = f_renameat,
                                      .linkat = f_linkat,
                                      .unlinkat = f_unlinkat,
                                      .mkdirat = f_mkdirat,
                                      .fstatat = f_fstatat };

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
    sync_count = left_out = 0;
    cut_at_kill = -1;
    while (unsynced_count > 0)
        mark_clean(unsynced[0].inode);
    while (name_count > 0)
        names_are_down(names[0].inode);
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

void fault_leave_out_sync(unsigned nth)
{
    left_out = nth;
}

void fault_kill_cuts(enum fault_cut how)
{
    cut_at_kill = (int)how;
}

unsigned fault_syncs(void)
{
    return sync_count;
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
