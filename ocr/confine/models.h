/*
 * models - what reading needs, loaded once and shared by every child
 *
 * Process    Everything that opens a file, starts a program or fills a cache lazily does so in tsk_models_load(): nothing
 *            of that works behind the lock.
 */
#ifndef TASUKI_OCR_MODELS_H
#define TASUKI_OCR_MODELS_H

#include "config/reference.h"
#include "ocr/confine/read_page.h"
#include "ocr/digits/digits.h"
#include "ocr/digits/weights.h"
#include "ocr/judge/judge.h"
#include "ocr/marks/marks.h"
#include "ocr/register/register.h"
#include "ocr/text/language.h"
#include "ocr/text/shapes.h"
#include "ocr/text/text_field.h"

struct tsk_models {
    struct tsk_forms forms;
    struct tsk_forms chosen; /* those of forms that are looked for; its list is ours, its forms are not */
    struct tsk_blanks *blanks;
    struct tsk_reference *reference;
    struct tsk_lexicon *lexicon;
    struct tsk_mark_nets *mark_nets;
    struct tsk_text_engine *text;  /* NULL when only marks are read */
    struct tsk_digits *digits;     /* likewise */
    struct tsk_shapes *shapes;     /* likewise */
    struct tsk_language *language; /* likewise */
    struct tsk_calibration *calibration;
    struct tsk_code_charsets *charsets;
    double tolerated;
};

#endif
