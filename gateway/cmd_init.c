/* init - makes the directory of a new site; the only time that the program writes a tasuki.yaml */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/os.h"
#include "config/datadir.h"
#include "gateway/command.h"
#include "gateway/keys.h"
#include "gateway/site.h"

#define COPY_MAX_BYTES ((size_t)1 << 20)

static const struct passwd *owner; /* for nftw(), which passes no context on */

static int give_to_owner(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return lchown(path, owner->pw_uid, owner->pw_gid);
}

static int read_sample(const char *name, struct tsk_buf *out, struct tsk_err *err)
{
    char *relative = NULL, *path = NULL;
    int rc = -1;

    if (asprintf(&relative, "config/sample/%s", name) < 0)
        relative = NULL;
    path = relative != NULL ? tsk_data_path(relative) : NULL;
    rc = path != NULL ? tsk_file_read(path, out, err) : tsk_fail(err, TSK_RETRY, 0, "out of memory");
    free(relative);
    free(path);
    return rc;
}

/* The sample with another user in its one line `user: "…"`, and with the key file if one was named. */
static void write_config(struct tsk_buf *out, const char *sample, const char *user, const char *key)
{
    const char *line = strstr(sample, "\nuser: \"");
    const char *rest = line != NULL ? strchr(line + 1, '\n') : NULL;

    if (rest == NULL || user == NULL) {
        tsk_buf_puts(out, sample);
    } else {
        tsk_buf_add(out, sample, (size_t)(line + 1 - sample));
        tsk_buf_printf(out, "user: \"%s\"", user);
        tsk_buf_puts(out, rest);
    }
    if (key != NULL)
        tsk_buf_printf(out, "\nkeys:\n  file: \"%s\"\n", key);
}

static int put_config(int dir, const char *user, const char *key, struct tsk_err *err)
{
    struct tsk_buf sample = TSK_BUF(COPY_MAX_BYTES), text = TSK_BUF(COPY_MAX_BYTES);
    int rc = read_sample("tasuki.yaml", &sample, err);

    if (rc == 0) {
        write_config(&text, tsk_buf_text(&sample), user, key);
        rc = tsk_file_put(dir, "tasuki.yaml", tsk_buf_text(&text), text.len, 0640, err);
    }
    tsk_buf_free(&sample);
    tsk_buf_free(&text);
    return rc;
}

static int put_directory(int dir, struct tsk_err *err)
{
    struct tsk_buf csv = TSK_BUF(COPY_MAX_BYTES);
    int rc = read_sample("directory.csv", &csv, err);

    if (rc == 0)
        rc = tsk_file_put(dir, "directory.csv", tsk_buf_text(&csv), csv.len, 0640, err);
    tsk_buf_free(&csv);
    return rc;
}

static int find_owner(const char *user, struct tsk_err *err)
{
    if (geteuid() != 0)
        return 0;
    owner = getpwnam(user != NULL ? user : "tasuki");
    return owner != NULL
               ? 0
               : tsk_fail(err, TSK_REJECT, 0,
                          "there is no system user \"%s\"; create it (adduser --system %s) or name another with --user",
                          user != NULL ? user : "tasuki", user != NULL ? user : "tasuki");
}

static int make_inboxes(const struct tsk_site *site, struct tsk_err *err)
{
    for (size_t i = 0; i < site->config->source_count; i++) {
        if (site->config->sources[i].kind != TSK_SOURCE_FOLDER)
            continue;

        char *path = tsk_site_path(site, site->config->sources[i].folder);
        int rc = path != NULL ? tsk_dir_make(path, 0770, err) : tsk_fail(err, TSK_RETRY, 0, "out of memory");

        free(path);
        if (rc != 0)
            return -1;
    }
    return 0;
}

/* A folder of its own, so that the site's user can put a changed key in the place of the old one. */
static int make_key_folder(const char *file, struct tsk_err *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(file, '/');
    bool there;

    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - file) : 0, file);
    there = access(folder, F_OK) == 0;
    if (folder[0] == '\0' || tsk_dir_make(folder, 0700, err) != 0)
        return -1;
    if (there || owner == NULL || lchown(folder, owner->pw_uid, owner->pw_gid) == 0)
        return 0;
    return tsk_fail(err, TSK_STOP, errno, "cannot give %s to the user \"%s\"", folder, owner->pw_name);
}

/* As whoever makes the site: the key lies outside of it. */
static int put_key(const char *path, const char *key, struct tsk_err *err)
{
    char *dir = realpath(path, NULL), *file = NULL, *ring = NULL;
    int rc = -1;

    if (dir == NULL || asprintf(&ring, "%s/keyring", dir) < 0 ||
        (key != NULL ? (file = strdup(key)) == NULL : asprintf(&file, "%s.keys/site.key", dir) < 0))
        tsk_fail(err, TSK_RETRY, 0, "out of memory");
    else if (make_key_folder(file, err) == 0 && tsk_keys_make_at(file, ring, err) == 0)
        rc = owner == NULL || lchown(file, owner->pw_uid, owner->pw_gid) == 0
                 ? 0
                 : tsk_fail(err, TSK_STOP, errno, "cannot give %s to the user \"%s\"", file, owner->pw_name);
    free(ring);
    free(file);
    free(dir);
    return rc;
}

struct wanted {
    const char *path, *user, *key;
    bool sample;
};

static int init(const struct wanted *want, struct tsk_err *err)
{
    const char *path = want->path;
    struct tsk_site *site = NULL;
    int dir, rc = -1;

    if (find_owner(want->user, err) != 0 || tsk_dir_make(path, 0750, err) != 0 || (dir = tsk_dir_open(path, err)) < 0)
        return -1;
    if (faccessat(dir, "tasuki.yaml", F_OK, 0) == 0) {
        tsk_fail(err, TSK_REJECT, 0, "%s is a site already; its tasuki.yaml stays as it is", path);
        goto out;
    }
    if (put_key(path, want->key, err) != 0 || put_config(dir, want->user, want->key, err) != 0 ||
        (want->sample && put_directory(dir, err) != 0))
        goto out;
    if (owner != NULL && nftw(path, give_to_owner, 16, FTW_PHYS) != 0) {
        tsk_fail(err, TSK_STOP, errno, "cannot give %s to the user \"%s\"", path, owner->pw_name);
        goto out;
    }
    /* From here on as the site's user, so that everything belongs to it. */
    if (tsk_site_open_dir(&site, path, err) != 0 || tsk_site_make_dirs(site, err) != 0 || make_inboxes(site, err) != 0)
        goto out;
    printf("%s\n", site->dir);
    fprintf(stderr, "key: %s; print it and keep the paper elsewhere: tasuki key print --site %s\n", site->key,
            site->dir);
    rc = 0;
out:
    tsk_site_close(&site);
    close(dir);
    return rc;
}

static int run(int argc, char **argv)
{
    struct tsk_err err = { 0 };
    struct wanted want = { .sample = tsk_cli_flag(&argc, argv, "--sample"),
                           .user = tsk_cli_option(&argc, argv, "--user", &err),
                           .key = tsk_cli_option(&argc, argv, "--key", &err) };

    if (err.kind != TSK_OK || tsk_cli_rest(&argc, argv, &err) != 0)
        return tsk_cli_failed(&err);
    if (argc != 2)
        return tsk_cli_usage(&tsk_cmd_init);
    if (want.key != NULL && want.key[0] != '/')
        return tsk_fail(&err, TSK_REJECT, 0, "--key takes an absolute path") == 0 ? 0 : tsk_cli_failed(&err);
    if (want.user == NULL && geteuid() != 0)
        want.user = ""; /* whoever makes the site runs it */
    want.path = argv[1];
    return init(&want, &err) == 0 ? TSK_EXIT_OK : tsk_cli_failed(&err);
}

const struct tsk_command tsk_cmd_init = {
    "init", "init [--sample] [--user NAME] [--key FILE] DIR",
    "make a new site with an explained tasuki.yaml (--sample: and a fictitious directory)", run
};
