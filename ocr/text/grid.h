/*
 * grid - inside of consensus: the readings of one text laid side by side, a column a letter
 */
#ifndef TASUKI_OCR_TEXT_GRID_H
#define TASUKI_OCR_TEXT_GRID_H

#include <stdbool.h>

#include "ocr/text/consensus.h"
#include "ocr/text/engine.h"
#include "ocr/text/language.h"
#include "ocr/text/shape_line.h"

#define GRID_COLUMNS_MAX (2 * TSK_GLYPHS_MAX)
#define GRID_TEXT_SIZE 1024

struct column {
    const struct tsk_glyph *glyphs[3]; /* of two models and of the shapes; NULL: that reading has nothing here */
    double sure[3];
    uint32_t chosen; /* as written; 0: nothing */
    uint32_t folded; /* of a term: the same without its variants */
    bool term;       /* stands in a known term */
    bool repaired;
    bool first, last; /* no letter stands before it, behind it */
    bool latin;       /* a Latin letter or a digit stands beside it */
};

struct grid {
    struct column at[GRID_COLUMNS_MAX];
    size_t count;
    bool three; /* with what the shapes read */
};

/* Two readings have the same letter, whatever its variant. */
static inline bool column_alike(const struct column *column, int a, int b)
{
    return column->glyphs[a] != NULL && column->glyphs[b] != NULL && column->glyphs[a]->rune == column->glyphs[b]->rune;
}

/* Not both models saw it. */
static inline bool column_alone(const struct column *column)
{
    return column->glyphs[0] == NULL || column->glyphs[1] == NULL;
}

void grid_write(const struct grid *grid, char out[GRID_TEXT_SIZE]); /* what is chosen */

/* Letters on which not all three agree: what fits the ink best. Two models together, or a term, are harder to overrule. */
void grid_settle(struct grid *grid, struct tsk_shape_lattice *lattice);

#define GRID_CLEAR 12.0
#define GRID_STRANGE 15.0

struct grid_language {
    double letter; /* what the text costs as Japanese, nats a letter, at most GRID_STRANGE */
    double rival;  /* nats by which the next best letter anywhere is behind, at most GRID_CLEAR */
};

/*
 * Letters, and pairs of neighbours, that make of the text better Japanese than what is chosen, weighed against the ink and
 * against what was read.
 */
struct grid_language grid_settle_language(struct grid *grid, const struct tsk_lexicon *lexicon,
                                          const struct tsk_witnesses *witnesses);

#endif
