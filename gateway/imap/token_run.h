/* token_run - asking for an access token: over https, or of a program; see token.h for the promises */
#ifndef TASUKI_GATEWAY_IMAP_TOKEN_RUN_H
#define TASUKI_GATEWAY_IMAP_TOKEN_RUN_H

#include "base/buf.h"
#include "config/config.h"

struct tsk_token_request {
    const char *source;
    const struct tsk_imap_config *imap;
    const char *ca_file;                       /* absolute; NULL = the system's */
    const char *refresh_token, *client_secret; /* "" = none; without a refresh token client credentials are used */
};

int tsk_token_ask(struct tsk_buf *answer, const struct tsk_token_request *request, struct tsk_err *err) TSK_MUST_USE;
int tsk_token_run(struct tsk_buf *answer, const char *source, const struct tsk_strings *command, int timeout_s,
                  struct tsk_err *err) TSK_MUST_USE;

#endif
