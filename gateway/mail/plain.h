/* plain - the words of a letter with tags */
#ifndef TASUKI_GATEWAY_MAIL_PLAIN_H
#define TASUKI_GATEWAY_MAIL_PLAIN_H

#include "gateway/mail/mime.h"

/*
 * <br> and ends of paragraphs are lines, other tags nothing; a handful of entities is all that letters have. For people to read, as
 * plain text: whoever shows it in a page escapes it. malloc'ed, TSK_MAIL_TEXT_MAX at most; NULL without memory.
 */
char *tsk_plain_of_html(const char *html) TSK_MUST_USE;

#endif
