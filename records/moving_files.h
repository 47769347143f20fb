/*
 * moving_files - the files of the archive that come with an office
 *
 * Order      A list of them is noted first (tsk_moving_files_note()) among those to be removed unless a record names them, so that an
 *            import that is killed leaves files that the next tsk_purge_files() takes away. The import's own transaction ends the note.
 */
#ifndef TASUKI_RECORDS_MOVING_FILES_H
#define TASUKI_RECORDS_MOVING_FILES_H

#include "records/blob_refs.h"

/* Empties the list, which belongs to the handle. */
int tsk_moving_files_start(struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;
int tsk_moving_files_add(struct tsk_store *store, const char *sha256, struct tsk_err *err) TSK_MUST_USE;
int tsk_moving_files_note(struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;
/* TSK_HOLD when the office's records name a file that is not in the list. Ends the note. */
int tsk_moving_files_check(struct tsk_store *store, const char *office, struct tsk_err *err) TSK_MUST_USE;
/* Those that the office's records name, each once, by SHA-256. */
int tsk_moving_files_of(struct tsk_blob_refs *out, struct tsk_store *store, const char *office, struct tsk_arena *arena,
                        struct tsk_err *err) TSK_MUST_USE;

#endif
