/* enclosure - what leaves behind the words of a letter: sheets, each one page as a fax machine sends it */
#ifndef TASUKI_ROUTING_ENCLOSURE_H
#define TASUKI_ROUTING_ENCLOSURE_H

#include <stddef.h>

struct tsk_letter_page {
    const void *bytes; /* a TIFF of one page: TSK_PRINT_FAX of forms/print.h */
    size_t len;
};

struct tsk_enclosure { /* all of it in the arena of whoever asked */
    const char *subject,
        *body;          /* instead of the notice's, NULL = as it is; of a mail, what is in the letter that it carries */
    const char *record; /* what the notice keeps of it, NULL = what it has */
    struct tsk_letter_page *pages;
    size_t page_count;
    const char *reason; /* Japanese: it may not go any more; NULL otherwise */
};

#endif
