#include "vault/box.h"

#include <sodium.h>

_Static_assert(TSK_BOX_BYTES == TSK_KEY_BYTES + crypto_box_SEALBYTES, "libsodium's sealed box");
_Static_assert(TSK_KEY_BYTES == crypto_box_PUBLICKEYBYTES, "X25519");

static int pair_of(unsigned char pub[TSK_KEY_BYTES], unsigned char secret[TSK_KEY_BYTES], struct tsk_vault *vault,
                   const char *id, struct tsk_err *err)
{
    unsigned char seed[TSK_KEY_BYTES];

    if (tsk_vault_derive(seed, vault, id, TSK_USE_MOVE, err) != 0)
        return -1;
    crypto_box_seed_keypair(pub, secret, seed);
    sodium_memzero(seed, sizeof seed);
    return 0;
}

int tsk_box_public(unsigned char out[TSK_KEY_BYTES], struct tsk_vault *vault, struct tsk_err *err)
{
    unsigned char secret[TSK_KEY_BYTES];
    int rc = pair_of(out, secret, vault, NULL, err);

    sodium_memzero(secret, sizeof secret);
    return rc;
}

int tsk_box_close(unsigned char out[TSK_BOX_BYTES], const unsigned char key[TSK_KEY_BYTES],
                  const unsigned char to[TSK_KEY_BYTES], struct tsk_err *err)
{
    if (sodium_init() < 0 || crypto_box_seal(out, key, TSK_KEY_BYTES, to) != 0)
        return tsk_fail(err, TSK_REJECT, 0,
                        "this is not the public key of a site (tasuki office key, at the new place)");
    return 0;
}

int tsk_box_open(unsigned char key[TSK_KEY_BYTES], const unsigned char box[TSK_BOX_BYTES], struct tsk_vault *vault,
                 struct tsk_err *err)
{
    unsigned char pub[TSK_KEY_BYTES], secret[TSK_KEY_BYTES];
    bool opened = false;
    int rc = 0;

    for (size_t i = 0; i < tsk_vault_count(vault) && rc == 0 && !opened; i++) {
        rc = pair_of(pub, secret, vault, tsk_vault_id(vault, i), err);
        opened = rc == 0 && crypto_box_seal_open(key, box, TSK_BOX_BYTES, pub, secret) == 0;
    }
    sodium_memzero(secret, sizeof secret);
    if (rc != 0 || opened)
        return rc;
    return tsk_fail(
        err, TSK_REJECT, 0,
        "it was closed for another site, or it is damaged: nothing of it was used. The public key of this site: "
        "tasuki office key");
}
