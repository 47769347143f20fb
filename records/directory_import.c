#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/date.h"
#include "base/text.h"
#include "records/audit.h"
#include "records/directory_new.h"
#include "records/sql.h"

#define CELL_BYTES_MAX 254
#define FAULTS_MAX 50

enum column { KIND, NAME, DEPARTMENT, WARD, FAX, EMAIL, PHONE };

const char *const tsk_directory_columns[TSK_DIRECTORY_COLUMNS] = { "kind", "name",  "department", "ward",
                                                                   "fax",  "email", "phone" };

struct import {
    struct tsk_store *store;
    struct tsk_arena *arena; /* for one file */
    const char *path, *by, *now;
    void (*report)(void *ctx, const char *text);
    void *ctx;
    int at[TSK_DIRECTORY_COLUMNS]; /* position of a column in the file */
    const char *(*rows)[TSK_DIRECTORY_COLUMNS];
    int *lines;
    size_t count, room;
    int faults;
    struct tsk_import *result;
};

static const char *fault_in_number(const char *cell)
{
    char *digits = tsk_digits_only(cell);
    size_t len = digits != NULL ? strlen(digits) : 0;
    bool good = (len == 10 || len == 11) && digits[0] == '0';
    const char *fault = NULL;

    if (strspn(cell, "0123456789-() ") != strlen(cell))
        fault = "holds something else than digits, hyphens and brackets";
    else if (!good)
        fault = "is no Japanese number (10 or 11 digits with a leading 0)";
    free(digits);
    return fault;
}

static bool is_host(const char *host)
{
    size_t label = 0;
    int dots = 0;

    for (const char *at = host; *at != '\0'; at++) {
        bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');
        if (*at == '.') {
            if (label == 0 || at[-1] == '-')
                return false;
            dots++;
            label = 0;
            continue;
        }
        if (!plain && !(*at == '-' && label > 0))
            return false;
        label++;
    }
    return label > 0 && dots > 0 && host[strlen(host) - 1] != '-';
}

/* RFC 5321 without quoted parts, comments and address literals: what is typed into a list by hand. Two or more dots in a row are
 * let through on the left, because mobile carriers in Japan gave such addresses out. */
static const char *fault_in_email(const char *cell)
{
    static const char local[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+/=?^_`{|}~-";
    size_t len = strspn(cell, local);

    if (len == 0 || len > 64 || cell[len] != '@')
        return "is no e-mail address";
    return is_host(cell + len + 1) ? NULL : "is no e-mail address (what follows the @ is no domain)";
}

static const char *fault_in_kind(const char *cell)
{
    if (*cell == '\0')
        return "is empty";
    return cell[strspn(cell, "abcdefghijklmnopqrstuvwxyz_")] == '\0'
               ? NULL
               : "is no kind (lower-case letters, such as hospital or ward_office)";
}

const char *tsk_directory_fault(int column, const char *cell)
{
    if (strlen(cell) > CELL_BYTES_MAX)
        return "is too long";
    for (const char *at = cell; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            return "holds a line break or a control character";
    }
    switch (column) {
    case KIND:
        return fault_in_kind(cell);
    case NAME:
        return *cell == '\0' ? "is empty" : NULL;
    case FAX:
    case PHONE:
        return *cell == '\0' ? NULL : fault_in_number(cell);
    case EMAIL:
        return *cell == '\0' ? NULL : fault_in_email(cell);
    default:
        return NULL;
    }
}

static void fault(struct import *import, int line, const char *column, const char *what)
{
    struct tsk_err fault; /* one line of characters, whatever a cell holds and wherever it was cut */

    if (import->faults++ >= FAULTS_MAX || import->report == NULL)
        return;
    tsk_fail(&fault, TSK_REJECT, 0, "%s:%d: %s: %s", import->path, line, column, what);
    import->report(import->ctx, fault.text);
}

static void check_header(struct import *import, char **cells, int count, int line)
{
    for (int column = 0; column < TSK_DIRECTORY_COLUMNS; column++) {
        import->at[column] = tsk_csv_column(cells, count, tsk_directory_columns[column]);
        if (import->at[column] < 0)
            fault(import, line, tsk_directory_columns[column], "this column is missing in the first line");
    }
    for (int i = 0; i < count; i++) {
        if (tsk_name_index(tsk_directory_columns, TSK_DIRECTORY_COLUMNS, cells[i]) < 0)
            fault(import, line, cells[i], "there is no such column; use kind,name,department,ward,fax,email,phone");
        else if (tsk_csv_column(cells, count, cells[i]) != i)
            fault(import, line, cells[i], "this column is there twice");
    }
}

/* Spaces at both ends say nothing, full-width ones neither; full-width digits and signs of a number are the plain ones. */
static const char *tidy(struct import *import, int column, const char *cell)
{
    static const char wide_space[] = "\xE3\x80\x80";
    char *text = column == FAX || column == EMAIL || column == PHONE ? tsk_nfkc(cell) : strdup(cell);
    char *from = text;

    if (text == NULL)
        return NULL;
    for (;;) {
        if (*from == ' ')
            from++;
        else if (strncmp(from, wide_space, 3) == 0)
            from += 3;
        else
            break;
    }
    for (size_t len = strlen(from); len > 0; len = strlen(from)) {
        if (from[len - 1] == ' ')
            from[len - 1] = '\0';
        else if (len >= 3 && strcmp(from + len - 3, wide_space) == 0)
            from[len - 3] = '\0';
        else
            break;
    }
    const char *copy = tsk_arena_strdup(import->arena, from);
    free(text);
    return copy;
}

static bool same_entry(const char *const *a, const char *const *b)
{
    return strcmp(a[KIND], b[KIND]) == 0 && strcmp(a[NAME], b[NAME]) == 0 &&
           strcmp(a[DEPARTMENT], b[DEPARTMENT]) == 0 && strcmp(a[WARD], b[WARD]) == 0;
}

static void check_row(struct import *import, const char *const *row, int line)
{
    char what[320];

    for (int column = 0; column < TSK_DIRECTORY_COLUMNS; column++) {
        const char *wrong = tsk_directory_fault(column, row[column]);
        if (wrong == NULL)
            continue;
        if (*row[column] != '\0' && strlen(row[column]) <= 64)
            snprintf(what, sizeof what, "\"%s\" %s", row[column], wrong);
        else
            snprintf(what, sizeof what, "%s", wrong);
        fault(import, line, tsk_directory_columns[column], what);
    }
    for (size_t i = 0; i < import->count; i++) {
        if (!same_entry(import->rows[i], row))
            continue;
        snprintf(what, sizeof what, "the same kind, name, department and ward as in line %d", import->lines[i]);
        fault(import, line, "name", what);
        break;
    }
}

static int grow(struct import *import)
{
    size_t room = import->room > 0 ? import->room * 2 : 128;
    void *rows = realloc(import->rows, room * sizeof *import->rows);

    if (rows == NULL)
        return -1;
    import->rows = rows;
    int *lines = realloc(import->lines, room * sizeof *lines);
    if (lines == NULL)
        return -1;
    import->lines = lines;
    import->room = room;
    return 0;
}

static int take_row(struct import *import, char **cells, int count, int line, struct tsk_err *err)
{
    char what[96];

    if (count == 1 && cells[0][strspn(cells[0], " \t")] == '\0') /* an empty line is no entry */
        return 0;
    for (int column = 0; column < TSK_DIRECTORY_COLUMNS; column++) {
        if (import->at[column] >= count) {
            snprintf(what, sizeof what, "this line has only %d cells", count);
            fault(import, line, tsk_directory_columns[column], what);
            return 0;
        }
    }
    if (count > TSK_DIRECTORY_COLUMNS) {
        snprintf(what, sizeof what, "this line has %d cells instead of %d; is a comma inside a cell not quoted?", count,
                 (int)TSK_DIRECTORY_COLUMNS);
        fault(import, line, "phone", what);
        return 0;
    }
    if (import->count == import->room && grow(import) != 0)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to import %s", import->path);
    const char **row = import->rows[import->count];
    for (int column = 0; column < TSK_DIRECTORY_COLUMNS; column++) {
        row[column] = tidy(import, column, cells[import->at[column]]);
        if (row[column] == NULL)
            return tsk_fail(err, TSK_REJECT, 0, "%s is too large for a directory", import->path);
    }
    check_row(import, row, line);
    import->lines[import->count++] = line;
    return 0;
}

static int read_file(struct import *import, struct tsk_err *err)
{
    struct tsk_csv *csv = NULL;
    char **cells;
    int count;
    int line;

    if (tsk_csv_open(&csv, import->path, err) != 0)
        return -1;
    int rc = tsk_csv_next(csv, &cells, &count, &line, err);
    if (rc == 0)
        rc = tsk_fail(err, TSK_REJECT, 0,
                      "%s is empty; its first line must be kind,name,department,ward,fax,email,phone", import->path);
    if (rc == 1) {
        check_header(import, cells, count, line);
        rc = import->faults > 0 ? 0 : 1;
    }
    while (rc == 1 && (rc = tsk_csv_next(csv, &cells, &count, &line, err)) == 1) {
        if (take_row(import, cells, count, line, err) != 0)
            rc = -1;
    }
    tsk_csv_close(&csv);
    if (rc != 0)
        return -1;
    if (import->faults > 0)
        return tsk_fail(err, TSK_REJECT, 0, "%s has %d fault%s; nothing was imported", import->path, import->faults,
                        import->faults == 1 ? "" : "s");
    if (import->count == 0)
        return tsk_fail(err, TSK_REJECT, 0, "%s holds no entry; nothing was imported", import->path);
    return 0;
}

/* A number is the same however it is written; an address to the letter. */
static bool same_number(const char *a, const char *b)
{
    char *first = tsk_digits_only(a);
    char *second = tsk_digits_only(b);
    bool same = first != NULL && second != NULL && strcmp(first, second) == 0;

    free(first);
    free(second);
    return same;
}

static int add_entry(struct import *import, const char *office, const char *const *row, struct tsk_err *err)
{
    char *name = tsk_compare_key(row[NAME]);
    char *department = tsk_compare_key(row[DEPARTMENT]);
    int rc = name == NULL || department == NULL
                 ? tsk_fail(err, TSK_RETRY, 0, "no memory to import %s", import->path)
                 : tsk_sql_run(
                       import->store, err,
                       "INSERT INTO institutions (office_id, kind, name, department, ward, name_key, department_key, "
                       "fax, email, phone, updated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                       "sssssssssss", office, row[KIND], row[NAME], row[DEPARTMENT], row[WARD], name, department,
                       row[FAX], row[EMAIL], row[PHONE], import->now);

    free(name);
    free(department);
    import->result->added += rc == 0;
    return rc;
}

struct stored {
    int64_t id;
    const char *fax, *email, *phone, *fax_state, *email_state;
};

static void fill_stored(void *item, struct tsk_rows *rows)
{
    struct stored *stored = item;

    stored->id = tsk_sql_int(rows);
    stored->fax = tsk_sql_text(rows);
    stored->email = tsk_sql_text(rows);
    stored->phone = tsk_sql_text(rows);
    stored->fax_state = tsk_sql_text(rows);
    stored->email_state = tsk_sql_text(rows);
}

static int lapse(struct import *import, const struct stored *old, const char *office, const char *channel,
                 const char *value, struct tsk_err *err)
{
    char object[40];
    char detail[64];

    import->result->unverified++;
    snprintf(object, sizeof object, "institution:%lld", (long long)old->id);
    snprintf(detail, sizeof detail, "channel=%s result=unverified", channel);
    if (tsk_sql_run(import->store, err,
                    "INSERT INTO verifications (office_id, institution_id, channel, value, how, by, at, result) "
                    "SELECT ?1, ?2, ?3, ?4, how, ?5, ?6, 'lapsed' FROM verifications WHERE institution_id = ?2 AND "
                    "channel = ?3 "
                    "ORDER BY id DESC LIMIT 1",
                    "sissss", office, old->id, channel, value, import->by, import->now) != 0)
        return -1;
    return tsk_audit_add(import->store, office, import->by, "directory.changed", object, detail, err);
}

static int change_entry(struct import *import, const struct stored *old, const char *office, const char *const *row,
                        struct tsk_err *err)
{
    bool fax = !same_number(old->fax, row[FAX]);
    bool email = strcmp(old->email, row[EMAIL]) != 0;

    if (strcmp(old->fax, row[FAX]) == 0 && !email && strcmp(old->phone, row[PHONE]) == 0) {
        import->result->same++;
        return 0;
    }
    import->result->changed++;
    if (fax && strcmp(old->fax_state, "unverified") != 0 && lapse(import, old, office, "fax", old->fax, err) != 0)
        return -1;
    if (email && strcmp(old->email_state, "unverified") != 0 &&
        lapse(import, old, office, "email", old->email, err) != 0)
        return -1;
    return tsk_sql_run(
        import->store, err,
        "UPDATE institutions SET fax = ?2, email = ?3, phone = ?4, fax_state = ?5, email_state = ?6, updated = ?7 "
        "WHERE id = ?1",
        "issssss", old->id, row[FAX], row[EMAIL], row[PHONE], fax ? "unverified" : old->fax_state,
        email ? "unverified" : old->email_state, import->now);
}

static int put_entry(struct import *import, const char *office, const char *const *row, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(16384);
    struct tsk_rows *rows = NULL;
    size_t count = 0;
    int rc = arena == NULL
                 ? tsk_fail(err, TSK_RETRY, 0, "no memory to import %s", import->path)
                 : tsk_sql_query(&rows, import->store, arena, err,
                                 "SELECT id, fax, email, phone, fax_state, email_state FROM institutions "
                                 "WHERE office_id = ?1 AND kind = ?2 AND name = ?3 AND department = ?4 AND ward = ?5",
                                 "sssss", office, row[KIND], row[NAME], row[DEPARTMENT], row[WARD]);
    const struct stored *old = tsk_sql_collect(&count, sizeof *old, fill_stored, &rows, &rc, err);

    if (rc == 0)
        rc = old != NULL ? change_entry(import, old, office, row, err) : add_entry(import, office, row, err);
    tsk_arena_free(&arena);
    return rc;
}

static int put_office(struct import *import, const char *office, struct tsk_err *err)
{
    char detail[96];
    int64_t all = 0;
    const struct tsk_import before = *import->result;

    for (size_t i = 0; i < import->count; i++) {
        if (put_entry(import, office, import->rows[i], err) != 0)
            return -1;
    }
    if (tsk_sql_number(&all, import->store, err, "SELECT count(*) FROM institutions WHERE office_id = ?1", "s",
                       office) != 1)
        return -1;
    import->result->not_in_file += (int)(all - (int64_t)import->count);
    snprintf(detail, sizeof detail, "added=%d changed=%d same=%d", import->result->added - before.added,
             import->result->changed - before.changed, import->result->same - before.same);
    return tsk_audit_add(import->store, office, import->by, "directory.import", "directory", detail, err);
}

static int put_all(struct import *import, const char *office, struct tsk_err *err)
{
    const char *const one[] = { office };
    const struct tsk_scope scope = { .all = office == NULL, .offices = one, .office_count = 1 };
    struct tsk_offices offices;

    if (tsk_office_list(&offices, import->store, &scope, import->arena, err) != 0)
        return -1;
    if (offices.count == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no office %s; nothing was imported",
                        office != NULL ? office : "at all");
    for (size_t i = 0; i < offices.count; i++) {
        if (put_office(import, offices.items[i].id, err) != 0)
            return -1;
    }
    return 0;
}

int tsk_directory_import(struct tsk_import *out, struct tsk_store *store, const char *path, const char *office,
                         const char *by, void (*report)(void *ctx, const char *text), void *ctx, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    struct import import = { .store = store, .path = path, .by = by, .report = report, .ctx = ctx, .result = out };
    struct tsk_part part;
    int rc = -1;

    *out = (struct tsk_import){ .added = 0 };
    import.now = tsk_now(now);
    import.arena = tsk_arena_new((size_t)256 << 20);
    if (import.arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to import %s", path);
    if (read_file(&import, err) == 0 && (rc = tsk_part_start(&part, store, err)) == 0)
        rc = tsk_part_end(&part, put_all(&import, office, err), err);
    free(import.rows);
    free(import.lines);
    tsk_arena_free(&import.arena);
    return rc;
}

static void put_cell(struct tsk_buf *csv, const char *cell, const char *end)
{
    if (strpbrk(cell, ",\"\r\n") == NULL) {
        tsk_buf_printf(csv, "%s%s", cell, end);
        return;
    }
    tsk_buf_puts(csv, "\"");
    for (; *cell != '\0'; cell++)
        tsk_buf_printf(csv, *cell == '"' ? "\"%c" : "%c", *cell);
    tsk_buf_printf(csv, "\"%s", end);
}

int tsk_directory_export(struct tsk_buf *csv, struct tsk_store *store, const struct tsk_scope *scope,
                         struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    struct tsk_arena *arena = tsk_arena_new((size_t)256 << 20);
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to export the directory")
                           : tsk_sql_query(&rows, store, arena, err,
                                           "SELECT kind, name, department, ward, min(fax), min(email), min(phone) "
                                           "FROM institutions WHERE " SCOPE(
                                               "office_id") " GROUP BY kind, name, department, ward ORDER BY min(id)",
                                           "c", scope);

    for (int i = 0; i < TSK_DIRECTORY_COLUMNS; i++)
        put_cell(csv, tsk_directory_columns[i], i + 1 < TSK_DIRECTORY_COLUMNS ? "," : "\n");
    while (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        for (int i = 0; i < TSK_DIRECTORY_COLUMNS; i++)
            put_cell(csv, tsk_sql_text(rows), i + 1 < TSK_DIRECTORY_COLUMNS ? "," : "\n");
        rc = 0;
    }
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    if (rc == 0 && csv->failed)
        return tsk_fail(err, TSK_REJECT, 0, "the directory is larger than %zu bytes", csv->max);
    return rc;
}
