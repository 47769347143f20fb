#include "gateway/site_routing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "casework/casework.h"
#include "config/datadir.h"
#include "config/reference.h"
#include "records/directory.h"
#include "records/search.h"

#define DIRECTORY_MAX_BYTES ((size_t)32 << 20)

static bool ward_of(void *ctx, const char *address, char code[6])
{
    const struct tsk_reference *reference = ctx;
    const struct tsk_ward *ward = tsk_reference_ward_named(reference, address);
    const struct tsk_town *town = ward == NULL ? tsk_reference_town_of(reference, NULL, address) : NULL;
    const char *found = ward != NULL ? ward->code : town != NULL ? town->code : "";

    if (strlen(found) != 5)
        return false;
    memcpy(code, found, 6);
    return true;
}

static char *name_key(void *ctx, const char *text)
{
    return tsk_reference_name_key(ctx, text);
}

static int load_forms(struct tsk_forms *forms, const struct tsk_site *site, struct tsk_err *err)
{
    size_t count = site->config->forms.count + 1;
    char **dirs = calloc(count, sizeof *dirs);
    int rc = 0;

    if (dirs == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    dirs[0] = tsk_data_path("forms");
    for (size_t i = 1; i < count; i++)
        dirs[i] = tsk_site_path(site, site->config->forms.items[i - 1]);
    for (size_t i = 0; i < count && rc == 0; i++)
        if (dirs[i] == NULL)
            rc = tsk_fail(err, TSK_RETRY, 0, "out of memory");
    if (rc == 0)
        rc = tsk_forms_load(forms, (const char *const *)dirs, count, err);
    for (size_t i = 0; i < count; i++)
        free(dirs[i]);
    free(dirs);
    return rc;
}

static int load_reference(struct tsk_reference **out, struct tsk_err *err)
{
    char *path = tsk_data_path("config/data");
    int rc = path != NULL ? tsk_reference_load(out, path, err) : tsk_fail(err, TSK_RETRY, 0, "out of memory");

    free(path);
    return rc;
}

static int put_offices(struct tsk_store *store, const struct tsk_config *config, struct tsk_err *err)
{
    for (size_t i = 0; i < config->office_count; i++) {
        const struct tsk_office_config *o = &config->offices[i];
        const struct tsk_office row = { .id = o->id, .code = o->code, .name = o->name, .ward = o->ward };

        if (tsk_office_put(store, &row, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < config->source_count; i++)
        if (tsk_source_put(store, config->sources[i].id, config->sources[i].office, err) != 0)
            return -1;
    return 0;
}

static int give_keys(struct tsk_store *store, const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_vault *vault;

    if (tsk_site_vault(&vault, site, err) != 0)
        return -1;
    tsk_store_keys(store, vault);
    return 0;
}

int tsk_records_open(struct tsk_records **out, const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_records *records = calloc(1, sizeof *records);

    *out = NULL;
    if (records == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    if (tsk_site_make_dirs(site, err) != 0 || load_forms(&records->forms, site, err) != 0 ||
        load_reference(&records->reference, err) != 0 || tsk_store_open(&records->store, site->store, err) != 0 ||
        give_keys(records->store, site, err) != 0 || put_offices(records->store, site->config, err) != 0 ||
        tsk_routing_open(&records->routing, site->config, &records->forms, site->dir, err) != 0) {
        tsk_records_close(&records);
        return -1;
    }
    records->knowledge = (struct tsk_knowledge){
        .forms = &records->forms, .ward_of = ward_of, .name_key = name_key, .ctx = records->reference
    };
    tsk_store_know(records->store, &records->knowledge);
    tsk_casework_attach(records->routing);
    if (tsk_search_catch_up(records->store, err) != 0) {
        tsk_records_close(&records);
        return -1;
    }
    *out = records;
    return 0;
}

void tsk_records_close(struct tsk_records **records)
{
    struct tsk_records *old = *records;

    if (old == NULL)
        return;
    tsk_routing_close(&old->routing);
    tsk_store_close(&old->store);
    tsk_forms_free(&old->forms);
    tsk_reference_free(&old->reference);
    free(old);
    *records = NULL;
}

int tsk_records_export_directory(struct tsk_records *records, const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_buf csv = TSK_BUF(DIRECTORY_MAX_BYTES);
    int rc = tsk_directory_export(&csv, records->store, &tsk_scope_all, err);

    if (rc == 0)
        rc = tsk_file_put_path(site->directory_csv, tsk_buf_text(&csv), csv.len, 0600, err);
    tsk_buf_free(&csv);
    return rc;
}
