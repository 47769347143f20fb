#include "review/route.h"

static int get_session(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    (void)request;
    return tsk_reply_refuse(reply, 401, "signed_out", err, "please sign in");
}

const struct tsk_route tsk_routes_session[] = {
    { "GET", "/api/v1/session", get_session, 0, TSK_ROUTE_OPEN | TSK_ROUTE_QUIET, 0 },
    { .method = NULL },
};
