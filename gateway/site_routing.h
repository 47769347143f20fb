/*
 * site_routing - what a process of a site needs to record and to route: store, forms, reference data, rules
 *
 * Promise    The store knows the offices and sources of the configuration and the forms, so that what follows from a
 *            corrected field is worked out in the same way everywhere.
 * Ownership  Borrows the site's configuration: close it before the site is reloaded or closed.
 */
#ifndef TASUKI_GATEWAY_SITE_ROUTING_H
#define TASUKI_GATEWAY_SITE_ROUTING_H

#include "forms/form.h"
#include "gateway/site.h"
#include "records/store.h"
#include "routing/route.h"

struct tsk_records {
    struct tsk_store *store;
    struct tsk_forms forms;
    struct tsk_routing *routing;
    struct tsk_reference *reference;
    struct tsk_knowledge knowledge; /* of the store; for further handles on it */
};

int tsk_records_open(struct tsk_records **out, const struct tsk_site *site, struct tsk_err *err) TSK_MUST_USE;
void tsk_records_close(struct tsk_records **records);

/* The institutions of every office, for the reader's lexicon, to run/directory.csv. */
int tsk_records_export_directory(struct tsk_records *records, const struct tsk_site *site,
                                 struct tsk_err *err) TSK_MUST_USE;

#endif
