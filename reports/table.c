#include "reports/table.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define CSV_BYTES_MAX ((size_t)8 << 20)

static int no_room(struct tsk_err *err)
{
    return tsk_fail(err, TSK_RETRY, 0, "no memory for a report");
}

static json_t *row_json(const struct tsk_count_table *table, const struct tsk_count_row *row)
{
    json_t *values = json_array();

    for (size_t i = 0; i < table->column_count; i++)
        json_array_append_new(values, json_integer((json_int_t)row->values[i]));
    return json_pack("{s:s, s:s, s:b, s:o}", "section", row->section, "label", row->label, "sum", row->sum, "values",
                     values);
}

char *tsk_count_to_json(const struct tsk_count_table *table)
{
    json_t *columns = json_array(), *rows = json_array();

    for (size_t i = 0; i < table->column_count; i++)
        json_array_append_new(columns, json_string(table->columns[i]));
    for (size_t i = 0; i < table->row_count; i++)
        json_array_append_new(rows, row_json(table, &table->rows[i]));
    json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "title", table->title, "form", table->form,
                            "office", table->office, "office_name", table->office_name, "first", table->first, "last",
                            table->last, "columns", columns, "rows", rows);
    char *text = all != NULL ? json_dumps(all, JSON_COMPACT) : NULL;

    json_decref(all);
    return text;
}

/* Text of a member into the arena; "" when it is absent. */
static const char *text_of(const json_t *object, const char *name, struct tsk_arena *arena)
{
    const char *text = json_string_value(json_object_get(object, name));
    const char *copy = tsk_arena_strdup(arena, text != NULL ? text : "");

    return copy != NULL ? copy : "";
}

static bool read_row(struct tsk_count_row *out, const json_t *row, size_t columns, struct tsk_arena *arena)
{
    const json_t *values = json_object_get(row, "values");

    out->section = text_of(row, "section", arena);
    out->label = text_of(row, "label", arena);
    out->sum = json_is_true(json_object_get(row, "sum"));
    out->values = tsk_arena_alloc(arena, (columns + 1) * sizeof *out->values);
    for (size_t i = 0; out->values != NULL && i < columns; i++)
        out->values[i] = json_integer_value(json_array_get(values, i));
    return out->values != NULL;
}

static int read_table(struct tsk_count_table *out, const json_t *all, struct tsk_arena *arena, struct tsk_err *err)
{
    const json_t *columns = json_object_get(all, "columns"), *rows = json_object_get(all, "rows");

    *out = (struct tsk_count_table){
        .title = text_of(all, "title", arena),
        .form = text_of(all, "form", arena),
        .office = text_of(all, "office", arena),
        .office_name = text_of(all, "office_name", arena),
        .first = text_of(all, "first", arena),
        .last = text_of(all, "last", arena),
        .column_count = json_array_size(columns),
        .row_count = json_array_size(rows),
    };
    out->columns = tsk_arena_alloc(arena, (out->column_count + 1) * sizeof *out->columns);
    out->rows = tsk_arena_alloc(arena, (out->row_count + 1) * sizeof *out->rows);
    if (out->columns == NULL || out->rows == NULL)
        return no_room(err);
    for (size_t i = 0; i < out->column_count; i++) {
        const char *name = json_string_value(json_array_get(columns, i));
        if ((out->columns[i] = tsk_arena_strdup(arena, name != NULL ? name : "")) == NULL)
            return no_room(err);
    }
    for (size_t i = 0; i < out->row_count; i++)
        if (!read_row(&out->rows[i], json_array_get(rows, i), out->column_count, arena))
            return no_room(err);
    return 0;
}

int tsk_count_from_json(struct tsk_count_table *out, const char *json, struct tsk_arena *arena, struct tsk_err *err)
{
    json_t *all = json_loads(json, 0, NULL);
    int rc = all == NULL ? tsk_fail(err, TSK_STOP, 0, "a stored report cannot be read back")
                         : read_table(out, all, arena, err);

    json_decref(all);
    return rc;
}

static const struct tsk_count_row *row_of(const struct tsk_count_table *table, const struct tsk_count_row *like)
{
    for (size_t i = 0; i < table->row_count; i++)
        if (strcmp(table->rows[i].section, like->section) == 0 && strcmp(table->rows[i].label, like->label) == 0)
            return &table->rows[i];
    return NULL;
}

static int64_t value_at(const struct tsk_count_table *table, const struct tsk_count_row *like, const char *column)
{
    const struct tsk_count_row *row = row_of(table, like);

    for (size_t i = 0; row != NULL && i < table->column_count; i++)
        if (strcmp(table->columns[i], column) == 0)
            return row->values[i];
    return 0;
}

/* Cells of `of` that `other` has otherwise; with missing_only those of rows that `other` lacks. */
static void collect(struct tsk_count_changes *out, const struct tsk_count_table *of,
                    const struct tsk_count_table *other, bool missing_only)
{
    for (size_t r = 0; r < of->row_count; r++) {
        const struct tsk_count_row *row = &of->rows[r];

        if (missing_only && row_of(other, row) != NULL)
            continue;
        for (size_t c = 0; c < of->column_count; c++) {
            int64_t there = value_at(other, row, of->columns[c]);
            if (there != row->values[c])
                out->items[out->count++] = (struct tsk_count_change){ row->section, row->label, of->columns[c],
                                                                      missing_only ? row->values[c] : there,
                                                                      missing_only ? there : row->values[c] };
        }
    }
}

int tsk_count_diff(struct tsk_count_changes *out, const struct tsk_count_table *before,
                   const struct tsk_count_table *after, struct tsk_arena *arena, struct tsk_err *err)
{
    size_t most = before->row_count * before->column_count + after->row_count * after->column_count;

    out->count = 0;
    out->items = tsk_arena_alloc(arena, (most + 1) * sizeof *out->items);
    if (out->items == NULL)
        return no_room(err);
    collect(out, after, before, false);
    collect(out, before, after, true);
    return 0;
}

int tsk_count_csv(struct tsk_buf *out, const struct tsk_count_table *table, const char *state,
                  enum tsk_csv_charset charset, int *lacking, struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(CSV_BYTES_MAX);
    const char *const head[][2] = { { "様式", table->title },
                                    { "相談支援室", table->office_name },
                                    { "期間（から）", table->first },
                                    { "期間（まで）", table->last },
                                    { "状態", state } };

    for (size_t i = 0; i < TSK_COUNT(head); i++) {
        tsk_csv_cell(&text, head[i][0]);
        tsk_csv_cell(&text, head[i][1]);
        tsk_csv_end_line(&text);
    }
    tsk_csv_end_line(&text);
    tsk_csv_cell(&text, "区分");
    tsk_csv_cell(&text, "相手");
    for (size_t i = 0; i < table->column_count; i++)
        tsk_csv_cell(&text, table->columns[i]);
    tsk_csv_end_line(&text);
    for (size_t r = 0; r < table->row_count; r++) {
        tsk_csv_cell(&text, table->rows[r].section);
        tsk_csv_cell(&text, table->rows[r].label);
        for (size_t i = 0; i < table->column_count; i++)
            tsk_csv_number(&text, (long long)table->rows[r].values[i]);
        tsk_csv_end_line(&text);
    }
    int rc = text.failed ? no_room(err) : tsk_csv_encode(out, tsk_buf_text(&text), charset, lacking, err);
    tsk_buf_free(&text);
    return rc;
}
