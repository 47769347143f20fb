/*
 * verify - is the other end of a TLS connection the host that was meant?
 *
 * Promise    0 only when the certificate that the server proved to own is issued, for this very name, for servers, and for
 *            today, by an authority of ca_file (else of the system). libetpan asks none of this. TSK_STOP with the reason.
 */
#ifndef TASUKI_GATEWAY_IMAP_VERIFY_H
#define TASUKI_GATEWAY_IMAP_VERIFY_H

#include <libetpan/mailstream.h>

#include "base/err.h"

int tsk_tls_verify(mailstream *stream, const char *host, const char *ca_file, struct tsk_err *err) TSK_MUST_USE;

#endif
