#include "casework/wait.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"

static int by_time(const void *a, const void *b)
{
    const struct tsk_case_fact *one = a, *other = b;

    if (one->day != other->day)
        return one->day < other->day ? -1 : 1;
    if (one->received_ms != other->received_ms)
        return one->received_ms < other->received_ms ? -1 : 1;
    if (one->sheet != other->sheet)
        return one->sheet < other->sheet ? -1 : 1;
    return one->kind < other->kind ? -1 : one->kind > other->kind; /* a page tells of the referral before the outcome */
}

static int32_t days_after(int32_t day, uint32_t days)
{
    return days == 0 ? 0 : day + (int32_t)days;
}

static void start(struct tsk_wait *out, const struct tsk_case_fact *fact, const struct tsk_inquiry_config *config)
{
    out->state = TSK_WAIT_HOSPITAL;
    out->since = fact->day;
    out->ask_on = days_after(fact->day, config->after_days);
    if (*fact->hospital != '\0' || out->sheet == 0) /* it stays the sheet that names the hospital */
        out->sheet = fact->sheet;
}

static void still_there(struct tsk_wait *out, const struct tsk_case_fact *fact, const struct tsk_inquiry_config *config)
{
    start(out, fact, config);
    if (fact->planned > fact->day && config->after_days != 0)
        out->ask_on = fact->planned + (int32_t)config->planned_days;
}

static void take(struct tsk_wait *out, const struct tsk_case_fact *fact, const struct tsk_inquiry_config *config)
{
    switch (fact->kind) {
    case TSK_FACT_REFERRED: /* the same referral on a later page says nothing new */
        if (out->sheet == 0) {
            start(out, fact, config);
            out->hospital = fact->hospital;
        }
        break;
    case TSK_FACT_IN_HOSPITAL:
        still_there(out, fact, config);
        break;
    case TSK_FACT_ADMISSION:
        start(out, fact, config);
        break;
    case TSK_FACT_TRANSFER:
        start(out, fact, config);
        out->hospital = fact->hospital;
        out->moved = true;
        if (*fact->hospital == '\0')
            out->state = TSK_WAIT_STUCK;
        break;
    case TSK_FACT_LEFT:
        out->state = TSK_WAIT_NONE;
        out->sheet = fact->sheet;
        break;
    case TSK_FACT_UNCLEAR:
        out->state = TSK_WAIT_STUCK;
        out->since = fact->day;
        out->sheet = fact->sheet;
        break;
    case TSK_FACT_ANSWER:
        break;
    }
}

void tsk_wait_of(struct tsk_wait *out, struct tsk_case_fact *facts, size_t count,
                 const struct tsk_inquiry_config *config)
{
    *out = (struct tsk_wait){ .state = TSK_WAIT_NONE, .hospital = "" };
    if (count > 1)
        qsort(facts, count, sizeof *facts, by_time);
    for (size_t i = 0; i < count; i++)
        take(out, &facts[i], config);
    for (size_t i = 0; i < count; i++)
        if (facts[i].kind == TSK_FACT_ANSWER)
            out->state = TSK_WAIT_LOOK;
    if (out->state != TSK_WAIT_HOSPITAL)
        out->ask_on = 0;
}

static int32_t day_of(const char *text)
{
    struct tsk_date day;

    return tsk_date_parse(text, &day) ? tsk_date_days(day) : 0;
}

struct history {
    int asked; /* that went out, or that a person took back */
    bool released, failed;
    int32_t last, due; /* of the last of them */
};

static bool is_one_of(const char *state, const char *const *states, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(states[i], state) == 0)
            return true;
    return false;
}

static struct history look_back(const struct tsk_wait *wait, const struct tsk_inquiries *earlier)
{
    static const char *const out[] = { "asked", "overdue", "answered" };
    struct history h = { .asked = 0 };

    for (size_t i = 0; i < earlier->count; i++) {
        const struct tsk_inquiry *one = &earlier->items[i];
        bool ours = day_of(one->since) == wait->since && strcmp(one->hospital, wait->hospital) == 0;
        bool went = is_one_of(one->state, out, TSK_COUNT(out));

        if (!ours)
            continue;
        h.failed = strcmp(one->state, "failed") == 0;
        if (!went && strcmp(one->state, "cancelled") != 0)
            continue;
        h.asked += went;
        h.last = day_of(one->day);
        h.due = went ? day_of(one->due) : h.last;
    }
    return h;
}

void tsk_wait_next(struct tsk_next_step *out, const struct tsk_wait *wait, const struct tsk_inquiries *earlier,
                   const struct tsk_inquiry_config *config, int32_t today)
{
    struct history h;

    *out = (struct tsk_next_step){ .what = TSK_NEXT_NOTHING };
    if (wait->state != TSK_WAIT_HOSPITAL || wait->ask_on == 0)
        return;
    h = look_back(wait, earlier);
    out->round = h.asked + 1;
    out->on = h.last == 0 ? wait->ask_on : h.last + (int32_t)config->again_days;
    if (h.asked >= (int)config->limit)
        out->on = h.due + 1;
    if (h.failed)
        out->on = today; /* in vain: no use in trying the same again */
    if (today < out->on)
        return;
    out->what = h.failed || h.asked >= (int)config->limit ? TSK_NEXT_PERSON
                : wait->moved && h.asked == 0             ? TSK_NEXT_RELEASE
                                                          : TSK_NEXT_ASK;
}
