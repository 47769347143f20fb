#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "forms/form.h"

#define OWN TASUKI_SOURCE_DIR "/forms"
#define EXTRA TASUKI_SOURCE_DIR "/tests/forms/extra"

/* A form in which everything that can go wrong occurs once; a case replaces one piece of it. */
static const char sound[] = "title: 試験票\n"                                            /* 1 */
                            "page_mm: [210, 297]\n"                                      /* 2 */
                            "blocks:\n"                                                  /* 3 */
                            "  - { id: top, label: 上, party: clinic }\n"                /* 4 */
                            "dates:\n"                                                   /* 5 */
                            "  - { id: birth, role: birth, era_field: era, age: age }\n" /* 6 */
                            "prints:\n"                                                  /* 7 */
                            "  - { id: fax, text: FAX, font: IPAexGothic, size_pt: 10, box_mm: [10, 10, 40, 5] }\n"
                            "fields:\n"                                                        /* 9 */
                            "  - id: name\n"                                                   /* 10 */
                            "    label: 氏名\n"                                                /* 11 */
                            "    block: top\n"                                                 /* 12 */
                            "    kind: text\n"                                                 /* 13 */
                            "    lexicon: person\n"                                            /* 14 */
                            "    box_mm: [20, 20, 60, 8]\n"                                    /* 15 */
                            "  - id: era\n"                                                    /* 16 */
                            "    label: 元号\n"                                                /* 17 */
                            "    block: top\n"                                                 /* 18 */
                            "    kind: mark\n"                                                 /* 19 */
                            "    options:\n"                                                   /* 20 */
                            "      - { value: showa, label: 昭和, box_mm: [20, 40, 3, 3] }\n"  /* 21 */
                            "      - { value: heisei, label: 平成, box_mm: [30, 40, 3, 3] }\n" /* 22 */
                            "  - { id: birth.year, label: 年, block: top, kind: digits, box_mm: [40, 40, 9, 8] }\n"
                            "  - { id: birth.month, label: 月, block: top, kind: digits, box_mm: [50, 40, 9, 8] }\n"
                            "  - { id: birth.day, label: 日, block: top, kind: digits, box_mm: [60, 40, 9, 8] }\n"
                            "  - { id: age, label: 歳, block: top, kind: digits, box_mm: [70, 40, 9, 8] }\n" /* 26 */
                            "repeats:\n"                                                                     /* 27 */
                            "  - id: row\n"                                                                  /* 28 */
                            "    label: 行\n"                                                                /* 29 */
                            "    block: top\n"                                                               /* 30 */
                            "    tops_mm: [100, 110]\n"                                                      /* 31 */
                            "    fields:\n"                                                                  /* 32 */
                            "      - { id: text, label: 文, kind: text, box_mm: [20, 0, 60, 8] }\n";         /* 33 */

static const struct fault_case {
    const char *what, *from, *to, *want; /* want: what follows the name of the folder */
} faults[] = {
    { "nothing is wrong", "試験票", "試験票", NULL },
    { "a key that does not exist", "lexicon:", "lexikon:", "form.yaml:14: fields[0].lexikon: " },
    { "a text where a number belongs", "[20, 20, 60, 8]", "[20, 20, wide, 8]", "form.yaml:15: fields[0].box_mm[2]: " },
    { "three numbers for a box", "[20, 20, 60, 8]", "[20, 20, 60]", "form.yaml:15: fields[0].box_mm[2]: " },
    { "a kind that does not exist", "kind: mark", "kind: tick", "form.yaml:19: fields[1].kind: " },
    { "a key twice", "    kind: mark\n", "    kind: mark\n    kind: circle\n", "form.yaml:20: fields[1].kind: " },
    { "an alias", "label: 元号", "label: *x", "form.yaml:17: " },
    { "an anchor", "label: 氏名", "label: &x 氏名", "form.yaml:11: " },
    { "a number with a leading zero", "[20, 20, 60, 8]", "[020, 20, 60, 8]", "form.yaml:15: fields[0].box_mm[0]: " },
    { "an id twice", "id: birth.day", "id: birth.month",
      "form.yaml:25: fields[4]: id birth.month stands already in line 24" },
    { "an option twice", "value: heisei", "value: showa",
      "form.yaml:22: fields[1].options[1].value: showa stands twice" },
    { "a region off the page", "[20, 20, 60, 8]", "[190, 20, 60, 8]",
      "form.yaml:15: fields[0].box_mm: [190, 20, 60, 8] is not on the page of 210 x 297 mm" },
    { "a region with a negative side", "[20, 20, 60, 8]", "[20, 20, -60, 8]", "form.yaml:15: fields[0].box_mm: " },
    { "no region", "    box_mm: [20, 20, 60, 8]\n", "", "form.yaml:10: fields[0].box_mm: missing" },
    { "an option off the page", "[30, 40, 3, 3]", "[30, 296, 3, 3]", "form.yaml:22: fields[1].options[1].box_mm: " },
    { "a row off the page", "[100, 110]", "[100, 295]", "form.yaml:33: repeats[0].fields[0].box_mm: " },
    { "options over each other", "[30, 40, 3, 3]", "[22, 41, 3, 3]",
      "form.yaml:22: fields[1].options[1].box_mm: overlaps the box of era=showa" },
    { "a date of a field that does not exist", "id: birth.day", "id: birth.dai",
      "form.yaml:6: dates[0].day: there is no field birth.day" },
    { "a date of a field that is no number", "age: age", "age: name",
      "form.yaml:6: dates[0].age: field name is not of kind digits" },
    { "an era that never was", "value: heisei", "value: heizei",
      "form.yaml:6: dates[0].era_field: option heizei of era is no era" },
    { "a role that does not exist", "role: birth", "role: death",
      "form.yaml:6: dates[0].role: unknown role \"death\"" },
    { "a lexicon that does not exist", "lexicon: person", "lexicon: parson",
      "form.yaml:14: fields[0].lexicon: unknown lexicon \"parson\"" },
    { "a block that does not exist", "block: top\n    kind: text", "block: bottom\n    kind: text",
      "form.yaml:12: fields[0].block: \"bottom\" is none of the form's blocks" },
    { "a party that does not exist", "party: clinic", "party: klinik", "form.yaml:4: blocks[0].party: \"klinik\"" },
    { "only_if with an unknown option", "    lexicon: person\n", "    lexicon: person\n    only_if: era=reiwa\n",
      "form.yaml:15: fields[0].only_if: era=reiwa: that field has no such option" },
    { "only_if with an unknown field", "    lexicon: person\n", "    lexicon: person\n    only_if: area=reiwa\n",
      "form.yaml:15: fields[0].only_if: area=reiwa: there is no such field" },
    { "only_if without an option", "    lexicon: person\n", "    lexicon: person\n    only_if: era\n",
      "form.yaml:15: fields[0].only_if: \"era\" is not FIELD=OPTION" },
    { "marks without options", "kind: text\n    lexicon", "kind: mark\n    lexicon",
      "form.yaml:10: fields[0].options: missing" },
    { "no kind", "    kind: text\n", "", "form.yaml:10: fields[0].kind: missing" },
    { "too many digits", "birth.year, label: 年,", "birth.year, digits_max: 9, label: 年,",
      "form.yaml:23: fields[2].digits_max: 9 is not between 1 and 4" },
    { "a font size that nobody reads", "size_pt: 10", "size_pt: 1",
      "form.yaml:8: prints[0].size_pt: 1 is not between 4 and 72" },
    { "a ward that is no code", "page_mm:", "ward: \"2711\"\npage_mm:", "form.yaml:2: ward: \"2711\" is no ward code" },
    { "an identifier with a space", "id: name", "id: na me", "form.yaml:10: fields[0].id: \"na me\" is no identifier" },
    { "no title", "title: 試験票\n", "", "form.yaml:1: title: missing" },
    { "a parent that does not exist",
      "title:", "inherits: nobody-1999\ntitle:", "form.yaml:1: inherits: there is no edition nobody-1999 of x" },
    { "its own parent", "title:", "inherits: y\ntitle:", "form.yaml:1: inherits: more than 8 editions" },
    { "another file as blank", "title:", "blank: blanc.pdf\ntitle:", "form.yaml:1: blank: blanc.pdf cannot be read" },
};

static char root[] = "/tmp/tasuki-forms-XXXXXX";

static void put(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void put_form(const char *edition, const char *yaml)
{
    char path[256];

    snprintf(path, sizeof path, "%s/x", root);
    assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s/x/%s", root, edition);
    assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s/x/%s/form.yaml", root, edition);
    put(path, yaml, strlen(yaml));
}

static void put_blank(const char *edition)
{
    char path[256];

    snprintf(path, sizeof path, "%s/x/%s/blank.pdf", root, edition);
    put(path, "%PDF-", 5);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int setup(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/tasuki-forms-XXXXXX");
    return mkdtemp(root) == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static char *replaced(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    char *out = NULL;

    assert_non_null(at);
    assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
    return out;
}

static void keep_report(void *ctx, const char *text)
{
    tsk_buf_printf(ctx, "%s\n", text);
}

static void test_faults(void **state)
{
    const char *dirs[] = { root };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(faults); i++) {
        struct tsk_buf said = TSK_BUF(1 << 16);
        char *yaml = replaced(sound, faults[i].from, faults[i].to), want[512] = "";
        struct tsk_forms forms;
        struct tsk_err err = { 0 };
        int count;

        put_form("y", yaml);
        put_blank("y");
        count = tsk_forms_check(dirs, 1, keep_report, &said);
        if (faults[i].want != NULL)
            snprintf(want, sizeof want, "%s/x/y/%s", root, faults[i].want);
        if ((count > 0) != (faults[i].want != NULL) || strstr(tsk_buf_text(&said), want) == NULL)
            fail_msg("%s: wanted \"%s\", was told\n%s", faults[i].what, want, tsk_buf_text(&said));
        if (count == 0) {
            assert_int_equal(tsk_forms_load(&forms, dirs, 1, &err), 0);
            tsk_forms_free(&forms);
        } else {
            assert_int_equal(tsk_forms_load(&forms, dirs, 1, &err), -1);
            assert_int_equal(err.kind, TSK_REJECT);
            assert_int_equal(strncmp(err.text, tsk_buf_text(&said), strlen(err.text)), 0);
        }
        tsk_buf_free(&said);
        free(yaml);
    }
}

static void test_every_fault_is_told(void **state)
{
    const char *dirs[] = { root };
    struct tsk_buf said = TSK_BUF(1 << 16);
    char *one = replaced(sound, "lexicon: person", "lexicon: parson"),
         *two = replaced(one, "role: birth", "role: death");

    (void)state;
    put_form("y", two);
    put_blank("y");
    assert_int_equal(tsk_forms_check(dirs, 1, keep_report, &said), 2);
    assert_non_null(strstr(tsk_buf_text(&said), "parson"));
    assert_non_null(strstr(tsk_buf_text(&said), "death"));
    tsk_buf_free(&said);
    free(one);
    free(two);
}

static void test_missing_parts(void **state)
{
    const char *dirs[] = { root }, *nowhere[] = { "/nonexistent/forms" };
    struct tsk_forms forms;
    struct tsk_err err = { 0 };
    char path[256];

    (void)state;
    put_form("y", sound);
    assert_int_equal(tsk_forms_load(&forms, dirs, 1, &err), -1);
    assert_non_null(strstr(err.text, "/x/y/form.yaml:1: blank: the folder has no blank.pdf"));
    snprintf(path, sizeof path, "%s/x/y/form.yaml", root);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(tsk_forms_load(&forms, dirs, 1, &err), -1);
    assert_non_null(strstr(err.text, "/x/y: form.yaml is missing"));
    assert_int_equal(tsk_forms_load(&forms, nowhere, 1, &err), -1);
    assert_non_null(strstr(err.text, "/nonexistent/forms"));
}

static void test_inheritance(void **state)
{
    static const char child[] = "inherits: y\n"
                                "ward: \"27116\"\n"
                                "prints:\n"
                                "  - { id: fax, text: FAX 2 }\n"
                                "fields:\n"
                                "  - { id: name, label: 患者, required: true }\n"
                                "  - { id: row_2.text, lexicon: free }\n"
                                "  - { id: extra, label: 追加, block: top, kind: image, box_mm: [1, 1, 5, 5] }\n";
    const char *dirs[] = { root };
    const struct tsk_form *parent, *form;
    struct tsk_forms forms;
    struct tsk_err err = { 0 };

    (void)state;
    put_form("y", sound);
    put_blank("y");
    put_form("z", child);
    assert_int_equal(tsk_forms_load(&forms, dirs, 1, &err), 0);
    parent = tsk_forms_find(&forms, "x", "y");
    form = tsk_forms_find(&forms, "x", "z");
    assert_non_null(parent);
    assert_non_null(form);
    assert_string_equal(form->title, "試験票");
    assert_string_equal(form->ward, "27116");
    assert_string_equal(form->blank_path, parent->blank_path);
    assert_string_not_equal(form->hash, parent->hash);
    assert_int_equal(form->field_count, parent->field_count + 1);
    assert_string_equal(tsk_form_field(form, "name")->label, "患者");
    assert_string_equal(tsk_form_field(form, "name")->lexicon, "person");
    assert_true(tsk_form_field(form, "name")->required);
    assert_true(tsk_form_field(form, "name")->box.w == 60);
    assert_string_equal(tsk_form_field(form, "row_1.text")->lexicon, "");
    assert_string_equal(tsk_form_field(form, "row_2.text")->lexicon, "free");
    assert_true(tsk_form_field(form, "row_2.text")->box.y == 110);
    assert_int_equal(tsk_form_field_index(form, "extra"), (int)parent->field_count);
    assert_true(form->prints[0].overridden);
    assert_false(parent->prints[0].overridden);
    assert_string_equal(form->prints[0].text, "FAX 2");
    assert_string_equal(form->prints[0].font, "IPAexGothic");
    tsk_forms_free(&forms);
}

static void test_fault_of_a_child_names_the_child(void **state)
{
    const char *dirs[] = { root };
    struct tsk_forms forms;
    struct tsk_err err = { 0 };

    (void)state;
    put_form("y", sound);
    put_blank("y");
    put_form("z", "inherits: y\nfields:\n  - { id: name, lexicon: parson }\n");
    assert_int_equal(tsk_forms_load(&forms, dirs, 1, &err), -1);
    assert_non_null(strstr(err.text, "/x/z/form.yaml:3: fields[0].lexicon: unknown lexicon"));
}

static const char *const kind_names[] = { "mark", "circle", "text", "digits", "image" };

/* One line a field: form, id, kind, options. */
static void check_listed(const struct tsk_forms *forms, char *line)
{
    char *rest = NULL, *form_id = strtok_r(line, " \n", &rest), *id = strtok_r(NULL, " \n", &rest);
    char *kind = strtok_r(NULL, " \n", &rest), *option;
    const struct tsk_form *form = tsk_forms_find(forms, form_id, NULL);
    const struct tsk_field *field = form == NULL ? NULL : tsk_form_field(form, id);
    size_t at = 0;

    if (field == NULL) {
        fail_msg("%s has no field %s", form_id, id);
        return;
    }
    assert_string_equal(kind_names[field->kind], kind);
    for (; (option = strtok_r(NULL, " \n", &rest)) != NULL; at++) {
        assert_true(at < field->option_count);
        assert_string_equal(field->options[at].value, option);
    }
    assert_int_equal(at, field->option_count);
}

static void test_own_sheets(void **state)
{
    const char *dirs[] = { OWN };
    struct tsk_forms forms;
    struct tsk_err err = { 0 };
    FILE *list = fopen(TASUKI_SOURCE_DIR "/tests/forms/fields.txt", "r");
    char line[512];
    size_t listed = 0, fields = 0;

    (void)state;
    assert_non_null(list);
    if (tsk_forms_load(&forms, dirs, 1, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(forms.count, 5);
    for (; fgets(line, sizeof line, list) != NULL; listed++)
        check_listed(&forms, line);
    fclose(list);
    for (size_t i = 0; i < forms.count; i++)
        fields += forms.forms[i].field_count;
    assert_int_equal(listed, fields);
    tsk_forms_free(&forms);
}

static void test_further_folders(void **state)
{
    const char *dirs[] = { OWN, EXTRA };
    const struct tsk_form *ward, *parent;
    struct tsk_forms forms;
    struct tsk_err err = { 0 };

    (void)state;
    if (tsk_forms_load(&forms, dirs, 2, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(forms.count, 7);
    assert_non_null(tsk_forms_find(&forms, "nursing-notice", "osaka-2026"));
    ward = tsk_forms_find(&forms, "referral-status", "ikuno-2026");
    parent = tsk_forms_find(&forms, "referral-status", "higashinari-2015");
    assert_non_null(ward);
    assert_string_equal(ward->ward, "27116");
    assert_int_equal(ward->field_count, parent->field_count);
    assert_int_equal(ward->date_count, parent->date_count);
    tsk_forms_free(&forms);
    assert_int_equal(tsk_forms_load(&forms, (const char *const[]){ EXTRA }, 1, &err), -1);
    assert_non_null(strstr(err.text, "ikuno-2026/form.yaml:1: inherits: there is no edition higashinari-2015"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_fault_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_inheritance, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fault_of_a_child_names_the_child, setup, teardown),
        cmocka_unit_test(test_own_sheets),
        cmocka_unit_test(test_further_folders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
