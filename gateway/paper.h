/* paper - the recovery sheet: a key as lines that can be typed and as a code that can be photographed */
#ifndef TASUKI_GATEWAY_PAPER_H
#define TASUKI_GATEWAY_PAPER_H

#include <stdio.h>

#include "base/err.h"
#include "vault/keyfile.h"

/* For the terminal, with the code in half blocks. site: its directory, so that the paper says what it opens. */
int tsk_paper_text(FILE *out, const struct tsk_key *key, const char *site, struct tsk_err *err) TSK_MUST_USE;
/* One page A4. The file holds the key: print it and delete it. */
int tsk_paper_pdf(const char *path, const struct tsk_key *key, const char *site, struct tsk_err *err) TSK_MUST_USE;

#endif
