#include "records/sheet.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "records/sheet_new.h"
#include "records/sql.h"

#define LIMIT_DEFAULT 1000

static const char *const states[TSK_SHEET_STATE_COUNT] = { "needs_review", "ready", "confirmed" };
static const char *const decisions[] = { "waiting", "accepted", "set", "confirmed" };
static const char *const kinds[] = { "mark", "circle", "text", "digits", "image", "derived" };
static const char *const hands[] = { "none", "typed", "written" };

const char *tsk_sheet_state_name(enum tsk_sheet_state state)
{
    return states[state];
}

const char *tsk_decided_name(enum tsk_decided decided)
{
    return decisions[decided];
}

const char *tsk_kind_name(int kind)
{
    return kinds[kind];
}

void tsk_value_text(struct tsk_buf *out, const struct tsk_value *value)
{
    tsk_buf_reset(out);
    if (value->kind != TSK_FIELD_MARK && value->kind != TSK_FIELD_CIRCLE) {
        tsk_buf_puts(out, value->text);
        return;
    }
    for (size_t i = 0; i < value->chosen_count; i++)
        tsk_buf_printf(out, "%s%s", i > 0 ? "," : "", value->chosen[i]);
}

static char *alternatives_text(const struct tsk_value *value)
{
    json_t *list = json_array();

    for (size_t i = 0; i < value->alternative_count; i++) {
        const struct tsk_alternative *one = &value->alternatives[i];
        json_array_append_new(list, json_pack("[s,f]", one->value, one->confidence));
    }
    char *text = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    return text;
}

static int put_field(struct tsk_store *store, int64_t sheet, int64_t position, const char *field, const char *kind,
                     const char *text, const struct tsk_value *value, struct tsk_err *err)
{
    char *alternatives = alternatives_text(value);
    int rc =
        alternatives == NULL
            ? tsk_fail(err, TSK_RETRY, 0, "no memory to record a field")
            : tsk_sql_run(
                  store, err,
                  "INSERT INTO fields (sheet_id, position, field, kind, read_value, value, confidence, decided, "
                  "reason, hand, box_x, box_y, box_w, box_h, registration_error_mm, alternatives) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) "
                  "ON CONFLICT (sheet_id, field) DO NOTHING",
                  "iisssdsssiiiids", sheet, position, field, kind, text, value->confidence,
                  decisions[value->review ? TSK_DECIDED_WAITING : TSK_DECIDED_ACCEPTED], value->reason,
                  hands[value->hand], (int64_t)value->box_px[0], (int64_t)value->box_px[1], (int64_t)value->box_px[2],
                  (int64_t)value->box_px[3], value->registration_error_mm, alternatives);

    free(alternatives);
    return rc;
}

static int put_derived(struct tsk_store *store, int64_t sheet, int64_t position, const struct tsk_derived *derived,
                       struct tsk_err *err)
{
    char unsure[] = "unsure";
    char nothing[] = "";
    const struct tsk_value value = { .kind = TSK_FIELD_TEXT,
                                     .review = !derived->sure,
                                     .reason = derived->sure ? nothing : unsure,
                                     .confidence = derived->sure ? 1.0 : 0.0 };

    return put_field(store, sheet, position, derived->key, kinds[TSK_SHEET_DERIVED], derived->value, &value, err);
}

int tsk_sheet_add_fields(struct tsk_store *store, int64_t sheet, const struct tsk_reading *reading, struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(TSK_VALUE_BYTES_MAX);
    int64_t position = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < reading->value_count; i++) {
        const struct tsk_value *value = &reading->values[i];
        tsk_value_text(&text, value);
        rc = text.failed
                 ? tsk_fail(err, TSK_HOLD, 0, "field %s holds more than %d bytes", value->id, TSK_VALUE_BYTES_MAX)
                 : put_field(store, sheet, position++, value->id, kinds[value->kind], tsk_buf_text(&text), value, err);
    }
    for (size_t i = 0; rc == 0 && i < reading->derived_count; i++)
        rc = put_derived(store, sheet, position++, &reading->derived[i], err);
    tsk_buf_free(&text);
    return rc;
}

int tsk_sheet_place_field(struct tsk_store *store, int64_t sheet, int64_t position, const struct tsk_value *value,
                          struct tsk_err *err)
{
    char *alternatives = alternatives_text(value);
    int rc = alternatives == NULL
                 ? tsk_fail(err, TSK_RETRY, 0, "no memory to record a field")
                 : tsk_sql_run(store, err,
                               "UPDATE fields SET off_form = 0, kind = ?3, position = ?4, box_x = ?5, box_y = ?6, "
                               "box_w = ?7, box_h = ?8, registration_error_mm = ?9, alternatives = ?10 "
                               "WHERE sheet_id = ?1 AND field = ?2",
                               "issiiiiids", sheet, value->id, kinds[value->kind], position, (int64_t)value->box_px[0],
                               (int64_t)value->box_px[1], (int64_t)value->box_px[2], (int64_t)value->box_px[3],
                               value->registration_error_mm, alternatives);

    free(alternatives);
    return rc;
}

int tsk_sheet_put_problems(struct tsk_store *store, int64_t sheet, const struct tsk_reading *reading,
                           struct tsk_err *err)
{
    int rc = tsk_sql_run(store, err, "DELETE FROM problems WHERE sheet_id = ?1", "i", sheet);

    for (size_t i = 0; rc == 0 && i < reading->problem_count; i++) {
        const struct tsk_problem *problem = &reading->problems[i];
        rc = tsk_sql_run(store, err, "INSERT INTO problems (sheet_id, field, code, text) VALUES (?1, ?2, ?3, ?4)",
                         "isss", sheet, problem->field, problem->code, problem->text);
    }
    return rc;
}

int tsk_sheet_new(int64_t *id, struct tsk_store *store, const char *office, int64_t document, int64_t page,
                  const struct tsk_reading *reading, const struct tsk_versions *versions, struct tsk_err *err)
{
    if (tsk_sql_run(store, err,
                    "INSERT INTO sheets (office_id, document_id, page_id, form, edition, form_hash, reader, weights, "
                    "calibration, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'needs_review')",
                    "siissssss", office, document, page, reading->form, reading->edition, reading->form_hash,
                    versions->reader, versions->weights, versions->calibration) != 0)
        return -1;
    *id = tsk_sql_last_id(store);
    if (tsk_sheet_add_fields(store, *id, reading, err) != 0 || tsk_sheet_put_problems(store, *id, reading, err) != 0)
        return -1;
    return tsk_sheet_settle(store, *id, err);
}

int tsk_sheet_settle(struct tsk_store *store, int64_t sheet, struct tsk_err *err)
{
    int rc = tsk_sql_run(store, err,
                         "UPDATE sheets SET state = CASE WHEN EXISTS (SELECT 1 FROM fields WHERE sheet_id = ?1 "
                         "AND decided = 'waiting' AND off_form = 0) THEN 'needs_review' ELSE 'ready' END WHERE id = ?1 "
                         "AND state <> 'confirmed'",
                         "i", sheet);

    return rc == 0 ? tsk_sheet_index(store, sheet, err) : -1;
}

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_sheet *sheet = item;

    sheet->id = tsk_sql_int(rows);
    sheet->document = tsk_sql_text(rows);
    sheet->page = (int)tsk_sql_int(rows);
    sheet->office = tsk_sql_text(rows);
    sheet->case_number = tsk_sql_text(rows);
    sheet->form = tsk_sql_text(rows);
    sheet->edition = tsk_sql_text(rows);
    sheet->form_hash = tsk_sql_text(rows);
    sheet->reader = tsk_sql_text(rows);
    sheet->weights = tsk_sql_text(rows);
    sheet->calibration = tsk_sql_text(rows);
    sheet->received = tsk_sql_text(rows);
    sheet->state = (enum tsk_sheet_state)tsk_name_index(states, TSK_COUNT(states), tsk_sql_text(rows));
    sheet->confirmed_by = tsk_sql_text(rows);
    sheet->confirmed_at = tsk_sql_text(rows);
    sheet->revision = (int)tsk_sql_int(rows);
    sheet->corrections = (int)tsk_sql_int(rows);
    sheet->waiting_count = (int)tsk_sql_int(rows);
    sheet->closed = tsk_sql_text(rows);
    sheet->told_by = tsk_sql_text(rows);
    sheet->told_how = tsk_sql_text(rows);
    sheet->told_at = tsk_sql_text(rows);
}

#define SHEETS                                                                                                         \
    "SELECT s.id, d.spool_id, p.number, s.office_id, s.case_number, s.form, s.edition, s.form_hash, s.reader, "        \
    "s.weights, s.calibration, d.received, s.state, s.confirmed_by, s.confirmed_at, s.revision, s.corrections, "       \
    "(SELECT count(*) FROM fields WHERE sheet_id = s.id AND decided = 'waiting' AND off_form = 0), s.closed, "         \
    "s.told_by, s.told_how, s.told_at "                                                                                \
    "FROM sheets s JOIN documents d ON d.id = s.document_id JOIN pages p ON p.id = s.page_id WHERE " SCOPE(            \
        "s.office_id")

/* By the index of what narrows most: "?3 IS NULL OR" would read every sheet there is. */
static const char *list_query(const struct tsk_sheet_filter *by)
{
#define REST                                                                                                           \
    " AND (?2 IS NULL OR s.state = ?2 OR (?2 = 'which_case' AND s.case_number IS NULL)) AND (?5 IS NULL OR "           \
    "s.office_id = ?5) ORDER BY s.id DESC LIMIT ?6"
    static const char *const queries[] = {
        SHEETS " AND ?3 IS NULL AND ?4 IS NULL" REST,
        SHEETS " AND s.case_number = ?3 AND ?4 IS NULL" REST,
        SHEETS " AND ?3 IS NULL AND s.document_id = (SELECT id FROM documents WHERE spool_id = ?4)" REST,
        SHEETS " AND s.case_number = ?3 AND s.document_id = (SELECT id FROM documents WHERE spool_id = ?4)" REST,
    };
#undef REST

    return queries[(by->case_number != NULL ? 1 : 0) + (by->document != NULL ? 2 : 0)];
}

int tsk_sheet_list(struct tsk_sheets *out, struct tsk_store *store, const struct tsk_scope *scope,
                   const struct tsk_sheet_filter *filter, struct tsk_arena *arena, struct tsk_err *err)
{
    static const struct tsk_sheet_filter every = { .state = NULL };
    const struct tsk_sheet_filter *by = filter != NULL ? filter : &every;
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err, list_query(by), "cssssi", scope, by->state, by->case_number,
                           by->document, by->office, (int64_t)(by->limit > 0 ? by->limit : LIMIT_DEFAULT));

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

static void parse_alternatives(struct tsk_sheet_field *field, const char *text, struct tsk_arena *arena)
{
    json_t *list = json_loads(text, 0, NULL);
    json_t *pair;
    size_t i;

    json_array_foreach(list, i, pair)
    {
        const char *value = json_string_value(json_array_get(pair, 0));
        char *copy =
            value != NULL && field->alternative_count < TSK_ALTERNATIVES_MAX ? tsk_arena_strdup(arena, value) : NULL;
        if (copy == NULL)
            continue;
        field->alternatives[field->alternative_count].value = copy;
        field->alternatives[field->alternative_count++].confidence = json_number_value(json_array_get(pair, 1));
    }
    json_decref(list);
}

static void fill_field(void *item, struct tsk_rows *rows)
{
    struct tsk_sheet_field *field = item;

    field->id = tsk_sql_text(rows);
    field->kind = tsk_name_index(kinds, TSK_COUNT(kinds), tsk_sql_text(rows));
    field->read_value = tsk_sql_text(rows);
    field->value = tsk_sql_text(rows);
    field->confidence = tsk_sql_real(rows);
    field->decided = (enum tsk_decided)tsk_name_index(decisions, TSK_COUNT(decisions), tsk_sql_text(rows));
    field->reason = tsk_sql_text(rows);
    field->by = tsk_sql_text(rows);
    field->at = tsk_sql_text(rows);
    field->hand = (enum tsk_hand)tsk_name_index(hands, TSK_COUNT(hands), tsk_sql_text(rows));
    for (int i = 0; i < 4; i++)
        field->box_px[i] = (int)tsk_sql_int(rows);
    parse_alternatives(field, tsk_sql_text(rows), tsk_sql_arena(rows));
}

static void fill_problem(void *item, struct tsk_rows *rows)
{
    struct tsk_sheet_problem *problem = item;

    problem->field = tsk_sql_text(rows);
    problem->code = tsk_sql_text(rows);
    problem->text = tsk_sql_text(rows);
}

static int load_parts(struct tsk_sheet *sheet, struct tsk_store *store, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT field, kind, read_value, value, confidence, decided, reason, decided_by, decided_at, hand, "
        "box_x, box_y, box_w, box_h, alternatives FROM fields WHERE sheet_id = ?1 AND off_form = 0 ORDER BY position, "
        "id",
        "i", sheet->id);

    sheet->fields = tsk_sql_collect(&sheet->field_count, sizeof *sheet->fields, fill_field, &rows, &rc, err);
    if (rc != 0)
        return -1;
    rc = tsk_sql_query(&rows, store, arena, err,
                       "SELECT field, code, text FROM problems WHERE sheet_id = ?1 ORDER BY id", "i", sheet->id);
    sheet->problems = tsk_sql_collect(&sheet->problem_count, sizeof *sheet->problems, fill_problem, &rows, &rc, err);
    return rc;
}

int tsk_sheet_find(struct tsk_sheet *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                   struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    size_t count = 0;
    int rc = tsk_sql_query(&rows, store, arena, err, SHEETS " AND s.id = ?2", "ci", scope, id);
    struct tsk_sheet *found = tsk_sql_collect(&count, sizeof *found, fill, &rows, &rc, err);

    if (rc != 0)
        return -1;
    if (found == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "there is no sheet %lld", (long long)id);
    *out = *found;
    return load_parts(out, store, arena, err);
}

static void fill_change(void *item, struct tsk_rows *rows)
{
    struct tsk_field_change *change = item;

    change->field = tsk_sql_text(rows);
    change->old_value = tsk_sql_text(rows);
    change->new_value = tsk_sql_text(rows);
    change->by = tsk_sql_text(rows);
    change->at = tsk_sql_text(rows);
    change->why = tsk_sql_text(rows);
}

int tsk_sheet_history(struct tsk_field_changes *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT f.field, h.old_value, h.new_value, h.by, h.at, h.why FROM field_history h "
                           "JOIN fields f ON f.id = h.field_id JOIN sheets s ON s.id = f.sheet_id "
                           "WHERE " SCOPE("s.office_id") " AND s.id = ?2 ORDER BY h.id",
                           "ci", scope, id);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_change, &rows, &rc, err);
    return rc;
}

const struct tsk_sheet_field *tsk_sheet_field(const struct tsk_sheet *sheet, const char *field)
{
    for (size_t i = 0; i < sheet->field_count; i++) {
        if (strcmp(sheet->fields[i].id, field) == 0)
            return &sheet->fields[i];
    }
    return NULL;
}

const char *tsk_sheet_value(const struct tsk_sheet *sheet, const char *field)
{
    const struct tsk_sheet_field *found = tsk_sheet_field(sheet, field);

    return found != NULL ? found->value : "";
}

bool tsk_sheet_has(const struct tsk_sheet *sheet, const char *field, const char *option)
{
    size_t len = strlen(option);

    for (const char *at = tsk_sheet_value(sheet, field); *at != '\0';) {
        size_t part = strcspn(at, ",");
        if (part == len && strncmp(at, option, len) == 0)
            return true;
        at += part + (at[part] == ',');
    }
    return false;
}

bool tsk_sheet_sure(const struct tsk_sheet *sheet, const char *field)
{
    const struct tsk_sheet_field *found = tsk_sheet_field(sheet, field);

    return found != NULL && found->decided != TSK_DECIDED_WAITING;
}

int tsk_sheet_is_first(bool *out, struct tsk_store *store, int64_t id, struct tsk_err *err)
{
    int64_t first = 0;
    int rc = tsk_sql_number(
        &first, store, err,
        "SELECT min(o.id) FROM sheets s JOIN sheets o ON o.document_id = s.document_id WHERE s.id = ?1", "i", id);

    *out = rc == 1 && first == id;
    return rc < 0 ? -1 : 0;
}
