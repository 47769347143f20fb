/*
 * recipient - who is meant by a name on a sheet, and words for them; for what decides outside of the rules
 *
 * Promise    Exactly one entry of the office's own directory, or a problem in words for a person: never a guess.
 * Ownership  Everything lives in the arena.
 */
#ifndef TASUKI_ROUTING_RECIPIENT_H
#define TASUKI_ROUTING_RECIPIENT_H

#include "routing/route.h"
#include "routing/template.h"

struct tsk_recipient {
    const char *key, *name; /* "institution:7" and 大阪今里病院 地域医療連携室; "" with a problem */
    const char *fax, *email, *phone;
    bool fax_verified, email_verified, takes_letters;
    const char *problem; /* Japanese, or NULL */
};

/* The hospital that the field of the sheet names, and of its entries the one of that department. */
int tsk_recipient_named(struct tsk_recipient *out, const struct tsk_routing *routing, struct tsk_store *store,
                        const struct tsk_sheet *sheet, const char *field, const char *department,
                        struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* The clinic that referred, as the sheet names it. */
int tsk_recipient_clinic(struct tsk_recipient *out, const struct tsk_routing *routing, struct tsk_store *store,
                         const struct tsk_sheet *sheet, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* By its key; a problem when the entry is gone. */
int tsk_recipient_find(struct tsk_recipient *out, const struct tsk_routing *routing, struct tsk_store *store,
                       const char *office, const char *key, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* Office and its numbers are filled in. */
int tsk_recipient_words(const char **subject, const char **body, const struct tsk_routing *routing,
                        struct tsk_store *store, const char *office, const char *template,
                        const struct tsk_template_values *values, struct tsk_arena *arena,
                        struct tsk_err *err) TSK_MUST_USE;

#endif
