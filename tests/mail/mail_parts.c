/*
 * mail_parts FILE…: what tsk_mail_read() makes of each, one JSON object a line; for the corpus
 * mail_parts --damage TIMES FILE…: each damaged so often, in ways that are the same every time; nothing may come of it but answers
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "gateway/mail/reader.h"

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

static int show(struct tsk_mail_reader *reader, const char *path)
{
    struct tsk_buf bytes = TSK_BUF((size_t)64 << 20);
    struct tsk_mail_read mail = { .count = 0 };
    struct tsk_err err = { 0 };
    int rc = -1;

    if (tsk_file_read(path, &bytes, &err) == 0 &&
        tsk_mail_read(&mail, reader, tsk_buf_text(&bytes), bytes.len, &err) == 0) {
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

static uint64_t state;

static uint32_t next_random(void) /* xorshift64*: the same on every machine */
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)(state * 2685821657736338717ULL >> 32);
}

/* What a damaged mail looks like: bytes that changed, pieces that are missing, twice there, or from elsewhere in it. */
static size_t damage(char *out, size_t room, const char *in, size_t len)
{
    static const char *const words[] = { "\r\n\r\n", "--", "=?",        "?=", "*0*=", "\"",
                                         "(",        ";",  "boundary=", "\0", "\xff", "=" };
    size_t used = 0;

    for (size_t at = 0; at < len && used + 512 < room;) {
        uint32_t dice = next_random() % 4000;
        size_t piece = 1 + next_random() % 200;

        if (dice == 0) {
            at += piece;
        } else if (dice == 1) {
            size_t from = next_random() % len, take = piece < len - from ? piece : len - from;

            memcpy(out + used, in + from, take);
            used += take;
        } else if (dice < 6) {
            const char *word = words[next_random() % TSK_COUNT(words)];

            memcpy(out + used, word, strlen(word) + 1);
            used += strlen(word) + (*word == '\0');
        } else if (dice < 10) {
            out[used++] = (char)next_random();
            at++;
        } else {
            out[used++] = in[at++];
        }
    }
    return used;
}

static bool is_sound(const struct tsk_mail_read *mail)
{
    const char *const texts[] = { mail->reason,   mail->subject, mail->from,   mail->message,
                                  mail->original, mail->status,  mail->notice, mail->text };

    for (size_t i = 0; i < TSK_COUNT(texts); i++)
        if (texts[i] == NULL || !tsk_utf8_valid(texts[i], strlen(texts[i])))
            return false;
    for (size_t i = 0; i < mail->count; i++)
        if (mail->parts[i].name == NULL || mail->parts[i].bytes == NULL ||
            !tsk_utf8_valid(mail->parts[i].name, strlen(mail->parts[i].name)))
            return false;
    return mail->count <= TSK_MAIL_KEPT_MAX && mail->kind < TSK_MAIL_KINDS;
}

/* Unconfined, so that a sanitizer sees every fault. */
static int damage_often(const struct tsk_charsets *charsets, const char *path, int times)
{
    struct tsk_buf bytes = TSK_BUF((size_t)64 << 20);
    struct tsk_err err = { 0 };
    size_t room;
    char *text;
    int rc = tsk_file_read(path, &bytes, &err);

    room = bytes.len * 2 + 4096;
    text = malloc(room);
    for (int i = 0; rc == 0 && text != NULL && i < times; i++) {
        struct tsk_mail_read mail;
        size_t len = damage(text, room, tsk_buf_text(&bytes), bytes.len);

        rc = tsk_mail_parse(&mail, charsets, text, len, &err);
        if (rc == 0 && !is_sound(&mail)) {
            fprintf(stderr, "%s: damage %d makes an unsound result\n", path, i);
            rc = -1;
        }
        if (rc == 0)
            tsk_mail_free(&mail);
    }
    free(text);
    tsk_buf_free(&bytes);
    return rc;
}

int main(int argc, char **argv)
{
    int times = argc > 2 && strcmp(argv[1], "--damage") == 0 ? (int)strtol(argv[2], NULL, 10) : 0;
    struct tsk_charsets *charsets = NULL;
    struct tsk_mail_reader *reader = NULL;
    struct tsk_err err = { 0 };
    int rc = EXIT_SUCCESS;

    if (tsk_mail_reader_open(&reader, &err) != 0 || tsk_charsets_open(&charsets, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return EXIT_FAILURE;
    }
    state = 0x243f6a8885a308d3;
    for (int i = times > 0 ? 3 : 1; i < argc; i++)
        if ((times > 0 ? damage_often(charsets, argv[i], times) : show(reader, argv[i])) != 0)
            rc = EXIT_FAILURE;
    tsk_charsets_close(&charsets);
    tsk_mail_reader_close(&reader);
    return rc;
}
