/*
 * paper - a key as four lines that a person can type from a sheet of paper
 *
 * Format     XXXXX-XXXXX-XXXXX four times, Crockford's base32 (no I, L, O, U): 13 digits of the key and 2 check digits a line,
 *            so that a slip is told by its line. Case, spaces, dashes and the usual confusions (O 0, I l 1) do not matter.
 */
#ifndef TASUKI_VAULT_PAPER_H
#define TASUKI_VAULT_PAPER_H

#include "base/err.h"

#define TSK_KEY_BYTES 32
#define TSK_PAPER_LINES 4
#define TSK_PAPER_LINE_SIZE 18 /* "XXXXX-XXXXX-XXXXX" and NUL */

void tsk_paper_print(char out[TSK_PAPER_LINES][TSK_PAPER_LINE_SIZE], const unsigned char key[TSK_KEY_BYTES]);
/* Any text that holds the 60 digits in order; TSK_REJECT names the line that is wrong. */
int tsk_paper_read(unsigned char key[TSK_KEY_BYTES], const char *text, struct tsk_err *err) TSK_MUST_USE;

#endif
