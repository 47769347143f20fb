/* blob_refs - every archived file that the records name, for whoever verifies, copies or disposes */
#ifndef TASUKI_RECORDS_BLOB_REFS_H
#define TASUKI_RECORDS_BLOB_REFS_H

#include "base/hash.h"
#include "records/store.h"

enum tsk_blob_role { TSK_BLOB_ORIGINAL, TSK_BLOB_IMAGE, TSK_BLOB_CROPS };

struct tsk_blob_ref {
    const char *sha256;
    const char *document; /* spool id */
    enum tsk_blob_role role;
    bool may_lack; /* of a document that was damaged before it could be archived */
};

struct tsk_blob_refs {
    struct tsk_blob_ref *items;
    size_t count;
};

/* In the order of the documents; a file that two name is there twice. */
int tsk_blob_refs(struct tsk_blob_refs *out, struct tsk_store *store, struct tsk_arena *arena,
                  struct tsk_err *err) TSK_MUST_USE;

/* Does any record name it? */
int tsk_blob_is_named(bool *out, struct tsk_store *store, const char *sha256, struct tsk_err *err) TSK_MUST_USE;

#endif
