/*
 * site - the directory that one installation lives in
 *
 * Layout     tasuki.yaml, directory.csv (optional), spool/, archive/, store/tasuki.db, mail/, mailbox/,
 *            run/, cache/
 * Where      --site DIR, else $TASUKI_SITE, else ./site, else /var/lib/tasuki, else /etc/tasuki; the first that is given or exists is the one, and
 *            a site without a readable tasuki.yaml is an error, never a reason to look further.
 * User       Commands that write run as the site's user: started as root, tsk_site_open() drops to `user:` for good
 *            before it looks at any other file of the site.
 * Ownership  tsk_site_close() ends it; every path belongs to the site and is absolute.
 */
#ifndef TASUKI_GATEWAY_SITE_H
#define TASUKI_GATEWAY_SITE_H

#include "base/err.h"
#include "config/config.h"

struct tsk_vault;

struct tsk_site {
    char *dir;
    char *config_path;
    char *spool, *archive, *store, *mail, *run, *cache; /* store is the database file */
    char *lock, *recogniser_socket, *directory_csv;     /* in run/ */
    char *keyring, *key;      /* key: of the credential, else of the key file; may not exist */
    struct tsk_vault **vault; /* use tsk_site_vault() */
    const struct tsk_config *config;
};

/* Takes --site out of argv (argc and argv may be NULL). */
int tsk_site_open(struct tsk_site **out, int *argc, char **argv, struct tsk_err *err) TSK_MUST_USE;
int tsk_site_open_dir(struct tsk_site **out, const char *dir, struct tsk_err *err) TSK_MUST_USE;
void tsk_site_close(struct tsk_site **site);

/* The directories that a running site needs; existing ones are fine. */
int tsk_site_make_dirs(const struct tsk_site *site, struct tsk_err *err) TSK_MUST_USE;
/* Reads tasuki.yaml again; on an error the old configuration stays. */
int tsk_site_reload(struct tsk_site *site, struct tsk_err *err) TSK_MUST_USE;
/*
 * The keys, opened at the first call, the site's until it is closed. *out is NULL on a site that has none yet: data is plain
 * then. Only processes that read or write data ask for them: never the recogniser.
 */
int tsk_site_vault(struct tsk_vault **out, const struct tsk_site *site, struct tsk_err *err) TSK_MUST_USE;
/* DIR/relative, or the path itself when it is absolute. malloc'ed; NULL without memory. */
char *tsk_site_path(const struct tsk_site *site, const char *path) TSK_MUST_USE;

#endif
