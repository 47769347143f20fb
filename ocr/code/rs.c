#include "ocr/code/rs.h"

#include <string.h>

#define ORDER 255

struct field {
    uint8_t power[2 * ORDER];
    uint8_t log[ORDER + 1];
};

static const struct field *gf(void)
{
    static _Thread_local struct field field;
    int value = 1;

    if (field.power[0] == 1)
        return &field;
    for (int i = 0; i < ORDER; i++) {
        field.power[i] = field.power[i + ORDER] = (uint8_t)value;
        field.log[value] = (uint8_t)i;
        value = value << 1 ^ (value & 0x80 ? 0x11d : 0);
    }
    return &field;
}

static uint8_t multiply(uint8_t a, uint8_t b)
{
    const struct field *f = gf();

    return a == 0 || b == 0 ? 0 : f->power[f->log[a] + f->log[b]];
}

static uint8_t divide(uint8_t a, uint8_t b)
{
    const struct field *f = gf();

    return a == 0 ? 0 : f->power[f->log[a] + ORDER - f->log[b]];
}

/* Polynomials: lowest power first. */
static uint8_t evaluate(const uint8_t *poly, int length, uint8_t at)
{
    uint8_t sum = 0;

    for (int i = length - 1; i >= 0; i--)
        sum = multiply(sum, at) ^ poly[i];
    return sum;
}

/* What a power of the root each place in the block stands for. */
static uint8_t locator(int count, int place)
{
    return gf()->power[count - 1 - place];
}

static bool syndromes(uint8_t *out, const uint8_t *codewords, int count, int checks)
{
    bool wrong = false;

    for (int i = 0; i < checks; i++) {
        out[i] = 0;
        for (int k = 0; k < count; k++)
            out[i] = multiply(out[i], gf()->power[i]) ^ codewords[k];
        wrong = wrong || out[i] != 0;
    }
    return wrong;
}

/* Times (1 - x * root). */
static void add_root(uint8_t *poly, int length, uint8_t root)
{
    for (int i = length; i > 0; i--)
        poly[i] ^= multiply(poly[i - 1], root);
}

/* Berlekamp and Massey, begun with the erasures. Returns how many places are wrong. */
static int find_locator(uint8_t lambda[TSK_RS_CHECKS_MAX + 1], const uint8_t *syndrome, int checks, int erased)
{
    uint8_t before[TSK_RS_CHECKS_MAX + 1], next[TSK_RS_CHECKS_MAX + 1];
    int length = erased;

    memcpy(before, lambda, sizeof before);
    for (int r = erased + 1; r <= checks; r++) {
        uint8_t delta = 0;

        for (int i = 0; i < r; i++)
            delta ^= multiply(lambda[i], syndrome[r - 1 - i]);
        memmove(before + 1, before, TSK_RS_CHECKS_MAX);
        before[0] = 0;
        if (delta == 0)
            continue;
        for (int i = 0; i <= TSK_RS_CHECKS_MAX; i++)
            next[i] = lambda[i] ^ multiply(delta, before[i]);
        if (2 * length <= r + erased - 1) {
            length = r + erased - length;
            for (int i = 0; i <= TSK_RS_CHECKS_MAX; i++)
                before[i] = divide(lambda[i], delta);
        }
        memcpy(lambda, next, sizeof next);
    }
    return length;
}

/* Forney; the first root is 2^0. */
static uint8_t magnitude(const uint8_t *lambda, const uint8_t *syndrome, int checks, uint8_t at)
{
    uint8_t inverse = divide(1, at), top = 0, bottom = 0, power = 1;

    for (int i = 0; i < checks; i++) { /* omega = syndrome * lambda, below x^checks */
        uint8_t term = 0;

        for (int k = 0; k <= i; k++)
            term ^= multiply(syndrome[k], lambda[i - k]);
        top ^= multiply(term, power);
        power = multiply(power, inverse);
    }
    for (int i = 1; i <= checks; i += 2) { /* the derivative has the odd terms */
        uint8_t term = lambda[i];

        for (int k = 0; k < i - 1; k++)
            term = multiply(term, inverse);
        bottom ^= term;
    }
    return bottom == 0 ? 0 : multiply(at, divide(top, bottom));
}

static bool is_erased(const int *erased, int count, int place)
{
    for (int i = 0; i < count; i++)
        if (erased[i] == place)
            return true;
    return false;
}

bool tsk_rs_correct(uint8_t *codewords, int count, int checks, const int *erased, int erased_count, int *errors)
{
    uint8_t syndrome[TSK_RS_CHECKS_MAX], again[TSK_RS_CHECKS_MAX], lambda[TSK_RS_CHECKS_MAX + 1] = { 1 };
    uint8_t right[TSK_RS_CODEWORDS_MAX];
    int wrong, found = 0;

    *errors = 0;
    if (count > TSK_RS_CODEWORDS_MAX || checks > TSK_RS_CHECKS_MAX || erased_count > checks)
        return false;
    if (!syndromes(syndrome, codewords, count, checks))
        return true;
    for (int i = 0; i < erased_count; i++)
        add_root(lambda, i + 1, locator(count, erased[i]));
    wrong = find_locator(lambda, syndrome, checks, erased_count);
    if (2 * (wrong - erased_count) + erased_count > checks)
        return false;
    memcpy(right, codewords, (size_t)count);
    for (int place = 0; place < count; place++) {
        uint8_t at = locator(count, place);

        if (evaluate(lambda, checks + 1, divide(1, at)) != 0)
            continue;
        right[place] ^= magnitude(lambda, syndrome, checks, at);
        *errors += !is_erased(erased, erased_count, place) && right[place] != codewords[place];
        found++;
    }
    if (found != wrong || syndromes(again, right, count, checks))
        return false;
    memcpy(codewords, right, (size_t)count);
    return true;
}
