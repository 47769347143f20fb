/*
 * search - finding a patient's sheets and cases by what people remember of them
 *
 * Words      A name or a part of one in kanji or kana, a birth date in any form that people write, an institution, a case
 *            number; several words must all fit. 髙/高, 邉/辺 (by tsk_knowledge.name_key), width and kind of kana and spaces
 *            make no difference. A single character stands for the beginning of a name.
 * Promise    The keys are written in the transaction that writes the fields. Written forms are shown as they were written.
 * Speed      By indexed bigrams: what is looked at grows with what fits, not with the store.
 */
#ifndef TASUKI_RECORDS_SEARCH_H
#define TASUKI_RECORDS_SEARCH_H

#include "records/store.h"

struct tsk_hit { /* one case, or one sheet that has none */
    const char *case_number, *office;
    int64_t sheet; /* the newest that fits */
    const char *name, *kana, *birth, *from, *to, *received, *form;
    int sheet_count, open_count; /* of those that fit */
};

struct tsk_hits {
    struct tsk_hit *items;
    size_t count;
    bool more; /* the words fit more than are shown */
};

#define TSK_SEARCH_BYTES_MAX 400

/* Sorted by kana. office NULL = every in scope; limit 0 = 100. */
int tsk_search(struct tsk_hits *out, struct tsk_store *store, const struct tsk_scope *scope, const char *office,
               const char *words, int limit, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

/* What a name is compared by: as tsk_search() folds it. malloc'ed; NULL without memory. */
char *tsk_search_key(const struct tsk_store *store, const char *text) TSK_MUST_USE;

/* Writes the keys of every sheet again. Once after an update that folds otherwise; *count: sheets. */
int tsk_search_rebuild(int64_t *count, struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;
/* Rebuilds if the keys are those of an older program, else does nothing. */
int tsk_search_catch_up(struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;

#endif
