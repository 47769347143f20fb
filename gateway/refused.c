#include "gateway/refused.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"

enum { TEXT_MAX = 4096 };

int tsk_refused_put(struct tsk_spool *spool, struct tsk_envelope *envelope, uint64_t size_bytes, const char *why,
                    struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(TEXT_MAX);
    char mark[TSK_ID_SIZE]; /* so that two refusals are two documents */
    int fd = memfd_create("refused", MFD_CLOEXEC), rc = -1;

    tsk_id_new(mark);
    tsk_buf_printf(&text, "refused %s\nsource: %s\nname: %s\nbytes: %llu\nwhy: it %s\n", mark, envelope->source,
                   envelope->name, (unsigned long long)size_bytes, why);
    snprintf(envelope->refused, sizeof envelope->refused, "%s", why);
    if (fd < 0 || tsk_write_all(fd, tsk_buf_text(&text), text.len) != 0 || lseek(fd, 0, SEEK_SET) != 0)
        tsk_fail(err, TSK_RETRY, 0, "no memory to note what was refused");
    else
        rc = tsk_spool_put(spool, fd, envelope, err);
    if (fd >= 0)
        close(fd);
    tsk_buf_free(&text);
    return rc;
}
