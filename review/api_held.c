/* Documents that could not be opened: tried again, or given to the office that they were meant for. Nothing is opened here. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "records/settle.h"
#include "review/answer.h"
#include "review/document_view.h"
#include "review/route.h"

static int must_be_held(const struct tsk_document *document, struct tsk_err *err)
{
    if (document->state == TSK_DOCUMENT_HELD && *document->settled == '\0')
        return 0;
    return tsk_fail(err, TSK_REJECT, 0, "document %s is not held", document->spool_id);
}

/* The reader takes it up as if it had just arrived; if it fails again it is held again, with the newest reason. */
static int post_retry(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_document document;
    bool letter;

    if (tsk_view_document(&document, reply, request, err) != 0 || must_be_held(&document, err) != 0 ||
        tsk_document_is_letter(&letter, request->store, &document, err) != 0)
        return -1;
    if (letter)
        return tsk_fail(err, TSK_REJECT, 0, "a mail without a sheet has nothing that could be read again");
    if (tsk_answer_audit(request, document.office, "document.retry",
                         tsk_arena_printf(request->arena, "document:%s", document.spool_id), "", err) != 0 ||
        tsk_spool_retry(request->spool, document.spool_id, err) != 0)
        return -1;
    return tsk_view_document_reply(reply, request, err);
}

static int check_taker(const struct tsk_request *request, const struct tsk_document *document, const char *to,
                       struct tsk_err *err)
{
    if (strcmp(to, document->office) != 0 && tsk_config_office(request->desk->config, to) != NULL)
        return 0;
    return tsk_fail(err, TSK_REJECT, 0, "\"%.60s\" is no other office", to);
}

/* The taker's copy first, durable; whoever dies before the rest gives it once more, which the taker knows as a duplicate. */
static int give(struct tsk_envelope *envelope, const struct tsk_request *request, const struct tsk_document *document,
                const char *to, struct tsk_err *err)
{
    struct tsk_spool_entry entry;
    int fd = tsk_spool_peek(request->spool, document->spool_id, &entry, err), rc;

    if (fd < 0)
        return -1;
    *envelope = entry.envelope;
    *envelope->id = *envelope->case_number = '\0';
    snprintf(envelope->office, sizeof envelope->office, "%s", to);
    snprintf(envelope->source, sizeof envelope->source, "office:%.60s", document->office);
    rc = tsk_spool_put(request->spool, fd, envelope, err);
    close(fd);
    return rc;
}

int tsk_hand_over_held(const struct tsk_request *request, const struct tsk_document *document, const char *to,
                       struct tsk_err *err)
{
    struct tsk_envelope envelope;
    bool letter;

    if (must_be_held(document, err) != 0 || check_taker(request, document, to, err) != 0 ||
        tsk_document_is_letter(&letter, request->store, document, err) != 0)
        return -1;
    if (letter)
        return tsk_document_letter_hand_over(envelope.id, request->store, &request->scope, document->spool_id, to,
                                             request->who.name, err);
    if (give(&envelope, request, document, to, err) != 0 ||
        tsk_document_held_hand_over(request->store, &request->scope, document->spool_id, to, envelope.id,
                                    request->who.name, err) != 0)
        return -1;
    return tsk_spool_dispose(request->spool, document->spool_id, err);
}

const struct tsk_route tsk_routes_held[] = {
    { "POST", "/api/v1/documents/{document}/retry", post_retry, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
