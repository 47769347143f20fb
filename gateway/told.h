/* told - who was told of a sheet or a case and what waits for a person: the lower part of `sheet show` and `case show` */
#ifndef TASUKI_GATEWAY_TOLD_H
#define TASUKI_GATEWAY_TOLD_H

#include "gateway/session.h"

/* sheet 0: of the whole case. */
int tsk_told_print(struct tsk_session *session, int64_t sheet, const char *case_number) TSK_MUST_USE;
/* One line each: what a sheet is and whether it waits. */
int tsk_sheets_print(struct tsk_session *session, const char *state, const char *case_number) TSK_MUST_USE;
int tsk_view_note(struct tsk_session *session, const char *office,
                  const char *object) TSK_MUST_USE; /* one audit line */

#endif
