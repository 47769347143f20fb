#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "matching/match.h"
#include "matching/weights.h"
#include "score.h"

#define CASES_MAX 4

struct facts {
    bool doubted; /* none of it is sure */
    const char *kana, *name, *birth, *sex, *referred, *hospital, *clinic;
};

static struct tsk_identity identity(const struct facts *facts)
{
    const char *const values[] = { facts->kana, facts->name,     facts->birth,    facts->sex,
                                   NULL,        facts->referred, facts->hospital, facts->clinic };
    struct tsk_identity out = tsk_identity_unknown();

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (values[i] != NULL)
            out.facts[i] = (struct tsk_fact_value){ .value = values[i], .sure = !facts->doubted };
    return out;
}

#define SURE false
#define DOUBTED true
#define YAMADA "ヤマダイチロウ", "山田一郎", "1931-05-02", "male"
#define SATO "サトウハナコ", "佐藤花子", "1940-01-03", "female"
#define REFERRAL "2026-10-01", "緑橋病院", "今里医院"
#define SECOND "2026-12-01", "今里病院", "今里医院"
#define NOTHING NULL, NULL, NULL
#define NOBODY NULL, NULL, NULL, NULL
#define NONE                                                                                                           \
    {                                                                                                                  \
        SURE, NOBODY, NOTHING                                                                                          \
    }
#define ONE_CASE                                                                                                       \
    {                                                                                                                  \
        { SURE, YAMADA, REFERRAL }, NONE, NONE, NONE                                                                   \
    }

static const struct find_case {
    const char *what;
    struct facts sheet;
    bool has_outcome;
    struct facts cases[CASES_MAX];
    enum tsk_match_answer want;
} finds[] = {
    { "the first sheet of an office", { SURE, YAMADA, REFERRAL }, false, { NONE, NONE, NONE, NONE }, TSK_MATCH_NEW },
    { "the outcome on the same page", { SURE, YAMADA, REFERRAL }, true, ONE_CASE, TSK_MATCH_SAME },
    { "the outcome, read without certainty", { DOUBTED, YAMADA, REFERRAL }, true, ONE_CASE, TSK_MATCH_SAME },
    { "the referral faxed again", { SURE, YAMADA, REFERRAL }, false, ONE_CASE, TSK_MATCH_SAME },
    { "a stranger", { SURE, SATO, REFERRAL }, false, ONE_CASE, TSK_MATCH_NEW },
    { "the same patient referred a second time", { SURE, YAMADA, SECOND }, false, ONE_CASE, TSK_MATCH_NEW },
    { "two referrals of one patient, the outcome of the second",
      { SURE, YAMADA, SECOND },
      true,
      { { SURE, YAMADA, REFERRAL }, { SURE, YAMADA, SECOND }, NONE, NONE },
      TSK_MATCH_SAME },
    { "a twin", { SURE, "ヤマダジロウ", "山田二郎", "1931-05-02", "male", REFERRAL }, true, ONE_CASE, TSK_MATCH_ASK },
    { "a birth date that contradicts",
      { SURE, "ヤマダイチロウ", "山田一郎", "1952-11-30", "male", REFERRAL },
      true,
      ONE_CASE,
      TSK_MATCH_ASK },
    { "the referral corrected: another day",
      { SURE, YAMADA, "2026-10-11", "緑橋病院", "今里医院" },
      false,
      ONE_CASE,
      TSK_MATCH_ASK },
    { "a name and nothing else",
      { DOUBTED, "ヤマダイチロウ", "山田一郎", NULL, NULL, NOTHING },
      true,
      ONE_CASE,
      TSK_MATCH_ASK },
    { "nothing was read", { DOUBTED, NOBODY, NOTHING }, true, ONE_CASE, TSK_MATCH_ASK },
};

static size_t identities(struct tsk_identity out[CASES_MAX], const struct facts *facts)
{
    size_t count = 0;

    while (count < CASES_MAX && facts[count].kana != NULL) {
        out[count] = identity(&facts[count]);
        count++;
    }
    return count;
}

static void test_find(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof finds / sizeof finds[0]; i++) {
        struct tsk_identity cases[CASES_MAX];
        size_t count = identities(cases, finds[i].cases);
        struct tsk_identity sheet = identity(&finds[i].sheet);
        struct tsk_match match;
        tsk_match_find(&match, &tsk_match_weights, &sheet, finds[i].has_outcome, cases, count);
        if (match.answer != finds[i].want)
            print_message("%s: new %.4f, best %.4f\n", finds[i].what, match.new_probability,
                          match.candidate_count > 0 ? match.candidates[0].probability : 0);
        assert_int_equal(match.answer, finds[i].want);
        if (finds[i].want == TSK_MATCH_SAME) /* the true one stands last in the table */
            assert_int_equal(match.candidates[0].index, count - 1);
    }
}

static const struct named_case {
    const char *what;
    struct facts sheet, named;
    enum tsk_match_answer want;
} named[] = {
    { "our own sheet comes back", { SURE, YAMADA, REFERRAL }, { SURE, YAMADA, REFERRAL }, TSK_MATCH_SAME },
    { "read without certainty", { DOUBTED, YAMADA, REFERRAL }, { SURE, YAMADA, REFERRAL }, TSK_MATCH_SAME },
    { "photocopied for the next patient", { SURE, SATO, REFERRAL }, { SURE, YAMADA, REFERRAL }, TSK_MATCH_ASK },
    { "photocopied, only the birth date was overwritten",
      { DOUBTED, "ヤマダイチロウ", "山田一郎", "1938-02-02", "male", REFERRAL },
      { SURE, YAMADA, REFERRAL },
      TSK_MATCH_ASK },
    { "photocopied for a twin",
      { SURE, "ヤマダジロウ", "山田二郎", "1931-05-02", "male", REFERRAL },
      { SURE, YAMADA, REFERRAL },
      TSK_MATCH_ASK },
    { "nothing of the patient was read", { DOUBTED, NOBODY, REFERRAL }, { SURE, YAMADA, REFERRAL }, TSK_MATCH_ASK },
};

static void test_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        struct tsk_identity sheet = identity(&named[i].sheet);
        struct tsk_identity of = identity(&named[i].named);
        if (tsk_match_named(&sheet, &of) != named[i].want)
            fail_msg("%s", named[i].what);
    }
}

static void test_comparing_is_symmetric(void **state)
{
    static const struct facts facts[] = {
        { SURE, YAMADA, REFERRAL },
        { DOUBTED, "ヤマダジロウ", "山田二郎", "1931-05-03", "male", REFERRAL },
        { DOUBTED, "サトウハナコ", "", "1940-01-03", NULL, NULL, "緑橋病院", NULL },
    };
    struct tsk_comparison there;
    struct tsk_comparison back;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++) {
            struct tsk_identity a = identity(&facts[i]);
            struct tsk_identity b = identity(&facts[j]);
            tsk_identity_compare(&there, &a, &b);
            tsk_identity_compare(&back, &b, &a);
            assert_memory_equal(&there, &back, sizeof there);
        }
}

/* What the invented years must show; matching_years tries more of them. */
static void test_years(void **state)
{
    struct tsk_match_score score;
    struct tsk_err err = { 0 };

    (void)state;
    if (tsk_match_score_years(&score, 700000, 6, 400, &err) != 0)
        fail_msg("%s", err.text);
    tsk_match_score_print(&score);
    assert_true(score.sheets > 4000);
    assert_true((double)score.linked_wrong <= 0.001 * (double)score.linked);
    assert_true((double)(score.linked - score.linked_wrong) >= 0.90 * (double)score.known);
    assert_true((double)score.opened_wrong <= 0.001 * (double)score.opened);
    assert_true((double)score.asked <= 0.08 * (double)score.sheets);
    assert_true((double)score.first >= 0.99 * (double)score.known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_comparing_is_symmetric),
        cmocka_unit_test(test_years),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
