/*
 * tasuki recogniser - holds models and lexicons, and forks one confined child a document
 *
 * Hostile input  None is looked at here: documents arrive as descriptors and go to a child that can do nothing but compute.
 * May touch      Forms, reference data, models and the directory of institutions, once, at start; afterwards its socket.
 *                Never the store, the spool, keys or the network.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "config/datadir.h"
#include "gateway/command.h"
#include "gateway/site.h"
#include "ocr/confine/read_page.h"
#include "ocr/confine/server.h"

#define FDS_MAX 8
#define FORMS_MAX 15
#define FDS_HIGHEST 64
#define DOCUMENT_S 600
#define MEMORY_MB 768

struct options {
    const char *forms[FORMS_MAX];
    size_t form_count;
    int fds[FDS_MAX];
    size_t fd_count;
    struct tsk_site *site;
    struct tsk_models_from from;
    int64_t document_s;
    size_t memory_mb;
    char *paths[FORMS_MAX];
};

static int take_number(const char *text, double min, double max, const char *name, double *out, struct tsk_err *err)
{
    char *end;

    errno = 0;
    *out = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(*out >= min && *out <= max))
        return tsk_fail(err, TSK_REJECT, 0, "%s: %s is not a number from %g to %g", name, text, min, max);
    return 0;
}

static int take_fds(int *argc, char **argv, struct options *o, struct tsk_err *err)
{
    const char *value;
    double fd;

    while ((value = tsk_cli_option(argc, argv, "--fd", err)) != NULL) {
        if (take_number(value, 3, FDS_HIGHEST, "--fd", &fd, err) != 0)
            return -1;
        if (o->fd_count == FDS_MAX)
            return tsk_fail(err, TSK_REJECT, 0, "--fd: at most %d connections", FDS_MAX);
        o->fds[o->fd_count++] = (int)fd;
    }
    return err->kind == TSK_OK ? 0 : -1;
}

static int take_options(int *argc, char **argv, struct options *o, struct tsk_err *err)
{
    const char *value;

    if (take_fds(argc, argv, o, err) != 0)
        return -1;
    while (o->form_count < FORMS_MAX && (value = tsk_cli_option(argc, argv, "--forms", err)) != NULL)
        o->forms[o->form_count++] = value;
    if ((value = tsk_cli_option(argc, argv, "--tolerated", err)) != NULL &&
        take_number(value, 0, 1, "--tolerated", &o->from.tolerated, err) != 0)
        return -1;
    value = tsk_cli_option(argc, argv, "--data", err);
    o->from.data_dir = value != NULL ? value : tsk_data_dir();
    o->from.directory_csv = tsk_cli_option(argc, argv, "--directory", err);
    o->from.cache_dir = tsk_cli_option(argc, argv, "--cache", err);
    o->from.form = tsk_cli_option(argc, argv, "--form", err);
    o->from.marks_only = tsk_cli_flag(argc, argv, "--marks");
    return err->kind == TSK_OK ? 0 : -1;
}

/* What the site's configuration says, where no option said otherwise. */
static int take_site(int *argc, char **argv, struct options *o, struct tsk_err *err)
{
    const struct tsk_config *config;

    if (tsk_site_open(&o->site, argc, argv, err) != 0)
        return -1;
    config = o->site->config;
    for (size_t i = 0; i < config->forms.count && o->form_count < FORMS_MAX; i++) {
        if ((o->paths[i] = tsk_site_path(o->site, config->forms.items[i])) == NULL)
            return tsk_fail(err, TSK_STOP, 0, "no memory");
        o->forms[o->form_count++] = o->paths[i];
    }
    if (o->from.directory_csv == NULL && access(o->site->directory_csv, R_OK) == 0)
        o->from.directory_csv = o->site->directory_csv;
    if (o->from.cache_dir == NULL)
        o->from.cache_dir = o->site->cache;
    if (!(o->from.tolerated > 0))
        o->from.tolerated = config->reading.tolerated_silent_error;
    o->from.marks_only = o->from.marks_only || config->reading.marks_only;
    o->document_s = config->reading.document_s;
    o->memory_mb = config->reading.memory_mb;
    return 0;
}

static int serve(struct options *o, struct tsk_err *err)
{
    struct tsk_models *models = NULL;
    struct tsk_server server = { .socket_path = o->site != NULL ? o->site->recogniser_socket : NULL,
                                 .fds = o->fds,
                                 .fd_count = o->fd_count,
                                 .time_limit_ms = o->document_s * 1000,
                                 .memory_bytes = o->memory_mb << 20,
                                 .read = tsk_read_document };
    int rc;

    o->from.forms_dirs = o->forms;
    o->from.forms_dir_count = o->form_count;
    if (tsk_models_load(&models, &o->from, err) != 0) {
        tsk_serve_nothing(o->fds, o->fd_count, err);
        return -1;
    }
    if (o->site != NULL)
        tsk_log(TSK_LOG_INFO, "-", "event", "recogniser.ready", NULL);
    server.ctx = models;
    rc = tsk_serve_documents(&server, err);
    tsk_models_free(&models);
    return rc;
}

static int run(int argc, char **argv)
{
    struct options o = { .document_s = DOCUMENT_S, .memory_mb = MEMORY_MB };
    struct tsk_err err = { 0 };
    int rc = -1;

    tsk_log_role("recogniser");
    if (take_options(&argc, argv, &o, &err) != 0 || (o.fd_count == 0 && take_site(&argc, argv, &o, &err) != 0) ||
        tsk_cli_rest(&argc, argv, &err) != 0)
        goto out;
    if (argc > 1)
        return tsk_cli_usage(&tsk_cmd_recogniser);
    rc = serve(&o, &err);
out:
    for (size_t i = 0; i < FORMS_MAX; i++)
        free(o.paths[i]);
    tsk_site_close(&o.site);
    if (rc == 0)
        return TSK_EXIT_OK;
    return o.fd_count > 0 ? TSK_EXIT_FAILED : tsk_cli_failed(&err); /* who waits on a descriptor was told there */
}

const struct tsk_command tsk_cmd_recogniser = {
    .name = "recogniser",
    .usage =
        "recogniser [--site DIR | --fd N …] [--data DIR] [--forms DIR …] [--form ID] [--directory FILE.csv] [--marks]\n"
        "           [--tolerated SHARE] [--cache DIR]",
    .help = "read documents for the reader, each in a confined child",
    .run = run,
};
