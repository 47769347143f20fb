#include <math.h>
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

#include "ocr/confine/read_page.h"
#include "ocr/digits/digits.h"
#include "ocr/judge/judging.h"
#include "ocr/text/decide.h"
#include "ocr/text/deciding.h"
#include "ocr/text/ink.h"
#include "ocr/text/language.h"
#include "ocr/text/phone.h"
#include "ocr/text/pool.h"
#include "ocr/text/shapes.h"
#include "ocr/text/text_field.h"
#include "ocr/text/typed_digits.h"

/* Lines are typeset, made 1 bit at fine-fax resolution, and read as a field from which the form is already subtracted. */

#define PX_PER_MM_X (204 / 25.4)
#define PX_PER_MM_Y (196 / 25.4)
#define MARGIN TSK_TEXT_MARGIN_MM

static const char directory[] = "kind,name\n"
                                "hospital,弁天記念病院\n"
                                "hospital,みなと総合病院\n"
                                "clinic,築港ファミリークリニック\n";

static struct tsk_lexicon *lexicon;
static struct tsk_digits *digits;
static struct tsk_shapes *shapes;
static struct tsk_language *language;
static struct tsk_text_engine *engine;
static const struct tsk_form form = { .id = "test", .edition = "test", .ward = "27115" };

static int set_up(void **state)
{
    char path[] = "/tmp/tasuki-directory-XXXXXX";
    int fd = mkstemp(path);
    struct tsk_err err = { 0 };

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, directory, strlen(directory)), strlen(directory));
    close(fd);
    if (tsk_lexicon_new(&lexicon, TASUKI_SOURCE_DIR "/config/data", path, &err) != 0 ||
        tsk_digits_load(&digits, TASUKI_SOURCE_DIR "/ocr/digits/weights.bin", &err) != 0 ||
        tsk_shapes_load(&shapes, TASUKI_SOURCE_DIR "/ocr/text/shapes.bin", &err) != 0 ||
        tsk_language_new(&language, &err) != 0 || tsk_text_engine_new(&engine, NULL, lexicon, &err) != 0)
        fail_msg("%s", err.text);
    tsk_text_engine_use_digits(engine, digits);
    tsk_text_engine_use_shapes(engine, shapes);
    tsk_text_engine_use_language(engine, language);
    unlink(path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tsk_text_engine_free(&engine);
    tsk_language_free(&language);
    tsk_shapes_free(&shapes);
    tsk_digits_free(&digits);
    tsk_lexicon_free(&lexicon);
    return 0;
}

static struct tsk_patch empty_patch(double w_mm, double h_mm)
{
    int w = (int)((w_mm + 2 * MARGIN) * PX_PER_MM_X), h = (int)((h_mm + 2 * MARGIN) * PX_PER_MM_Y);

    return (struct tsk_patch){ .page = pixCreate(w, h, 1),
                               .blank = pixCreate(w, h, 1),
                               .foreign = pixCreate(w, h, 1),
                               .px_per_mm_x = PX_PER_MM_X,
                               .px_per_mm_y = PX_PER_MM_Y,
                               .mm = { 0, 0, w_mm + 2 * MARGIN, h_mm + 2 * MARGIN },
                               .error_mm = 0.05 };
}

static void typeset(struct tsk_patch *patch, const char *text, double x_mm, double y_mm, double size_mm)
{
    int w = pixGetWidth(patch->foreign), h = pixGetHeight(patch->foreign);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, w, h);
    cairo_t *cairo = cairo_create(surface);
    PangoLayout *layout = pango_cairo_create_layout(cairo);
    PangoFontDescription *font = pango_font_description_from_string("IPAexGothic");

    cairo_scale(cairo, PX_PER_MM_X, PX_PER_MM_Y);
    cairo_move_to(cairo, x_mm, y_mm);
    pango_font_description_set_absolute_size(font, size_mm * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_text(layout, text, -1);
    pango_cairo_update_layout(cairo, layout);
    pango_cairo_show_layout(cairo, layout);
    cairo_surface_flush(surface);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            if (cairo_image_surface_get_data(surface)[y * cairo_image_surface_get_stride(surface) + x] > 110)
                pixSetPixel(patch->foreign, x, y, 1);
    pango_font_description_free(font);
    g_object_unref(layout);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
}

static struct tsk_value read_patch(struct tsk_patch *patch, const char *kind, const char *suffix, double w_mm,
                                   double h_mm, int lines_max)
{
    struct tsk_field field = { .id = "field",
                               .kind = TSK_FIELD_TEXT,
                               .lexicon = kind,
                               .suffix = suffix,
                               .box = { MARGIN, MARGIN, w_mm, h_mm },
                               .lines_max = lines_max };
    struct tsk_value value = { .kind = TSK_FIELD_TEXT, .reason = strdup("") };
    struct tsk_err err = { 0 };

    tsk_value_set_text(&value, "");
    if (tsk_text_patch_read(engine, patch, 196, &form, &field, &value, &err) != 0)
        fail_msg("%s", err.text);
    return value;
}

static void free_value(struct tsk_value *value)
{
    free(value->text);
    free(value->reason);
    for (size_t i = 0; i < value->alternative_count; i++)
        free(value->alternatives[i].value);
}

static void assert_reads(const char *written, const char *kind, const char *suffix, const char *want)
{
    struct tsk_patch patch = empty_patch(90, 8);
    struct tsk_value value;

    typeset(&patch, written, MARGIN + 4, MARGIN + 1.5, 4.2);
    value = read_patch(&patch, kind, suffix, 90, 8, 1);
    print_message("%s: %s (%.3f)\n", kind, value.text, value.score);
    assert_false(value.blank);
    assert_string_equal(value.text, want);
    assert_true(value.score > 0.5);
    free_value(&value);
    tsk_patch_free(&patch);
}

static void typed_lines(void **state)
{
    (void)state;
    assert_reads("弁天記念", "institution", "病院", "弁天記念");
    assert_reads("築港ファミリークリニック", "institution", "", "築港ファミリークリニック");
    assert_reads("循環器内", "department", "科", "循環器内");
    assert_reads("佐藤 花子", "person", "様", "佐藤 花子");
    assert_reads("サトウ ハナコ", "kana", "", "サトウ ハナコ");
    assert_reads("大今里南3丁目12番14号", "town", "", "大今里南3丁目12番14号");
    assert_reads("06-6123-4587", "phone", "", "06-6123-4587");
    assert_reads("長女", "relation", "", "長女");
    assert_reads("毎週の訪問看護を継続する。", "free", "", "毎週の訪問看護を継続する。");
}

static void several_lines_come_in_order(void **state)
{
    struct tsk_patch patch = empty_patch(90, 20);
    struct tsk_value value;

    (void)state;
    typeset(&patch, "入浴は可能です。", MARGIN + 3, MARGIN + 2, 4.2);
    typeset(&patch, "食事は普通です。", MARGIN + 3, MARGIN + 10, 4.2);
    value = read_patch(&patch, "free", "", 90, 20, 3);
    assert_string_equal(value.text, "入浴は可能です。食事は普通です。");
    free_value(&value);
    tsk_patch_free(&patch);
}

static void no_ink_is_blank(void **state)
{
    struct tsk_patch patch = empty_patch(60, 8);
    struct tsk_value value;

    (void)state;
    for (int i = 0; i < 12; i++) /* specks */
        pixSetPixel(patch.foreign, 31 + 40 * i, 20 + 7 * (i % 8), 1);
    pixRasterop(patch.foreign, 120, 0, 1, pixGetHeight(patch.foreign), PIX_SET, NULL, 0, 0); /* a streak */
    value = read_patch(&patch, "free", "", 60, 8, 1);
    assert_true(value.blank);
    assert_string_equal(value.text, "");
    assert_int_equal(value.hand, TSK_HAND_NONE);
    assert_true(value.score > 0.9);
    free_value(&value);
    tsk_patch_free(&patch);
}

/* Small letters by a thin pen fall apart into dots, each too small for a letter; a dot far from them is dirt. */
static void dots_beside_letters_are_writing(void **state)
{
    const int right_px = 40 + 6 * 14 + 2, foot = 40;
    struct tsk_patch patch = empty_patch(90, 8);
    struct tsk_err err = { 0 };
    struct tsk_ink ink;

    (void)state;
    pixRasterop(patch.foreign, 24, foot - 15, 3, 15, PIX_SET, NULL, 0, 0);
    pixRasterop(patch.foreign, 24, foot - 8, 12, 3, PIX_SET, NULL, 0, 0);
    for (int i = 0; i < 7; i++)
        pixRasterop(patch.foreign, 40 + 14 * i, foot - 4 - i % 3, 2, 3, PIX_SET, NULL, 0, 0);
    pixRasterop(patch.foreign, right_px + 60, foot - 6, 2, 3, PIX_SET, NULL, 0, 0);
    if (tsk_ink_find(&patch, (struct tsk_rect){ MARGIN, MARGIN, 90, 8 }, 1, &ink, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(ink.count, 1);
    assert_true(fabs(ink.lines[0].columns[1] - right_px / PX_PER_MM_X) < 0.2);
    tsk_ink_free(&ink);
    patch.broken = true; /* rests of broken rows lie in a line as well */
    assert_int_equal(tsk_ink_find(&patch, (struct tsk_rect){ MARGIN, MARGIN, 90, 8 }, 1, &ink, &err), 0);
    assert_true(ink.lines[0].columns[1] < right_px / PX_PER_MM_X - 5);
    tsk_ink_free(&ink);
    tsk_patch_free(&patch);
}

/* The lower ends of the line above hang into the field. */
static void ink_of_a_neighbour_is_not_the_fields(void **state)
{
    struct tsk_patch patch = empty_patch(90, 8);
    struct tsk_value value;

    (void)state;
    typeset(&patch, "前の行の文字です", MARGIN + 3, -1.0, 4.2);
    value = read_patch(&patch, "free", "", 90, 8, 1);
    assert_true(value.blank);
    free_value(&value);
    tsk_patch_free(&patch);
}

/* Writing of which only dust is left is not blank with certainty. */
static void faint_writing_is_no_sure_blank(void **state)
{
    struct tsk_patch patch = empty_patch(60, 8);
    struct tsk_value value;
    unsigned seed = 7;

    (void)state;
    typeset(&patch, "退院調整", MARGIN + 4, MARGIN + 1.5, 4.2);
    for (int y = 0; y < pixGetHeight(patch.foreign); y++)
        for (int x = 0; x < pixGetWidth(patch.foreign); x++) {
            seed = seed * 1103515245u + 12345u;
            if ((seed >> 16) % 100 < 62)
                pixSetPixel(patch.foreign, x, y, 0);
        }
    value = read_patch(&patch, "free", "", 60, 8, 1);
    assert_true(!value.blank || value.score < 0.9);
    free_value(&value);
    tsk_patch_free(&patch);
}

/* The lowest score with which a value passes without a person, as the program is shipped. */
static double accepted_from(const char *group)
{
    struct tsk_calibration *calibration;
    struct tsk_err err = { 0 };
    double from;

    if (tsk_calibration_load(&calibration, TASUKI_SOURCE_DIR "/ocr/judge/calibration.json", &err) != 0)
        fail_msg("%s", err.text);
    from = tsk_calibration_accept_from(calibration, group, TSK_TOLERATED_DEFAULT);
    tsk_calibration_free(&calibration);
    return from;
}

static void a_name_that_nobody_listed_stays_as_read(void **state)
{
    struct tsk_patch patch = empty_patch(90, 8);
    struct tsk_value value;

    (void)state;
    typeset(&patch, "天保山海遊医療センター", MARGIN + 4, MARGIN + 1.5, 4.2);
    value = read_patch(&patch, "institution", "病院", 90, 8, 1);
    assert_string_equal(value.text, "天保山海遊医療センター");
    assert_true(value.score < accepted_from("listed.typed"));
    assert_true(value.review);
    free_value(&value);
    tsk_patch_free(&patch);
}

static void an_address_of_mail_ends_with_a_letter(void **state)
{
    static const struct {
        const char *read, *said;
        bool formed;
    } rows[] = {
        { "care36@example.jp_", "care36@example.jp", true },
        { "-Care 36@example.jp.", "care36@example.jp", true },
        { "care36@examplejp", "care36@examplejp", false },
        { "._", "", false },
    };
    static struct tsk_read read;
    char said[64];

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(rows); i++) {
        snprintf(read.text, sizeof(read.text), "%s", rows[i].read);
        assert_int_equal(tsk_as_read(TSK_LEXICON_EMAIL, &read, said, sizeof(said)), rows[i].formed);
        assert_string_equal(said, rows[i].said);
    }
}

/* A ring about the word printed behind the field, and the tip of a check in the one below, reach into it. */
static void strokes_of_neighbours_are_not_writing(void **state)
{
    struct tsk_patch patch = empty_patch(90, 8);
    const struct tsk_rect box = { MARGIN, MARGIN, 90, 8 };
    struct tsk_err err = { 0 };
    struct tsk_ink ink;

    (void)state;
    typeset(&patch, "築港ファミリー", MARGIN + 4, MARGIN + 1, 4.2);
    typeset(&patch, "く", MARGIN + 87, MARGIN + 1, 3);
    typeset(&patch, "ノ", MARGIN + 8, MARGIN + 6.6, 1.6);
    assert_int_equal(tsk_ink_find(&patch, box, 1, &ink, &err), 0);
    assert_int_equal(ink.count, 1);
    assert_true(ink.lines[0].columns[1] < MARGIN + 40);
    assert_true(ink.lines[0].rows[1] < MARGIN + 6);
    tsk_ink_free(&ink);
    tsk_patch_free(&patch);
}

/* No model reads anything of the name, and its ink is that of one entry: it is proposed, and a person looks. */
static void a_name_found_by_its_ink_alone_is_a_proposal(void **state)
{
    static struct tsk_read reads[2], shape;
    static struct tsk_decision decision;
    struct tsk_question question = { .kind = TSK_LEXICON_INSTITUTION, .ward = "27115", .suffix = "" };
    struct tsk_patch patch = empty_patch(90, 8);
    const struct tsk_rect box = { MARGIN, MARGIN, 90, 8 };
    struct tsk_err err = { 0 };
    struct tsk_ink ink;
    struct tsk_pool pool;

    (void)state;
    typeset(&patch, "築港ファミリークリニック", MARGIN + 4, MARGIN + 1.5, 4.2);
    assert_int_equal(tsk_ink_find(&patch, box, 1, &ink, &err), 0);
    assert_int_equal(tsk_shape_lattice_new(&question.by.lattice, shapes, TSK_LETTERS_ALL, &ink, patch.px_per_mm_x,
                                           patch.px_per_mm_y, &err),
                     0);
    for (int r = 0; r < 2; r++) {
        reads[r].count = tsk_glyphs_of("蝕肺犠判", reads[r].glyphs, TSK_GLYPHS_MAX);
        snprintf(reads[r].text, sizeof(reads[r].text), "蝕肺犠判");
    }
    shape = reads[0];
    question.by.shape = &shape;
    tsk_pool_make(lexicon, &question, reads, 2, &pool);
    assert_true(pool.by_ink);
    assert_string_equal(pool.at[0].value, "築港ファミリークリニック");
    tsk_decide(lexicon, &question, &ink, reads, 2, &decision);
    assert_string_equal(decision.value, "築港ファミリークリニック");
    assert_true(decision.unlisted && decision.score <= TSK_UNLISTED_MOST);
    tsk_shape_lattice_free(&question.by.lattice);
    tsk_ink_free(&ink);
    tsk_patch_free(&patch);
}

/* Where the line took rows away, 二 may be what is left of 三. */
static void writing_with_lost_rows_goes_to_a_person(void **state)
{
    struct tsk_patch patch = empty_patch(90, 8);
    struct tsk_value whole, broken, dropped, lost;

    (void)state;
    typeset(&patch, "弁天記念", MARGIN + 4, MARGIN + 1.5, 4.2);
    whole = read_patch(&patch, "institution", "病院", 90, 8, 1);
    patch.broken = true;
    broken = read_patch(&patch, "institution", "病院", 90, 8, 1);
    patch.dropped_mm = 0.26;
    dropped = read_patch(&patch, "institution", "病院", 90, 8, 1);
    patch.lost_mm = 0.52;
    lost = read_patch(&patch, "institution", "病院", 90, 8, 1);
    /* a field that lost nothing is hardly less sure than on a whole page: how much is fitted */
    assert_true(broken.score <= whole.score && broken.score > whole.score - 0.01);
    assert_true(dropped.score < broken.score);
    assert_false(whole.review || broken.review || dropped.review);
    assert_true(lost.review);
    assert_string_equal(lost.reason, "rows_lost");
    assert_string_equal(lost.text, "弁天記念");
    free_value(&whole);
    free_value(&broken);
    free_value(&dropped);
    free_value(&lost);
    tsk_patch_free(&patch);
}

/* One stroke more or less makes another name or number of these, and no list can tell. */
static void spoilt_rows_leave_strokes_open(void **state)
{
    struct tsk_patch name = empty_patch(60, 8), number = empty_patch(60, 8);
    struct tsk_value whole, spoilt, alone, witnessed;

    (void)state;
    typeset(&name, "山本 一郎", MARGIN + 4, MARGIN + 1.5, 4.2);
    whole = read_patch(&name, "person", "", 60, 8, 1);
    name.spoilt_mm = 0.13;
    spoilt = read_patch(&name, "person", "", 60, 8, 1);
    assert_string_equal(spoilt.text, "山本 一郎");
    assert_false(whole.review);
    assert_string_equal(spoilt.reason, "rows_lost");
    typeset(&number, "06-6123-4567", MARGIN + 4, MARGIN + 1.5, 4.2);
    number.spoilt_mm = 0.13;
    witnessed = read_patch(&number, "phone", "", 60, 8, 1);
    tsk_text_engine_use_digits(engine, NULL);
    alone = read_patch(&number, "phone", "", 60, 8, 1);
    tsk_text_engine_use_digits(engine, digits);
    assert_false(witnessed.review);
    assert_string_equal(alone.text, witnessed.text);
    assert_string_equal(alone.reason, "rows_lost");
    free_value(&whole);
    free_value(&spoilt);
    free_value(&alone);
    free_value(&witnessed);
    tsk_patch_free(&name);
    tsk_patch_free(&number);
}

/* A cell with "12" in print, and what the network makes of it. */
static struct tsk_digits_result weighed(bool typed, bool damaged, const char *first, double first_p, const char *second)
{
    const struct tsk_field field = { .id = "day", .box = { MARGIN, MARGIN, 9, 7 }, .digits_max = 2 };
    struct tsk_digits_result result = { .typed = typed, .count = second != NULL ? 2 : 1 };
    struct tsk_patch patch = empty_patch(9, 7);
    struct tsk_err err = { 0 };

    patch.broken = damaged;
    patch.spoilt_mm = damaged ? 0.13 : 0;
    typeset(&patch, "12", MARGIN + 1, MARGIN + 1, 4.2);
    snprintf(result.alts[0].text, sizeof(result.alts[0].text), "%s", first);
    result.alts[0].p = first_p;
    if (second != NULL) {
        snprintf(result.alts[1].text, sizeof(result.alts[1].text), "%s", second);
        result.alts[1].p = (1 - first_p) / 2;
    }
    if (tsk_typed_digits_weigh(shapes, &patch, &field, &result, &err) != 0)
        fail_msg("%s", err.text);
    tsk_patch_free(&patch);
    return result;
}

static void printed_digits_are_weighed_by_their_shapes(void **state)
{
    struct tsk_digits_result result = weighed(true, false, "12", 0.6, "72");

    (void)state;
    assert_string_equal(result.alts[0].text, "12");
    assert_true(result.alts[0].p > 0.9);
    result = weighed(true, false, "72", 0.94, "12");
    assert_string_equal(result.alts[0].text, "12");
    result = weighed(true, false, "78", 0.94, NULL); /* what only the shapes see is never sure */
    for (int i = 0; i < result.count; i++)
        assert_true(strcmp(result.alts[i].text, "12") == 0 ? result.alts[i].p <= 0.5 : result.alts[i].p < 0.9);
    assert_int_equal(result.count, 2);
    result = weighed(true, false, "12", 0.5, "112"); /* a stroke may have gone with its ink */
    assert_string_equal(result.alts[0].text, "12");
    assert_true(result.alts[0].p <= 0.75);
    result = weighed(true, true, "12", 0.6, "72"); /* both may miss a stroke that went with its rows */
    assert_string_equal(result.alts[0].text, "12");
    assert_true(result.alts[0].p <= 0.6);
    result = weighed(false, false, "72", 0.94, "12");
    assert_string_equal(result.alts[0].text, "72");
    assert_true(result.alts[0].p == 0.94);
}

static void phone_numbers_have_a_form(void **state)
{
    static const struct {
        const char *digits, *want;
    } cases[] = {
        { "0661234567", "06-6123-4567" },
        { "09012345678", "090-1234-5678" },
        { "0120123456", "0120-123-456" },
        { "0721123456", "072-112-3456" },
        { "661234567", NULL },
        { "066123456", NULL },
        { "", NULL },
    };
    char out[TSK_PHONE_SIZE];

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        assert_int_equal(tsk_phone_form(cases[i].digits, out), cases[i].want != NULL);
        if (cases[i].want != NULL)
            assert_string_equal(out, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typed_lines),
        cmocka_unit_test(several_lines_come_in_order),
        cmocka_unit_test(no_ink_is_blank),
        cmocka_unit_test(dots_beside_letters_are_writing),
        cmocka_unit_test(ink_of_a_neighbour_is_not_the_fields),
        cmocka_unit_test(faint_writing_is_no_sure_blank),
        cmocka_unit_test(a_name_that_nobody_listed_stays_as_read),
        cmocka_unit_test(an_address_of_mail_ends_with_a_letter),
        cmocka_unit_test(strokes_of_neighbours_are_not_writing),
        cmocka_unit_test(a_name_found_by_its_ink_alone_is_a_proposal),
        cmocka_unit_test(writing_with_lost_rows_goes_to_a_person),
        cmocka_unit_test(spoilt_rows_leave_strokes_open),
        cmocka_unit_test(printed_digits_are_weighed_by_their_shapes),
        cmocka_unit_test(phone_numbers_have_a_form),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
