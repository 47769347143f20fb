#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "spool/parts.h"

static void clean(char *text, size_t size, bool lines)
{
    char *valid = tsk_utf8_clean(text, strnlen(text, size - 1));
    size_t len = 0;

    if (valid == NULL) { /* without memory the text is worth less than the document */
        text[0] = '\0';
        return;
    }
    for (char *c = valid; *c != '\0'; c++)
        if (((unsigned char)*c < ' ' || *c == 0x7f) && !(lines && *c == '\n'))
            *c = ' ';
    for (const char *at = valid; *at != '\0';) {
        const char *next = at;
        uint32_t rune;

        if (tsk_utf8_next(&next, &rune) == 0 || len + (size_t)(next - at) >= size)
            break;
        memcpy(text + len, at, (size_t)(next - at));
        len += (size_t)(next - at);
        at = next;
    }
    text[len] = '\0';
    free(valid);
}

void tsk_envelope_clean(char *text, size_t size)
{
    clean(text, size, false);
}

void tsk_envelope_clean_lines(char *text, size_t size)
{
    clean(text, size, true);
}

static int add_fax(json_t *json, const struct tsk_envelope_fax *fax)
{
    json_t *part = json_pack("{s:s, s:s, s:s, s:s, s:i}", "station", fax->station, "caller", fax->caller, "called",
                             fax->called, "fault", fax->fault, "pages", fax->pages);

    return json_object_set_new(json, "fax", part);
}

static int add_mail(json_t *json, const struct tsk_envelope_mail *mail)
{
    json_t *part = json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:s, s:s}", "message", mail->message, "subject",
                             mail->subject, "hold", mail->hold, "letter", mail->letter, "automatic", mail->automatic,
                             "notice", mail->notice, "status", mail->status, "text", mail->text);

    return json_object_set_new(json, "mail", part);
}

/* What most documents have not. */
static int add_said(json_t *json, const char *key, const char *text)
{
    return text[0] == '\0' ? 0 : json_object_set_new(json, key, json_string(text));
}

int tsk_envelope_print(struct tsk_buf *out, const struct tsk_envelope *envelope, struct tsk_err *err)
{
    char received[TSK_STAMP_SIZE], *text = NULL;
    json_t *json;

    tsk_stamp(envelope->received_ms, received);
    json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "version", 1, "id", envelope->id, "source",
                     envelope->source, "office", envelope->office, "sender", envelope->sender, "name", envelope->name,
                     "received", received, "size", (json_int_t)envelope->size_bytes, "sha256", envelope->sha256);
    if (json != NULL && (!envelope->is_fax || add_fax(json, &envelope->fax) == 0) &&
        (!envelope->is_mail || add_mail(json, &envelope->mail) == 0) &&
        add_said(json, "refused", envelope->refused) == 0 && add_said(json, "case", envelope->case_number) == 0)
        text = json_dumps(json, JSON_INDENT(1));
    json_decref(json);
    if (text == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "document %s: cannot write its envelope", envelope->id);
    tsk_buf_puts(out, text);
    tsk_buf_puts(out, "\n");
    free(text);
    return out->failed ? tsk_fail(err, TSK_RETRY, 0, "document %s: its envelope is too large", envelope->id) : 0;
}

static bool take_text(const json_t *json, const char *key, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(json, key));
    size_t len = text != NULL ? strlen(text) : 0;

    if (text == NULL || len >= size)
        return false;
    memcpy(out, text, len + 1);
    return true;
}

static bool take_fax(struct tsk_envelope *out, const json_t *json)
{
    struct tsk_envelope_fax *fax = &out->fax;

    out->is_fax = json != NULL;
    if (json == NULL)
        return true;
    fax->pages = (int)json_integer_value(json_object_get(json, "pages"));
    return take_text(json, "station", fax->station, sizeof fax->station) &&
           take_text(json, "caller", fax->caller, sizeof fax->caller) &&
           take_text(json, "called", fax->called, sizeof fax->called) &&
           take_text(json, "fault", fax->fault, sizeof fax->fault);
}

static bool take_mail(struct tsk_envelope *out, const json_t *json)
{
    struct tsk_envelope_mail *mail = &out->mail;

    out->is_mail = json != NULL;
    mail->letter = json_is_true(json_object_get(json, "letter"));
    mail->automatic = json_is_true(json_object_get(json, "automatic"));
    return json == NULL || (take_text(json, "message", mail->message, sizeof mail->message) &&
                            take_text(json, "subject", mail->subject, sizeof mail->subject) &&
                            take_text(json, "hold", mail->hold, sizeof mail->hold) &&
                            take_text(json, "notice", mail->notice, sizeof mail->notice) &&
                            take_text(json, "status", mail->status, sizeof mail->status) &&
                            take_text(json, "text", mail->text, sizeof mail->text));
}

static bool take_said(const json_t *json, const char *key, char *out, size_t size)
{
    return json_object_get(json, key) == NULL || take_text(json, key, out, size);
}

static bool take_all(struct tsk_envelope *out, const json_t *json)
{
    char received[TSK_STAMP_SIZE];
    json_int_t size = json_integer_value(json_object_get(json, "size"));

    if (!take_text(json, "id", out->id, sizeof out->id) ||
        !take_text(json, "source", out->source, sizeof out->source) ||
        !take_text(json, "office", out->office, sizeof out->office) ||
        !take_text(json, "sender", out->sender, sizeof out->sender) ||
        !take_text(json, "name", out->name, sizeof out->name) ||
        !take_text(json, "sha256", out->sha256, sizeof out->sha256) ||
        !take_text(json, "received", received, sizeof received) || size < 0 ||
        !take_said(json, "refused", out->refused, sizeof out->refused) ||
        !take_said(json, "case", out->case_number, sizeof out->case_number) ||
        !take_fax(out, json_object_get(json, "fax")) || !take_mail(out, json_object_get(json, "mail")))
        return false;
    out->size_bytes = (uint64_t)size;
    return strlen(out->sha256) == TSK_SHA256_HEX - 1 && out->office[0] != '\0' &&
           json_integer_value(json_object_get(json, "version")) == 1 && tsk_stamp_parse(received, &out->received_ms);
}

int tsk_envelope_parse(struct tsk_envelope *out, const char *id, const char *text, size_t len, struct tsk_err *err)
{
    json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    int rc = 0;

    *out = (struct tsk_envelope){ 0 };
    if (!take_all(out, json) || strcmp(out->id, id) != 0)
        rc = tsk_fail(err, TSK_HOLD, 0, "document %s: its envelope.json is damaged", id);
    json_decref(json);
    return rc;
}
