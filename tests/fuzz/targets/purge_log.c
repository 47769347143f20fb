#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "fuzz.h"
#include "gateway/purge_log.h"

static struct tsk_blobs *blobs(void)
{
    static struct tsk_blobs *open;
    char path[96];

    snprintf(path, sizeof path, "%s/archive", fuzz_dir());
    if (open == NULL)
        fuzz_require(tsk_blobs_open(&open, path, fuzz_vault(), NULL) == 0, "an archive");
    return open;
}

static int apply(const char *path, struct tsk_err *err)
{
    static struct tsk_store *store;
    char database[96];

    snprintf(database, sizeof database, "%s/purged.db", fuzz_dir());
    if (store == NULL)
        fuzz_require(tsk_store_open(&store, database, NULL) == 0, "a store");
    const struct tsk_purge_target target = { .store = store, .blobs = blobs(), .vault = fuzz_vault() };

    return tsk_purge_apply(path, &target, err);
}

/* An entry of our own, with a stranger's words in it: it is applied or refused, and never once a byte of it changed. */
static void own_entry(const uint8_t *bytes, size_t len, unsigned how)
{
    char *what = fuzz_text(&bytes, &len), *id = fuzz_text(&bytes, &len), *why = fuzz_text(&bytes, &len), path[96];
    const struct tsk_purge purge = { .what = what, .id = id, .by = "tester", .why = why };
    struct tsk_buf log = TSK_BUF(1 << 20);
    struct tsk_err err = { 0 };

    snprintf(path, sizeof path, "%s/purges.log", fuzz_dir());
    unlink(path);
    if (tsk_purge_note(path, fuzz_vault(), &purge, &err) == 0 && tsk_file_read(path, &log, &err) == 0) {
        size_t at = how % log.len;
        int whole = apply(path, &err), changed;

        fuzz_require(whole >= 0 || err.text[0] != '\0', "what is refused has a reason");
        log.data[at] = (char)(log.data[at] == 'f' ? 'e' : 'f');
        changed = apply(fuzz_path(log.data, log.len), &err);
        fuzz_require(changed <= 0, "an entry that was changed does nothing");
    }
    tsk_buf_free(&log);
    free(what);
    free(id);
    free(why);
}

void fuzz_purge_log(const uint8_t *bytes, size_t len)
{
    unsigned how = fuzz_byte(&bytes, &len);
    struct tsk_err err = { 0 };

    if (how != 'F') {
        own_entry(bytes, len, how * 3);
        return;
    }
    fuzz_require(apply(fuzz_path(bytes, len), &err) <= 0, "what this site did not write disposes of nothing");
}
