#include "gateway/anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "base/os.h"

#define FILE_MAX ((size_t)4 << 20)

int tsk_anchor_add(const char *path, const struct tsk_audit_head *head, struct tsk_err *err)
{
    char line[TSK_STAMP_SIZE + TSK_SHA256_HEX + 32], at[TSK_STAMP_SIZE];
    int fd, rc = 0;

    tsk_stamp(tsk_wall_ms(), at);
    snprintf(line, sizeof line, "%s %lld:%s\n", at, (long long)head->seq, head->hash);
    fd = tsk_os->openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return tsk_fail(err, TSK_RETRY, errno, "the head of the audit chain cannot be noted in %s", path);
    if (tsk_write_all(fd, line, strlen(line)) != 0 || tsk_os->fsync(fd) != 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the head of the audit chain was not noted in %s", path);
    if (tsk_os->close(fd) != 0 && rc == 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the head of the audit chain was not noted in %s", path);
    return rc;
}

static bool take_line(struct tsk_audit_head *out, const char *line)
{
    const char *space = strchr(line, ' ');
    char *end = NULL;

    if (space == NULL)
        return false;
    out->seq = strtoll(space + 1, &end, 10);
    if (out->seq <= 0 || *end != ':' || strspn(end + 1, "0123456789abcdef") != TSK_SHA256_HEX - 1)
        return false;
    memcpy(out->hash, end + 1, TSK_SHA256_HEX - 1);
    out->hash[TSK_SHA256_HEX - 1] = '\0';
    return true;
}

static int take_lines(struct tsk_audit_head *heads, size_t *count, const char *path, char *text, struct tsk_err *err)
{
    int number = 0;

    for (char *line = text, *next; line != NULL && *line != '\0' && *count < TSK_ANCHORS_MAX; line = next) {
        next = strchr(line, '\n');
        if (next == NULL) /* broken off by a power cut */
            break;
        *next++ = '\0';
        number++;
        if (!take_line(&heads[*count], line))
            return tsk_fail(err, TSK_HOLD, 0, "%s:%d is no note of the audit chain", path, number);
        ++*count;
    }
    return 0;
}

int tsk_anchor_read(struct tsk_audit_head **out, size_t *count, const struct tsk_site *site, struct tsk_err *err)
{
    const char *path = site->config->care.audit.anchor_file;
    struct tsk_buf text = TSK_BUF(FILE_MAX);
    int rc = -1;

    *out = NULL;
    *count = 0;
    if (path[0] == '\0' || access(path, F_OK) != 0)
        return 0;
    if (tsk_file_read(path, &text, err) == 0) {
        *out = calloc(TSK_ANCHORS_MAX, sizeof **out);
        rc =
            *out == NULL ? tsk_fail(err, TSK_RETRY, 0, "out of memory") : take_lines(*out, count, path, text.data, err);
    }
    if (rc != 0) {
        free(*out);
        *out = NULL;
    }
    tsk_buf_free(&text);
    return rc;
}

int tsk_anchor_verify(struct tsk_audit_head *head, size_t *noted, const struct tsk_site *site, struct tsk_store *store,
                      const struct tsk_audit_head *more, struct tsk_err *err)
{
    struct tsk_audit_head *heads;
    int rc = tsk_anchor_read(&heads, noted, site, err);

    if (rc == 0)
        rc = tsk_audit_verify_noted(head, store, heads, *noted, err);
    if (rc == 0 && more != NULL)
        rc = tsk_audit_verify(head, store, more, err);
    free(heads);
    return rc;
}
