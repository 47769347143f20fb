#include "gateway/mail/sniff.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "gateway/mail/tnef.h"

#define SHEET_PIXELS_MIN 400 /* on its shorter side: a sheet at 50 dpi is more */
#define PDF_LEAD_MAX 1024    /* ISO 32000: bytes that may stand before the header */

struct bytes {
    const unsigned char *at;
    size_t len;
};

static bool begins(struct bytes b, const char *with, size_t len)
{
    return b.len >= len && memcmp(b.at, with, len) == 0;
}

static uint32_t big_endian(const unsigned char *at, size_t size)
{
    uint32_t n = 0;

    for (size_t i = 0; i < size; i++)
        n = n << 8 | at[i];
    return n;
}

static bool is_small(uint32_t width, uint32_t height)
{
    return width < SHEET_PIXELS_MIN || height < SHEET_PIXELS_MIN;
}

static bool small_jpeg(struct bytes b)
{
    for (size_t at = 2; at + 9 < b.len && b.at[at] == 0xff;) {
        unsigned marker = b.at[at + 1];

        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc)
            return is_small(big_endian(b.at + at + 7, 2), big_endian(b.at + at + 5, 2));
        at += marker == 0xff ? 1 : 2 + big_endian(b.at + at + 2, 2);
    }
    return false;
}

static bool small_png(struct bytes b)
{
    return b.len >= 24 && is_small(big_endian(b.at + 16, 4), big_endian(b.at + 20, 4));
}

static bool small_gif(struct bytes b)
{
    return b.len >= 10 && is_small(b.at[6] | (uint32_t)b.at[7] << 8, b.at[8] | (uint32_t)b.at[9] << 8);
}

static bool is_program_name(const char *name)
{
    static const char *const ends[] = {
        ".exe", ".scr", ".com", ".bat", ".cmd", ".js",  ".jse", ".vbs", ".vbe", ".wsf",
        ".hta", ".ps1", ".lnk", ".jar", ".msi", ".iso", ".img", ".pif", ".cpl", ".one"
    };
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot != NULL && i < TSK_COUNT(ends); i++)
        if (strcasecmp(dot, ends[i]) == 0)
            return true;
    return false;
}

static bool is_message(struct bytes b, const char *name)
{
    static const char *const starts[] = { "Received: ", "Return-Path: ", "From: ", "Message-ID: ", "MIME-Version: " };
    const char *dot = strrchr(name, '.');

    if (dot == NULL || strcasecmp(dot, ".eml") != 0)
        return false;
    for (size_t i = 0; i < TSK_COUNT(starts); i++)
        if (b.len >= strlen(starts[i]) && strncasecmp((const char *)b.at, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

static bool is_text(struct bytes b)
{
    static const char controls[] = {
        '\t', '\n', '\f', '\r', '\033', '\016', '\017'
    }; /* ISO-2022-JP shifts with the last three */

    for (size_t i = 0; i < b.len; i++)
        if (b.at[i] < 0x20 && memchr(controls, b.at[i], sizeof controls) == NULL)
            return false;
    return true;
}

static bool is_heic(struct bytes b)
{
    static const char *const brands[] = { "ftypheic", "ftypheix", "ftypmif1", "ftyphevc" };

    for (size_t i = 0; i < TSK_COUNT(brands); i++)
        if (b.len >= 12 && memcmp(b.at + 4, brands[i], 8) == 0)
            return true;
    return false;
}

static bool has_end(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len >= end_len && strcasecmp(name + len - end_len, end) == 0;
}

static const char *zip_reason(struct bytes b)
{
    if (b.len > 7 && (b.at[6] & 1) != 0)
        return "is a ZIP archive with a password; it was not opened; ask the sender for the sheet itself";
    if (memmem(b.at, b.len, "[Content_Types].xml", 19) != NULL)
        return "is an Office document; ask the sender for it as PDF or fax";
    return "is a ZIP archive; it was not opened; ask the sender for the sheet itself";
}

static const char *refusal(struct bytes b, const char *name)
{
    static const struct {
        const char *magic;
        size_t len;
        const char *reason;
    } kinds[] = {
        { "MZ", 2, "is a program; it was not opened; do not open it either" },
        { "\x7f"
          "ELF",
          4, "is a program; it was not opened; do not open it either" },
        { "L\0\0\0\x01\x14\x02", 7, "is a Windows shortcut; it was not opened; do not open it either" },
        { "Rar!", 4, "is a RAR archive; it was not opened; ask the sender for the sheet itself" },
        { "7z\xbc\xaf", 4, "is a 7z archive; it was not opened; ask the sender for the sheet itself" },
        { "\xd0\xcf\x11\xe0", 4, "is an old Office document; ask the sender for it as PDF or fax" },
        { "\x1f\x8b", 2, "is a compressed file; it was not opened; ask the sender for the sheet itself" },
        { "GIF8", 4, "is a GIF picture; ask the sender for it as PDF or fax" },
        { "-----BEGIN PGP MESSAGE", 22, "is encrypted (PGP) and was not opened; ask the sender for the sheet itself" },
        { "{\\rtf", 5, "is a word processor's document; ask the sender for it as PDF or fax" },
    };

    if (b.len == 0)
        return "is an attachment without content; ask the sender to send it again";
    if (is_heic(b))
        return "is a HEIC picture of a telephone; ask the sender for it as PDF or JPEG";
    if (begins(b, "PK\3\4", 4) || begins(b, "PK\5\6", 4))
        return zip_reason(b);
    for (size_t i = 0; i < TSK_COUNT(kinds); i++)
        if (begins(b, kinds[i].magic, kinds[i].len))
            return kinds[i].reason;
    if (has_end(name, ".xdw") || has_end(name, ".xbd"))
        return "is a DocuWorks document; ask the sender for it as PDF or fax";
    if (is_program_name(name))
        return "is a program or script by its name; it was not opened; do not open it either";
    return NULL;
}

enum tsk_content tsk_mail_sniff(const void *bytes, size_t len, const char *name, const char **reason)
{
    struct bytes b = { bytes, len };

    *reason = NULL;
    if (begins(b, "II*\0", 4) || begins(b, "MM\0*", 4))
        return TSK_CONTENT_SHEET_TIFF;
    if (begins(b, "%PDF-", 5))
        return TSK_CONTENT_SHEET_PDF;
    if (begins(b, "\x89PNG\r\n\x1a\n", 8))
        return small_png(b) ? TSK_CONTENT_DECOR : TSK_CONTENT_SHEET_IMAGE;
    if (begins(b, "\xff\xd8\xff", 3))
        return small_jpeg(b) ? TSK_CONTENT_DECOR : TSK_CONTENT_SHEET_IMAGE;
    if (begins(b, "GIF8", 4) && small_gif(b))
        return TSK_CONTENT_DECOR;
    if (tsk_tnef_is(bytes, len))
        return TSK_CONTENT_TNEF;
    if (is_message(b, name))
        return TSK_CONTENT_MESSAGE;
    *reason = refusal(b, name);
    if (*reason != NULL)
        return TSK_CONTENT_REFUSED;
    if (memmem(bytes, len < PDF_LEAD_MAX ? len : PDF_LEAD_MAX, "\n%PDF-", 6) != NULL) /* last: archives hold PDFs too */
        return TSK_CONTENT_SHEET_PDF;
    if (is_text(b))
        return TSK_CONTENT_TEXT;
    *reason = "is of a kind that is not read here; ask the sender for it as TIFF or PDF";
    return TSK_CONTENT_REFUSED;
}
