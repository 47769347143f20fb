#include "gateway/fax_manual.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/fax_page.h"
#include "records/audit.h"
#include "records/notice.h"
#include "records/todo.h"
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

static int check_may_go(struct tsk_session *session, const struct tsk_notice *notice)
{
    const char *reason = NULL;

    if (tsk_route_may_go(&reason, session->records->routing, session->store, notice, session->arena, &session->err) !=
        0)
        return -1;
    return reason == NULL ? 0
                          : tsk_fail(&session->err, TSK_REJECT, 0,
                                     "this fax may not go any more (%s); nothing was printed", reason);
}

/* What is printed is what the records have from now on. */
static int enclose(struct tsk_session *session, struct tsk_enclosure *out, const struct tsk_notice *notice)
{
    if (tsk_route_enclose(out, session->records->routing, session->store, notice, session->arena, &session->err) != 0)
        return -1;
    if (out->reason != NULL)
        return tsk_fail(&session->err, TSK_REJECT, 0, "this fax may not go any more (%s); nothing was printed",
                        out->reason);
    return out->page_count == 0 ? 0
                                : tsk_notice_composed(session->store, &session->scope, notice->id, out->record,
                                                      out->page_count, &session->err);
}

int tsk_fax_manual_print(struct tsk_session *session, int64_t todo, const char *path)
{
    const struct tsk_office_config *office;
    struct tsk_todo found;
    struct tsk_notice notice;
    struct tsk_letter letter;
    struct tsk_enclosure enclosure;
    int pages;

    if (find(session, &found, &notice, todo) != 0 || check_may_go(session, &notice) != 0 ||
        enclose(session, &enclosure, &notice) != 0)
        return -1;
    office = tsk_config_office(session->site->config, notice.office);
    if (office == NULL)
        return tsk_fail(&session->err, TSK_REJECT, 0, "there is no office %s any more", notice.office);
    letter = (struct tsk_letter){ .id = notice.id,
                                  .to = notice.destination,
                                  .subject = notice.subject,
                                  .body = enclosure.body != NULL ? enclosure.body : notice.body,
                                  .pages = enclosure.pages,
                                  .page_count = enclosure.page_count,
                                  .from_name = office->name,
                                  .phone = office->phone,
                                  .fax = office->fax };
    if (tsk_route_recipient_name(&letter.to_name, session->records->routing, session->store, notice.office,
                                 notice.recipient, session->arena, &session->err) != 0 ||
        tsk_fax_pages_pdf(&pages, path, &letter, &session->err) != 0)
        return -1;
    return tsk_audit_add(session->store, notice.office, session->by, "print",
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
