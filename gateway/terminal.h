/*
 * terminal - who stands behind --by, when tasuki.yaml says which login of this machine is whom (terminal:)
 *
 * Promise    With a terminal: section a name is proved: the login that the kernel noted when the person signed in to the machine (it
 *            survives sudo and su), else the user who started the command, must be the one of that name. A command that names
 *            nobody stands under the name of its login. Without the section a name is a promise.
 * Not        Against root of the machine, who can be anybody.
 */
#ifndef TASUKI_GATEWAY_TERMINAL_H
#define TASUKI_GATEWAY_TERMINAL_H

#include "config/config.h"
#include "gateway/command.h"

/* Before the command becomes the user of the site: who started it. */
void tsk_terminal_begin(void);
/* *by: what was typed, or NULL; becomes the name of the login. TSK_REJECT when it is somebody else's, or nobody's login. */
int tsk_terminal_prove(const char **by, const struct tsk_config *config, struct tsk_err *err) TSK_MUST_USE;

#endif
