/* tasuki restore - a site from a backup, on an empty directory */
#include <stdio.h>
#include <string.h>

#include "gateway/backup.h"
#include "gateway/command.h"
#include "gateway/site.h"

static int say(const struct tsk_restored *done, const struct tsk_restore_wish *wish, struct tsk_err *err)
{
    struct tsk_site *site;

    printf("%s: %zu files, %zu documents wait in the spool, %d purges applied\n", wish->dir, done->backup.files,
           done->backup.documents, done->purged);
    if (tsk_site_open_dir(&site, wish->dir, err) != 0)
        return -1;
    if (strcmp(site->key, wish->key) != 0)
        printf("the site looks for its key in %s; put it there, or name %s under keys: in tasuki.yaml\n", site->key,
               wish->key);
    printf("next: tasuki doctor --verify --site %s\n", wish->dir);
    tsk_site_close(&site);
    return 0;
}

static int run(int argc, char **argv)
{
    struct tsk_err err = { 0 };
    struct tsk_restored done;
    struct tsk_restore_wish wish = { .key = tsk_cli_option(&argc, argv, "--key", &err),
                                     .purge_log = tsk_cli_option(&argc, argv, "--purges", &err) };

    if (err.kind != TSK_OK || tsk_cli_rest(&argc, argv, &err) != 0)
        return tsk_cli_failed(&err);
    if (argc != 3 || wish.key == NULL)
        return tsk_cli_usage(&tsk_cmd_restore);
    wish.path = argv[1];
    wish.dir = argv[2];
    return tsk_backup_restore(&done, &wish, &err) == 0 && say(&done, &wish, &err) == 0 ? TSK_EXIT_OK
                                                                                       : tsk_cli_failed(&err);
}

const struct tsk_command tsk_cmd_restore = { "restore", "restore --key FILE [--purges FILE] BACKUP DIR",
                                             "make a site anew from a backup, on an empty directory", run };
