#include "records/moving.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "records/moving_parts.h"
#include "records/sql.h"

#define ARENA_BYTES ((size_t)8 << 20)
#define SQL_MAX ((size_t)1 << 20)
#define FUNCTION "tsk_moved"
#define DIGITS_MAX 18

struct column {
    const char *name, *type;
    bool not_null;
    int64_t key;                /* place in the primary key, 0 = none */
    const char *table, *target; /* of a foreign key, "" = none */
    const struct tsk_moving_column *special;
};

struct table {
    const struct tsk_moving_spec *spec;
    struct column *columns;
    size_t count;
    bool by_key; /* it has no row numbers to sort by */
    int64_t shift;
};

struct tsk_moving {
    struct tsk_store *store;
    const char *office;
    struct tsk_arena *arena;
    struct table *tables; /* as many as there are specs; without columns where nothing moves */
    size_t moves;         /* the first so many do */
    bool back;            /* what the function does: from here to there, or back */
};

static const char *where_of(const struct table *t)
{
    return t->spec->where != NULL ? t->spec->where : "office_id = ?1";
}

static struct table *table_named(const struct tsk_moving *moving, const char *name)
{
    for (size_t i = 0; i < tsk_moving_spec_count; i++)
        if (strcmp(tsk_moving_specs[i].name, name) == 0)
            return &moving->tables[i];
    return NULL;
}

/* Behind a word and a colon at text: how far the number there is shifted, 0 when this names nothing. */
static int64_t shift_at(const struct tsk_moving *moving, const char *text, size_t *word_len)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz");

    if (len == 0 || text[len] != ':' || !isdigit((unsigned char)text[len + 1]))
        return 0;
    *word_len = len + 1;
    for (size_t i = 0; i < moving->moves; i++) {
        const char *word = moving->tables[i].spec->word;

        if (word != NULL && strlen(word) == len && strncmp(word, text, len) == 0)
            return moving->tables[i].shift;
    }
    return 0;
}

static void put_reference(struct tsk_buf *out, const struct tsk_moving *moving, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        bool starts = at == text || !isalnum((unsigned char)at[-1]);
        size_t word = 0;
        int64_t shift = starts ? shift_at(moving, at, &word) : 0;
        size_t digits = shift != 0 ? strspn(at + word, "0123456789") : 0;

        /* "consent:27115-2026-0001" names a case. */
        if (digits == 0 || digits > DIGITS_MAX ||
            (at[word + digits] != '\0' && strchr("/#:@ ", at[word + digits]) == NULL)) {
            tsk_buf_add(out, at++, 1);
            continue;
        }
        tsk_buf_add(out, at, word);
        tsk_buf_printf(out, "%lld", strtoll(at + word, NULL, 10) + (long long)(moving->back ? -shift : shift));
        at += word + digits;
    }
}

/* first: what is to be thought before the text, "" as a rule. */
static char *moved(void *ctx, const char *first, const char *text)
{
    const struct tsk_moving *moving = ctx;
    struct tsk_buf whole = TSK_BUF(SQL_MAX), out = TSK_BUF(SQL_MAX);
    char *copy = NULL;

    tsk_buf_puts(&whole, first);
    tsk_buf_puts(&whole, text);
    put_reference(&out, moving, tsk_buf_text(&whole));
    if (!whole.failed && !out.failed)
        copy = strdup(tsk_buf_text(&out) + strlen(first));
    tsk_buf_free(&whole);
    tsk_buf_free(&out);
    return copy;
}

char *tsk_moving_reference(const struct tsk_moving *moving, const char *text)
{
    struct tsk_moving there = *moving;

    there.back = false;
    return moved(&there, "", text);
}

static void fill_column(void *item, struct tsk_rows *rows)
{
    struct column *c = item;

    c->name = tsk_sql_text(rows);
    c->type = tsk_sql_text(rows);
    c->not_null = tsk_sql_int(rows) != 0;
    c->key = tsk_sql_int(rows);
    c->table = tsk_sql_text(rows);
    c->target = tsk_sql_text(rows);
}

static const struct tsk_moving_column *special_of(const struct tsk_moving_spec *spec, const char *column)
{
    for (size_t i = 0; i < TSK_MOVING_SPECIAL_MAX; i++)
        if (spec->columns[i].name != NULL && strcmp(spec->columns[i].name, column) == 0)
            return &spec->columns[i];
    return NULL;
}

static int read_columns(struct tsk_moving *moving, struct table *t, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int64_t by_key = 0;
    int rc =
        tsk_sql_query(&rows, moving->store, moving->arena, err,
                      "SELECT c.name, c.type, c.\"notnull\" OR c.pk > 0, c.pk, coalesce(f.\"table\", ''), "
                      "coalesce(f.\"to\", '') FROM pragma_table_info(?1) c LEFT JOIN pragma_foreign_key_list(?1) f "
                      "ON f.\"from\" = c.name ORDER BY c.cid",
                      "s", t->spec->name);

    t->columns = tsk_sql_collect(&t->count, sizeof *t->columns, fill_column, &rows, &rc, err);
    if (rc != 0 || tsk_sql_number(&by_key, moving->store, err,
                                  "SELECT wr FROM pragma_table_list(?1) WHERE schema = 'main'", "s", t->spec->name) < 0)
        return -1;
    t->by_key = by_key != 0;
    for (size_t i = 0; i < t->count; i++) {
        t->columns[i].special = special_of(t->spec, t->columns[i].name);
        if (t->columns[i].special != NULL && t->columns[i].special->table != NULL) {
            t->columns[i].table = t->columns[i].special->table;
            t->columns[i].target = "id";
        }
    }
    return t->count > 0 ? 0 : tsk_fail(err, TSK_STOP, 0, "the store has no table \"%s\"", t->spec->name);
}

/* A new table is a question to whoever made it: does it move? */
static int check_known(const struct tsk_moving *moving, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, moving->store, moving->arena, err,
                           "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'", "");

    while (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        const char *name = tsk_sql_text(rows);

        rc = table_named(moving, name) != NULL
                 ? 0
                 : tsk_fail(err, TSK_STOP, 0,
                            "the store has a table \"%s\" of which this program does not know whose it is", name);
    }
    tsk_sql_end(&rows);
    return rc;
}

int tsk_moving_open(struct tsk_moving **out, struct tsk_store *store, const char *office, struct tsk_err *err)
{
    struct tsk_moving *moving = calloc(1, sizeof *moving);
    int rc = 0;

    *out = NULL;
    if (moving == NULL || (moving->arena = tsk_arena_new(ARENA_BYTES)) == NULL ||
        (moving->tables = calloc(tsk_moving_spec_count, sizeof *moving->tables)) == NULL) {
        tsk_moving_close(&moving);
        return tsk_fail(err, TSK_RETRY, 0, "no memory to move an office");
    }
    moving->store = store;
    moving->office = office;
    for (size_t i = 0; i < tsk_moving_spec_count && rc == 0; i++) {
        moving->tables[i].spec = &tsk_moving_specs[i];
        moving->moves += tsk_moving_specs[i].fate == TSK_FATE_MOVES;
        rc = read_columns(moving, &moving->tables[i], err);
    }
    if (rc == 0)
        rc = check_known(moving, err);
    if (rc == 0)
        rc = tsk_sql_function(store, FUNCTION, moved, moving, err);
    if (rc != 0)
        tsk_moving_close(&moving);
    else
        *out = moving;
    return rc;
}

void tsk_moving_close(struct tsk_moving **moving)
{
    struct tsk_moving *old = *moving;

    if (old == NULL)
        return;
    if (old->store != NULL)
        (void)!tsk_sql_function(old->store, FUNCTION, NULL, NULL, NULL);
    tsk_arena_free(&old->arena);
    free(old->tables);
    free(old);
    *moving = NULL;
}

size_t tsk_moving_count(const struct tsk_moving *moving)
{
    return moving->moves;
}

const char *tsk_moving_name(const struct tsk_moving *moving, size_t table)
{
    return moving->tables[table].spec->name;
}

int tsk_moving_find(const struct tsk_moving *moving, const char *name)
{
    for (size_t i = 0; i < moving->moves; i++)
        if (strcmp(moving->tables[i].spec->name, name) == 0)
            return (int)i;
    return -1;
}

static bool has_numbers(const struct table *t)
{
    return t->count > 0 && strcmp(t->columns[0].name, "id") == 0 && strcmp(t->columns[0].type, "INTEGER") == 0;
}

static bool moves(const struct tsk_moving *moving, const struct table *t)
{
    return t != NULL && t < moving->tables + moving->moves;
}

/* How far this column's numbers are shifted. */
static int64_t shift_of(const struct tsk_moving *moving, const struct table *t, const struct column *c)
{
    const struct table *to = c->table[0] != '\0' ? table_named(moving, c->table) : NULL;

    if (strcmp(c->type, "INTEGER") != 0)
        return 0;
    if (strcmp(c->name, "id") == 0 && c->key > 0)
        return t->shift;
    if (to == NULL || !moves(moving, to))
        return 0;
    return to->spec->same != NULL ? table_named(moving, to->spec->same)->shift : to->shift;
}

/* What leaves: the column, or nothing where it leads to another office's row. */
static void put_own(struct tsk_buf *sql, const struct tsk_moving *moving, const struct column *c)
{
    const struct table *to = c->table[0] != '\0' ? table_named(moving, c->table) : NULL;

    if (c->special != NULL && c->special->value != NULL)
        tsk_buf_printf(sql, "(%s)", c->special->value);
    else if (to != NULL && moves(moving, to) && !c->not_null)
        tsk_buf_printf(sql, "CASE WHEN \"%s\" IN (SELECT \"%s\" FROM %s WHERE %s) THEN \"%s\" END", c->name, c->target,
                       to->spec->name, where_of(to), c->name);
    else
        tsk_buf_printf(sql, "\"%s\"", c->name);
}

static void put_shifted(struct tsk_buf *sql, const struct tsk_moving *moving, const struct table *t,
                        const struct column *c, const char *plain)
{
    int64_t shift = shift_of(moving, t, c);

    if (c->special != NULL && c->special->reference)
        tsk_buf_printf(sql, FUNCTION "(%s, %s)", c->special->kind != NULL ? c->special->kind : "''", plain);
    else if (shift != 0 && c->special != NULL && c->special->zero)
        tsk_buf_printf(sql, "CASE %s WHEN 0 THEN 0 ELSE %s %c %lld END", plain, plain, moving->back ? '-' : '+',
                       (long long)shift);
    else if (shift != 0)
        tsk_buf_printf(sql, "%s %c %lld", plain, moving->back ? '-' : '+', (long long)shift);
    else
        tsk_buf_puts(sql, plain);
}

static void put_dumped(struct tsk_buf *sql, const struct tsk_moving *moving, const struct table *t,
                       const struct column *c)
{
    struct tsk_buf own = TSK_BUF(SQL_MAX);

    put_own(&own, moving, c);
    if (own.failed)
        sql->failed = true;
    if (strcmp(c->type, "REAL") == 0)
        tsk_buf_printf(sql, "printf('%%!.17g', %s)", tsk_buf_text(&own));
    else
        put_shifted(sql, moving, t, c, tsk_buf_text(&own));
    tsk_buf_free(&own);
}

static void put_order(struct tsk_buf *sql, const struct table *t)
{
    const char *separator = " ORDER BY ";

    if (!t->by_key) {
        tsk_buf_puts(sql, " ORDER BY rowid");
        return;
    }
    for (int64_t place = 1; place <= (int64_t)t->count; place++)
        for (size_t i = 0; i < t->count; i++)
            if (t->columns[i].key == place) {
                tsk_buf_printf(sql, "%s\"%s\"", separator, t->columns[i].name);
                separator = ", ";
            }
}

static void put_dump(struct tsk_buf *sql, const struct tsk_moving *moving, const struct table *t)
{
    tsk_buf_puts(sql, "SELECT json_array(");
    for (size_t i = 0; i < t->count; i++) {
        tsk_buf_puts(sql, i > 0 ? ", " : "");
        put_dumped(sql, moving, t, &t->columns[i]);
    }
    tsk_buf_printf(sql, ") FROM %s WHERE %s", t->spec->name, where_of(t));
    put_order(sql, t);
}

/* Two statements in one: the inner gives the columns of a row their names, so that both ways use the same words. */
static void put_insert(struct tsk_buf *sql, const struct tsk_moving *moving, const struct table *t)
{
    tsk_buf_printf(sql, "INSERT INTO %s SELECT ", t->spec->name);
    for (size_t i = 0; i < t->count; i++) {
        const struct column *c = &t->columns[i];
        char plain[80];

        tsk_buf_puts(sql, i > 0 ? ", " : "");
        snprintf(plain, sizeof plain, strcmp(c->type, "REAL") == 0 ? "CAST(\"%.60s\" AS REAL)" : "\"%.60s\"", c->name);
        if (strcmp(c->name, "office_id") == 0)
            tsk_buf_puts(sql, "?2");
        else
            put_shifted(sql, moving, t, c, plain);
    }
    tsk_buf_puts(sql, " FROM (SELECT ?2");
    for (size_t i = 0; i < t->count; i++)
        tsk_buf_printf(sql, ", json_extract(value, '$[%zu]') AS \"%s\"", i, t->columns[i].name);
    tsk_buf_puts(sql, " FROM json_each(?1) ORDER BY key)");
}

static int too_long(struct tsk_buf *sql, struct tsk_err *err)
{
    return sql->failed ? tsk_fail(err, TSK_RETRY, 0, "no memory to move an office") : 0;
}

int tsk_moving_dump(struct tsk_moving *moving, size_t table, tsk_moving_take *take, void *ctx, struct tsk_err *err)
{
    const struct table *t = &moving->tables[table];
    struct tsk_buf sql = TSK_BUF(SQL_MAX);
    struct tsk_rows *rows = NULL;
    int rc;

    moving->back = true;
    put_dump(&sql, moving, t);
    rc = too_long(&sql, err);
    if (rc == 0)
        rc = tsk_sql_query_once(&rows, moving->store, moving->arena, err, tsk_buf_text(&sql), "s", moving->office);
    while (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        size_t len;
        const char *row = tsk_sql_peek(rows, &len);

        rc = take(ctx, row, len, err);
    }
    tsk_sql_end(&rows);
    tsk_buf_free(&sql);
    return rc;
}

struct counting {
    struct tsk_moving_digest *out;
    crypto_hash_sha256_state hash;
};

static int count_row(void *ctx, const char *row, size_t len, struct tsk_err *err)
{
    struct counting *counting = ctx;

    (void)err;
    crypto_hash_sha256_update(&counting->hash, (const unsigned char *)row, len);
    crypto_hash_sha256_update(&counting->hash, (const unsigned char *)"\n", 1);
    counting->out->rows++;
    counting->out->bytes += len + 1;
    return 0;
}

int tsk_moving_digest(struct tsk_moving_digest *out, struct tsk_moving *moving, size_t table, struct tsk_err *err)
{
    struct counting counting = { .out = out };
    unsigned char digest[crypto_hash_sha256_BYTES];

    *out = (struct tsk_moving_digest){ .rows = 0 };
    crypto_hash_sha256_init(&counting.hash);
    if (tsk_moving_dump(moving, table, count_row, &counting, err) != 0)
        return -1;
    crypto_hash_sha256_final(&counting.hash, digest);
    sodium_bin2hex(out->sha256, sizeof out->sha256, digest, sizeof digest);
    return 0;
}

/* A statement about one table with its condition; the number that it gives. */
static int ask(int64_t *out, const struct tsk_moving *moving, const char *begin, const struct table *t, const char *end,
               struct tsk_err *err)
{
    struct tsk_buf sql = TSK_BUF(SQL_MAX);
    struct tsk_rows *rows = NULL;
    int rc;

    tsk_buf_printf(&sql, "SELECT %s FROM %s WHERE (%s)%s", begin, t->spec->name, where_of(t), end);
    rc = too_long(&sql, err);
    if (rc == 0)
        rc = tsk_sql_query_once(&rows, moving->store, moving->arena, err, tsk_buf_text(&sql), "s", moving->office);
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        *out = tsk_sql_int(rows);
        rc = 0;
    }
    tsk_sql_end(&rows);
    tsk_buf_free(&sql);
    return rc;
}

static int highest(int64_t *out, const struct tsk_moving *moving, const struct table *t, struct tsk_err *err)
{
    struct tsk_buf sql = TSK_BUF(SQL_MAX);
    struct tsk_rows *rows = NULL;
    int rc;

    tsk_buf_printf(&sql, "SELECT coalesce(max(id), 0) FROM %s", t->spec->name);
    rc = tsk_sql_query_once(&rows, moving->store, moving->arena, err, tsk_buf_text(&sql), "");
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        *out = tsk_sql_int(rows);
        rc = 0;
    }
    tsk_sql_end(&rows);
    tsk_buf_free(&sql);
    return rc;
}

int tsk_moving_place(struct tsk_moving *moving, struct tsk_err *err)
{
    for (size_t i = 0; i < moving->moves; i++) {
        struct table *t = &moving->tables[i];
        int64_t rows = 0;

        if (ask(&rows, moving, "count(*)", t, "", err) != 0 ||
            (has_numbers(t) && highest(&t->shift, moving, t, err) != 0))
            return -1;
        if (rows > 0)
            return tsk_fail(
                err, TSK_REJECT, 0,
                "office %s has %lld rows in \"%s\" here already; an office moves whole, to where it has none",
                moving->office, (long long)rows, t->spec->name);
    }
    return tsk_sql_run(moving->store, err, "PRAGMA defer_foreign_keys = ON", "");
}

int tsk_moving_insert(struct tsk_moving *moving, size_t table, const char *rows, struct tsk_err *err)
{
    struct tsk_buf sql = TSK_BUF(SQL_MAX);
    int rc;

    moving->back = false;
    put_insert(&sql, moving, &moving->tables[table]);
    rc = too_long(&sql, err);
    if (rc == 0)
        rc = tsk_sql_run_once(moving->store, err, tsk_buf_text(&sql), "ss", rows, moving->office);
    tsk_buf_free(&sql);
    return rc;
}

static int check_column(struct tsk_moving *moving, const struct table *t, const struct column *c, struct tsk_err *err)
{
    const struct table *to = c->table[0] != '\0' ? table_named(moving, c->table) : NULL;
    struct tsk_buf end = TSK_BUF(SQL_MAX);
    int64_t lost = 0;
    int rc;

    if (to == NULL || !moves(moving, to))
        return 0;
    if (c->special != NULL && c->special->zero)
        tsk_buf_printf(&end, " AND \"%s\" <> 0", c->name);
    tsk_buf_puts(&end, " AND ");
    put_own(&end, moving, c);
    tsk_buf_printf(&end, " NOT IN (SELECT \"%s\" FROM %s WHERE %s)", c->target, to->spec->name, where_of(to));
    rc = ask(&lost, moving, "count(*)", t, tsk_buf_text(&end), err);
    if (rc == 0 && lost > 0)
        rc = tsk_fail(err, TSK_HOLD, 0, "%lld rows of \"%s\" lead by \"%s\" to rows that are not of office %s",
                      (long long)lost, t->spec->name, c->name, moving->office);
    tsk_buf_free(&end);
    return rc;
}

int tsk_moving_check(struct tsk_moving *moving, struct tsk_err *err)
{
    for (size_t i = 0; i < moving->moves; i++)
        for (size_t c = 0; c < moving->tables[i].count; c++)
            if (check_column(moving, &moving->tables[i], &moving->tables[i].columns[c], err) != 0)
                return -1;
    return 0;
}

static int run_on(const struct tsk_moving *moving, struct tsk_buf *sql, struct tsk_err *err)
{
    int rc = too_long(sql, err);

    if (rc == 0)
        rc = tsk_sql_run_once(moving->store, err, tsk_buf_text(sql), "s", moving->office);
    tsk_buf_free(sql);
    return rc;
}

/* What another office's rows say of rows that go. */
static int let_go(const struct tsk_moving *moving, const struct table *t, const struct column *c, struct tsk_err *err)
{
    const struct table *to = c->table[0] != '\0' ? table_named(moving, c->table) : NULL;
    struct tsk_buf sql = TSK_BUF(SQL_MAX);
    bool itself;

    if (to == NULL || !moves(moving, to) || c->not_null)
        return 0;
    itself = c->special != NULL && c->special->value != NULL && t->spec == to->spec;
    tsk_buf_printf(&sql, "UPDATE %s SET \"%s\" = %s WHERE \"%s\" IN (SELECT \"%s\" FROM %s WHERE %s) AND NOT (%s)",
                   t->spec->name, c->name, itself ? "id" : "NULL", c->name, c->target, to->spec->name, where_of(to),
                   where_of(t));
    return run_on(moving, &sql, err);
}

int tsk_moving_remove(struct tsk_moving *moving, struct tsk_err *err)
{
    if (tsk_sql_run(moving->store, err, "PRAGMA defer_foreign_keys = ON", "") != 0)
        return -1;
    for (size_t i = 0; i < moving->moves; i++)
        for (size_t c = 0; c < moving->tables[i].count; c++)
            if (let_go(moving, &moving->tables[i], &moving->tables[i].columns[c], err) != 0)
                return -1;
    for (size_t i = tsk_moving_spec_count; i-- > 0;) {
        struct tsk_buf sql = TSK_BUF(SQL_MAX);
        const struct table *t = &moving->tables[i];

        if (t->spec->fate == TSK_FATE_STAYS)
            continue;
        tsk_buf_printf(&sql, "DELETE FROM %s WHERE %s", t->spec->name, where_of(t));
        if (run_on(moving, &sql, err) != 0)
            return -1;
    }
    return 0;
}
