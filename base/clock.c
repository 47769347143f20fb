#include "base/clock.h"

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

struct rule {
    bool read;
    double rate;
    int64_t offset_ms;
    int64_t start_ms; /* real wall time from which on the rate holds */
    int kept;         /* -1 = ask the kernel */
};

static int64_t real_ms(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static double number_after(const char *text, const char *key, double otherwise)
{
    const char *at = strstr(text, key);

    return at != NULL ? strtod(at + strlen(key), NULL) : otherwise;
}

/* Read once: a process keeps the clock that it was started with. */
static const struct rule *rule(void)
{
    static struct rule the_rule;

    if (!the_rule.read) {
        const char *text = getenv("TASUKI_CLOCK");
        the_rule.rate = 1;
        the_rule.kept = -1;
        if (text != NULL) {
            double rate = number_after(text, "rate=", 1);
            the_rule.rate = rate > 0 ? rate : 1;
            the_rule.offset_ms = (int64_t)(number_after(text, "offset_s=", 0) * 1000);
            the_rule.start_ms = (int64_t)(number_after(text, "start_s=", 0) * 1000);
            the_rule.kept = (int)number_after(text, "kept=", -1);
        }
        the_rule.read = true;
    }
    return &the_rule;
}

static int64_t standing_ms = -1;

void tsk_wall_stand_ms(int64_t ms)
{
    standing_ms = ms;
}

int64_t tsk_wall_ms(void)
{
    const struct rule *r = rule();
    int64_t now = real_ms(CLOCK_REALTIME);

    if (standing_ms >= 0)
        return standing_ms;

    if (r->start_ms > 0 && now > r->start_ms)
        now = r->start_ms + (int64_t)((double)(now - r->start_ms) * r->rate);
    return now + r->offset_ms;
}

int64_t tsk_mono_ms(void)
{
    return (int64_t)((double)real_ms(CLOCK_MONOTONIC) * rule()->rate);
}

int tsk_real_wait_ms(int64_t ms)
{
    if (ms < 0)
        return -1;
    double real = (double)ms / rule()->rate;
    if (real < 1)
        return 1;
    return real > 86400000.0 ? 86400000 : (int)real;
}

void tsk_sleep_ms(int64_t ms)
{
    if (ms > 0)
        poll(NULL, 0, tsk_real_wait_ms(ms));
}

enum tsk_clock_kept tsk_clock_kept(int64_t *error_ms)
{
    struct timex now = { .modes = 0 };
    int state;

    *error_ms = 0;
    if (rule()->kept >= 0)
        return rule()->kept > 0 ? TSK_CLOCK_KEPT : TSK_CLOCK_ALONE;
    state = adjtimex(&now);
    if (state < 0)
        return TSK_CLOCK_UNKNOWN; /* a sandbox that forbids even the question */
    if (state == TIME_ERROR || (now.status & STA_UNSYNC) != 0)
        return TSK_CLOCK_ALONE;
    *error_ms = now.maxerror / 1000;
    return TSK_CLOCK_KEPT;
}

int64_t tsk_uptime_ms(void)
{
    return real_ms(CLOCK_BOOTTIME) + rule()->offset_ms;
}
