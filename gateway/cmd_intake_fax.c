/*
 * intake-fax - a fax spooler hands over what it received: HylaFAX's FaxRcvdCmd, or any program with the options
 *
 * Input      Hostile: numbers and names come from strangers' machines.
 * Status     0 durable in the spool (or taken before), 1 not taken: the spooler must keep its file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/command.h"
#include "gateway/fax_in.h"
#include "gateway/spool_site.h"

#define LOCK_WAIT_MS 10000

struct options {
    const char *source, *fd, *pages;
    struct tsk_fax_call call;
};

static void take_options(struct options *o, int *argc, char **argv, struct tsk_err *err)
{
    o->source = tsk_cli_option(argc, argv, "--source", err);
    o->fd = tsk_cli_option(argc, argv, "--fd", err);
    o->pages = tsk_cli_option(argc, argv, "--pages", err);
    o->call = (struct tsk_fax_call){ .device = "", .fault = "" };
    o->call.sender = tsk_cli_option(argc, argv, "--sender", err);
    o->call.caller = tsk_cli_option(argc, argv, "--name", err);
    o->call.called = tsk_cli_option(argc, argv, "--called", err);
}

/* FILE [DEVICE [COMMID [ERROR [CALLID…]]]], as HylaFAX calls it. */
static int take_words(struct options *o, int argc, char **argv, struct tsk_err *err)
{
    const char *slash = strrchr(argv[1], '/');
    char *end = NULL;
    long pages = o->pages != NULL ? strtol(o->pages, &end, 10) : 0;

    if (o->pages != NULL && (*end != '\0' || pages < 0 || pages > 9999))
        return tsk_fail(err, TSK_REJECT, 0, "--pages needs a number, not \"%s\"", o->pages);
    o->call.pages = (int)pages;
    o->call.name = slash != NULL ? slash + 1 : argv[1];
    o->call.device = argc > 2 ? argv[2] : "";
    o->call.fault = argc > 4 ? argv[4] : "";
    for (int i = 5; i < argc && o->call.callid_count < TSK_FAX_CALLIDS_MAX; i++)
        o->call.callids[o->call.callid_count++] = argv[i];
    return 0;
}

/* Before root is given up: the spooler's file is its own. */
static int open_file(const struct options *o, const char *path, struct tsk_err *err)
{
    char *end = NULL;
    long number = o->fd != NULL ? strtol(o->fd, &end, 10) : -1;
    int fd;

    if (o->fd != NULL && (*end != '\0' || number < 0 || number > 1023))
        return tsk_fail(err, TSK_REJECT, 0, "--fd needs the number of an open descriptor, not \"%s\"", o->fd);
    fd = o->fd != NULL ? dup((int)number) : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    return fd >= 0 ? fd : tsk_fail(err, TSK_REJECT, errno, "cannot open %s; nothing was taken", path);
}

static const struct tsk_source *find_source(const struct tsk_config *config, const struct options *o,
                                            struct tsk_err *err)
{
    const struct tsk_source *source;

    if (o->source == NULL)
        return tsk_fax_source(config, &o->call, err);
    source = tsk_config_source(config, o->source);
    if (source == NULL || source->kind != TSK_SOURCE_FAX) {
        tsk_fail(err, TSK_REJECT, 0, "%s: no source of kind fax has the id \"%s\"", config->path, o->source);
        return NULL;
    }
    return source;
}

static int take(const struct tsk_site *site, const struct options *o, int fd, struct tsk_err *err)
{
    const struct tsk_source *source = find_source(site->config, o, err);
    struct tsk_spool *spool;
    enum tsk_fax_took took;
    char id[TSK_ID_SIZE];
    int rc;

    if (source == NULL || tsk_site_spool_open(&spool, site, err) != 0)
        return -1;
    rc = tsk_fax_take(&took, id, site, spool, source, &o->call, fd, LOCK_WAIT_MS, err);
    if (rc == 0 && took == TSK_FAX_LOCKED)
        rc = tsk_fail(err, TSK_RETRY, 0, "%s is still being written; nothing was taken", o->call.name);
    if (rc == 0)
        printf("%s %s\n", took == TSK_FAX_TAKEN ? id : "known", o->call.name);
    tsk_spool_close(&spool);
    return rc;
}

static int run(int argc, char **argv)
{
    struct tsk_err err = { 0 };
    struct tsk_site *site = NULL;
    struct options options;
    const char *dir = tsk_cli_option(&argc, argv, "--site", &err);
    char *words[] = { argv[0], (char[]){ "--site" }, NULL, NULL };
    int fd = -1, count, rc = -1;

    take_options(&options, &argc, argv, &err);
    if (err.kind != TSK_OK || tsk_cli_rest(&argc, argv, &err) != 0)
        return tsk_cli_failed(&err);
    if (argc < 2)
        return tsk_cli_usage(&tsk_cmd_intake_fax);
    count = dir != NULL ? 3 : 1;
    words[dir != NULL ? 2 : 1] = (char *)(uintptr_t)dir;
    if (take_words(&options, argc, argv, &err) == 0 && (fd = open_file(&options, argv[1], &err)) >= 0 &&
        tsk_site_open(&site, &count, words, &err) == 0)
        rc = take(site, &options, fd, &err);
    if (fd >= 0)
        close(fd);
    tsk_site_close(&site);
    return rc == 0 ? TSK_EXIT_OK : tsk_cli_failed(&err);
}

const struct tsk_command tsk_cmd_intake_fax = {
    "intake-fax",
    "intake-fax [--source ID] [--fd N] [--sender NUMBER] [--name NAME] [--called NUMBER] [--pages N] [--site DIR]\n"
    "           FILE [MODEM [COMMID [ERROR [CALLID…]]]]",
    "take a fax from its spooler (HylaFAX: FaxRcvdCmd)", run
};
