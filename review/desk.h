/*
 * desk - the web server of a site
 *
 * Input      HTTP of whoever reaches the port. Nothing of a document is decoded here: page images are stored PNGs and leave
 *            as they are, uploads go to the spool as they came.
 * Ownership  struct tsk_desk and all that it points to are the caller's and do not change while the server runs.
 */
#ifndef TASUKI_REVIEW_DESK_H
#define TASUKI_REVIEW_DESK_H

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "config/counting.h"
#include "config/reference.h"
#include "forms/form.h"
#include "records/document.h"
#include "records/store.h"
#include "routing/channel.h"
#include "routing/route.h"

struct tsk_desk {
    const struct tsk_config *config;
    const struct tsk_counting *counting;
    const struct tsk_forms *forms;
    const struct tsk_routing *routing;
    const struct tsk_reference *reference;
    const struct tsk_knowledge *knowledge;           /* for every store that the desk opens */
    const char *dir, *store, *archive, *spool, *run; /* absolute paths of the site */
    const char *key, *keyring;                       /* of the vault; each thread opens its own */
    const char *cache;                               /* holds the pictures of the blanks: tsk_desk_blank_path() */
    const char *static_dir;                          /* of the pages */
    const char *version;                             /* of the program */
    /* 送信票 and letter of a fax that a person sends, as a PDF: drawn by whoever starts the desk. The caller frees out. */
    int (*fax_pdf)(int *pages, struct tsk_buf *out, const struct tsk_letter *letter, struct tsk_err *err);
    struct tsk_versions reader; /* what would read a page now */
};

struct tsk_desk_server;

int tsk_desk_start(struct tsk_desk_server **out, const struct tsk_desk *desk, struct tsk_err *err) TSK_MUST_USE;
void tsk_desk_stop(struct tsk_desk_server **server); /* NULL is fine; running requests are finished */
int tsk_desk_port(const struct tsk_desk_server *server);

/* Where the picture of a form's blank lies, in the arena; whoever starts the desk makes it there. NULL without memory. */
const char *tsk_desk_blank_path(const char *cache, const struct tsk_form *form, struct tsk_arena *arena);

/* One line a route: method, path, roles. For `tasuki web --routes` and the tests. */
void tsk_desk_print_routes(void);

#endif
