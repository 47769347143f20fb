#include "gateway/site.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "gateway/command.h"
#include "gateway/spool_site.h"
#include "records/blob.h"
#include "vault/vault.h"

#define PACKAGED_SITE "/var/lib/tasuki" /* where the Debian package makes it */

static char *join(const char *dir, const char *name)
{
    char *path = NULL;

    return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

char *tsk_site_path(const struct tsk_site *site, const char *path)
{
    return path[0] == '/' ? strdup(path) : join(site->dir, path);
}

static int fail_memory(struct tsk_err *err)
{
    return tsk_fail(err, TSK_RETRY, 0, "out of memory");
}

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *choose_dir(const char *option)
{
    const char *env = getenv("TASUKI_SITE");

    if (option != NULL)
        return option;
    if (env != NULL && env[0] != '\0')
        return env;
    if (is_directory("site"))
        return "site";
    return access(PACKAGED_SITE "/tasuki.yaml", F_OK) == 0 ? PACKAGED_SITE : "/etc/tasuki";
}

/* For good: there is no way back to root, and that is checked. */
static int become(const char *name, struct tsk_err *err)
{
    const struct passwd *user;

    errno = 0;
    user = getpwnam(name);
    if (user == NULL)
        return tsk_fail(err, TSK_REJECT, errno,
                        "user: there is no system user \"%s\"; create it (adduser --system %s) or name another", name,
                        name);
    if (user->pw_uid == 0)
        return tsk_fail(err, TSK_REJECT, 0, "user: \"%s\" is root itself; name a user without rights", name);
    if (initgroups(user->pw_name, user->pw_gid) != 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
        return tsk_fail(err, TSK_STOP, errno, "cannot become the user \"%s\"", name);
    if (setuid(0) == 0)
        return tsk_fail(err, TSK_STOP, 0, "giving up root for \"%s\" did not hold", name);
    setenv("HOME", user->pw_dir, 1);
    setenv("USER", user->pw_name, 1);
    return 0;
}

static int fill_paths(struct tsk_site *site, struct tsk_err *err)
{
    const char *active = getenv("TASUKI_CONFIG"); /* serve gives its children the one that it checked */

    site->config_path = active != NULL && active[0] == '/' ? strdup(active) : join(site->dir, "tasuki.yaml");
    site->spool = join(site->dir, "spool");
    site->archive = join(site->dir, "archive");
    site->store = join(site->dir, "store/tasuki.db");
    site->run = join(site->dir, "run");
    site->cache = join(site->dir, "cache");
    site->lock = join(site->dir, "run/tasuki.lock");
    site->recogniser_socket = join(site->dir, "run/recogniser.sock");
    site->directory_csv = join(site->dir, "run/directory.csv");
    site->keyring = join(site->dir, "keyring");
    site->vault = calloc(1, sizeof(struct tsk_vault *));
    return site->config_path == NULL || site->spool == NULL || site->archive == NULL || site->store == NULL ||
                   site->run == NULL || site->cache == NULL || site->lock == NULL || site->recogniser_socket == NULL ||
                   site->directory_csv == NULL || site->keyring == NULL || site->vault == NULL
               ? fail_memory(err)
               : 0;
}

static int load(const struct tsk_site *site, const struct tsk_config **config, char **mail, struct tsk_err *err)
{
    if (tsk_config_load(config, site->config_path, err) != 0)
        return -1;
    *mail = tsk_site_path(site, (*config)->mail.maildir);
    if (*mail != NULL)
        return 0;
    tsk_config_free(config);
    return fail_memory(err);
}

/* Where the key is: what systemd hands to the service goes before what the configuration names. */
static int find_key(struct tsk_site *site, struct tsk_err *err)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY"), *file = site->config->care.keys.file;

    if (credentials != NULL && credentials[0] == '/')
        site->key = join(credentials, TSK_CREDENTIAL);
    if (site->key != NULL && access(site->key, F_OK) == 0)
        return 0;
    free(site->key);
    site->key = NULL;
    if (file[0] != '\0')
        site->key = tsk_site_path(site, file);
    else if (asprintf(&site->key, "%s.keys/site.key", site->dir) < 0)
        site->key = NULL;
    return site->key != NULL ? 0 : fail_memory(err);
}

/* As root only `user:` is of interest: everything else is read by the user it names. */
static int drop_root(const struct tsk_site *site, struct tsk_err *err)
{
    const struct tsk_config *config;
    int rc = 0;

    if (geteuid() != 0)
        return 0;
    if (tsk_config_load(&config, site->config_path, err) != 0)
        return -1;
    if (config->user[0] != '\0')
        rc = become(config->user, err);
    tsk_config_free(&config);
    return rc != 0 ? tsk_fail_at(err, site->config_path) : 0;
}

int tsk_site_open_dir(struct tsk_site **out, const char *dir, struct tsk_err *err)
{
    struct tsk_site *site = calloc(1, sizeof *site);

    *out = NULL;
    if (site == NULL)
        return fail_memory(err);
    site->dir = realpath(dir, NULL);
    if (site->dir == NULL) {
        tsk_fail(err, TSK_REJECT, errno, "no site at %s; make one with tasuki init, or say where it is with --site",
                 dir);
        goto fail;
    }
    umask(077);
    if (fill_paths(site, err) != 0 || drop_root(site, err) != 0 || load(site, &site->config, &site->mail, err) != 0 ||
        find_key(site, err) != 0)
        goto fail;
    *out = site;
    return 0;
fail:
    tsk_site_close(&site);
    return -1;
}

int tsk_site_open(struct tsk_site **out, int *argc, char **argv, struct tsk_err *err)
{
    const char *option = NULL;

    *out = NULL;
    tsk_err_clear(err);
    if (argc != NULL && argv != NULL)
        option = tsk_cli_option(argc, argv, "--site", err);
    if (err->kind != TSK_OK)
        return -1;
    return tsk_site_open_dir(out, choose_dir(option), err);
}

void tsk_site_close(struct tsk_site **site)
{
    struct tsk_site *old = *site;

    if (old == NULL)
        return;
    tsk_config_free(&old->config);
    free(old->dir);
    free(old->config_path);
    free(old->spool);
    free(old->archive);
    free(old->store);
    free(old->mail);
    free(old->run);
    free(old->cache);
    free(old->lock);
    free(old->recogniser_socket);
    free(old->directory_csv);
    if (old->vault != NULL)
        tsk_vault_close(old->vault);
    free(old->vault);
    free(old->keyring);
    free(old->key);
    free(old);
    *site = NULL;
}

int tsk_site_reload(struct tsk_site *site, struct tsk_err *err)
{
    const struct tsk_config *config;
    char *mail;

    if (load(site, &config, &mail, err) != 0)
        return -1;
    tsk_config_free(&site->config);
    free(site->mail);
    site->config = config;
    site->mail = mail;
    return 0;
}

int tsk_site_make_dirs(const struct tsk_site *site, struct tsk_err *err)
{
    char store_dir[PATH_MAX];
    const char *const dirs[] = { site->spool, site->archive, store_dir, site->run, site->cache };

    snprintf(store_dir, sizeof store_dir, "%s/store", site->dir);
    for (size_t i = 0; i < TSK_COUNT(dirs); i++)
        if (tsk_dir_make(dirs[i], 0700, err) != 0)
            return -1;
    return 0;
}

int tsk_site_vault(struct tsk_vault **out, const struct tsk_site *site, struct tsk_err *err)
{
    *out = *site->vault;
    if (*out != NULL)
        return 0;
    if (tsk_vault_find(site->vault, site->key, site->keyring, site->config->care.keys.file[0] != '\0', err) != 0)
        return -1;
    *out = *site->vault;
    return 0;
}

int tsk_site_blobs_open(struct tsk_blobs **out, const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_vault *vault;

    *out = NULL;
    return tsk_site_vault(&vault, site, err) == 0 ? tsk_blobs_open(out, site->archive, vault, err) : -1;
}

int tsk_site_spool_open(struct tsk_spool **out, const struct tsk_site *site, struct tsk_err *err)
{
    const struct tsk_spool_limits limits = { .document_bytes_max = (uint64_t)site->config->reading.document_mb_max
                                                                   << 20,
                                             .disk_free_bytes_min = (uint64_t)site->config->disk_free_mb_min << 20 };

    struct tsk_vault *vault;

    *out = NULL;
    return tsk_site_vault(&vault, site, err) == 0 ? tsk_spool_open(out, site->spool, vault, &limits, err) : -1;
}
