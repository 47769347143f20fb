#include "gateway/mail/tnef.h"

#include <stdint.h>
#include <string.h>

#define SIGNATURE 0x223e9f78U
#define ATTACHMENT_LEVEL 2
#define ATT_RENDDATA 0x9002U /* a new attachment begins */
#define ATT_TITLE 0x8010U
#define ATT_DATA 0x800fU
#define ATT_PROPERTIES 0x9005U
#define PR_DATA 0x3701U
#define PR_LONG_NAME 0x3707U
#define PT_STRING8 0x1eU
#define PT_UNICODE 0x1fU

struct cursor {
    const unsigned char *at;
    size_t left;
    bool short_of; /* something reached over the end */
};

static const unsigned char *eat(struct cursor *c, size_t count)
{
    const unsigned char *at = c->at;

    if (count > c->left) {
        c->short_of = true;
        c->left = 0;
        return NULL;
    }
    c->at += count;
    c->left -= count;
    return at;
}

static uint32_t eat_number(struct cursor *c, size_t size)
{
    const unsigned char *at = eat(c, size);
    uint32_t n = 0;

    for (size_t i = 0; at != NULL && i < size; i++)
        n |= (uint32_t)at[i] << (8 * i);
    return n;
}

static void eat_padded(struct cursor *c, uint32_t len)
{
    eat(c, len);
    eat(c, len % 4 == 0 ? 0 : 4 - len % 4);
}

bool tsk_tnef_is(const void *bytes, size_t len)
{
    struct cursor c = { bytes, len, false };

    return eat_number(&c, 4) == SIGNATURE && !c.short_of;
}

static size_t fixed_size(unsigned type)
{
    switch (type) {
    case 0x05:
    case 0x06:
    case 0x07:
    case 0x14:
    case 0x40:
        return 8;
    case 0x48:
        return 16;
    default:
        return 4;
    }
}

static void skip_name(struct cursor *c)
{
    eat(c, 16);
    if (eat_number(c, 4) == 0)
        eat(c, 4);
    else
        eat_padded(c, eat_number(c, 4));
}

static void note_value(struct tsk_tnef_part *part, unsigned id, unsigned type, const unsigned char *data, size_t len)
{
    if (data == NULL)
        return;
    if (id == PR_DATA && type == 0x102 && part->data == NULL) {
        part->data = (const char *)data;
        part->len = len;
    }
    if (id == PR_LONG_NAME && (type == PT_UNICODE || type == PT_STRING8)) {
        part->name = (const char *)data;
        part->name_len = len;
        part->name_is_utf16 = type == PT_UNICODE;
    }
}

static void read_property(struct cursor *c, struct tsk_tnef_part *part)
{
    unsigned type = eat_number(c, 2), id = eat_number(c, 2), base = type & 0xfffU;
    bool counted = base == PT_STRING8 || base == PT_UNICODE || base == 0x102 || base == 0x0d;
    uint32_t values = 1;

    if (id >= 0x8000)
        skip_name(c);
    if (counted || (type & 0x1000U) != 0)
        values = eat_number(c, 4);
    for (uint32_t i = 0; i < values && !c->short_of; i++) {
        uint32_t len = counted ? eat_number(c, 4) : (uint32_t)fixed_size(base);
        const unsigned char *data = c->at;

        eat_padded(c, len);
        if (counted && !c->short_of)
            note_value(part, id, base, data, len);
    }
}

static void read_properties(struct cursor c, struct tsk_tnef_part *part)
{
    uint32_t count = eat_number(&c, 4);

    for (uint32_t i = 0; i < count && !c.short_of; i++)
        read_property(&c, part);
}

static void read_attribute(struct tsk_tnef_part *part, unsigned id, const unsigned char *data, size_t len)
{
    if (id == ATT_TITLE && part->name == NULL) {
        part->name = (const char *)data;
        part->name_len = len;
    } else if (id == ATT_DATA) {
        part->data = (const char *)data;
        part->len = len;
    } else if (id == ATT_PROPERTIES) {
        read_properties((struct cursor){ data, len, false }, part);
    }
}

static size_t drop_empty(struct tsk_tnef_part *parts, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (parts[i].data != NULL && parts[i].len > 0)
            parts[kept++] = parts[i];
    return kept;
}

int tsk_tnef_read(struct tsk_tnef_part parts[TSK_TNEF_PARTS_MAX], size_t *count, const void *bytes, size_t len,
                  struct tsk_err *err)
{
    struct cursor c = { bytes, len, false };
    size_t begun = 0;

    *count = 0;
    eat(&c, 6);
    while (c.left > 0 && begun <= TSK_TNEF_PARTS_MAX) {
        unsigned level = eat_number(&c, 1), id = eat_number(&c, 4) & 0xffffU;
        uint32_t size = eat_number(&c, 4);
        const unsigned char *data = eat(&c, size);

        eat(&c, 2); /* a sum that some writers leave wrong */
        if (data == NULL)
            break;
        if (level != ATTACHMENT_LEVEL)
            continue;
        if (id == ATT_RENDDATA) {
            if (begun < TSK_TNEF_PARTS_MAX)
                parts[begun] = (struct tsk_tnef_part){ 0 };
            begun++;
        } else if (begun > 0 && begun <= TSK_TNEF_PARTS_MAX) {
            read_attribute(&parts[begun - 1], id, data, size);
        }
    }
    if (c.short_of)
        return tsk_fail(err, TSK_HOLD, 0, "is a damaged winmail.dat; ask for the attachment as TIFF or PDF");
    if (begun > TSK_TNEF_PARTS_MAX)
        return tsk_fail(err, TSK_HOLD, 0, "is a winmail.dat with too many attachments; ask for them in parts");
    *count = drop_empty(parts, begun);
    if (*count == 0)
        return tsk_fail(err, TSK_HOLD, 0,
                        "is a winmail.dat in which no attachment was found; ask for the attachment as TIFF or PDF");
    return 0;
}
