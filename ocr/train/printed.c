#include "ocr/train/source.h"

#include <pango/pangocairo.h>
#include <string.h>

#include "ocr/digits/net.h"

static const char *const fonts[] = {
    "IPAexGothic",
    "IPAexMincho",
    "Noto Sans CJK JP",
    "Noto Serif CJK JP",
    "Noto Sans CJK JP Bold",
    "Noto Serif CJK JP Bold",
    "Noto Sans Mono CJK JP",
    "DejaVu Sans",
    "DejaVu Serif",
    "DejaVu Sans Mono",
    "DejaVu Sans Bold",
    "DejaVu Sans Condensed",
    "DejaVu Serif Condensed",
    "Nimbus Sans",
    "Nimbus Sans Bold",
    "Nimbus Sans Italic",
    "Nimbus Sans Narrow",
    "Nimbus Roman",
    "Nimbus Roman Italic",
    "Nimbus Mono PS",
    "C059",
    "P052",
    "URW Bookman",
    "URW Gothic",
};

static const char *const digits[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" };

/* Left out: what a reader would take for a digit when it stands alone (ノ フ ロ リ つ ち ろ う l O S Z / |). */
static const char *const characters[] = {
    "年", "月", "日", "歳", "年", "月", "日", "平", "成", "令", "和", "昭", "大", "正", "明", "治", "紹", "介",
    "患", "者", "病", "院", "科", "先", "生", "電", "話", "男", "女", "性", "名", "住", "所", "東", "西", "南",
    "北", "区", "町", "丁", "目", "番", "号", "時", "分", "不", "無", "有", "未", "定", "頃", "約", "中", "上",
    "下", "元", "ア", "カ", "サ", "タ", "ナ", "ハ", "マ", "ヤ", "ラ", "イ", "キ", "シ", "チ", "ニ", "ヒ", "ミ",
    "ウ", "ス", "ツ", "ヌ", "ム", "ル", "エ", "ケ", "セ", "テ", "ネ", "メ", "オ", "ソ", "ト", "ホ", "モ", "ヨ",
    "ヲ", "あ", "い", "え", "お", "か", "き", "さ", "す", "せ", "な", "に", "ぬ", "は", "ま", "も", "や", "を",
    "ん", "E",  "F",  "H",  "K",  "M",  "N",  "P",  "R",  "U",  "V",  "W",  "X",  "Y",  "a",  "e",  "f",  "k",
    "m",  "n",  "r",  "v",  "w",  "x",  "#",  "%",  "&",  "@",  "*",  "+",  "=",  "<",  ">",  "?",  "~",  "-",
    ".",  ",",  ":",  "(",  "└",  "┘",  "┌",  "┼",  "├",  "┤",  "┬",  "┴",  "□",  "■",  "×",  "→",
};

struct canvas {
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoLayout *layout;
};

enum { CANVAS_SIDE = 160, FONT_PX = 64 };

/* True when the family that answers is the one asked for. */
static bool use_font(struct canvas *canvas, const char *font)
{
    PangoFontDescription *wanted = pango_font_description_from_string(font), *got;
    PangoFont *loaded;
    bool same = false;

    pango_font_description_set_absolute_size(wanted, FONT_PX * PANGO_SCALE);
    loaded = pango_context_load_font(pango_layout_get_context(canvas->layout), wanted);
    if (loaded != NULL) {
        got = pango_font_describe(loaded);
        same = strncmp(pango_font_description_get_family(got), pango_font_description_get_family(wanted),
                       strlen(pango_font_description_get_family(wanted))) == 0;
        pango_font_description_free(got);
        g_object_unref(loaded);
    }
    pango_layout_set_font_description(canvas->layout, wanted);
    pango_font_description_free(wanted);
    return same;
}

static int add_printed(struct tsk_sources *set, struct canvas *canvas, const char *text, int label, struct tsk_err *err)
{
    const struct tsk_source like = { .label = label, .sender = -1, .typed = true, .size = 1 };

    cairo_set_operator(canvas->cr, CAIRO_OPERATOR_CLEAR);
    cairo_paint(canvas->cr);
    cairo_set_operator(canvas->cr, CAIRO_OPERATOR_OVER);
    cairo_move_to(canvas->cr, 40, 20);
    pango_layout_set_text(canvas->layout, text, -1);
    pango_cairo_show_layout(canvas->cr, canvas->layout);
    cairo_surface_flush(canvas->surface);
    return tsk_sources_add_image(set, cairo_image_surface_get_data(canvas->surface), CANVAS_SIDE, CANVAS_SIDE,
                                 cairo_image_surface_get_stride(canvas->surface), like, err);
}

static int add_all_fonts(struct tsk_sources *set, const char *const *texts, size_t count, bool are_digits,
                         struct tsk_err *err)
{
    struct canvas canvas;
    int rc = 0;

    canvas.surface = cairo_image_surface_create(CAIRO_FORMAT_A8, CANVAS_SIDE, CANVAS_SIDE);
    canvas.cr = cairo_create(canvas.surface);
    canvas.layout = pango_cairo_create_layout(canvas.cr);
    for (size_t f = 0; rc == 0 && f < TSK_COUNT(fonts); f++) {
        const size_t first = set->count;
        if (!use_font(&canvas, fonts[f]))
            continue;
        for (size_t i = 0; rc == 0 && i < count; i++)
            rc = add_printed(set, &canvas, texts[i], are_digits ? (int)i : TSK_NET_NO_DIGIT, err);
        for (size_t i = first; i < set->count; i++)
            set->items[i].size = set->items[i].h / (0.73 * FONT_PX);
    }
    g_object_unref(canvas.layout);
    cairo_destroy(canvas.cr);
    cairo_surface_destroy(canvas.surface);
    return rc;
}

int tsk_sources_add_digits(struct tsk_sources *set, struct tsk_err *err)
{
    return add_all_fonts(set, digits, TSK_COUNT(digits), true, err);
}

int tsk_sources_add_characters(struct tsk_sources *set, struct tsk_err *err)
{
    return add_all_fonts(set, characters, TSK_COUNT(characters), false, err);
}
