/*
 * route - the desk's API as tables: one an area, one row a method and path
 *
 * Promise    What is not in a table does not exist. The server checks all that a row says before the handler runs: session,
 *            roles, CSRF token, kind and size of the body.
 * Path       "/api/v1/sheets/{id}/fields/{field}": an argument is one whole segment, decoded, never empty, without "/".
 * Document   review/openapi.yaml describes the same rows; a test compares both and the answers (docs/api.md).
 */
#ifndef TASUKI_REVIEW_ROUTE_H
#define TASUKI_REVIEW_ROUTE_H

#include "review/request.h"

typedef int tsk_handler(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err);

enum tsk_route_flags {
    TSK_ROUTE_UPLOAD = 1 << 0, /* the body is a file, not JSON: request->upload */
    TSK_ROUTE_QUIET = 1 << 1,  /* does not count as activity: for what pages ask by themselves */
    TSK_ROUTE_OPEN = 1 << 2,   /* without a session; private to api_session.c */
    TSK_ROUTE_LOCKED = 1 << 3, /* any session, also a locked one; private to api_session.c */
    TSK_ROUTE_OWN = 1 << 5, /* any session, also before password and second factor are as they must be: one's account */
    /* The path holds {case}: shows a ward viewer what was released to that account of a difficult case
       (records/difficult.h). Without this flag a ward viewer never gets through. */
    TSK_ROUTE_RELEASED = 1 << 4
};

struct tsk_route {
    const char *method; /* GET POST PUT PATCH DELETE; all but GET need the CSRF token */
    const char *path;
    tsk_handler *handler;
    unsigned roles; /* one of these; 0 with TSK_ROUTE_OPEN, _LOCKED or _OWN */
    unsigned flags;
    size_t body_max; /* bytes; 0 = 64 KiB of JSON, or the site's document limit for an upload */
};

/* Each ends with a row whose method is NULL. */
extern const struct tsk_route tsk_routes_session[], tsk_routes_account[], tsk_routes_events[], tsk_routes_users[],
    tsk_routes_audit[], tsk_routes_system[], tsk_routes_pages[], tsk_routes_uploads[];
extern const struct tsk_route tsk_routes_sheets[], tsk_routes_review[], tsk_routes_reread[], tsk_routes_page_reread[],
    tsk_routes_held[];
extern const struct tsk_route tsk_routes_queue[], tsk_routes_documents[], tsk_routes_search[], tsk_routes_cases[],
    tsk_routes_activity[], tsk_routes_reports[], tsk_routes_exports[], tsk_routes_difficult[], tsk_routes_todos[],
    tsk_routes_notices[], tsk_routes_directory[], tsk_routes_forms[], tsk_routes_dashboard[], tsk_routes_waiting[],
    tsk_routes_since[], tsk_routes_retention[], tsk_routes_incidents[];

extern const struct tsk_route *const tsk_route_tables[];
extern const size_t tsk_route_table_count;

#endif
