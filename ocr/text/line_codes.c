#include "ocr/text/line_codes.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define LETTERS_MOST 20000

/* The next line, without its end; false when there is none. */
static bool take_line(struct tsk_cursor *from, const char **line, size_t *length)
{
    const unsigned char *end = from->left > 0 ? memchr(from->at, '\n', from->left) : NULL;

    if (end == NULL)
        return false;
    *length = (size_t)(end - from->at);
    *line = (const char *)tsk_cursor_take(from, *length + 1);
    return true;
}

static bool take_letters(struct tsk_line_codes *codes, struct tsk_cursor *from)
{
    const char *line;
    size_t length, used = 0, room = from->left + 1;

    if (!take_line(from, &line, &length))
        return false;
    codes->letters = (int)strtol(line, NULL, 10);
    if (codes->letters < 1 || codes->letters > LETTERS_MOST)
        return false;
    codes->texts = calloc(room, 1);
    codes->starts = calloc((size_t)codes->letters, sizeof(*codes->starts));
    if (codes->texts == NULL || codes->starts == NULL)
        return false;
    for (int i = 0; i < codes->letters; i++) {
        const char *end;

        if (!take_line(from, &line, &length))
            return false;
        end = memchr(line, ' ', length);
        length = end != NULL ? (size_t)(end - line) : length;
        codes->starts[i] = used;
        memcpy(codes->texts + used, line, length);
        used += length + 1;
    }
    return true;
}

int tsk_line_branch(const struct tsk_line_codes *codes, int from, int code)
{
    int at = from == 0 ? codes->roots[code] : codes->branches[from].first;

    while (at != 0 && codes->branches[at].code != code)
        at = codes->branches[at].next;
    return at;
}

static int grow(struct tsk_line_codes *codes, int from, int code)
{
    int at = tsk_line_branch(codes, from, code);

    if (at != 0)
        return at;
    at = codes->branch_count++;
    codes->branches[at] = (struct tsk_line_branch){
        .code = code,
        .letter = -1,
        .next = codes->branches[from].first,
        .above = from,
        .depth = codes->branches[from].depth + 1,
    };
    codes->branches[from].first = at;
    if (from == 0)
        codes->roots[code] = at;
    return at;
}

/* A letter whose code is none is none: such stand in the list for parts of letters. */
static bool take_letter_codes(struct tsk_line_codes *codes, struct tsk_cursor *from, int letter, int most)
{
    uint32_t count;
    int at = 0;

    tsk_cursor_take(from, 1); /* of normal form */
    count = tsk_cursor_word(from);
    if (count < 1 || count > TSK_LINE_CODES_MAX)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        int code = (int)tsk_cursor_word(from);

        if (code < 0 || code >= most)
            return false;
        if (code != codes->nothing)
            at = grow(codes, at, code);
    }
    if (at != 0)
        codes->branches[at].letter = letter;
    codes->ends[letter] = at;
    return !from->short_of;
}

static bool take_tree(struct tsk_line_codes *codes, struct tsk_cursor *from, int most)
{
    if (tsk_cursor_word(from) != (uint32_t)codes->letters)
        return false;
    codes->branches = calloc((size_t)codes->letters * TSK_LINE_CODES_MAX + 1, sizeof(*codes->branches));
    codes->roots = calloc((size_t)most, sizeof(*codes->roots));
    codes->ends = calloc((size_t)codes->letters, sizeof(*codes->ends));
    if (codes->branches == NULL || codes->roots == NULL || codes->ends == NULL)
        return false;
    codes->branches[0].letter = -1;
    codes->branch_count = 1;
    for (int i = 0; i < codes->letters; i++)
        if (!take_letter_codes(codes, from, i, most))
            return false;
    return true;
}

static int compare_runes(const void *a, const void *b)
{
    const struct tsk_line_rune *x = a, *y = b;

    if (x->rune != y->rune)
        return x->rune < y->rune ? -1 : 1;
    return x->letter - y->letter;
}

static bool sort_runes(struct tsk_line_codes *codes)
{
    codes->runes = calloc((size_t)codes->letters, sizeof(*codes->runes));
    if (codes->runes == NULL)
        return false;
    for (int i = 0; i < codes->letters; i++) {
        char *plain = i == TSK_LINE_SPACE || codes->ends[i] == 0 ? NULL : tsk_nfkc(tsk_line_letter(codes, i));
        const char *at = plain;
        uint32_t rune;

        if (plain != NULL && tsk_utf8_next(&at, &rune) == 1 && *at == '\0')
            codes->runes[codes->rune_count++] = (struct tsk_line_rune){ rune, i };
        free(plain);
    }
    qsort(codes->runes, (size_t)codes->rune_count, sizeof(*codes->runes), compare_runes);
    return true;
}

int tsk_line_rune_first(const struct tsk_line_codes *codes, uint32_t rune)
{
    int from = 0, to = codes->rune_count;

    while (from < to) {
        const int middle = (from + to) / 2;

        if (codes->runes[middle].rune < rune)
            from = middle + 1;
        else
            to = middle;
    }
    return from < codes->rune_count && codes->runes[from].rune == rune ? from : codes->rune_count;
}

int tsk_line_codes_new(struct tsk_line_codes *out, struct tsk_trained *trained, int codes, int nothing,
                       const char *path, struct tsk_err *err)
{
    *out = (struct tsk_line_codes){ .nothing = nothing };
    if (take_letters(out, &trained->letters) && take_tree(out, &trained->codes, codes) && sort_runes(out))
        return 0;
    tsk_line_codes_free(out);
    return tsk_fail(err, TSK_STOP, 0, "%s: its letters cannot be taken in; install its package again", path);
}

void tsk_line_codes_free(struct tsk_line_codes *codes)
{
    free(codes->texts);
    free(codes->starts);
    free(codes->branches);
    free(codes->roots);
    free(codes->ends);
    free(codes->runes);
    *codes = (struct tsk_line_codes){ 0 };
}

const char *tsk_line_letter(const struct tsk_line_codes *codes, int letter)
{
    return codes->texts + codes->starts[letter];
}
