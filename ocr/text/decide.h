/*
 * decide - from what the models read and what the lexicons know to one value and how sure it is
 *
 * Promise    The value is what both readings and the lexicon support best; a name that is in no list stays as read. The
 *            score is monotone in certainty, 0..1, and not yet a probability. Alternatives come best first.
 * Source     Weights of the score: ocr/text/weights.c, made by ocr/train.
 */
#ifndef TASUKI_OCR_TEXT_DECIDE_H
#define TASUKI_OCR_TEXT_DECIDE_H

#include "forms/reading.h"
#include "ocr/text/consensus.h"
#include "ocr/text/engine.h"
#include "ocr/text/ink.h"
#include "ocr/text/shape_line.h"

enum tsk_feature {
    TSK_F_DISTANCE, /* of the best entry, as part of its length; 1 without a list */
    TSK_F_NEAREST,  /* the same to the nearer of the two readings */
    TSK_F_MARGIN,   /* how much farther the second entry is, at most 3 letters; phone: see TSK_F_BOTH, with its p */
    TSK_F_EXACT,    /* an entry is written exactly so */
    TSK_F_DISAGREE, /* of the two readings, as part of their length */
    TSK_F_SAME,     /* both readings are the same */
    TSK_F_LEAST_1,  /* least sure letter of the first reading */
    TSK_F_MEAN_1,
    TSK_F_LEAST_2,
    TSK_F_MEAN_2,
    TSK_F_LENGTH, /* log of the number of letters */
    TSK_F_PRIOR,  /* how rare the entry is */
    TSK_F_FORMED, /* phone, e-mail, block number: has the form that it must have; institution: share of own letters */
    TSK_F_KEPT,   /* the value is what the first model read */
    TSK_F_ERROR,  /* registration error, mm */
    TSK_F_COARSE, /* standard resolution */
    TSK_F_UNEVEN,
    TSK_F_STROKES, /* spread of the stroke widths */
    TSK_F_THIN,    /* mean stroke width, mm */
    TSK_F_BROKEN,  /* pieces a letter */
    TSK_F_MORE,    /* letters than cells of ink, as part of the cells */
    TSK_F_FEWER,
    TSK_F_HAND,         /* by hand, 0..1 */
    TSK_F_BOTH,         /* both readings are the same entry; phone: the digits network says the same */
    TSK_F_FARTHER,      /* distance of the entry to the farther of the two readings, as part of its length */
    TSK_F_PITCH,        /* the lines' width by their height, for each letter: letters that were lost leave it wide */
    TSK_F_SHAPE_FIT,    /* letters of the value that do not fit the ink, a letter */
    TSK_F_SHAPE_WORST,  /* the same of its worst letter */
    TSK_F_SHAPE_MARGIN, /* how much better it fits than the next that might stand here, at most 3 letters */
    TSK_F_SHAPE_SAME,   /* the shapes alone read the same */
    TSK_F_SHAPE_OFF,    /* how far what the shapes read is from the value, as part of its length */
    TSK_F_SHAPE_SURE,   /* least sure letter of what the shapes read */
    TSK_F_ROWS_BROKEN,  /* the line took rows of the page in several places: not every place is known */
    TSK_F_ROWS_MISSING, /* mm of rows missing in the field or close to it, at most 1: a letter that lost one may be another */
    TSK_F_ROWS_SPOILT, /* mm of rows that their neighbours stand for, at most 1 */
    TSK_F_LANGUAGE,    /* free text: what it costs as Japanese, nats a letter, at most 15 */
    TSK_F_RIVAL,       /* free text: nats by which the next best letter anywhere is behind, at most GRID_CLEAR */
    TSK_F_HEARD,       /* letters by which the networks hear the value less than what they read themselves, a letter */
    TSK_F_HEARD_RIVAL, /* letters by which they hear the next entry less than the value, -3 to 3; 0 without a list */
    TSK_FEATURES
};

enum tsk_score_class {
    TSK_SCORE_LISTED, /* institution, department, ward, relation */
    TSK_SCORE_NAME,
    TSK_SCORE_KANA,
    TSK_SCORE_ADDRESS,
    TSK_SCORE_PATTERN, /* phone, e-mail */
    TSK_SCORE_FREE,
    TSK_SCORE_CLASSES
};

#define TSK_UNLISTED_MOST 0.9 /* score of a value that its list does not know: a person looks at a new institution */

/* Free text has no list: there DISTANCE is the share of letters that stay open between the readings, MARGIN the share
   that stands in known terms, FORMED the least sure letter outside of them, PRIOR how many letters a term changed. */

#define TSK_HAND_FEATURES 5 /* uneven, stroke spread, stroke, broken, coarse */

enum tsk_ink_feature {
    TSK_I_PARTS,
    TSK_I_INK,
    TSK_I_LARGEST,
    TSK_I_FAINT,
    TSK_I_SPECKS,
    TSK_I_ERROR,
    TSK_I_CROWD,
    TSK_I_DEPTH,
    TSK_INK_FEATURES
};

/* Bias first, then one weight a feature. */
extern const double tsk_text_weights[TSK_SCORE_CLASSES][TSK_FEATURES + 1];
extern const double tsk_written_weights[TSK_INK_FEATURES + 1]; /* is there writing at all? */
extern const double tsk_hand_weights[TSK_HAND_FEATURES + 1];   /* is it by hand? */

struct tsk_decision {
    char value[1024];
    struct tsk_alternative_text {
        char value[256];
        double weight;
    } others[TSK_ALTERNATIVES_MAX];
    size_t other_count;
    double score;
    bool
        unlisted; /* not in the list of its kind, or found there by its ink alone: the score is held down, a person looks */
    double features[TSK_FEATURES];
    char read[3][1024]; /* what each model said, and the shapes */
};

struct tsk_question { /* what a field may hold */
    enum tsk_lexicon_kind kind;
    const char *ward, *suffix;
    double error_mm;
    bool coarse, broken;
    double missing_mm, spoilt_mm; /* of rows */
    const char *number;           /* phone: what the digits network read, or "" */
    double number_p;
    struct tsk_witnesses by;
};

void tsk_ink_features(const struct tsk_ink *ink, double error_mm, double out[TSK_INK_FEATURES]);
/* Certainty that there is writing, and that it is by hand. */
double tsk_written_score(const double features[TSK_INK_FEATURES]);
double tsk_hand_score(const struct tsk_ink *ink, bool coarse);

/* Does a second model have to be asked, after the first has read? */
bool tsk_decide_needs_more(const struct tsk_lexicon *lexicon, const struct tsk_question *question,
                           const struct tsk_read *read);

/* reads: one, or two of different models. */
void tsk_decide(const struct tsk_lexicon *lexicon, const struct tsk_question *question, const struct tsk_ink *ink,
                const struct tsk_read *reads, size_t read_count, struct tsk_decision *out);

#endif
