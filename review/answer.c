#include "review/answer.h"

#include <string.h>

#include "records/audit.h"
#include "routing/route.h"

int tsk_answer(struct tsk_reply *reply, json_t *json, struct tsk_err *err)
{
    reply->json = json;
    return json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
}

void tsk_answer_add(json_t **list, json_t *item)
{
    if (*list == NULL) {
        json_decref(item);
    } else if (item == NULL || json_array_append_new(*list, item) != 0) {
        json_decref(*list);
        *list = NULL;
    }
}

const char *tsk_answer_recipient(const struct tsk_request *request, const char *office, const char *recipient)
{
    const char *name = "";
    struct tsk_err err;

    if (tsk_route_recipient_name(&name, request->desk->routing, request->store, office, recipient, request->arena,
                                 &err) != 0 ||
        *name == '\0')
        return recipient;
    return name;
}

json_t *tsk_answer_notice(const struct tsk_request *request, const struct tsk_notice *n)
{
    return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s}",
                     "id", n->id, "office", n->office, "sheet", (json_int_t)n->sheet, "case", n->case_number,
                     "document", n->document, "event", n->event, "recipient", n->recipient, "name",
                     tsk_answer_recipient(request, n->office, n->recipient), "kind", tsk_notice_kind_name(n->kind),
                     "state", *n->by_hand != '\0' ? "by_hand" : tsk_notice_state_name(n->state), "reason", n->reason,
                     "channel", n->channel, "destination", n->destination, "created", n->created, "next",
                     n->next_attempt, "finished", n->finished, "attempts", n->attempts, "by_hand", n->by_hand,
                     "subject", n->subject);
}

json_t *tsk_answer_todo(const struct tsk_request *request, const struct tsk_todo *t)
{
    return json_pack("{s:I, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "id",
                     (json_int_t)t->id, "office", t->office, "sheet", (json_int_t)t->sheet, "document", t->document,
                     "case", t->case_number, "event", t->event, "kind", t->kind, "text", t->text, "recipient",
                     t->recipient, "name",
                     *t->recipient != '\0' ? tsk_answer_recipient(request, t->office, t->recipient) : "", "created",
                     t->created, "due", t->due, "assigned", t->assigned, "done", t->done, "done_by", t->done_by, "note",
                     t->note, "tries", t->tries);
}

int tsk_answer_audit(const struct tsk_request *request, const char *office, const char *action, const char *object,
                     const char *detail, struct tsk_err *err)
{
    return tsk_audit_add(request->store, office, request->who.name, action, object, detail, err);
}
