/*
 * fixture - a site with two offices, a small directory, and sheets as a reader would have handed them over
 *
 * Failure    A fixture that cannot do what a test asks ends the test program with the error's words.
 */
#ifndef TASUKI_TESTS_ROUTING_FIXTURE_H
#define TASUKI_TESTS_ROUTING_FIXTURE_H

#include "config/config.h"
#include "config/reference.h"
#include "records/case.h"
#include "records/consent.h"
#include "records/directory.h"
#include "records/document.h"
#include "records/notice.h"
#include "records/sheet.h"
#include "records/todo.h"
#include "routing/route.h"
#include "routing/sender.h"

#define FX_PATIENT_NAME "𠮷田 花子"
#define FX_PATIENT_KANA "ヨシダ ハナコ"
#define FX_BIRTH_DATE "1931-05-02"
#define FX_ADDRESS "大今里南3-4-5"

struct fx {
    char dir[64];
    struct tsk_config config;
    struct tsk_forms forms;
    struct tsk_reference *reference;
    struct tsk_store *store;
    struct tsk_routing *routing;
    struct tsk_arena *arena;
    int documents;
    const char *sender; /* of the documents to come; NULL = unknown */
};

struct fx_value {
    const char *field,
        *value; /* options joined by commas; "@ward" is derived; a leading "?" in value waits for a person */
};

int fx_setup(void **state);
int fx_teardown(void **state);
/* Another process's view of the site in dir. Freed by fx_detach(), which leaves the files. */
struct fx *fx_attach(const char *dir);
void fx_detach(struct fx *fx);

/* Values end with a NULL field. Routed at once, in one transaction, as the reader does. */
int64_t fx_sheet(struct fx *fx, const char *form, const struct fx_value *values);
int64_t fx_sheet_of(struct fx *fx, const char *office, const char *form, const struct fx_value *values);
/* A referral-status sheet of the fixture's patient; changes (may be NULL) replace or add values. */
int64_t fx_referral(struct fx *fx, const struct fx_value *changes);
int64_t fx_outcome(struct fx *fx, const struct fx_value *changes); /* both halves */
void fx_set(struct fx *fx, int64_t sheet, const char *field, const char *value);
void fx_confirm(struct fx *fx, int64_t sheet);
void fx_link(struct fx *fx, int64_t sheet, const char *case_number);
void fx_route(struct fx *fx, int64_t sheet);
void fx_consent(struct fx *fx, const char *case_number, const char *scope);
void fx_withdraw_consent(struct fx *fx, const char *case_number, const char *scope);
void fx_verify(struct fx *fx, const char *name, const char *channel);
int64_t fx_institution(struct fx *fx, const char *name);
const char *fx_case(struct fx *fx, int64_t sheet);
/* Stores and routing are closed and opened again, as by a restart. */
void fx_restart(struct fx *fx);

const struct tsk_decision *fx_decision(struct fx *fx, int64_t sheet, const char *rule); /* NULL if no such rule spoke */
/* Notices of a sheet (0 = all), of a rule (NULL = all), in a state (NULL = all). */
struct tsk_notices fx_notices(struct fx *fx, int64_t sheet, const char *rule, const char *state);
size_t fx_notice_count(struct fx *fx, int64_t sheet, const char *rule, const char *state);
size_t fx_todo_count(struct fx *fx, int64_t sheet, const char *kind); /* open ones */
struct tsk_todos fx_todos(struct fx *fx, int64_t sheet, const char *kind);

/* Delivers into DIR/mail what is due; returns how many messages. */
int fx_send(struct fx *fx);
void fx_must(int rc, const struct tsk_err *err, const char *what);

#endif
