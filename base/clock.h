/*
 * clock - the only source of time
 *
 * Promise    tsk_wall_ms() is UTC for records; tsk_mono_ms() never goes back and is for time-outs. Both follow
 *            TASUKI_CLOCK="rate=R,offset_s=S,start_s=T" (tests of a whole site: from wall time T on, time runs R times as
 *            fast, and S seconds are added; kept=0 or kept=1: what tsk_clock_kept() answers). Waiting through tsk_sleep_ms()
 *            and tsk_real_wait_ms() follows the rate.
 */
#ifndef TASUKI_BASE_CLOCK_H
#define TASUKI_BASE_CLOCK_H

#include <stdint.h>

int64_t tsk_wall_ms(void);          /* milliseconds since 1970-01-01T00:00:00Z */
void tsk_wall_stand_ms(int64_t ms); /* tests in one process: wall time stands still at this instant; -1 = it goes on */
int64_t tsk_mono_ms(void);          /* milliseconds since an arbitrary start */
int tsk_real_wait_ms(int64_t ms);   /* what to hand to poll() so that ms of our time pass; -1 for ms < 0, at least 1 */
void tsk_sleep_ms(int64_t ms);

/* Does anything keep the machine's clock right? What the kernel knows of chrony, timesyncd or ntpd (adjtimex(2)). */
enum tsk_clock_kept { TSK_CLOCK_KEPT, TSK_CLOCK_ALONE, TSK_CLOCK_UNKNOWN };
enum tsk_clock_kept tsk_clock_kept(int64_t *error_ms); /* how far it may be off at most; 0 unless it is kept */
int64_t tsk_uptime_ms(void);                           /* of the machine */

#endif
