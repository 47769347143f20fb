/* fhir_parts - what the parts of a Bundle share; private to reports/ */
#ifndef TASUKI_REPORTS_FHIR_PARTS_H
#define TASUKI_REPORTS_FHIR_PARTS_H

#include <jansson.h>

#include "records/blob.h"
#include "reports/case_file.h"

#define FHIR_CASE_SYSTEM "urn:x-tasuki:case"
#define FHIR_LOINC "http://loinc.org"

struct fhir {
    const struct tsk_case_file *file;
    struct tsk_blobs *blobs; /* NULL = no bytes of documents */
    json_t *entries;
    json_t *referral;   /* reference to the ServiceRequest, or NULL */
    const char *clinic; /* full URLs of those, or NULL */
    const char *hospital;
    bool failed; /* no memory */
};

/* Names a resource within the case: "urn:uuid:…", in the arena. */
const char *fhir_url(const struct fhir *fhir, const char *type, const char *name);
/* Adds and returns its full URL. A resource of the same type and name is added once; takes resource over. */
const char *fhir_add(struct fhir *fhir, const char *type, const char *name, json_t *resource);
json_t *fhir_reference(const char *url);                /* NULL for NULL */
json_t *fhir_named(const char *url, const char *words); /* reference with display; either may be NULL or "" */
json_t *fhir_patient(const struct fhir *fhir);          /* reference */
json_t *fhir_text(const char *text);                    /* CodeableConcept with text alone; NULL for "" */
json_t *fhir_coded(const char *system, const char *code, const char *text);
json_t *fhir_list(json_t *only); /* [only]; NULL for NULL */
/* Sets a member unless value is NULL; takes it over. */
void fhir_set(json_t *object, const char *name, json_t *value);
void fhir_set_text(json_t *object, const char *name, const char *value); /* unless "" */
/* A string of standard base64. */
json_t *fhir_base64(struct fhir *fhir, const void *bytes, size_t len);
/* Organization of that name; NULL for "". */
const char *fhir_organization(struct fhir *fhir, const char *name);

void fhir_add_people(struct fhir *fhir);   /* Patient, EpisodeOfCare, Coverage, CareTeam */
void fhir_add_referral(struct fhir *fhir); /* ServiceRequest, the wish for an answer, the conference */
void fhir_add_outcomes(struct fhir *fhir);
void fhir_add_sheets(struct fhir *fhir);
int fhir_add_documents(struct fhir *fhir, struct tsk_err *err) TSK_MUST_USE; /* DocumentReference, Binary */
void fhir_add_told(struct fhir *fhir); /* Consent, Communication, inquiries, the office's own record */

#endif
