#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <pango/pangocairo.h>

#include "base/file.h"
#include "ocr/text/consensus.h"
#include "ocr/text/grid.h"
#include "ocr/text/language.h"
#include "ocr/text/shape_line.h"

#define SHAPES TASUKI_SOURCE_DIR "/ocr/text/shapes.bin"
#define PX_PER_MM_X (204 / 25.4)

static struct tsk_shapes *shapes;
static struct tsk_language *language;
static struct tsk_lexicon *lexicon;

static int set_up(void **state)
{
    struct tsk_err err = { 0 };

    (void)state;
    if (tsk_shapes_load(&shapes, SHAPES, &err) != 0 || tsk_language_new(&language, &err) != 0 ||
        tsk_lexicon_new(&lexicon, TASUKI_SOURCE_DIR "/config/data", NULL, &err) != 0)
        fail_msg("%s", err.text);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tsk_lexicon_free(&lexicon);
    tsk_language_free(&language);
    tsk_shapes_free(&shapes);
    return 0;
}

#define DRAWN (800 / 25.4) /* px a millimetre, both ways; each pixel of the fax is a mean */

static bool dark(cairo_surface_t *surface, int x, int y, double per_mm_y)
{
    int sum = 0, count = 0;

    for (int j = (int)(y * DRAWN / per_mm_y); j < (int)((y + 1) * DRAWN / per_mm_y); j++)
        for (int i = (int)(x * DRAWN / PX_PER_MM_X); i < (int)((x + 1) * DRAWN / PX_PER_MM_X); i++, count++)
            sum += cairo_image_surface_get_data(surface)[j * cairo_image_surface_get_stride(surface) + i];
    return sum > 110 * count;
}

/* A typeset line, black and white, cut to its ink. */
static PIX *line_of(const char *font_name, const char *text, double size_mm, double per_mm_y)
{
    const int w = (int)(PX_PER_MM_X * 90), h = (int)(per_mm_y * 12);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, (int)(91 * DRAWN), (int)(13 * DRAWN));
    cairo_t *cairo = cairo_create(surface);
    PangoLayout *layout = pango_cairo_create_layout(cairo);
    PangoFontDescription *font = pango_font_description_from_string(font_name);
    PIX *page = pixCreate(w, h, 1), *line = NULL;

    cairo_scale(cairo, DRAWN, DRAWN);
    cairo_move_to(cairo, 2, 2);
    pango_font_description_set_absolute_size(font, size_mm * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_text(layout, text, -1);
    pango_cairo_update_layout(cairo, layout);
    pango_cairo_show_layout(cairo, layout);
    cairo_surface_flush(surface);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            if (dark(surface, x, y, per_mm_y))
                pixSetPixel(page, x, y, 1);
    assert_int_equal(pixClipToForeground(page, &line, NULL), 0);
    pixDestroy(&page);
    pango_font_description_free(font);
    g_object_unref(layout);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return line;
}

static struct tsk_shape_lattice *lattice_of(enum tsk_letters letters, const char *font, const char *text,
                                            double per_mm_y)
{
    struct tsk_ink ink = { .count = 1 };
    struct tsk_shape_lattice *lattice;
    struct tsk_err err = { 0 };

    ink.lines[0].bits = line_of(font, text, 4.0, per_mm_y);
    if (tsk_shape_lattice_new(&lattice, shapes, letters, &ink, PX_PER_MM_X, per_mm_y, &err) != 0)
        fail_msg("%s", err.text);
    tsk_ink_free(&ink);
    return lattice;
}

static const struct read_case {
    const char *font, *text;
    enum tsk_letters letters;
    double per_mm_y;
} read_cases[] = {
    { "IPAexGothic", "弁天記念病院", TSK_LETTERS_ALL, 196 / 25.4 },
    { "IPAexMincho", "変形性膝関節症の術後", TSK_LETTERS_ALL, 196 / 25.4 },
    { "IPAexGothic", "松本三郎", TSK_LETTERS_ALL, 98 / 25.4 },
    { "IPAexMincho", "脳梗塞後遺症", TSK_LETTERS_ALL, 391 / 25.4 },
    { "IPAexGothic", "ワタナベマサオ", TSK_LETTERS_KANA, 196 / 25.4 },
    { "IPAexGothic", "06-6972-3185", TSK_LETTERS_PHONE, 196 / 25.4 },
};

static void lines_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < TSK_COUNT(read_cases); i++) {
        const struct read_case *c = &read_cases[i];
        struct tsk_shape_lattice *lattice = lattice_of(c->letters, c->font, c->text, c->per_mm_y);
        struct tsk_read read;

        tsk_shape_lattice_read(lattice, &read);
        assert_string_equal(read.text, c->text);
        assert_true(read.least > 0.1 && read.mean <= 1);
        tsk_shape_lattice_free(&lattice);
    }
}

static const struct fit_case {
    const char *text, *other;
} fit_cases[] = {
    { "高橋茂", "高橋基" },
    { "石川勇", "石川男" },
    { "大阪鶴橋病院", "大阪鈴橋病院" },
    { "玉津2-27-1", "玉津27-1" },
    { "中道3丁目12番14号", "中道3丁目12番4号" },
};

static void the_truth_fits_best(void **state)
{
    (void)state;
    for (size_t i = 0; i < TSK_COUNT(fit_cases); i++)
        for (int coarse = 0; coarse < 2; coarse++) {
            struct tsk_shape_lattice *lattice =
                lattice_of(TSK_LETTERS_ALL, "IPAexGothic", fit_cases[i].text, (coarse ? 98 : 196) / 25.4);
            struct tsk_shape_fit right = tsk_shape_lattice_fit(lattice, fit_cases[i].text),
                                 wrong = tsk_shape_lattice_fit(lattice, fit_cases[i].other);

            assert_true(right.excess + 80 < wrong.excess);
            assert_true(right.worst < 80);
            tsk_shape_lattice_free(&lattice);
        }
}

static void what_cannot_be_laid_over_the_ink_does_not_fit(void **state)
{
    struct tsk_shape_lattice *lattice = lattice_of(TSK_LETTERS_ALL, "IPAexGothic", "林", 196 / 25.4);

    (void)state;
    assert_true(tsk_shape_lattice_fit(lattice, "").excess >= TSK_SHAPE_NO_FIT);
    assert_true(tsk_shape_lattice_fit(lattice, "大阪府済生会中津病院").excess >= TSK_SHAPE_NO_FIT);
    tsk_shape_lattice_free(&lattice);
}

static void sound_japanese_costs_less(void **state)
{
    static const char *const pairs[][2] = {
        { "意欲低下なし", "意欲低ドなし" },
        { "病棟での生活を家族が支える。", "病棟ての生活を家族が支える。" },
        { "訪問看護を週2回導入", "訪問者護を週2回導入" },
        { "家族へ電話、在宅の意向を確認。", "家族へ電話、在宅の怠向を確認。" },
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(pairs); i++)
        assert_true(tsk_language_cost(language, pairs[i][0]) + 3 < tsk_language_cost(language, pairs[i][1]));
    assert_float_equal(tsk_language_cost(language, ""), 0, 1e-9);
    assert_float_equal(tsk_language_cost(language, "週2回"), tsk_language_cost(language, "週２回"), 1e-9);
}

static void say(const char *text, float sure, struct tsk_read *read)
{
    memset(read, 0, sizeof(*read));
    read->count = tsk_glyphs_of(text, read->glyphs, TSK_GLYPHS_MAX);
    for (size_t i = 0; i < read->count; i++)
        read->sure[i] = sure;
    snprintf(read->text, sizeof(read->text), "%s", text);
    tsk_read_sum_up(read);
}

static const struct said_case {
    const char *written, *read, *text; /* what both models read, and what comes of it */
    float sure;
} said_cases[] = {
    { "家族が支える。", "家族か支える。", "家族が支える。", 0.6F },
    { "胃瘻は手配済み", "胃瘻は手配済み", "胃瘻は手配済み", 0.6F }, /* no word of the dictionary, but of the ink */
    { "訪問てきる。", "訪問てきる。", "訪問てきる。", 0.99F },      /* what is surely written stays, Japanese or not */
    { "家族へ連絡.", "家族へ連絡.", "家族へ連絡", 0.9F },           /* no text ends with a small Latin mark */
    { "体重は2.5キロ", "体重は2.5キロ", "体重は2.5キロ", 0.9F },    /* but for that of a number */
};

static void japanese_decides_where_the_ink_leaves_it_open(void **state)
{
    static struct tsk_consensus consensus;
    static struct tsk_read reads[2];

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(said_cases); i++) {
        const struct said_case *c = &said_cases[i];
        struct tsk_shape_lattice *lattice = lattice_of(TSK_LETTERS_ALL, "IPAexGothic", c->written, 98 / 25.4);
        struct tsk_witnesses by = { .shape = &reads[1], .lattice = lattice, .language = language };

        say(c->read, c->sure, &reads[0]);
        tsk_shape_lattice_read(lattice, &reads[1]);
        tsk_consensus_of(lexicon, &reads[0], &reads[0], &by, &consensus);
        assert_string_equal(consensus.text, c->text);
        assert_true(consensus.rival >= 0 && consensus.rival <= GRID_CLEAR);
        by.language = NULL;
        tsk_consensus_of(lexicon, &reads[0], &reads[0], &by, &consensus);
        assert_string_equal(consensus.text, c->read);
        tsk_shape_lattice_free(&lattice);
    }
}

/* Letters of which no two are right without the others. */
static void a_term_is_put_together_where_half_of_it_was_read(void **state)
{
    static struct tsk_consensus consensus;
    static struct tsk_read reads[2];
    struct tsk_shape_lattice *lattice = lattice_of(TSK_LETTERS_ALL, "IPAexGothic", "変形性膝関節症の術後", 98 / 25.4);
    struct tsk_witnesses by = { .shape = &reads[1], .lattice = lattice, .language = language };

    (void)state;
    say("政形性聴関航雛の術後", 0.4F, &reads[0]);
    say("政形性聴関航雛の術後", 0.4F, &reads[1]);
    tsk_consensus_of(lexicon, &reads[0], &reads[0], &by, &consensus);
    assert_string_equal(consensus.text, "変形性膝関節症の術後");
    tsk_shape_lattice_free(&lattice);
}

static void a_damaged_file_is_refused(void **state)
{
    char path[] = "/tmp/tasuki-shapes-XXXXXX";
    struct tsk_buf file = TSK_BUF((size_t)8 << 20);
    struct tsk_shapes *other = NULL;
    struct tsk_err err = { 0 };
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(tsk_file_read(SHAPES, &file, &err), 0);
    file.data[file.len / 2] ^= 1;
    assert_int_equal(tsk_write_all(fd, file.data, file.len), 0);
    assert_int_equal(tsk_shapes_load(&other, path, &err), -1);
    assert_non_null(strstr(err.text, "damaged"));
    assert_int_equal(ftruncate(fd, (off_t)file.len - 1), 0);
    assert_int_equal(tsk_shapes_load(&other, path, &err), -1);
    assert_null(other);
    close(fd);
    unlink(path);
    tsk_buf_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read),
        cmocka_unit_test(the_truth_fits_best),
        cmocka_unit_test(what_cannot_be_laid_over_the_ink_does_not_fit),
        cmocka_unit_test(sound_japanese_costs_less),
        cmocka_unit_test(japanese_decides_where_the_ink_leaves_it_open),
        cmocka_unit_test(a_term_is_put_together_where_half_of_it_was_read),
        cmocka_unit_test(a_damaged_file_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
