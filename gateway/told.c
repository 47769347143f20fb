#include "gateway/told.h"

#include <string.h>

#include "records/audit.h"
#include "records/notice.h"
#include "records/sheet.h"
#include "records/todo.h"

static int print_notices(struct tsk_session *session, int64_t sheet, const char *case_number)
{
    static const char *const headings[] = { "notice", "event", "kind", "recipient", "by", "state", "reason", NULL };
    const struct tsk_notice_filter filter = { .sheet = sheet, .case_number = case_number };
    struct tsk_notices found;

    if (tsk_notice_list(&found, session->store, &session->scope, &filter, session->arena, &session->err) != 0)
        return -1;
    if (found.count == 0)
        return 0;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_notice *one = &found.items[i];
        const char *name = "";
        if (tsk_route_recipient_name(&name, session->records->routing, session->store, one->office, one->recipient,
                                     session->arena, &session->err) != 0) {
            (void)tsk_table_print(&table, stdout, session->plain);
            return -1;
        }
        tsk_table_row(table, one->id, one->event, tsk_notice_kind_name(one->kind),
                      *name != '\0' ? name : one->recipient, one->channel, tsk_notice_state_name(one->state),
                      one->reason);
    }
    puts("\nnotices");
    return tsk_session_print(session, &table);
}

static int print_todos(struct tsk_session *session, int64_t sheet, const char *case_number)
{
    static const char *const headings[] = { "to-do", "kind", "what", NULL };
    const struct tsk_todo_filter filter = { .sheet = sheet, .case_number = case_number };
    struct tsk_todos found;

    if (tsk_todo_list(&found, session->store, &session->scope, &filter, session->arena, &session->err) != 0)
        return -1;
    if (found.count == 0)
        return 0;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_todo *one = &found.items[i];
        tsk_table_row(table, tsk_session_text(session, "%lld", (long long)one->id), one->kind,
                      tsk_session_text(session, "%.*s", (int)strcspn(one->text, "\n"), one->text));
    }
    puts("\nopen to-dos (whole text: tasuki todo --text)");
    return tsk_session_print(session, &table);
}

int tsk_told_print(struct tsk_session *session, int64_t sheet, const char *case_number)
{
    if (print_notices(session, sheet, case_number) != 0)
        return -1;
    return print_todos(session, sheet, case_number);
}

static const char *waits(struct tsk_session *session, const struct tsk_sheet *sheet)
{
    if (sheet->waiting_count > 0)
        return tsk_session_text(session, "%d fields", sheet->waiting_count);
    return sheet->state == TSK_SHEET_CONFIRMED ? "-" : "confirmation";
}

int tsk_sheets_print(struct tsk_session *session, const char *state, const char *case_number)
{
    static const char *const headings[] = { "sheet",    "office", "received", "form",      "edition", "case",
                                            "document", "page",   "state",    "waits for", NULL };
    const struct tsk_sheet_filter filter = { .state = state, .case_number = case_number };
    struct tsk_sheets found;

    if (tsk_sheet_list(&found, session->store, &session->scope, &filter, session->arena, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_sheet *one = &found.items[i];
        tsk_table_row(table, tsk_session_text(session, "%lld", (long long)one->id), one->office,
                      tsk_session_when(session, one->received), one->form, one->edition,
                      *one->case_number != '\0' ? one->case_number : "which case?", one->document,
                      tsk_session_text(session, "%d", one->page), tsk_sheet_state_name(one->state),
                      waits(session, one));
    }
    return tsk_session_print(session, &table);
}

int tsk_view_note(struct tsk_session *session, const char *office, const char *object)
{
    return tsk_audit_add(session->store, office, tsk_session_actor(session), "view", object, "", &session->err);
}
