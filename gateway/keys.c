#include "gateway/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "gateway/imap/token_kept.h"
#include "gateway/spool_site.h"
#include "records/account.h"
#include "records/passphrase.h"
#include "vault/ring.h"

#define WALKS_MAX 4 /* the first seals, the second finds nothing; more only where somebody seals along */

static bool is_credential(const struct tsk_site *site)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");

    return credentials != NULL && strncmp(site->key, credentials, strlen(credentials)) == 0;
}

static int make_folder(const char *file, struct tsk_err *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(file, '/');

    if (slash == NULL || slash == file || (size_t)(slash - file) >= sizeof folder)
        return 0;
    memcpy(folder, file, (size_t)(slash - file));
    folder[slash - file] = '\0';
    return access(folder, F_OK) == 0 ? 0 : tsk_dir_make(folder, 0700, err);
}

/* Two changes at a time would each write a key file without the other's new key. A descriptor, or -1. */
static int lock_keys(const struct tsk_site *site, struct tsk_err *err)
{
    int fd = tsk_dir_open(site->dir, err);

    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (errno == EWOULDBLOCK)
        tsk_fail(err, TSK_REJECT, 0, "the keys of %s are being changed by somebody else; wait until that is done",
                 site->dir);
    else
        tsk_fail(err, TSK_RETRY, errno, "cannot lock %s", site->dir);
    close(fd);
    return -1;
}

static void unlock_keys(int lock)
{
    flock(lock, LOCK_UN);
    close(lock);
}

static int make_key(const struct tsk_site *site, const char *file, struct tsk_err *err)
{
    struct tsk_key key;
    int rc = -1;

    if (access(file, F_OK) == 0)
        return tsk_fail(err, TSK_REJECT, 0, "%s exists already; it stays as it is", file);
    if (access(site->keyring, F_OK) == 0)
        return tsk_fail(
            err, TSK_REJECT, 0,
            "%s says that this site has a key; put that one in place (tasuki key enter), a new one opens nothing",
            site->keyring);
    tsk_key_new(&key);
    if (make_folder(file, err) == 0 && tsk_keyfile_write(file, &key, 1, err) == 0)
        rc = tsk_ring_write(site->keyring, &key, NULL, 0, err);
    sodium_memzero(&key, sizeof key);
    return rc;
}

int tsk_keys_make(const struct tsk_site *site, const char *path, struct tsk_err *err)
{
    int lock = lock_keys(site, err), rc;

    if (lock < 0)
        return -1;
    rc = make_key(site, path != NULL ? path : site->key, err);
    unlock_keys(lock);
    return rc;
}

static int seal_mailboxes(struct tsk_sealed *out, const struct tsk_site *site, struct tsk_err *err)
{
    int tokens = tsk_tokens_seal_all(site, err);

    out->secrets += tokens > 0 ? tokens : 0;
    return tokens < 0 ? -1 : 0;
}

static int seal_accounts(struct tsk_sealed *out, const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_store *store = NULL;
    struct tsk_vault *vault;
    int rc = -1;

    if (access(site->store, F_OK) != 0)
        return 0;
    if (tsk_site_vault(&vault, site, err) == 0 && tsk_store_open(&store, site->store, err) == 0) {
        tsk_store_keys(store, vault);
        int accounts = tsk_account_seal_all(store, err),
            letters = accounts < 0 ? -1 : tsk_passphrase_seal_all(store, err);
        out->secrets = letters < 0 ? -1 : accounts + letters;
        rc = out->secrets < 0 ? -1 : 0;
    }
    tsk_store_close(&store);
    return rc;
}

int tsk_keys_seal_all(struct tsk_sealed *out, const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_spool *spool = NULL;
    struct tsk_blobs *blobs = NULL;
    int rc = -1;

    *out = (struct tsk_sealed){ .documents = 0 };
    if (seal_accounts(out, site, err) == 0 && seal_mailboxes(out, site, err) == 0 &&
        tsk_site_spool_open(&spool, site, err) == 0 && (out->documents = tsk_spool_seal_all(spool, err)) >= 0 &&
        tsk_site_blobs_open(&blobs, site, err) == 0)
        rc = tsk_blobs_seal_all(&out->archive, blobs, err);
    tsk_blobs_close(&blobs);
    tsk_spool_close(&spool);
    return rc;
}

int tsk_keys_make_at(const char *key_path, const char *ring_path, struct tsk_err *err)
{
    struct tsk_key *keys = tsk_keys_alloc();
    size_t count = 1;
    int rc;

    if (keys == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    if (access(key_path, F_OK) == 0) {
        rc = tsk_keyfile_read(keys, &count, key_path, err);
    } else {
        tsk_key_new(&keys[0]);
        rc = tsk_keyfile_write(key_path, keys, 1, err);
    }
    if (rc == 0)
        rc = tsk_ring_write(ring_path, &keys[0], keys + 1, count - 1, err);
    tsk_keys_free(keys);
    return rc;
}

/* What the key file and the ring hold between two steps of a rotation. */
struct rotation {
    struct tsk_key keys[TSK_KEYS_MAX];
    size_t count;
    struct tsk_ring ring;
};

static int take_over(struct rotation *r, const char *key_path, const char *ring_path, const char *beside,
                     struct tsk_err *err)
{
    int found;

    if (tsk_keyfile_read(r->keys, &r->count, key_path, err) != 0)
        return -1;
    found = tsk_ring_read(&r->ring, beside, &r->keys[0], err);
    if (found < 0)
        return -1;
    if (found == 0 || strcmp(r->ring.current, r->keys[0].id) != 0)
        found = tsk_ring_read(&r->ring, ring_path, &r->keys[0], err);
    if (found < 0)
        return -1;
    if (strcmp(r->ring.current, r->keys[0].id) != 0)
        r->ring.count = 0;
    return tsk_ring_write(ring_path, &r->keys[0], r->ring.retired, r->ring.count, err);
}

int tsk_keys_take_over(const char *key_path, const char *ring_path, const char *beside, struct tsk_err *err)
{
    struct rotation *r = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *r);
    int rc;

    if (r == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    rc = take_over(r, key_path, ring_path, beside, err);
    sodium_free(r);
    return rc;
}

bool tsk_keys_rotating(const struct tsk_vault *vault)
{
    return tsk_vault_in_file(vault) > 1;
}

/* A key that finds no room in the ring would be lost with what it sealed and signed: said before anything is changed. */
static int has_room(struct rotation *r, const struct tsk_site *site, struct tsk_err *err)
{
    if (tsk_ring_read(&r->ring, site->keyring, &r->keys[0], err) < 0)
        return -1;
    if (r->ring.count + 1 > TSK_KEYS_MAX)
        return tsk_fail(err, TSK_REJECT, 0,
                        "%s is full: it holds %d older keys, and each may still be needed; this key stays",
                        site->keyring, TSK_KEYS_MAX);
    return 0;
}

/* Step 1: a new key in front. */
static int add_key(struct rotation *r, const char *path, struct tsk_err *err)
{
    if (r->count == TSK_KEYS_MAX)
        return tsk_fail(err, TSK_REJECT, 0, "the key file is full");
    memmove(r->keys + 1, r->keys, r->count * sizeof r->keys[0]);
    tsk_key_new(&r->keys[0]);
    r->count++;
    return tsk_keyfile_write(path, r->keys, r->count, err);
}

static bool holds(const struct tsk_ring *ring, const char *id)
{
    for (size_t i = 0; i < ring->count; i++)
        if (strcmp(ring->retired[i].id, id) == 0)
            return true;
    return false;
}

/* Step 2: the ring under the key in front, with every other key that was ever in use. */
static int move_ring(struct rotation *r, const struct tsk_site *site, struct tsk_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < r->count; i++) {
        rc = tsk_ring_read(&r->ring, site->keyring, &r->keys[i], err);
        if (rc <= 0 || strcmp(r->ring.current, r->keys[i].id) == 0)
            break;
    }
    if (rc < 0)
        return -1;
    for (size_t i = 1; i < r->count; i++)
        if (!holds(&r->ring, r->keys[i].id) && r->ring.count < TSK_KEYS_MAX)
            r->ring.retired[r->ring.count++] = r->keys[i];
    return tsk_ring_write(site->keyring, &r->keys[0], r->ring.retired, r->ring.count, err);
}

/* Whole walks, until one finds nothing to do; out: all that was sealed, and the files that the last one saw. */
static int seal_until_done(struct tsk_sealed *out, const struct tsk_site *site, struct tsk_err *err)
{
    for (int i = 0; i < WALKS_MAX; i++) {
        struct tsk_sealed now;

        if (tsk_keys_seal_all(&now, site, err) != 0)
            return -1;
        out->archive.files = now.archive.files;
        out->archive.damaged = now.archive.damaged;
        out->archive.sealed += now.archive.sealed;
        out->documents += now.documents;
        out->secrets += now.secrets;
        if (now.archive.sealed == 0 && now.documents == 0 && now.secrets == 0)
            return 0;
    }
    return tsk_fail(
        err, TSK_RETRY, 0,
        "files under the older key come to light again and again; both keys stay in %s: look who writes with an "
        "older program, then tasuki key rotate goes on",
        site->key);
}

static int rotate(struct rotation *r, enum tsk_rotation *how, struct tsk_sealed *out, const struct tsk_site *site,
                  const char *path, struct tsk_err *err)
{
    bool credential = is_credential(site);

    if (tsk_keyfile_read(r->keys, &r->count, site->key, err) != 0)
        return -1;
    if (r->count == 1 && credential && path == NULL)
        return tsk_fail(
            err, TSK_REJECT, 0,
            "the key is a credential of systemd, which the program cannot change: name a place for the new key "
            "file with --file, make it the credential, restart, and rotate again");
    if (r->count == 1 && has_room(r, site, err) != 0)
        return -1;
    if (r->count == 1 && add_key(r, credential ? path : site->key, err) != 0)
        return -1;
    *how = TSK_ROTATION_FILE;
    if (credential && path != NULL)
        return 0;
    if (move_ring(r, site, err) != 0 || seal_until_done(out, site, err) != 0)
        return -1;
    *how = TSK_ROTATED;
    return credential ? 0 : tsk_keyfile_write(site->key, r->keys, 1, err);
}

int tsk_keys_rotate(enum tsk_rotation *how, struct tsk_sealed *out, const struct tsk_site *site, const char *path,
                    struct tsk_err *err)
{
    struct rotation *r = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *r);
    int lock, rc = -1;

    *out = (struct tsk_sealed){ .documents = 0 };
    if (r == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    r->count = 0;
    lock = lock_keys(site, err);
    if (lock >= 0) {
        tsk_keyfile_sweep(site->key);
        rc = rotate(r, how, out, site, path, err);
        unlock_keys(lock);
    }
    sodium_free(r); /* wipes */
    return rc;
}
