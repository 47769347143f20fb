/*
 * identity - what a sheet says of the patient and of the referral it belongs to
 *
 * Shape      Texts are keys for comparing, not what was written: spaces, width and variants such as 髙/高 are folded by the
 *            caller; dates are YYYY-MM-DD; "" is not known. No identifier of a patient stands on the sheets.
 * Sure       A person decided the value, or the reader accepted it. What is not sure may carry other readings.
 * Ownership  The caller's strings, which must outlive the struct.
 */
#ifndef TASUKI_MATCHING_IDENTITY_H
#define TASUKI_MATCHING_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

enum tsk_fact {
    TSK_FACT_KANA,
    TSK_FACT_NAME,
    TSK_FACT_BIRTH,
    TSK_FACT_SEX,
    TSK_FACT_ADDRESS,
    TSK_FACT_REFERRED, /* the day of the referral */
    TSK_FACT_HOSPITAL, /* referred to */
    TSK_FACT_CLINIC,   /* referred by */
    TSK_FACT_DOCTOR,   /* who referred */
    TSK_FACT_SENDER,   /* number or address that a document came from, or is known to come from */
    TSK_FACT_COUNT
};

#define TSK_FACT_OTHERS_MAX 5

struct tsk_fact_value {
    const char *value; /* never NULL */
    bool sure;
    const char *others[TSK_FACT_OTHERS_MAX]; /* other readings, or other numbers of the same party; NULL ends */
};

struct tsk_identity {
    struct tsk_fact_value facts[TSK_FACT_COUNT];
};

/* All facts not known. */
struct tsk_identity tsk_identity_unknown(void);

#endif
