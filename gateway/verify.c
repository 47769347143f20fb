/* verify - `tasuki doctor --verify`: every byte that the site keeps is read and checked */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "gateway/backup.h"
#include "gateway/doctor.h"
#include "gateway/spool_site.h"
#include "records/blob_refs.h"

#define ARENA_BYTES ((size_t)512 << 20)

static void verify_refs(struct tsk_doctor *doctor, struct tsk_blobs *blobs, const struct tsk_blob_refs *refs)
{
    static const char *const roles[] = { "original", "page image", "crops" };
    size_t lacking = 0;
    int before = doctor->faults;

    for (size_t i = 0; i < refs->count; i++) {
        const struct tsk_blob_ref *ref = &refs->items[i];
        struct tsk_err err = { 0 };

        if (tsk_blob_verify(blobs, ref->sha256, &err) == 0)
            continue;
        if (ref->may_lack)
            lacking++;
        else
            tsk_doctor_fault(doctor, "document %s, its %s: %s", ref->document, roles[ref->role], err.text);
    }
    if (lacking > 0)
        tsk_doctor_note("%zu held documents were damaged before they could be archived", lacking);
    if (doctor->faults == before)
        tsk_doctor_well("archive: each of %zu files that the records name is there and is what it was",
                        refs->count - lacking);
}

static void verify_archive(struct tsk_doctor *doctor)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_blobs *blobs = NULL;
    struct tsk_blob_refs refs;
    struct tsk_err err = { 0 };

    if (arena == NULL || tsk_site_blobs_open(&blobs, doctor->site, &err) != 0 ||
        tsk_blob_refs(&refs, doctor->records->store, arena, &err) != 0)
        tsk_doctor_fault(doctor, "the archive cannot be verified: %s", arena != NULL ? err.text : "out of memory");
    else
        verify_refs(doctor, blobs, &refs);
    tsk_blobs_close(&blobs);
    tsk_arena_free(&arena);
}

static void verify_document(struct tsk_doctor *doctor, struct tsk_spool *spool, const char *id)
{
    struct tsk_spool_entry entry;
    struct tsk_err err = { 0 };
    int fd = tsk_spool_peek(spool, id, &entry, &err);

    if (fd >= 0)
        close(fd);
    else if (err.kind != TSK_REJECT) /* REJECT: read and gone meanwhile */
        tsk_doctor_fault(doctor, "spool: %s", err.text);
}

static void verify_spool(struct tsk_doctor *doctor)
{
    static const enum tsk_spool_state states[] = { TSK_SPOOL_INCOMING, TSK_SPOOL_READING, TSK_SPOOL_HELD };
    struct tsk_spool *spool;
    struct tsk_err err = { 0 };
    int before = doctor->faults;
    size_t total = 0;

    if (tsk_site_spool_open(&spool, doctor->site, &err) != 0) {
        tsk_doctor_fault(doctor, "%s", err.text);
        return;
    }
    for (size_t s = 0; s < TSK_COUNT(states); s++) {
        struct tsk_spool_entry *entries;
        size_t count;

        if (tsk_spool_list(spool, states[s], &entries, &count, &err) != 0) {
            tsk_doctor_fault(doctor, "%s", err.text);
            continue;
        }
        for (size_t i = 0; i < count; i++)
            verify_document(doctor, spool, entries[i].envelope.id);
        total += count;
        tsk_spool_list_free(&entries);
    }
    tsk_spool_close(&spool);
    if (doctor->faults == before)
        tsk_doctor_well("spool: each of %zu documents is what was accepted", total);
}

/* What a restore wrote down, against what is there. */
struct restored {
    struct tsk_doctor *doctor;
    struct tsk_blobs *blobs;
    struct tsk_spool *spool;
    size_t files, documents;
    bool same_store;
};

static void verify_restored_document(struct restored *r, const char *name, const char *sha256)
{
    const char *slash = strrchr(name, '/');
    struct tsk_spool_entry entry;
    struct tsk_err err = { 0 };
    char id[TSK_ID_SIZE];
    int fd;

    if (slash == NULL || slash - name < TSK_ID_SIZE || strcmp(slash, "/original") != 0)
        return;
    snprintf(id, sizeof id, "%.26s", slash - TSK_ID_SIZE + 1);
    fd = tsk_spool_peek(r->spool, id, &entry, &err);
    if (fd >= 0)
        close(fd);
    if (fd < 0 && err.kind == TSK_REJECT) /* it has been read since */
        return;
    r->documents++;
    if (fd < 0 || strcmp(entry.envelope.sha256, sha256) != 0)
        tsk_doctor_fault(r->doctor, "restored document %s: %s", id,
                         fd < 0 ? err.text : "other bytes than in the backup");
}

/* What was disposed of after the backup was disposed of again: no record names it. */
static bool is_disposed_of(const struct restored *r, const char *sha256)
{
    const struct tsk_records *records = r->doctor->records;
    bool named = true;

    return records != NULL && tsk_blob_is_named(&named, records->store, sha256, NULL) == 0 && !named;
}

static void verify_restored_file(struct restored *r, const char *name, const char *sha256)
{
    struct tsk_err err = { 0 };
    bool whole = strcmp(name, sha256) == 0 && tsk_blob_verify(r->blobs, sha256, &err) == 0;

    r->files += whole;
    if (!whole && !is_disposed_of(r, sha256))
        tsk_doctor_fault(r->doctor, "restored file %.12s…: %s", sha256, err.text);
}

static bool is_same_store(const struct tsk_site *site, const char *sha256)
{
    int fd = open(site->store, O_RDONLY | O_CLOEXEC);
    char actual[TSK_SHA256_HEX] = "";
    bool read = fd >= 0 && tsk_sha256_fd(fd, actual, NULL) == 0;

    if (fd >= 0)
        close(fd);
    return read && strcmp(actual, sha256) == 0;
}

/* "SHA256 SIZE NAME" */
static void verify_line(struct restored *r, char *line)
{
    char *name = strchr(line, ' ');

    name = name != NULL ? strchr(name + 1, ' ') : NULL;
    if (name == NULL || strlen(line) < TSK_SHA256_HEX)
        return;
    line[TSK_SHA256_HEX - 1] = '\0';
    name++;
    if (strncmp(name, "archive/", 8) == 0)
        verify_restored_file(r, name + 8, line);
    else if (strncmp(name, "spool/", 6) == 0)
        verify_restored_document(r, name, line);
    else if (strcmp(name, "store/tasuki.db") == 0)
        r->same_store = is_same_store(r->doctor->site, line);
}

static void verify_manifest(struct restored *r, char *text)
{
    int before = r->doctor->faults;

    for (char *line = text, *next; line != NULL && *line != '\0'; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        verify_line(r, line);
    }
    if (r->doctor->faults == before)
        tsk_doctor_well(
            "restored: each of %zu files of the archive and of %zu documents that wait is identical to the backup",
            r->files, r->documents);
    if (r->same_store)
        tsk_doctor_well("restored: the database is identical to the backup");
    else
        tsk_doctor_note("restored: the database has changed since, as it does when the site works");
}

static void verify_restored(struct tsk_doctor *doctor)
{
    char *path = tsk_site_path(doctor->site, TSK_RESTORED);
    struct restored r = { .doctor = doctor };
    struct tsk_buf text = TSK_BUF((size_t)256 << 20);
    struct tsk_err err = { 0 };

    if (path != NULL && access(path, F_OK) == 0) {
        if (tsk_file_read(path, &text, &err) != 0 || tsk_site_blobs_open(&r.blobs, doctor->site, &err) != 0 ||
            tsk_site_spool_open(&r.spool, doctor->site, &err) != 0)
            tsk_doctor_fault(doctor, "%s", err.text);
        else
            verify_manifest(&r, text.data);
    }
    tsk_blobs_close(&r.blobs);
    tsk_spool_close(&r.spool);
    tsk_buf_free(&text);
    free(path);
}

void tsk_doctor_verify(struct tsk_doctor *doctor)
{
    verify_restored(doctor);
    if (doctor->records != NULL)
        verify_archive(doctor);
    verify_spool(doctor);
}
