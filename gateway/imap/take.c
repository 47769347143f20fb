#include "gateway/imap/take.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "gateway/fax_result.h"
#include "gateway/limit.h"
#include "routing/verp.h"

#define LETTER "is a mail without a sheet; read it, and answer the sender if it needs an answer"
#define FOREIGN_RESULT "is a result of a fax that Tasuki does not know; read it"
#define FOREIGN_BOUNCE "is a report that a mail could not be delivered, but of none that Tasuki sent; read it"

static void put_field(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
}

static void key_of(char key[TSK_SHA256_HEX], const struct tsk_mail_read *mail, const void *bytes, size_t len)
{
    struct tsk_buf text = TSK_BUF((size_t)1 << 20);
    char hash[TSK_SHA256_HEX];

    tsk_buf_printf(&text, "%s\n", mail->message);
    for (size_t i = 0; i < mail->count; i++) {
        tsk_sha256_hex(mail->parts[i].bytes, mail->parts[i].len, hash);
        tsk_buf_printf(&text, "%s\n", hash);
    }
    /* Without an id, or with nothing in it, two mails are the same only if all of their bytes are. */
    if (mail->message[0] == '\0' || mail->count == 0) {
        tsk_sha256_hex(bytes, len, hash);
        tsk_buf_puts(&text, hash);
    }
    tsk_sha256_hex(tsk_buf_text(&text), text.len, key);
    tsk_buf_free(&text);
}

static void describe(struct tsk_envelope *e, const struct tsk_taker *taker, const struct tsk_mail_read *mail)
{
    *e = (struct tsk_envelope){ .is_mail = true };
    put_field(e->source, sizeof e->source, taker->source->id);
    put_field(e->office, sizeof e->office, taker->source->office);
    put_field(e->sender, sizeof e->sender, mail->from);
    put_field(e->mail.message, sizeof e->mail.message, mail->message);
    put_field(e->mail.subject, sizeof e->mail.subject, mail->subject);
    e->mail.automatic = mail->automatic || mail->kind == TSK_MAIL_AUTO || mail->kind == TSK_MAIL_BOUNCE;
}

static int put(struct tsk_took *out, const struct tsk_taker *taker, struct tsk_envelope *e, const void *bytes,
               size_t len, struct tsk_err *err)
{
    int memory = memfd_create("mail", MFD_CLOEXEC), rc = -1;
    size_t used = strlen(out->what);

    if (memory < 0 || tsk_write_all(memory, bytes, len) != 0 || lseek(memory, 0, SEEK_SET) != 0)
        tsk_fail(err, TSK_RETRY, errno, "no memory for a mail of source %s", taker->source->id);
    else
        rc = tsk_spool_put(taker->spool, memory, e, err);
    if (memory >= 0)
        close(memory);
    if (rc != 0)
        return -1;
    if (taker->site != NULL)
        tsk_limit_count(taker->site, taker->source);
    out->documents++;
    snprintf(out->what + used, sizeof out->what - used, " %s", e->id);
    tsk_log(TSK_LOG_INFO, e->id, "event", "intake.accepted", "source", taker->source->id, "bytes",
            tsk_log_num((long long)e->size_bytes), "hold", e->mail.hold[0] != '\0' ? "yes" : NULL, NULL);
    return 0;
}

static int put_parts(struct tsk_took *out, const struct tsk_taker *taker, const struct tsk_mail_read *mail,
                     struct tsk_err *err)
{
    for (size_t i = 0; i < mail->count; i++) {
        const struct tsk_part *part = &mail->parts[i];
        struct tsk_envelope e;

        describe(&e, taker, mail);
        put_field(e.name, sizeof e.name, part->name);
        if (part->use == TSK_PART_HELD)
            put_field(e.mail.hold, sizeof e.mail.hold, part->reason);
        if (put(out, taker, &e, part->bytes, part->len, err) != 0)
            return -1;
    }
    return 0;
}

static void make_letter(struct tsk_envelope *e, const struct tsk_mail_read *mail)
{
    e->mail.letter = true;
    put_field(e->mail.text, sizeof e->mail.text, mail->text);
}

static int put_whole(struct tsk_took *out, const struct tsk_taker *taker, const struct tsk_mail_read *mail,
                     const char *hold, const void *bytes, size_t len, struct tsk_err *err)
{
    struct tsk_envelope e;

    describe(&e, taker, mail);
    if (mail->kind == TSK_MAIL_NO_SHEET)
        make_letter(&e, mail);
    put_field(e.name, sizeof e.name, "mail.eml");
    put_field(e.mail.hold, sizeof e.mail.hold, hold);
    return put(out, taker, &e, bytes, len, err);
}

/* The address that the bounce came to, else the id of the message that came back. */
static bool is_about_us(char id[TSK_VERP_ID_SIZE], const struct tsk_taker *taker, const struct tsk_mail_read *mail)
{
    const char *at = strrchr(mail->original, '@');

    if (mail->notice[0] != '\0')
        return tsk_verp_id(id, mail->notice, strlen(mail->notice));
    return at != NULL && strcasecmp(at + 1, taker->config->mail.domain) == 0 &&
           tsk_verp_id(id, mail->original, (size_t)(at - mail->original));
}

/* Automatic replies; reports that a mail of ours is delayed, or arrived. Our own alerts, where an office gets them. */
static bool is_left(const struct tsk_taker *taker, const struct tsk_mail_read *mail)
{
    char id[TSK_VERP_ID_SIZE];

    return mail->kind == TSK_MAIL_AUTO ||
           (mail->kind == TSK_MAIL_BOUNCE && mail->delivered && is_about_us(id, taker, mail));
}

static int put_bounce(struct tsk_took *out, const struct tsk_taker *taker, const struct tsk_mail_read *mail,
                      const void *bytes, size_t len, struct tsk_err *err)
{
    char id[TSK_VERP_ID_SIZE] = "";
    struct tsk_envelope e;

    if (out->leave)
        return 0;
    describe(&e, taker, mail);
    put_field(e.name, sizeof e.name, "mail.eml");
    is_about_us(id, taker, mail);
    put_field(e.mail.notice, sizeof e.mail.notice, id);
    put_field(e.mail.status, sizeof e.mail.status, mail->status);
    put_field(e.mail.hold, sizeof e.mail.hold, FOREIGN_BOUNCE); /* also of a notice that nobody knows */
    make_letter(&e, mail);
    return put(out, taker, &e, bytes, len, err);
}

/* What a fax service says of a fax of ours: 1 when it was that, with the mail kept until the reader has settled it. */
static int put_fax_result(struct tsk_took *out, const struct tsk_taker *taker, const struct tsk_mail_read *mail,
                          const void *bytes, size_t len, struct tsk_err *err)
{
    const struct tsk_fax_mail found = {
        .from = mail->from, .subject = mail->subject, .text = mail->text, .original = mail->original
    };
    struct tsk_fax_result result;
    struct tsk_envelope e;

    if (mail->kind == TSK_MAIL_BROKEN || !tsk_fax_result_read(&result, &taker->config->fax, &found))
        return 0;
    describe(&e, taker, mail);
    put_field(e.name, sizeof e.name, "mail.eml");
    put_field(e.mail.notice, sizeof e.mail.notice, result.notice);
    tsk_fax_result_print(e.mail.status, &result);
    put_field(e.mail.hold, sizeof e.mail.hold, FOREIGN_RESULT);
    out->leave = false;
    return put(out, taker, &e, bytes, len, err) != 0 ? -1 : 1;
}

static int put_all(struct tsk_took *out, const struct tsk_taker *taker, const struct tsk_mail_read *mail,
                   const void *bytes, size_t len, struct tsk_err *err)
{
    int fax = put_fax_result(out, taker, mail, bytes, len, err);

    if (fax != 0)
        return fax < 0 ? -1 : 0;
    switch (mail->kind) {
    case TSK_MAIL_SHEETS:
        return put_parts(out, taker, mail, err);
    case TSK_MAIL_AUTO:
        return 0;
    case TSK_MAIL_BOUNCE:
        return put_bounce(out, taker, mail, bytes, len, err);
    case TSK_MAIL_BROKEN:
        return put_whole(out, taker, mail, mail->reason, bytes, len, err);
    default:
        return put_whole(out, taker, mail, LETTER, bytes, len, err);
    }
}

int tsk_take_mail(struct tsk_took *out, bool *known, const struct tsk_taker *taker, const void *bytes, size_t len,
                  bool (*knows)(void *ctx, const char *key), void *ctx, struct tsk_err *err)
{
    struct tsk_mail_read mail;
    int rc = 0;

    *out = (struct tsk_took){ .documents = 0 };
    if (tsk_mail_read(&mail, taker->reader, bytes, len, err) != 0)
        return -1;
    out->kind = mail.kind;
    out->leave = is_left(taker, &mail);
    put_field(out->what, sizeof out->what, tsk_mail_kind_name(mail.kind));
    key_of(out->key, &mail, bytes, len);
    *known = knows(ctx, out->key);
    if (!*known)
        rc = put_all(out, taker, &mail, bytes, len, err);
    tsk_mail_free(&mail);
    return rc;
}
