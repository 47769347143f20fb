#include "gateway/purge_log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "base/os.h"
#include "records/move.h"
#include "records/purge.h"

#define LOG_MAX ((size_t)256 << 20)
#define ARENA_BYTES ((size_t)64 << 20)

static const char *const parts[] = { "at", "what", "id", "by", "why", "key" };

/* Over every part with its length in front. */
static int mac_of(char out[2 * TSK_MAC_BYTES + 1], const json_t *line, struct tsk_vault *vault, struct tsk_err *err)
{
    struct tsk_buf buf = TSK_BUF((size_t)1 << 16);
    unsigned char mac[TSK_MAC_BYTES];
    int rc = 0;

    tsk_buf_puts(&buf, "tasuki purge\n");
    for (size_t i = 0; i < TSK_COUNT(parts); i++) {
        const char *text = json_string_value(json_object_get(line, parts[i]));

        if (text == NULL)
            rc = tsk_fail(err, TSK_HOLD, 0, "\"%s\" is missing", parts[i]);
        else
            tsk_buf_printf(&buf, "%zu:%s\n", strlen(text), text);
    }
    if (rc == 0 && buf.failed)
        rc = tsk_fail(err, TSK_REJECT, 0, "the entry is too long");
    if (rc == 0)
        rc = tsk_vault_mac(mac, vault, json_string_value(json_object_get(line, "key")), TSK_USE_AUDIT, buf.data,
                           buf.len, err);
    if (rc == 0)
        sodium_bin2hex(out, 2 * TSK_MAC_BYTES + 1, mac, sizeof mac);
    tsk_buf_free(&buf);
    return rc;
}

static int append_line(const char *path, const char *text, struct tsk_err *err)
{
    struct tsk_buf line = TSK_BUF((size_t)1 << 16);
    int fd = tsk_os->openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600), rc = 0;

    if (fd < 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot write the purge log %s", path);
    tsk_buf_printf(&line, "%s\n", text);
    if (line.failed || tsk_write_all(fd, line.data, line.len) != 0 || tsk_os->fsync(fd) != 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the disk did not take the purge log %s", path);
    if (tsk_os->close(fd) != 0 && rc == 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the disk did not take the purge log %s", path);
    tsk_buf_free(&line);
    return rc;
}

int tsk_purge_note(const char *path, struct tsk_vault *vault, const struct tsk_purge *purge, struct tsk_err *err)
{
    char at[TSK_STAMP_SIZE], mac[2 * TSK_MAC_BYTES + 1], *text = NULL;
    json_t *line;
    int rc = -1;

    tsk_stamp(tsk_wall_ms(), at);
    line = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "at", at, "what", purge->what, "id", purge->id, "by", purge->by,
                     "why", purge->why, "key", tsk_vault_id(vault, 0));
    if (line == NULL || mac_of(mac, line, vault, err) != 0 || json_object_set_new(line, "mac", json_string(mac)) != 0 ||
        (text = json_dumps(line, JSON_COMPACT)) == NULL) {
        if (line == NULL || text == NULL)
            tsk_fail(err, TSK_RETRY, 0, "an entry of the purge log cannot be written");
    } else {
        rc = append_line(path, text, err);
    }
    free(text);
    json_decref(line);
    return rc;
}

static int purge_rows(bool *found, const json_t *line, const struct tsk_purge_target *target, struct tsk_arena *arena,
                      struct tsk_err *err)
{
    const struct tsk_subject subject = { json_string_value(json_object_get(line, "what")),
                                         json_string_value(json_object_get(line, "id")) };
    const char *at = json_string_value(json_object_get(line, "at")),
               *by = json_string_value(json_object_get(line, "by"));
    struct tsk_purged purged = { .found = false };
    int rc = strcmp(subject.kind, "office") == 0
                 ? tsk_move_again(&purged.found, target->store, subject.id, at, by, arena, err)
                 : tsk_purge_subject(&purged, target->store, &subject, json_string_value(json_object_get(line, "why")),
                                     by, arena, err);

    *found = purged.found;
    return rc;
}

/* Records, and files that none of them names any more; a second time there is nothing to do. */
static int purge_records(const json_t *line, const struct tsk_purge_target *target, struct tsk_err *err)
{
    const char *what = json_string_value(json_object_get(line, "what")),
               *id = json_string_value(json_object_get(line, "id"));
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    bool found = false;
    int64_t removed = 0, left = 0;
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to apply the purge log")
                           : purge_rows(&found, line, target, arena, err);

    if (rc == 0 && target->spool != NULL && strcmp(what, "document") == 0)
        rc = tsk_spool_dispose(target->spool, id, err);
    if (rc == 0)
        rc = tsk_purge_files(&removed, &left, target->store, target->blobs, 0, err);
    if (rc == 0 && left > 0)
        rc = tsk_fail(err, TSK_RETRY, 0, "somebody uses the archive; try again when nothing of the site runs");
    tsk_arena_free(&arena);
    return rc != 0 ? -1 : found || removed > 0;
}

static int apply_line(const json_t *line, const struct tsk_purge_target *target, struct tsk_err *err)
{
    const char *what = json_string_value(json_object_get(line, "what")),
               *id = json_string_value(json_object_get(line, "id")),
               *mac = json_string_value(json_object_get(line, "mac"));
    char want[2 * TSK_MAC_BYTES + 1];

    if (mac_of(want, line, target->vault, err) != 0)
        return -1;
    if (mac == NULL || strlen(mac) != strlen(want) || sodium_memcmp(mac, want, strlen(want)) != 0)
        return tsk_fail(err, TSK_HOLD, 0, "the entry was not written by this site");
    if (strcmp(what, "blob") == 0)
        return tsk_blob_remove(target->blobs, id, err) == 0 ? 1 : -1;
    if (strcmp(what, "case") == 0 || strcmp(what, "document") == 0 || strcmp(what, "incident") == 0 ||
        strcmp(what, "office") == 0)
        return purge_records(line, target, err);
    return tsk_fail(err, TSK_STOP, 0, "\"%s\" is nothing that this program knows to dispose of; update it first", what);
}

int tsk_purge_apply(const char *path, const struct tsk_purge_target *target, struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(LOG_MAX);
    int applied = tsk_file_read(path, &text, err), number = 0;

    for (const char *at = tsk_buf_text(&text); applied >= 0 && *at != '\0';) {
        size_t len = strcspn(at, "\n");
        json_t *line = json_loadb(at, len, JSON_REJECT_DUPLICATES, NULL);
        char where[64];
        int rc;

        number++;
        /* A line that a power cut broke off was never acknowledged: nothing was disposed of. */
        rc = line == NULL ? (at[len] == '\0' ? 0 : tsk_fail(err, TSK_HOLD, 0, "the line is damaged"))
                          : apply_line(line, target, err);
        json_decref(line);
        snprintf(where, sizeof where, "purge log, line %d", number);
        applied = rc < 0 ? tsk_fail_at(err, where) : applied + rc;
        at += len + (at[len] == '\n');
    }
    tsk_buf_free(&text);
    return applied;
}
