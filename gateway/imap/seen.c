#include "gateway/imap/seen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/os.h"

#define FILE_NAME "seen"
#define FILE_MAX ((size_t)256 << 20)
#define KEY_LEN (TSK_SHA256_HEX - 1)

struct tsk_seen {
    int dir, fd; /* fd -1: the file has to be written anew */
    char (*keys)[TSK_SHA256_HEX];
    size_t count, room;
    struct tsk_buf text; /* the whole lines of the file */
};

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, KEY_LEN);
}

bool tsk_seen_has(const struct tsk_seen *seen, const char key[TSK_SHA256_HEX])
{
    return seen->count > 0 && bsearch(key, seen->keys, seen->count, sizeof *seen->keys, compare) != NULL;
}

static int make_room(struct tsk_seen *seen, struct tsk_err *err)
{
    size_t room = seen->room == 0 ? 256 : seen->room * 2;
    void *grown;

    if (seen->count < seen->room)
        return 0;
    grown = realloc(seen->keys, room * sizeof *seen->keys);
    if (grown == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the messages that were taken");
    seen->keys = grown;
    seen->room = room;
    return 0;
}

static int insert(struct tsk_seen *seen, const char *key, struct tsk_err *err)
{
    size_t low = 0, high = seen->count;

    if (make_room(seen, err) != 0)
        return -1;
    while (low < high) {
        size_t middle = (low + high) / 2;

        if (memcmp(seen->keys[middle], key, KEY_LEN) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(seen->keys + low + 1, seen->keys + low, (seen->count - low) * sizeof *seen->keys);
    memcpy(seen->keys[low], key, KEY_LEN);
    seen->keys[low][KEY_LEN] = '\0';
    seen->count++;
    return 0;
}

static bool is_line(const char *line, size_t len)
{
    return len > KEY_LEN && line[KEY_LEN] == ' ' && strspn(line, "0123456789abcdef") == KEY_LEN;
}

/* What lies behind the last whole line was being written when the power went. */
static int load(struct tsk_seen *seen, struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(FILE_MAX);
    int fd = tsk_os->openat(seen->dir, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0), rc = 0;

    if (fd < 0)
        return errno == ENOENT ? 0 : tsk_fail(err, TSK_RETRY, errno, "the list of messages taken cannot be opened");
    rc = tsk_fd_read(fd, "the list of messages taken", &text, err);
    tsk_os->close(fd);
    for (const char *line = tsk_buf_text(&text), *end; rc == 0 && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        if (!is_line(line, (size_t)(end - line)))
            continue;
        rc = insert(seen, line, err);
        tsk_buf_add(&seen->text, line, (size_t)(end - line) + 1);
    }
    tsk_buf_free(&text);
    return rc;
}

int tsk_seen_open(struct tsk_seen **out, int dir, struct tsk_err *err)
{
    struct tsk_seen *seen = calloc(1, sizeof *seen);

    *out = NULL;
    if (seen == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    seen->dir = dir;
    seen->fd = -1;
    seen->text = TSK_BUF(FILE_MAX);
    if (load(seen, err) != 0) {
        tsk_seen_close(&seen);
        return -1;
    }
    *out = seen;
    return 0;
}

void tsk_seen_close(struct tsk_seen **seen)
{
    struct tsk_seen *old = *seen;

    if (old == NULL)
        return;
    *seen = NULL;
    if (old->fd >= 0)
        tsk_os->close(old->fd);
    tsk_buf_free(&old->text);
    free(old->keys);
    free(old);
}

static int write_anew(struct tsk_seen *seen, struct tsk_err *err)
{
    if (tsk_file_put(seen->dir, FILE_NAME, tsk_buf_text(&seen->text), seen->text.len, 0600, err) != 0)
        return -1;
    seen->fd = tsk_os->openat(seen->dir, FILE_NAME, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0);
    return seen->fd >= 0 ? 0 : tsk_fail(err, TSK_RETRY, errno, "the list of messages taken cannot be opened");
}

static int append(struct tsk_seen *seen, const char *line, size_t len, struct tsk_err *err)
{
    if (seen->fd < 0 && write_anew(seen, err) != 0)
        return -1;
    if (tsk_write_all(seen->fd, line, len) == 0 && tsk_os->fsync(seen->fd) == 0)
        return 0;
    tsk_fail(err, TSK_RETRY, errno, "the disk did not take the note of a message");
    tsk_os->close(seen->fd);
    seen->fd = -1;
    return -1;
}

int tsk_seen_add(struct tsk_seen *seen, const char key[TSK_SHA256_HEX], const char *rest, struct tsk_err *err)
{
    struct tsk_buf line = TSK_BUF(4096);
    int rc;

    if (tsk_seen_has(seen, key))
        return 0;
    tsk_buf_printf(&line, "%s %s\n", key, rest);
    if (line.failed) {
        tsk_buf_free(&line);
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the note of a message");
    }
    rc = append(seen, line.data, line.len, err);
    if (rc == 0 && (rc = insert(seen, key, err)) == 0) {
        tsk_buf_add(&seen->text, line.data, line.len);
        if (seen->text.failed)
            rc = tsk_fail(err, TSK_RETRY, 0, "the list of messages taken is too long");
    }
    tsk_buf_free(&line);
    return rc;
}
