/* submit - files named on the command line become documents, as if they had come in through a source */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/command.h"
#include "gateway/site.h"
#include "gateway/spool_site.h"

/* Opened before the site: root may read what the site's user may not. */
static int open_file(const char *path, struct tsk_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0)
        return tsk_fail(err, TSK_REJECT, errno, "cannot open %s; nothing was submitted", path);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        return fd;
    close(fd);
    return tsk_fail(err, TSK_REJECT, 0, "%s is %s; nothing was submitted", path,
                    S_ISREG(st.st_mode) ? "empty" : "not a file");
}

static int choose_owner(const struct tsk_site *site, const char *source, const char *office, struct tsk_envelope *e,
                        struct tsk_err *err)
{
    const struct tsk_config *config = site->config;

    if (source != NULL) {
        const struct tsk_source *found = tsk_config_source(config, source);

        if (found == NULL)
            return tsk_fail(err, TSK_REJECT, 0, "%s: no source has the id \"%s\"", config->path, source);
        if (office != NULL && strcmp(office, found->office) != 0)
            return tsk_fail(err, TSK_REJECT, 0, "the source \"%s\" belongs to the office \"%s\", not to \"%s\"", source,
                            found->office, office);
        office = found->office;
    }
    if (office == NULL && config->office_count == 1)
        office = config->offices[0].id;
    if (office == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "which office does it belong to? Say --office ID or --source ID");
    if (tsk_config_office(config, office) == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "%s: no office has the id \"%s\"", config->path, office);
    snprintf(e->source, sizeof e->source, "%s", source != NULL ? source : "submit");
    snprintf(e->office, sizeof e->office, "%s", office);
    return 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static int submit_all(struct tsk_spool *spool, const struct tsk_envelope *like, const int *fds, char **paths, int count,
                      struct tsk_err *err)
{
    for (int i = 0; i < count; i++) {
        struct tsk_envelope envelope = *like;

        snprintf(envelope.name, sizeof envelope.name, "%s", base_name(paths[i]));
        if (tsk_spool_put(spool, fds[i], &envelope, err) != 0)
            return tsk_fail_at(err, paths[i]);
        printf("%s %s\n", envelope.id, paths[i]);
    }
    return 0;
}

static int submit(struct tsk_site *site, const char *source, const char *office, const int *fds, char **paths,
                  int count, struct tsk_err *err)
{
    struct tsk_envelope like = { 0 };
    struct tsk_spool *spool;
    int rc;

    if (choose_owner(site, source, office, &like, err) != 0 || tsk_site_spool_open(&spool, site, err) != 0)
        return -1;
    rc = submit_all(spool, &like, fds, paths, count, err);
    tsk_spool_close(&spool);
    return rc;
}

/* Opens every file of argv[1…]; how many it could open. */
static int open_files(int *fds, int argc, char **argv, struct tsk_err *err)
{
    int opened = 0;

    while (opened < argc - 1 && (fds[opened] = open_file(argv[opened + 1], err)) >= 0)
        opened++;
    return opened;
}

static int run(int argc, char **argv)
{
    struct tsk_err err = { 0 };
    struct tsk_site *site = NULL;
    const char *source = tsk_cli_option(&argc, argv, "--source", &err);
    const char *office = tsk_cli_option(&argc, argv, "--office", &err);
    char **files = calloc((size_t)argc + 1, sizeof *files);
    int *fds = calloc((size_t)argc + 1, sizeof *fds);
    int count = argc, opened = 0, rc = -1;

    if (files == NULL || fds == NULL) {
        tsk_fail(&err, TSK_RETRY, 0, "out of memory");
        goto out;
    }
    memcpy(files, argv, (size_t)argc * sizeof *files); /* --site stays in argv until the files are open */
    (void)tsk_cli_option(&count, files, "--site", &err);
    if (err.kind != TSK_OK || tsk_cli_rest(&count, files, &err) != 0)
        goto out;
    if (count < 2) {
        rc = 1;
        goto out;
    }
    opened = open_files(fds, count, files, &err);
    if (opened == count - 1 && tsk_site_open(&site, &argc, argv, &err) == 0)
        rc = submit(site, source, office, fds, files + 1, count - 1, &err);
out:
    while (opened > 0)
        close(fds[--opened]);
    free(fds);
    free(files);
    tsk_site_close(&site);
    if (rc == 1)
        return tsk_cli_usage(&tsk_cmd_submit);
    return rc == 0 ? TSK_EXIT_OK : tsk_cli_failed(&err);
}

const struct tsk_command tsk_cmd_submit = { "submit", "submit [--office ID | --source ID] [--site DIR] FILE…",
                                            "hand documents in: TIFF, PDF, PNG or JPEG", run };
