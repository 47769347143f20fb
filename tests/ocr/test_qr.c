/* Modules that are missing or wrong, against codes that libqrencode made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <qrencode.h>

#include "ocr/code/qr.h"
#include "ocr/code/rs.h"

#define TEXT "T1/27115-2026-0001/0A1B2C/0123456789AB"

static unsigned dice(unsigned *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static void draw(struct tsk_qr *out, const char *text, QRecLevel level)
{
    QRcode *code = QRcode_encodeString(text, 0, level, QR_MODE_8, 1);

    assert_non_null(code);
    assert_true(code->width <= TSK_QR_WIDTH_MAX);
    memset(out, 0, sizeof *out);
    out->width = code->width;
    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width; x++)
            out->dark[y][x] = code->data[y * code->width + x] & 1 ? 4 : -4;
    QRcode_free(code);
}

static void assert_says(const struct tsk_qr *qr, const char *text)
{
    char said[TSK_QR_TEXT_SIZE];

    assert_true(tsk_qr_decode(said, qr));
    assert_string_equal(said, text);
}

static void test_whole_codes(void **state)
{
    static const char *const texts[] = { TEXT, "T1/27115-2026-12345/FFFFFF/ZZZZZZZZZZZZ", "http://example.jp/a?b=c&d=e",
                                         "1234567890123456789012345678901234567",
                                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789" };
    struct tsk_qr qr;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        draw(&qr, texts[i], QR_ECLEVEL_M);
        assert_says(&qr, texts[i]);
        draw(&qr, texts[i], QR_ECLEVEL_Q);
        assert_says(&qr, texts[i]);
    }
}

static void test_fixed_modules_are_those_of_every_code(void **state)
{
    struct tsk_qr qr;

    (void)state;
    draw(&qr, TEXT, QR_ECLEVEL_Q);
    for (int y = 0; y < qr.width; y++)
        for (int x = 0; x < qr.width; x++) {
            enum tsk_qr_module module = tsk_qr_module(qr.width, y, x);

            if (module == TSK_QR_DARK || module == TSK_QR_LIGHT)
                assert_int_equal(module == TSK_QR_DARK, qr.dark[y][x] > 0);
        }
}

/* Two rows of modules went, and a few modules in others are wrong. */
static void test_missing_rows(void **state)
{
    struct tsk_qr whole, qr;
    unsigned seed = 5;

    (void)state;
    draw(&whole, TEXT, QR_ECLEVEL_Q);
    for (int first = 9; first < whole.width - 3; first++) {
        qr = whole;
        memset(qr.dark[first], 0, sizeof qr.dark[first]);
        memset(qr.dark[first + 2], 0, sizeof qr.dark[first]);
        for (int i = 0; i < 3; i++) {
            float *module = &qr.dark[9 + dice(&seed) % 10][9 + dice(&seed) % 10];
            *module = -*module / 8;
        }
        assert_says(&qr, TEXT);
    }
}

static void test_noise_says_nothing(void **state)
{
    struct tsk_qr whole, qr;
    char text[TSK_QR_TEXT_SIZE];
    unsigned seed = 9;

    (void)state;
    draw(&whole, TEXT, QR_ECLEVEL_Q);
    for (int times = 0; times < 300; times++) {
        qr = whole; /* the format is as it should be */
        for (int y = 0; y < qr.width; y++)
            for (int x = 0; x < qr.width; x++)
                if (tsk_qr_module(qr.width, y, x) == TSK_QR_DATA)
                    qr.dark[y][x] = ((float)(dice(&seed) % 2000) - 1000) / 200;
        assert_false(tsk_qr_decode(text, &qr));
    }
    memset(&qr.dark, 0, sizeof qr.dark);
    assert_false(tsk_qr_decode(text, &qr));
}

/* A block of zeros is one of every code. */
static void test_errors_and_erasures(void **state)
{
    enum { COUNT = 35, CHECKS = 18 };
    unsigned seed = 3;

    (void)state;
    for (int erasures = 0; erasures <= CHECKS; erasures++)
        for (int errors = 0; errors <= (CHECKS - erasures) / 2 + 1; errors++) {
            uint8_t block[COUNT] = { 0 };
            int erased[CHECKS], found, place = (int)(dice(&seed) % COUNT);
            bool can = 2 * errors + erasures <= CHECKS, right = true;

            for (int i = 0; i < erasures; i++, place = (place + 1) % COUNT) {
                erased[i] = place;
                block[place] = (uint8_t)dice(&seed);
            }
            for (int i = 0; i < errors; i++, place = (place + 1) % COUNT)
                block[place] = (uint8_t)(1 + dice(&seed) % 255);
            bool corrected = tsk_rs_correct(block, COUNT, CHECKS, erased, erasures, &found);
            for (int i = 0; i < COUNT; i++)
                right = right && block[i] == 0;
            if (can) {
                assert_true(corrected && right);
                assert_int_equal(found, errors);
            } else {
                assert_false(corrected && right);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_codes),         cmocka_unit_test(test_fixed_modules_are_those_of_every_code),
        cmocka_unit_test(test_missing_rows),        cmocka_unit_test(test_noise_says_nothing),
        cmocka_unit_test(test_errors_and_erasures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
