#include "ocr/text/text_field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/text/decide.h"
#include "ocr/text/phone.h"

#define COARSE_DPI 150
#define WRITTEN_AT 0.5
#define VOTES_MIN 3
#define DIGITS_MIN 2
#define CLEAR 0.8        /* of the votes */
#define DEEP 0.25        /* of the field's height: further in than what hangs into it from a neighbour */
#define LOST_MUCH_MM 0.5 /* of rows missing within the field: a quarter of a stroke's place */

struct tsk_text_engine {
    struct tsk_text_models *models;
    const struct tsk_lexicon *lexicon;
    const struct tsk_digits *digits; /* or NULL */
    const struct tsk_shapes *shapes; /* or NULL */
    struct tsk_language *language;   /* or NULL */
    struct tsk_read reads[2], shape;
    struct tsk_heard heard[2];
    struct tsk_decision decision;
};

int tsk_text_engine_new(struct tsk_text_engine **out, const char *tessdata, const struct tsk_lexicon *lexicon,
                        struct tsk_err *err)
{
    struct tsk_text_engine *engine = calloc(1, sizeof(*engine));

    *out = NULL;
    if (engine == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory for the text engine");
    engine->lexicon = lexicon;
    if (tsk_text_models_new(&engine->models, tessdata, err) != 0) {
        tsk_text_engine_free(&engine);
        return -1;
    }
    *out = engine;
    return 0;
}

void tsk_text_engine_use_digits(struct tsk_text_engine *engine, const struct tsk_digits *digits)
{
    engine->digits = digits;
}

void tsk_text_engine_use_shapes(struct tsk_text_engine *engine, const struct tsk_shapes *shapes)
{
    engine->shapes = shapes;
}

void tsk_text_engine_use_language(struct tsk_text_engine *engine, struct tsk_language *language)
{
    engine->language = language;
}

void tsk_text_engine_free(struct tsk_text_engine **engine)
{
    if (*engine == NULL)
        return;
    tsk_text_models_free(&(*engine)->models);
    for (size_t r = 0; r < 2; r++)
        tsk_heard_free(&(*engine)->heard[r]);
    free(*engine);
    *engine = NULL;
}

const struct tsk_decision *tsk_text_engine_last(const struct tsk_text_engine *engine)
{
    return &engine->decision;
}

struct plan { /* which model with which letters, first and second */
    enum tsk_model models[2];
    enum tsk_letters letters;
};

static struct plan plan_for(enum tsk_lexicon_kind kind)
{
    if (kind == TSK_LEXICON_PHONE)
        return (struct plan){ { TSK_MODEL_ENG, TSK_MODEL_JAPANESE }, TSK_LETTERS_PHONE };
    if (kind == TSK_LEXICON_EMAIL)
        return (struct plan){ { TSK_MODEL_ENG, TSK_MODEL_JAPANESE }, TSK_LETTERS_EMAIL };
    if (kind == TSK_LEXICON_KANA)
        return (struct plan){ { TSK_MODEL_JPN, TSK_MODEL_JAPANESE }, TSK_LETTERS_KANA };
    return (struct plan){ { TSK_MODEL_JPN, TSK_MODEL_JAPANESE }, TSK_LETTERS_ALL };
}

static int read_lines(struct tsk_text_engine *engine, const struct plan *plan, int which, const struct tsk_ink *ink,
                      struct tsk_err *err)
{
    memset(&engine->reads[which], 0, sizeof(engine->reads[which]));
    tsk_heard_free(&engine->heard[which]);
    for (int i = 0; i < ink->count; i++)
        if (tsk_text_models_read(engine->models, plan->models[which], plan->letters, ink->lines[i].grey,
                                 &engine->reads[which], &engine->heard[which], err) != 0)
            return -1;
    return 0;
}

static enum tsk_letters letters_of_shapes(enum tsk_lexicon_kind kind, const struct plan *plan)
{
    return kind == TSK_LEXICON_PERSON || kind == TSK_LEXICON_SURNAME ? TSK_LETTERS_NAME : plan->letters;
}

static int read_ink(struct tsk_text_engine *engine, const struct tsk_patch *patch, struct tsk_question *question,
                    const struct tsk_ink *ink, struct tsk_value *value, struct tsk_err *err)
{
    struct plan plan = plan_for(question->kind);
    size_t count = 1;

    if (read_lines(engine, &plan, 0, ink, err) != 0)
        return -1;
    if (engine->shapes != NULL) {
        if (tsk_shape_lattice_new(&question->by.lattice, engine->shapes, letters_of_shapes(question->kind, &plan), ink,
                                  patch->px_per_mm_x, patch->px_per_mm_y, err) != 0)
            return -1;
        tsk_shape_lattice_read(question->by.lattice, &engine->shape);
        question->by.shape = &engine->shape;
    }
    question->by.heard[0] = &engine->heard[0];
    if (tsk_decide_needs_more(engine->lexicon, question, &engine->reads[0])) {
        if (read_lines(engine, &plan, 1, ink, err) != 0)
            return -1;
        question->by.heard[1] = &engine->heard[1];
        count = 2;
    }
    tsk_decide(engine->lexicon, question, ink, engine->reads, count, &engine->decision);
    tsk_value_set_text(value, engine->decision.value);
    value->score = engine->decision.score;
    for (size_t i = 0; i < engine->decision.other_count; i++)
        tsk_value_alternative(value, engine->decision.others[i].value, engine->decision.others[i].weight);
    return 0;
}

static bool rows_went(const struct tsk_question *question)
{
    return question->missing_mm > 0 || question->spoilt_mm > 0;
}

/* Where rows went, 一 may be what is left of 二, and 二 of 三; or a rest of a row behind a name. */
static bool may_lack_a_stroke(const struct tsk_question *question, const char *text)
{
    if (!rows_went(question) && !(question->broken && question->coarse))
        return false;
    return strstr(text, "一") != NULL || strstr(text, "二") != NULL;
}

/* No list knows a number: where rows went, models of one mind may both miss the same stroke. */
static bool lacks_a_witness(const struct tsk_question *question, const char *text)
{
    return question->kind == TSK_LEXICON_PHONE && rows_went(question) &&
           (question->number == NULL || strcmp(question->number, text) != 0);
}

/* Where rows went, writing may be taken for a neighbour's; deep in the field there is none of that. */
static bool may_be_written(const struct tsk_question *question, const struct tsk_ink *ink)
{
    return rows_went(question) && ink->parts > 1 && ink->depth > DEEP;
}

int tsk_text_patch_read(struct tsk_text_engine *engine, const struct tsk_patch *patch, double y_dpi,
                        const struct tsk_form *form, const struct tsk_field *field, struct tsk_value *value,
                        struct tsk_err *err)
{
    struct tsk_question question = { .kind = tsk_lexicon_kind_of(field->lexicon),
                                     .ward = form->ward,
                                     .suffix = field->suffix,
                                     .by.language = engine->language,
                                     .error_mm = patch->error_mm,
                                     .coarse = y_dpi < COARSE_DPI,
                                     .broken = patch->broken,
                                     .missing_mm = fmax(patch->lost_mm, patch->dropped_mm),
                                     .spoilt_mm = patch->spoilt_mm };
    double features[TSK_INK_FEATURES], written;
    char number[TSK_PHONE_SIZE] = "";
    struct tsk_ink ink;
    int rc = 0;

    if (tsk_ink_find(patch, field->box, field->lines_max, &ink, err) != 0)
        return -1;
    memset(&engine->decision, 0, sizeof(engine->decision));
    tsk_ink_features(&ink, patch->error_mm, features);
    written = tsk_written_score(features);
    value->registration_error_mm = patch->error_mm;
    value->blank = ink.count == 0 || written < WRITTEN_AT;
    value->hand = value->blank                                  ? TSK_HAND_NONE
                  : tsk_hand_score(&ink, question.coarse) > 0.5 ? TSK_HAND_WRITTEN
                                                                : TSK_HAND_TYPED;
    if (value->blank) {
        tsk_value_set_text(value, "");
        value->score = 1 - written;
        if (may_be_written(&question, &ink))
            tsk_value_review(value, "rows_lost");
    } else {
        if (question.kind == TSK_LEXICON_PHONE && engine->digits != NULL && ink.count == 1 &&
            tsk_phone_read(engine->digits, &ink.lines[0], patch->px_per_mm_x, patch->px_per_mm_y, number,
                           &question.number_p))
            question.number = number;
        rc = read_ink(engine, patch, &question, &ink, value, err);
        tsk_shape_lattice_free(&question.by.lattice);
        value->score *= written;
        if (engine->decision.unlisted)
            tsk_value_review(value, "low_confidence"); /* whatever share of errors is tolerated */
        if (patch->lost_mm >= LOST_MUCH_MM || may_lack_a_stroke(&question, value->text) ||
            lacks_a_witness(&question, value->text))
            tsk_value_review(value, "rows_lost");
    }
    tsk_ink_free(&ink);
    return rc;
}

int tsk_text_field_read(struct tsk_text_engine *engine, const struct tsk_blanks *blanks, const struct tsk_map *map,
                        const struct tsk_page *page, const struct tsk_form *form, const struct tsk_field *field,
                        struct tsk_value *value, struct tsk_err *err)
{
    struct tsk_patch patch = { 0 };
    int rc = -1;

    if (tsk_patch_cut(blanks, map, page, field->box, TSK_TEXT_MARGIN_MM, &patch, err) == 0)
        rc = tsk_text_patch_read(engine, &patch, page->y_dpi, form, field, value, err);
    tsk_patch_free(&patch);
    return rc;
}

struct votes {
    int hand, type;
};

/* Of the texts, or the digits, of a block, or of all (NULL). */
static struct votes count_votes(const struct tsk_form *form, const struct tsk_reading *reading,
                                enum tsk_field_kind kind, const char *block)
{
    struct votes votes = { 0, 0 };

    for (size_t i = 0; i < reading->value_count && i < form->field_count; i++) {
        if (form->fields[i].kind != kind || (block != NULL && strcmp(form->fields[i].block, block) != 0))
            continue;
        votes.hand += reading->values[i].hand == TSK_HAND_WRITTEN;
        votes.type += reading->values[i].hand == TSK_HAND_TYPED;
    }
    return votes;
}

static enum tsk_hand majority(struct votes votes, int least, double share)
{
    int sum = votes.hand + votes.type, most = votes.hand > votes.type ? votes.hand : votes.type;

    if (sum < least || votes.hand == votes.type || most < share * sum)
        return TSK_HAND_NONE;
    return votes.hand > votes.type ? TSK_HAND_WRITTEN : TSK_HAND_TYPED;
}

/* A digit tells better than a line of text by what it was made; where the texts are of one mind, theirs counts. */
static enum tsk_hand hand_of_block(const struct tsk_form *form, const struct tsk_reading *reading, const char *block)
{
    const char *const places[] = { block, NULL };
    enum tsk_hand hand = TSK_HAND_NONE;

    for (size_t i = 0; i < 2 && hand == TSK_HAND_NONE; i++) {
        hand = majority(count_votes(form, reading, TSK_FIELD_TEXT, places[i]), VOTES_MIN, CLEAR);
        if (hand == TSK_HAND_NONE)
            hand = majority(count_votes(form, reading, TSK_FIELD_DIGITS, places[i]), DIGITS_MIN, 0);
    }
    for (size_t i = 0; i < 2 && hand == TSK_HAND_NONE; i++)
        hand = majority(count_votes(form, reading, TSK_FIELD_TEXT, places[i]), i == 0 ? VOTES_MIN : 1, 0);
    return hand != TSK_HAND_NONE ? hand : TSK_HAND_WRITTEN;
}

void tsk_text_settle_hands(const struct tsk_form *form, struct tsk_reading *reading)
{
    enum tsk_hand *hands = calloc(form->block_count + 1, sizeof(*hands));

    for (size_t b = 0; hands != NULL && b < form->block_count; b++)
        hands[b] = hand_of_block(form, reading, form->blocks[b].id);
    for (size_t i = 0; i < reading->value_count && i < form->field_count; i++) {
        if (form->fields[i].kind != TSK_FIELD_TEXT || reading->values[i].hand == TSK_HAND_NONE)
            continue;
        for (size_t b = 0; b < form->block_count; b++)
            if (strcmp(form->fields[i].block, form->blocks[b].id) == 0)
                reading->values[i].hand = hands != NULL ? hands[b] : TSK_HAND_WRITTEN;
    }
    free(hands);
}
