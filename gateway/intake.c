#include "gateway/intake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/os.h"
#include "gateway/fax_in.h"
#include "gateway/spool_site.h"

#define WAITING_MAX 256 /* files of one folder that are watched settling at a time; the rest have their turn later */
#define NOTE_MS 10000
#define RETRY_MS 5000     /* after the disk refused */
#define SWEEP_STEP_MS 200 /* while a file settles */

struct waiting {
    char name[NAME_MAX + 1];
    off_t size;
    struct timespec mtime, ctime;
    int64_t since_ms; /* monotonic: looks like this since then */
    int64_t next_ms;  /* not before, after a failure */
    bool seen;        /* in this sweep */
    bool told;        /* its trouble is in the log */
};

struct folder {
    const struct tsk_source *source;
    char *path;
    int dir;
    struct waiting *files;
    size_t count;
    bool told;
    int64_t noted_ms; /* when run/looked-ID was touched */
};

struct tsk_intake {
    const struct tsk_site *site;
    struct tsk_spool *spool;
    int inotify;
    struct folder *folders;
    size_t count;
};

static bool has_end(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len >= end_len && strcasecmp(name + len - end_len, end) == 0;
}

/* Names under which programs keep what is not finished, and what systems leave behind. */
static bool is_temporary(const char *name)
{
    static const char *const ends[] = { "~",         ".tmp",        ".temp", ".part", ".partial",
                                        ".filepart", ".crdownload", ".swp",  ".lock" };

    if (name[0] == '.' || name[0] == '~' || strcasecmp(name, "Thumbs.db") == 0 || strcasecmp(name, "desktop.ini") == 0)
        return true;
    for (size_t i = 0; i < TSK_COUNT(ends); i++)
        if (has_end(name, ends[i]))
            return true;
    return false;
}

static bool same_file(const struct waiting *w, const struct stat *st)
{
    return w->size == st->st_size && w->mtime.tv_sec == st->st_mtim.tv_sec && w->mtime.tv_nsec == st->st_mtim.tv_nsec &&
           w->ctime.tv_sec == st->st_ctim.tv_sec && w->ctime.tv_nsec == st->st_ctim.tv_nsec;
}

static void note_state(struct waiting *w, const struct stat *st)
{
    w->size = st->st_size;
    w->mtime = st->st_mtim;
    w->ctime = st->st_ctim;
    w->since_ms = tsk_mono_ms();
}

static struct waiting *find_waiting(struct folder *folder, const char *name)
{
    for (size_t i = 0; i < folder->count; i++)
        if (strcmp(folder->files[i].name, name) == 0)
            return &folder->files[i];
    return NULL;
}

static void forget_unseen(struct folder *folder)
{
    size_t kept = 0;

    for (size_t i = 0; i < folder->count; i++)
        if (folder->files[i].seen)
            folder->files[kept++] = folder->files[i];
    folder->count = kept;
    for (size_t i = 0; i < kept; i++)
        folder->files[i].seen = false;
}

static void tell_once(struct waiting *w, const struct folder *folder, const char *event, const char *text)
{
    if (!w->told)
        tsk_log(TSK_LOG_WARN, "-", "event", event, "source", folder->source->id, "text", text, NULL);
    w->told = true;
}

/* NULL when the file is no business of ours (now). */
static struct waiting *look_at(struct folder *folder, const char *name)
{
    struct waiting *w = find_waiting(folder, name);
    struct stat st;

    if (is_temporary(name) || strlen(name) > NAME_MAX ||
        tsk_os->fstatat(folder->dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(st.st_mode))
        return NULL;
    if (w == NULL) {
        if (folder->count == WAITING_MAX)
            return NULL;
        w = &folder->files[folder->count++];
        *w = (struct waiting){ .next_ms = 0 };
        snprintf(w->name, sizeof w->name, "%s", name);
        note_state(w, &st);
    } else if (!same_file(w, &st)) {
        note_state(w, &st);
    }
    w->seen = true;
    if (S_ISREG(st.st_mode))
        return w;
    tell_once(w, folder, "intake.refused",
              "a link or device in the watched folder is not followed; put the file itself there");
    return NULL;
}

/* A copy in memory, so that a file that grows meanwhile is noticed before the spool has seen any of it. */
static int copy_whole(const struct folder *folder, int from, off_t size, struct tsk_err *err)
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

/* Memory descriptor of the whole file, -1 with *err, or -2: not finished yet. */
static int open_whole(const struct folder *folder, struct waiting *w, struct tsk_err *err)
{
    int fd = tsk_os->openat(folder->dir, w->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0), memory = -2;
    struct stat st;

    if (fd < 0)
        return errno == ENOENT
                   ? -2
                   : tsk_fail(err, TSK_RETRY, errno, "source %s: a file cannot be opened; check its permissions",
                              folder->source->id);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && same_file(w, &st) && !still_written(fd)) {
        memory = copy_whole(folder, fd, st.st_size, err);
        if (memory >= 0 && (fstat(fd, &st) != 0 || !same_file(w, &st))) {
            close(memory);
            memory = -2;
        }
    }
    tsk_os->close(fd);
    return memory;
}

static int move_to(const struct folder *folder, const char *sub, const char *name, const char *id, struct tsk_err *err)
{
    char to[NAME_MAX + 1];
    int dir, rc;

    if (tsk_os->mkdirat(folder->dir, sub, 0700) != 0 && errno != EEXIST)
        return tsk_fail(err, TSK_RETRY, errno, "cannot make %s/%s", folder->path, sub);
    dir = tsk_os->openat(folder->dir, sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0);
    if (dir < 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot open %s/%s", folder->path, sub);
    snprintf(to, sizeof to, "%s-%.*s", id, (int)(sizeof to - TSK_ID_SIZE - 2), name);
    rc = tsk_os->renameat(folder->dir, name, dir, to);
    if (rc != 0 && errno == EINVAL) /* a name cut in the middle of a character, on a file system that minds */
        rc = tsk_os->renameat(folder->dir, name, dir, id);
    if (rc != 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "cannot move a file to %s/%s", folder->path, sub);
    else if (tsk_os->fsync(dir) != 0 || tsk_os->fsync(folder->dir) != 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the disk did not take a move to %s/%s", folder->path, sub);
    tsk_os->close(dir);
    return rc;
}

static int put_away(const struct folder *folder, const char *name, const char *id, struct tsk_err *err)
{
    if (folder->source->after == TSK_AFTER_MOVE)
        return move_to(folder, "done", name, id, err);
    if (tsk_os->unlinkat(folder->dir, name, 0) != 0 || tsk_os->fsync(folder->dir) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot delete a file that was taken from %s", folder->path);
    return 0;
}

static void fail_file(struct folder *folder, struct waiting *w, const struct tsk_err *why)
{
    char id[TSK_ID_SIZE];
    struct tsk_err err = { 0 };

    tell_once(w, folder, "intake.failed", why->text);
    w->next_ms = tsk_mono_ms() + RETRY_MS;
    if (why->kind != TSK_REJECT)
        return;
    tsk_id_new(id);
    if (move_to(folder, "refused", w->name, id, &err) != 0)
        tsk_log_err("-", "intake.failed", &err);
}

/* The order is the promise: durable in the spool first, out of the folder then. */
static void take_file(struct tsk_intake *intake, struct folder *folder, struct waiting *w)
{
    struct tsk_envelope envelope = { 0 };
    struct tsk_err err = { 0 };
    int fd = open_whole(folder, w, &err);

    if (fd == -2) {
        w->since_ms = tsk_mono_ms();
        return;
    }
    snprintf(envelope.source, sizeof envelope.source, "%s", folder->source->id);
    snprintf(envelope.office, sizeof envelope.office, "%s", folder->source->office);
    memcpy(envelope.name, w->name, sizeof w->name < sizeof envelope.name ? sizeof w->name : sizeof envelope.name);
    if (fd < 0 || tsk_spool_put(intake->spool, fd, &envelope, &err) != 0) {
        fail_file(folder, w, &err);
    } else {
        tsk_log(TSK_LOG_INFO, envelope.id, "event", "intake.accepted", "source", folder->source->id, "bytes",
                tsk_log_num((long long)envelope.size_bytes), NULL);
        if (put_away(folder, w->name, envelope.id, &err) != 0)
            tsk_log_err(envelope.id, "intake.failed", &err);
    }
    if (fd >= 0)
        close(fd);
}

static bool open_folder(struct tsk_intake *intake, struct folder *folder)
{
    struct tsk_err err = { 0 };

    if (folder->dir >= 0)
        return true;
    if (tsk_dir_make(folder->path, 0770, &err) == 0)
        folder->dir = tsk_dir_open(folder->path, &err);
    if (folder->dir < 0 && !folder->told)
        tsk_log_err("-", "intake.folder", &err);
    folder->told = folder->dir < 0;
    if (folder->dir >= 0)
        inotify_add_watch(intake->inotify, folder->path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR);
    return folder->dir >= 0;
}

/* A folder that was moved away or unmounted: its old descriptor would go on showing what nobody sees. */
static void check_folder(struct folder *folder)
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

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t step_file(struct tsk_intake *intake, struct folder *folder, struct waiting *w)
{
    int64_t now = tsk_mono_ms(), settled = w->since_ms + folder->source->stable_ms;
    int64_t due = settled > w->next_ms ? settled : w->next_ms;

    if (due > now)
        return due - now;
    take_file(intake, folder, w);
    return SWEEP_STEP_MS;
}

/* For whoever asks whether this source still works: run/looked-ID is as old as the last look that did. */
static void note_look(const struct tsk_intake *intake, struct folder *folder)
{
    char path[4096];
    int64_t now = tsk_mono_ms();

    if (folder->noted_ms != 0 && now - folder->noted_ms < NOTE_MS)
        return;
    folder->noted_ms = now;
    snprintf(path, sizeof path, "%s/looked-%s", intake->site->run, folder->source->id);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        futimens(fd, NULL);
        close(fd);
    }
}

static int64_t step_folder(struct tsk_intake *intake, struct folder *folder)
{
    int64_t wait = (int64_t)folder->source->sweep_s * 1000;
    struct dirent *entry;
    DIR *list;
    int fd;

    if (folder->source->kind == TSK_SOURCE_FAX) {
        tsk_fax_sweep(intake->site, intake->spool, folder->source);
        note_look(intake, folder);
        return wait;
    }
    check_folder(folder);
    if (!open_folder(intake, folder))
        return sooner(wait, RETRY_MS);
    fd = openat(folder->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    list = fd >= 0 ? fdopendir(fd) : NULL;
    if (list == NULL) {
        if (fd >= 0)
            close(fd);
        return RETRY_MS;
    }
    while ((entry = readdir(list)) != NULL) {
        struct waiting *w = look_at(folder, entry->d_name);

        if (w != NULL)
            wait = sooner(wait, step_file(intake, folder, w));
    }
    closedir(list);
    forget_unseen(folder);
    note_look(intake, folder);
    return wait;
}

int64_t tsk_intake_step(struct tsk_intake *intake)
{
    char events[4096];
    int64_t wait = 60000;

    while (read(intake->inotify, events, sizeof events) > 0) /* what they say is found by looking */
        ;
    for (size_t i = 0; i < intake->count; i++)
        wait = sooner(wait, step_folder(intake, &intake->folders[i]));
    return wait > 0 ? wait : 1;
}

int tsk_intake_fd(const struct tsk_intake *intake)
{
    return intake->inotify;
}

int tsk_intake_open(struct tsk_intake **out, const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_intake *intake = calloc(1, sizeof *intake);

    *out = NULL;
    if (intake == NULL || (intake->folders = calloc(site->config->source_count + 1, sizeof *intake->folders)) == NULL) {
        free(intake);
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    }
    intake->site = site;
    intake->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (intake->inotify < 0) {
        tsk_fail(err, TSK_STOP, errno, "cannot watch folders");
        goto fail;
    }
    if (tsk_site_spool_open(&intake->spool, site, err) != 0)
        goto fail;
    for (size_t i = 0; i < site->config->source_count; i++) {
        struct folder *folder = &intake->folders[intake->count];

        if (site->config->sources[i].kind == TSK_SOURCE_IMAP)
            continue; /* a process of its own: cmd_imap.c */
        intake->count++;
        folder->dir = -1;
        folder->source = &site->config->sources[i];
        folder->path = tsk_site_path(site, folder->source->folder);
        folder->files = calloc(WAITING_MAX, sizeof *folder->files);
        if (folder->path == NULL || folder->files == NULL) {
            tsk_fail(err, TSK_RETRY, 0, "out of memory");
            goto fail;
        }
    }
    *out = intake;
    return 0;
fail:
    tsk_intake_close(&intake);
    return -1;
}

void tsk_intake_close(struct tsk_intake **intake)
{
    struct tsk_intake *old = *intake;

    if (old == NULL)
        return;
    for (size_t i = 0; i < old->count; i++) {
        if (old->folders[i].dir >= 0)
            tsk_os->close(old->folders[i].dir);
        free(old->folders[i].path);
        free(old->folders[i].files);
    }
    free(old->folders);
    tsk_spool_close(&old->spool);
    if (old->inotify >= 0)
        close(old->inotify);
    free(old);
    *intake = NULL;
}

static long pending_in(const char *path, struct tsk_err *err)
{
    DIR *list = opendir(path);
    struct dirent *entry;
    struct stat st;
    long count = 0;

    if (list == NULL)
        return errno == ENOENT ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot look into %s", path);
    while ((entry = readdir(list)) != NULL)
        if (!is_temporary(entry->d_name) && fstatat(dirfd(list), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode))
            count++;
    closedir(list);
    return count;
}

long tsk_intake_pending(const struct tsk_site *site, struct tsk_err *err)
{
    long total = 0;

    for (size_t i = 0; i < site->config->source_count; i++) {
        if (site->config->sources[i].kind != TSK_SOURCE_FOLDER)
            continue; /* a spooler keeps its files */

        char *path = tsk_site_path(site, site->config->sources[i].folder);
        long count = path != NULL ? pending_in(path, err) : tsk_fail(err, TSK_RETRY, 0, "out of memory");

        free(path);
        if (count < 0)
            return -1;
        total += count;
    }
    return total;
}
