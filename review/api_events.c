/* Live changes. */
#include "review/route.h"

static int get_events(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    (void)request;
    (void)err;
    reply->events = true; /* the server goes on from here: review/events.h */
    return 0;
}

const struct tsk_route tsk_routes_events[] = {
    { "GET", "/api/v1/events", get_events, 0, TSK_ROUTE_OWN | TSK_ROUTE_QUIET, 0 },
    { .method = NULL },
};
