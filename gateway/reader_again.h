/*
 * reader_again - pages that a person wants read again (records/reread.h), one at a time, when nothing else waits
 *
 * Process    A recogniser of its own is started for each: another form or edition may be asked for than the site's recogniser holds
 *            in its memory, or a newer one. Nothing of the records changes but the result that a person then takes or drops.
 */
#ifndef TASUKI_GATEWAY_READER_AGAIN_H
#define TASUKI_GATEWAY_READER_AGAIN_H

#include "gateway/site.h"
#include "gateway/site_routing.h"

/* True when there was one; what went wrong is in the log and in its row. */
bool tsk_reader_again(const struct tsk_site *site, const struct tsk_records *records);

#endif
