#include "records/link.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "matching/weights.h"
#include "records/case.h"
#include "records/identity.h"
#include "records/sheet_new.h"
#include "records/sql.h"

#define ARENA_BYTES ((size_t)256 << 20)
#define DAY_MS (24 * 3600 * 1000LL)

struct subject {
    const char *proposed; /* by the code on the page, "" */
    struct tsk_sheet sheet;
    struct tsk_identity identity;
    bool is_referral, has_outcome;
};

/* Fields of the outcome block where no form says it: the names that every edition uses. */
static bool is_outcome_name(const char *field)
{
    static const char *const names[] = { "outcome",       "outcome_other", "move_date.year",        "move_date.month",
                                         "move_date.day", "destination",   "destination_department" };

    return tsk_name_index(names, TSK_COUNT(names), field) >= 0;
}

static bool is_of_outcome(const struct tsk_form *form, const struct tsk_sheet_field *field)
{
    const struct tsk_field *known = form != NULL ? tsk_form_field(form, field->id) : NULL;

    return known != NULL ? strcmp(known->block, "outcome") == 0 : is_outcome_name(field->id);
}

/* Something is, or may be, written in the block of the outcome. */
static bool may_have_outcome(const struct tsk_form *form, const struct tsk_sheet *sheet)
{
    for (size_t i = 0; i < sheet->field_count; i++) {
        const struct tsk_sheet_field *field = &sheet->fields[i];
        bool choice = field->kind == TSK_FIELD_MARK || field->kind == TSK_FIELD_CIRCLE;
        bool doubted = field->decided == TSK_DECIDED_WAITING && (choice || field->hand != TSK_HAND_NONE);
        if (is_of_outcome(form, field) && field->kind != TSK_SHEET_DERIVED && (*field->value != '\0' || doubted))
            return true;
    }
    return false;
}

/* "" when the page has no code of ours. A case that was merged since stands for the one it went into. */
static int find_proposed(const char **out, struct tsk_store *store, int64_t sheet, struct tsk_arena *arena,
                         struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT coalesce(c.merged_into, c.number) FROM sheets s JOIN cases c ON c.number = "
                           "s.proposed_case WHERE s.id = ?1",
                           "i", sheet);

    *out = "";
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1)
        *out = tsk_sql_text(rows);
    tsk_sql_end(&rows);
    return rc < 0 ? -1 : 0;
}

static int load(struct subject *subject, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_forms *forms = tsk_store_knowledge(store)->forms;
    const struct tsk_form *form;

    if (tsk_sheet_find(&subject->sheet, store, scope, id, arena, err) != 0)
        return -1;
    form = forms != NULL ? tsk_forms_find(forms, subject->sheet.form, subject->sheet.edition) : NULL;
    subject->is_referral = strcmp(subject->sheet.form, "referral-status") == 0;
    subject->has_outcome = may_have_outcome(form, &subject->sheet);
    if (find_proposed(&subject->proposed, store, id, arena, err) != 0)
        return -1;
    return tsk_identity_of_sheet(&subject->identity, store, id, arena, err);
}

static int first_day(char out[TSK_STAMP_SIZE], const struct tsk_sheet *sheet, struct tsk_err *err)
{
    int64_t received_ms = 0;

    if (!tsk_stamp_parse(sheet->received, &received_ms))
        return tsk_fail(err, TSK_STOP, 0, "sheet %lld has no time of reception that can be read", (long long)sheet->id);
    tsk_stamp(received_ms - TSK_LINK_DAYS * DAY_MS, out);
    return 0;
}

static void add_candidate(struct tsk_link *out, const struct subject *subject, const struct tsk_known_case *of,
                          double probability)
{
    struct tsk_link_candidate *candidate = &out->candidates[out->candidate_count];

    if (out->candidate_count == TSK_MATCH_CANDIDATES_MAX || strcmp(of->number, subject->proposed) == 0)
        return;
    *candidate = (struct tsk_link_candidate){
        .case_number = of->number, .probability = probability, .sheet = subject->identity, .known = of->identity
    };
    tsk_identity_compare(&candidate->comparison, &subject->identity, &of->identity);
    out->candidate_count++;
}

/* The case on the code stands first, whatever the numbers say; one that is too old to be compared is asked about. */
static void take_proposed(struct tsk_link *out, struct subject *subject, const struct tsk_known_cases *cases)
{
    const char *proposed = subject->proposed;

    out->answer = TSK_MATCH_ASK;
    for (size_t i = 0; i < cases->count; i++) {
        if (strcmp(cases->items[i].number, proposed) != 0)
            continue;
        out->answer = tsk_match_named(&subject->identity, &cases->items[i].identity);
        subject->proposed = "";
        add_candidate(out, subject, &cases->items[i], 1);
        subject->proposed = proposed;
    }
}

static int find(struct tsk_link *out, struct subject *subject, struct tsk_store *store, struct tsk_arena *arena,
                struct tsk_err *err)
{
    char from[TSK_STAMP_SIZE];
    struct tsk_known_cases cases;
    struct tsk_identity *identities;
    struct tsk_match match;

    if (first_day(from, &subject->sheet, err) != 0 ||
        tsk_identities_of_cases(&cases, store, subject->sheet.office, from, arena, err) != 0)
        return -1;
    identities = tsk_arena_alloc(arena, (cases.count + 1) * sizeof *identities);
    if (identities == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to compare a sheet with %zu cases", cases.count);
    for (size_t i = 0; i < cases.count; i++)
        identities[i] = cases.items[i].identity;
    tsk_match_find(&match, &tsk_match_weights, &subject->identity, subject->has_outcome, identities, cases.count);
    out->answer = match.answer == TSK_MATCH_NEW && !subject->is_referral ? TSK_MATCH_ASK : match.answer;
    if (*subject->proposed != '\0')
        take_proposed(out, subject, &cases);
    for (size_t i = 0; i < match.candidate_count; i++)
        add_candidate(out, subject, &cases.items[match.candidates[i].index], match.candidates[i].probability);
    return 0;
}

int tsk_link_find(struct tsk_link *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                  struct tsk_arena *arena, struct tsk_err *err)
{
    struct subject subject;

    *out = (struct tsk_link){ .answer = TSK_MATCH_ASK };
    if (load(&subject, store, scope, sheet, arena, err) != 0)
        return -1;
    return find(out, &subject, store, arena, err);
}

static int settle(char number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store, int64_t id, bool only_decided,
                  struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_link link = { .answer = TSK_MATCH_ASK };
    struct subject subject;
    int64_t received_ms = 0;

    if (load(&subject, store, &tsk_scope_all, id, arena, err) != 0)
        return -1;
    if (only_decided && subject.sheet.waiting_count > 0)
        return 0;
    if (*subject.sheet.case_number != '\0' || find(&link, &subject, store, arena, err) != 0)
        return *subject.sheet.case_number != '\0' ? 0 : -1;
    if (link.answer == TSK_MATCH_SAME)
        snprintf(number, TSK_CASE_NUMBER_SIZE, "%s", link.candidates[0].case_number);
    else if (link.answer == TSK_MATCH_NEW && tsk_stamp_parse(subject.sheet.received, &received_ms) &&
             tsk_case_open(number, store, subject.sheet.office, received_ms, "reader", err) != 0)
        return -1;
    return *number != '\0' ? tsk_sheet_link(NULL, store, &tsk_scope_all, id, number, "reader", err) : 0;
}

static int settle_whole(char number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store, int64_t sheet, bool only_decided,
                        struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_part part;
    int rc = -1;

    *number = '\0';
    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to compare a sheet with the cases");
    if (tsk_part_start(&part, store, err) == 0)
        rc = tsk_part_end(&part, settle(number, store, sheet, only_decided, arena, err), err);
    tsk_arena_free(&arena);
    return rc;
}

int tsk_link_settle(char number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store, int64_t sheet, struct tsk_err *err)
{
    return settle_whole(number, store, sheet, false, err);
}

int tsk_link_corrected(char number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store, int64_t sheet, struct tsk_err *err)
{
    return settle_whole(number, store, sheet, true, err);
}
