/*
 * fuzz - the parsers that strangers' bytes reach, each behind one function: for libFuzzer, and for replay in every build
 *
 * Promise    A target never fails for what is in the bytes. It aborts, with a sentence, when an answer breaks what the parser's
 *            header promises: text that is not UTF-8, a path out of its folder, a value that does not survive a round trip.
 * Bytes      are exactly as many as given: whoever reads one more is seen by AddressSanitizer.
 */
#ifndef TASUKI_TESTS_FUZZ_H
#define TASUKI_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vault/vault.h"

typedef void fuzz_target(const uint8_t *bytes, size_t len);

/* What there is; tests/fuzz/run knows which sources each is about. */
#define FUZZ_TARGETS(X)                                                                                                \
    X(anchor)                                                                                                          \
    X(charset)                                                                                                         \
    X(config)                                                                                                          \
    X(csv)                                                                                                             \
    X(decode)                                                                                                          \
    X(envelope)                                                                                                        \
    X(fax_job)                                                                                                         \
    X(fax_result)                                                                                                      \
    X(fax_tags)                                                                                                        \
    X(form)                                                                                                            \
    X(frames)                                                                                                          \
    X(header)                                                                                                          \
    X(http)                                                                                                            \
    X(mail)                                                                                                            \
    X(mail_result)                                                                                                     \
    X(packet)                                                                                                          \
    X(paper)                                                                                                           \
    X(purge_log)                                                                                                       \
    X(reading)                                                                                                         \
    X(sheet_code)                                                                                                      \
    X(tar)                                                                                                             \
    X(tiff)                                                                                                            \
    X(unseal)

#define FUZZ_DECLARE(name) fuzz_target fuzz_##name;
FUZZ_TARGETS(FUZZ_DECLARE)

/* Aborts with the text when it does not hold. */
void fuzz_require(bool holds, const char *text);
void fuzz_require_text(const char *text, const char *what); /* not NULL, valid UTF-8 */

/* One part of the input, up to a NUL or the end: a copy with its NUL, malloc'ed. */
char *fuzz_text(const uint8_t **bytes, size_t *len);
unsigned fuzz_byte(const uint8_t **bytes, size_t *len); /* 0 at the end */

/* The same memory file every time, holding these bytes, at its start. The path opens it. */
int fuzz_fd(const void *bytes, size_t len);
const char *fuzz_path(const void *bytes, size_t len);
const char *fuzz_dir(void);         /* of this process, taken away at its end */
struct tsk_vault *fuzz_vault(void); /* one key, the same in every run */

#endif
