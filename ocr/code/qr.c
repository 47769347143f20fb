#include "ocr/code/qr.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/code/rs.h"

#define CODEWORDS_MAX 100
#define BLOCKS_MAX 2
#define FORMAT_BITS 15
#define FORMAT_MASK 0x5412
#define FORMAT_TRIES 2
#define SPARE_CHECKS 2
#define SURE 2.0F          /* log of odds: one in eight is wrong */
#define SURE_WRONG_PART 12 /* more than one in so many sure modules must not be wrong */

enum level { LEVEL_M = 0, LEVEL_Q = 3 }; /* as the format says them */

struct plan {
    int width;
    enum level level;
    int blocks, data, checks; /* of a block */
};

static const struct plan plans[] = {
    { 25, LEVEL_M, 1, 28, 16 }, { 25, LEVEL_Q, 1, 22, 22 }, { 29, LEVEL_M, 1, 44, 26 },
    { 29, LEVEL_Q, 2, 17, 18 }, { 33, LEVEL_M, 2, 32, 18 }, { 33, LEVEL_Q, 2, 24, 26 },
};

static bool in_finder(int row, int column, bool *dark)
{
    int ring = abs(row - 3) > abs(column - 3) ? abs(row - 3) : abs(column - 3);

    *dark = ring == 3 || ring < 2;
    return ring <= 4; /* with the white around it */
}

enum tsk_qr_module tsk_qr_module(int width, int row, int column)
{
    int far = width - 7; /* of the finders, and the middle of the one alignment pattern up to version 6 */
    int ring = abs(row - far) > abs(column - far) ? abs(row - far) : abs(column - far);
    bool dark;

    if (in_finder(row, column, &dark) || in_finder(row, column - far, &dark) || in_finder(row - far, column, &dark))
        return dark ? TSK_QR_DARK : TSK_QR_LIGHT;
    if (row == 6 || column == 6)
        return (row + column) % 2 == 0 ? TSK_QR_DARK : TSK_QR_LIGHT;
    if (ring <= 2)
        return ring == 1 ? TSK_QR_LIGHT : TSK_QR_DARK;
    if (row == width - 8 && column == 8)
        return TSK_QR_DARK;
    if ((row == 8 && (column <= 8 || column >= width - 8)) || (column == 8 && (row <= 8 || row >= width - 7)))
        return TSK_QR_FORMAT;
    return TSK_QR_DATA;
}

static bool is_masked(int mask, int y, int x)
{
    switch (mask) {
    case 0:
        return (x + y) % 2 == 0;
    case 1:
        return y % 2 == 0;
    case 2:
        return x % 3 == 0;
    case 3:
        return (x + y) % 3 == 0;
    case 4:
        return (x / 3 + y / 2) % 2 == 0;
    case 5:
        return x * y % 2 + x * y % 3 == 0;
    case 6:
        return (x * y % 2 + x * y % 3) % 2 == 0;
    default:
        return ((x + y) % 2 + x * y % 3) % 2 == 0;
    }
}

/* Where bit i of the format stands, in each of two places. */
static void format_place(int width, int copy, int i, int *row, int *column)
{
    if (copy == 0) {
        *row = i < 6 ? i : i < 8 ? i + 1 : 8;
        *column = i < 8 ? 8 : i == 8 ? 7 : 14 - i;
    } else {
        *row = i < 8 ? 8 : width - 15 + i;
        *column = i < 8 ? width - 1 - i : 8;
    }
}

static int format_of(int level_and_mask)
{
    int rest = level_and_mask;

    for (int i = 0; i < 10; i++)
        rest = rest << 1 ^ (rest >> 9) * 0x537;
    return (level_and_mask << 10 | rest) ^ FORMAT_MASK;
}

static double format_fit(const struct tsk_qr *qr, int format)
{
    double fit = 0;
    int row, column;

    for (int copy = 0; copy < 2; copy++)
        for (int i = 0; i < FORMAT_BITS; i++) {
            format_place(qr->width, copy, i, &row, &column);
            fit += format >> i & 1 ? qr->dark[row][column] : -qr->dark[row][column];
        }
    return fit;
}

/* The next place of the way that data takes; false at its end. */
struct walk {
    int width, right, step;
};

static bool next_place(struct walk *walk, int *row, int *column)
{
    while (walk->right >= 1) {
        bool upward = ((walk->right + 1) & 2) == 0;
        int at = walk->step / 2;

        *column = walk->right - walk->step % 2;
        *row = upward ? walk->width - 1 - at : at;
        if (++walk->step == 2 * walk->width) {
            walk->step = 0;
            walk->right -= walk->right == 8 ? 3 : 2;
        }
        if (tsk_qr_module(walk->width, *row, *column) == TSK_QR_DATA)
            return true;
    }
    return false;
}

struct blocks {
    uint8_t codeword[BLOCKS_MAX][CODEWORDS_MAX];
    double doubt[BLOCKS_MAX][CODEWORDS_MAX]; /* expected number of wrong bits */
};

/* Codewords of all blocks come in turn: first the data, then the checks. */
static void place_of(const struct plan *plan, int at, int *block, int *within)
{
    *block = at % plan->blocks;
    *within = at / plan->blocks;
}

static void collect(struct blocks *out, const struct tsk_qr *qr, const struct plan *plan, int mask)
{
    struct walk walk = { .width = qr->width, .right = qr->width - 1 };
    int total = plan->blocks * (plan->data + plan->checks);
    int row, column, block, within;

    memset(out, 0, sizeof *out);
    for (int bit = 0; bit < 8 * total && next_place(&walk, &row, &column); bit++) {
        double dark = (double)qr->dark[row][column] * (is_masked(mask, row, column) ? -1 : 1);

        place_of(plan, bit / 8, &block, &within);
        out->codeword[block][within] |= (uint8_t)((dark > 0) << (7 - bit % 8));
        out->doubt[block][within] += 1 / (1 + exp(fabs(dark)));
    }
}

/* The sure ones of the modules must be what the text makes of them. */
static bool agrees(const struct tsk_qr *qr, const struct plan *plan, int mask, const struct blocks *right)
{
    struct walk walk = { .width = qr->width, .right = qr->width - 1 };
    int total = plan->blocks * (plan->data + plan->checks), sure = 0, wrong = 0;
    int row, column, block, within;

    for (int bit = 0; bit < 8 * total && next_place(&walk, &row, &column); bit++) {
        place_of(plan, bit / 8, &block, &within);
        bool dark = (right->codeword[block][within] >> (7 - bit % 8) & 1) != is_masked(mask, row, column);
        bool is_sure = fabsf(qr->dark[row][column]) > SURE;

        sure += is_sure;
        wrong += is_sure && dark != (qr->dark[row][column] > 0);
    }
    return sure > 4 * total && wrong * SURE_WRONG_PART <= sure;
}

static void least_sure(int *order, const double *doubt, int count)
{
    for (int i = 0; i < count; i++) {
        int at = i;

        for (; at > 0 && doubt[order[at - 1]] < doubt[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

static bool correct_block(uint8_t *codewords, const double *doubt, const struct plan *plan)
{
    int order[CODEWORDS_MAX], errors, count = plan->data + plan->checks;

    least_sure(order, doubt, count);
    for (int given_up = 0; given_up <= plan->checks - SPARE_CHECKS; given_up++) {
        uint8_t tried[CODEWORDS_MAX];

        memcpy(tried, codewords, (size_t)count);
        if (!tsk_rs_correct(tried, count, plan->checks, order, given_up, &errors) ||
            2 * errors + given_up > plan->checks - SPARE_CHECKS)
            continue;
        memcpy(codewords, tried, (size_t)count);
        return true;
    }
    return false;
}

struct bits {
    const struct blocks *blocks;
    const struct plan *plan;
    int at, end;
};

static int take(struct bits *bits, int count)
{
    int value = 0;

    for (int i = 0; i < count; i++, bits->at++) {
        int codeword = bits->at / 8;
        int bit = bits->at < bits->end
                      ? bits->blocks->codeword[codeword / bits->plan->data][codeword % bits->plan->data] >>
                                (7 - bits->at % 8) &
                            1
                      : 0;

        value = value << 1 | bit;
    }
    return value;
}

struct text {
    char *out;
    int length;
    bool wrong;
};

static void put(struct text *text, int value, int base, int digits)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    char part[4] = "";

    for (int i = digits - 1; i >= 0; i--, value /= base)
        part[i] = base > 45 ? (char)value : alphabet[value % base];
    text->wrong = text->wrong || value != 0 || text->length + digits >= TSK_QR_TEXT_SIZE;
    for (int i = 0; i < digits && !text->wrong; i++)
        text->out[text->length++] = part[i];
}

static void take_numbers(struct text *text, struct bits *bits)
{
    static const int lengths[] = { 0, 4, 7, 10 };

    for (int left = take(bits, 10); left > 0 && !text->wrong; left -= 3) {
        int digits = left < 3 ? left : 3;
        put(text, take(bits, lengths[digits]), 10, digits);
    }
}

static void take_letters(struct text *text, struct bits *bits)
{
    for (int left = take(bits, 9); left > 0 && !text->wrong; left -= 2)
        put(text, take(bits, left > 1 ? 11 : 6), 45, left > 1 ? 2 : 1);
}

static void take_bytes(struct text *text, struct bits *bits)
{
    for (int left = take(bits, 8); left > 0 && !text->wrong; left--)
        put(text, take(bits, 8), 256, 1);
}

/* After the text come zeros to the end of the byte, then two bytes in turn. */
static bool ends_well(struct bits *bits)
{
    int left = bits->end - bits->at;

    if (left < 0 || take(bits, left < 4 ? left : 4) != 0 || take(bits, (8 - bits->at % 8) % 8) != 0)
        return false;
    for (bool first = true; bits->at < bits->end; first = !first)
        if (take(bits, 8) != (first ? 0xec : 0x11))
            return false;
    return true;
}

static bool read_text(char out[TSK_QR_TEXT_SIZE], const struct blocks *blocks, const struct plan *plan)
{
    struct bits bits = { .blocks = blocks, .plan = plan, .end = 8 * plan->blocks * plan->data };
    struct text text = { .out = out };

    while (!text.wrong && bits.end - bits.at >= 4) {
        int mode = take(&bits, 4);

        if (mode == 1)
            take_numbers(&text, &bits);
        else if (mode == 2)
            take_letters(&text, &bits);
        else if (mode == 4)
            take_bytes(&text, &bits);
        else if (mode != 0)
            return false;
        if (mode == 0) {
            bits.at -= 4;
            break;
        }
    }
    out[text.length] = '\0';
    return !text.wrong && text.length > 0 && ends_well(&bits);
}

static bool decode_as(char text[TSK_QR_TEXT_SIZE], const struct tsk_qr *qr, const struct plan *plan, int mask)
{
    struct blocks blocks;

    collect(&blocks, qr, plan, mask);
    for (int i = 0; i < plan->blocks; i++)
        if (!correct_block(blocks.codeword[i], blocks.doubt[i], plan))
            return false;
    return agrees(qr, plan, mask, &blocks) && read_text(text, &blocks, plan);
}

bool tsk_qr_decode(char text[TSK_QR_TEXT_SIZE], const struct tsk_qr *qr)
{
    bool tried[32] = { false };

    for (int i = 0; i < FORMAT_TRIES; i++) {
        double best_fit = 0;
        int best = -1;

        for (int k = 0; k < 32; k++) {
            double fit = k >> 3 == LEVEL_M || k >> 3 == LEVEL_Q ? format_fit(qr, format_of(k)) : 0;

            if (!tried[k] && fit > best_fit) {
                best_fit = fit;
                best = k;
            }
        }
        if (best < 0)
            return false;
        tried[best] = true;
        for (size_t p = 0; p < sizeof plans / sizeof *plans; p++)
            if (plans[p].width == qr->width && (int)plans[p].level == best >> 3 &&
                decode_as(text, qr, &plans[p], best & 7))
                return true;
    }
    return false;
}
