/*
 * The file name is the notice's id, so that a second delivery of the same notice finds the first one, also after a mail
 * program moved it to cur/ and gave it flags. link(2) and not rename(2): it never replaces what is there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"
#include "routing/channel.h"

struct maildir {
    struct tsk_channel channel;
    int tmp, new, cur;
};

static bool usable_name(const char *id)
{
    return id[0] != '\0' && strlen(id) < 128 &&
           id[strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] == '\0';
}

/* 1 if the message was delivered before, 0 if not, -1 with errno. */
static int delivered_before(const struct maildir *box, const char *id)
{
    struct stat st;
    struct dirent *entry;
    size_t len = strlen(id);
    int fd, found = 0;
    DIR *dir;

    if (tsk_os->fstatat(box->new, id, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return 1;
    if (errno != ENOENT)
        return -1;
    if ((fd = tsk_os->openat(box->cur, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)) < 0)
        return -1;
    if ((dir = fdopendir(fd)) == NULL) {
        tsk_os->close(fd);
        return -1;
    }
    while (found == 0 && (entry = readdir(dir)) != NULL)
        found = strncmp(entry->d_name, id, len) == 0 && (entry->d_name[len] == '\0' || entry->d_name[len] == ':');
    closedir(dir);
    return found;
}

static int write_tmp(const struct maildir *box, const struct tsk_letter *letter)
{
    int fd, saved = 0;

    (void)tsk_os->unlinkat(box->tmp, letter->id, 0); /* of a sender that died */
    if ((fd = tsk_os->openat(box->tmp, letter->id, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
        return -1;
    if (tsk_write_all(fd, letter->bytes, letter->len) != 0 || tsk_os->fsync(fd) != 0)
        saved = errno;
    if (tsk_os->close(fd) != 0 && saved == 0)
        saved = errno;
    if (saved != 0)
        (void)tsk_os->unlinkat(box->tmp, letter->id, 0);
    errno = saved;
    return saved == 0 ? 0 : -1;
}

static int put(const struct maildir *box, const struct tsk_letter *letter)
{
    int before = delivered_before(box, letter->id);

    if (before < 0)
        return -1;
    if (before == 0) {
        if (write_tmp(box, letter) != 0)
            return -1;
        if (tsk_os->linkat(box->tmp, letter->id, box->new, letter->id, 0) != 0 && errno != EEXIST)
            return -1;
    }
    if (tsk_os->fsync(box->new) != 0)
        return -1;
    (void)tsk_os->unlinkat(box->tmp, letter->id, 0);
    return 0;
}

static void start(struct tsk_channel *channel, struct tsk_flight *flight)
{
    const struct maildir *box = (const struct maildir *)(const void *)channel;

    if (!usable_name(flight->letter.id))
        tsk_flight_land(flight, TSK_DELIVERED_FAILED, "the notice id cannot be a file name");
    else if (put(box, &flight->letter) != 0)
        tsk_flight_land(flight, TSK_DELIVERED_LATER, "maildir: %s", strerror(errno));
    else
        tsk_flight_land(flight, TSK_DELIVERED_BOX, "new/%s", flight->letter.id);
}

static void close_maildir(struct tsk_channel *channel)
{
    struct maildir *box = (struct maildir *)(void *)channel;
    const int dirs[] = { box->tmp, box->new, box->cur };

    for (size_t i = 0; i < TSK_COUNT(dirs); i++)
        if (dirs[i] >= 0)
            tsk_os->close(dirs[i]);
    free(box);
}

static int open_folder(const char *path, const char *name, struct tsk_err *err)
{
    char *folder = NULL;
    int fd = -1;

    if (asprintf(&folder, "%s/%s", path, name) < 0)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a channel");
    if (tsk_dir_make(folder, 0700, err) == 0)
        fd = tsk_dir_open(folder, err);
    free(folder);
    return fd;
}

int tsk_maildir_open(struct tsk_channel **out, const char *path, struct tsk_err *err)
{
    struct maildir *box = calloc(1, sizeof *box);
    struct tsk_channel *channel;

    *out = NULL;
    if (box == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a channel");
    box->channel = (struct tsk_channel){ "maildir", TSK_MAIL_8BIT, start, NULL, close_maildir };
    box->tmp = box->new = box->cur = -1;
    channel = &box->channel;
    if ((box->tmp = open_folder(path, "tmp", err)) < 0 || (box->new = open_folder(path, "new", err)) < 0 ||
        (box->cur = open_folder(path, "cur", err)) < 0) {
        tsk_channel_close(&channel);
        return -1;
    }
    *out = channel;
    return 0;
}
