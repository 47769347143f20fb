/* seal_format - what seal.c and unseal.c share; nobody else's business */
#ifndef TASUKI_VAULT_SEAL_FORMAT_H
#define TASUKI_VAULT_SEAL_FORMAT_H

#include <sodium.h>

#include "vault/seal.h"

#define SEAL_NAMED 20 /* bytes of the head that stand before secretstream's own and are authenticated */
#define SEAL_ID_AT 12
#define SEAL_ID_BYTES ((TSK_KEY_ID_SIZE - 1) / 2)
#define SEALED_CHUNK (TSK_SEAL_CHUNK_BYTES + crypto_secretstream_xchacha20poly1305_ABYTES)

extern const unsigned char tsk_seal_magic[8];

#endif
