#include "review/route.h"

const struct tsk_route *const tsk_route_tables[] = {
    tsk_routes_account,   tsk_routes_events,      tsk_routes_session,   tsk_routes_users,     tsk_routes_audit,
    tsk_routes_system,    tsk_routes_pages,       tsk_routes_uploads,   tsk_routes_sheets,    tsk_routes_review,
    tsk_routes_reread,    tsk_routes_queue,       tsk_routes_documents, tsk_routes_search,    tsk_routes_cases,
    tsk_routes_todos,     tsk_routes_notices,     tsk_routes_directory, tsk_routes_forms,     tsk_routes_dashboard,
    tsk_routes_activity,  tsk_routes_page_reread, tsk_routes_held,      tsk_routes_reports,   tsk_routes_exports,
    tsk_routes_difficult, tsk_routes_waiting,     tsk_routes_since,     tsk_routes_retention, tsk_routes_incidents,
};
const size_t tsk_route_table_count = TSK_COUNT(tsk_route_tables);
