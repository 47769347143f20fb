#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "forms/reading.h"

static struct tsk_field fields[] = {
    { .id = "sex", .kind = TSK_FIELD_MARK },
    { .id = "care_level", .kind = TSK_FIELD_CIRCLE },
    { .id = "patient_name", .kind = TSK_FIELD_TEXT },
    { .id = "age", .kind = TSK_FIELD_DIGITS },
};
static const struct tsk_form form = {
    .id = "referral-status", .edition = "higashinari-2015", .hash = "abc", .fields = fields, .field_count = 4
};

static void replace(char **at, const char *text)
{
    free(*at);
    *at = strdup(text);
}

static void fill(struct tsk_reading *out)
{
    struct tsk_err err = { 0 };
    struct tsk_value *sex, *name;

    assert_int_equal(tsk_reading_start(out, &form, &err), 0);
    replace(&out->file, "000.tif");
    replace(&out->received, "2026-11-21T03:15:00.000Z");
    out->page = 3;
    out->rotation = 180;
    out->registration_error_mm = 0.25;
    out->width_px = 1728;
    out->height_px = 2292;
    out->x_dpi = 204;
    out->y_dpi = 196;
    sex = tsk_reading_value(out, "sex");
    tsk_value_choose(sex, "female");
    tsk_value_choose(sex, "female");
    tsk_value_cancel(sex, "male");
    sex->review = false;
    sex->confidence = 0.999;
    sex->box_px[0] = 10;
    sex->box_px[3] = 40;
    name = tsk_reading_value(out, "patient_name");
    tsk_value_set_text(name, "山田 一郎");
    tsk_value_review(name, "low_confidence");
    tsk_value_review(name, "later_reasons_do_not_count");
    name->hand = TSK_HAND_WRITTEN;
    name->score = 0.5;
    name->registration_error_mm = 0.125;
    for (int i = 0; i < 7; i++) {
        char text[2] = { (char)('a' + i), '\0' };
        tsk_value_alternative(name, text, i * 0.125);
    }
    tsk_value_alternative(name, "g", 0.1);
    tsk_reading_problem(out, "age", "age_differs", "生年月日からは%d歳です", 84);
    tsk_reading_derive(out, "birth_date", "1931-05-02", true);
    tsk_reading_derive(out, "ward", "27115", true);
    tsk_reading_derive(out, "ward", "27116", false);
}

static void test_setters(void **state)
{
    struct tsk_reading reading;
    const struct tsk_value *name;

    (void)state;
    fill(&reading);
    name = tsk_reading_value(&reading, "patient_name");
    assert_int_equal(tsk_reading_value(&reading, "sex")->chosen_count, 1);
    assert_true(tsk_value_has(tsk_reading_value(&reading, "sex"), "female"));
    assert_false(tsk_value_has(tsk_reading_value(&reading, "sex"), "male"));
    assert_string_equal(name->reason, "low_confidence");
    assert_false(name->blank);
    assert_int_equal(name->alternative_count, TSK_ALTERNATIVES_MAX);
    assert_string_equal(name->alternatives[0].value, "g");
    assert_string_equal(name->alternatives[4].value, "c");
    assert_true(tsk_reading_value(&reading, "age")->blank);
    assert_true(tsk_reading_value(&reading, "age")->review);
    assert_null(tsk_reading_value(&reading, "nothing"));
    assert_string_equal(tsk_reading_derived(&reading, "ward"), "27116");
    assert_null(tsk_reading_derived(&reading, "nothing"));
    tsk_reading_free(&reading);
    tsk_reading_free(&reading);
}

static void test_round_trip(void **state)
{
    struct tsk_reading reading, again;
    struct tsk_err err = { 0 };
    json_t *json, *json_again;

    (void)state;
    fill(&reading);
    json = tsk_reading_to_json(&reading);
    if (tsk_reading_from_json(&again, json, &err) != 0)
        fail_msg("%s", err.text);
    json_again = tsk_reading_to_json(&again);
    assert_true(json_equal(json, json_again));
    assert_int_equal(again.value_count, 4);
    assert_int_equal(again.values[1].kind, TSK_FIELD_CIRCLE);
    assert_string_equal(again.values[3].id, "age");
    assert_int_equal(again.derived_count, 2);
    assert_true(again.derived[0].sure);
    assert_false(again.derived[1].sure);
    assert_string_equal(again.problems[0].text, "生年月日からは84歳です");
    assert_string_equal(again.form_hash, "abc");
    json_decref(json);
    json_decref(json_again);
    tsk_reading_free(&reading);
    tsk_reading_free(&again);
}

static void test_no_form(void **state)
{
    struct tsk_reading reading, again;
    struct tsk_err err = { 0 };
    json_t *json;

    (void)state;
    assert_int_equal(tsk_reading_start(&reading, NULL, &err), 0);
    replace(&reading.reason, "no_match");
    json = tsk_reading_to_json(&reading);
    assert_true(json_is_null(json_object_get(json, "form")));
    assert_int_equal(tsk_reading_from_json(&again, json, &err), 0);
    assert_int_equal(again.state, TSK_PAGE_NO_FORM);
    assert_string_equal(again.form, "");
    assert_string_equal(again.reason, "no_match");
    assert_int_equal(again.value_count, 0);
    json_decref(json);
    tsk_reading_free(&reading);
    tsk_reading_free(&again);
}

#define HEAD                                                                                                           \
    "\"file\":\"a\",\"page\":1,\"state\":\"read\",\"form\":\"x\",\"edition\":\"y\",\"rotation\":0,\"registration_"     \
    "error_mm\":0"
#define VALUE "\"review\":true,\"confidence\":0.5,\"box\":[0,0,1,1]"

static const struct bad_case {
    const char *what, *json;
} bad[] = {
    { "not an object", "[]" },
    { "nothing", "{}" },
    { "no fields", "{" HEAD "}" },
    { "an unknown member", "{" HEAD ",\"fields\":{},\"sender\":\"x\"}" },
    { "an unknown state", "{\"file\":\"a\",\"page\":1,\"state\":\"good\",\"form\":null,\"edition\":null,\"rotation\":0,"
                          "\"registration_error_mm\":0,\"fields\":{}}" },
    { "a quarter turn", "{\"file\":\"a\",\"page\":1,\"state\":\"read\",\"form\":null,\"edition\":null,\"rotation\":90,"
                        "\"registration_error_mm\":0,\"fields\":{}}" },
    { "page 0", "{\"file\":\"a\",\"page\":0,\"state\":\"read\",\"form\":null,\"edition\":null,\"rotation\":0,"
                "\"registration_error_mm\":0,\"fields\":{}}" },
    { "a form that is a number", "{\"file\":\"a\",\"page\":1,\"state\":\"read\",\"form\":1,\"edition\":null,"
                                 "\"rotation\":0,\"registration_error_mm\":0,\"fields\":{}}" },
    { "a value of the wrong type", "{" HEAD ",\"fields\":{\"a\":{\"value\":1,\"kind\":\"text\"," VALUE "}}}" },
    { "a text for a mark", "{" HEAD ",\"fields\":{\"a\":{\"value\":\"x\",\"kind\":\"mark\"," VALUE "}}}" },
    { "a list for a text", "{" HEAD ",\"fields\":{\"a\":{\"value\":[],\"kind\":\"text\"," VALUE "}}}" },
    { "an unknown kind", "{" HEAD ",\"fields\":{\"a\":{\"value\":\"\",\"kind\":\"voice\"," VALUE "}}}" },
    { "an unknown hand",
      "{" HEAD ",\"fields\":{\"a\":{\"value\":\"\",\"kind\":\"text\",\"hand\":\"left\"," VALUE "}}}" },
    { "a box of three", "{" HEAD ",\"fields\":{\"a\":{\"value\":\"\",\"kind\":\"text\",\"review\":true,"
                        "\"confidence\":1,\"box\":[0,0,1]}}}" },
    { "six alternatives",
      "{" HEAD ",\"fields\":{\"a\":{\"value\":\"\",\"kind\":\"text\"," VALUE ",\"alternatives\":[1,2,3,4,5,6]}}}" },
    { "derived that is no text", "{" HEAD ",\"fields\":{},\"derived\":{\"ward\":27115}}" },
    { "a problem without a text", "{" HEAD ",\"fields\":{},\"problems\":[{\"field\":\"a\",\"code\":\"b\"}]}" },
};

static void test_bad_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < TSK_COUNT(bad); i++) {
        struct tsk_reading reading;
        struct tsk_err err = { 0 };
        json_t *json = json_loads(bad[i].json, 0, NULL);

        if (json == NULL || tsk_reading_from_json(&reading, json, &err) == 0)
            fail_msg("accepted: %s", bad[i].what);
        assert_int_equal(err.kind, TSK_REJECT);
        json_decref(json);
    }
}

static void test_long_text(void **state)
{
    struct tsk_reading reading, again;
    struct tsk_err err = { 0 };
    char *text = calloc(1, 20001);
    json_t *json;

    (void)state;
    memset(text, 'x', 20000);
    fill(&reading);
    tsk_value_set_text(tsk_reading_value(&reading, "patient_name"), text);
    json = tsk_reading_to_json(&reading);
    assert_int_equal(tsk_reading_from_json(&again, json, &err), -1);
    json_decref(json);
    tsk_reading_free(&reading);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_setters),  cmocka_unit_test(test_round_trip), cmocka_unit_test(test_no_form),
        cmocka_unit_test(test_bad_json), cmocka_unit_test(test_long_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
