#include "vault/vault.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault/ring.h"

#define LOADS_MAX 4 /* a rotation changes the two files three times */

struct secrets {
    struct tsk_key keys[2 * TSK_KEYS_MAX]; /* of the file, then of the ring */
    struct tsk_key read[TSK_KEYS_MAX];     /* scratch, so that nothing of it lands on the stack of a caller */
    struct tsk_ring ring;
};

struct stamp {
    ino_t inode;
    struct timespec time;
    off_t size;
};

struct tsk_vault {
    char *key_path, *ring_path;
    struct stamp key_stamp, ring_stamp;
    struct secrets *secrets; /* mapped: see the header */
    size_t count, in_file;
    bool failed; /* what is in secrets may be half of what is meant: to be read again, whatever the stamps say */
};

static struct stamp stamp_of(const char *path)
{
    struct stat st;

    if (path == NULL || stat(path, &st) != 0)
        return (struct stamp){ .size = -1 };
    return (struct stamp){ .inode = st.st_ino, .time = st.st_mtim, .size = st.st_size };
}

static bool same_stamp(const struct stamp *a, const struct stamp *b)
{
    return a->inode == b->inode && a->size == b->size && a->time.tv_sec == b->time.tv_sec &&
           a->time.tv_nsec == b->time.tv_nsec;
}

static struct secrets *map_secrets(void)
{
    void *memory = mmap(NULL, sizeof(struct secrets), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    (void)sodium_mlock(memory, sizeof(struct secrets)); /* a small RLIMIT_MEMLOCK is no reason not to start */
    if (madvise(memory, sizeof(struct secrets), MADV_WIPEONFORK) == 0 &&
        madvise(memory, sizeof(struct secrets), MADV_DONTDUMP) == 0)
        return memory;
    munmap(memory, sizeof(struct secrets));
    return NULL;
}

static bool is_known(const struct tsk_vault *vault, const char *id)
{
    for (size_t i = 0; i < vault->count; i++)
        if (strcmp(vault->secrets->keys[i].id, id) == 0)
            return true;
    return false;
}

/* The ring belongs to the key in use, or, when a rotation stopped half way, to the one after it. */
static int read_ring(struct tsk_vault *vault, struct tsk_err *err)
{
    struct secrets *s = vault->secrets;
    int rc = 0;

    if (vault->ring_path == NULL)
        return 0;
    for (size_t i = 0; i < vault->in_file; i++) {
        rc = tsk_ring_read(&s->ring, vault->ring_path, &s->keys[i], err);
        if (rc <= 0 || strcmp(s->ring.current, s->keys[i].id) == 0)
            break;
    }
    if (rc <= 0)
        return rc;
    if (!is_known(vault, s->ring.current))
        return tsk_fail(err, TSK_STOP, 0,
                        "%s holds the key %s, but this site is sealed with the key %s; put that one in place",
                        vault->key_path, s->keys[0].id, s->ring.current);
    for (size_t i = 0; i < s->ring.count; i++)
        if (!is_known(vault, s->ring.retired[i].id))
            s->keys[vault->count++] = s->ring.retired[i];
    sodium_memzero(&s->ring, sizeof s->ring);
    return 0;
}

static int read_both(struct tsk_vault *vault, struct tsk_err *err)
{
    struct secrets *s = vault->secrets;
    size_t count = 0;

    if (tsk_keyfile_read(s->read, &count, vault->key_path, err) != 0)
        return -1;
    memcpy(s->keys, s->read, count * sizeof s->keys[0]);
    sodium_memzero(s->read, sizeof s->read);
    vault->count = vault->in_file = count;
    return read_ring(vault, err);
}

/* A rotation changes one file after the other: what was read across such a change is read again. */
static int load(struct tsk_vault *vault, struct tsk_err *err)
{
    int rc = -1;

    for (int i = 0; i < LOADS_MAX; i++) {
        struct stamp key = stamp_of(vault->key_path), ring = stamp_of(vault->ring_path);

        vault->key_stamp = key;
        vault->ring_stamp = ring;
        rc = read_both(vault, err);
        key = stamp_of(vault->key_path);
        ring = stamp_of(vault->ring_path);
        if (same_stamp(&key, &vault->key_stamp) && same_stamp(&ring, &vault->ring_stamp))
            break;
    }
    vault->failed = rc != 0;
    return rc;
}

int tsk_vault_of(struct tsk_vault **out, const unsigned char bytes[TSK_KEY_BYTES], struct tsk_err *err)
{
    struct tsk_vault *vault = calloc(1, sizeof *vault);

    *out = NULL;
    if (sodium_init() < 0 || vault == NULL || (vault->secrets = map_secrets()) == NULL) {
        tsk_vault_close(&vault);
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a key");
    }
    vault->key_stamp = vault->ring_stamp = stamp_of(NULL);
    tsk_key_of(&vault->secrets->keys[0], bytes);
    vault->count = vault->in_file = 1;
    *out = vault;
    return 0;
}

int tsk_vault_open(struct tsk_vault **out, const char *key_path, const char *ring_path, struct tsk_err *err)
{
    struct tsk_vault *vault = calloc(1, sizeof *vault);

    *out = NULL;
    if (sodium_init() < 0 || vault == NULL || (vault->key_path = strdup(key_path)) == NULL ||
        (ring_path != NULL && (vault->ring_path = strdup(ring_path)) == NULL) ||
        (vault->secrets = map_secrets()) == NULL) {
        tsk_vault_close(&vault);
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the keys of the site");
    }
    if (load(vault, err) != 0) {
        tsk_vault_close(&vault);
        return -1;
    }
    *out = vault;
    return 0;
}

int tsk_vault_find(struct tsk_vault **out, const char *key_path, const char *ring_path, bool required,
                   struct tsk_err *err)
{
    *out = NULL;
    if (!required && access(key_path, F_OK) != 0 && access(ring_path, F_OK) != 0)
        return 0;
    return tsk_vault_open(out, key_path, ring_path, err);
}

void tsk_vault_close(struct tsk_vault **vault)
{
    struct tsk_vault *old = *vault;

    if (old == NULL)
        return;
    if (old->secrets != NULL) {
        sodium_munlock(old->secrets, sizeof *old->secrets); /* wipes */
        munmap(old->secrets, sizeof *old->secrets);
    }
    free(old->key_path);
    free(old->ring_path);
    free(old);
    *vault = NULL;
}

size_t tsk_vault_count(const struct tsk_vault *vault)
{
    return vault->count;
}

size_t tsk_vault_in_file(const struct tsk_vault *vault)
{
    return vault->in_file;
}

const char *tsk_vault_id(const struct tsk_vault *vault, size_t i)
{
    return vault->secrets->keys[i].id;
}

int tsk_vault_refresh(struct tsk_vault *vault, struct tsk_err *err)
{
    struct stamp key = stamp_of(vault->key_path), ring = stamp_of(vault->ring_path);
    bool wiped = vault->secrets->keys[0].id[0] == '\0'; /* in a forked child */

    if (!wiped && !vault->failed && same_stamp(&key, &vault->key_stamp) && same_stamp(&ring, &vault->ring_stamp))
        return 0;
    return load(vault, err);
}

void tsk_key_derive(unsigned char out[TSK_KEY_BYTES], const struct tsk_key *key, enum tsk_use use)
{
    crypto_kdf_derive_from_key(out, TSK_KEY_BYTES, (uint64_t)use, "tasukiv1", key->bytes);
}

static const struct tsk_key *find(const struct tsk_vault *vault, const char *id)
{
    if (id == NULL)
        return &vault->secrets->keys[0];
    for (size_t i = 0; i < vault->count; i++)
        if (strcmp(vault->secrets->keys[i].id, id) == 0)
            return &vault->secrets->keys[i];
    return NULL;
}

int tsk_vault_derive(unsigned char out[TSK_KEY_BYTES], struct tsk_vault *vault, const char *id, enum tsk_use use,
                     struct tsk_err *err)
{
    const struct tsk_key *key;

    if (tsk_vault_refresh(vault, err) != 0)
        return -1;
    key = find(vault, id);
    if (key == NULL)
        return tsk_fail(err, TSK_STOP, 0, "the key %s is not in %s; enter it from its paper (tasuki key enter)", id,
                        vault->key_path);
    tsk_key_derive(out, key, use);
    return 0;
}

int tsk_vault_mac(unsigned char out[TSK_MAC_BYTES], struct tsk_vault *vault, const char *id, enum tsk_use use,
                  const void *bytes, size_t len, struct tsk_err *err)
{
    crypto_auth_hmacsha256_state state;
    unsigned char key[TSK_KEY_BYTES];

    if (tsk_vault_derive(key, vault, id, use, err) != 0)
        return -1;
    crypto_auth_hmacsha256_init(&state, key, sizeof key);
    crypto_auth_hmacsha256_update(&state, bytes, len);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(key, sizeof key);
    sodium_memzero(&state, sizeof state);
    return 0;
}
