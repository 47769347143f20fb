#include "ocr/text/language.h"

#include <mecab.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"

#define WIDE_SIZE 2048
#define COST_A_NAT 800.0 /* cost-factor of ipadic's dicrc */

struct tsk_language {
    mecab_model_t *model;
    mecab_t *tagger;
    mecab_lattice_t *lattice;
};

int tsk_language_new(struct tsk_language **out, struct tsk_err *err)
{
    struct tsk_language *language = calloc(1, sizeof(*language));

    *out = NULL;
    if (language == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory for the dictionary");
    language->model = mecab_model_new2("-r /dev/null -d " TASUKI_MECAB_DICTIONARY);
    if (language->model != NULL) {
        language->tagger = mecab_model_new_tagger(language->model);
        language->lattice = mecab_model_new_lattice(language->model);
    }
    if (language->tagger == NULL || language->lattice == NULL) {
        tsk_language_free(&language);
        return tsk_fail(err, TSK_STOP, 0, "the Japanese dictionary in %s cannot be loaded; install mecab-ipadic-utf8",
                        TASUKI_MECAB_DICTIONARY);
    }
    tsk_language_cost(language, "紹介元へ連絡。"); /* what is made at the first use is made now */
    *out = language;
    return 0;
}

void tsk_language_free(struct tsk_language **language)
{
    if (*language == NULL)
        return;
    if ((*language)->lattice != NULL)
        mecab_lattice_destroy((*language)->lattice);
    if ((*language)->tagger != NULL)
        mecab_destroy((*language)->tagger);
    if ((*language)->model != NULL)
        mecab_model_destroy((*language)->model);
    free(*language);
    *language = NULL;
}

/* Signs and digits stand in the dictionary as wide ones. */
static void widen(const char *text, char *out, size_t room)
{
    uint32_t rune;
    size_t used = 0;

    while (used + 5 <= room && tsk_utf8_next(&text, &rune) == 1)
        if (rune != ' ')
            used += (size_t)tsk_utf8_put(out + used, rune > 0x20 && rune < 0x7F ? rune + 0xFEE0 : rune);
    out[used] = '\0';
}

double tsk_language_cost(struct tsk_language *language, const char *text)
{
    char wide[WIDE_SIZE];
    const mecab_node_t *end;

    widen(text, wide, sizeof(wide));
    mecab_lattice_set_sentence(language->lattice, wide);
    if (text[0] == '\0' || !mecab_parse_lattice(language->tagger, language->lattice))
        return 0;
    end = mecab_lattice_get_eos_node(language->lattice);
    return end != NULL ? (double)end->cost / COST_A_NAT : 0;
}
