/*
 * fax_result - the mail in which a fax service says what became of a fax
 *
 * Input      A stranger's mail, decoded. The services that are used in Japan send text, in a wording of their own; none has a
 *            format that is promised to stay.
 * Promise    A mail is a result only when it comes from an address of fax.result_from and names a notice of ours: by the mail
 *            that it answers, in its subject, or in its text. Delivered or failed only when its words say one of them and
 *            not the other; anything else is unclear, and a person decides.
 * Trust      Whoever can forge the service's address and knows a notice's id (80 random bits, in the mail to the service
 *            alone) can say what they like: the mail server must check the sender (docs/lines.md).
 */
#ifndef TASUKI_GATEWAY_FAX_RESULT_H
#define TASUKI_GATEWAY_FAX_RESULT_H

#include <stdbool.h>

#include "base/hash.h"
#include "config/config.h"
#include "gateway/site_routing.h"

struct tsk_fax_mail { /* UTF-8, "" where there is none */
    const char *from, *subject, *text;
    const char *original; /* Message-ID that it answers, without brackets */
};

enum tsk_fax_end { TSK_FAX_END_UNCLEAR, TSK_FAX_END_DELIVERED, TSK_FAX_END_FAILED };

struct tsk_fax_result {
    char notice[TSK_ID_SIZE];
    enum tsk_fax_end end;
    int pages; /* that arrived; 0 = not told */
};

/* false: it is no result of a fax of ours. */
bool tsk_fax_result_read(struct tsk_fax_result *out, const struct tsk_fax_config *config,
                         const struct tsk_fax_mail *mail);

/* As one word for an envelope, and back: "fax-delivered:2", "fax-failed:0", "fax-unclear:0". */
#define TSK_FAX_WORD_SIZE 32
void tsk_fax_result_print(char out[TSK_FAX_WORD_SIZE], const struct tsk_fax_result *result);
bool tsk_fax_result_parse(struct tsk_fax_result *out, const char *notice, const char *word);

/* One transaction. *known: there is such a fax; it is settled once, whatever comes later. Unclear is unknown: a to-do asks a
 * person, and nothing is sent again by itself. */
int tsk_fax_result_settle(bool *known, const struct tsk_fax_result *result, const struct tsk_routing *routing,
                          struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;

#endif
