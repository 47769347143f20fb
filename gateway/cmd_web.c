/*
 * web - the coordinators' desk
 *
 * Input      HTTP of whoever reaches the port (review/desk.h). Nothing of a document is decoded in this process.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/datadir.h"
#include "gateway/command.h"
#include "gateway/fax_page.h"
#include "gateway/reader_versions.h"
#include "gateway/role.h"
#include "gateway/site_routing.h"
#include "gateway/web_blanks.h"
#include "review/desk.h"

static int wait_for_end(struct tsk_site *site)
{
    (void)site;
    while ((tsk_role_wait(NULL, 0, -1) & (TSK_ROLE_STOP | TSK_ROLE_RELOAD)) == 0)
        ;
    return 0;
}

static int serve(struct tsk_site *site, struct tsk_records *records, const struct tsk_counting *counting,
                 const char *static_dir, struct tsk_err *err)
{
    struct tsk_reader_versions reader;
    if (tsk_reader_versions(&reader, err) != 0)
        return -1;
    const struct tsk_desk desk = {
        .config = site->config,
        .counting = counting,
        .forms = &records->forms,
        .routing = records->routing,
        .reference = records->reference,
        .knowledge = &records->knowledge,
        .dir = site->dir,
        .store = site->store,
        .archive = site->archive,
        .spool = site->spool,
        .key = site->key,
        .keyring = site->keyring,
        .run = site->run,
        .cache = site->cache,
        .static_dir = static_dir,
        .version = TASUKI_VERSION,
        .fax_pdf = tsk_fax_pages_pdf,
        .reader = { .reader = TASUKI_VERSION, .weights = reader.weights, .calibration = reader.calibration },
    };
    struct tsk_desk_server *server;

    tsk_web_blanks(site->cache, &records->forms);
    if (tsk_desk_start(&server, &desk, err) != 0)
        return -1;
    tsk_log(TSK_LOG_INFO, "-", "event", "web.up", "listen", site->config->web.listen, "port",
            tsk_log_num(tsk_desk_port(server)), NULL);
    wait_for_end(site);
    tsk_desk_stop(&server);
    return 0;
}

static int run_site(int argc, char **argv, struct tsk_err *err)
{
    struct tsk_site *site = NULL;
    struct tsk_records *records = NULL;
    const struct tsk_counting *counting = NULL;
    char *static_dir = tsk_data_path("review/static");
    int rc = -1;

    if (static_dir == NULL)
        tsk_fail(err, TSK_RETRY, 0, "out of memory");
    else if (tsk_site_open(&site, &argc, argv, err) == 0 && tsk_cli_rest(&argc, argv, err) == 0) {
        if (site->config->web.listen[0] == '\0')
            tsk_fail(err, TSK_REJECT, 0, "%s: no desk is configured; give web: a listen: address", site->config_path);
        else if (tsk_counting_load(&counting, site->dir, err) == 0 && tsk_records_open(&records, site, err) == 0 &&
                 tsk_role_start("web", false, err) == 0)
            rc = serve(site, records, counting, static_dir, err);
    }
    tsk_counting_free(&counting);
    tsk_records_close(&records);
    tsk_site_close(&site);
    free(static_dir);
    return rc;
}

static int run(int argc, char **argv)
{
    struct tsk_err err = { 0 };

    if (tsk_cli_flag(&argc, argv, "--routes")) {
        tsk_desk_print_routes();
        return TSK_EXIT_OK;
    }
    return run_site(argc, argv, &err) == 0 ? TSK_EXIT_OK : tsk_cli_failed(&err);
}

const struct tsk_command tsk_cmd_web = { "web", "web [--site DIR]\nweb --routes",
                                         "serve the coordinators' desk to browsers", run };
