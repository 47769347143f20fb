#include "gateway/imap/token_kept.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"
#include "vault/seal.h"

#define KEPT "token"
#define KEPT_MAX TSK_TOKEN_KEPT_MAX
#define LOCK_WAIT_MS 60000

static void forget(struct tsk_buf *text)
{
    if (text->data != NULL)
        explicit_bzero(text->data, text->len);
    tsk_buf_free(text);
}

/*
 * Whoever writes the file looks at keys and file under this lock: two who seal it anew, or one and the mailbox's own process, which
 * keeps what cannot be had again, do not undo each other's. A descriptor, or -1.
 */
static int lock_kept(int folder, struct tsk_err *err)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 && tsk_lock(fd, LOCK_EX, LOCK_WAIT_MS) == 0)
        return fd;
    tsk_fail(err, TSK_RETRY, errno, "cannot lock a refresh token that is kept");
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Itself, and not with the descriptor, which a child that was forked meanwhile has too. */
static void unlock(int lock)
{
    flock(lock, LOCK_UN);
    close(lock);
}

/* Whole and synced; sealed where the site has a key. */
static int put_kept(const struct tsk_buf *text, struct tsk_vault *vault, int folder, struct tsk_err *err)
{
    struct tsk_buf sealed = TSK_BUF(KEPT_MAX);
    int rc;

    if (vault == NULL)
        return tsk_file_put(folder, KEPT, text->data, text->len, 0600, err);
    rc = tsk_seal_bytes(&sealed, vault, TSK_USE_SECRET, text->data, text->len, err);
    if (rc == 0)
        rc = tsk_file_put(folder, KEPT, sealed.data, sealed.len, 0600, err);
    tsk_buf_free(&sealed);
    return rc;
}

int tsk_token_kept(struct tsk_buf *out, bool *fresh, struct tsk_vault *vault, int folder, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(KEPT_MAX);
    char key[TSK_KEY_ID_SIZE] = "";
    int fd = tsk_os->openat(folder, KEPT, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0), rc = 0;

    *fresh = true;
    if (fd < 0)
        return errno == ENOENT ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot open a refresh token that was kept");
    rc = tsk_fd_read(fd, KEPT, &bytes, err);
    tsk_os->close(fd);
    if (rc == 0 && tsk_sealed_with(key, bytes.data, bytes.len, TSK_USE_SECRET))
        rc = tsk_unseal_bytes(out, bytes.data, bytes.len, "the refresh token", vault, TSK_USE_SECRET, err);
    else if (rc == 0)
        tsk_buf_add(out, bytes.data, bytes.len);
    if (rc == 0 && vault != NULL && bytes.len > 0) {
        rc = tsk_vault_refresh(vault, err);
        *fresh = strcmp(key, tsk_vault_id(vault, 0)) == 0;
    }
    forget(&bytes);
    return rc;
}

int tsk_token_seal(struct tsk_vault *vault, int folder, struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(KEPT_MAX);
    int lock = lock_kept(folder, err), rc = -1;
    bool fresh = true;

    if (lock < 0)
        return -1;
    rc = tsk_token_kept(&text, &fresh, vault, folder, err);
    if (rc == 0 && !fresh)
        rc = put_kept(&text, vault, folder, err) == 0 ? 1 : -1;
    unlock(lock);
    forget(&text);
    return rc;
}

static int seal_in(struct tsk_vault *vault, const char *path, struct tsk_err *err)
{
    int folder = tsk_os->openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0), rc;

    if (folder < 0) /* a file beside the mailboxes, or one that was taken away */
        return errno == ENOTDIR || errno == ELOOP || errno == ENOENT
                   ? 0
                   : tsk_fail(err, TSK_RETRY, errno, "cannot open %s", path);
    rc = tsk_token_seal(vault, folder, err);
    tsk_os->close(folder);
    return rc;
}

int tsk_token_keep(const struct tsk_buf *text, struct tsk_vault *vault, int folder, struct tsk_err *err)
{
    int lock = lock_kept(folder, err), rc;

    if (lock < 0)
        return -1;
    rc = put_kept(text, vault, folder, err);
    unlock(lock);
    return rc;
}

int tsk_tokens_seal_all(const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_vault *vault;
    char path[PATH_MAX];
    int sealed = 0, rc;
    DIR *list;

    if (tsk_site_vault(&vault, site, err) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/mailbox", site->dir);
    list = vault != NULL ? opendir(path) : NULL;
    for (struct dirent *e = list != NULL ? readdir(list) : NULL; e != NULL && sealed >= 0; e = readdir(list)) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/mailbox/%s", site->dir, e->d_name);
        rc = seal_in(vault, path, err);
        sealed = rc < 0 ? -1 : sealed + rc;
    }
    if (list != NULL)
        closedir(list);
    return sealed;
}
