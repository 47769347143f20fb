#include "review/incident_paper.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "reports/lists.h"

static int draw(const struct tsk_incident_facts *facts, int fd, struct tsk_err *err)
{
    static const struct tsk_column columns[] = { { "区分", 25 }, { "項目", 40 }, { "内容", 115 } };
    struct tsk_lists *lists;

    if (tsk_lists_open(&lists, fd, "個人情報の事故の記録（取扱注意）", err) != 0)
        return -1;
    tsk_lists_heading(lists, "個人情報の事故の記録");
    tsk_lists_columns(lists, columns, TSK_COUNT(columns));
    for (size_t i = 0; i < facts->count; i++) {
        const char *const cells[] = { facts->items[i].part, facts->items[i].name, facts->items[i].value };

        tsk_lists_row(lists, cells);
    }
    return tsk_lists_close(&lists, err);
}

int tsk_incident_pdf(struct tsk_buf *out, const struct tsk_incident_facts *facts, struct tsk_err *err)
{
    int fd = memfd_create("incident", MFD_CLOEXEC);
    int rc = fd < 0 ? tsk_fail(err, TSK_RETRY, errno, "no memory for the sheet of an incident") : draw(facts, fd, err);

    if (rc == 0 && lseek(fd, 0, SEEK_SET) != 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the sheet of an incident cannot be read back");
    if (rc == 0)
        rc = tsk_fd_read(fd, "the sheet of an incident", out, err);
    if (fd >= 0)
        close(fd);
    return rc;
}
