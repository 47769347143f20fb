/* verify - `tasuki doctor --verify`: every byte that the site keeps is read and checked */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
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

void tsk_doctor_verify(struct tsk_doctor *doctor)
{
    if (doctor->records != NULL)
        verify_archive(doctor);
    verify_spool(doctor);
}
