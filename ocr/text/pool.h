/*
 * pool - what the lexicon has for a field, weighed by everything that was read there
 *
 * Promise    Entries come best first. A weight is a number of letters: how far an entry is from what the models read, from what
 *            the shapes read, and how badly its own letters fit the ink, and how rare it is.
 */
#ifndef TASUKI_OCR_TEXT_POOL_H
#define TASUKI_OCR_TEXT_POOL_H

#include "ocr/text/decide.h"

#define TSK_POOL_MAX 24

struct tsk_candidate {
    char value[128];
    double distance[3]; /* to the readings of two models and to that of the shapes */
    double fit;         /* letters that do not fit the ink; 0 without shapes */
    double most;        /* institutions: the same by tsk_fit_most(), others: as fit */
    double heard;       /* letters by which the networks hear it less than what they hear best */
    double prior, sum;  /* sum: without the prior */
    const void *entry;
};

struct tsk_pool {
    struct tsk_candidate at[TSK_POOL_MAX];
    size_t count;
    size_t read_count;
    double best_heard[2]; /* nats of what each network hears best */
    double heard_weight;  /* of what they hear, beside the readings and the ink */
    bool by_ink;          /* the best one was found by nothing but its ink: no reading is near to any entry */
};

/* Letters that do not fit the ink: 0 is as good as any text; at most what the text is long and a half. */
double tsk_fit_letters(struct tsk_shape_lattice *lattice, const char *text);

/*
 * The same with no letter counting for more than FIT_MOST, and no bound for the whole: a long text of which most fits is not outdone
 * by a short one that fits nowhere.
 */
double tsk_fit_most(struct tsk_shape_lattice *lattice, const char *text);

void tsk_pool_make(const struct tsk_lexicon *lexicon, const struct tsk_question *question, const struct tsk_read *reads,
                   size_t read_count, struct tsk_pool *pool);
/* Letters by which the networks hear a text less than their own readings; negative: they hear it better. */
double tsk_heard_letters(const struct tsk_question *question, const struct tsk_read *reads, size_t read_count,
                         const char *text);

bool tsk_pool_has(const struct tsk_pool *pool, const char *value);
/* The next entry that is another thing, not another way to write the best; or NULL. */
const struct tsk_candidate *tsk_pool_rival(const struct tsk_pool *pool);

#endif
