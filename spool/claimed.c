/*
 * claimed - who has a document in hand
 *
 * Lock       flock on the document's directory: it goes along when the directory moves, and ends with the process, however
 *            that ends. A document in reading/ without one was left behind.
 * Moves      flock on the spool's own directory: shared for the moment of a move, alone for a look that must miss none.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"
#include "spool/parts.h"

#define LOCK_WAIT_MS 60000

int tsk_spool_still(struct tsk_spool *spool, struct tsk_err *err)
{
    return tsk_lock(spool->root, LOCK_EX, LOCK_WAIT_MS) == 0
               ? 0
               : tsk_fail(err, TSK_RETRY, errno, "cannot lock the spool %s", spool->dir);
}

void tsk_spool_moving(struct tsk_spool *spool)
{
    flock(spool->root, LOCK_UN);
}

int tsk_spool_lock(const struct tsk_spool *spool, enum tsk_spool_state state, const char *id)
{
    int fd = openat(spool->states[state], id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int why = errno;

        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

int tsk_spool_keep_lock(struct tsk_spool *spool, const char *id, int lock, struct tsk_err *err)
{
    struct tsk_spool_claimed *more =
        realloc(spool->claimed, (spool->claimed_count + 1) * sizeof(struct tsk_spool_claimed));

    if (more == NULL) {
        close(lock);
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    }
    spool->claimed = more;
    more[spool->claimed_count].lock = lock;
    memcpy(more[spool->claimed_count++].id, id, TSK_ID_SIZE);
    return 0;
}

void tsk_spool_unlock(struct tsk_spool *spool, const char *id)
{
    for (size_t i = 0; i < spool->claimed_count; i++)
        if (strcmp(spool->claimed[i].id, id) == 0) {
            close(spool->claimed[i].lock);
            spool->claimed[i] = spool->claimed[--spool->claimed_count];
            return;
        }
}

static int take_back(struct tsk_spool *spool, const char *id, struct tsk_err *err)
{
    int lock = tsk_spool_lock(spool, TSK_SPOOL_READING, id), rc;

    if (lock < 0)
        return 0;
    rc = tsk_spool_move(spool, id, TSK_SPOOL_READING, TSK_SPOOL_INCOMING, err);
    close(lock);
    return rc;
}

int tsk_spool_recover(struct tsk_spool *spool, struct tsk_err *err)
{
    char **names;
    size_t count;
    int moved = 0;

    if (tsk_spool_list_names(spool, TSK_SPOOL_READING, &names, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count && moved >= 0; i++) {
        int rc = take_back(spool, names[i], err);

        moved = rc < 0 ? -1 : moved + rc;
    }
    tsk_spool_free_names(names);
    return moved;
}
