/* twins - parts of a message that are the same fax */
#ifndef TASUKI_GATEWAY_MAIL_TWINS_H
#define TASUKI_GATEWAY_MAIL_TWINS_H

#include "gateway/mail/mime.h"

/* Leaves out the same bytes again, and the PDF that a fax server sends beside the TIFF of the same name. */
void tsk_mail_drop_twins(struct tsk_mail_read *mail);

#endif
