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

#include "base/file.h"
#include "ocr/text/engine.h"
#include "ocr/text/int_matrix.h"
#include "ocr/text/line_beam.h"
#include "typeset.h"

#define MODEL "/usr/share/tesseract-ocr/5/tessdata/jpn.traineddata"

#define TEXT_ROOM 64

static unsigned dice = 7;

static int throw(int sides)
{
    dice = dice * 1103515245U + 12345U;
    return (int)((dice >> 8) % (unsigned)sides);
}

static void wide_registers_sum_as_any_other(void **state)
{
    static const int shapes[][2] = { { 1, 1 }, { 5, 9 }, { 256, 80 }, { 1536, 480 }, { 415, 384 }, { 7, 65 } };

    (void)state;
    for (size_t s = 0; s < TSK_COUNT(shapes); s++) {
        const int rows = shapes[s][0], columns = shapes[s][1];
        struct tsk_int_matrix matrix;
        struct tsk_err err = { 0 };
        int8_t weights[512];
        uint8_t *input;
        float *wide, *plain;

        assert_int_equal(tsk_int_matrix_new(&matrix, rows, columns, &err), 0);
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i <= columns; i++)
                weights[i] = (int8_t)(row == 0 ? 127 : throw(255) - 127);
            tsk_int_matrix_set_row(&matrix, row, weights, 0.01 * (row + 1));
        }
        input = aligned_alloc(64, matrix.stride);
        wide = calloc(matrix.room, sizeof(*wide));
        plain = calloc(matrix.room, sizeof(*plain));
        if (input == NULL || wide == NULL || plain == NULL)
            fail_msg("no memory");
        for (size_t i = 0; i < matrix.stride; i++)
            input[i] = s % 2 == 0 ? 255 : (uint8_t) throw(256);
        tsk_int_matrix_times(&matrix, input, wide);
        tsk_int_matrix_times_plain(&matrix, input, plain);
        assert_memory_equal(wide, plain, (size_t)rows * sizeof(*wide));
        if (s % 2 == 0)
            assert_float_equal(plain[0], (columns + 1) * 127 * 127 * 0.01 / 127, 0.01);
        free(input);
        free(wide);
        free(plain);
        tsk_int_matrix_free(&matrix);
    }
}

static void a_whole_model_is_taken_and_no_part_of_one(void **state)
{
    static const char *const said[] = { "not a model", "lacks a part", "not a network", "its letters" };
    char path[] = "/tmp/tasuki-test-line-XXXXXX";
    struct tsk_buf file = TSK_BUF((size_t)8 << 20);
    struct tsk_err err = { 0 };
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(tsk_file_read(MODEL, &file, &err), 0);
    assert_int_equal(tsk_write_all(fd, file.data, file.len), 0);
    for (size_t left = file.len; left > 0; left = left > 100 ? left * 9 / 10 : left - 1) {
        struct tsk_trained trained;
        struct tsk_line_net *net = NULL;
        struct tsk_line_codes codes = { 0 };
        bool whole, told = false;

        assert_int_equal(ftruncate(fd, (off_t)left), 0);
        whole =
            tsk_trained_read(&trained, path, &err) == 0 && tsk_line_net_new(&net, &trained.network, path, &err) == 0 &&
            tsk_line_codes_new(&codes, &trained, tsk_line_net_codes(net), tsk_line_net_nothing(net), path, &err) == 0;
        for (size_t i = 0; !whole && i < TSK_COUNT(said); i++)
            told = told || strstr(err.text, said[i]) != NULL;
        assert_true(whole ? left == file.len : told);
        tsk_line_codes_free(&codes);
        tsk_line_net_free(&net);
        tsk_trained_free(&trained);
    }
    close(fd);
    unlink(path);
    tsk_buf_free(&file);
}

/* What a damaged file says of its sizes is not believed. */
static void a_damaged_network_harms_nobody(void **state)
{
    struct tsk_trained trained;
    struct tsk_err err = { 0 };

    (void)state;
    assert_int_equal(tsk_trained_read(&trained, MODEL, &err), 0);
    for (int i = 0; i < 300; i++) {
        unsigned char *bytes =
            (unsigned char *)trained.file.data + (trained.network.at - (unsigned char *)trained.file.data);
        struct tsk_cursor cursor = trained.network;
        const int at = throw(1200);
        const unsigned char kept = bytes[at];
        struct tsk_line_net *net = NULL;

        bytes[at] = (unsigned char) throw(256);
        if (tsk_line_net_new(&net, &cursor, MODEL, &err) != 0)
            assert_null(net);
        tsk_line_net_free(&net);
        bytes[at] = kept;
    }
    tsk_trained_free(&trained);
}

/* Five codes: space, 一, half of 二 and 三, the end of 二, the end of 三; the last is none. */
enum { SPACE, ONE, HALF, TWO, THREE, NONE, CODES };

static const char letters[] = "5\nNULL 0\nJoined 7 x\n一 1\n二 1\n三 1\n";
static const unsigned char letter_codes[] = {
    5, 0, 0, 0,                                    /* letters */
    1, 1, 0, 0, 0, SPACE, 0, 0, 0,                 /* */
    1, 1, 0, 0, 0, NONE,  0, 0, 0,                 /* */
    1, 1, 0, 0, 0, ONE,   0, 0, 0,                 /* */
    1, 2, 0, 0, 0, HALF,  0, 0, 0, TWO,   0, 0, 0, /* */
    1, 2, 0, 0, 0, HALF,  0, 0, 0, THREE, 0, 0, 0, /* */
};

static struct tsk_cursor bytes_of(const void *bytes, size_t size)
{
    return (struct tsk_cursor){ .at = bytes, .left = size };
}

static void small_codes(struct tsk_line_codes *codes)
{
    struct tsk_trained trained = { .letters = bytes_of(letters, sizeof(letters) - 1),
                                   .codes = bytes_of(letter_codes, sizeof(letter_codes)) };
    struct tsk_err err = { 0 };

    if (tsk_line_codes_new(codes, &trained, CODES, NONE, "codes", &err) != 0)
        fail_msg("%s", err.text);
}

/* Places, each with the likeliest code and the one that has the rest. */
static struct tsk_line_odds odds_of(const int places[][2], int count)
{
    struct tsk_line_odds odds = { .steps = count, .codes = CODES, .stride = CODES };

    odds.p = calloc((size_t)count * CODES, sizeof(float));
    assert_non_null(odds.p);
    for (int i = 0; i < count; i++) {
        for (int code = 0; code < CODES; code++)
            odds.p[i * CODES + code] = 0.002F;
        odds.p[i * CODES + places[i][1]] = 0.3F;
        odds.p[i * CODES + places[i][0]] = places[i][0] == places[i][1] ? 0.99F : 0.692F;
    }
    return odds;
}

static void read_places(const int places[][2], int count, const bool *allowed, char *out, float *least)
{
    struct tsk_line_odds odds = odds_of(places, count);
    struct tsk_line_letter found[16];
    struct tsk_line_codes codes;
    size_t letter_count;
    int used = 0;

    small_codes(&codes);
    letter_count = tsk_line_search(&codes, allowed, &odds, found, TSK_COUNT(found));
    out[0] = '\0';
    *least = 0;
    for (size_t i = 0; i < letter_count; i++) {
        used += snprintf(out + used, TEXT_ROOM - (size_t)used, "%s%s", found[i].spaced ? " " : "",
                         tsk_line_letter(&codes, found[i].letter));
        *least = found[i].certainty < *least ? found[i].certainty : *least;
    }
    free(odds.p);
    tsk_line_codes_free(&codes);
}

static void places_become_letters(void **state)
{
    static const bool all[] = { true, true, true, true, true }, no_two[] = { true, true, true, false, true };
    static const struct {
        int places[8][2], count;
        const bool *allowed;
        const char *text;
    } rows[] = {
        { { { ONE, ONE }, { ONE, ONE }, { NONE, NONE } }, 3, all, "一" },
        { { { ONE, ONE }, { NONE, NONE }, { ONE, ONE } }, 3, all, "一一" },
        { { { HALF, HALF }, { TWO, TWO }, { HALF, HALF }, { NONE, NONE }, { THREE, THREE } }, 5, all, "二三" },
        { { { HALF, HALF }, { TWO, THREE }, { NONE, NONE } }, 3, no_two, "三" },
        { { { ONE, ONE }, { NONE, NONE }, { SPACE, SPACE }, { NONE, NONE }, { ONE, ONE } }, 5, all, "一 一" },
        { { { NONE, NONE }, { NONE, NONE } }, 2, all, "" },
        { { { TWO, TWO }, { NONE, NONE } }, 2, all, "" }, /* its first half is missing */
    };
    char text[TEXT_ROOM];
    float least;

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(rows); i++) {
        read_places(rows[i].places, rows[i].count, rows[i].allowed, text, &least);
        assert_string_equal(text, rows[i].text);
    }
}

/* Where one letter goes over into none, the odds of both speak for it. */
static void a_place_between_two_is_as_sure_as_both(void **state)
{
    static const bool all[] = { true, true, true, true, true };
    static const int between[][2] = { { NONE, NONE }, { ONE, NONE }, { ONE, ONE }, { NONE, NONE } };
    static const int doubtful[][2] = { { NONE, NONE }, { ONE, HALF }, { NONE, NONE }, { NONE, NONE } };
    char text[TEXT_ROOM];
    float sure, unsure;

    (void)state;
    read_places(between, 4, all, text, &sure);
    assert_string_equal(text, "一");
    read_places(doubtful, 4, all, text, &unsure);
    assert_string_equal(text, "一");
    assert_true(sure > -0.5F && unsure < -0.9F);
}

static void any_text_has_its_cost(void **state)
{
    static const int places[][2] = {
        { NONE, NONE }, { HALF, HALF }, { TWO, THREE }, { NONE, SPACE }, { ONE, ONE }, { NONE, NONE },
    };
    static const char *const texts[] = { "二一", "三一", "一", "一三三" }; /* dearer and dearer */
    struct tsk_line_odds odds = odds_of(places, 6);
    struct tsk_heard heard = { 0 };
    struct tsk_heard_choice choices[4];
    struct tsk_line_codes codes;

    (void)state;
    assert_true(tsk_heard_cost(&heard, "二一") > 1e9);
    small_codes(&codes);
    assert_int_equal(tsk_heard_add(&heard, &codes, &odds), 0);
    assert_float_equal(tsk_heard_cost(&heard, "二 一"), -log(0.692) - 2 * log(0.99) - 3 * log(0.992), 1e-4);
    for (size_t i = 0; i + 1 < TSK_COUNT(texts); i++)
        assert_true(tsk_heard_cost(&heard, texts[i]) < tsk_heard_cost(&heard, texts[i + 1]));
    /* a letter that no code stands for is whatever stands in its place, and a little less likely */
    assert_float_equal(tsk_heard_cost(&heard, "四一"), tsk_heard_cost(&heard, "二一") + 1, 1e-3);
    assert_int_equal(tsk_heard_choices(&heard, 0, 4, choices, TSK_COUNT(choices)), 2);
    assert_int_equal(choices[0].rune, 0x4E8C);
    assert_int_equal(choices[1].rune, 0x4E09);
    assert_true(choices[0].cost < choices[1].cost);
    assert_int_equal(tsk_heard_choices(&heard, 4, 7, choices, TSK_COUNT(choices)), 0);
    /* no room for it: dear, but a number */
    assert_float_equal(tsk_heard_cost(&heard, "一一一一一一"), 6 * 8, 1e-3);
    /* two lines are one text */
    assert_int_equal(tsk_heard_add(&heard, &codes, &odds), 0);
    assert_true(tsk_heard_cost(&heard, "二一二一") < tsk_heard_cost(&heard, "二一"));
    tsk_heard_free(&heard);
    tsk_line_codes_free(&codes);
    free(odds.p);
}

static void typeset_lines_are_read(void **state)
{
    static const struct {
        const char *text, *near;
        enum tsk_model model;
        enum tsk_letters letters;
    } rows[] = {
        { "退院後のサービス調整について", "退院後のサーピス調整について", TSK_MODEL_JPN, TSK_LETTERS_ALL },
        { "退院後のサービス調整について", "退院後のサービス調整にっいて", TSK_MODEL_JAPANESE, TSK_LETTERS_ALL },
        { "ナカムラセツコ", "ナカムラヤツコ", TSK_MODEL_JPN, TSK_LETTERS_KANA },
        { "06-5502-6631", "06-5502-6637", TSK_MODEL_ENG, TSK_LETTERS_PHONE },
        { "renkei@example.jp", "renkei@exarnple.jp", TSK_MODEL_ENG, TSK_LETTERS_EMAIL },
    };
    struct tsk_text_models *models;
    struct tsk_err err = { 0 };

    (void)state;
    if (tsk_text_models_new(&models, NULL, &err) != 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < TSK_COUNT(rows); i++) {
        struct tsk_read read = { 0 };
        struct tsk_heard heard = { 0 };
        PIX *line = typeset(rows[i].text, "IPAexMincho", 26);

        assert_int_equal(tsk_text_models_read(models, rows[i].model, rows[i].letters, line, &read, &heard, &err), 0);
        assert_string_equal(read.text, rows[i].text);
        assert_true(read.least > 0.5 && read.mean >= read.least && read.mean <= 1);
        assert_true(tsk_heard_cost(&heard, rows[i].text) + 1 < tsk_heard_cost(&heard, rows[i].near));
        tsk_heard_free(&heard);
        pixDestroy(&line);
    }
    tsk_text_models_free(&models);
}

static void a_speck_of_a_line_has_no_letters(void **state)
{
    struct tsk_text_models *models;
    struct tsk_read read = { 0 };
    struct tsk_err err = { 0 };
    PIX *speck = pixCreate(2, 90, 8), *bare = pixCreate(300, 46, 8);

    (void)state;
    assert_int_equal(tsk_text_models_new(&models, NULL, &err), 0);
    pixSetAll(bare);
    assert_int_equal(tsk_text_models_read(models, TSK_MODEL_JPN, TSK_LETTERS_ALL, speck, &read, NULL, &err), 0);
    assert_int_equal(tsk_text_models_read(models, TSK_MODEL_JPN, TSK_LETTERS_ALL, bare, &read, NULL, &err), 0);
    assert_int_equal(read.count, 0);
    pixDestroy(&speck);
    pixDestroy(&bare);
    tsk_text_models_free(&models);
}

static void models_that_are_not_there_are_named(void **state)
{
    struct tsk_text_models *models;
    struct tsk_err err = { 0 };

    (void)state;
    assert_int_equal(tsk_text_models_new(&models, "/nowhere", &err), -1);
    assert_null(models);
    assert_non_null(strstr(err.text, "tesseract-ocr-script-jpan"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_registers_sum_as_any_other),
        cmocka_unit_test(a_whole_model_is_taken_and_no_part_of_one),
        cmocka_unit_test(a_damaged_network_harms_nobody),
        cmocka_unit_test(places_become_letters),
        cmocka_unit_test(a_place_between_two_is_as_sure_as_both),
        cmocka_unit_test(any_text_has_its_cost),
        cmocka_unit_test(typeset_lines_are_read),
        cmocka_unit_test(a_speck_of_a_line_has_no_letters),
        cmocka_unit_test(models_that_are_not_there_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
