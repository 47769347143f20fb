/*
 * operator - words to whoever runs the machine: by mail, and by a second way when mail is down
 *
 * Mail       Through the site's own channel, to operator.email. Never patient data.
 * Second     operator.second is started without arguments and without a shell, the text on standard input, subject in TASUKI_SUBJECT;
 *            exit status 0 means that it was passed on. It may send a short message, ring a bell, write to another machine.
 */
#ifndef TASUKI_GATEWAY_OPERATOR_H
#define TASUKI_GATEWAY_OPERATOR_H

#include "gateway/site.h"

/* id makes the Message-ID: the same id twice is the same message. */
int tsk_operator_mail(const struct tsk_site *site, const char *to, const char *id, const char *subject,
                      const char *body, struct tsk_err *err) TSK_MUST_USE;
int tsk_operator_second(const struct tsk_site *site, const char *subject, const char *body,
                        struct tsk_err *err) TSK_MUST_USE;
/* Mail, else the second way. mail_is_down: do not try mail first. */
int tsk_operator_tell(const struct tsk_site *site, const char *id, const char *subject, const char *body,
                      bool mail_is_down, struct tsk_err *err) TSK_MUST_USE;

#endif
