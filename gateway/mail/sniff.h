/* sniff - what the bytes of an attachment are, whatever the mail calls them */
#ifndef TASUKI_GATEWAY_MAIL_SNIFF_H
#define TASUKI_GATEWAY_MAIL_SNIFF_H

#include <stddef.h>

enum tsk_content {
    TSK_CONTENT_SHEET_TIFF,
    TSK_CONTENT_SHEET_PDF,
    TSK_CONTENT_SHEET_IMAGE, /* PNG, JPEG */
    TSK_CONTENT_DECOR,       /* a picture too small to be a sheet */
    TSK_CONTENT_TEXT,
    TSK_CONTENT_TNEF,
    TSK_CONTENT_MESSAGE, /* a mail inside a mail */
    TSK_CONTENT_REFUSED  /* reason says why */
};

/* name: "" when it has none. reason: set for REFUSED, static. */
enum tsk_content tsk_mail_sniff(const void *bytes, size_t len, const char *name, const char **reason);

#endif
