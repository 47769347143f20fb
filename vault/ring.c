#include "vault/ring.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "vault/vault.h"

#define RING_MAX 32768
#define SEALED_BYTES (crypto_secretbox_NONCEBYTES + TSK_KEY_BYTES + crypto_secretbox_MACBYTES)
#define BASE64_SIZE sodium_base64_ENCODED_LEN(SEALED_BYTES, sodium_base64_VARIANT_ORIGINAL)

static int open_one(struct tsk_key *out, const json_t *item, const unsigned char key[TSK_KEY_BYTES])
{
    const char *text = json_string_value(json_object_get(item, "sealed"));
    const char *id = json_string_value(json_object_get(item, "id"));
    unsigned char sealed[SEALED_BYTES], bytes[TSK_KEY_BYTES];
    size_t len = 0;
    int rc = -1;

    if (text == NULL || id == NULL ||
        sodium_base642bin(sealed, sizeof sealed, text, strlen(text), NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        len != sizeof sealed)
        return -1;
    if (crypto_secretbox_open_easy(bytes, sealed + crypto_secretbox_NONCEBYTES, len - crypto_secretbox_NONCEBYTES,
                                   sealed, key) == 0) {
        tsk_key_of(out, bytes);
        rc = strcmp(out->id, id) == 0 ? 0 : -1;
    }
    sodium_memzero(bytes, sizeof bytes);
    return rc;
}

static int take(struct tsk_ring *out, const json_t *json, const char *path, const struct tsk_key *with,
                struct tsk_err *err)
{
    const char *current = json_string_value(json_object_get(json, "current"));
    const json_t *retired = json_object_get(json, "retired"), *item;
    unsigned char key[TSK_KEY_BYTES];
    size_t i;
    int rc = 1;

    if (current == NULL || strlen(current) != TSK_KEY_ID_SIZE - 1 || !json_is_array(retired) ||
        json_integer_value(json_object_get(json, "version")) != 1)
        return tsk_fail(err, TSK_STOP, 0, "%s is damaged; restore it from a backup", path);
    memcpy(out->current, current, TSK_KEY_ID_SIZE);
    if (with == NULL || strcmp(with->id, current) != 0)
        return 1;
    tsk_key_derive(key, with, TSK_USE_RING);
    json_array_foreach(retired, i, item)
    {
        if (out->count == TSK_KEYS_MAX || open_one(&out->retired[out->count], item, key) != 0) {
            rc = tsk_fail(err, TSK_STOP, 0, "%s is damaged: entry %zu does not open; restore it from a backup", path,
                          i + 1);
            break;
        }
        out->count++;
    }
    sodium_memzero(key, sizeof key);
    return rc;
}

int tsk_ring_read(struct tsk_ring *out, const char *path, const struct tsk_key *with, struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(RING_MAX);
    json_t *json;
    int rc = -1;

    *out = (struct tsk_ring){ .count = 0 };
    if (access(path, F_OK) != 0)
        return 0;
    if (tsk_file_read(path, &text, err) == 0) {
        json = json_loadb(tsk_buf_text(&text), text.len, JSON_REJECT_DUPLICATES, NULL);
        rc = take(out, json, path, with, err);
        json_decref(json);
    }
    tsk_buf_free(&text);
    return rc;
}

static json_t *close_one(const struct tsk_key *one, const unsigned char key[TSK_KEY_BYTES])
{
    unsigned char sealed[SEALED_BYTES];
    char text[BASE64_SIZE];

    randombytes_buf(sealed, crypto_secretbox_NONCEBYTES);
    if (crypto_secretbox_easy(sealed + crypto_secretbox_NONCEBYTES, one->bytes, TSK_KEY_BYTES, sealed, key) != 0)
        return NULL;
    sodium_bin2base64(text, sizeof text, sealed, sizeof sealed, sodium_base64_VARIANT_ORIGINAL);
    return json_pack("{s:s, s:s}", "id", one->id, "sealed", text);
}

int tsk_ring_write(const char *path, const struct tsk_key *current, const struct tsk_key *retired, size_t count,
                   struct tsk_err *err)
{
    json_t *list = json_array(), *json = NULL;
    unsigned char key[TSK_KEY_BYTES];
    char *text = NULL;
    int rc = 0;

    tsk_key_derive(key, current, TSK_USE_RING);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = json_array_append_new(list, close_one(&retired[i], key));
    sodium_memzero(key, sizeof key);
    json = json_pack("{s:i, s:s, s:O}", "version", 1, "current", current->id, "retired", list);
    if (rc == 0 && json != NULL)
        text = json_dumps(json, JSON_INDENT(1));
    rc = text == NULL ? tsk_fail(err, TSK_RETRY, 0, "out of memory")
                      : tsk_file_put_path(path, text, strlen(text), 0600, err);
    free(text);
    json_decref(json);
    json_decref(list);
    return rc;
}
