/*
 * tasuki-train-shapes - makes the letter shapes of the text reader from the installed fonts
 *
 * usage: tasuki-train-shapes DATA_DIR OUT [SAMPLES]      (DATA_DIR holds config/data; SAMPLES of a letter and font, 6)
 * Letters are those of JIS X 0208 level 1, kana, digits, signs, and whatever else config/data is written with. Every sample
 * is drawn with a font, faxed at 204x98, x196 or x391 and described; Fisher's discriminant and means follow in one pass.
 * The same fonts give the same file. Prints how many fresh samples are then told right, by typeface and resolution.
 */
#include <iconv.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "ocr/text/shapes.h"
#include "ocr/train/discriminant.h"
#include "ocr/train/inked.h"

#define LETTERS_MAX 8192
#define TESTED 40000

struct letters {
    uint32_t at[LETTERS_MAX];
    size_t count;
};

static int by_rune(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void add_letter(struct letters *letters, uint32_t rune)
{
    if (rune > ' ' && letters->count < LETTERS_MAX && bsearch(&rune, letters->at, letters->count, 4, by_rune) == NULL) {
        letters->at[letters->count++] = rune;
        qsort(letters->at, letters->count, 4, by_rune);
    }
}

static bool wanted(uint32_t rune)
{
    return (rune >= 0x3041 && rune <= 0x30FE && rune != 0x3099 && rune != 0x309A) || rune == 0x3005 || rune == 0x3006 ||
           (rune >= 0x4E00 && rune < 0xA000);
}

static void add_text(struct letters *letters, const char *text)
{
    char *plain = tsk_nfkc(text);
    const char *at = plain;
    uint32_t rune;

    while (plain != NULL && tsk_utf8_next(&at, &rune) == 1)
        if (wanted(rune))
            add_letter(letters, rune);
    free(plain);
}

/* Rows 16 to 47: level 1. */
static void add_level_1(struct letters *letters)
{
    iconv_t converter = iconv_open("UTF-8", "EUC-JP");

    for (int row = 0xB0; row <= 0xCF; row++)
        for (int cell = 0xA1; cell <= 0xFE; cell++) {
            char from[2] = { (char)row, (char)cell }, to[8] = "", *in = from, *out = to;
            size_t in_left = 2, out_left = sizeof(to) - 1;

            if (iconv(converter, &in, &in_left, &out, &out_left) != (size_t)-1)
                add_text(letters, to);
            iconv(converter, NULL, NULL, NULL, NULL);
        }
    iconv_close(converter);
}

static int add_tables(struct letters *letters, const char *data_dir, struct tsk_err *err)
{
    static const char *const files[] = { "surnames.csv",   "given_names.csv", "postal_osaka_city.csv",
                                         "care_terms.csv", "departments.csv", "relations.csv",
                                         "wards.csv" };
    char path[4096];

    for (size_t i = 0; i < TSK_COUNT(files); i++) {
        struct tsk_buf file = TSK_BUF((size_t)4 << 20);

        snprintf(path, sizeof(path), "%s/config/data/%s", data_dir, files[i]);
        if (tsk_file_read(path, &file, err) != 0) {
            tsk_buf_free(&file);
            return -1;
        }
        add_text(letters, tsk_buf_text(&file));
        tsk_buf_free(&file);
    }
    return 0;
}

static int all_letters(struct letters *letters, const char *data_dir, struct tsk_err *err)
{
    static const char signs[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.,-()/@_+:%、。・「」々ー";
    const char *at = signs;
    uint32_t rune;

    while (tsk_utf8_next(&at, &rune) == 1)
        add_letter(letters, rune);
    for (rune = 0x3041; rune <= 0x30F6; rune++)
        if (wanted(rune) && (rune < 0x3097 || rune > 0x30A0))
            add_letter(letters, rune);
    add_level_1(letters);
    return add_tables(letters, data_dir, err);
}

struct tally {
    int right, all;
};

static void test(const struct tsk_shapes *shapes, struct tsk_inked *inked, const struct letters *letters)
{
    static const char *const faces[] = { "serif", "sans", "hand" }, *const rasters[] = { "204x98", "204x196",
                                                                                         "204x391" };
    struct tally tallies[TSK_SHAPE_FACES][3] = { 0 };
    struct tsk_random random = tsk_random_new(0x7e57);

    for (int n = 0; n < TESTED; n++) {
        size_t letter = (size_t)tsk_random_below(&random, (int)letters->count);
        int font = tsk_random_below(&random, tsk_inked_fonts(inked));
        struct tsk_shape_choice near[TSK_SHAPE_CHOICES];
        struct tsk_inked_sample sample;
        struct tsk_shape shape;
        struct tally *tally;

        if (!tsk_inked_sample(inked, font, letters->at[letter], &random, &sample))
            continue;
        tsk_shapes_project(shapes, sample.features, &shape);
        tally = &tallies[sample.face][sample.raster];
        tally->all++;
        tally->right += tsk_shapes_nearest(shapes, &shape, near) > 0 && near[0].rune == letters->at[letter];
    }
    for (int f = 0; f < TSK_SHAPE_FACES; f++)
        for (int r = 0; r < 3; r++)
            printf("%s %s: %.2f %% of %d\n", faces[f], rasters[r],
                   100.0 * tallies[f][r].right / fmax(1, tallies[f][r].all), tallies[f][r].all);
}

static void learn(struct tsk_discriminant *discriminant, struct tsk_inked *inked, const struct letters *letters,
                  int samples)
{
    for (size_t i = 0; i < letters->count; i++) {
        for (int font = 0; font < tsk_inked_fonts(inked); font++) {
            struct tsk_random random = tsk_random_new((uint64_t)letters->at[i] << 8 | (uint64_t)font);

            for (int n = 0; n < samples; n++) {
                struct tsk_inked_sample sample;

                if (tsk_inked_sample(inked, font, letters->at[i], &random, &sample))
                    tsk_discriminant_add(discriminant, i, sample.face, sample.features);
            }
        }
        if (i % 200 == 0)
            fprintf(stderr, "%zu of %zu letters\n", i, letters->count);
    }
}

int main(int argc, char **argv)
{
    struct letters *letters = calloc(1, sizeof(*letters));
    struct tsk_discriminant *discriminant = NULL;
    struct tsk_inked *inked = NULL;
    struct tsk_shapes *shapes = NULL;
    struct tsk_err err = { 0 };
    int rc = 1;

    if (argc < 3) {
        fprintf(stderr, "usage: %s DATA_DIR OUT [SAMPLES]\n", argv[0]);
        free(letters);
        return 2;
    }
    if (letters == NULL || all_letters(letters, argv[1], &err) != 0 || tsk_inked_new(&inked, &err) != 0 ||
        tsk_discriminant_new(&discriminant, letters->count, &err) != 0)
        goto out;
    printf("%zu letters, %d fonts\n", letters->count, tsk_inked_fonts(inked));
    learn(discriminant, inked, letters, argc > 3 ? (int)strtol(argv[3], NULL, 10) : 6);
    if (tsk_discriminant_write(discriminant, letters->at, argv[2], &err) != 0 ||
        tsk_shapes_load(&shapes, argv[2], &err) != 0)
        goto out;
    test(shapes, inked, letters);
    rc = 0;
out:
    if (rc != 0)
        fprintf(stderr, "%s\n", err.text);
    tsk_shapes_free(&shapes);
    tsk_discriminant_free(&discriminant);
    tsk_inked_free(&inked);
    free(letters);
    return rc;
}
