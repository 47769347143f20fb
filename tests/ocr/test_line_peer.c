#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <tesseract/capi.h>

#include "ocr/text/engine.h"
#include "typeset.h"

#define ALIKE_LEAST                                                                                                    \
    0.85 /* of the lines: the library has a list of words beside the network, and cuts lines in its own way */

static const char *const said[] = {
    "退院後のサービス調整について",
    "変形性膝関節症の術後",
    "家族へ電話、在宅の意向を確認。",
    "長女が隣区在住。",
    "慢性心不全、心房細動",
    "要介護2、デイサービス週3回",
    "紹介元へ受付を連絡。",
    "主治医・看護師・ケアマネ",
    "インスリン自己注射中。",
    "大阪市東成区大今里西2丁目",
    "玉造総合病院",
    "ケアプランセンター",
    "訪問看護を週2回導入",
    "脳梗塞後遺症、嚥下困難",
    "在宅酸素療法を継続中。",
    "転院先が決定、紹介元へ報告。",
    "松本三郎",
    "池田節子",
    "みどりケア",
    "退院前カンファレンスの日程",
};

/* One line as it stands. */
static void read_by_library(TessBaseAPI *library, PIX *line, char *out, size_t room)
{
    size_t used = 0;
    char *text;

    TessBaseAPISetImage2(library, line);
    TessBaseAPISetSourceResolution(library, 204);
    text = TessBaseAPIGetUTF8Text(library);
    for (const char *at = text; at != NULL && *at != '\0' && used + 1 < room; at++)
        if (*at != ' ' && *at != '\n')
            out[used++] = *at;
    out[used] = '\0';
    TessDeleteText(text);
}

static void without_spaces(const char *text, char *out, size_t room)
{
    size_t used = 0;

    for (; *text != '\0' && used + 1 < room; text++)
        if (*text != ' ')
            out[used++] = *text;
    out[used] = '\0';
}

/* The networks are those of Tesseract's models: clean lines are read alike, and as often right. */
static void lines_are_read_as_the_library_reads_them(void **state)
{
    static const char *const families[] = { "IPAexMincho", "IPAexGothic" };
    TessBaseAPI *library = TessBaseAPICreate();
    struct tsk_text_models *models;
    struct tsk_err err = { 0 };
    int lines = 0, alike = 0, right = 0, library_right = 0;

    (void)state;
    if (tsk_text_models_new(&models, NULL, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(TessBaseAPIInit2(library, NULL, "jpn", OEM_LSTM_ONLY), 0);
    TessBaseAPISetPageSegMode(library, PSM_SINGLE_LINE);
    for (size_t i = 0; i < TSK_COUNT(said); i++)
        for (size_t f = 0; f < TSK_COUNT(families); f++)
            for (int size_px = 24; size_px <= 32; size_px += 4) {
                PIX *line = typeset(said[i], families[f], size_px);
                struct tsk_read read = { 0 };
                char theirs[1024], ours[1024];

                read_by_library(library, line, theirs, sizeof(theirs));
                assert_int_equal(tsk_text_models_read(models, TSK_MODEL_JPN, TSK_LETTERS_ALL, line, &read, NULL, &err),
                                 0);
                without_spaces(read.text, ours, sizeof(ours));
                lines++;
                alike += strcmp(theirs, ours) == 0;
                right += strcmp(said[i], ours) == 0;
                library_right += strcmp(said[i], theirs) == 0;
                pixDestroy(&line);
            }
    print_message("of %d lines %d are read alike, %d right, by the library %d\n", lines, alike, right, library_right);
    assert_true(alike >= ALIKE_LEAST * lines);
    assert_true(right >= library_right - lines / 20);
    TessBaseAPIEnd(library);
    TessBaseAPIDelete(library);
    tsk_text_models_free(&models);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(lines_are_read_as_the_library_reads_them) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
