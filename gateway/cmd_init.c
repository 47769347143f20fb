/* init - makes the directory of a new site; the only time that the program writes a tasuki.yaml */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
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

/* The sample with another user in its one line `user: "…"`. */
static void write_config(struct tsk_buf *out, const char *sample, const char *user)
{
    const char *line = strstr(sample, "\nuser: \"");
    const char *rest = line != NULL ? strchr(line + 1, '\n') : NULL;

    if (rest == NULL || user == NULL) {
        tsk_buf_puts(out, sample);
        return;
    }
    tsk_buf_add(out, sample, (size_t)(line + 1 - sample));
    tsk_buf_printf(out, "user: \"%s\"", user);
    tsk_buf_puts(out, rest);
}

static int put_config(int dir, const char *user, struct tsk_err *err)
{
    struct tsk_buf sample = TSK_BUF(COPY_MAX_BYTES), text = TSK_BUF(COPY_MAX_BYTES);
    int rc = read_sample("tasuki.yaml", &sample, err);

    if (rc == 0) {
        write_config(&text, tsk_buf_text(&sample), user);
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

static int init(const char *path, const char *user, bool sample, struct tsk_err *err)
{
    struct tsk_site *site = NULL;
    int dir, rc = -1;

    if (find_owner(user, err) != 0 || tsk_dir_make(path, 0750, err) != 0 || (dir = tsk_dir_open(path, err)) < 0)
        return -1;
    if (faccessat(dir, "tasuki.yaml", F_OK, 0) == 0) {
        tsk_fail(err, TSK_REJECT, 0, "%s is a site already; its tasuki.yaml stays as it is", path);
        goto out;
    }
    if (put_config(dir, user, err) != 0 || (sample && put_directory(dir, err) != 0))
        goto out;
    if (owner != NULL && nftw(path, give_to_owner, 16, FTW_PHYS) != 0) {
        tsk_fail(err, TSK_STOP, errno, "cannot give %s to the user \"%s\"", path, owner->pw_name);
        goto out;
    }
    /* From here on as the site's user, so that everything belongs to it. */
    if (tsk_site_open_dir(&site, path, err) != 0 || tsk_site_make_dirs(site, err) != 0 || make_inboxes(site, err) != 0)
        goto out;
    printf("%s\n", site->dir);
    rc = 0;
out:
    tsk_site_close(&site);
    close(dir);
    return rc;
}

static int run(int argc, char **argv)
{
    struct tsk_err err = { 0 };
    bool sample = tsk_cli_flag(&argc, argv, "--sample");
    const char *user = tsk_cli_option(&argc, argv, "--user", &err);

    if (err.kind != TSK_OK || tsk_cli_rest(&argc, argv, &err) != 0)
        return tsk_cli_failed(&err);
    if (argc != 2)
        return tsk_cli_usage(&tsk_cmd_init);
    if (user == NULL && geteuid() != 0)
        user = ""; /* whoever makes the site runs it */
    return init(argv[1], user, sample, &err) == 0 ? TSK_EXIT_OK : tsk_cli_failed(&err);
}

const struct tsk_command tsk_cmd_init = {
    "init", "init [--sample] [--user NAME] DIR",
    "make a new site with an explained tasuki.yaml (--sample: and a fictitious directory)", run
};
