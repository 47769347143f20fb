/*
 * tasuki sheet - what was read, what waits for a person, and a person's decisions
 */
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/file.h"
#include "gateway/reading.h"
#include "gateway/session.h"
#include "gateway/spool_site.h"
#include "gateway/told.h"
#include "records/audit.h"
#include "records/blob.h"
#include "records/case.h"
#include "records/link.h"
#include "records/sheet.h"

struct change {
    int64_t sheet;
    bool changed;
    char number[TSK_CASE_NUMBER_SIZE];
};

static int route(struct tsk_session *session, const struct change *change)
{
    return tsk_route_sheet(session->records->routing, session->store, change->sheet, &session->err);
}

static int sheet_argument(struct tsk_session *session, struct change *change)
{
    *change = (struct change){ .sheet = 0 };
    return tsk_session_id(session, session->argv[0], "sheet", &change->sheet);
}

static int run_list(struct tsk_session *session)
{
    static const char *const states[] = { "needs_review", "ready", "confirmed", "which_case" };
    const char *state = tsk_session_option(session, "--state");
    bool known = state == NULL;

    for (size_t i = 0; i < TSK_COUNT(states) && !known; i++)
        known = strcmp(states[i], state) == 0;
    if (!known)
        return tsk_fail(&session->err, TSK_REJECT, 0,
                        "--state is needs_review, ready, confirmed or which_case, not \"%s\"", state);
    return tsk_sheets_print(session, state, tsk_session_option(session, "--case"));
}

static const char *alternatives(struct tsk_session *session, const struct tsk_sheet_field *field)
{
    const char *text = "";

    for (size_t i = 0; i < field->alternative_count; i++)
        text = tsk_session_text(session, "%s%s%s", text, i > 0 ? " / " : "", field->alternatives[i].value);
    return text;
}

static bool is_shown(const struct tsk_session *session, const struct tsk_sheet_field *field)
{
    if (field->decided == TSK_DECIDED_WAITING || tsk_session_flag(session, "--all"))
        return true;
    if (tsk_session_flag(session, "--waiting"))
        return false;
    return *field->value != '\0' || field->decided != TSK_DECIDED_ACCEPTED;
}

static int print_fields(struct tsk_session *session, const struct tsk_sheet *sheet)
{
    static const char *const headings[] = { "field", "value", "state", "sure", "read as", "why", "or", NULL };
    struct tsk_table *table = tsk_table_new(headings);

    for (size_t i = 0; i < sheet->field_count; i++) {
        const struct tsk_sheet_field *field = &sheet->fields[i];
        if (!is_shown(session, field))
            continue;
        bool waiting = field->decided == TSK_DECIDED_WAITING;
        tsk_table_row(table, field->id, field->value,
                      *field->by != '\0'
                          ? tsk_session_text(session, "%s by %s", tsk_decided_name(field->decided), field->by)
                          : tsk_decided_name(field->decided),
                      tsk_session_text(session, "%.3f", field->confidence),
                      strcmp(field->read_value, field->value) != 0 ? field->read_value : "",
                      waiting ? field->reason : "", waiting ? alternatives(session, field) : "");
    }
    putchar('\n');
    return tsk_session_print(session, &table);
}

static int print_history(struct tsk_session *session, int64_t id)
{
    static const char *const headings[] = { "at", "field", "before", "after", "by", "why", NULL };
    struct tsk_field_changes found;

    if (tsk_sheet_history(&found, session->store, &session->scope, id, session->arena, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_field_change *one = &found.items[i];
        tsk_table_row(table, tsk_session_when(session, one->at), one->field, one->old_value, one->new_value, one->by,
                      one->why);
    }
    puts("\nchanges");
    return tsk_session_print(session, &table);
}

static void print_head(struct tsk_session *session, const struct tsk_sheet *sheet)
{
    printf("sheet      %lld: %s, edition %s\n", (long long)sheet->id, sheet->form, sheet->edition);
    printf("office     %s\ncase       %s\n", sheet->office,
           *sheet->case_number != '\0' ? sheet->case_number : "which case?");
    printf("document   %s, page %d, received %s\n", sheet->document, sheet->page,
           tsk_session_when(session, sheet->received));
    printf("state      %s", tsk_sheet_state_name(sheet->state));
    if (*sheet->confirmed_by != '\0')
        printf(" by %s at %s", sheet->confirmed_by, tsk_session_when(session, sheet->confirmed_at));
    if (sheet->corrections > 0)
        printf(", %d corrections afterwards", sheet->corrections);
    if (sheet->waiting_count > 0)
        printf(", %d fields wait for a person", sheet->waiting_count);
    printf("\nread by    %s, weights %.12s, calibration %.12s, form %.12s\n", sheet->reader, sheet->weights,
           sheet->calibration, sheet->form_hash);
}

static int print_sheet(struct tsk_session *session, int64_t id)
{
    struct tsk_sheet sheet;

    if (tsk_sheet_find(&sheet, session->store, &session->scope, id, session->arena, &session->err) != 0 ||
        tsk_view_note(session, sheet.office, tsk_session_text(session, "sheet:%lld", (long long)id)) != 0)
        return -1;
    print_head(session, &sheet);
    if (print_fields(session, &sheet) != 0)
        return -1;
    for (size_t i = 0; i < sheet.problem_count; i++)
        printf("%s%s: %s (%s)\n", i == 0 ? "\nwhat did not agree when it was read\n" : "", sheet.problems[i].field,
               sheet.problems[i].text, sheet.problems[i].code);
    if (tsk_session_flag(session, "--history") && print_history(session, id) != 0)
        return -1;
    return tsk_told_print(session, id, NULL);
}

static int run_show(struct tsk_session *session)
{
    struct change change;

    return sheet_argument(session, &change) == 0 ? print_sheet(session, change.sheet) : -1;
}

static int set(struct tsk_session *session, void *ctx)
{
    char number[TSK_CASE_NUMBER_SIZE];
    struct change *change = ctx;

    if (tsk_sheet_set(&change->changed, session->store, &session->scope, change->sheet, session->argv[1],
                      session->argv[2], session->by, tsk_session_option(session, "--why"), &session->err) != 0)
        return -1;
    if (!change->changed)
        return 0;
    return tsk_link_corrected(number, session->store, change->sheet, &session->err) == 0 ? route(session, change) : -1;
}

static int run_set(struct tsk_session *session)
{
    struct change change;
    struct tsk_sheet sheet;

    if (sheet_argument(session, &change) != 0 || tsk_session_change(session, set, &change) != 0 ||
        tsk_sheet_find(&sheet, session->store, &session->scope, change.sheet, session->arena, &session->err) != 0)
        return -1;
    printf("sheet %lld: %s %s; %d fields wait, the sheet is %s\n", (long long)change.sheet, session->argv[1],
           change.changed ? "is set" : "was so already", sheet.waiting_count, tsk_sheet_state_name(sheet.state));
    return 0;
}

static int confirm(struct tsk_session *session, void *ctx)
{
    struct change *change = ctx;

    if (tsk_sheet_confirm(&change->changed, session->store, &session->scope, change->sheet,
                          tsk_session_flag(session, "--accept-all"), session->by, &session->err) != 0)
        return -1;
    return route(session, change); /* again, even when nothing changed: it adds only what is missing */
}

static int run_confirm(struct tsk_session *session)
{
    struct change change;
    struct tsk_sheet sheet;

    if (sheet_argument(session, &change) != 0 || tsk_session_change(session, confirm, &change) != 0 ||
        tsk_sheet_find(&sheet, session->store, &session->scope, change.sheet, session->arena, &session->err) != 0)
        return -1;
    printf("sheet %lld %s; case %s\n", (long long)change.sheet,
           change.changed ? "is confirmed" : "was confirmed already",
           *sheet.case_number != '\0' ? sheet.case_number : "not known yet: tasuki sheet link");
    return tsk_told_print(session, change.sheet, NULL);
}

/* "new": the sheet is the first of its case after all. */
static int open_case(struct tsk_session *session, struct change *change)
{
    struct tsk_sheet sheet;
    int64_t received_ms = 0;

    if (tsk_sheet_find(&sheet, session->store, &session->scope, change->sheet, session->arena, &session->err) != 0)
        return -1;
    if (*sheet.case_number != '\0')
        return tsk_fail(&session->err, TSK_REJECT, 0,
                        "sheet %lld belongs to case %s; name the case that it shall move to", (long long)change->sheet,
                        sheet.case_number);
    if (!tsk_stamp_parse(sheet.received, &received_ms))
        return tsk_fail(&session->err, TSK_STOP, 0, "sheet %lld has no time of reception that can be read",
                        (long long)change->sheet);
    return tsk_case_open(change->number, session->store, sheet.office, received_ms, session->by, &session->err);
}

static int link_sheet(struct tsk_session *session, void *ctx)
{
    struct change *change = ctx;

    if (strcmp(session->argv[1], "new") == 0) {
        if (open_case(session, change) != 0)
            return -1;
    } else if (snprintf(change->number, sizeof change->number, "%s", session->argv[1]) >= (int)sizeof change->number) {
        return tsk_fail(&session->err, TSK_REJECT, 0, "there is no case %s", session->argv[1]);
    }
    if (tsk_sheet_link(&change->changed, session->store, &session->scope, change->sheet, change->number, session->by,
                       &session->err) != 0)
        return -1;
    return change->changed ? route(session, change) : 0;
}

static int run_link(struct tsk_session *session)
{
    struct change change;

    if (sheet_argument(session, &change) != 0 || tsk_session_change(session, link_sheet, &change) != 0)
        return -1;
    printf("sheet %lld %s case %s\n", (long long)change.sheet, change.changed ? "belongs to" : "belonged already to",
           change.number);
    return tsk_told_print(session, change.sheet, NULL);
}

static int page_blob(struct tsk_session *session, const struct tsk_sheet *sheet, const char **sha256)
{
    struct tsk_pages pages;

    if (tsk_document_pages(&pages, session->store, &session->scope, sheet->document, session->arena, &session->err) !=
        0)
        return -1;
    for (size_t i = 0; i < pages.count; i++) {
        if (pages.items[i].sheet == sheet->id && *pages.items[i].image != '\0') {
            *sha256 = pages.items[i].image;
            return 0;
        }
    }
    return tsk_fail(&session->err, TSK_REJECT, 0, "there is no picture of sheet %lld", (long long)sheet->id);
}

static int get_page(struct tsk_session *session, const char *sha256, struct tsk_buf *png)
{
    struct tsk_blobs *blobs = NULL;

    if (tsk_site_blobs_open(&blobs, session->site, &session->err) != 0)
        return -1;
    int rc = tsk_blob_get(png, blobs, sha256, &session->err);
    tsk_blobs_close(&blobs);
    return rc;
}

/* The paper beside the values: the upright page as it was read. */
static int run_page(struct tsk_session *session)
{
    struct tsk_buf png = TSK_BUF(TSK_BLOB_MAX);
    struct change change;
    struct tsk_sheet sheet;
    const char *sha256 = "";
    int rc = -1;

    if (sheet_argument(session, &change) == 0 &&
        tsk_sheet_find(&sheet, session->store, &session->scope, change.sheet, session->arena, &session->err) == 0 &&
        page_blob(session, &sheet, &sha256) == 0 && get_page(session, sha256, &png) == 0 &&
        tsk_audit_add(session->store, sheet.office, tsk_session_actor(session), "export",
                      tsk_session_text(session, "sheet:%lld", (long long)sheet.id), "page image", &session->err) == 0)
        rc = tsk_file_put_path(session->argv[1], tsk_buf_text(&png), png.len, 0600, &session->err);
    tsk_buf_free(&png);
    return rc;
}

struct reread {
    struct change change;
    const struct tsk_reader_result *result;
    int page;
    struct tsk_differences differences;
};

static int apply_reread(struct tsk_session *session, void *ctx)
{
    struct reread *reread = ctx;
    const struct tsk_reader_result *result = reread->result;
    const struct tsk_versions versions = { result->reader, result->weights, result->calibration };

    if (tsk_sheet_reread_apply(&reread->differences, session->store, &session->scope, reread->change.sheet,
                               &result->pages[reread->page - 1].reading, &versions, session->by, session->arena,
                               &session->err) != 0)
        return -1;
    return route(session, &reread->change);
}

static int print_differences(struct tsk_session *session, const struct reread *reread)
{
    static const char *const headings[] = { "field", "read before", "read now", "value", "", NULL };
    struct tsk_table *table = tsk_table_new(headings);

    for (size_t i = 0; i < reread->differences.count; i++) {
        const struct tsk_difference *one = &reread->differences.items[i];
        tsk_table_row(table, one->field, one->read_before, one->read_now, one->value,
                      one->kept ? "a person's value stands" : "taken");
    }
    if (!session->plain)
        printf("sheet %lld read again by %s: %zu differences\n", (long long)reread->change.sheet,
               reread->result->reader, reread->differences.count);
    return tsk_session_print(session, &table);
}

/* The store is closed while the recogniser runs: its handle must not cross a fork. */
static int read_original(struct tsk_session *session, struct tsk_reader_result *result, const struct tsk_sheet *sheet)
{
    struct tsk_document document;

    if (tsk_document_find(&document, session->store, &session->scope, sheet->document, session->arena, &session->err) !=
        0)
        return -1;
    tsk_session_release(session);
    if (tsk_reader_reread(result, session->site, &document, NULL, &session->err) != 0 ||
        tsk_session_resume(session) != 0)
        return -1;
    if (result->outcome.end != TSK_END_OK)
        return tsk_fail(&session->err, TSK_HOLD, 0, "document %s could not be read again: %s", document.spool_id,
                        result->outcome.fault.text);
    if ((size_t)sheet->page > result->count)
        return tsk_fail(&session->err, TSK_HOLD, 0,
                        "document %s has %zu pages when read again, the sheet was on page %d", document.spool_id,
                        result->count, sheet->page);
    return 0;
}

static int run_reread(struct tsk_session *session)
{
    struct tsk_reader_result result = { 0 };
    struct reread reread = { .result = &result };
    struct tsk_sheet sheet;
    int rc = -1;

    if (sheet_argument(session, &reread.change) != 0 ||
        tsk_sheet_find(&sheet, session->store, &session->scope, reread.change.sheet, session->arena, &session->err) !=
            0)
        return -1;
    reread.page = sheet.page;
    if (read_original(session, &result, &sheet) == 0 && tsk_session_change(session, apply_reread, &reread) == 0)
        rc = print_differences(session, &reread);
    tsk_reader_result_free(&result);
    return rc;
}

static int run_sheet(int argc, char **argv)
{
    static const char *const list_options[] = { "--state", "--case", NULL };
    static const char *const show_flags[] = { "--waiting", "--all", "--history", NULL };
    static const char *const set_options[] = { "--why", NULL };
    static const char *const confirm_flags[] = { "--accept-all", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "list", .run = run_list, .options = list_options },
        { .name = "show", .min = 1, .max = 1, .run = run_show, .flags = show_flags },
        { .name = "page", .min = 2, .max = 2, .run = run_page },
        { .name = "set", .min = 3, .max = 3, .needs_by = true, .run = run_set, .options = set_options },
        { .name = "confirm", .min = 1, .max = 1, .needs_by = true, .run = run_confirm, .flags = confirm_flags },
        { .name = "link", .min = 2, .max = 2, .needs_by = true, .run = run_link },
        { .name = "reread", .min = 1, .max = 1, .needs_by = true, .run = run_reread },
    };

    return tsk_session_run(&tsk_cmd_sheet, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_sheet = {
    .name = "sheet",
    .usage = "sheet list [--office ID] [--state needs_review|ready|confirmed|which_case] [--case CASE] [--plain]\n"
             "sheet show SHEET [--waiting|--all] [--history] [--by NAME]\n"
             "sheet page SHEET FILE.png [--by NAME]\n"
             "sheet set SHEET FIELD VALUE --by NAME [--why TEXT]\n"
             "sheet confirm SHEET [--accept-all] --by NAME\n"
             "sheet link SHEET CASE|new --by NAME\n"
             "sheet reread SHEET --by NAME",
    .help = "what was read and what waits; a value is set, a sheet confirmed or put to its case",
    .run = run_sheet,
};
