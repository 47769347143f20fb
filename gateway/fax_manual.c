#include "gateway/fax_manual.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "gateway/fax_page.h"
#include "records/audit.h"
#include "records/notice.h"
#include "records/todo.h"
#include "routing/route.h"
#include "routing/sender.h"

static void start(struct tsk_channel *channel, struct tsk_flight *flight)
{
    (void)channel;
    tsk_flight_land(flight, TSK_DELIVERED_PERSON, "waits to be printed and faxed by a person");
}

static void close_channel(struct tsk_channel *channel)
{
    free(channel);
}

int tsk_fax_manual_open(struct tsk_channel **out, struct tsk_err *err)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a channel");
    **out = (struct tsk_channel){ .name = "fax-manual", .start = start, .close = close_channel };
    return 0;
}

static int notice_of(struct tsk_session *session, struct tsk_notice *out, const char *about)
{
    static const char prefix[] = "notice:";

    if (strncmp(about, prefix, sizeof prefix - 1) != 0) {
        tsk_fail(&session->err, TSK_REJECT, 0, "this to-do is about no fax");
        return -1;
    }
    return tsk_notice_find(out, session->store, &session->scope, about + sizeof prefix - 1, session->arena,
                           &session->err);
}

static int find(struct tsk_session *session, struct tsk_todo *todo, struct tsk_notice *notice, int64_t id)
{
    if (tsk_todo_find(todo, session->store, &session->scope, id, session->arena, &session->err) != 0)
        return -1;
    if (strcmp(todo->kind, TSK_TODO_FAX_PRINT) != 0) {
        tsk_fail(&session->err, TSK_REJECT, 0, "to-do %lld is no fax to print", (long long)id);
        return -1;
    }
    return notice_of(session, notice, todo->about);
}

int tsk_fax_manual_print(struct tsk_session *session, int64_t todo, const char *path)
{
    struct tsk_buf pdf = TSK_BUF(0);
    struct tsk_todo found;
    struct tsk_notice notice;
    struct tsk_letter letter;
    int pages, rc;

    if (find(session, &found, &notice, todo) != 0 ||
        tsk_route_fax_letter(&letter, session->records->routing, session->store, &session->scope, &notice,
                             session->arena, &session->err) != 0)
        return -1;
    rc = tsk_fax_pages_pdf(&pages, &pdf, &letter, &session->err);
    if (rc == 0)
        rc = tsk_file_put_path(path, tsk_buf_text(&pdf), pdf.len, 0600, &session->err);
    tsk_buf_free(&pdf);
    return rc != 0 ? -1
                   : tsk_audit_add(session->store, notice.office, session->by, "print",
                                   tsk_session_text(session, "notice:%s", notice.id), "fax", &session->err);
}

int tsk_fax_manual_settle(struct tsk_session *session, const char *about, const char *result, const char *note)
{
    struct tsk_notice notice;
    bool delivered = strcmp(result, "delivered") == 0;
    const char *detail = tsk_session_text(session, "by hand, %s%s%s", session->by, note[0] != '\0' ? ": " : "", note);

    if (!delivered && strcmp(result, "failed") != 0)
        return tsk_fail(&session->err, TSK_REJECT, 0, "--result is delivered or failed, not \"%s\"", result);
    if (notice_of(session, &notice, about) != 0)
        return -1;
    return tsk_route_fax_ended(session->records->routing, session->store, &session->scope, &notice, delivered, detail,
                               &session->err);
}
