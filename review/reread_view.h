/* reread_view - what is told of a page that is read again; private to review/ */
#ifndef TASUKI_REVIEW_REREAD_VIEW_H
#define TASUKI_REVIEW_REREAD_VIEW_H

#include "records/reread.h"
#include "review/request.h"

/* reread NULL: none was asked for. differences is taken over. With the forms that a page can be read as. */
json_t *tsk_view_reread(const struct tsk_request *request, const struct tsk_reread *reread, json_t *differences);

#endif
