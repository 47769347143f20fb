/*
 * settling - the files of one folder, and since when each has looked the same
 *
 * Use        Once a sweep: tsk_settling_look() for every name that is there, then tsk_settling_forget() of what is gone. A
 *            file that changed, or that was replaced under its name, starts anew.
 * Many       Thousands of files at once: found by name in constant time, memory freed as they go.
 */
#ifndef TASUKI_GATEWAY_SETTLING_H
#define TASUKI_GATEWAY_SETTLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct tsk_settling_file {
    ino_t inode;
    off_t size;
    struct timespec mtime, ctime;
    int64_t since_ms; /* tsk_mono_ms(): looks like this since then */
    int64_t next_ms;  /* not before, after a failure */
    bool seen;        /* in this sweep */
    bool told;        /* its trouble is in the log */
    char name[];
};

struct tsk_settling;

struct tsk_settling *tsk_settling_new(void); /* NULL without memory */
void tsk_settling_free(struct tsk_settling **settling);

/* The file as it looks now; belongs to the settling until it is forgotten. NULL without memory. */
struct tsk_settling_file *tsk_settling_look(struct tsk_settling *settling, const char *name, const struct stat *st);
void tsk_settling_forget(struct tsk_settling *settling);
/* Content and place are the same; a rename changes neither. */
bool tsk_settling_same(const struct tsk_settling_file *file, const struct stat *st);

#endif
