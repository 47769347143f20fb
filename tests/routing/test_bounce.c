/* What a mail that comes back does to its notice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "routing/bounce.h"
#include "routing/planner.h"

#define ID "01M7Y7VGJTYVPNVWE9845QA1BK"

static int bounce(struct fx *fx, const char *id)
{
    struct tsk_err err = { 0 };
    int changed;

    fx_must(tsk_store_begin(fx->store, &err), &err, "begin");
    fx_must(tsk_route_bounced(&changed, fx->routing, fx->store, id, "5.1.1 user unknown", &err), &err, "bounce");
    fx_must(tsk_store_commit(fx->store, &err), &err, "commit");
    return changed;
}

static struct tsk_notice sent(struct fx *fx, int64_t sheet, const char *rule)
{
    struct tsk_notices claimed = { .count = 1 };
    struct tsk_err err = { 0 };

    while (claimed.count > 0) {
        fx_must(tsk_notice_claim(&claimed, fx->store, &tsk_scope_all, "test", INT64_C(4000000000000), 1000, fx->arena,
                                 &err),
                &err, "claim");
        for (size_t i = 0; i < claimed.count; i++)
            fx_must(tsk_notice_result(fx->store, &tsk_scope_all, claimed.items[i].id, TSK_NOTICE_SENT, 0, "250", &err),
                    &err, "result");
    }
    return fx_notices(fx, sheet, rule, "sent").items[0];
}

static void test_a_bounce_fails_its_notice_once(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);
    struct tsk_notice notice = sent(fx, sheet, "referral-ward");

    assert_int_equal(bounce(fx, ID), 0); /* of nobody */
    assert_int_equal(bounce(fx, notice.id), 1);
    assert_int_equal(fx_notice_count(fx, sheet, "referral-ward", "failed"), 1);
    assert_int_equal(fx_todo_count(fx, sheet, "delivery_failed"), 1);
    assert_int_equal(bounce(fx, notice.id), 0);
    assert_int_equal(fx_todo_count(fx, sheet, "delivery_failed"), 1);
    assert_int_equal(fx_notice_count(fx, sheet, "received-coordination", "sent"), 1);
}

static void test_a_bounced_digest_fails_all_its_parts(void **state)
{
    static const struct fx_value ikuno[] = { { "patient_address", "生野区勝山北1-1" },
                                             { "@ward", "27116" },
                                             { NULL, NULL } };
    struct fx *fx = *state;
    struct tsk_notice first;
    char id[TSK_DIGEST_ID_SIZE];

    for (int i = 0; i < 3; i++)
        fx_referral(fx, ikuno);
    first = sent(fx, 0, "referral-ward");
    tsk_digest_id(id, &first);
    assert_int_equal(bounce(fx, "digest-00000000000000000000000000"), 0);
    assert_int_equal(bounce(fx, id), 3); /* by the Message-ID of the digest; by its return path it is the first's id */
    assert_int_equal(bounce(fx, first.id), 0);
    assert_int_equal(fx_notice_count(fx, 0, "referral-ward", "failed"), 3);
    assert_int_equal(fx_todo_count(fx, 0, "delivery_failed"), 3);
    assert_int_equal(fx_notice_count(fx, 0, "failed-coordination", NULL), 1); /* one mail failed */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_bounce_fails_its_notice_once),
        TEST(test_a_bounced_digest_fails_all_its_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
