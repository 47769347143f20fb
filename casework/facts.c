/* What the sheets of a case say of where the patient is. */
#include <string.h>

#include "base/date.h"
#include "casework/parts.h"

#define FORM_REFERRAL "referral-status"
#define FACTS_PER_SHEET 2

struct facts {
    const struct tsk_casework *work;
    const struct tsk_sheet *sheet;
    struct tsk_case_fact *items;
    size_t count;
    int32_t received; /* the day */
    int64_t received_ms;
};

static int32_t day_of(const struct tsk_sheet *sheet, const char *field, int32_t otherwise)
{
    struct tsk_date day;

    return tsk_date_parse(tsk_sheet_value(sheet, field), &day) ? tsk_date_days(day) : otherwise;
}

static struct tsk_case_fact *add(struct facts *f, enum tsk_fact_kind kind, int32_t day)
{
    struct tsk_case_fact *fact = &f->items[f->count++];

    *fact = (struct tsk_case_fact){
        .kind = kind, .day = day, .received_ms = f->received_ms, .hospital = "", .sheet = f->sheet->id
    };
    return fact;
}

static bool has_any(const struct tsk_sheet *sheet, const char *const *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (*tsk_sheet_value(sheet, fields[i]) != '\0')
            return true;
    return false;
}

/* The word itself, alone or with what the desk writes behind it in brackets: "施設に空きがなく入院継続" says the opposite. */
static bool is_word(const char *words, const char *word)
{
    static const char *const ends[] = { "（", "(", "済" };
    size_t len = strlen(word);

    if (strncmp(words, word, len) != 0)
        return false;
    for (size_t i = 0; i < TSK_COUNT(ends); i++)
        if (strncmp(words + len, ends[i], strlen(ends[i])) == 0)
            return true;
    return words[len] == '\0';
}

/* その他: 転科 leaves the patient in the hospital, 施設入所 takes them out of it. Whatever else is written, a person reads. */
static enum tsk_fact_kind kind_of_other(const struct tsk_sheet *sheet)
{
    static const char *const doubts[] = { "予定", "検討", "希望", "申込", "待ち", "未定",
                                          "中止", "延期", "取消", "?",    "？" };
    const char *words = tsk_sheet_value(sheet, "outcome_other");

    if (!tsk_sheet_has(sheet, "outcome", "other"))
        return TSK_FACT_UNCLEAR;
    for (size_t i = 0; i < TSK_COUNT(doubts); i++)
        if (strstr(words, doubts[i]) != NULL)
            return TSK_FACT_UNCLEAR;
    if (is_word(words, "転科"))
        return TSK_FACT_ADMISSION;
    return is_word(words, "施設入所") || is_word(words, "施設入居") ? TSK_FACT_LEFT : TSK_FACT_UNCLEAR;
}

/* The block of the outcome, on whichever page it stands. */
static bool add_outcome(struct facts *f)
{
    static const char *const block[] = { "outcome", "outcome_other", "move_date.year", "move_date.day", "destination" };
    int32_t day = day_of(f->sheet, "move_date", f->received);

    if (!has_any(f->sheet, block, TSK_COUNT(block)))
        return false;
    if (tsk_sheet_has(f->sheet, "outcome", "transfer"))
        add(f, TSK_FACT_TRANSFER, day)->hospital = tsk_sheet_value(f->sheet, "destination");
    else if (tsk_sheet_has(f->sheet, "outcome", "discharge"))
        add(f, TSK_FACT_LEFT, day);
    else if (tsk_sheet_has(f->sheet, "outcome", "admission"))
        add(f, TSK_FACT_ADMISSION, day);
    else
        add(f, kind_of_other(f->sheet), day);
    return true;
}

static void add_status(struct facts *f)
{
    if (tsk_sheet_has(f->sheet, "inquiry_status", "in_hospital"))
        add(f, TSK_FACT_IN_HOSPITAL, f->received)->planned = day_of(f->sheet, "planned_date", 0);
    else
        add(f, TSK_FACT_UNCLEAR, f->received);
}

static void add_facts(struct facts *f)
{
    bool referral = strcmp(f->sheet->form, FORM_REFERRAL) == 0;
    bool inquiry = strcmp(f->sheet->form, TSK_FORM_INQUIRY) == 0;

    if (*f->sheet->closed != '\0' || (!referral && !inquiry))
        return;
    if (referral)
        add(f, TSK_FACT_REFERRED, day_of(f->sheet, "referral_date", f->received))->hospital =
            tsk_sheet_value(f->sheet, "to_hospital");
    if (f->sheet->state != TSK_SHEET_CONFIRMED)
        add(f, TSK_FACT_ANSWER, f->received);
    else if (!add_outcome(f) && inquiry)
        add_status(f);
}

int tsk_casework_facts(struct tsk_case_fact **facts, size_t *count, const struct tsk_casework *work,
                       const char *case_number)
{
    const struct tsk_sheet_filter filter = { .case_number = case_number };
    struct facts f = { .work = work };
    struct tsk_sheets sheets;

    if (tsk_sheet_list(&sheets, work->store, &tsk_scope_all, &filter, work->arena, work->err) != 0)
        return -1;
    f.items = tsk_arena_alloc(work->arena, (sheets.count * FACTS_PER_SHEET + 1) * sizeof *f.items);
    struct tsk_sheet *each = tsk_arena_alloc(work->arena, (sheets.count + 1) * sizeof *each);
    if (f.items == NULL || each == NULL)
        return tsk_fail(work->err, TSK_RETRY, 0, "no memory for what a case waits for");
    for (size_t i = 0; i < sheets.count; i++) {
        if (tsk_sheet_find(&each[i], work->store, &tsk_scope_all, sheets.items[i].id, work->arena, work->err) != 0)
            return -1;
        f.sheet = &each[i];
        f.received_ms = 0;
        f.received =
            tsk_stamp_parse(each[i].received, &f.received_ms) ? tsk_date_days(tsk_japan_date(f.received_ms)) : 0;
        add_facts(&f);
    }
    *facts = f.items;
    *count = f.count;
    return 0;
}
