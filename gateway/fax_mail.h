/*
 * fax_mail - the channel that hands a fax to an Internet fax service: a mail to NUMBER@service with the pages attached
 *
 * Promise    SENT means that the mail server took it, no more: fax_result.h reads what the service says of it. Without an
 *            answer it is UNKNOWN and is not sent again by itself: it may be dialling already.
 * Contents   送信票 and letter as one PDF or TIFF; subject and text hold the notice's id and nothing else.
 */
#ifndef TASUKI_GATEWAY_FAX_MAIL_H
#define TASUKI_GATEWAY_FAX_MAIL_H

#include "gateway/site.h"
#include "routing/channel.h"

/* mail: the channel of mails, borrowed; it outlives this one. */
int tsk_fax_mail_open(struct tsk_channel **out, struct tsk_channel *mail, const struct tsk_site *site,
                      struct tsk_err *err) TSK_MUST_USE;

/* The address of a number: the pattern's * replaced. */
int tsk_fax_mail_address(char *out, size_t size, const struct tsk_fax_config *config, const char *number);

#endif
