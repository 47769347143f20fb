#include "ocr/text/typed_digits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/text/shape_line.h"

/* The likeliest on 5,200 printed cells, half of them of pages sent over a bad line; as good on 4,700 others. */
#define FIT_WEIGHT 0.013  /* of squared distance (shapes.h), in a probability's logarithm */
#define FIT_MOST 300.0    /* no reading is worse */
#define FIT_ANOTHER 150.0 /* of whatever the network did not name, where it named what the shapes read */
#define ANOTHER_LEAST 1e-4
#define PROPOSED 0.5 /* probability of a reading that only the shapes have, at most */

static double weight(double fit)
{
    return exp(-FIT_WEIGHT * fmin(fit, FIT_MOST));
}

/* The digits among the letters that were read; false where something else stands there, or too much. */
static bool digits_of(const char *text, int max_len, char out[8])
{
    int count = 0;

    for (; *text != '\0'; text++) {
        if (*text == ' ')
            continue;
        if (*text < '0' || *text > '9' || count == max_len)
            return false;
        out[count++] = *text;
    }
    out[count] = '\0';
    return count > 0;
}

static void sort(struct tsk_digits_result *digits)
{
    for (int i = 1; i < digits->count; i++) {
        struct tsk_digits_alt moved = digits->alts[i];
        int k = i;

        for (; k > 0 && digits->alts[k - 1].p < moved.p; k--)
            digits->alts[k] = digits->alts[k - 1];
        digits->alts[k] = moved;
    }
}

/* In the place of the last, if there is no room. */
static void propose(struct tsk_digits_result *digits, const char *seen, double p)
{
    int at = digits->count < (int)TSK_COUNT(digits->alts) ? digits->count++ : digits->count - 1;

    digits->alts[at].p = fmin(p, PROPOSED);
    memcpy(digits->alts[at].text, seen, sizeof(digits->alts[at].text));
}

/* What the network gives to readings with more digits or fewer: how well one fits tells nothing of a digit that lost its ink. */
static double of_other_length(const struct tsk_digits_result *network, const char *text)
{
    double sum = 0;

    for (int i = 0; i < network->count; i++)
        if (strlen(network->alts[i].text) != strlen(text))
            sum += network->alts[i].p;
    return sum;
}

static bool rows_went(const struct tsk_patch *patch)
{
    return patch->broken && (patch->spoilt_mm > 0 || patch->lost_mm > 0 || patch->dropped_mm > 0);
}

/* A stroke that went with its rows is missing for both: the best is no surer then than for the network. */
static void hold_to(const struct tsk_digits_result *network, struct tsk_digits_result *digits)
{
    double most = ANOTHER_LEAST, best = digits->alts[0].p;

    for (int i = 0; i < network->count; i++)
        if (strcmp(network->alts[i].text, digits->alts[0].text) == 0)
            most = network->alts[i].p;
    for (int i = 0; i < digits->count && best > most; i++)
        digits->alts[i].p *= most / best;
}

static void weigh(struct tsk_shape_lattice *lattice, const char *seen, bool damaged, struct tsk_digits_result *digits)
{
    const struct tsk_digits_result network = *digits;
    double named = 0, sum = 0, another;
    bool known = false;

    for (int i = 0; i < digits->count; i++) {
        struct tsk_digits_alt *alt = &digits->alts[i];

        known = known || strcmp(alt->text, seen) == 0;
        named += alt->p;
        alt->p *= weight(tsk_shape_lattice_fit(lattice, alt->text).excess);
        sum += alt->p;
    }
    another = fmax(ANOTHER_LEAST, 1 - named) * (known ? weight(FIT_ANOTHER) : 1);
    for (int i = 0; i < digits->count; i++)
        digits->alts[i].p =
            fmin(digits->alts[i].p / (sum + another), 1 - of_other_length(&network, digits->alts[i].text));
    if (!known && seen[0] != '\0')
        propose(digits, seen, another / (sum + another));
    sort(digits);
    if (damaged)
        hold_to(&network, digits);
}

int tsk_typed_digits_weigh(const struct tsk_shapes *shapes, const struct tsk_patch *patch,
                           const struct tsk_field *field, struct tsk_digits_result *digits, struct tsk_err *err)
{
    struct tsk_shape_lattice *lattice = NULL;
    struct tsk_read *read = calloc(1, sizeof(*read));
    struct tsk_ink ink = { 0 };
    char seen[8] = "";
    int rc = -1;

    if (read == NULL) {
        tsk_fail(err, TSK_HOLD, 0, "no memory to read a cell of digits");
        goto out;
    }
    rc = !digits->typed || digits->count == 0 ? 0 : tsk_ink_find(patch, field->box, 1, &ink, err);
    if (rc != 0 || ink.count == 0)
        goto out;
    rc = tsk_shape_lattice_new(&lattice, shapes, TSK_LETTERS_PHONE, &ink, patch->px_per_mm_x, patch->px_per_mm_y, err);
    if (rc != 0)
        goto out;
    tsk_shape_lattice_read(lattice, read);
    if (!digits_of(read->text, field->digits_max, seen))
        seen[0] = '\0';
    weigh(lattice, seen, rows_went(patch), digits);
out:
    tsk_shape_lattice_free(&lattice);
    tsk_ink_free(&ink);
    free(read);
    return rc;
}
