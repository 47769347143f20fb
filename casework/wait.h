/*
 * wait - what a case waits for, from what its sheets say: who is to be asked, and from which day on
 *
 * Promise    Decides and does nothing: the same facts give the same answer. Days are Japan's, counted from 1970-01-01.
 * Clock      A referral starts it. 入院中 on an inquiry page starts it anew, at the day that the hospital names if it names one. An
 *            admission starts it anew, and so does a 転科 (その他 with that word). After a 転院 it is the 転院先 that is waited for; after a 退院 nobody.
 * Doubt      What nobody has confirmed yet lets nobody be asked: somebody has an answer to look at. その他 and 当院の患者ではない
 *            are a person's to decide.
 */
#ifndef TASUKI_CASEWORK_WAIT_H
#define TASUKI_CASEWORK_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "records/inquiry.h"

enum tsk_fact_kind {
    TSK_FACT_REFERRED,
    TSK_FACT_IN_HOSPITAL, /* the inquiry page says so */
    TSK_FACT_ADMISSION,   /* or into another department: the patient is in the hospital, as of that day */
    TSK_FACT_TRANSFER,
    TSK_FACT_LEFT,    /* home, or into a facility: nobody is asked any more */
    TSK_FACT_UNCLEAR, /* その他, not this hospital's patient */
    TSK_FACT_ANSWER   /* something is written, and nobody has confirmed it */
};

struct tsk_case_fact {
    enum tsk_fact_kind kind;
    int32_t day;          /* on which it happened, else was received */
    int64_t received_ms;  /* orders facts of one day */
    int32_t planned;      /* TSK_FACT_IN_HOSPITAL: the day that the hospital names, 0 = none */
    const char *hospital; /* REFERRED, TRANSFER: as written */
    int64_t sheet;
};

enum tsk_wait_state { TSK_WAIT_NONE, TSK_WAIT_HOSPITAL, TSK_WAIT_LOOK, TSK_WAIT_STUCK };

struct tsk_wait {
    enum tsk_wait_state state;
    const char *hospital;
    int32_t since, ask_on; /* ask_on 0: never by itself */
    bool moved;
    int64_t sheet;
};

/* Sorts the facts. */
void tsk_wait_of(struct tsk_wait *out, struct tsk_case_fact *facts, size_t count,
                 const struct tsk_inquiry_config *config);

enum tsk_next {
    TSK_NEXT_NOTHING,
    TSK_NEXT_ASK,
    TSK_NEXT_RELEASE, /* a person has to say that the first page may go to a hospital that the patient was moved to */
    TSK_NEXT_PERSON   /* asked often enough, or in vain: somebody has to call */
};

struct tsk_next_step {
    enum tsk_next what;
    int round;  /* of the inquiry that is to be made, or of the last one */
    int32_t on; /* NOTHING: the day on which to look again, 0 = none */
};

/* earlier: the inquiries of the case, oldest first. */
void tsk_wait_next(struct tsk_next_step *out, const struct tsk_wait *wait, const struct tsk_inquiries *earlier,
                   const struct tsk_inquiry_config *config, int32_t today);

#endif
