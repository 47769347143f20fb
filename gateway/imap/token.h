/*
 * token - an access token for XOAUTH2, from a program or from a token endpoint
 *
 * Promise    A refresh token that the endpoint replaced is on disk, whole, before the new access token is used: a provider
 *            that gives a new one each time has made the old one worthless. A file that a person wrote anew (after signing
 *            in again) goes before what was kept.
 * Trust      https only, certificate and host verified (imap.ca_file, else the system's), no redirects, a time limit and a
 *            size limit. The program is run without a shell. No token and no secret is ever logged.
 * Failure    TSK_REJECT: the endpoint or the program says no; a person must sign in again. TSK_RETRY: cannot be reached.
 */
#ifndef TASUKI_GATEWAY_IMAP_TOKEN_H
#define TASUKI_GATEWAY_IMAP_TOKEN_H

#include "gateway/imap/account.h"

#define TSK_TOKEN_SIZE 16384

struct tsk_token {
    char access[TSK_TOKEN_SIZE];
    int64_t end_ms; /* monotonic; 0 = none */
};

/* From memory while it lasts, else a new one. account: open; its token_end_ms is set when the endpoint tells. */
int tsk_token_get(struct tsk_token *token, const struct tsk_site *site, const struct tsk_source *source,
                  struct tsk_account *account, struct tsk_err *err) TSK_MUST_USE;
void tsk_token_forget(struct tsk_token *token);

/* First line of a file of the site, without its end. secret: at most size - 1 bytes. */
int tsk_secret_read(char *secret, size_t size, const struct tsk_site *site, const char *path, const char *what,
                    struct tsk_err *err) TSK_MUST_USE;

#endif
