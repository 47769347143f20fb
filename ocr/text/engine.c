#include "ocr/text/engine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ocr/text/line_beam.h"
#include "ocr/text/line_codes.h"
#include "ocr/text/line_net.h"
#include "ocr/text/trained.h"

#define FOLDER "/usr/share/tesseract-ocr/5/tessdata"
#define CERTAINTY_UNIT 20.0F /* of line_beam.h: what is so much below 0 is not sure at all */

static const char *const languages[TSK_MODEL_COUNT] = { "jpn", "Japanese", "eng" };

#define KANA                                                                                                                                     \
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン" \
    "ガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポァィゥェォッャュョヴー・"

/* A letter outside its list is dropped without a word, so every letter that a field may hold is in it. */
static const char *const letter_lists[TSK_LETTERS_SETS] = {
    [TSK_LETTERS_ALL] = "",
    [TSK_LETTERS_KANA] = KANA,
    [TSK_LETTERS_PHONE] = "0123456789-()",
    [TSK_LETTERS_EMAIL] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@.-_+",
};

struct model {
    struct tsk_line_net *net;
    struct tsk_line_codes codes;
    bool *allowed[TSK_LETTERS_SETS]; /* of each letter */
};

struct tsk_text_models {
    struct model models[TSK_MODEL_COUNT];
};

static bool in_list(const char *list, const char *letter)
{
    uint32_t rune, listed;
    const char *at = letter;

    if (tsk_utf8_next(&at, &rune) != 1 || *at != '\0')
        return false;
    while (tsk_utf8_next(&list, &listed) == 1)
        if (listed == rune)
            return true;
    return false;
}

static int allow_letters(struct model *model, struct tsk_err *err)
{
    for (int set = 0; set < TSK_LETTERS_SETS; set++) {
        model->allowed[set] = calloc((size_t)model->codes.letters, sizeof(bool));
        if (model->allowed[set] == NULL)
            return tsk_fail(err, TSK_STOP, 0, "no memory for the text models");
        for (int i = 0; i < model->codes.letters; i++)
            model->allowed[set][i] =
                letter_lists[set][0] == '\0' || in_list(letter_lists[set], tsk_line_letter(&model->codes, i));
    }
    return 0;
}

static int start_model(struct model *model, const char *tessdata, const char *language, struct tsk_err *err)
{
    struct tsk_trained trained = { .file = TSK_BUF(0) };
    char path[4096];
    int rc = -1;

    snprintf(path, sizeof(path), "%s/%s.traineddata", tessdata, language);
    if (tsk_trained_read(&trained, path, err) == 0 && tsk_line_net_new(&model->net, &trained.network, path, err) == 0 &&
        tsk_line_codes_new(&model->codes, &trained, tsk_line_net_codes(model->net), tsk_line_net_nothing(model->net),
                           path, err) == 0)
        rc = allow_letters(model, err);
    tsk_trained_free(&trained);
    return rc;
}

static const char *folder_of_models(const char *tessdata)
{
    const char *named = getenv("TESSDATA_PREFIX");

    return tessdata != NULL ? tessdata : named != NULL ? named : FOLDER;
}

int tsk_text_models_new(struct tsk_text_models **out, const char *tessdata, struct tsk_err *err)
{
    struct tsk_text_models *models = calloc(1, sizeof(*models));
    struct tsk_err cause = { 0 };

    *out = models;
    if (models == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory for the text models");
    for (int i = 0; i < TSK_MODEL_COUNT; i++)
        if (start_model(&models->models[i], folder_of_models(tessdata), languages[i], &cause) != 0) {
            tsk_text_models_free(out);
            return tsk_fail(err, TSK_STOP, 0,
                            "the text model \"%s\" cannot be loaded (%s); install tesseract-ocr-jpn, "
                            "tesseract-ocr-script-jpan and tesseract-ocr-eng",
                            languages[i], cause.text);
        }
    return 0;
}

void tsk_text_models_free(struct tsk_text_models **models)
{
    if (*models == NULL)
        return;
    for (int i = 0; i < TSK_MODEL_COUNT; i++) {
        struct model *model = &(*models)->models[i];

        tsk_line_net_free(&model->net);
        tsk_line_codes_free(&model->codes);
        for (int set = 0; set < TSK_LETTERS_SETS; set++)
            free(model->allowed[set]);
    }
    free(*models);
    *models = NULL;
}

static void add_text(struct tsk_read *read, const char *symbol, bool space)
{
    char *plain = tsk_nfkc(symbol);
    size_t used = strlen(read->text), len = plain != NULL ? strlen(plain) : 0;

    if (used + len + 2 < sizeof(read->text)) {
        if (space && used > 0)
            read->text[used++] = ' ';
        if (len > 0)
            memcpy(read->text + used, plain, len);
        read->text[used + len] = '\0';
    }
    free(plain);
}

void tsk_read_sum_up(struct tsk_read *read)
{
    read->least = read->count > 0 ? 1 : 0;
    read->mean = 0;
    for (size_t i = 0; i < read->count; i++) {
        if (read->sure[i] < read->least)
            read->least = read->sure[i];
        read->mean += read->sure[i] / (double)read->count;
    }
}

static void add_letter(const struct model *model, const struct tsk_line_letter *letter, struct tsk_read *read)
{
    const char *text = tsk_line_letter(&model->codes, letter->letter);
    size_t first = read->count, added;

    added = tsk_glyphs_of(text, read->glyphs + first, TSK_GLYPHS_MAX - first);
    for (size_t i = first; i < first + added; i++)
        read->sure[i] = fmaxf(0, 1 + letter->certainty / CERTAINTY_UNIT);
    if (added > 0 && first > 0)
        read->glyphs[first].spaced = letter->spaced;
    read->count += added;
    add_text(read, text, letter->spaced);
}

/* The next choices at a letter, which may take the places up to its neighbours. */
static void add_choices(const struct tsk_heard *heard, int from, int to, struct tsk_glyph *glyph)
{
    struct tsk_heard_choice choices[TSK_GLYPH_ALTERNATIVES + 1];
    size_t count = tsk_heard_choices(heard, from, to, choices, TSK_COUNT(choices)), used = 0;

    for (size_t i = 0; i < count && used < TSK_GLYPH_ALTERNATIVES; i++) {
        char letter[5];
        struct tsk_glyph folded;

        tsk_utf8_put(letter, choices[i].rune);
        if (choices[i].rune != glyph->written && tsk_glyphs_of(letter, &folded, 1) == 1 && folded.rune != glyph->rune)
            glyph->other[used++] = folded.rune;
    }
}

int tsk_text_models_read(struct tsk_text_models *models, enum tsk_model model, enum tsk_letters letters, PIX *grey,
                         struct tsk_read *read, struct tsk_heard *heard, struct tsk_err *err)
{
    const struct model *used = &models->models[model];
    struct tsk_line_letter found[TSK_GLYPHS_MAX];
    struct tsk_line_odds odds;
    size_t count;
    int rc = 0;

    if (tsk_line_net_run(used->net, grey, &odds, err) != 0)
        return -1;
    count = tsk_line_search(&used->codes, used->allowed[letters], &odds, found, TSK_GLYPHS_MAX);
    if (heard != NULL && tsk_heard_add(heard, &used->codes, &odds) != 0)
        rc = tsk_fail(err, TSK_RETRY, 0, "no memory for a line of text");
    for (size_t i = 0; rc == 0 && i < count; i++) {
        const size_t first = read->count;

        add_letter(used, &found[i], read);
        if (heard != NULL && read->count == first + 1)
            add_choices(heard, heard->steps - odds.steps + (i > 0 ? found[i - 1].to : 0),
                        heard->steps - odds.steps + (i + 1 < count ? found[i + 1].from : odds.steps),
                        &read->glyphs[first]);
    }
    tsk_line_odds_free(&odds);
    tsk_read_sum_up(read);
    return rc;
}
