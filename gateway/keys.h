/*
 * keys - making, changing and using the keys of a site
 *
 * Order      tsk_keys_make: key file first, then the ring. tsk_keys_rotate: (1) the new key stands before the old one in the key
 *            file, (2) the ring holds the old one closed under the new, (3) everything is sealed anew, (4) the old one leaves the
 *            key file. Stopped anywhere, the next call goes on from there, and at every moment everything opens. Running
 *            processes take the new key with the next file that they write.
 * Promise    Nothing is under the old key when it leaves the file. Whoever writes a file looks at the keys under a lock that the walk
 *            of step 3 takes alone after steps 1 and 2 (a folder of the archive, tmp/ of the spool, the database's own, that of a
 *            mailbox's token): what is written under the old key is there when the walk comes, and what is begun later is under the
 *            new one. Step 4 comes only after a whole second walk found nothing to do. What is damaged stays as it is, and is told.
 * Process    One change of keys at a time: a lock on the site's folder.
 */
#ifndef TASUKI_GATEWAY_KEYS_H
#define TASUKI_GATEWAY_KEYS_H

#include "gateway/site.h"
#include "records/blob.h"
#include "vault/vault.h"

struct tsk_sealed {
    struct tsk_blob_walk archive;
    int documents; /* of the spool, sealed anew */
    int secrets;   /* of accounts, agreed passphrases and mailboxes */
};

/* A new key for a site that has none; path NULL = where the site looks for it. TSK_REJECT if there is one. */
int tsk_keys_make(const struct tsk_site *site, const char *path, struct tsk_err *err) TSK_MUST_USE;
/* The same for a site that is being made. A key that lies at key_path already is taken, not replaced. */
int tsk_keys_make_at(const char *key_path, const char *ring_path, struct tsk_err *err) TSK_MUST_USE;
/*
 * For a restored site: its keyring becomes one of the key in key_path, with the older keys of whichever of two rings opens with
 * it: the one that was restored, or the one beside the backup.
 */
int tsk_keys_take_over(const char *key_path, const char *ring_path, const char *beside,
                       struct tsk_err *err) TSK_MUST_USE;
/* Everything that is plain or under an older key. Without keys nothing happens. */
int tsk_keys_seal_all(struct tsk_sealed *out, const struct tsk_site *site, struct tsk_err *err) TSK_MUST_USE;

enum tsk_rotation {
    TSK_ROTATED,       /* done: one key is left */
    TSK_ROTATION_FILE, /* the key comes from systemd: path was written and has to be put in place, then call again */
};
/* path: where the new key file goes when the present one is a credential; NULL otherwise. */
int tsk_keys_rotate(enum tsk_rotation *how, struct tsk_sealed *out, const struct tsk_site *site, const char *path,
                    struct tsk_err *err) TSK_MUST_USE;
/* Does an earlier tsk_keys_rotate() wait to be finished? */
bool tsk_keys_rotating(const struct tsk_vault *vault);

#endif
