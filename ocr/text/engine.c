#include "ocr/text/engine.h"

#include <stdlib.h>
#include <string.h>
#include <tesseract/capi.h>

#include "base/text.h"

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

/* Next choices for a letter: 0, none, or 2. They cost a fifth of a line's time, and numbers and addresses of mail take none. */
static const char *const choice_modes[TSK_LETTERS_SETS] = {
    [TSK_LETTERS_ALL] = "2", [TSK_LETTERS_KANA] = "2", [TSK_LETTERS_PHONE] = "0", [TSK_LETTERS_EMAIL] = "0"
};

struct model {
    TessBaseAPI *api;
    enum tsk_letters letters;
};

struct tsk_text_models {
    struct model models[TSK_MODEL_COUNT];
};

static int use_letters(struct model *model, enum tsk_letters letters)
{
    if (model->letters == letters)
        return 0;
    model->letters = letters;
    return TessBaseAPISetVariable(model->api, "tessedit_char_whitelist", letter_lists[letters]) &&
                   TessBaseAPISetVariable(model->api, "lstm_choice_mode", choice_modes[letters])
               ? 0
               : -1;
}

static int start_model(struct model *model, const char *tessdata, const char *language, struct tsk_err *err)
{
    model->api = TessBaseAPICreate();
    if (model->api == NULL || TessBaseAPIInit2(model->api, tessdata, language, OEM_LSTM_ONLY) != 0)
        return tsk_fail(err, TSK_STOP, 0,
                        "the text model \"%s\" cannot be loaded; install tesseract-ocr-jpn, "
                        "tesseract-ocr-script-jpan and tesseract-ocr-eng",
                        language);
    TessBaseAPISetPageSegMode(model->api, PSM_SINGLE_LINE);
    TessBaseAPISetVariable(model->api, "lstm_choice_mode", choice_modes[model->letters]);
    /* Every round finds one choice more, and the later ones are guesses. Ink is black: no line is read again inverted. */
    TessBaseAPISetVariable(model->api, "lstm_choice_iterations", "3");
    TessBaseAPISetVariable(model->api, "invert_threshold", "0");
    return 0;
}

/* What is made at the first use is made now: later the process is locked in. */
static int warm(struct tsk_text_models *models, enum tsk_model model, struct tsk_err *err)
{
    PIX *line = pixCreate(200, 46, 8);
    struct tsk_read *read = calloc(1, sizeof(*read));
    int rc = -1;

    if (line == NULL || read == NULL) {
        tsk_fail(err, TSK_STOP, 0, "no memory for the text models");
        goto out;
    }
    pixSetAll(line);
    for (int x = 20; x < 180; x += 32) {
        pixRasterop(line, x, 10, 4, 26, PIX_CLR, NULL, 0, 0);
        pixRasterop(line, x, 20, 20, 4, PIX_CLR, NULL, 0, 0);
    }
    rc = 0;
    for (int letters = 0; letters < TSK_LETTERS_SETS && rc == 0; letters++)
        rc = tsk_text_models_read(models, model, (enum tsk_letters)letters, line, read, err);
out:
    pixDestroy(&line);
    free(read);
    return rc;
}

int tsk_text_models_new(struct tsk_text_models **out, const char *tessdata, struct tsk_err *err)
{
    struct tsk_text_models *models = calloc(1, sizeof(*models));

    *out = NULL;
    if (models == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory for the text models");
    for (int i = 0; i < TSK_MODEL_COUNT; i++)
        if (start_model(&models->models[i], tessdata, languages[i], err) != 0 ||
            warm(models, (enum tsk_model)i, err) != 0) {
            tsk_text_models_free(&models);
            return -1;
        }
    *out = models;
    return 0;
}

void tsk_text_models_free(struct tsk_text_models **models)
{
    if (*models == NULL)
        return;
    for (int i = 0; i < TSK_MODEL_COUNT; i++)
        if ((*models)->models[i].api != NULL) {
            TessBaseAPIEnd((*models)->models[i].api);
            TessBaseAPIDelete((*models)->models[i].api);
        }
    free(*models);
    *models = NULL;
}

static void add_choices(TessResultIterator *at, struct tsk_glyph *glyph)
{
    TessChoiceIterator *choice = TessResultIteratorGetChoiceIterator(at);
    size_t kept = 0;

    if (choice == NULL)
        return;
    do {
        struct tsk_glyph other[2];
        const char *text = TessChoiceIteratorGetUTF8Text(choice);

        if (text != NULL && tsk_glyphs_of(text, other, 2) == 1 && other[0].rune != glyph->rune)
            glyph->other[kept++] = other[0].rune;
    } while (kept < TSK_GLYPH_ALTERNATIVES && TessChoiceIteratorNext(choice));
    TessChoiceIteratorDelete(choice);
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

static void add_symbol(TessResultIterator *at, struct tsk_read *read)
{
    char *symbol = TessResultIteratorGetUTF8Text(at, RIL_SYMBOL);
    float sure = TessResultIteratorConfidence(at, RIL_SYMBOL) / 100;
    bool space = TessPageIteratorIsAtBeginningOf(TessResultIteratorGetPageIterator(at), RIL_WORD) != 0;
    size_t first = read->count, added;

    if (symbol != NULL) {
        added = tsk_glyphs_of(symbol, read->glyphs + first, TSK_GLYPHS_MAX - first);
        for (size_t i = first; i < first + added; i++)
            read->sure[i] = sure;
        if (added > 0 && first > 0)
            read->glyphs[first].spaced = space;
        read->count += added;
        if (added == 1)
            add_choices(at, &read->glyphs[first]);
        add_text(read, symbol, space);
    }
    TessDeleteText(symbol);
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

int tsk_text_models_read(struct tsk_text_models *models, enum tsk_model model, enum tsk_letters letters, PIX *grey,
                         struct tsk_read *read, struct tsk_err *err)
{
    struct model *used = &models->models[model];
    TessResultIterator *at = NULL;

    if (use_letters(used, letters) != 0)
        return tsk_fail(err, TSK_STOP, 0, "the text model \"%s\" takes no list of letters", languages[model]);
    pixSetResolution(grey, 200, 200);
    TessBaseAPISetImage2(used->api, grey);
    if (TessBaseAPIRecognize(used->api, NULL) != 0) {
        TessBaseAPIClear(used->api);
        return tsk_fail(err, TSK_HOLD, 0, "a line of writing could not be read");
    }
    at = TessBaseAPIGetIterator(used->api);
    if (at != NULL) {
        do
            add_symbol(at, read);
        while (TessResultIteratorNext(at, RIL_SYMBOL));
        TessResultIteratorDelete(at);
    }
    TessBaseAPIClear(used->api);
    tsk_read_sum_up(read);
    return 0;
}
