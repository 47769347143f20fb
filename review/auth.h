/*
 * auth - who sends a request, and whether this route is for them; private to review/
 *
 * Order      Origin, session, lock, what the account still has to do, role, CSRF token.
 */
#ifndef TASUKI_REVIEW_AUTH_H
#define TASUKI_REVIEW_AUTH_H

#include "records/login.h"
#include "review/server.h"

#define TSK_COOKIE "__Host-tasuki"

/* Fills the request's login, who, scope and address; or refuses. */
int tsk_auth_check(struct tsk_exchange *exchange, struct tsk_err *err) TSK_MUST_USE;
/* Name, language, roles and grants of an account. */
int tsk_auth_who(struct tsk_who *who, const struct tsk_request *request, int64_t account,
                 struct tsk_err *err) TSK_MUST_USE;
/* The token that changes have to carry: known to the pages of this session only. */
void tsk_auth_csrf(char out[TSK_SHA256_HEX], const char *token);

/* "", "password" or "second_factor": what the account has to do before anything else. */
const char *tsk_auth_must(const struct tsk_who *who, const struct tsk_web_config *web);
/* A ward viewer's grant that is still open on that day. */
bool tsk_auth_grant_open(const struct tsk_grant *grant, int64_t now_ms);

#endif
