/*
 * engine - lines of writing to letters, by Tesseract's models
 *
 * Promise    Three models are loaded before tsk_text_models_new() returns: nothing is opened later, and no thread is started.
 *            Letters come folded (NFKC, dashes one, hiragana as katakana) for comparing, and as they were read.
 * Source     jpn reads best; script/Japanese errs elsewhere, so their agreement counts; eng for phone and e-mail. Networks:
 *            line_net.h.
 */
#ifndef TASUKI_OCR_TEXT_ENGINE_H
#define TASUKI_OCR_TEXT_ENGINE_H

#include <leptonica/allheaders.h>

#include "base/err.h"
#include "ocr/text/heard.h"
#include "ocr/text/lexicon.h"

enum tsk_model { TSK_MODEL_JPN, TSK_MODEL_JAPANESE, TSK_MODEL_ENG, TSK_MODEL_COUNT };

enum tsk_letters {
    TSK_LETTERS_ALL,
    TSK_LETTERS_KANA,
    TSK_LETTERS_PHONE,
    TSK_LETTERS_EMAIL,
    TSK_LETTERS_SETS,
    TSK_LETTERS_NAME = TSK_LETTERS_SETS /* kanji and kana: of shapes alone, the models need no list for it */
};

struct tsk_read {
    size_t count;
    struct tsk_glyph glyphs[TSK_GLYPHS_MAX];
    float sure[TSK_GLYPHS_MAX]; /* 0..1, not a probability */
    char text[1024];            /* as read, NFKC; a space where the engine saw one */
    double least, mean;         /* of sure; 0 when nothing was read */
};

void tsk_read_sum_up(struct tsk_read *read); /* least and mean of the letters */

struct tsk_text_models;

int tsk_text_models_new(struct tsk_text_models **out, const char *tessdata, struct tsk_err *err) TSK_MUST_USE;
void tsk_text_models_free(struct tsk_text_models **models);

/* Appends what a line says, and to heard (or NULL) what else it might. grey: as tsk_ink_find() makes it. */
int tsk_text_models_read(struct tsk_text_models *models, enum tsk_model model, enum tsk_letters letters, PIX *grey,
                         struct tsk_read *read, struct tsk_heard *heard, struct tsk_err *err) TSK_MUST_USE;

#endif
