#include "gateway/settling.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { START = 64 };

struct tsk_settling {
    struct tsk_settling_file **slots; /* open addressing, a power of two; at most half full */
    size_t size, count;
};

static size_t hash_of(const char *name)
{
    size_t hash = 1469598103934665603U; /* FNV-1a */

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211U;
    return hash;
}

static struct tsk_settling_file **slot_of(struct tsk_settling_file **slots, size_t size, const char *name)
{
    size_t i = hash_of(name) & (size - 1);

    while (slots[i] != NULL && strcmp(slots[i]->name, name) != 0)
        i = (i + 1) & (size - 1);
    return &slots[i];
}

struct tsk_settling *tsk_settling_new(void)
{
    struct tsk_settling *settling = calloc(1, sizeof *settling);

    if (settling == NULL)
        return NULL;
    settling->size = START;
    settling->slots = calloc(START, sizeof(struct tsk_settling_file *));
    if (settling->slots == NULL)
        tsk_settling_free(&settling);
    return settling;
}

void tsk_settling_free(struct tsk_settling **settling)
{
    struct tsk_settling *old = *settling;

    if (old == NULL)
        return;
    for (size_t i = 0; old->slots != NULL && i < old->size; i++)
        free(old->slots[i]);
    free(old->slots);
    free(old);
    *settling = NULL;
}

/* Everything that is kept moves to a table of its size. */
static bool move_all(struct tsk_settling *settling, size_t size)
{
    struct tsk_settling_file **slots = calloc(size, sizeof(struct tsk_settling_file *));

    if (slots == NULL)
        return false;
    for (size_t i = 0; i < settling->size; i++)
        if (settling->slots[i] != NULL)
            *slot_of(slots, size, settling->slots[i]->name) = settling->slots[i];
    free(settling->slots);
    settling->slots = slots;
    settling->size = size;
    return true;
}

bool tsk_settling_same(const struct tsk_settling_file *file, const struct stat *st)
{
    return file->inode == st->st_ino && file->size == st->st_size && file->mtime.tv_sec == st->st_mtim.tv_sec &&
           file->mtime.tv_nsec == st->st_mtim.tv_nsec;
}

static void note(struct tsk_settling_file *file, const struct stat *st)
{
    file->inode = st->st_ino;
    file->size = st->st_size;
    file->mtime = st->st_mtim;
    file->ctime = st->st_ctim;
    file->since_ms = tsk_mono_ms();
}

static struct tsk_settling_file *add(struct tsk_settling *settling, const char *name)
{
    size_t len = strlen(name) + 1;
    struct tsk_settling_file *file;

    if (settling->count * 2 >= settling->size && !move_all(settling, settling->size * 2))
        return NULL;
    file = calloc(1, sizeof *file + len);
    if (file == NULL)
        return NULL;
    memcpy(file->name, name, len);
    *slot_of(settling->slots, settling->size, name) = file;
    settling->count++;
    return file;
}

struct tsk_settling_file *tsk_settling_look(struct tsk_settling *settling, const char *name, const struct stat *st)
{
    struct tsk_settling_file *file = *slot_of(settling->slots, settling->size, name);
    bool known = file != NULL;

    if (!known && (file = add(settling, name)) == NULL)
        return NULL;
    if (!known || !tsk_settling_same(file, st) || file->ctime.tv_sec != st->st_ctim.tv_sec ||
        file->ctime.tv_nsec != st->st_ctim.tv_nsec)
        note(file, st);
    file->seen = true;
    return file;
}

void tsk_settling_forget(struct tsk_settling *settling)
{
    size_t size = START, gone = 0;

    for (size_t i = 0; i < settling->size; i++) {
        struct tsk_settling_file *file = settling->slots[i];

        if (file == NULL)
            continue;
        if (!file->seen) {
            free(file);
            settling->slots[i] = NULL;
            gone++;
        } else {
            file->seen = false;
        }
    }
    settling->count -= gone;
    while (size < settling->count * 4)
        size *= 2;
    /* Holes break the chains behind them: the table is made anew. Without memory for that, everything starts anew. */
    if (gone > 0 && !move_all(settling, size)) {
        for (size_t i = 0; i < settling->size; i++) {
            free(settling->slots[i]);
            settling->slots[i] = NULL;
        }
        settling->count = 0;
    }
}
