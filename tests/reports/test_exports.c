/* Exports: only what a person confirmed becomes a fact; nothing of a page that is no image of ours. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "fixture.h"
#include "records/case.h"
#include "records/consent.h"
#include "reports/case_csv.h"
#include "reports/case_paper.h"
#include "reports/fhir.h"
#include "reports/pdfa.h"

#define NOW "2026-11-25T01:02:03.000Z"

static const char *a_case(struct fixture *f, int64_t *sheet)
{
    static struct tsk_reading reading;
    struct tsk_sheet found;

    fixture_know(f);
    fixture_referral(&reading, "山田 太郎");
    *sheet = fixture_add(f, "A", EAST, &reading);
    OK(tsk_sheet_find(&found, f->store, &tsk_scope_all, *sheet, f->arena, &f->err), f);
    assert_string_not_equal(found.case_number, "");
    return found.case_number;
}

static void confirm(struct fixture *f, int64_t sheet)
{
    OK(tsk_sheet_confirm(NULL, f->store, &tsk_scope_all, sheet, true, "佐藤", &f->err), f);
}

/* The installed form has what the fixture's form means. */
static struct tsk_forms one_form(void)
{
    return (struct tsk_forms){ .forms = (struct tsk_form *)(uintptr_t)fixture_form(), .count = 1 };
}

static json_t *bundle_of(struct fixture *f, const char *number)
{
    const struct tsk_forms forms = one_form();
    struct tsk_buf out = TSK_BUF(1 << 20);
    struct tsk_case_file file;

    OK(tsk_case_file_load(&file, f->store, &tsk_scope_all, number, &forms, f->arena, &f->err), f);
    OK(tsk_fhir_write(&out, &file, NULL, NOW, &f->err), f);
    json_t *bundle = json_loads(tsk_buf_text(&out), 0, NULL);
    tsk_buf_free(&out);
    assert_non_null(bundle);
    return bundle;
}

static const json_t *resource_of(const json_t *bundle, const char *type)
{
    size_t i;
    const json_t *entry;

    json_array_foreach(json_object_get(bundle, "entry"), i, entry)
    {
        const json_t *resource = json_object_get(entry, "resource");
        if (strcmp(json_string_value(json_object_get(resource, "resourceType")), type) == 0)
            return resource;
    }
    return NULL;
}

static void test_unconfirmed_values_are_no_facts(void **state)
{
    struct fixture *f = *state;
    int64_t sheet = 0;
    const char *number = a_case(f, &sheet);
    json_t *before = bundle_of(f, number);

    assert_null(json_object_get(resource_of(before, "Patient"), "name"));
    assert_string_equal(json_string_value(json_object_get(resource_of(before, "QuestionnaireResponse"), "status")),
                        "in-progress");
    confirm(f, sheet);
    json_t *after = bundle_of(f, number), *again = bundle_of(f, number);
    const json_t *name = json_array_get(json_object_get(resource_of(after, "Patient"), "name"), 0);
    assert_string_equal(json_string_value(json_object_get(name, "text")), "山田 太郎");
    assert_string_equal(json_string_value(json_object_get(name, "family")), "山田");
    assert_string_equal(json_string_value(json_object_get(resource_of(after, "QuestionnaireResponse"), "status")),
                        "completed");
    assert_true(json_equal(after, again));
    json_decref(before);
    json_decref(after);
    json_decref(again);
}

/* Two entries of one time, as where a paper bears a day only: what was written down last is what stands. */
static void test_one_consent_is_active(void **state)
{
    struct fixture *f = *state;
    const struct tsk_consent said = {
        .scope = "medical", .giver = "patient", .how = "paper", .by = "佐藤", .at = "2015-04-13T00:00:00.000Z"
    };
    int64_t sheet = 0;
    size_t i, active = 0;
    const json_t *entry;
    const char *number = a_case(f, &sheet), *type = "";

    OK(tsk_consent_record(f->store, &tsk_scope_all, number, &said, &f->err), f);
    OK(tsk_consent_refuse(f->store, &tsk_scope_all, number, &said, &f->err), f);
    json_t *bundle = bundle_of(f, number);
    json_array_foreach(json_object_get(bundle, "entry"), i, entry)
    {
        json_t *resource = json_object_get(entry, "resource");
        const char *status = json_string_value(json_object_get(resource, "status"));

        if (strcmp(json_string_value(json_object_get(resource, "resourceType")), "Consent") != 0 ||
            strcmp(status, "active") != 0)
            continue;
        active++;
        type = json_string_value(json_object_get(json_object_get(resource, "provision"), "type"));
    }
    assert_int_equal(active, 1);
    assert_string_equal(type, "deny");
    json_decref(bundle);
}

static void test_another_office_exports_nothing(void **state)
{
    struct fixture *f = *state;
    const struct tsk_forms forms = one_form();
    const struct tsk_export_wish wish = { .office = NULL };
    struct tsk_buf out = TSK_BUF(1 << 20);
    struct tsk_case_file file;
    int64_t sheet = 0;
    int lines = -1;
    const char *number = a_case(f, &sheet);

    REFUSED(tsk_case_file_load(&file, f->store, &only_north, number, &forms, f->arena, &f->err), f, "case");
    OK(tsk_cases_csv(&out, &lines, f->store, &only_north, &forms, &wish, &f->err), f);
    assert_int_equal(lines, 0);
    OK(tsk_sheets_csv(&out, &lines, f->store, &only_north, &forms, fixture_form()->id, &wish, &f->err), f);
    assert_int_equal(lines, 0);
    OK(tsk_cases_csv(&out, &lines, f->store, &only_east, &forms, &wish, &f->err), f);
    assert_int_equal(lines, 1);
    tsk_buf_free(&out);
}

static void test_tables(void **state)
{
    struct fixture *f = *state;
    const struct tsk_forms forms = one_form();
    const struct tsk_export_wish wish = { .office = EAST }, later = { .office = EAST, .first = "2999-01-01" };
    struct tsk_buf out = TSK_BUF(1 << 20);
    int64_t sheet = 0;
    int lines = -1;
    const char *number = a_case(f, &sheet);

    OK(tsk_sheet_set(NULL, f->store, &tsk_scope_all, sheet, "patient_name", "=HYPERLINK(1)", "佐藤", "", &f->err), f);
    confirm(f, sheet);
    OK(tsk_cases_csv(&out, &lines, f->store, &tsk_scope_all, &forms, &wish, &f->err), f);
    assert_non_null(strstr(tsk_buf_text(&out), number));
    assert_non_null(strstr(tsk_buf_text(&out), "\"'=HYPERLINK(1)\"")); /* a name from a fax is no formula */
    OK(tsk_cases_csv(&out, &lines, f->store, &tsk_scope_all, &forms, &later, &f->err), f);
    assert_int_equal(lines, 0);
    REFUSED(tsk_sheets_csv(&out, &lines, f->store, &tsk_scope_all, &forms, "nothing", &wish, &f->err), f, "nothing");
    tsk_buf_free(&out);
}

static void test_paper(void **state)
{
    struct fixture *f = *state;
    const struct tsk_forms forms = one_form();
    struct tsk_buf out = TSK_BUF(8 << 20), small = TSK_BUF(100);
    struct tsk_case_file file;
    int64_t sheet = 0;

    OK(tsk_case_file_load(&file, f->store, &tsk_scope_all, a_case(f, &sheet), &forms, f->arena, &f->err), f);
    OK(tsk_case_pdf(&out, &file, NOW, &f->err), f);
    assert_memory_equal(out.data, "%PDF-", 5);
    assert_int_equal(tsk_case_pdf(&small, &file, NOW, &f->err), -1);
    tsk_buf_free(&out);
    tsk_buf_free(&small);
}

/* A page of 8 x 1, white. */
static const unsigned char png[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0,  0,   0,   13,  'I', 'H',
                                     'D',  'R', 0,   0,   0,    8,    0,    0,    0,  1,   1,   0,   0,   0,
                                     0,    0,   0,   0,   0,    0,    0,    0,    10, 'I', 'D', 'A', 'T', 0x78,
                                     0x9c, 99,  248, 15,  0,    1,    1,    1,    0,  0,   0,   0,   0,   0,
                                     0,    0,   0,   'I', 'E',  'N',  'D',  0,    0,  0,   0 };

static void test_pages_are_copied(void **state)
{
    struct fixture *f = *state;
    struct tsk_buf out = TSK_BUF(100000);
    struct tsk_pdfa *pdf = NULL;

    tsk_buf_puts(&out, "before");
    OK(tsk_pdfa_begin(&pdf, &out, "27115 <&>", NOW, &f->err), f);
    REFUSED(tsk_pdfa_end(pdf, &f->err), f, "no page");
    OK(tsk_pdfa_page(pdf, png, sizeof png, 204, 98, &f->err), f);
    OK(tsk_pdfa_page(pdf, png, sizeof png, 0, 0, &f->err), f);
    OK(tsk_pdfa_end(pdf, &f->err), f);
    const char *text = tsk_buf_text(&out);
    assert_non_null(memmem(text, out.len, "27115 &lt;&amp;>", 16));
    size_t table;
    const char *mark = text;
    for (const char *at = text; (at = memmem(at, out.len - (size_t)(at - text), "startxref\n", 10)) != NULL; at++)
        mark = at + 10;
    table = strtoul(mark, NULL, 10);
    assert_memory_equal(text + 6 + table, "xref\n", 5);
    tsk_pdfa_free(&pdf);
    tsk_buf_free(&out);
}

static void test_no_other_image_is_copied(void **state)
{
    struct fixture *f = *state;
    struct tsk_buf out = TSK_BUF(100000);
    struct tsk_pdfa *pdf = NULL;
    unsigned char bad[sizeof png];

    OK(tsk_pdfa_begin(&pdf, &out, "", NOW, &f->err), f);
    for (size_t len = 0; len < sizeof png; len++) /* cut off anywhere */
        assert_int_equal(tsk_pdfa_page(pdf, png, len, 0, 0, &f->err), -1);
    static const struct {
        size_t at;
        unsigned char value;
    } faults[] = { { 0, 0 }, { 8, 0xff }, { 12, 'X' }, { 19, 0 }, { 24, 3 }, { 25, 3 }, { 28, 1 }, { 33, 0xff } };
    for (size_t i = 0; i < TSK_COUNT(faults); i++) {
        memcpy(bad, png, sizeof png);
        bad[faults[i].at] = faults[i].value;
        assert_int_equal(tsk_pdfa_page(pdf, bad, sizeof bad, 0, 0, &f->err), -1);
    }
    tsk_pdfa_free(&pdf);
    tsk_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(test_unconfirmed_values_are_no_facts),
                                        TEST(test_one_consent_is_active),
                                        TEST(test_another_office_exports_nothing),
                                        TEST(test_tables),
                                        TEST(test_paper),
                                        TEST(test_pages_are_copied),
                                        TEST(test_no_other_image_is_copied) };

    return cmocka_run_group_tests_name("reports/exports", tests, NULL, NULL);
}
