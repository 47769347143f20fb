#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "records/reread_parts.h"
#include "records/settle_row.h"
#include "records/sheet_new.h"
#include "records/sql.h"

/* One step about one page, whole. */
struct step {
    struct tsk_store *store;
    const struct tsk_scope *scope;
    struct tsk_arena *arena;
    struct tsk_part part;
    struct tsk_page_row page;
    struct tsk_reread_row row;
    const char *by;
};

static int start(struct step *step, struct tsk_store *store, const struct tsk_scope *scope, int64_t page,
                 const char *by, struct tsk_err *err)
{
    *step = (struct step){ .store = store, .scope = scope, .by = by };
    if (by == NULL || *by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "a change needs the name of who makes it");
    step->arena = tsk_arena_new((size_t)16 << 20);
    if (step->arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to read a page again");
    if (tsk_part_start(&step->part, store, err) != 0 ||
        tsk_page_row_find(&step->page, store, scope, page, step->arena, err) != 0)
        return -1;
    if (step->page.sheet != 0)
        return tsk_fail(err, TSK_REJECT, 0, "this page is sheet %lld already", (long long)step->page.sheet);
    return 0;
}

static int end(struct step *step, int rc, struct tsk_err *err)
{
    if (step->part.store != NULL)
        rc = tsk_part_end(&step->part, rc, err);
    tsk_arena_free(&step->arena);
    return rc;
}

static int note(const struct step *step, const char *action, const char *detail, struct tsk_err *err)
{
    const struct tsk_reread about = { .office = step->page.office, .document = step->page.document };
    char text[200];

    snprintf(text, sizeof text, "page=%d%s%s", step->page.number, *detail != '\0' ? " " : "", detail);
    return tsk_reread_note(step->store, &about, step->by, action, text, err);
}

static int ask(const struct step *step, const char *form, const char *edition, struct tsk_err *err)
{
    char detail[160];
    int64_t id;

    assert(step->page.settled != NULL);
    if (*step->page.settled != '\0')
        return tsk_fail(err, TSK_REJECT, 0, "this page was put away; take it back first");
    if (*form == '\0' || *edition == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "say as which form and edition the page is to be read");
    snprintf(detail, sizeof detail, "form=%.60s edition=%.60s", form, edition);
    return tsk_reread_put(&id, step->store, step->page.id, form, edition, step->by, err) != 0
               ? -1
               : note(step, "page.reread_ask", detail, err);
}

int tsk_reread_ask_page(struct tsk_store *store, const struct tsk_scope *scope, int64_t page, const char *form,
                        const char *edition, const char *by, struct tsk_err *err)
{
    struct step step;
    int rc = start(&step, store, scope, page, by, err);

    return end(&step, rc == 0 ? ask(&step, form, edition, err) : -1, err);
}

int tsk_reread_of_page(bool *found, struct tsk_reread *out, struct tsk_store *store, const struct tsk_scope *scope,
                       int64_t page, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_reread_row row;
    int rc = tsk_reread_newest(&row, store, scope, page, arena, err);

    *found = rc == 1;
    if (*found)
        *out = row.reread;
    return rc < 0 ? -1 : 0;
}

static int find(struct step *step, bool read, struct tsk_err *err)
{
    int rc = tsk_reread_newest(&step->row, step->store, step->scope, step->page.id, step->arena, err);

    if (rc < 0)
        return -1;
    if (rc == 1 && (!read || strcmp(step->row.reread.state, "read") == 0))
        return 0;
    return tsk_fail(err, TSK_REJECT, 0, "page %d of document %s has no new reading to decide about", step->page.number,
                    step->page.document);
}

/* The picture is that of the new reading: it may be turned the other way. */
static int is_read(const struct step *step, const struct tsk_reading *reading, struct tsk_err *err)
{
    return tsk_sql_run(
        step->store, err,
        "UPDATE pages SET state = 'read', reason = '', rotation = ?3, registration_error_mm = ?4, width_px = ?5, "
        "height_px = ?6, x_dpi = ?7, y_dpi = ?8, image = coalesce(nullif(r.image, ''), pages.image), "
        "crops = coalesce(nullif(r.crops, ''), pages.crops) FROM rereads r WHERE pages.id = ?1 AND r.id = ?2",
        "iiidiidd", step->page.id, step->row.reread.id, (int64_t)reading->rotation, reading->registration_error_mm,
        (int64_t)reading->width_px, (int64_t)reading->height_px, reading->x_dpi, reading->y_dpi);
}

static int become_sheet(int64_t *sheet, struct step *step, const struct tsk_reading *reading,
                        const struct tsk_versions *versions, struct tsk_err *err)
{
    char detail[120];
    int64_t document = 0;

    if (tsk_sql_number(&document, step->store, err, "SELECT document_id FROM pages WHERE id = ?1", "i",
                       step->page.id) != 1 ||
        is_read(step, reading, err) != 0 ||
        tsk_sheet_new(sheet, step->store, step->page.office, document, step->page.id, reading, versions, err) != 0 ||
        tsk_page_close_todos(step->store, &step->page, err) != 0 ||
        tsk_reread_end(step->store, step->row.reread.id, "taken", step->by, err) != 0)
        return -1;
    snprintf(detail, sizeof detail, "sheet=%lld form=%.60s", (long long)*sheet, reading->form);
    return note(step, "page.read_as", detail, err);
}

static int take(int64_t *sheet, struct step *step, struct tsk_err *err)
{
    struct tsk_reading reading = { .page = 0 };
    struct tsk_versions versions;

    if (find(step, true, err) != 0 ||
        tsk_reread_reading(&reading, &versions, step->store, &step->row, step->arena, err) != 0)
        return -1;
    int rc = become_sheet(sheet, step, &reading, &versions, err);
    tsk_reading_free(&reading);
    return rc;
}

int tsk_reread_take_page(int64_t *sheet, struct tsk_store *store, const struct tsk_scope *scope, int64_t page,
                         const char *by, struct tsk_err *err)
{
    struct step step;
    int rc = start(&step, store, scope, page, by, err);

    return end(&step, rc == 0 ? take(sheet, &step, err) : -1, err);
}

int tsk_reread_drop_page(struct tsk_store *store, const struct tsk_scope *scope, int64_t page, const char *by,
                         struct tsk_err *err)
{
    struct step step;
    int rc = start(&step, store, scope, page, by, err);

    if (rc == 0)
        rc = find(&step, false, err);
    if (rc == 0)
        rc = tsk_reread_end(store, step.row.reread.id, "dropped", by, err);
    return end(&step, rc == 0 ? note(&step, "page.reread_drop", "", err) : -1, err);
}
