#include "gateway/paper.h"

#include <cairo-pdf.h>
#include <errno.h>
#include <pango/pangocairo.h>
#include <qrencode.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/date.h"

#define MM (72 / 25.4)
#define MARGIN_MM 25
#define CODE_MM 45

/* The code holds the four lines, so that it can be pasted where they would be typed. */
static QRcode *encode(char lines[TSK_PAPER_LINES][TSK_PAPER_LINE_SIZE])
{
    char text[TSK_PAPER_LINES * TSK_PAPER_LINE_SIZE];
    QRcode *code;

    snprintf(text, sizeof text, "%s %s %s %s", lines[0], lines[1], lines[2], lines[3]);
    code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    sodium_memzero(text, sizeof text);
    return code;
}

static bool dark(const QRcode *code, int x, int y)
{
    return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1) != 0;
}

/* Two rows of modules a line of text; light on dark terminals and dark on light ones are both read by cameras. */
static void print_code(FILE *out, const QRcode *code)
{
    static const char *const halves[] = { "█", "▄", "▀", " " }; /* by upper and lower dark */

    for (int y = -2; y < code->width + 2; y += 2) {
        fputs("    ", out);
        for (int x = -2; x < code->width + 2; x++)
            fputs(halves[(dark(code, x, y) ? 1 : 0) + (dark(code, x, y + 1) ? 2 : 0)], out);
        fputc('\n', out);
    }
}

int tsk_paper_text(FILE *out, const struct tsk_key *key, const char *site, struct tsk_err *err)
{
    char lines[TSK_PAPER_LINES][TSK_PAPER_LINE_SIZE];
    QRcode *code;

    tsk_paper_print(lines, key->bytes);
    code = encode(lines);
    if (code == NULL)
        return tsk_fail(err, TSK_RETRY, errno, "no memory for the code of the key");
    fprintf(out, "Tasuki の鍵の控え (recovery key)\nsite %s, key %s\n\n", site, key->id);
    for (int i = 0; i < TSK_PAPER_LINES; i++)
        fprintf(out, "  %d   %s\n", i + 1, lines[i]);
    fputc('\n', out);
    print_code(out, code);
    QRcode_free(code);
    sodium_memzero(lines, sizeof lines);
    return 0;
}

struct page {
    cairo_t *cairo;
    double y_mm;
};

static void say(struct page *page, const char *font, double space_mm, const char *text)
{
    PangoLayout *layout = pango_cairo_create_layout(page->cairo);
    PangoFontDescription *description = pango_font_description_from_string(font);
    int height = 0;

    pango_layout_set_font_description(layout, description);
    pango_layout_set_width(layout, (int)((210 - 2 * MARGIN_MM) * MM * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(layout, text, -1);
    pango_layout_get_size(layout, NULL, &height);
    cairo_move_to(page->cairo, MARGIN_MM * MM, page->y_mm * MM);
    pango_cairo_show_layout(page->cairo, layout);
    page->y_mm += height / (double)PANGO_SCALE / MM + space_mm;
    pango_font_description_free(description);
    g_object_unref(layout);
}

static void draw_code(struct page *page, const QRcode *code)
{
    double module = CODE_MM * MM / code->width;

    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width; x++)
            if (dark(code, x, y))
                cairo_rectangle(page->cairo, MARGIN_MM * MM + x * module, page->y_mm * MM + y * module, module, module);
    cairo_fill(page->cairo);
    page->y_mm += CODE_MM + 8;
}

static void draw(struct page *page, const struct tsk_key *key, const char *site, const QRcode *code,
                 char lines[TSK_PAPER_LINES][TSK_PAPER_LINE_SIZE])
{
    char text[1200], day[TSK_DATE_SIZE];

    tsk_date_text(tsk_japan_date(tsk_wall_ms()), day);
    say(page, "IPAexGothic 20", 4, "Tasuki の鍵の控え");
    snprintf(text, sizeof text, "サイト: %s\n鍵の番号: %s\n印刷した日: %s", site, key->id, day);
    say(page, "IPAexGothic 11", 8, text);
    for (int i = 0; i < TSK_PAPER_LINES; i++) {
        snprintf(text, sizeof text, "%d    %s", i + 1, lines[i]);
        say(page, "DejaVu Sans Mono, Monospace 17", 3, text);
    }
    page->y_mm += 5;
    draw_code(page, code);
    say(page, "IPAexGothic 11", 4,
        "この紙とバックアップがあれば、サーバーが失われても、別の機械でサイトを元に戻せます。\n"
        "この紙を持つ人は、バックアップや盗まれたディスクのすべての文書を読めます。封筒に入れて封をし、サーバーとは別の"
        "場所"
        "（金庫など）に保管してください。");
    say(page, "IPAexGothic 11", 4,
        "戻すとき（docs/keys.md）\n"
        "1. 新しい機械に Tasuki を入れます。\n"
        "2. tasuki key enter 鍵ファイル を実行し、上の 4 "
        "行を打ち込みます。大文字・小文字、空白、ハイフンは区別しません。"
        "打ち間違えた行は、行の番号で示されます。\n"
        "3. tasuki restore --key 鍵ファイル バックアップ 新しいサイト を実行します。");
    sodium_memzero(text, sizeof text);
}

int tsk_paper_pdf(const char *path, const struct tsk_key *key, const char *site, struct tsk_err *err)
{
    char lines[TSK_PAPER_LINES][TSK_PAPER_LINE_SIZE];
    mode_t mask = umask(0177);
    cairo_surface_t *surface = cairo_pdf_surface_create(path, 210 * MM, 297 * MM);
    struct page page = { .cairo = cairo_create(surface), .y_mm = MARGIN_MM };
    QRcode *code;
    int rc;

    umask(mask);
    tsk_paper_print(lines, key->bytes);
    code = encode(lines);
    if (code != NULL)
        draw(&page, key, site, code, lines);
    cairo_destroy(page.cairo);
    cairo_surface_finish(surface);
    rc = code != NULL && cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS
             ? 0
             : tsk_fail(err, TSK_REJECT, errno, "cannot write %s", path);
    cairo_surface_destroy(surface);
    QRcode_free(code);
    sodium_memzero(lines, sizeof lines);
    return rc;
}
