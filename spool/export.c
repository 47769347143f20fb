/* export - documents of the spool into a backup and out of it */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/os.h"
#include "spool/parts.h"

int tsk_spool_export(struct tsk_spool *spool, const char *id, struct tsk_spool_entry *out, struct tsk_buf *envelope,
                     struct tsk_err *err)
{
    int fd = tsk_spool_peek(spool, id, out, err);

    if (fd < 0 || tsk_envelope_print(envelope, &out->envelope, err) == 0)
        return fd;
    tsk_os->close(fd);
    return -1;
}

static int fill(struct tsk_spool *spool, int doc, int fd, const struct tsk_envelope *envelope, const char *reason,
                struct tsk_err *err)
{
    struct tsk_envelope copy = *envelope;
    char line[260];

    if (tsk_spool_put_original(spool, doc, fd, &copy, err) != 0)
        return -1;
    if (strcmp(copy.sha256, envelope->sha256) != 0)
        return tsk_fail(err, TSK_HOLD, 0, "document %s: its bytes are not those that were accepted", envelope->id);
    if (tsk_spool_put_envelope(spool, doc, envelope, err) != 0)
        return -1;
    snprintf(line, sizeof line, "%.250s\n", reason);
    if (reason[0] != '\0' && tsk_file_put(doc, "reason", line, strlen(line), 0600, err) != 0)
        return -1;
    return tsk_os->fsync(doc) == 0 ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot sync document %s", envelope->id);
}

int tsk_spool_import(struct tsk_spool *spool, enum tsk_spool_state state, const char *id,
                     const struct tsk_buf *envelope, int fd, const char *reason, struct tsk_err *err)
{
    int to = spool->states[state], doc, rc;
    struct tsk_envelope parsed;

    if (!tsk_spool_id_valid(id))
        return tsk_fail(err, TSK_REJECT, 0, "this is not the id of a document");
    if (tsk_envelope_parse(&parsed, id, tsk_buf_text(envelope), envelope->len, err) != 0)
        return -1;
    if (tsk_os->mkdirat(spool->tmp, id, 0700) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot make a folder in %s/tmp", spool->dir);
    doc = tsk_os->openat(spool->tmp, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0);
    rc = doc >= 0 ? fill(spool, doc, fd, &parsed, reason, err)
                  : tsk_fail(err, TSK_RETRY, errno, "cannot open a folder in %s/tmp", spool->dir);
    if (doc >= 0)
        tsk_os->close(doc);
    if (rc == 0 && (tsk_os->renameat(spool->tmp, id, to, id) != 0 || tsk_os->fsync(to) != 0))
        rc = tsk_fail(err, TSK_RETRY, errno, "cannot move document %s to %s", id, tsk_spool_state_name(state));
    if (rc != 0)
        tsk_spool_remove(spool, id);
    return rc;
}
