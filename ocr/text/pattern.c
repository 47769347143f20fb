#include "ocr/text/deciding.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/text/phone.h"
#include "ocr/text/pool.h"

struct opinions { /* values that were read, each once, and by how many */
    struct {
        char value[1024];
        int voices;
    } at[4];
    size_t count;
};

static void hear(struct opinions *opinions, const char *value)
{
    size_t i = 0;

    while (i < opinions->count && strcmp(opinions->at[i].value, value) != 0)
        i++;
    if (i == TSK_COUNT(opinions->at) || value[0] == '\0')
        return;
    if (i == opinions->count) {
        snprintf(opinions->at[i].value, sizeof(opinions->at[i].value), "%s", value);
        opinions->count++;
    }
    opinions->at[i].voices++;
}

/* A number may be written without its dashes. */
static double fit_number(struct tsk_shape_lattice *lattice, const char *number)
{
    char digits[TSK_PHONE_SIZE];
    size_t count = 0;

    for (const char *at = number; *at != '\0' && count + 1 < sizeof(digits); at++)
        if (*at != '-')
            digits[count++] = *at;
    digits[count] = '\0';
    return fmin(tsk_fit_letters(lattice, number), tsk_fit_letters(lattice, digits));
}

#define VOICE 1.0 /* letters that fit worse, for one that says the same */
#define HEARD 1.5 /* the same, for a letter that the networks hear less */

void tsk_decide_pattern(const struct tsk_question *question, const struct tsk_read *reads, size_t read_count,
                        struct tsk_decision *out)
{
    const bool phone = question->kind == TSK_LEXICON_PHONE;
    struct opinions *opinions = calloc(1, sizeof(*opinions));
    double *f = out->features, best = INFINITY, next = INFINITY;
    size_t chosen = 0;
    char value[1024];

    if (opinions == NULL)
        return;
    tsk_as_read(question->kind, &reads[0], out->value, sizeof(out->value));
    for (size_t r = 0; r < read_count; r++)
        if (tsk_as_read(question->kind, &reads[r], value, sizeof(value)))
            hear(opinions, value);
    if (question->by.shape != NULL && tsk_as_read(question->kind, question->by.shape, value, sizeof(value)))
        hear(opinions, value);
    if (phone && question->number != NULL && question->number[0] != '\0')
        hear(opinions, question->number);
    for (size_t i = 0; i < opinions->count; i++) {
        double fit = phone ? fit_number(question->by.lattice, opinions->at[i].value)
                           : tsk_fit_letters(question->by.lattice, opinions->at[i].value);
        double sum = fit - VOICE * opinions->at[i].voices +
                     HEARD * tsk_heard_letters(question, reads, read_count, opinions->at[i].value);

        if (sum < best) {
            next = best;
            best = sum;
            chosen = i;
        } else {
            next = fmin(next, sum);
        }
    }
    f[TSK_F_FORMED] = opinions->count > 0;
    f[TSK_F_BOTH] = opinions->count > 0 ? opinions->at[chosen].voices : 0;
    f[TSK_F_NEAREST] = opinions->count > 1;
    f[TSK_F_SHAPE_MARGIN] = fmin(3, next - best);
    f[TSK_F_MARGIN] = 0;
    if (opinions->count > 0)
        snprintf(out->value, sizeof(out->value), "%s", opinions->at[chosen].value);
    if (phone && question->number != NULL && question->number[0] != '\0')
        f[TSK_F_MARGIN] = strcmp(out->value, question->number) == 0 ? question->number_p : -question->number_p;
    for (size_t i = 0; i < opinions->count; i++)
        tsk_decision_other(out, opinions->at[i].value, 0.3);
    free(opinions);
}
