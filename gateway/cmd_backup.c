/* tasuki backup - one sealed file that holds the site; list and check of those that are there */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "gateway/backup.h"
#include "gateway/backup_read.h"
#include "gateway/command.h"

static int make(const struct tsk_site *site, const char *option, struct tsk_err *err)
{
    const struct tsk_backup_config *config = &site->config->care.backup;
    char *folder = option != NULL ? strdup(option) : tsk_site_path(site, config->folder);
    struct tsk_backup made = { .files = 0 };
    int rc;

    if (option == NULL && config->folder[0] == '\0')
        rc = tsk_fail(err, TSK_REJECT, 0, "say where to: --to FOLDER, or backup: { folder: … } in %s",
                      site->config_path);
    else
        rc = folder == NULL ? tsk_fail(err, TSK_RETRY, 0, "out of memory") : tsk_backup_make(&made, site, folder, err);
    if (rc == 0)
        printf("%s: %zu files, %zu documents of the spool, %llu bytes; written, read again and found right\n",
               made.path, made.files, made.documents, (unsigned long long)made.bytes);
    if (rc == 0 && option == NULL && tsk_backup_prune(folder, config->keep, made.path, err) < 0)
        rc = -1;
    if (rc == 0 && made.lacking > 0)
        rc = tsk_fail(err, TSK_HOLD, 0,
                      "%zu files of the archive are missing or damaged and are not in it; tasuki doctor --verify",
                      made.lacking);
    free(folder);
    return rc;
}

static int verify(const struct tsk_site *site, const char *path, struct tsk_err *err)
{
    struct tsk_backup seen;
    struct tsk_vault *vault;

    if (tsk_site_vault(&vault, site, err) != 0 || tsk_backup_verify(&seen, path, vault, err) != 0)
        return -1;
    printf("%s: %zu files, %zu documents of the spool, %llu bytes; all as its manifest says\n", path, seen.files,
           seen.documents, (unsigned long long)seen.bytes);
    return 0;
}

static int to_stdout(void *ctx, const void *bytes, size_t len, struct tsk_err *err)
{
    (void)ctx;
    return fwrite(bytes, 1, len, stdout) == len ? 0
                                                : tsk_fail(err, TSK_RETRY, 0, "standard output could not be written");
}

static int run(int argc, char **argv)
{
    struct tsk_site *site = NULL;
    struct tsk_err err = { 0 };
    const char *to = tsk_cli_option(&argc, argv, "--to", &err), *check = tsk_cli_option(&argc, argv, "--verify", &err),
               *unseal = tsk_cli_option(&argc, argv, "--tar", &err);
    int rc = -1;

    if (err.kind != TSK_OK || tsk_site_open(&site, &argc, argv, &err) != 0 || tsk_cli_rest(&argc, argv, &err) != 0)
        goto out;
    if (argc != 1) {
        tsk_site_close(&site);
        return tsk_cli_usage(&tsk_cmd_backup);
    }
    if (unseal != NULL)
        rc = tsk_backup_unseal(unseal, site, to_stdout, NULL, &err);
    else
        rc = check != NULL ? verify(site, check, &err) : make(site, to, &err);
out:
    tsk_site_close(&site);
    return rc == 0 ? TSK_EXIT_OK : tsk_cli_failed(&err);
}

const struct tsk_command tsk_cmd_backup = {
    "backup",
    "backup [--to FOLDER]         one sealed file of everything, while the site runs; without --to the oldest go\n"
    "backup --verify FILE         is all of it there and right\n"
    "backup --tar FILE            what is inside, opened, on standard output: patients' data",
    "copy the whole site into one sealed file, or look at one", run
};
