/*
 * line_codes - the letters of a model, and the codes that its network writes each in
 *
 * Promise    A letter is one code or several, one after the other; where a code may stand is a tree. Read-only after loading.
 * Format     letters: their number, then one a line, its text first; codes: their number, then of each letter a byte, how many
 *            codes, the codes.
 */
#ifndef TASUKI_OCR_TEXT_LINE_CODES_H
#define TASUKI_OCR_TEXT_LINE_CODES_H

#include "ocr/text/trained.h"

#define TSK_LINE_CODES_MAX 6 /* of a letter */
#define TSK_LINE_SPACE 0     /* letter */

struct tsk_line_branch {
    int code;
    int letter;      /* which ends here, or -1 */
    int first, next; /* branch below, branch beside; 0: none */
    int above;       /* branch */
    int depth;       /* codes up to here */
};

struct tsk_line_rune {
    uint32_t rune;
    int letter;
};

struct tsk_line_codes {
    char *texts; /* of all letters, each ended */
    size_t *starts;
    int letters;
    struct tsk_line_branch *branches; /* the first is the root */
    int branch_count;
    int *roots;                  /* the branch by each code below the root, or 0 */
    int *ends;                   /* the branch that each letter ends at, or 0 */
    struct tsk_line_rune *runes; /* letters that are one rune, NFKC, in order of it */
    int rune_count;
    int nothing;
};

/* codes: how many the network knows; nothing: the one that is no letter. */
int tsk_line_codes_new(struct tsk_line_codes *out, struct tsk_trained *trained, int codes, int nothing,
                       const char *path, struct tsk_err *err) TSK_MUST_USE;
void tsk_line_codes_free(struct tsk_line_codes *codes);

const char *tsk_line_letter(const struct tsk_line_codes *codes, int letter);
/* The branch by a code below another, or 0. */
int tsk_line_branch(const struct tsk_line_codes *codes, int from, int code);

/* The first of the letters that are this rune, NFKC, in runes; rune_count when there is none. */
int tsk_line_rune_first(const struct tsk_line_codes *codes, uint32_t rune);

#endif
