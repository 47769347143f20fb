/* qpdf - the program that encrypts a PDF: AES-256 (PDF 2.0, revision 6), which every present-day reader opens with the password */
#ifndef TASUKI_GATEWAY_QPDF_H
#define TASUKI_GATEWAY_QPDF_H

#include "base/buf.h"
#include "base/err.h"

#define TSK_QPDF_INPUT "/proc/self/fd/3" /* what the arguments call the input by */

/* Arguments, one a line, go by standard input: a command line is for everybody to see, and these hold the password. input and output
 * are descriptors; the PDF is written to output. */
int tsk_qpdf_run(const struct tsk_buf *arguments, int input, int output, struct tsk_err *err) TSK_MUST_USE;
/* A file in memory with these bytes (NULL: empty), at its beginning. */
int tsk_memory_file(int *out, const char *name, const struct tsk_buf *bytes, struct tsk_err *err) TSK_MUST_USE;

#endif
