/* fixture - a store of its own with two offices, a small form, and readings of it */
#ifndef TASUKI_TESTS_RECORDS_FIXTURE_H
#define TASUKI_TESTS_RECORDS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "records/document.h"
#include "records/sheet.h"
#include "records/store.h"

#define EAST "higashinari" /* code 27115 */
#define NORTH "kita"       /* code 27127 */

struct fixture {
    char dir[64];
    char path[96]; /* of the database */
    struct tsk_store *store;
    struct tsk_arena *arena;
    struct tsk_err err;
};

extern const struct tsk_scope only_east, only_north, nobody;

int fixture_open(void **state);
int fixture_close(void **state);
void fixture_reopen(struct fixture *f);
/* Lets the store know the form, and an address book of two towns. */
void fixture_know(struct fixture *f);
/* One statement from outside, past the program; must succeed. */
void fixture_sql(struct fixture *f, const char *sql);
/* The same, with foreign keys on; the result code. */
int fixture_try(struct fixture *f, const char *sql);
int64_t fixture_count(struct fixture *f, const char *sql);

const struct tsk_form *fixture_form(void);
/* A referral of 平成 27.4.12 with everything accepted and nothing in its outcome block. */
void fixture_referral(struct tsk_reading *reading, const char *name);
/* The same page again with a filled outcome block. */
void fixture_outcome(struct tsk_reading *reading, const char *name);
void fixture_set(struct tsk_reading *reading, const char *field, const char *value, bool review);

struct tsk_document_new fixture_document(const char *spool_id, const char *office, const char *content);
/* Another patient: born, living and referred otherwise. */
void fixture_patient(struct tsk_reading *reading, int number);
/* As the reader does: recorded, and each sheet put to its case where that is certain. */
int fixture_record(struct tsk_document_added *added, struct tsk_store *store, const struct tsk_document_new *document,
                   const struct tsk_page_new *pages, size_t count, struct tsk_arena *arena, struct tsk_err *err);
/* One page; returns the sheet. */
int64_t fixture_add(struct fixture *f, const char *spool_id, const char *office, struct tsk_reading *reading);

extern const struct tsk_versions fixture_versions;

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

#define OK(call, f)                                                                                                    \
    do {                                                                                                               \
        if ((call) != 0)                                                                                               \
            fail_msg("%s", (f)->err.text);                                                                             \
    } while (0)
#define REFUSED(call, f, words)                                                                                        \
    do {                                                                                                               \
        (f)->err.text[0] = '\0';                                                                                       \
        assert_int_equal(call, -1);                                                                                    \
        if (strstr((f)->err.text, words) == NULL)                                                                      \
            fail_msg("\"%s\" does not say \"%s\"", (f)->err.text, words);                                              \
    } while (0)

#endif
