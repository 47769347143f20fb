/*
 * folder - one watched folder: what settles in it, what is taken from it
 *
 * Input      Hostile: names, contents and timing of files that strangers and machines put there.
 * Promise    As intake.h says. A file that is replaced, or written to again, while it is being taken is not lost: what is put
 *            away is looked at once more under its new name, and goes back if it is not what the spool has.
 */
#ifndef TASUKI_GATEWAY_FOLDER_H
#define TASUKI_GATEWAY_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/site.h"
#include "spool/spool.h"

struct tsk_folder;

/* site, spool and source are borrowed. inotify: descriptor that gets a watch on the folder. */
int tsk_folder_open(struct tsk_folder **out, const struct tsk_site *site, struct tsk_spool *spool,
                    const struct tsk_source *source, int inotify, struct tsk_err *err) TSK_MUST_USE;
void tsk_folder_close(struct tsk_folder **folder);

/* One look through it; what is ready is taken, for about a second at most. Returns the milliseconds until it should be looked
 * at again at the latest, 0 = at once. *looked: the folder was there. */
int64_t tsk_folder_step(struct tsk_folder *folder, bool *looked);

/* Names under which programs keep what is not finished, and what systems leave behind. */
bool tsk_folder_temporary(const char *name);

#endif
