/*
 * world - a year outside of the office, invented: patients, sheets, what really happens to them; and what is true so far
 *
 * Truth      matching/train tells who is referred and what is faxed; here stands what becomes of them. Nothing in here is taken
 *            from the program's answers, so that these can be compared with it.
 * Time       Days since 2026-04-01 00:00 in Japan, with fractions.
 */
#ifndef TASUKI_TESTS_LOOP_WORLD_H
#define TASUKI_TESTS_LOOP_WORLD_H

#include "base/date.h"
#include "matching/train/histories.h"
#include "records/case.h"

#define LOOP_FIRST_DAY 20544 /* 2026-04-01 */
#define LOOP_KEYS_MAX 24

enum loop_consent { LOOP_CONSENT_UNKNOWN, LOOP_CONSENT_YES, LOOP_CONSENT_NO };

/* How a hospital that is asked answers when it has sent nothing by itself. */
enum loop_answer { LOOP_ANSWER_LEFT, LOOP_ANSWER_STILL_THERE, LOOP_ANSWER_NOT_OURS, LOOP_ANSWER_SILENCE };

struct loop_known { /* what a confirmed page says of where the patient is */
    char kind;      /* r referred, i still in hospital, a admitted, t moved, l left, u unclear */
    int32_t day;
    double received; /* in days, as pages have it */
};

struct loop_case {
    const struct tsk_told_sheet *first; /* the referral as its clinic means it */
    bool ticked, agrees;
    double withdraws, dies; /* 0 = never */
    const char *outcome[2];
    double moved; /* of the first outcome that the hospital sends by itself, 0 = it sends none */
    enum loop_answer answer;
    int destination; /* number of the hospital that the patient is moved to */

    char number[TSK_CASE_NUMBER_SIZE]; /* the program's, "" = it has no case yet */
    enum loop_consent consent;
    double agreed_at, withdrew_at, ward_told_at; /* 0 = never */
    bool ward_reached;                           /* it has in hand what it was told */
    bool closed, dead;
    int32_t completed, quiet_since;
    int waiting;                       /* pages that nobody has confirmed */
    const struct tsk_told_sheet *says; /* newest page that a person confirmed */
    const char *last_outcome;
    int32_t last_moved;
    double says_at, outcome_at;
    const char *closed_as;
    struct loop_known known[LOOP_KEYS_MAX];
    int known_count;
    char told[LOOP_KEYS_MAX][64]; /* referrals and outcomes that the ward office has to hear of, once each */
    int told_count;
};

struct loop_page {
    double at;
    int kase, code_of;                 /* code_of: the case whose code is printed on it, -1 = none */
    const struct tsk_told_sheet *told; /* as it is written and read */
    const char *status;                /* of an inquiry page, else NULL */
    const char *outcome;               /* or NULL */
    int32_t moved, planned;            /* days since 1970, 0 = none */
    bool arrived, confirmed;
    int64_t sheet;
};

struct loop_world {
    struct tsk_names *names;
    struct tsk_history history;
    struct tsk_dice dice;
    struct loop_case *cases;
    struct loop_page *pages;
    size_t page_count, page_room;
    double days;
};

int loop_world_tell(struct loop_world *world, uint64_t seed, int referrals, double days,
                    struct tsk_err *err) TSK_MUST_USE;
void loop_world_free(struct loop_world *world);
/* The hospital is asked after the case: schedules the page that comes back, if any. */
void loop_world_asked(struct loop_world *world, int kase, double now);

/* A person confirmed the page. */
void loop_world_learn(struct loop_world *world, const struct loop_page *page);
/* What the case waits for, in the words of records/inquiry.h. */
const char *loop_world_state(const struct loop_case *kase);
void loop_hospital(char out[TSK_KEY_SIZE], int number);
void loop_clinic(char out[TSK_KEY_SIZE], int number);

#endif
