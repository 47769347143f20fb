#include <stdio.h>
#include <string.h>

#include "ocr/judge/judging.h"

static struct tsk_value *value_that_means(const struct tsk_judging *judging, const char *means)
{
    for (size_t i = 0; i < judging->form->field_count; i++) {
        if (strcmp(judging->form->fields[i].means, means) == 0)
            return &judging->reading->values[i];
    }
    return NULL;
}

static void compare_name_and_kana(struct tsk_judging *judging)
{
    struct tsk_value *name = value_that_means(judging, "patient.name");
    struct tsk_value *kana = value_that_means(judging, "patient.kana");

    if (judging->rules->lexicon == NULL || name == NULL || kana == NULL || tsk_value_is_empty(name) ||
        tsk_value_is_empty(kana))
        return;
    if (tsk_lexicon_kana_fits(judging->rules->lexicon, name->text, kana->text) != TSK_FIT_NO)
        return;
    tsk_judge_doubt(judging, name, "kana_mismatch", "氏名とフリガナの読みが合いません。");
    tsk_judge_doubt(judging, kana, "kana_mismatch", NULL);
}

/*
 * The ward of the patient: the one that the address names, else the ward of its town, else the ward printed on the form.
 * The printed ward may be struck out by hand, so alone it is evidence and never sure.
 */
static void derive_ward(struct tsk_judging *judging)
{
    const struct tsk_value *address = value_that_means(judging, "patient.address");
    const struct tsk_reference *reference = judging->rules->reference;
    const char *printed = judging->form->ward;

    if (address == NULL)
        return;
    if (reference == NULL || tsk_value_is_empty(address)) {
        if (printed[0] != '\0')
            tsk_reading_derive(judging->reading, "ward", printed, false);
        return;
    }
    const struct tsk_ward *named = tsk_reference_ward_named(reference, address->text);
    const struct tsk_town *town =
        tsk_reference_town_of(reference, named != NULL ? named->code : printed, address->text);
    if (town == NULL)
        town = tsk_reference_town_of(reference, NULL, address->text);
    const char *code = named != NULL ? named->code : town != NULL ? town->code : printed;
    if (code[0] == '\0')
        return;
    bool sure = !address->review && town != NULL && strcmp(town->code, code) == 0;
    tsk_reading_derive(judging->reading, "ward", code, sure);
}

void tsk_judge_names(struct tsk_judging *judging)
{
    compare_name_and_kana(judging);
    derive_ward(judging);
}
