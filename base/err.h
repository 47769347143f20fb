/*
 * err - one error for the program and one sentence for the person on duty
 *
 * Promise    A function that can fail returns 0, or -1 with *err filled in. The lowest layer names the thing
 *            (file, page, line); upper layers pass it on unchanged, so a person reads it exactly once.
 * Text       What went wrong, where, and what to do or what was kept. UTF-8, one line, no jargon, no patient data.
 * Ownership  The caller owns the struct; it needs no freeing. err may be NULL when nobody will read it.
 */
#ifndef TASUKI_BASE_ERR_H
#define TASUKI_BASE_ERR_H

#include <stdarg.h>

#define TSK_MUST_USE __attribute__((warn_unused_result))
#define TSK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define TSK_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What the program does next. */
enum tsk_kind {
    TSK_OK,
    TSK_RETRY,  /* a passing fault of the world: the same call may succeed later */
    TSK_HOLD,   /* this document cannot go on by itself: keep it for a person */
    TSK_REJECT, /* what was asked is wrong: nothing was done */
    TSK_STOP    /* the program cannot go on */
};

struct tsk_err {
    enum tsk_kind kind;
    int sys; /* errno, or 0 */
    char text[512];
};

/* Fills *err and returns -1. A non-zero sys appends the system's own words. */
int tsk_fail(struct tsk_err *err, enum tsk_kind kind, int sys, const char *format, ...) TSK_PRINTF(4, 5);
int tsk_vfail(struct tsk_err *err, enum tsk_kind kind, int sys, const char *format, va_list args) TSK_PRINTF(4, 0);

/* Puts "WHERE: " before a text that a lower layer wrote without knowing the file's name. Returns -1. */
int tsk_fail_at(struct tsk_err *err, const char *where);

void tsk_err_clear(struct tsk_err *err);

#endif
