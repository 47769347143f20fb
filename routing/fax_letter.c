#include "records/notice.h"
#include "routing/channel.h"
#include "routing/route.h"

static int refuse(const char *reason, struct tsk_err *err)
{
    return tsk_fail(err, TSK_REJECT, 0, "this fax may not go any more (%s); nothing was printed", reason);
}

/* What is printed is what the records have from now on. */
static int enclose(struct tsk_enclosure *out, const struct tsk_routing *routing, struct tsk_store *store,
                   const struct tsk_scope *scope, const struct tsk_notice *notice, struct tsk_arena *arena,
                   struct tsk_err *err)
{
    if (tsk_route_enclose(out, routing, store, notice, arena, err) != 0)
        return -1;
    if (out->reason != NULL)
        return refuse(out->reason, err);
    return out->page_count == 0 ? 0 : tsk_notice_composed(store, scope, notice->id, out->record, out->page_count, err);
}

int tsk_route_fax_letter(struct tsk_letter *out, const struct tsk_routing *routing, struct tsk_store *store,
                         const struct tsk_scope *scope, const struct tsk_notice *notice, struct tsk_arena *arena,
                         struct tsk_err *err)
{
    const struct tsk_office_config *office = tsk_config_office(tsk_routing_config(routing), notice->office);
    struct tsk_enclosure enclosure;
    const char *reason = NULL;

    if (tsk_route_may_go(&reason, routing, store, notice, arena, err) != 0)
        return -1;
    if (reason != NULL)
        return refuse(reason, err);
    if (office == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "there is no office %s any more", notice->office);
    if (enclose(&enclosure, routing, store, scope, notice, arena, err) != 0)
        return -1;
    *out = (struct tsk_letter){ .id = notice->id,
                                .to = notice->destination,
                                .subject = notice->subject,
                                .body = enclosure.body != NULL ? enclosure.body : notice->body,
                                .pages = enclosure.pages,
                                .page_count = enclosure.page_count,
                                .from_name = office->name,
                                .phone = office->phone,
                                .fax = office->fax };
    return tsk_route_recipient_name(&out->to_name, routing, store, notice->office, notice->recipient, arena, err);
}
