#include "gateway/limit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"

#define HOUR_MS INT64_C(3600000)
#define LINE_SIZE 48

static int open_count(const struct tsk_site *site, const struct tsk_source *source, int flags)
{
    char path[PATH_MAX];
    int fd;

    if (snprintf(path, sizeof path, "%s/hour-%s", site->run, source->id) >= (int)sizeof path)
        return -1;
    fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && flock(fd, flags == O_RDONLY ? LOCK_SH : LOCK_EX) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* "HOUR COUNT"; 0 for another hour. */
static uint32_t read_count(int fd)
{
    char line[LINE_SIZE + 1] = "", *end = line;
    int64_t hour;

    if (pread(fd, line, LINE_SIZE, 0) <= 0)
        return 0;
    hour = strtoll(line, &end, 10);
    return hour == tsk_wall_ms() / HOUR_MS ? (uint32_t)strtoul(end, NULL, 10) : 0;
}

void tsk_limit_count(const struct tsk_site *site, const struct tsk_source *source)
{
    int fd = open_count(site, source, O_RDWR | O_CREAT), len;
    char line[LINE_SIZE];

    if (fd < 0)
        return;
    len = snprintf(line, sizeof line, "%-20" PRId64 " %-20" PRIu32 "\n", tsk_wall_ms() / HOUR_MS, read_count(fd) + 1);
    (void)!pwrite(fd, line, (size_t)len, 0); /* a count that is lost lets one more in */
    close(fd);
}

uint32_t tsk_limit_now(const struct tsk_site *site, const struct tsk_source *source)
{
    int fd = open_count(site, source, O_RDONLY);
    uint32_t count = fd >= 0 ? read_count(fd) : 0;

    if (fd >= 0)
        close(fd);
    return count;
}

bool tsk_limit_reached(const struct tsk_site *site, const struct tsk_source *source)
{
    return tsk_limit_now(site, source) >= source->hourly_max;
}

int tsk_limit_check(const struct tsk_site *site, const struct tsk_source *source, struct tsk_err *err)
{
    if (!tsk_limit_reached(site, source))
        return 0;
    return tsk_fail(
        err, TSK_RETRY, 0,
        "source %s has brought the %u documents that it may in an hour (hourly_max); the rest waits where it "
        "is",
        source->id, source->hourly_max);
}
