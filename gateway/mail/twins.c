#include "gateway/mail/twins.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static size_t stem_length(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot != NULL ? (size_t)(dot - name) : strlen(name);
}

static bool same_stem(const char *a, const char *b)
{
    size_t len = stem_length(a);

    return len > 0 && len == stem_length(b) && strncasecmp(a, b, len) == 0;
}

static bool is_tiff(const struct tsk_part *part)
{
    return part->use == TSK_PART_SHEET && (part->bytes[0] == 'I' || part->bytes[0] == 'M');
}

/* The same bytes again, or the PDF that a fax server sends beside the TIFF of the same name. */
static bool is_twin(const struct tsk_mail_read *mail, size_t index)
{
    const struct tsk_part *part = &mail->parts[index];

    for (size_t i = 0; i < mail->count; i++) {
        const struct tsk_part *other = &mail->parts[i];

        if (i < index && other->bytes != NULL && other->len == part->len &&
            memcmp(other->bytes, part->bytes, part->len) == 0)
            return true;
        if (i != index && part->use == TSK_PART_SHEET && !is_tiff(part) && other->bytes != NULL && is_tiff(other) &&
            memmem(part->bytes, part->len < 1024 ? part->len : 1024, "%PDF-", 5) != NULL &&
            same_stem(part->name, other->name))
            return true;
    }
    return false;
}

/* From the end, so that what is compared with is always there. */
void tsk_mail_drop_twins(struct tsk_mail_read *mail)
{
    for (size_t i = mail->count; i-- > 0;) {
        if (!is_twin(mail, i))
            continue;
        tsk_part_free(&mail->parts[i]);
        memmove(&mail->parts[i], &mail->parts[i + 1], (mail->count - i - 1) * sizeof mail->parts[i]);
        mail->count--;
        mail->twins++;
    }
}
