/* web_blanks - pictures of our own blanks for the desk's page of forms, made before it listens; one that fails is logged */
#ifndef TASUKI_GATEWAY_WEB_BLANKS_H
#define TASUKI_GATEWAY_WEB_BLANKS_H

#include "forms/form.h"

void tsk_web_blanks(const char *cache, const struct tsk_forms *forms);

#endif
