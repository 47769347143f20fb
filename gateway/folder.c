#include "gateway/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/os.h"
#include "gateway/leftover.h"
#include "gateway/limit.h"
#include "gateway/refused.h"
#include "gateway/settling.h"
#include "gateway/whole.h"

enum {
    RETRY_MS = 5000,      /* after the disk refused */
    SETTLE_STEP_MS = 200, /* while files settle */
    TAKE_MS = 1000,       /* of taking before signals are looked at again */
    PATIENCE_FACTOR = 10, /* of stable_ms, for a file that does not look finished */
    PATIENCE_MAX_MS = 60000
};

struct tsk_folder {
    const struct tsk_site *site;
    struct tsk_spool *spool;
    const struct tsk_source *source;
    int inotify;
    char *path;
    int dir;
    struct tsk_settling *files;
    bool told;  /* that the folder is not there */
    bool moved; /* names went out of it since it was synced */
    bool full;  /* it brought what it may in this hour, and that was told */
};

bool tsk_folder_temporary(const char *name)
{
    static const char *const ends[] = { "~",         ".tmp",        ".temp", ".part", ".partial",
                                        ".filepart", ".crdownload", ".swp",  ".lock" };
    size_t len = strlen(name);

    if (name[0] == '.' || name[0] == '~' || strcasecmp(name, "Thumbs.db") == 0 || strcasecmp(name, "desktop.ini") == 0)
        return true;
    for (size_t i = 0; i < TSK_COUNT(ends); i++)
        if (len >= strlen(ends[i]) && strcasecmp(name + len - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

static void tell_once(struct tsk_settling_file *file, const struct tsk_folder *folder, const char *event,
                      const char *text)
{
    if (!file->told)
        tsk_log(TSK_LOG_WARN, "-", "event", event, "source", folder->source->id, "text", text, NULL);
    file->told = true;
}

/* NULL when the file is no business of ours (now). */
static struct tsk_settling_file *look_at(struct tsk_folder *folder, const char *name)
{
    struct tsk_settling_file *file;
    struct stat st;

    if (tsk_folder_temporary(name) || tsk_os->fstatat(folder->dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        S_ISDIR(st.st_mode) || (file = tsk_settling_look(folder->files, name, &st)) == NULL)
        return NULL;
    if (S_ISREG(st.st_mode))
        return file;
    tell_once(file, folder, "intake.refused",
              "a link or device in the watched folder is not followed; put the file itself there");
    return NULL;
}

/* A copy in memory, so that a file that grows meanwhile is noticed before the spool has seen any of it. */
static int copy_whole(const struct tsk_folder *folder, int from, off_t size, struct tsk_err *err)
{
    int memory = memfd_create("intake", MFD_CLOEXEC);
    char bytes[65536];
    off_t copied = 0;
    ssize_t got = 0;

    if (memory < 0)
        return tsk_fail(err, TSK_RETRY, errno, "no memory for a file of source %s", folder->source->id);
    while (copied <= size && (got = tsk_os->read(from, bytes, sizeof bytes)) > 0) {
        if (tsk_write_all(memory, bytes, (size_t)got) != 0) {
            got = -1;
            break;
        }
        copied += got;
    }
    if (got < 0 || copied != size || lseek(memory, 0, SEEK_SET) != 0) {
        tsk_fail(err, TSK_RETRY, got < 0 ? errno : 0, "source %s: a file could not be read whole", folder->source->id);
        close(memory);
        return -1;
    }
    return memory;
}

static bool still_written(int fd)
{
    /* The kernel grants a read lease only while nobody has the file open for writing; where it may not be asked
       (another owner's file) the delay has to do. */
    if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
        return errno == EAGAIN;
    fcntl(fd, F_SETLEASE, F_UNLCK);
    return false;
}

static bool patience_is_over(const struct tsk_folder *folder, const struct tsk_settling_file *file)
{
    int64_t patience = (int64_t)folder->source->stable_ms * PATIENCE_FACTOR;

    return tsk_mono_ms() - file->since_ms >= (patience < PATIENCE_MAX_MS ? patience : PATIENCE_MAX_MS);
}

static uint64_t bytes_max(const struct tsk_folder *folder)
{
    return (uint64_t)folder->site->config->reading.document_mb_max << 20;
}

enum { NOT_YET = -2, NOT_FINISHED = -3, TOO_LARGE = -4 };

/* Memory descriptor of the whole file, -1 with *err, or one of the above. */
static int open_whole(const struct tsk_folder *folder, const struct tsk_settling_file *file, struct tsk_err *err)
{
    int fd = tsk_os->openat(folder->dir, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0),
        memory = NOT_YET;
    struct stat st;

    if (fd < 0)
        return errno == ENOENT
                   ? NOT_YET
                   : tsk_fail(err, TSK_RETRY, errno, "source %s: a file cannot be opened; check its permissions",
                              folder->source->id);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && tsk_settling_same(file, &st) && !still_written(fd)) {
        if ((uint64_t)st.st_size > bytes_max(folder))
            memory = TOO_LARGE;
        else if (!tsk_looks_whole(fd, st.st_size) && !patience_is_over(folder, file))
            memory = NOT_FINISHED;
        else
            memory = copy_whole(folder, fd, st.st_size, err);
        if (memory >= 0 && (fstat(fd, &st) != 0 || !tsk_settling_same(file, &st))) {
            close(memory);
            memory = NOT_YET;
        }
    }
    tsk_os->close(fd);
    return memory;
}

static int open_sub(const struct tsk_folder *folder, const char *sub, struct tsk_err *err)
{
    int dir;

    if (tsk_os->mkdirat(folder->dir, sub, 0700) != 0 && errno != EEXIST)
        return tsk_fail(err, TSK_RETRY, errno, "cannot make %s/%s", folder->path, sub);
    dir = tsk_os->openat(folder->dir, sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0);
    return dir >= 0 ? dir : tsk_fail(err, TSK_RETRY, errno, "cannot open %s/%s", folder->path, sub);
}

/* Under its new name nobody else finds it: what has changed by then came too late for the spool. */
static bool is_what_was_taken(int dir, const char *name, const struct tsk_settling_file *file)
{
    int fd = tsk_os->openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
    struct stat st;
    bool same = fd >= 0 && fstat(fd, &st) == 0 && tsk_settling_same(file, &st) && !still_written(fd);

    if (fd >= 0)
        tsk_os->close(fd);
    return same;
}

static int give_back(const struct tsk_folder *folder, int dir, const char *name, const char *as, struct tsk_err *err)
{
    if (renameat2(dir, name, folder->dir, as, RENAME_NOREPLACE) == 0 ||
        renameat2(dir, name, folder->dir, name, RENAME_NOREPLACE) == 0)
        return 0;
    return tsk_fail(err, TSK_RETRY, errno, "%s: a file that changed while it was taken cannot go back; it lies in %s",
                    folder->path, name);
}

/* to: of the file in dir. */
static int move_out(struct tsk_folder *folder, const struct tsk_settling_file *file, int dir, char *to, const char *id,
                    struct tsk_err *err)
{
    int rc = tsk_os->renameat(folder->dir, file->name, dir, to);

    if (rc != 0 && errno == EINVAL) { /* a name cut in the middle of a character, on a file system that minds */
        snprintf(to, NAME_MAX + 1, "%s", id);
        rc = tsk_os->renameat(folder->dir, file->name, dir, to);
    }
    folder->moved |= rc == 0;
    return rc == 0 ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot move a file out of %s", folder->path);
}

static int move_to(struct tsk_folder *folder, const char *sub, const struct tsk_settling_file *file, const char *id,
                   struct tsk_err *err)
{
    char to[NAME_MAX + 1];
    int dir = open_sub(folder, sub, err), rc;

    if (dir < 0)
        return -1;
    snprintf(to, sizeof to, "%s-%.*s", id, (int)(sizeof to - TSK_ID_SIZE - 2), file->name);
    rc = move_out(folder, file, dir, to, id, err);
    if (rc == 0 && !is_what_was_taken(dir, to, file))
        rc = give_back(folder, dir, to, file->name, err);
    tsk_os->close(dir);
    return rc;
}

static int delete (struct tsk_folder *folder, const struct tsk_settling_file *file, const char *id, struct tsk_err *err)
{
    char to[NAME_MAX + 1];

    snprintf(to, sizeof to, ".%s", id);
    if (move_out(folder, file, folder->dir, to, id, err) != 0)
        return -1;
    if (!is_what_was_taken(folder->dir, to, file))
        return give_back(folder, folder->dir, to, file->name, err);
    if (tsk_os->unlinkat(folder->dir, to, 0) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot delete a file that was taken from %s", folder->path);
    return 0;
}

static int put_away(struct tsk_folder *folder, const struct tsk_settling_file *file, const char *id,
                    struct tsk_err *err)
{
    return folder->source->after == TSK_AFTER_MOVE ? move_to(folder, "done", file, id, err)
                                                   : delete (folder, file, id, err);
}

/* Names that come back after a power cut are taken again, and the records know them as duplicates: once a look is enough. */
static void sync_names(struct tsk_folder *folder)
{
    struct tsk_err err = { 0 };
    int done = folder->source->after == TSK_AFTER_MOVE ? open_sub(folder, "done", &err) : -1;

    if ((done >= 0 && tsk_os->fsync(done) != 0) || tsk_os->fsync(folder->dir) != 0)
        tsk_log(TSK_LOG_WARN, "-", "event", "intake.failed", "source", folder->source->id, "text",
                "the disk did not take the names of a folder", NULL);
    if (done >= 0)
        tsk_os->close(done);
    folder->moved = false;
}

static void fail_file(const struct tsk_folder *folder, struct tsk_settling_file *file, const struct tsk_err *why)
{
    tell_once(file, folder, "intake.failed", why->text);
    file->next_ms = tsk_mono_ms() + RETRY_MS;
}

static void describe(struct tsk_envelope *envelope, const struct tsk_folder *folder,
                     const struct tsk_settling_file *file)
{
    *envelope = (struct tsk_envelope){ .received_ms = 0 };
    snprintf(envelope->source, sizeof envelope->source, "%s", folder->source->id);
    snprintf(envelope->office, sizeof envelope->office, "%s", folder->source->office);
    snprintf(envelope->name, sizeof envelope->name, "%s", file->name);
}

/* It gets its row first; then it goes where nobody takes it again. */
static void refuse(struct tsk_folder *folder, struct tsk_settling_file *file)
{
    struct tsk_envelope envelope;
    struct tsk_err err = { 0 };
    char why[128];

    describe(&envelope, folder, file);
    snprintf(why, sizeof why, "is larger than %u MB, the most that is accepted; it lies in refused/ of its folder",
             folder->site->config->reading.document_mb_max);
    if (tsk_refused_put(folder->spool, &envelope, (uint64_t)file->size, why, &err) != 0 ||
        move_to(folder, "refused", file, envelope.id, &err) != 0) {
        fail_file(folder, file, &err);
        return;
    }
    tsk_log(TSK_LOG_WARN, envelope.id, "event", "intake.refused", "source", folder->source->id, "text", why, NULL);
}

/* The order is the promise: durable in the spool first, out of the folder then. */
static void take(struct tsk_folder *folder, struct tsk_settling_file *file, int memory)
{
    struct tsk_envelope envelope;
    struct tsk_err err = { 0 };

    describe(&envelope, folder, file);
    if (tsk_spool_put(folder->spool, memory, &envelope, &err) != 0) {
        fail_file(folder, file, &err);
        return;
    }
    tsk_limit_count(folder->site, folder->source);
    tsk_log(TSK_LOG_INFO, envelope.id, "event", "intake.accepted", "source", folder->source->id, "bytes",
            tsk_log_num((long long)envelope.size_bytes), NULL);
    if (put_away(folder, file, envelope.id, &err) != 0)
        tsk_log_err(envelope.id, "intake.failed", &err);
}

static void try_file(struct tsk_folder *folder, struct tsk_settling_file *file)
{
    struct tsk_err err = { 0 };
    int memory = open_whole(folder, file, &err);

    if (memory == NOT_YET)
        file->since_ms = tsk_mono_ms();
    else if (memory == NOT_FINISHED)
        file->next_ms = tsk_mono_ms() + folder->source->stable_ms;
    else if (memory == TOO_LARGE)
        refuse(folder, file);
    else if (memory < 0)
        fail_file(folder, file, &err);
    else
        take(folder, file, memory);
    if (memory >= 0)
        close(memory);
}

static bool has_enough(struct tsk_folder *folder)
{
    bool full = tsk_limit_reached(folder->site, folder->source);
    struct tsk_err err = { 0 };

    if (full && !folder->full && tsk_limit_check(folder->site, folder->source, &err) != 0)
        tsk_log_err("-", "intake.limit", &err);
    folder->full = full;
    return full;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How long the file can wait; it is tried when that is over and the time of this look is not. */
static int64_t step_file(struct tsk_folder *folder, struct tsk_settling_file *file, int64_t until_ms)
{
    int64_t now = tsk_mono_ms(), settled = file->since_ms + folder->source->stable_ms;
    int64_t due = settled > file->next_ms ? settled : file->next_ms;

    if (due > now)
        return due - now;
    if (has_enough(folder))
        return RETRY_MS;
    if (now >= until_ms)
        return 0;
    try_file(folder, file);
    return SETTLE_STEP_MS;
}

/* What a process that was killed had renamed and not deleted yet. */
static void give_leftovers_back(const struct tsk_folder *folder)
{
    int count = folder->source->after == TSK_AFTER_DELETE ? tsk_leftover_give_back(folder->dir) : 0;

    if (count > 0)
        tsk_log(TSK_LOG_WARN, "-", "event", "intake.leftover", "source", folder->source->id, "files",
                tsk_log_num(count), NULL);
}

static bool find_folder(struct tsk_folder *folder)
{
    struct tsk_err err = { 0 };

    if (folder->dir >= 0)
        return true;
    if (tsk_dir_make(folder->path, 0770, &err) == 0)
        folder->dir = tsk_dir_open(folder->path, &err);
    if (folder->dir < 0 && !folder->told)
        tsk_log_err("-", "intake.folder", &err);
    folder->told = folder->dir < 0;
    if (folder->dir < 0)
        return false;
    give_leftovers_back(folder);
    inotify_add_watch(folder->inotify, folder->path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR);
    return true;
}

/* A folder that was moved away or unmounted: its old descriptor would go on showing what nobody sees. */
static void check_folder(struct tsk_folder *folder)
{
    struct stat now, then;

    if (folder->dir < 0)
        return;
    if (stat(folder->path, &now) == 0 && fstat(folder->dir, &then) == 0 && now.st_ino == then.st_ino &&
        now.st_dev == then.st_dev)
        return;
    tsk_os->close(folder->dir);
    folder->dir = -1;
}

static DIR *list_folder(const struct tsk_folder *folder)
{
    int fd = openat(folder->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;

    if (list == NULL && fd >= 0)
        close(fd);
    return list;
}

int64_t tsk_folder_step(struct tsk_folder *folder, bool *looked)
{
    int64_t wait = (int64_t)folder->source->sweep_s * 1000, until = tsk_mono_ms() + TAKE_MS;
    struct dirent *entry;
    DIR *list;

    *looked = false;
    check_folder(folder);
    if (!find_folder(folder))
        return sooner(wait, RETRY_MS);
    list = list_folder(folder);
    if (list == NULL)
        return RETRY_MS;
    while ((entry = readdir(list)) != NULL) {
        struct tsk_settling_file *file = look_at(folder, entry->d_name);

        if (file != NULL)
            wait = sooner(wait, step_file(folder, file, until));
    }
    closedir(list);
    tsk_settling_forget(folder->files);
    if (folder->moved)
        sync_names(folder);
    *looked = true;
    return wait;
}

int tsk_folder_open(struct tsk_folder **out, const struct tsk_site *site, struct tsk_spool *spool,
                    const struct tsk_source *source, int inotify, struct tsk_err *err)
{
    struct tsk_folder *folder = calloc(1, sizeof *folder);

    *out = NULL;
    if (folder == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    *folder = (struct tsk_folder){ .site = site, .spool = spool, .source = source, .inotify = inotify, .dir = -1 };
    folder->path = tsk_site_path(site, source->folder);
    folder->files = tsk_settling_new();
    if (folder->path == NULL || folder->files == NULL) {
        tsk_folder_close(&folder);
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    }
    *out = folder;
    return 0;
}

void tsk_folder_close(struct tsk_folder **folder)
{
    struct tsk_folder *old = *folder;

    if (old == NULL)
        return;
    if (old->dir >= 0)
        tsk_os->close(old->dir);
    tsk_settling_free(&old->files);
    free(old->path);
    free(old);
    *folder = NULL;
}
