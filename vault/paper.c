#include "vault/paper.h"

#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define LINE_DIGITS 15
#define LINE_DATA 13 /* 4 * 13 * 5 = 260 bits: 256 of the key, 4 that are zero */
#define DIGITS (TSK_PAPER_LINES * LINE_DIGITS)

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static unsigned key_bits(const unsigned char key[TSK_KEY_BYTES], int digit)
{
    unsigned value = 0;

    for (int bit = digit * 5; bit < digit * 5 + 5; bit++)
        value = value << 1 | (bit < TSK_KEY_BYTES * 8 ? (key[bit / 8] >> (7 - bit % 8)) & 1U : 0U);
    return value;
}

/* Ten bits over the line's number and its digits, so that exchanged lines are seen too. */
static void check_digits(char out[2], int line, const char data[LINE_DATA])
{
    unsigned char hash[crypto_generichash_BYTES_MIN], input[LINE_DATA + 1];

    input[0] = (unsigned char)line;
    memcpy(input + 1, data, LINE_DATA);
    crypto_generichash(hash, sizeof hash, input, sizeof input, NULL, 0);
    out[0] = alphabet[hash[0] & 31];
    out[1] = alphabet[hash[1] & 31];
    sodium_memzero(input, sizeof input);
}

void tsk_paper_print(char out[TSK_PAPER_LINES][TSK_PAPER_LINE_SIZE], const unsigned char key[TSK_KEY_BYTES])
{
    for (int line = 0; line < TSK_PAPER_LINES; line++) {
        char digits[LINE_DIGITS];
        char *to = out[line];

        for (int i = 0; i < LINE_DATA; i++)
            digits[i] = alphabet[key_bits(key, line * LINE_DATA + i)];
        check_digits(digits + LINE_DATA, line, digits);
        for (int i = 0; i < LINE_DIGITS; i++) {
            if (i > 0 && i % 5 == 0)
                *to++ = '-';
            *to++ = digits[i];
        }
        *to = '\0';
        sodium_memzero(digits, sizeof digits);
    }
}

static char meant(char typed)
{
    char upper = (char)toupper((unsigned char)typed);

    return upper == 'O' ? '0' : upper == 'I' || upper == 'L' ? '1' : upper;
}

/* The digits alone, at most one more than there may be. */
static size_t collect(char digits[DIGITS + 1], const char *text)
{
    size_t count = 0;

    for (; *text != '\0' && count <= DIGITS; text++) {
        char digit = meant(*text);

        if (digit != '-' && !isspace((unsigned char)digit))
            digits[count++] = digit;
    }
    return count;
}

static int read_line(unsigned char key[TSK_KEY_BYTES], int line, const char *digits, struct tsk_err *err)
{
    char check[2];

    check_digits(check, line, digits);
    if (memcmp(check, digits + LINE_DATA, sizeof check) != 0)
        return tsk_fail(err, TSK_REJECT, 0, "line %d of the key is not as printed; compare it with the paper",
                        line + 1);
    for (int i = 0; i < LINE_DATA; i++) {
        const char *at = strchr(alphabet, digits[i]);
        unsigned value = at != NULL ? (unsigned)(at - alphabet) : 0;

        for (int bit = 0; bit < 5; bit++) {
            int place = (line * LINE_DATA + i) * 5 + bit;

            if (place < TSK_KEY_BYTES * 8 && (value >> (4 - bit) & 1U) != 0)
                key[place / 8] |= (unsigned char)(1U << (7 - place % 8));
        }
    }
    return 0;
}

int tsk_paper_read(unsigned char key[TSK_KEY_BYTES], const char *text, struct tsk_err *err)
{
    char *plain = tsk_nfkc(text); /* an input method may have been on */
    char digits[DIGITS + 1] = { 0 };
    size_t count = plain != NULL ? collect(digits, plain) : 0;
    int rc = 0;

    if (plain != NULL)
        sodium_memzero(plain, strlen(plain));
    free(plain);
    memset(key, 0, TSK_KEY_BYTES);
    if (count != DIGITS)
        rc = tsk_fail(err, TSK_REJECT, 0, "a key has %d lines of %d letters and digits; %zu were given",
                      TSK_PAPER_LINES, LINE_DIGITS, count);
    for (int line = 0; line < TSK_PAPER_LINES && rc == 0; line++)
        rc = read_line(key, line, digits + (size_t)line * LINE_DIGITS, err);
    sodium_memzero(digits, sizeof digits);
    if (rc != 0)
        sodium_memzero(key, TSK_KEY_BYTES);
    return rc;
}
