/*
 * text_field - one written field to text
 *
 * Promise    Finds the written lines in the field, removes rules and specks, decides blank, typed or by hand, recognises
 *            with the first model, asks the second where it can change the decision, lets the lexicons choose among
 *            alternatives with a margin, and reports an uncalibrated score with its features. Never invents: without ink
 *            the value is "".
 * Process    Models and lexicons are loaded once, before confinement; reading opens nothing and starts no thread.
 */
#ifndef TASUKI_OCR_TEXT_FIELD_H
#define TASUKI_OCR_TEXT_FIELD_H

#include "forms/reading.h"
#include "ocr/register/register.h"
#include "ocr/text/lexicon.h"

struct tsk_text_engine;

/* tessdata: NULL for the system's. */
int tsk_text_engine_new(struct tsk_text_engine **out, const char *tessdata, const struct tsk_lexicon *lexicon,
                        struct tsk_err *err) TSK_MUST_USE;
/* digits reads phone numbers as well from now on; it must outlive the engine. */
struct tsk_digits;
void tsk_text_engine_use_digits(struct tsk_text_engine *engine, const struct tsk_digits *digits);
/* shapes reads letters beside the models from now on; they must outlive the engine. */
struct tsk_shapes;
void tsk_text_engine_use_shapes(struct tsk_text_engine *engine, const struct tsk_shapes *shapes);
/* language weighs free text as Japanese from now on; it must outlive the engine. */
struct tsk_language;
void tsk_text_engine_use_language(struct tsk_text_engine *engine, struct tsk_language *language);
void tsk_text_engine_free(struct tsk_text_engine **engine);

/* Fills text, blank, hand, score, alternatives of value. ward: code printed on the form, for towns; "" if none. */
int tsk_text_field_read(struct tsk_text_engine *engine, const struct tsk_blanks *blanks, const struct tsk_map *map,
                        const struct tsk_page *page, const struct tsk_form *form, const struct tsk_field *field,
                        struct tsk_value *value, struct tsk_err *err) TSK_MUST_USE;

/* The same from a patch that was cut before, with TSK_TEXT_MARGIN_MM around field->box. y_dpi: of the page. */
#define TSK_TEXT_MARGIN_MM 3.0
int tsk_text_patch_read(struct tsk_text_engine *engine, const struct tsk_patch *patch, double y_dpi,
                        const struct tsk_form *form, const struct tsk_field *field, struct tsk_value *value,
                        struct tsk_err *err) TSK_MUST_USE;

/* One party fills in a block, so its texts are all typed or all by hand: most of them say which, or its digits, or the page. */
void tsk_text_settle_hands(const struct tsk_form *form, struct tsk_reading *reading);

struct tsk_decision;
/* How the last value came about, for training and tests; zero after a blank. */
const struct tsk_decision *tsk_text_engine_last(const struct tsk_text_engine *engine);

#endif
