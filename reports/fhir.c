#include "reports/fhir.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "reports/fhir_parts.h"

const char *fhir_url(const struct fhir *fhir, const char *type, const char *name)
{
    char hash[TSK_SHA256_HEX] = "";
    const char *key = tsk_arena_printf(fhir->file->arena, "%s/%s/%s", fhir->file->kase.number, type, name);

    if (key == NULL)
        return NULL;
    tsk_sha256_hex(key, strlen(key), hash);
    return tsk_arena_printf(fhir->file->arena, "urn:uuid:%.8s-%.4s-5%.3s-a%.3s-%.12s", hash, hash + 8, hash + 13,
                            hash + 17, hash + 20);
}

static bool has(const struct fhir *fhir, const char *url)
{
    size_t i;
    const json_t *entry;

    json_array_foreach(fhir->entries, i,
                       entry) if (strcmp(json_string_value(json_object_get(entry, "fullUrl")), url) == 0) return true;
    return false;
}

const char *fhir_add(struct fhir *fhir, const char *type, const char *name, json_t *resource)
{
    const char *url = fhir_url(fhir, type, name);

    if (url == NULL || resource == NULL) {
        fhir->failed = true;
        json_decref(resource);
        return NULL;
    }
    if (has(fhir, url)) {
        json_decref(resource);
        return url;
    }
    json_object_set_new(resource, "resourceType", json_string(type));
    json_object_set_new(resource, "id", json_string(url + strlen("urn:uuid:")));
    if (json_array_append_new(fhir->entries, json_pack("{s:s, s:o}", "fullUrl", url, "resource", resource)) != 0)
        fhir->failed = true;
    return url;
}

json_t *fhir_reference(const char *url)
{
    return url != NULL ? json_pack("{s:s}", "reference", url) : NULL;
}

json_t *fhir_named(const char *url, const char *words)
{
    json_t *out = json_object();

    fhir_set_text(out, "reference", url != NULL ? url : "");
    fhir_set_text(out, "display", words != NULL ? words : "");
    return out;
}

json_t *fhir_patient(const struct fhir *fhir)
{
    return fhir_reference(fhir_url(fhir, "Patient", "patient"));
}

json_t *fhir_text(const char *text)
{
    return *text != '\0' ? json_pack("{s:s}", "text", text) : NULL;
}

json_t *fhir_coded(const char *system, const char *code, const char *text)
{
    json_t *out = json_pack("{s:[{s:s, s:s}]}", "coding", "system", system, "code", code);

    fhir_set_text(out, "text", text);
    return out;
}

json_t *fhir_list(json_t *only)
{
    return only != NULL ? json_pack("[o]", only) : NULL;
}

void fhir_set(json_t *object, const char *name, json_t *value)
{
    if (value != NULL)
        json_object_set_new(object, name, value);
}

void fhir_set_text(json_t *object, const char *name, const char *value)
{
    if (*value != '\0')
        json_object_set_new(object, name, json_string(value));
}

const char *fhir_organization(struct fhir *fhir, const char *name)
{
    return *name != '\0' ? fhir_add(fhir, "Organization", name, json_pack("{s:s}", "name", name)) : NULL;
}

/* The Bundle as text, NULL when there is no memory. */
static char *bundle_text(const struct fhir *fhir, const char *stamp)
{
    json_t *bundle = json_pack("{s:s, s:{s:s, s:s}, s:s, s:s, s:O}", "resourceType", "Bundle", "identifier", "system",
                               FHIR_CASE_SYSTEM, "value", fhir->file->kase.number, "type", "collection", "timestamp",
                               stamp, "entry", fhir->entries);
    char *text = bundle != NULL && !fhir->failed ? json_dumps(bundle, JSON_INDENT(1)) : NULL;

    json_decref(bundle);
    return text;
}

int tsk_fhir_write(struct tsk_buf *out, const struct tsk_case_file *file, struct tsk_blobs *blobs, const char *stamp,
                   struct tsk_err *err)
{
    struct fhir fhir = { .file = file, .blobs = blobs, .entries = json_array() };
    char *text = NULL;

    fhir_add_people(&fhir);
    fhir_add_referral(&fhir);
    fhir_add_outcomes(&fhir);
    fhir_add_sheets(&fhir);
    fhir_add_told(&fhir);
    int rc = fhir_add_documents(&fhir, err);
    if (rc == 0 && (text = bundle_text(&fhir, stamp)) != NULL)
        tsk_buf_puts(out, text);
    if (rc == 0 && (text == NULL || out->failed))
        rc = tsk_fail(err, TSK_RETRY, 0, "no memory for the Bundle of a case");
    free(text);
    json_decref(fhir.entries);
    json_decref(fhir.referral);
    return rc;
}
