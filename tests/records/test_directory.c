#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "records/directory.h"

#define HEAD "kind,name,department,ward,fax,email,phone\n"
#define ONE "hospital,大阪今里病院,地域医療連携室,東成区,06-4323-7952,renkei@example.jp,06-4646-2529\n"
#define TWO "clinic,緑橋クリニック,,東成区,06-1111-2222,,06-1111-2223\n"

struct faults {
    char text[4096];
    int count;
};

static void report(void *ctx, const char *text)
{
    struct faults *faults = ctx;
    size_t used = strlen(faults->text);

    snprintf(faults->text + used, sizeof faults->text - used, "%s\n", text);
    faults->count++;
}

static void write_file(struct fixture *f, char path[128], const void *bytes, size_t len)
{
    snprintf(path, 128, "%s/list.csv", f->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static int import(struct fixture *f, struct tsk_import *out, struct faults *faults, const char *content,
                  const char *office)
{
    char path[128];

    write_file(f, path, content, strlen(content));
    memset(faults, 0, sizeof *faults);
    return tsk_directory_import(out, f->store, path, office, "佐藤", report, faults, &f->err);
}

static struct tsk_institution find(struct fixture *f, const struct tsk_scope *scope, const char *name)
{
    const struct tsk_institution_filter filter = { .name = name };
    struct tsk_institutions found;

    OK(tsk_directory_list(&found, f->store, scope, &filter, f->arena, &f->err), f);
    assert_int_equal(found.count, 1);
    return found.items[0];
}

static void test_each_office_has_its_own(void **state)
{
    struct fixture *f = *state;
    struct tsk_import result;
    struct faults faults;

    OK(import(f, &result, &faults, HEAD ONE TWO, NULL), f);
    assert_int_equal(result.added, 4);
    struct tsk_institution one = find(f, &only_east, "大阪今里 病院");
    assert_string_equal(one.name, "大阪今里病院");
    assert_string_equal(one.office, EAST);
    assert_int_equal(one.fax_verified, TSK_UNVERIFIED);
    assert_int_equal(one.email_verified, TSK_UNVERIFIED);
    assert_false(one.can_open_links);
    assert_int_equal(one.notice, TSK_NOTICE_EACH);
    assert_string_equal(find(f, &only_north, "大阪今里病院").office, NORTH);
}

static void test_importing_again(void **state)
{
    struct fixture *f = *state;
    struct tsk_import result;
    struct faults faults;
    enum tsk_verified state_now;

    OK(import(f, &result, &faults, HEAD ONE TWO, EAST), f);
    assert_int_equal(result.added, 2);
    struct tsk_institution one = find(f, &only_east, "大阪今里病院");
    OK(tsk_directory_verify(&state_now, f->store, &only_east, one.id, "fax", "test-fax", "佐藤", &f->err), f);
    OK(tsk_directory_verify(&state_now, f->store, &only_east, one.id, "fax", "phone", "鈴木", &f->err), f);
    OK(tsk_directory_verify(&state_now, f->store, &only_east, one.id, "email", "phone", "鈴木", &f->err), f);

    OK(import(f, &result, &faults, HEAD ONE TWO, EAST), f);
    assert_int_equal(result.same, 2);
    assert_int_equal(result.added + result.changed + result.unverified + result.not_in_file, 0);
    /* the same number in other writing stays verified */
    OK(import(f, &result, &faults,
              HEAD
              "hospital,大阪今里病院,地域医療連携室,東成区,０６(４３２３)７９５２,renkei@example.jp,06-4646-2529\n",
              EAST),
       f);
    assert_int_equal(result.changed, 1);
    assert_int_equal(result.unverified, 0);
    assert_int_equal(result.not_in_file, 1);
    assert_int_equal(find(f, &only_east, "大阪今里病院").fax_verified, TSK_VERIFIED);

    OK(import(f, &result, &faults,
              HEAD "hospital,大阪今里病院,地域医療連携室,東成区,06-9999-7952,new@example.jp,06-4646-2529\n", EAST),
       f);
    assert_int_equal(result.unverified, 2);
    one = find(f, &only_east, "大阪今里病院");
    assert_int_equal(one.fax_verified, TSK_UNVERIFIED);
    assert_int_equal(one.email_verified, TSK_UNVERIFIED);
    OK(import(f, &result, &faults, HEAD ONE, EAST), f); /* back again: what was said of it then counts no more */
    assert_int_equal(find(f, &only_east, "大阪今里病院").fax_verified, TSK_UNVERIFIED);
}

static void test_two_persons(void **state)
{
    struct fixture *f = *state;
    struct tsk_import result;
    struct faults faults;
    enum tsk_verified now;
    struct tsk_verifications log;

    OK(import(f, &result, &faults, HEAD ONE TWO, EAST), f);
    struct tsk_institution one = find(f, &only_east, "大阪今里病院");
    assert_false(tsk_institution_verified(&one, "fax"));
    OK(tsk_directory_verify(&now, f->store, &only_east, one.id, "fax", "test-fax", "佐藤 花子", &f->err), f);
    assert_int_equal(now, TSK_PROPOSED);
    one = find(f, &only_east, "大阪今里病院");
    assert_false(tsk_institution_verified(&one, "fax"));
    REFUSED(tsk_directory_verify(&now, f->store, &only_east, one.id, "fax", "phone", "佐藤 花子", &f->err), f,
            "second person");
    REFUSED(tsk_directory_verify(&now, f->store, &only_east, one.id, "fax", "phone", "佐藤　花子", &f->err), f,
            "second person");
    OK(tsk_directory_verify(&now, f->store, &only_east, one.id, "fax", "phone", "鈴木", &f->err), f);
    assert_int_equal(now, TSK_VERIFIED);
    one = find(f, &only_east, "大阪今里病院");
    assert_true(tsk_institution_verified(&one, "fax"));
    assert_false(tsk_institution_verified(&one, "email"));
    assert_false(tsk_institution_verified(&one, "phone"));
    REFUSED(tsk_directory_verify(&now, f->store, &only_east, one.id, "fax", "phone", "高橋", &f->err), f, "already");
    OK(tsk_directory_verifications(&log, f->store, &only_east, one.id, f->arena, &f->err), f);
    assert_int_equal(log.count, 2);
    assert_string_equal(log.items[0].by, "佐藤 花子");
    assert_string_equal(log.items[0].how, "test-fax");
    assert_string_equal(log.items[0].value, "06-4323-7952");
    assert_int_equal(log.items[1].result, TSK_VERIFIED);

    REFUSED(tsk_directory_verify(&now, f->store, &only_east, one.id, "telex", "phone", "高橋", &f->err), f,
            "fax or email");
    REFUSED(tsk_directory_verify(&now, f->store, &only_east, one.id, "email", "guess", "高橋", &f->err), f, "test-fax");
    REFUSED(tsk_directory_verify(&now, f->store, &only_east, one.id, "email", "phone", "　", &f->err), f,
            "name of who");
    REFUSED(tsk_directory_verify(&now, f->store, &only_east, 9999, "email", "phone", "高橋", &f->err), f,
            "no directory entry");
    one = find(f, &only_east, "緑橋クリニック");
    REFUSED(tsk_directory_verify(&now, f->store, &only_east, one.id, "email", "phone", "高橋", &f->err), f,
            "no e-mail");
}

static const struct bad_file {
    const char *what, *content, *words;
} bad_files[] = {
    { "no @", HEAD ONE "clinic,A,,東成区,,renkei.example.jp,\n",
      "list.csv:3: email: \"renkei.example.jp\" is no e-mail address" },
    { "no domain", HEAD "clinic,A,,東成区,,a@,\n", ":2: email:" },
    { "one label", HEAD "clinic,A,,東成区,,a@localhost,\n", ":2: email:" },
    { "two addresses", HEAD "clinic,A,,東成区,,a@b.jp c@d.jp,\n", ":2: email:" },
    { "an address that would add a header", HEAD "clinic,A,,東成区,,\"a@b.jp\nBcc: x@y.jp\",\n",
      ":2: email: \"a@b.jp Bcc: x@y.jp\" holds a line break" },
    { "an angle bracket", HEAD "clinic,A,,東成区,,<a@b.jp>,\n", ":2: email:" },
    { "a host with a trailing dot", HEAD "clinic,A,,東成区,,a@b.jp.,\n", ":2: email:" },
    { "letters in a fax number", HEAD "clinic,A,,東成区,06-CALL-ME,,\n",
      ":2: fax: \"06-CALL-ME\" holds something else" },
    { "too short a number", HEAD "clinic,A,,東成区,06-1234,,\n", ":2: fax: \"06-1234\" is no Japanese number" },
    { "no leading zero", HEAD "clinic,A,,東成区,6-4323-79521,,\n", ":2: fax:" },
    { "a bad phone", HEAD "clinic,A,,東成区,,,x\n", ":2: phone:" },
    { "no name", HEAD "clinic,,,東成区,,,\n", ":2: name: is empty" },
    { "no kind", HEAD ",A,,東成区,,,\n", ":2: kind: is empty" },
    { "a kind in Japanese", HEAD "病院,A,,東成区,,,\n", ":2: kind:" },
    { "too few cells", HEAD "clinic,A,,東成区,06-4323-7952\n", ":2: email: this line has only 5 cells" },
    { "too many cells", HEAD "clinic,A,B,C,東成区,06-4323-7952,a@b.jp,06-4323-7952\n",
      ":2: phone: this line has 8 cells" },
    { "twice the same", HEAD ONE TWO ONE, ":4: name: the same kind, name, department and ward as in line 2" },
    { "an open quotation mark", HEAD "clinic,\"A,,東成区,,,\n", "never closes" },
    { "a missing column", "kind,name,department,ward,fax,email\nclinic,A,,東成区,,\n",
      ":1: phone: this column is missing" },
    { "an unknown column", "kind,name,department,ward,fax,email,phone,note\n", ":1: note: there is no such column" },
    { "only a header", HEAD, "holds no entry" },
    { "nothing", "", "is empty" },
};

static void test_a_bad_line_imports_nothing(void **state)
{
    struct fixture *f = *state;
    struct tsk_import result;
    struct faults faults;

    for (size_t i = 0; i < TSK_COUNT(bad_files); i++) {
        if (import(f, &result, &faults, bad_files[i].content, EAST) != -1)
            fail_msg("%s was imported", bad_files[i].what);
        if (strstr(faults.text, bad_files[i].words) == NULL && strstr(f->err.text, bad_files[i].words) == NULL &&
            strcmp(bad_files[i].words, "never closes") != 0)
            fail_msg("%s: \"%s\", \"%s\"", bad_files[i].what, faults.text, f->err.text);
        assert_int_equal(fixture_count(f, "SELECT count(*) FROM institutions"), 0);
        assert_int_equal(fixture_count(f, "SELECT count(*) FROM audit"), 0);
    }
}

static void test_every_bad_line_is_told(void **state)
{
    struct fixture *f = *state;
    struct tsk_import result;
    struct faults faults;

    REFUSED(import(f, &result, &faults, HEAD "clinic,A,,東成区,x,y,\n" ONE "clinic,,,東成区,,,\n", EAST), f,
            "3 faults; nothing was imported");
    assert_int_equal(faults.count, 3);
    assert_non_null(strstr(faults.text, "list.csv:2: fax:"));
    assert_non_null(strstr(faults.text, "list.csv:2: email:"));
    assert_non_null(strstr(faults.text, "list.csv:4: name:"));
}

static void test_as_spreadsheets_write_it(void **state)
{
    struct fixture *f = *state;
    struct tsk_import result;
    struct faults faults;
    char path[128];
    /* 病院 and 東成区 in CP932, CRLF */
    static const char cp932[] =
        "kind,name,department,ward,fax,email,phone\r\n"
        "hospital,\x91\xE5\x8D\xE3\x95\x61\x89\x40,,\x93\x8C\x90\xAC\x8B\xE6,06-4323-7952,,\r\n";

    OK(import(f, &result, &faults,
              "\xEF\xBB\xBF" HEAD "clinic,\"医院, \"\"A\"\"\",　内科 ,東成区,06-4323-7952,,\r\n\r\n", EAST),
       f);
    assert_string_equal(find(f, &only_east, "医院,\"A\"").department, "内科");
    write_file(f, path, cp932, sizeof cp932 - 1);
    OK(tsk_directory_import(&result, f->store, path, EAST, "佐藤", report, &faults, &f->err), f);
    assert_string_equal(find(f, &only_east, "大阪病院").ward, "東成区");
    static const char neither[] = HEAD "clinic,\xff\xfe\x80,,,,,\n";
    write_file(f, path, neither, sizeof neither - 1);
    REFUSED(tsk_directory_import(&result, f->store, path, EAST, "佐藤", report, &faults, &f->err), f,
            "neither UTF-8 nor CP932");
    REFUSED(tsk_directory_import(&result, f->store, "/nowhere/list.csv", EAST, "佐藤", report, &faults, &f->err), f,
            "/nowhere/list.csv");
    REFUSED(import(f, &result, &faults, HEAD ONE, "nowhere"), f, "no office nowhere");
}

static void test_export_is_what_was_imported(void **state)
{
    struct fixture *f = *state;
    struct tsk_import result;
    struct faults faults;
    struct tsk_buf csv = TSK_BUF(65536);
    static const char list[] = HEAD ONE "clinic,\"医院, \"\"A\"\"\",,東成区,06-4323-7952,,\n";

    OK(import(f, &result, &faults, list, NULL), f);
    OK(tsk_directory_export(&csv, f->store, &tsk_scope_all, &f->err), f);
    assert_string_equal(tsk_buf_text(&csv), list);
    OK(import(f, &result, &faults, tsk_buf_text(&csv), NULL), f);
    assert_int_equal(result.same, 4);
    tsk_buf_free(&csv);
}

static void test_wishes(void **state)
{
    struct fixture *f = *state;
    struct tsk_import result;
    struct faults faults;

    OK(import(f, &result, &faults, HEAD ONE, EAST), f);
    struct tsk_institution one = find(f, &only_east, "大阪今里病院");
    OK(tsk_directory_prefer(f->store, &only_east, one.id, TSK_NOTICE_DIGEST, true, "佐藤", &f->err), f);
    OK(import(f, &result, &faults, HEAD ONE, EAST), f);
    one = find(f, &only_east, "大阪今里病院");
    assert_int_equal(one.notice, TSK_NOTICE_DIGEST);
    assert_true(one.can_open_links);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_office_has_its_own),
        TEST(test_importing_again),
        TEST(test_two_persons),
        TEST(test_a_bad_line_imports_nothing),
        TEST(test_every_bad_line_is_told),
        TEST(test_as_spreadsheets_write_it),
        TEST(test_export_is_what_was_imported),
        TEST(test_wishes),
    };

    return cmocka_run_group_tests_name("records/directory", tests, NULL, NULL);
}
