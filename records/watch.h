/*
 * watch - what the records tell of how the site is doing: silence of sources, letters that do not get out, counts for graphs
 *
 * Detail     Numbers and ids; nothing of a patient.
 */
#ifndef TASUKI_RECORDS_WATCH_H
#define TASUKI_RECORDS_WATCH_H

#include "records/store.h"

struct tsk_watch_source {
    const char *source, *office;
    const char *last;    /* stamp of its newest document */
    int64_t documents;   /* between the stamps that were given */
    double longest_days; /* between two of them */
};

struct tsk_watch_sources {
    struct tsk_watch_source *items;
    size_t count;
};

int tsk_watch_sources(struct tsk_watch_sources *out, struct tsk_store *store, const char *since, const char *until,
                      struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

/* Pages by source: how many, and how many of them have fewer lines an inch than a sheet wants. */
#define TSK_COARSE_DPI 150

struct tsk_watch_coarse {
    const char *source;
    int64_t pages, coarse;
};

struct tsk_watch_coarse_list {
    struct tsk_watch_coarse *items;
    size_t count;
};

int tsk_watch_coarse(struct tsk_watch_coarse_list *out, struct tsk_store *store, const char *since,
                     struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

/* Since when the oldest mail that is due could not be handed over: a stamp, or "" when none is late. */
int tsk_watch_late_mail(const char **since, struct tsk_store *store, const char *due_before, struct tsk_arena *arena,
                        struct tsk_err *err) TSK_MUST_USE;

struct tsk_watch_count {
    const char *table, *office, *state;
    int64_t count;
};

struct tsk_watch_counts {
    struct tsk_watch_count *items;
    size_t count;
};

/* documents, sheets, notices, todos ("open", "done"), audit: by office and state */
int tsk_watch_counts(struct tsk_watch_counts *out, struct tsk_store *store, struct tsk_arena *arena,
                     struct tsk_err *err) TSK_MUST_USE;

#endif
