#include "gateway/office_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "vault/box.h"

#define ABOUT_MAX ((size_t)1 << 20)

const char tsk_office_magic[TSK_OFFICE_HEAD + 1] = "TASUKI-OFFICE-1\n";

static int open_at_box(const char *path, unsigned char box[TSK_BOX_BYTES], struct tsk_err *err)
{
    char head[TSK_OFFICE_HEAD];
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return tsk_fail(err, TSK_REJECT, errno, "cannot open %s", path);
    if (read(fd, head, sizeof head) == (ssize_t)sizeof head && memcmp(head, tsk_office_magic, sizeof head) == 0 &&
        read(fd, box, TSK_BOX_BYTES) == TSK_BOX_BYTES)
        return fd;
    close(fd);
    return tsk_fail(err, TSK_HOLD, 0, "%s is no exported office, or it is damaged", path);
}

static int read_all(struct tsk_backup *seen, struct tsk_buf *manifest, const char *path, struct tsk_vault *transfer,
                    const struct tsk_backup_visitor *visitor, struct tsk_err *err)
{
    unsigned char box[TSK_BOX_BYTES];
    int fd = open_at_box(path, box, err), rc;

    if (fd < 0)
        return -1;
    rc = tsk_backup_read_fd(seen, manifest, fd, path, transfer, TSK_USE_MOVE, visitor, err);
    close(fd);
    return rc;
}

struct look {
    struct tsk_office_archive *archive;
    struct tsk_buf about;
    struct tsk_buf *to; /* NULL: only looked at */
};

static bool is_hex(const char *text)
{
    return strlen(text) == TSK_SHA256_HEX - 1 && strspn(text, "0123456789abcdef") == TSK_SHA256_HEX - 1;
}

static bool is_document(const char *name)
{
    const char *slash = strchr(name, '/'), *part = slash != NULL ? strchr(slash + 1, '/') : NULL;
    char id[TSK_ID_SIZE];

    if (part == NULL || part - slash != TSK_ID_SIZE)
        return false;
    snprintf(id, sizeof id, "%.26s", slash + 1);
    return (strncmp(name, "held/", 5) == 0 || strncmp(name, "incoming/", 9) == 0) && tsk_spool_id_valid(id) &&
           (strcmp(part, "/envelope.json") == 0 || strcmp(part, "/reason") == 0 || strcmp(part, "/original") == 0);
}

static bool belongs(const char *name)
{
    size_t len = strlen(name);

    if (strncmp(name, "archive/", 8) == 0)
        return is_hex(name + 8);
    if (strncmp(name, "spool/", 6) == 0)
        return is_document(name + 6);
    if (strncmp(name, "records/", 8) == 0)
        return len > 14 && strcmp(name + len - 6, ".jsonl") == 0 && strchr(name + 8, '/') == NULL;
    return strcmp(name, "office.json") == 0 || strcmp(name, "office.yaml") == 0 || strcmp(name, "audit.jsonl") == 0;
}

static int look_begin(void *ctx, const char *name, uint64_t size, struct tsk_err *err)
{
    struct look *look = ctx;

    (void)size;
    look->to = strcmp(name, "office.json") == 0   ? &look->about
               : strcmp(name, "office.yaml") == 0 ? &look->archive->yaml
                                                  : NULL;
    return belongs(name) ? 0 : tsk_fail(err, TSK_HOLD, 0, "\"%.80s\" is nothing that belongs to an office", name);
}

static int look_bytes(void *ctx, const void *bytes, size_t len, struct tsk_err *err)
{
    struct look *look = ctx;

    if (look->to == NULL)
        return 0;
    tsk_buf_add(look->to, bytes, len);
    return look->to->failed ? tsk_fail(err, TSK_HOLD, 0, "what the archive says of itself is too long") : 0;
}

static int look_end(void *ctx, struct tsk_err *err)
{
    (void)ctx;
    (void)err;
    return 0;
}

static int read_about(struct tsk_office_archive *archive, const struct tsk_buf *text, struct tsk_err *err)
{
    const json_t *office;

    archive->about = json_loadb(tsk_buf_text(text), text->len, JSON_REJECT_DUPLICATES, NULL);
    office = json_object_get(archive->about, "office");
    archive->office = json_string_value(json_object_get(office, "id"));
    archive->schema = json_integer_value(json_object_get(archive->about, "schema"));
    if (archive->office == NULL || json_string_value(json_object_get(office, "code")) == NULL ||
        json_string_value(json_object_get(office, "name")) == NULL ||
        json_string_value(json_object_get(office, "ward")) == NULL)
        return tsk_fail(err, TSK_HOLD, 0, "%s does not say which office it holds", archive->path);
    return json_integer_value(json_object_get(archive->about, "format")) == TSK_OFFICE_FORMAT
               ? 0
               : tsk_fail(err, TSK_STOP, 0, "%s is of a format that this program does not know; update it first",
                          archive->path);
}

static int open_box(struct tsk_office_archive *archive, struct tsk_vault *site, struct tsk_err *err)
{
    unsigned char box[TSK_BOX_BYTES], key[TSK_KEY_BYTES];
    int fd = open_at_box(archive->path, box, err), rc;

    if (fd < 0)
        return -1;
    close(fd);
    rc = tsk_box_open(key, box, site, err);
    if (rc == 0)
        rc = tsk_vault_of(&archive->transfer, key, err);
    sodium_memzero(key, sizeof key);
    return rc;
}

int tsk_office_archive_open(struct tsk_office_archive *out, const char *path, struct tsk_vault *site,
                            struct tsk_err *err)
{
    struct look look = { .archive = out, .about = TSK_BUF(ABOUT_MAX) };
    const struct tsk_backup_visitor visitor = { look_begin, look_bytes, look_end, &look };
    int rc;

    *out =
        (struct tsk_office_archive){ .path = path, .manifest = TSK_BUF(TSK_MANIFEST_MAX), .yaml = TSK_BUF(ABOUT_MAX) };
    rc = open_box(out, site, err);
    if (rc == 0)
        rc = read_all(&out->seen, &out->manifest, path, out->transfer, &visitor, err);
    if (rc == 0) {
        tsk_sha256_hex(tsk_buf_text(&out->manifest), out->manifest.len, out->digest);
        rc = read_about(out, &look.about, err);
    }
    tsk_buf_free(&look.about);
    return rc;
}

void tsk_office_archive_close(struct tsk_office_archive *archive)
{
    json_decref(archive->about);
    tsk_buf_free(&archive->manifest);
    tsk_buf_free(&archive->yaml);
    tsk_vault_close(&archive->transfer);
}

int tsk_office_archive_read(struct tsk_office_archive *archive, const struct tsk_backup_visitor *visitor,
                            struct tsk_err *err)
{
    struct tsk_buf manifest = TSK_BUF(TSK_MANIFEST_MAX);
    struct tsk_backup seen;
    int rc = read_all(&seen, &manifest, archive->path, archive->transfer, visitor, err);

    if (rc == 0 && (manifest.len != archive->manifest.len ||
                    memcmp(tsk_buf_text(&manifest), tsk_buf_text(&archive->manifest), manifest.len) != 0))
        rc = tsk_fail(err, TSK_HOLD, 0, "%s changed while it was read", archive->path);
    tsk_buf_free(&manifest);
    return rc;
}

int tsk_office_archive_verify(char digest[TSK_SHA256_HEX], const char *path, struct tsk_vault *transfer,
                              struct tsk_err *err)
{
    struct tsk_buf manifest = TSK_BUF(TSK_MANIFEST_MAX);
    struct tsk_backup seen;
    int rc = read_all(&seen, &manifest, path, transfer, NULL, err);

    if (rc == 0)
        tsk_sha256_hex(tsk_buf_text(&manifest), manifest.len, digest);
    tsk_buf_free(&manifest);
    return rc;
}

/* "SHA256 SIZE NAME" */
int tsk_office_archive_names(const struct tsk_office_archive *archive, const char *folder,
                             int (*each)(void *ctx, const char *name, const char *sha256, struct tsk_err *err),
                             void *ctx, struct tsk_err *err)
{
    size_t prefix = strlen(folder);
    int rc = 0;

    for (const char *line = tsk_buf_text(&archive->manifest); *line != '\0' && rc == 0;) {
        size_t len = strcspn(line, "\n");
        const char *name = memchr(line, ' ', len);
        char sha256[TSK_SHA256_HEX], copy[256];

        name = name != NULL ? memchr(name + 1, ' ', len - (size_t)(name + 1 - line)) : NULL;
        if (name != NULL && strncmp(name + 1, folder, prefix) == 0) {
            snprintf(sha256, sizeof sha256, "%.64s", line);
            snprintf(copy, sizeof copy, "%.*s", (int)(len - (size_t)(name + 1 - line) - prefix), name + 1 + prefix);
            rc = each(ctx, copy, sha256, err);
        }
        line += len + (line[len] == '\n');
    }
    return rc;
}

int tsk_office_receipt_key(char out[TSK_SHA256_HEX], struct tsk_vault *transfer, struct tsk_err *err)
{
    static const char words[] = "tasuki office receipt";
    unsigned char mac[TSK_MAC_BYTES];

    if (tsk_vault_mac(mac, transfer, NULL, TSK_USE_AUDIT, words, sizeof words - 1, err) != 0)
        return -1;
    sodium_bin2hex(out, TSK_SHA256_HEX, mac, sizeof mac);
    return 0;
}

int tsk_office_receipt_mac(char out[TSK_SHA256_HEX], const json_t *receipt, const char *key, struct tsk_err *err)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)receipt);
    char *text = NULL;

    if (copy != NULL && (json_object_del(copy, "mac") == 0 || true))
        text = json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(copy);
    if (text == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a receipt");
    tsk_hmac_sha256_hex(key, strlen(key), text, strlen(text), out);
    free(text);
    return 0;
}

static int add_documents(struct tsk_office_documents *out, const struct tsk_spool_entry *entries, size_t count,
                         enum tsk_spool_state state, const char *office, struct tsk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        bool known = !entries[i].readable || strcmp(entries[i].envelope.office, office) != 0;
        void *more;

        for (size_t k = 0; k < out->count; k++)
            known = known || strcmp(out->items[k].id, entries[i].envelope.id) == 0;
        if (known)
            continue;
        more = realloc(out->items, (out->count + 1) * sizeof *out->items);
        if (more == NULL)
            return tsk_fail(err, TSK_RETRY, 0, "out of memory");
        out->items = more;
        memcpy(out->items[out->count].id, entries[i].envelope.id, TSK_ID_SIZE);
        out->items[out->count++].state = state;
    }
    return 0;
}

int tsk_office_documents(struct tsk_office_documents *out, struct tsk_spool *spool, const char *office,
                         struct tsk_err *err)
{
    *out = (struct tsk_office_documents){ .count = 0 };
    for (int state = 0; state < TSK_SPOOL_STATES; state++) {
        struct tsk_spool_entry *entries;
        size_t count;
        int rc = tsk_spool_list(spool, (enum tsk_spool_state)state, &entries, &count, err);

        if (rc == 0) {
            rc = add_documents(out, entries, count, (enum tsk_spool_state)state, office, err);
            tsk_spool_list_free(&entries);
        }
        if (rc != 0) {
            free(out->items);
            out->items = NULL;
            return -1;
        }
    }
    return 0;
}
