/*
 * arena - the memory of one job, with a ceiling
 *
 * Promise    Memory comes zeroed and lives until tsk_arena_free(); an allocation above the ceiling returns NULL.
 *            Every block is its own malloc, so sanitizers see overruns.
 * Ownership  The job owns the arena; nothing in it is freed singly.
 */
#ifndef TASUKI_BASE_ARENA_H
#define TASUKI_BASE_ARENA_H

#include <stddef.h>

#include "base/err.h"

struct tsk_arena;

struct tsk_arena *tsk_arena_new(size_t ceiling_bytes) TSK_MUST_USE;
void *tsk_arena_alloc(struct tsk_arena *arena, size_t bytes) TSK_MUST_USE;
char *tsk_arena_strdup(struct tsk_arena *arena, const char *text) TSK_MUST_USE;
char *tsk_arena_printf(struct tsk_arena *arena, const char *format, ...) TSK_MUST_USE TSK_PRINTF(2, 3);
void tsk_arena_free(struct tsk_arena **arena); /* NULL is fine */

#endif
