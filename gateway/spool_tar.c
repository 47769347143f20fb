#include "gateway/spool_tar.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int add(struct tsk_tar_writer *w, const struct tsk_spool_entry *entry, const struct tsk_buf *envelope, int fd,
               struct tsk_err *err)
{
    const char *state = entry->state == TSK_SPOOL_HELD ? "held" : "incoming";
    char name[128];
    int rc;

    snprintf(name, sizeof name, "spool/%s/%s/envelope.json", state, entry->envelope.id);
    rc = tsk_tar_buf(w, name, tsk_buf_text(envelope), envelope->len, err);
    snprintf(name, sizeof name, "spool/%s/%s/reason", state, entry->envelope.id);
    if (rc == 0 && entry->reason[0] != '\0')
        rc = tsk_tar_buf(w, name, entry->reason, strlen(entry->reason), err);
    snprintf(name, sizeof name, "spool/%s/%s/original", state, entry->envelope.id);
    return rc == 0 ? tsk_tar_fd(w, name, fd, entry->envelope.size_bytes, err) : -1;
}

int tsk_tar_document(struct tsk_tar_writer *w, struct tsk_spool *spool, const char *id, struct tsk_err *err)
{
    struct tsk_buf envelope = TSK_BUF((size_t)1 << 20);
    struct tsk_spool_entry entry;
    int fd = tsk_spool_export(spool, id, &entry, &envelope, err), rc;

    if (fd < 0) {
        rc = err->kind == TSK_REJECT || err->kind == TSK_HOLD ? 0 : -1;
    } else {
        rc = add(w, &entry, &envelope, fd, err) == 0 ? 1 : -1;
        close(fd);
    }
    tsk_buf_free(&envelope);
    return rc;
}
