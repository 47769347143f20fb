/*
 * tasuki report - everything that came in, for a person: what was read, who was told, what waits and why, where to look
 *
 * Each sheet that is shown is one line in the audit chain: this is looking at patient data.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/session.h"
#include "gateway/told.h"
#include "records/document.h"
#include "records/notice.h"
#include "records/sheet.h"
#include "records/todo.h"
#include "records/watch.h"

#define WAITING_LINES_MAX 12

static const char *title_of(const struct tsk_session *session, const struct tsk_sheet *sheet)
{
    const struct tsk_form *form = tsk_forms_find(&session->records->forms, sheet->form, sheet->edition);

    return form != NULL ? form->title : sheet->form;
}

static const char *label_of(const struct tsk_session *session, const struct tsk_sheet *sheet, const char *id)
{
    static const char *const derived[][2] = {
        { "ward", "患者住所の区" },           { "referral_date", "紹介日" },     { "birth_date", "生年月日" },
        { "move_date", "移動期日" },          { "issue_date", "発行日" },        { "created_date", "作成日" },
        { "valid_from", "有効期間（から）" }, { "valid_to", "有効期間（まで）" }
    };
    const struct tsk_form *form = tsk_forms_find(&session->records->forms, sheet->form, sheet->edition);
    const struct tsk_field *field = form != NULL ? tsk_form_field(form, id) : NULL;

    if (field != NULL && field->label[0] != '\0')
        return field->label;
    for (size_t i = 0; i < TSK_COUNT(derived); i++)
        if (strcmp(derived[i][0], id) == 0)
            return derived[i][1];
    return id;
}

static const char *words_of(const char *reason)
{
    static const char *const words[][2] = {
        { "low_confidence", "not sure enough" },
        { "date_window", "the date does not fit the day of reception" },
        { "date_invalid", "no such date" },
        { "two_marks", "more than one mark" },
        { "none_chosen", "no mark where one belongs" },
        { "ambiguous_mark", "a mark that may mean either" },
        { "faint_mark", "a faint mark" },
        { "unexpected", "written, but its option is not marked" },
        { "missing", "nothing written where something belongs" },
        { "era", "the printed era does not fit; Reiwa would" },
        { "date_order", "the move lies before the referral" },
        { "date_incomplete", "only a part of the date is written" },
        { "kana_mismatch", "name and reading do not fit" },
        { "age_mismatch", "age and birth date disagree" },
        { "struck_out", "something is struck out" },
        { "rows_lost", "the line lost a strip of the page here" },
        { "unreadable", "not readable" },
        { "not_read", "not read" },
        { "registration", "the page lies badly here" },
        { "unsure", "a part of it waits" },
        { "", "to be looked at" },
    };

    for (size_t i = 0; i < TSK_COUNT(words); i++)
        if (strcmp(words[i][0], reason) == 0)
            return words[i][1];
    return reason;
}

/* An option's value as it is printed on the sheet. */
static const char *shown_value(struct tsk_session *session, const struct tsk_sheet *sheet,
                               const struct tsk_sheet_field *value)
{
    const struct tsk_form *form = tsk_forms_find(&session->records->forms, sheet->form, sheet->edition);
    const struct tsk_field *field = form != NULL ? tsk_form_field(form, value->id) : NULL;
    const char *text = "";

    if (field == NULL || (field->kind != TSK_FIELD_MARK && field->kind != TSK_FIELD_CIRCLE))
        return value->value;
    for (size_t i = 0; i < field->option_count; i++)
        if (tsk_sheet_has(sheet, value->id, field->options[i].value))
            text = tsk_session_text(session, "%s%s%s", text, *text != '\0' ? "・" : "", field->options[i].label);
    return text;
}

static bool waits(const struct tsk_sheet_field *field)
{
    return field->decided == TSK_DECIDED_WAITING;
}

static void print_read(struct tsk_session *session, const struct tsk_sheet *sheet)
{
    size_t accepted = 0;

    for (size_t i = 0; i < sheet->field_count; i++)
        accepted += !waits(&sheet->fields[i]);
    printf("  read: %zu of %zu fields are sure\n", accepted, sheet->field_count);
    for (size_t i = 0; i < sheet->field_count; i++) {
        const struct tsk_sheet_field *field = &sheet->fields[i];

        if (!waits(field) && field->value[0] != '\0')
            printf("    %s: %s%s%s\n", label_of(session, sheet, field->id), shown_value(session, sheet, field),
                   field->by[0] != '\0' ? "  by " : "", field->by);
    }
}

static const char *waits_for(const struct tsk_sheet *sheet, struct tsk_session *session)
{
    bool unconfirmed = sheet->state != TSK_SHEET_CONFIRMED;
    const char *fields =
        sheet->waiting_count > 0 ? tsk_session_text(session, "%d fields, then ", sheet->waiting_count) : "";

    return tsk_session_text(session, "%s%s%s", fields, unconfirmed ? "confirmation" : "",
                            sheet->case_number[0] != '\0' ? ""
                            : unconfirmed                 ? "; which case?"
                                                          : "which case?");
}

/* What was read and is doubted comes before what seems to be blank. */
static void print_waiting(struct tsk_session *session, const struct tsk_sheet *sheet)
{
    int lines = 0, blank = 0;

    if (sheet->waiting_count == 0 && sheet->state == TSK_SHEET_CONFIRMED && sheet->case_number[0] != '\0') {
        puts("  waits: nothing");
        return;
    }
    printf("  waits for a person: %s\n", waits_for(sheet, session));
    for (size_t i = 0; i < sheet->field_count; i++) {
        const struct tsk_sheet_field *field = &sheet->fields[i];

        if (!waits(field))
            continue;
        blank += field->value[0] == '\0';
        if (field->value[0] != '\0' && ++lines <= WAITING_LINES_MAX)
            printf("    %s: %s (read as %s)\n", label_of(session, sheet, field->id), words_of(field->reason),
                   shown_value(session, sheet, field));
    }
    if (lines > WAITING_LINES_MAX)
        printf("    and %d more\n", lines - WAITING_LINES_MAX);
    if (blank > 0)
        printf("    and %d that look blank\n", blank);
}

static int print_notices(struct tsk_session *session, const struct tsk_notice_filter *filter)
{
    struct tsk_notices found;

    if (tsk_notice_list(&found, session->store, &session->scope, filter, session->arena, &session->err) != 0)
        return -1;
    if (found.count == 0)
        puts("  told: nobody yet");
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_notice *one = &found.items[i];
        const char *name = "";

        if (tsk_route_recipient_name(&name, session->records->routing, session->store, one->office, one->recipient,
                                     session->arena, &session->err) != 0)
            return -1;
        printf("  told: %s (%s) → %s, %s %s: %s%s%s\n", tsk_notice_kind_name(one->kind), one->event,
               *name != '\0' ? name : one->recipient, one->channel, one->destination, tsk_notice_state_name(one->state),
               one->reason[0] != '\0' ? ", " : "", one->reason);
    }
    return 0;
}

static int print_todos(struct tsk_session *session, int64_t sheet)
{
    const struct tsk_todo_filter filter = { .sheet = sheet };
    struct tsk_todos found;

    if (tsk_todo_list(&found, session->store, &session->scope, &filter, session->arena, &session->err) != 0)
        return -1;
    for (size_t i = 0; i < found.count; i++)
        printf("  to do: %.*s (tasuki todo, number %lld)\n", (int)strcspn(found.items[i].text, "\n"),
               found.items[i].text, (long long)found.items[i].id);
    return 0;
}

static int print_sheet(struct tsk_session *session, int64_t id)
{
    const struct tsk_notice_filter filter = { .sheet = id };
    struct tsk_sheet sheet;

    if (tsk_sheet_find(&sheet, session->store, &session->scope, id, session->arena, &session->err) != 0 ||
        tsk_view_note(session, sheet.office, tsk_session_text(session, "sheet:%lld", (long long)id)) != 0)
        return -1;
    printf("\n  sheet %lld, page %d: %s, %s%s\n", (long long)id, sheet.page, title_of(session, &sheet),
           sheet.case_number[0] != '\0' ? "case " : "no case yet", sheet.case_number);
    print_read(session, &sheet);
    if (print_notices(session, &filter) != 0)
        return -1;
    print_waiting(session, &sheet);
    if (print_todos(session, id) != 0)
        return -1;
    printf("  look: tasuki sheet show %lld\n", (long long)id);
    return 0;
}

static bool is_coarse(const struct tsk_page *page)
{
    double least = page->x_dpi < page->y_dpi ? page->x_dpi : page->y_dpi;

    return least > 0 && least < TSK_COARSE_DPI;
}

static int print_pages(struct tsk_session *session, const struct tsk_document *document)
{
    struct tsk_pages pages;

    if (tsk_document_pages(&pages, session->store, &session->scope, document->spool_id, session->arena,
                           &session->err) != 0)
        return -1;
    for (size_t i = 0; i < pages.count; i++) {
        const struct tsk_page *page = &pages.items[i];

        if (page->sheet != 0 && print_sheet(session, page->sheet) != 0)
            return -1;
        if (is_coarse(page))
            printf("\n  page %d is coarse (%.0f x %.0f dots an inch): ask for fine mode, keep the paper\n",
                   page->number, page->x_dpi, page->y_dpi);
        if (page->sheet == 0)
            printf("\n  page %d: %s%s%s\n", page->number,
                   page->state == TSK_PAGE_NO_FORM ? "no form found, kept with the document" : "incomplete",
                   page->reason[0] != '\0' ? ": " : "", page->reason);
    }
    return 0;
}

static int print_document(struct tsk_session *session, const struct tsk_document *document)
{
    const struct tsk_notice_filter filter = { .document = document->spool_id };

    printf("\ndocument %s: %s\n  office %s, source %s, received %s, %s\n", document->spool_id,
           document->name[0] != '\0' ? document->name : "(no name)", document->office, document->source,
           tsk_session_when(session, document->received), tsk_document_state_name(document->state));
    switch (document->state) {
    case TSK_DOCUMENT_HELD:
        printf("  waits for a person: %s\n", document->reason);
        if (print_notices(session, &filter) != 0)
            return -1;
        printf("  look: tasuki queue show %s\n", document->spool_id);
        return 0;
    case TSK_DOCUMENT_DUPLICATE:
        printf("  the same bytes as document %s; nothing was told again\n", document->duplicate_of);
        return 0;
    case TSK_DOCUMENT_READ:
    case TSK_DOCUMENT_STATE_COUNT:
        break;
    }
    return print_pages(session, document);
}

static int run_report(struct tsk_session *session)
{
    const struct tsk_document_filter filter = { .limit = 100000 };
    struct tsk_documents found;
    size_t held = 0, sheets = 0;

    if (tsk_document_list(&found, session->store, &session->scope, &filter, session->arena, &session->err) != 0)
        return -1;
    for (size_t i = found.count; i > 0; i--) { /* oldest first */
        if (print_document(session, &found.items[i - 1]) != 0)
            return -1;
        held += found.items[i - 1].state == TSK_DOCUMENT_HELD;
        sheets += (size_t)found.items[i - 1].sheet_count;
    }
    printf("\n%zu documents, %zu sheets, %zu held.  Site: %s\n"
           "All sheets: tasuki sheet list; held documents: tasuki queue; to-dos: tasuki todo; mail: %s\n",
           found.count, sheets, held, session->site->dir,
           session->site->config->mail.channel == TSK_MAIL_MAILDIR ? session->site->mail
                                                                   : session->site->config->mail.smtp_url);
    return 0;
}

static int run(int argc, char **argv)
{
    static const struct tsk_subcommand subs[] = { { "all", 0, 0, false, run_report, NULL, NULL } };
    static char all[] = "all";
    char **args = calloc((size_t)argc + 2, sizeof *args);
    int rc;

    if (args == NULL)
        return TSK_EXIT_FAILED;
    args[0] = argv[0];
    args[1] = all; /* a session wants a subcommand, a person does not */
    memcpy(args + 2, argv + 1, (size_t)(argc - 1) * sizeof *args);
    rc = tsk_session_run(&tsk_cmd_report, subs, TSK_COUNT(subs), argc + 1, args);
    free(args);
    return rc;
}

const struct tsk_command tsk_cmd_report = { "report", "report [--office ID] [--by NAME] [--site DIR]",
                                            "what came in, what was read, who was told, what waits and why", run };
