/*
 * keeper_state - what the keeper did when, and which trouble it has told of; run/keeper.json
 *
 * Promise    Written whole and synced after every change; a file that is missing or damaged is an empty state: every chore is due,
 *            every trouble is told again.
 */
#ifndef TASUKI_GATEWAY_KEEPER_STATE_H
#define TASUKI_GATEWAY_KEEPER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TSK_TROUBLES_MAX 64
#define TSK_TROUBLE_KEY_SIZE 96
#define TSK_TROUBLE_TEXT_SIZE 400

enum tsk_chore { TSK_CHORE_ANCHOR, TSK_CHORE_BACKUP, TSK_CHORE_FALLBACK, TSK_CHORE_DEADLINES, TSK_CHORE_COUNT };

struct tsk_site_trouble {
    char key[TSK_TROUBLE_KEY_SIZE];   /* "disk", "source:higashinari-fax": no patient data in either */
    char text[TSK_TROUBLE_TEXT_SIZE]; /* Japanese, for whoever runs the machine */
    int64_t since_ms;
    bool told; /* that it started */
    bool over; /* it is gone, and that was not told yet */
};

struct tsk_keeper_state {
    int64_t done_ms[TSK_CHORE_COUNT]; /* last success */
    struct tsk_site_trouble troubles[TSK_TROUBLES_MAX];
    size_t count;
};

void tsk_keeper_state_read(struct tsk_keeper_state *out, const char *path);
int tsk_keeper_state_write(const struct tsk_keeper_state *state, const char *path, struct tsk_err *err) TSK_MUST_USE;

/* A trouble that is there: added, or its text is brought up to date. */
void tsk_trouble_raise(struct tsk_keeper_state *state, const char *key, int64_t now_ms, const char *format, ...)
    TSK_PRINTF(4, 5);
/* One that is not: marked over if it was told, forgotten if it was not. */
void tsk_trouble_clear(struct tsk_keeper_state *state, const char *key);
/* Forgets the ones that are over and told. */
void tsk_trouble_forget(struct tsk_keeper_state *state, size_t i);
const char *tsk_chore_name(enum tsk_chore chore);

#endif
