#include <string.h>

#include "fuzz.h"
#include "gateway/mail/mime.h"

static void check(const struct tsk_mail_read *mail)
{
    const char *const texts[] = { mail->reason,   mail->subject, mail->from,   mail->message,
                                  mail->original, mail->status,  mail->notice, mail->text };

    for (size_t i = 0; i < TSK_COUNT(texts); i++)
        fuzz_require_text(texts[i], "a text of a mail is UTF-8");
    fuzz_require(mail->count <= TSK_MAIL_KEPT_MAX && mail->kind < TSK_MAIL_KINDS, "counts and kinds stay in bounds");
    for (size_t i = 0; i < mail->count; i++) {
        fuzz_require_text(mail->parts[i].name, "the name of a part is UTF-8");
        fuzz_require(mail->parts[i].bytes != NULL && mail->parts[i].use < TSK_PART_USES, "a part has bytes and a use");
        fuzz_require(mail->parts[i].use != TSK_PART_HELD || mail->parts[i].reason[0] != '\0',
                     "what is held has a reason");
    }
}

void fuzz_mail(const uint8_t *bytes, size_t len)
{
    static struct tsk_charsets *charsets;
    struct tsk_mail_read mail;
    struct tsk_err err = { 0 };

    if (charsets == NULL)
        fuzz_require(tsk_charsets_open(&charsets, NULL) == 0, "converters");
    fuzz_require(tsk_mail_parse(&mail, charsets, bytes, len, &err) == 0, "a mail is always an answer");
    check(&mail);
    tsk_mail_free(&mail);
}

/* What the child of a mail says, as its parent hears it. */
void fuzz_mail_result(const uint8_t *bytes, size_t len)
{
    struct tsk_mail_read mail = { .count = 0 };

    if (tsk_mail_hear(&mail, bytes, len))
        check(&mail);
    tsk_mail_free(&mail);
}
