/*
 * box - a key for one reader: closed with what a site says in public, opened with what only it has
 *
 * Keys       A site's pair (X25519) is worked out from its own key, so that there is nothing to keep: the public half may be said on
 *            the telephone, the private half is nowhere. A pair of a key that was retired still opens.
 * Format     libsodium's sealed box around one key: TSK_BOX_BYTES.
 * Promise    Whoever closes a box cannot open it again, and it does not tell who closed it.
 */
#ifndef TASUKI_VAULT_BOX_H
#define TASUKI_VAULT_BOX_H

#include "vault/vault.h"

#define TSK_BOX_BYTES (TSK_KEY_BYTES + 48)

/* Of the key in use. Printed and read like a key: vault/paper.h. */
int tsk_box_public(unsigned char out[TSK_KEY_BYTES], struct tsk_vault *vault, struct tsk_err *err) TSK_MUST_USE;
/* to: a public half; TSK_REJECT when it is none. */
int tsk_box_close(unsigned char out[TSK_BOX_BYTES], const unsigned char key[TSK_KEY_BYTES],
                  const unsigned char to[TSK_KEY_BYTES], struct tsk_err *err) TSK_MUST_USE;
/* With any key of the vault. TSK_REJECT when it was closed for somebody else, or is damaged. The caller wipes key. */
int tsk_box_open(unsigned char key[TSK_KEY_BYTES], const unsigned char box[TSK_BOX_BYTES], struct tsk_vault *vault,
                 struct tsk_err *err) TSK_MUST_USE;

#endif
