#include "reports/pages.h"

#include <string.h>

#include "reports/pdfa.h"

#define IMAGE_BYTES_MAX ((size_t)64 << 20)

static int put_page(struct tsk_pdfa *pdf, const struct tsk_page *page, struct tsk_blobs *blobs, struct tsk_err *err)
{
    struct tsk_buf png = TSK_BUF(IMAGE_BYTES_MAX);
    int rc = *page->image == '\0' ? 0 : tsk_blob_get(&png, blobs, page->image, err);

    if (rc == 0 && png.len > 0)
        rc = tsk_pdfa_page(pdf, png.data, png.len, page->x_dpi, page->y_dpi, err);
    tsk_buf_free(&png);
    return rc;
}

/* Of the pages of a document those that wanted says. */
static int put_document(struct tsk_pdfa *pdf, const struct tsk_case_file *file, const char *document,
                        bool (*wanted)(const struct tsk_case_file *file, const struct tsk_page *page),
                        struct tsk_blobs *blobs, struct tsk_err *err)
{
    struct tsk_pages pages;

    if (tsk_document_pages(&pages, file->store, file->scope, document, file->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < pages.count; i++)
        if (wanted(file, &pages.items[i]) && put_page(pdf, &pages.items[i], blobs, err) != 0)
            return -1;
    return 0;
}

static bool of_case(const struct tsk_case_file *file, const struct tsk_page *page)
{
    for (size_t i = 0; i < file->sheets.count; i++)
        if (page->sheet == file->sheets.items[i].id)
            return true;
    return strcmp(page->case_number, file->kase.number) == 0;
}

static bool every(const struct tsk_case_file *file, const struct tsk_page *page)
{
    (void)file;
    (void)page;
    return true;
}

static int put_case(struct tsk_pdfa *pdf, const struct tsk_case_file *file, struct tsk_blobs *blobs,
                    struct tsk_err *err)
{
    struct tsk_case_pages loose;

    for (size_t i = 0; i < file->documents.count; i++)
        if (put_document(pdf, file, file->documents.items[i].spool_id, of_case, blobs, err) != 0)
            return -1;
    if (tsk_case_page_images(&loose, file->store, file->scope, file->kase.number, file->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < loose.count; i++) { /* of documents that have no sheet of the case */
        bool seen = i > 0 && strcmp(loose.items[i].document, loose.items[i - 1].document) == 0;
        for (size_t k = 0; k < file->documents.count && !seen; k++)
            seen = strcmp(file->documents.items[k].spool_id, loose.items[i].document) == 0;
        if (!seen && put_document(pdf, file, loose.items[i].document, of_case, blobs, err) != 0)
            return -1;
    }
    return 0;
}

int tsk_pages_of_case(struct tsk_buf *out, const struct tsk_case_file *file, struct tsk_blobs *blobs, const char *stamp,
                      struct tsk_err *err)
{
    struct tsk_pdfa *pdf = NULL;
    int rc = tsk_pdfa_begin(&pdf, out, file->kase.number, stamp, err) != 0 || put_case(pdf, file, blobs, err) != 0 ||
                     tsk_pdfa_end(pdf, err) != 0
                 ? -1
                 : 0;

    tsk_pdfa_free(&pdf);
    return rc;
}

int tsk_pages_of_case_in(struct tsk_buf *out, const struct tsk_case_file *file, const char *document, const char *stamp,
                         struct tsk_blobs *blobs, struct tsk_err *err)
{
    struct tsk_pdfa *pdf = NULL;
    int rc = tsk_pdfa_begin(&pdf, out, file->kase.number, stamp, err) != 0 ||
                     put_document(pdf, file, document, of_case, blobs, err) != 0 || tsk_pdfa_end(pdf, err) != 0
                 ? -1
                 : 0;

    tsk_pdfa_free(&pdf);
    return rc;
}

int tsk_pages_whole(bool *whole, const struct tsk_case_file *file, const char *document, struct tsk_err *err)
{
    struct tsk_pages pages;

    *whole = true;
    if (tsk_document_pages(&pages, file->store, file->scope, document, file->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < pages.count; i++)
        *whole = *whole && of_case(file, &pages.items[i]);
    return 0;
}

int tsk_pages_of_document(struct tsk_buf *out, struct tsk_store *store, const struct tsk_scope *scope, const char *id,
                          struct tsk_blobs *blobs, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_case_file file = { .store = store, .scope = scope, .arena = arena };
    struct tsk_pdfa *pdf = NULL;
    struct tsk_document document;
    int rc = tsk_document_find(&document, store, scope, id, arena, err) != 0 ||
                     tsk_pdfa_begin(&pdf, out, document.spool_id, document.received, err) != 0 ||
                     put_document(pdf, &file, id, every, blobs, err) != 0 || tsk_pdfa_end(pdf, err) != 0
                 ? -1
                 : 0;

    tsk_pdfa_free(&pdf);
    return rc;
}
