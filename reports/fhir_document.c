/* The documents that the sheets came in: what is known of each, and its bytes as a Binary. */
#include <gnutls/crypto.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "reports/fhir_parts.h"
#include "reports/pages.h"

#define FILE_BYTES_MAX ((size_t)64 << 20)
#define SHA1_BYTES 20

json_t *fhir_base64(struct fhir *fhir, const void *bytes, size_t len)
{
    size_t room = sodium_base64_encoded_len(len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    json_t *out = text != NULL
                      ? json_string_nocheck(sodium_bin2base64(text, room, bytes, len, sodium_base64_VARIANT_ORIGINAL))
                      : NULL;

    free(text);
    fhir->failed = fhir->failed || out == NULL;
    return out;
}

/* The original where all of it is of this case, else its pages of this case: a fax may hold another patient's as well. */
static int read_bytes(struct tsk_buf *out, const char **media, struct fhir *fhir, const struct tsk_document *document,
                      struct tsk_err *err)
{
    bool whole = false;

    if (tsk_pages_whole(&whole, fhir->file, document->spool_id, err) != 0)
        return -1;
    *media = !whole ? "application/pdf" : *document->media != '\0' ? document->media : "application/octet-stream";
    return whole ? tsk_blob_get(out, fhir->blobs, document->sha256, err)
                 : tsk_pages_of_case_in(out, fhir->file, document->spool_id, document->received, fhir->blobs, err);
}

/* Attachment.hash is SHA-1 by the standard. */
static int add_bytes(struct fhir *fhir, const struct tsk_document *document, json_t *attachment, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(FILE_BYTES_MAX);
    unsigned char sha1[SHA1_BYTES];
    const char *media = "";
    int rc = read_bytes(&bytes, &media, fhir, document, err);

    if (rc == 0 && gnutls_hash_fast(GNUTLS_DIG_SHA1, bytes.data, bytes.len, sha1) != 0)
        rc = tsk_fail(err, TSK_STOP, 0, "cannot make a SHA-1");
    if (rc == 0) {
        const char *url = fhir_add(fhir, "Binary", document->spool_id,
                                   json_pack("{s:s, s:o, s:o}", "contentType", media, "securityContext",
                                             fhir_patient(fhir), "data", fhir_base64(fhir, bytes.data, bytes.len)));
        fhir_set_text(attachment, "contentType", media);
        fhir_set_text(attachment, "url", url != NULL ? url : "");
        fhir_set(attachment, "size", json_integer((json_int_t)bytes.len));
        fhir_set(attachment, "hash", fhir_base64(fhir, sha1, sizeof sha1));
    }
    tsk_buf_free(&bytes);
    return rc;
}

static int add_document(struct fhir *fhir, const struct tsk_document *document, struct tsk_err *err)
{
    json_t *attachment = json_pack("{s:s}", "creation", document->received);

    fhir_set_text(attachment, "title", document->name);
    if (fhir->blobs != NULL && add_bytes(fhir, document, attachment, err) != 0) {
        json_decref(attachment);
        return -1;
    }
    fhir_add(fhir, "DocumentReference", document->spool_id,
             json_pack("{s:{s:s, s:s}, s:[{s:s, s:s}], s:s, s:o, s:s, s:s, s:[{s:o}]}", "masterIdentifier", "system",
                       "urn:x-tasuki:document", "value", document->spool_id, "identifier", "system",
                       "urn:x-tasuki:sha256", "value", document->sha256, "status", "current", "subject",
                       fhir_patient(fhir), "date", document->received, "description", "受信した用紙の原本", "content",
                       "attachment", attachment));
    return 0;
}

int fhir_add_documents(struct fhir *fhir, struct tsk_err *err)
{
    const struct tsk_documents *all = &fhir->file->documents;

    for (size_t i = 0; i < all->count; i++)
        if (add_document(fhir, &all->items[i], err) != 0)
            return -1;
    return 0;
}
