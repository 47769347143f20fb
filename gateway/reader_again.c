#include "gateway/reader_again.h"

#include <stdio.h>

#include "base/log.h"
#include "gateway/reading.h"
#include "gateway/spool_site.h"
#include "records/reread.h"

#define ARENA_BYTES ((size_t)16 << 20)

/* A person says which form it is, and nothing of that form is found on it: everything is for the person to type. */
static int keep_blank(const struct tsk_records *records, const struct tsk_reread *asked,
                      const struct tsk_reader_page *page, const struct tsk_versions *versions, struct tsk_err *err)
{
    const struct tsk_form *form = tsk_forms_find(&records->forms, asked->form, asked->edition);
    struct tsk_reading blank = { .page = 0 };

    if (form == NULL)
        return tsk_reread_failed(records->store, asked->id, "there is no such form any more", err);
    if (tsk_reading_start(&blank, form, err) != 0)
        return -1;
    blank.page = asked->page;
    blank.rotation = page->reading.rotation;
    blank.width_px = page->reading.width_px;
    blank.height_px = page->reading.height_px;
    blank.x_dpi = page->reading.x_dpi;
    blank.y_dpi = page->reading.y_dpi;
    for (size_t i = 0; i < blank.value_count; i++)
        tsk_value_review(&blank.values[i], "not_read");
    const struct tsk_reread_result found = {
        .reading = &blank, .versions = versions, .image = page->image, .crops = ""
    };
    int rc = tsk_reread_done(records->store, asked->id, &found, err);
    tsk_reading_free(&blank);
    return rc;
}

static int keep(const struct tsk_records *records, const struct tsk_reread *asked,
                const struct tsk_reader_result *result, struct tsk_err *err)
{
    const struct tsk_versions versions = { result->reader, result->weights, result->calibration };

    if (result->outcome.end != TSK_END_OK)
        return tsk_reread_failed(records->store, asked->id, result->outcome.fault.text, err);
    if ((size_t)asked->page > result->count)
        return tsk_reread_failed(records->store, asked->id, "read again, the document has fewer pages", err);
    const struct tsk_reader_page *page = &result->pages[asked->page - 1];
    if (page->reading.state != TSK_PAGE_READ)
        return asked->sheet == 0
                   ? keep_blank(records, asked, page, &versions, err)
                   : tsk_reread_failed(records->store, asked->id, "the page does not look like that form", err);
    const struct tsk_reread_result found = {
        .reading = &page->reading, .versions = &versions, .image = page->image, .crops = page->crops
    };
    return tsk_reread_done(records->store, asked->id, &found, err);
}

static int read_and_keep(const struct tsk_site *site, const struct tsk_records *records, const struct tsk_reread *asked,
                         struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_reader_result result = { 0 };
    struct tsk_document document;
    char form[200];

    snprintf(form, sizeof form, "%s%s%s", asked->form, asked->edition[0] != '\0' ? "/" : "", asked->edition);
    if (tsk_document_find(&document, records->store, &tsk_scope_all, asked->document, arena, err) != 0)
        return -1;
    int rc = tsk_reader_reread(&result, site, &document, form[0] != '\0' ? form : NULL, err);
    if (rc == 0)
        rc = keep(records, asked, &result, err);
    tsk_reader_result_free(&result);
    return rc;
}

/* From the first file to the commit nothing is disposed of. */
static int read_again(const struct tsk_site *site, const struct tsk_records *records, const struct tsk_reread *asked,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_blobs *blobs;
    int rc;

    if (tsk_site_blobs_open(&blobs, site, err) != 0)
        return -1;
    rc = tsk_blobs_hold(blobs, err) == 0 ? read_and_keep(site, records, asked, arena, err) : -1;
    tsk_blobs_close(&blobs);
    return rc;
}

bool tsk_reader_again(const struct tsk_site *site, const struct tsk_records *records)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_err err = { 0 };
    struct tsk_reread asked;
    bool found = false;

    if (arena == NULL)
        return false;
    if (tsk_reread_next(&found, &asked, records->store, arena, &err) != 0) {
        tsk_log_err("-", "reread.later", &err);
        found = false;
    } else if (found && read_again(site, records, &asked, arena, &err) != 0) {
        tsk_log_err(asked.document, "reread.failed", &err);
        if (err.kind != TSK_RETRY && tsk_reread_failed(records->store, asked.id, err.text, &err) != 0)
            tsk_log_err(asked.document, "reread.later", &err);
    }
    tsk_arena_free(&arena);
    return found;
}
