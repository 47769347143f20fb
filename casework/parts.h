/* parts - what the files of casework share; private to casework/ */
#ifndef TASUKI_CASEWORK_PARTS_H
#define TASUKI_CASEWORK_PARTS_H

#include "casework/casework.h"
#include "casework/wait.h"
#include "routing/recipient.h"

struct tsk_casework {
    const struct tsk_routing *routing;
    const struct tsk_inquiry_config *config;
    struct tsk_store *store;
    struct tsk_arena *arena;
    struct tsk_err *err;
};

#define TSK_CASEWORK_ARENA ((size_t)32 << 20)

/* Facts of the case's sheets; out->sheet is that of the wait. */
int tsk_casework_facts(struct tsk_case_fact **facts, size_t *count, const struct tsk_casework *work,
                       const char *case_number) TSK_MUST_USE;
void tsk_casework_day(int32_t day, char out[TSK_DATE_SIZE]); /* "" for 0 */
int32_t tsk_casework_today(void);
const char *tsk_casework_text(const struct tsk_casework *work, const char *format, ...) TSK_PRINTF(2, 3);

/* One to-do of a wait: kind is also the event. */
int tsk_casework_todo(const struct tsk_casework *work, const struct tsk_wait_row *row, const char *kind,
                      const char *text) TSK_MUST_USE;

/* casework/consent.c */
struct tsk_referral {
    struct tsk_sheet sheet;   /* the newest confirmed one of the case; id 0 if there is none */
    bool consent, conference; /* ticked on any of them */
};
int tsk_casework_referral(struct tsk_referral *out, const struct tsk_casework *work,
                          const char *case_number) TSK_MUST_USE;
int tsk_casework_consent(const struct tsk_casework *work, const struct tsk_case *kase,
                         const struct tsk_referral *referral) TSK_MUST_USE;
/* Open ones of this kind that casework itself had made. */
int tsk_casework_close_todos(const struct tsk_casework *work, const char *case_number, const char *kind,
                             const char *why) TSK_MUST_USE;
/* casework/conference.c */
int tsk_casework_conference(const struct tsk_casework *work, const struct tsk_case *kase,
                            const struct tsk_referral *referral) TSK_MUST_USE;

/* casework/call.c */
int tsk_casework_settle_calls(const struct tsk_casework *work) TSK_MUST_USE;
int tsk_casework_make_calls(const struct tsk_casework *work) TSK_MUST_USE;
int tsk_casework_enclose(struct tsk_enclosure *out, const struct tsk_routing *routing, struct tsk_store *store,
                         const struct tsk_notice *notice, struct tsk_arena *arena, struct tsk_err *err);

#endif
