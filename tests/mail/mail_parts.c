/* mail_parts FILE…: what tsk_mail_read() makes of each, one JSON object a line; for the corpus */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "gateway/mail/mime.h"

static json_t *describe(const struct tsk_mail_read *mail)
{
    json_t *parts = json_array();

    for (size_t i = 0; i < mail->count; i++) {
        char sha256[TSK_SHA256_HEX];

        tsk_sha256_hex(mail->parts[i].bytes, mail->parts[i].len, sha256);
        json_array_append_new(parts,
                              json_pack("{s:b, s:s, s:s, s:s}", "held", mail->parts[i].use == TSK_PART_HELD, "name",
                                        mail->parts[i].name, "reason", mail->parts[i].reason, "sha256", sha256));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:s, s:s, s:s, s:s, s:i, s:i, s:o}", "kind",
                     tsk_mail_kind_name(mail->kind), "reason", mail->reason, "subject", mail->subject, "from",
                     mail->from, "message", mail->message, "date_ms", (json_int_t)mail->date_ms, "delivered",
                     mail->delivered, "original", mail->original, "status", mail->status, "notice", mail->notice,
                     "text", mail->text, "twins", (int)mail->twins, "decor", (int)mail->decor, "parts", parts);
}

static int show(const struct tsk_charsets *charsets, const char *path)
{
    struct tsk_buf bytes = TSK_BUF((size_t)64 << 20);
    struct tsk_mail_read mail = { .count = 0 };
    struct tsk_err err = { 0 };
    int rc = -1;

    if (tsk_file_read(path, &bytes, &err) == 0 &&
        tsk_mail_read(&mail, charsets, tsk_buf_text(&bytes), bytes.len, &err) == 0) {
        json_t *json = describe(&mail);

        json_dumpf(json, stdout, JSON_COMPACT);
        puts("");
        json_decref(json);
        rc = 0;
    } else {
        fprintf(stderr, "%s: %s\n", path, err.text);
    }
    tsk_mail_free(&mail);
    tsk_buf_free(&bytes);
    return rc;
}

int main(int argc, char **argv)
{
    struct tsk_charsets *charsets;
    struct tsk_err err = { 0 };
    int rc = EXIT_SUCCESS;

    if (tsk_charsets_open(&charsets, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return EXIT_FAILURE;
    }
    for (int i = 1; i < argc; i++)
        if (show(charsets, argv[i]) != 0)
            rc = EXIT_FAILURE;
    tsk_charsets_close(&charsets);
    return rc;
}
