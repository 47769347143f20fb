#include "gateway/fax_tags.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "ocr/confine/lock.h"

#define TAG_IMAGE_DESCRIPTION 270
#define TYPE_ASCII 2
#define TYPE_BYTE 1
#define ENTRIES_MAX 200
#define ENTRY_BYTES 12
#define TEXT_BYTES_MAX 512
#define CHILD_MS 5000 /* of real time: it does a handful of reads */
#define CHILD_CPU_S 2
#define CHILD_BYTES ((size_t)16 << 20)

static uint32_t number(const unsigned char *bytes, int len, bool big)
{
    uint32_t value = 0;

    for (int i = 0; i < len; i++)
        value |= (uint32_t)bytes[i] << 8 * (big ? len - 1 - i : i);
    return value;
}

static bool read_at(int fd, void *out, size_t len, off_t at)
{
    return pread(fd, out, len, at) == (ssize_t)len;
}

static void split(struct tsk_fax_tags *out, const char *text, size_t len)
{
    size_t line = 0, used = 0;

    for (size_t i = 0; i < len && text[i] != '\0' && line < TSK_FAX_LINES; i++) {
        if (text[i] == '\n') {
            line++;
            used = 0;
        } else if (used + 1 < sizeof out->lines[0]) {
            out->lines[line][used++] = text[i];
        }
    }
}

void tsk_fax_tags_parse(struct tsk_fax_tags *out, int fd)
{
    unsigned char head[8], count[2], entry[ENTRY_BYTES];
    char text[TEXT_BYTES_MAX];
    bool big;
    off_t at;

    memset(out, 0, sizeof *out);
    if (!read_at(fd, head, sizeof head, 0) || (memcmp(head, "II*", 4) != 0 && memcmp(head, "MM\0*", 4) != 0))
        return;
    big = head[0] == 'M';
    at = number(head + 4, 4, big);
    if (!read_at(fd, count, sizeof count, at))
        return;
    at += 2;
    for (uint32_t left = number(count, 2, big); left > 0 && left <= ENTRIES_MAX; left--, at += ENTRY_BYTES) {
        uint32_t type, len;

        if (!read_at(fd, entry, sizeof entry, at))
            return;
        type = number(entry + 2, 2, big);
        len = number(entry + 4, 4, big);
        if (number(entry, 2, big) != TAG_IMAGE_DESCRIPTION || (type != TYPE_ASCII && type != TYPE_BYTE))
            continue;
        if (len > sizeof text)
            len = sizeof text;
        if (len <= 4)
            split(out, (const char *)entry + 8, len);
        else if (read_at(fd, text, len, number(entry + 8, 4, big)))
            split(out, text, len);
        return;
    }
}

static void be_child(int fd, int answer)
{
    const struct tsk_limits limits = { .memory_bytes = CHILD_BYTES, .cpu_seconds = CHILD_CPU_S };
    int fds[] = { fd, answer };
    struct tsk_fax_tags tags;
    struct tsk_err err = { 0 };

    signal(SIGPIPE, SIG_DFL);
    if (tsk_keep_fds(fds, 2, &err) != 0 || tsk_confine(&limits, TSK_POLICY_READER, NULL, &err) != 0)
        _exit(126);
    tsk_fax_tags_parse(&tags, fds[0]);
    _exit(write(fds[1], &tags, sizeof tags) == (ssize_t)sizeof tags ? 0 : 1);
}

/* One write of less than a pipe holds comes as one piece. */
static bool hear(struct tsk_fax_tags *out, int fd)
{
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    int rc;

    while ((rc = poll(&wait, 1, CHILD_MS)) < 0 && errno == EINTR)
        continue;
    return rc == 1 && read(fd, out, sizeof *out) == (ssize_t)sizeof *out;
}

/* Whatever the child is made to say: lines that end, of characters that can be shown. */
static void make_plain(struct tsk_fax_tags *tags)
{
    for (size_t i = 0; i < TSK_FAX_LINES; i++) {
        tags->lines[i][sizeof tags->lines[i] - 1] = '\0';
        for (char *c = tags->lines[i]; *c != '\0'; c++)
            if ((unsigned char)*c < ' ' || *c == 0x7f)
                *c = ' ';
    }
}

void tsk_fax_tags_read(struct tsk_fax_tags *out, int fd)
{
    int pipes[2] = { -1, -1 };
    pid_t pid = pipe2(pipes, O_CLOEXEC) == 0 ? fork() : -1;
    bool heard;

    if (pid == 0)
        be_child(fd, pipes[1]);
    if (pipes[1] >= 0)
        close(pipes[1]);
    heard = pid > 0 && hear(out, pipes[0]);
    if (pipes[0] >= 0)
        close(pipes[0]);
    if (pid > 0) {
        kill(pid, SIGKILL); /* it has said what it had */
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    if (!heard) {
        tsk_log(TSK_LOG_WARN, "-", "event", "fax.tags", "text", "the tags of a fax could not be looked at", NULL);
        memset(out, 0, sizeof *out);
    }
    make_plain(out);
}
