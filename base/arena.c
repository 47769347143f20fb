#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
    struct block *next;
    max_align_t bytes[];
};

struct tsk_arena {
    struct block *blocks;
    size_t left_bytes;
};

struct tsk_arena *tsk_arena_new(size_t ceiling_bytes)
{
    struct tsk_arena *arena = calloc(1, sizeof *arena);

    if (arena != NULL)
        arena->left_bytes = ceiling_bytes;
    return arena;
}

void *tsk_arena_alloc(struct tsk_arena *arena, size_t bytes)
{
    if (bytes > arena->left_bytes)
        return NULL;
    struct block *block = calloc(1, sizeof *block + bytes);
    if (block == NULL)
        return NULL;
    arena->left_bytes -= bytes;
    block->next = arena->blocks;
    arena->blocks = block;
    return block->bytes;
}

char *tsk_arena_strdup(struct tsk_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = tsk_arena_alloc(arena, size);

    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

char *tsk_arena_printf(struct tsk_arena *arena, const char *format, ...)
{
    va_list args;
    char *text = NULL;

    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len >= 0 && (text = tsk_arena_alloc(arena, (size_t)len + 1)) != NULL) {
        va_start(args, format);
        vsnprintf(text, (size_t)len + 1, format, args);
        va_end(args);
    }
    return text;
}

void tsk_arena_free(struct tsk_arena **arena)
{
    if (*arena == NULL)
        return;
    for (struct block *block = (*arena)->blocks, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    free(*arena);
    *arena = NULL;
}
