/* What comes in: how much of it, and whether it can be read well. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/date.h"
#include "gateway/doctor.h"
#include "gateway/limit.h"
#include "records/watch.h"

#define ARENA_BYTES ((size_t)4 << 20)
#define DAYS 30
#define DAY_MS INT64_C(86400000)

static void check_limits(struct tsk_doctor *doctor)
{
    const struct tsk_config *config = doctor->site->config;

    for (size_t i = 0; i < config->source_count; i++) {
        const struct tsk_source *source = &config->sources[i];

        if (tsk_limit_reached(doctor->site, source))
            tsk_doctor_fault(
                doctor,
                "source %s: %u documents came in this hour, as many as it may bring (hourly_max); the rest "
                "waits where it is until the next hour. Look at what comes and from whom; if it is right, "
                "set hourly_max higher",
                source->id, tsk_limit_now(doctor->site, source));
    }
}

/* A page that was scanned coarsely is read worse and proves less: its sender can do better, and its paper is worth keeping. */
static void check_coarse(struct tsk_doctor *doctor)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_watch_coarse_list found;
    char since[TSK_STAMP_SIZE];

    tsk_stamp(tsk_wall_ms() - DAYS * DAY_MS, since);
    if (arena != NULL && tsk_watch_coarse(&found, doctor->records->store, since, arena, NULL) == 0)
        for (size_t i = 0; i < found.count; i++)
            if (found.items[i].coarse > 0)
                tsk_doctor_note(
                    "source %s: %lld of the %lld pages of %d days are coarse (fewer than %d lines an inch); ask "
                    "the senders for fine mode (200 x 200), or set the scanner, and keep the paper",
                    found.items[i].source, (long long)found.items[i].coarse, (long long)found.items[i].pages, DAYS,
                    TSK_COARSE_DPI);
    tsk_arena_free(&arena);
}

void tsk_doctor_sources(struct tsk_doctor *doctor)
{
    check_limits(doctor);
    if (doctor->records != NULL)
        check_coarse(doctor);
}
