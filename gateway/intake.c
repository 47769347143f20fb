#include "gateway/intake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "gateway/fax_in.h"
#include "gateway/folder.h"
#include "gateway/spool_site.h"

#define NOTE_MS 10000
#define STEP_MAX_MS 60000

struct place { /* where documents come in */
    const struct tsk_source *source;
    struct tsk_folder *folder; /* NULL: the recvq of a fax spooler */
    int64_t noted_ms;          /* when run/looked-ID was touched */
};

struct tsk_intake {
    const struct tsk_site *site;
    struct tsk_spool *spool;
    int inotify;
    struct place *places;
    size_t count;
};

/* For whoever asks whether this source still works: run/looked-ID is as old as the last look that did. */
static void note_look(const struct tsk_intake *intake, struct place *place)
{
    char path[4096];
    int64_t now = tsk_mono_ms();

    if (place->noted_ms != 0 && now - place->noted_ms < NOTE_MS)
        return;
    place->noted_ms = now;
    snprintf(path, sizeof path, "%s/looked-%s", intake->site->run, place->source->id);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        futimens(fd, NULL);
        close(fd);
    }
}

static int64_t step_place(struct tsk_intake *intake, struct place *place)
{
    int64_t wait = (int64_t)place->source->sweep_s * 1000;
    bool looked = true;

    if (place->folder != NULL)
        wait = tsk_folder_step(place->folder, &looked);
    else
        tsk_fax_sweep(intake->site, intake->spool, place->source);
    if (looked)
        note_look(intake, place);
    return wait;
}

int64_t tsk_intake_step(struct tsk_intake *intake)
{
    char events[4096];
    int64_t wait = STEP_MAX_MS;

    while (read(intake->inotify, events, sizeof events) > 0) /* what they say is found by looking */
        ;
    for (size_t i = 0; i < intake->count; i++) {
        int64_t one = step_place(intake, &intake->places[i]);

        wait = one < wait ? one : wait;
    }
    return wait;
}

int tsk_intake_fd(const struct tsk_intake *intake)
{
    return intake->inotify;
}

static int open_places(struct tsk_intake *intake, struct tsk_err *err)
{
    const struct tsk_config *config = intake->site->config;

    for (size_t i = 0; i < config->source_count; i++) {
        struct place *place = &intake->places[intake->count];

        place->source = &config->sources[i];
        if (place->source->kind == TSK_SOURCE_IMAP)
            continue; /* a process of its own: cmd_imap.c */
        intake->count++;
        if (place->source->kind == TSK_SOURCE_FOLDER &&
            tsk_folder_open(&place->folder, intake->site, intake->spool, place->source, intake->inotify, err) != 0)
            return -1;
    }
    return 0;
}

int tsk_intake_open(struct tsk_intake **out, const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_intake *intake = calloc(1, sizeof *intake);

    *out = NULL;
    if (intake == NULL || (intake->places = calloc(site->config->source_count + 1, sizeof *intake->places)) == NULL) {
        free(intake);
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    }
    intake->site = site;
    intake->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (intake->inotify < 0)
        tsk_fail(err, TSK_STOP, errno, "cannot watch folders");
    else if (tsk_site_spool_open(&intake->spool, site, err) == 0 && open_places(intake, err) == 0) {
        *out = intake;
        return 0;
    }
    tsk_intake_close(&intake);
    return -1;
}

void tsk_intake_close(struct tsk_intake **intake)
{
    struct tsk_intake *old = *intake;

    if (old == NULL)
        return;
    for (size_t i = 0; i < old->count; i++)
        tsk_folder_close(&old->places[i].folder);
    free(old->places);
    tsk_spool_close(&old->spool);
    if (old->inotify >= 0)
        close(old->inotify);
    free(old);
    *intake = NULL;
}

static long pending_in(const char *path, struct tsk_err *err)
{
    DIR *list = opendir(path);
    struct dirent *entry;
    struct stat st;
    long count = 0;

    if (list == NULL)
        return errno == ENOENT ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot look into %s", path);
    while ((entry = readdir(list)) != NULL)
        if (!tsk_folder_temporary(entry->d_name) &&
            fstatat(dirfd(list), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
            count++;
    closedir(list);
    return count;
}

long tsk_intake_pending(const struct tsk_site *site, struct tsk_err *err)
{
    long total = 0;

    for (size_t i = 0; i < site->config->source_count; i++) {
        if (site->config->sources[i].kind != TSK_SOURCE_FOLDER)
            continue; /* a spooler keeps its files */

        char *path = tsk_site_path(site, site->config->sources[i].folder);
        long count = path != NULL ? pending_in(path, err) : tsk_fail(err, TSK_RETRY, 0, "out of memory");

        free(path);
        if (count < 0)
            return -1;
        total += count;
    }
    return total;
}
