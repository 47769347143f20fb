#include "gateway/fax_page.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "forms/render.h"

#define X_DPI 204
#define Y_DPI 196
#define WIDTH_PX 1728
#define BLACK_BELOW 160
#define LINES_MAX 48
#define PAGES_MAX 6
#define LINE_MM 5.4
#define TEXT_PT 10.5
#define TITLE_PT 22
#define LEFT_MM 18.0
#define TOP_MM 28.0
#define ARENA_BYTES ((size_t)1 << 20)
#define PDF_BYTES_MAX ((size_t)8 << 20)
#define POINTS_PER_MM (72.0 / 25.4)

struct paper {
    struct tsk_fill_note notes[LINES_MAX + 4];
    size_t count;
    double y;
};

static void add_line(struct paper *paper, const char *text, double size_pt)
{
    if (paper->count == TSK_COUNT(paper->notes))
        return;
    if (text[0] != '\0')
        paper->notes[paper->count++] = (struct tsk_fill_note){ text, LEFT_MM, paper->y, size_pt };
    paper->y += LINE_MM * size_pt / TEXT_PT;
}

static int write_page(const struct paper *paper, const char *path, bool first, struct tsk_err *err)
{
    const struct tsk_fill fill = { .notes = paper->notes, .note_count = paper->count };
    const struct tsk_pen pen = { .font = "IPAexGothic" };
    PIX *grey = NULL, *black = NULL, *wide = NULL;
    int rc = -1, margin;

    if (tsk_form_render(NULL, &fill, &pen, X_DPI, Y_DPI, &grey, err) != 0)
        goto out;
    margin = WIDTH_PX - pixGetWidth(grey);
    black = pixThresholdToBinary(grey, BLACK_BELOW);
    wide = black == NULL || margin < 0 ? NULL : pixAddBorderGeneral(black, margin / 2, margin - margin / 2, 0, 0, 0);
    if (wide != NULL) {
        pixSetResolution(wide, X_DPI, Y_DPI);
        rc = pixWriteTiff(path, wide, IFF_TIFF_G4, first ? "w" : "a");
    }
    if (rc != 0)
        rc = tsk_fail(err, TSK_RETRY, 0, "%s: a page for the fax could not be written", path);
out:
    pixDestroy(&grey);
    pixDestroy(&black);
    pixDestroy(&wide);
    return rc;
}

/* Lines of the letter; the array is cut where a page is full. */
static size_t split(const char **lines, size_t max, struct tsk_arena *arena, const char *body)
{
    size_t count = 0;

    while (*body != '\0' && count < max) {
        size_t len = strcspn(body, "\n");
        char *line = tsk_arena_alloc(arena, len + 1);

        if (line == NULL)
            return count;
        memcpy(line, body, len);
        lines[count++] = line;
        body += len + (body[len] == '\n');
    }
    return count;
}

static const char *say(struct tsk_arena *arena, const char *label, const char *text, const char *tail)
{
    size_t size = strlen(label) + strlen(text) + strlen(tail) + 1;
    char *line = tsk_arena_alloc(arena, size);

    if (line == NULL)
        return "";
    snprintf(line, size, "%s%s%s", label, text, tail);
    return line;
}

static void fill_cover(struct paper *paper, struct tsk_arena *arena, const struct tsk_letter *letter, int pages)
{
    struct tsk_date day = tsk_japan_date(tsk_wall_ms());
    char count[16], date[48];

    snprintf(count, sizeof count, "%d", pages);
    snprintf(date, sizeof date, "%d年%d月%d日", day.year, day.month, day.day);
    add_line(paper, "Fax 送信票", TITLE_PT);
    add_line(paper, "", TITLE_PT);
    add_line(paper, say(arena, "送信先: ", letter->to_name, " 御中"), 14);
    add_line(paper, say(arena, "番号: ", letter->to, ""), 12);
    add_line(paper, say(arena, "送信日: ", date, ""), 12);
    add_line(paper, say(arena, "枚数: ", count, " 枚（この送信票を含む）"), 12);
    add_line(paper, "", TITLE_PT);
    add_line(paper, say(arena, "送信元: ", letter->from_name, ""), 12);
    add_line(paper, say(arena, "電話: ", letter->phone, ""), 12);
    add_line(paper, say(arena, "Fax: ", letter->fax, ""), 12);
    add_line(paper, say(arena, "整理番号: ", letter->id, ""), TEXT_PT);
    add_line(paper, "", TITLE_PT);
    add_line(paper, "お心当たりのない場合や、送信先が異なる場合（誤送信の際）は、", 12);
    add_line(paper, "内容をご覧にならず、複写もなさらずに、上記の電話番号までご連絡ください。", 12);
    add_line(paper, "枚数が足りない場合や読みにくい場合も、お電話をお願いいたします。", 12);
}

int tsk_fax_pages_count(const char *body, size_t enclosed)
{
    int lines = 0;

    for (; *body != '\0'; lines++) {
        body += strcspn(body, "\n");
        body += *body == '\n';
    }
    lines = lines < LINES_MAX * PAGES_MAX ? lines : LINES_MAX * PAGES_MAX;
    return 1 + (lines + LINES_MAX - 1) / LINES_MAX + (int)enclosed;
}

/* Every page in turn; cover: the 送信票 goes before. */
static int make_pages(bool cover, const struct tsk_letter *letter, struct tsk_arena *arena,
                      int (*emit)(void *ctx, const struct paper *paper, bool first, struct tsk_err *err), void *ctx,
                      struct tsk_err *err)
{
    const char *lines[LINES_MAX * PAGES_MAX];
    size_t count = split(lines, TSK_COUNT(lines), arena, letter->body);
    struct paper paper = { .y = TOP_MM };

    if (cover) {
        fill_cover(&paper, arena, letter, tsk_fax_pages_count(letter->body, letter->page_count));
        if (emit(ctx, &paper, true, err) != 0)
            return -1;
    }
    for (size_t at = 0; at < count; at += LINES_MAX) {
        paper = (struct paper){ .y = TOP_MM };
        if (at == 0)
            add_line(&paper, letter->subject, 12);
        for (size_t i = at; i < count && i < at + LINES_MAX; i++)
            add_line(&paper, lines[i], TEXT_PT);
        if (emit(ctx, &paper, false, err) != 0)
            return -1;
    }
    return 0;
}

static int emit_tiff(void *ctx, const struct paper *paper, bool first, struct tsk_err *err)
{
    return write_page(paper, ctx, first, err);
}

/* The sheets come from forms/print.h in just this shape. */
static int append_sheets(const char *path, const struct tsk_letter *letter, struct tsk_err *err)
{
    for (size_t i = 0; i < letter->page_count; i++) {
        PIX *sheet = pixReadMemTiff(letter->pages[i].bytes, letter->pages[i].len, 0);
        int rc = sheet == NULL ? 1 : pixWriteTiff(path, sheet, IFF_TIFF_G4, "a");

        pixDestroy(&sheet);
        if (rc != 0)
            return tsk_fail(err, TSK_RETRY, 0, "%s: an enclosed sheet could not be written", path);
    }
    return 0;
}

int tsk_fax_pages_write(int *pages, const char *path, const struct tsk_letter *letter, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    char *to = strdup(path);
    int rc = arena == NULL || to == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory for a fax")
                                         : make_pages(true, letter, arena, emit_tiff, to, err);

    if (rc == 0)
        rc = append_sheets(path, letter, err);
    *pages = tsk_fax_pages_count(letter->body, letter->page_count);
    free(to);
    tsk_arena_free(&arena);
    return rc;
}

static int emit_pdf(void *ctx, const struct paper *paper, bool first, struct tsk_err *err)
{
    cairo_t *cairo = ctx;

    (void)first;
    for (size_t i = 0; i < paper->count; i++) {
        const struct tsk_fill_note *note = &paper->notes[i];
        PangoLayout *layout = pango_cairo_create_layout(cairo);
        PangoFontDescription *font = pango_font_description_from_string("IPAexGothic");

        pango_font_description_set_size(font, (int)(note->size_pt * PANGO_SCALE));
        pango_layout_set_font_description(layout, font);
        pango_layout_set_text(layout, note->text, -1);
        cairo_move_to(cairo, note->x * POINTS_PER_MM, note->y * POINTS_PER_MM);
        pango_cairo_show_layout(cairo, layout);
        pango_font_description_free(font);
        g_object_unref(layout);
    }
    cairo_show_page(cairo);
    return cairo_status(cairo) == CAIRO_STATUS_SUCCESS ? 0 : tsk_fail(err, TSK_RETRY, 0, "a page could not be written");
}

/* Ink as a mask. */
static cairo_surface_t *ink_of(PIX *sheet)
{
    int width = pixGetWidth(sheet), height = pixGetHeight(sheet);
    cairo_surface_t *ink = cairo_image_surface_create(CAIRO_FORMAT_A8, width, height);
    unsigned char *row = cairo_image_surface_get_data(ink);

    for (int y = 0; row != NULL && y < height; y++, row += cairo_image_surface_get_stride(ink))
        for (int x = 0; x < width; x++) {
            l_uint32 bit = 0;
            pixGetPixel(sheet, x, y, &bit);
            row[x] = bit != 0 ? 255 : 0;
        }
    cairo_surface_mark_dirty(ink);
    return ink;
}

static int draw_sheet(cairo_t *cairo, const struct tsk_letter_page *page, struct tsk_err *err)
{
    PIX *sheet = pixReadMemTiff(page->bytes, page->len, 0);
    cairo_surface_t *ink;

    if (sheet == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "an enclosed sheet could not be read");
    ink = ink_of(sheet);
    cairo_save(cairo);
    cairo_scale(cairo, 72.0 / X_DPI, 72.0 / Y_DPI);
    cairo_mask_surface(cairo, ink, (210 / 25.4 * X_DPI - WIDTH_PX) / 2, 0);
    cairo_restore(cairo);
    cairo_show_page(cairo);
    cairo_surface_destroy(ink);
    pixDestroy(&sheet);
    return 0;
}

static cairo_status_t add_bytes(void *ctx, const unsigned char *bytes, unsigned len)
{
    tsk_buf_add(ctx, bytes, len);
    return CAIRO_STATUS_SUCCESS;
}

static int write_pdf(bool cover, struct tsk_buf *out, const struct tsk_letter *letter, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);

    *out = TSK_BUF(PDF_BYTES_MAX);
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(add_bytes, out, 210 * POINTS_PER_MM, 297 * POINTS_PER_MM);
    cairo_t *cairo = cairo_create(surface);
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory for a fax")
                           : make_pages(cover, letter, arena, emit_pdf, cairo, err);

    for (size_t i = 0; rc == 0 && i < letter->page_count; i++)
        rc = draw_sheet(cairo, &letter->pages[i], err);
    cairo_destroy(cairo);
    cairo_surface_finish(surface);
    if (rc == 0 && (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS || out->failed))
        rc = tsk_fail(err, TSK_RETRY, 0, "the pages of a fax could not be written");
    cairo_surface_destroy(surface);
    tsk_arena_free(&arena);
    return rc;
}

int tsk_fax_pages_pdf(int *pages, struct tsk_buf *out, const struct tsk_letter *letter, struct tsk_err *err)
{
    *pages = tsk_fax_pages_count(letter->body, letter->page_count);
    return write_pdf(true, out, letter, err);
}

int tsk_letter_pages_pdf(struct tsk_buf *out, const struct tsk_letter *letter, struct tsk_err *err)
{
    return write_pdf(false, out, letter, err);
}
