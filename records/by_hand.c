#include "records/by_hand.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "records/audit.h"
#include "records/sheet_new.h"
#include "records/sql.h"

#define SOURCE "hand"

struct telling {
    struct tsk_store *store;
    const struct tsk_scope *scope;
    const struct tsk_told *told;
    const struct tsk_form *form;
    struct tsk_arena *arena;
    struct tsk_sheet base; /* of the case; base.id 0 if none */
    int64_t at_ms, sheet;
    char number[TSK_CASE_NUMBER_SIZE];
};

static int check(struct telling *t, struct tsk_err *err)
{
    static const char *const ways[] = { "phone", "visit", "letter" };
    const struct tsk_told *told = t->told;

    if (told->by == NULL || *told->by == '\0' || *told->informant == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "say who told it, and who writes it down");
    if (tsk_name_index(ways, TSK_COUNT(ways), told->how) < 0)
        return tsk_fail(err, TSK_REJECT, 0, "it is told by phone, visit or letter");
    if (!tsk_stamp_parse(told->at, &t->at_ms) || t->at_ms > tsk_wall_ms() + INT64_C(600000))
        return tsk_fail(err, TSK_REJECT, 0, "say when it was told; not after now");
    return 0;
}

/* The newest sheet of the form in the case, a confirmed one before others. */
static int find_base(struct telling *t, struct tsk_err *err)
{
    int64_t id = 0;
    int rc = tsk_sql_number(&id, t->store, err,
                            "SELECT id FROM sheets WHERE case_number = ?1 AND form = ?2 AND closed = '' "
                            "ORDER BY state = 'confirmed' DESC, id DESC LIMIT 1",
                            "ss", t->number, t->told->form);

    return rc <= 0 ? rc : tsk_sheet_find(&t->base, t->store, t->scope, id, t->arena, err);
}

static int find_form(struct telling *t, struct tsk_err *err)
{
    const struct tsk_forms *forms = tsk_store_knowledge(t->store)->forms;

    if (forms != NULL && t->base.id != 0)
        t->form = tsk_forms_find(forms, t->base.form, t->base.edition);
    if (forms != NULL && t->form == NULL)
        t->form = tsk_forms_find(forms, t->told->form, NULL);
    return t->form != NULL ? 0 : tsk_fail(err, TSK_REJECT, 0, "there is no form \"%.60s\"", t->told->form);
}

static bool in_outcome(const struct tsk_form *form, const char *field)
{
    const struct tsk_field *found = tsk_form_field(form, field);

    return found != NULL && strcmp(found->block, "outcome") == 0;
}

static void copy_value(struct tsk_value *value, const char *text)
{
    if (value->kind != TSK_FIELD_MARK && value->kind != TSK_FIELD_CIRCLE) {
        tsk_value_set_text(value, text);
        return;
    }
    for (char option[64]; *text != '\0';) {
        size_t len = strcspn(text, ",");
        snprintf(option, sizeof option, "%.*s", (int)len, text);
        tsk_value_choose(value, option);
        text += len + (text[len] == ',');
    }
}

static const char *year_field(const struct tsk_form *form, const char *date)
{
    for (size_t i = 0; i < form->date_count; i++)
        if (strcmp(form->dates[i].id, date) == 0)
            return form->dates[i].year;
    return "";
}

/* Patient and referral as the case knows them; what it says of a move is of another move. */
static int make_reading(struct tsk_reading *reading, const struct telling *t, struct tsk_err *err)
{
    if (tsk_reading_start(reading, t->form, err) != 0)
        return -1;
    for (size_t i = 0; i < reading->value_count; i++) {
        struct tsk_value *value = &reading->values[i];
        const char *known =
            t->base.id != 0 && !in_outcome(t->form, value->id) ? tsk_sheet_value(&t->base, value->id) : "";
        copy_value(value, known);
        value->blank = *known == '\0';
        value->confidence = 1;
        value->review = false;
        if (*known != '\0' && !tsk_sheet_sure(&t->base, value->id)) /* nobody has looked at it there either */
            tsk_value_review(value, "unsure");
    }
    for (size_t i = 0; i < t->base.field_count; i++) {
        const struct tsk_sheet_field *field = &t->base.fields[i];
        if (field->kind == TSK_SHEET_DERIVED && *field->value != '\0' &&
            !in_outcome(t->form, year_field(t->form, field->id)))
            tsk_reading_derive(reading, field->id, field->value, field->decided != TSK_DECIDED_WAITING);
    }
    return 0;
}

static int add_sheet(struct telling *t, struct tsk_err *err)
{
    static const struct tsk_versions versions = { SOURCE, "", "" };
    char spool_id[TSK_ID_SIZE], received[TSK_STAMP_SIZE];
    struct tsk_reading reading;
    struct tsk_document_added added;
    const struct tsk_page_new page = { .reading = &reading, .image = "", .crops = "" };
    const char *office = *t->told->case_number != '\0' ? NULL : t->told->office;
    struct tsk_case kase;

    if (office == NULL) {
        if (tsk_case_find(&kase, t->store, t->scope, t->number, t->arena, err) != 0)
            return -1;
        office = kase.office;
    }
    tsk_id_new(spool_id);
    tsk_stamp(t->at_ms, received);
    const struct tsk_document_new document = { .spool_id = spool_id,
                                               .office = office,
                                               .source = SOURCE,
                                               .sender = t->told->informant,
                                               .name = "",
                                               .received = received,
                                               .sha256 = t->told->sha256,
                                               .size_bytes = t->told->size_bytes,
                                               .media = "application/json" };
    if (make_reading(&reading, t, err) != 0)
        return -1;
    int rc = tsk_document_add(&added, t->store, &document, &page, 1, &versions, t->arena, err);
    tsk_reading_free(&reading);
    if (rc != 0)
        return -1;
    if (added.how != TSK_ADDED_NEW || added.sheet_count != 1)
        return tsk_fail(err, TSK_REJECT, 0, "this was written down before");
    t->sheet = added.sheets[0];
    return tsk_sql_run(t->store, err, "UPDATE sheets SET told_by = ?2, told_how = ?3, told_at = ?4 WHERE id = ?1",
                       "isss", t->sheet, t->told->informant, t->told->how, received);
}

static int set(struct telling *t, const char *field, const char *value, struct tsk_err *err)
{
    return tsk_sheet_set(NULL, t->store, t->scope, t->sheet, field, value, t->told->by, "told", err);
}

/* A date by its parts: the year with its era where the sheet prints one, else the era chosen. */
static int set_date(struct telling *t, const struct tsk_form_date *date, const char *value, struct tsk_err *err)
{
    char year[32], month[4], day[4];
    struct tsk_date found;
    int era_year = 0;

    if (*value == '\0')
        return 0;
    if (!tsk_date_from_people(value, &found))
        return tsk_fail(err, TSK_REJECT, 0, "\"%.40s\" is no date; write 2026-11-25, R8.11.25 or 令和8年11月25日",
                        value);
    enum tsk_era era = tsk_era_of(found, &era_year);
    bool chosen = *date->era_field != '\0';
    snprintf(year, sizeof year, "%s%d", chosen ? "" : tsk_era_ja(era), era_year);
    snprintf(month, sizeof month, "%d", found.month);
    snprintf(day, sizeof day, "%d", found.day);
    if (chosen && set(t, date->era_field, tsk_era_id(era), err) != 0)
        return -1;
    return set(t, date->year, year, err) != 0 || set(t, date->month, month, err) != 0 ||
                   set(t, date->day, day, err) != 0
               ? -1
               : 0;
}

static int set_given(struct telling *t, struct tsk_err *err)
{
    for (size_t i = 0; i < t->told->value_count; i++) {
        const struct tsk_told_value *given = &t->told->values[i];
        const struct tsk_form_date *date = NULL;
        for (size_t j = 0; j < t->form->date_count; j++)
            if (strcmp(t->form->dates[j].id, given->field) == 0)
                date = &t->form->dates[j];
        if ((date != NULL ? set_date(t, date, given->value, err) : set(t, given->field, given->value, err)) != 0)
            return -1;
    }
    return 0;
}

/* A referral opens its case by itself when it is recorded. */
static int settle_case(struct telling *t, struct tsk_err *err)
{
    struct tsk_sheet sheet;

    if (*t->number == '\0') {
        if (tsk_sheet_find(&sheet, t->store, t->scope, t->sheet, t->arena, err) != 0)
            return -1;
        snprintf(t->number, sizeof t->number, "%s", sheet.case_number);
    }
    if (*t->number == '\0' && tsk_case_open(t->number, t->store, t->told->office, t->at_ms, t->told->by, err) != 0)
        return -1;
    return tsk_sheet_link(NULL, t->store, t->scope, t->sheet, t->number, t->told->by, err);
}

static int tell(struct telling *t, struct tsk_err *err)
{
    char object[40], detail[96];
    struct tsk_case kase;

    snprintf(t->number, sizeof t->number, "%s", t->told->case_number);
    if (check(t, err) != 0 || (*t->number != '\0' && find_base(t, err) != 0) || find_form(t, err) != 0 ||
        add_sheet(t, err) != 0 || settle_case(t, err) != 0 || set_given(t, err) != 0 ||
        tsk_case_find(&kase, t->store, t->scope, t->number, t->arena, err) != 0)
        return -1;
    snprintf(object, sizeof object, "sheet:%lld", (long long)t->sheet);
    snprintf(detail, sizeof detail, "how=%s case=%s", t->told->how, t->number);
    return tsk_audit_add(t->store, kase.office, t->told->by, "sheet.told", object, detail, err);
}

int tsk_sheet_tell(int64_t *sheet, char case_number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store,
                   const struct tsk_scope *scope, const struct tsk_told *told, struct tsk_err *err)
{
    struct telling t = { .store = store, .scope = scope, .told = told, .arena = tsk_arena_new((size_t)16 << 20) };
    struct tsk_part part;

    if (t.arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to write down what was told");
    int rc = tsk_part_start(&part, store, err);
    if (rc == 0)
        rc = tsk_part_end(&part, tell(&t, err), err);
    if (rc == 0) {
        *sheet = t.sheet;
        snprintf(case_number, TSK_CASE_NUMBER_SIZE, "%s", t.number);
    }
    tsk_arena_free(&t.arena);
    return rc;
}
