#include "records/sql.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/os.h"
#include "records/migrations.h"

#define STATEMENTS_MAX 384
#define BUSY_MS 10000
#define WAL_TRIES 50

struct kept {
    const char *sql;
    sqlite3_stmt *stmt;
    bool busy;
};

struct tsk_store {
    sqlite3 *db;
    char *path;
    pid_t pid;
    int level; /* 0 outside a transaction, 1 inside, above: parts */
    struct kept kept[STATEMENTS_MAX];
    size_t kept_count;
    struct tsk_knowledge knowledge;
    struct tsk_vault *vault;
};

struct tsk_rows {
    struct tsk_store *store;
    sqlite3_stmt *stmt;
    struct kept *kept; /* NULL: not cached, finalize at the end */
    struct tsk_arena *arena;
    int column;
    bool no_room;
    bool once; /* the text of the statement is not a literal */
};

const struct tsk_scope tsk_scope_all = { .all = true, .offices = NULL, .office_count = 0 };

static int db_fail(const struct tsk_store *store, struct tsk_err *err)
{
    switch (sqlite3_errcode(store->db)) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return tsk_fail(err, TSK_RETRY, 0, "the store %s is busy; try again", store->path);
    case SQLITE_FULL:
        return tsk_fail(err, TSK_RETRY, 0, "the disk of the store %s is full; nothing was recorded, make room",
                        store->path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return tsk_fail(err, TSK_STOP, 0, "the store %s is damaged (%s); restore it from a backup", store->path,
                        sqlite3_errmsg(store->db));
    case SQLITE_CONSTRAINT:
        return tsk_fail(err, TSK_REJECT, 0, "the store refused a record: %s", sqlite3_errmsg(store->db));
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return tsk_fail(err, TSK_STOP, 0, "the store %s cannot be opened for writing; check owner and permissions",
                        store->path);
    default:
        return tsk_fail(err, TSK_RETRY, 0, "the store %s failed: %s", store->path, sqlite3_errmsg(store->db));
    }
}

static struct kept *find_kept(struct tsk_store *store, const char *sql)
{
    for (size_t i = 0; i < store->kept_count; i++) {
        if (store->kept[i].sql == sql)
            return &store->kept[i];
    }
    if (store->kept_count == STATEMENTS_MAX)
        return NULL;
    store->kept[store->kept_count] = (struct kept){ .sql = sql };
    return &store->kept[store->kept_count++];
}

static int prepare(struct tsk_rows *rows, const char *sql, struct tsk_err *err)
{
    struct tsk_store *store = rows->store;
    struct kept *kept = rows->once ? NULL : find_kept(store, sql);

    assert(store->pid == getpid()); /* a handle that crossed a fork corrupts the file */
    if (kept != NULL && kept->busy)
        kept = NULL; /* the same query within itself */
    if (kept == NULL || kept->stmt == NULL) {
        sqlite3_stmt *stmt = NULL;
        if (sqlite3_prepare_v3(store->db, sql, -1, kept != NULL ? SQLITE_PREPARE_PERSISTENT : 0, &stmt, NULL) !=
            SQLITE_OK)
            return db_fail(store, err);
        rows->stmt = stmt;
        if (kept != NULL)
            kept->stmt = stmt;
    } else {
        rows->stmt = kept->stmt;
    }
    rows->kept = kept;
    if (kept != NULL)
        kept->busy = true;
    return 0;
}

/* NULL for everything, else a JSON array of the office ids. */
static int bind_scope(sqlite3_stmt *stmt, int at, const struct tsk_scope *scope)
{
    assert(scope != NULL);
    if (scope->all)
        return sqlite3_bind_null(stmt, at);
    json_t *ids = json_array();
    for (size_t i = 0; i < scope->office_count; i++)
        json_array_append_new(ids, json_string(scope->offices[i]));
    char *text = json_dumps(ids, JSON_COMPACT);
    json_decref(ids);
    int rc = text != NULL ? sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT) : SQLITE_NOMEM;
    free(text);
    return rc;
}

static int bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
    return text == NULL ? sqlite3_bind_null(stmt, at) : sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT);
}

static int bind_all(struct tsk_rows *rows, const char *types, va_list args)
{
    const char *text;
    int rc = SQLITE_OK;

    for (int at = 1; types[at - 1] != '\0' && rc == SQLITE_OK; at++) {
        switch (types[at - 1]) {
        case 's':
            rc = bind_text(rows->stmt, at, va_arg(args, const char *));
            break;
        case 'e':
            text = va_arg(args, const char *);
            rc = bind_text(rows->stmt, at, text != NULL && *text != '\0' ? text : NULL);
            break;
        case 'i':
            rc = sqlite3_bind_int64(rows->stmt, at, va_arg(args, int64_t));
            break;
        case 'd':
            rc = sqlite3_bind_double(rows->stmt, at, va_arg(args, double));
            break;
        default:
            assert(types[at - 1] == 'c');
            rc = bind_scope(rows->stmt, at, va_arg(args, const struct tsk_scope *));
        }
    }
    return rc;
}

static int start(struct tsk_rows *rows, struct tsk_err *err, const char *sql, const char *types, va_list args)
{
    if (prepare(rows, sql, err) != 0)
        return -1;
    assert(sqlite3_bind_parameter_count(rows->stmt) == (int)strlen(types));
    return bind_all(rows, types, args) == SQLITE_OK ? 0 : db_fail(rows->store, err);
}

static void finish(struct tsk_rows *rows)
{
    if (rows->kept == NULL) {
        sqlite3_finalize(rows->stmt);
        return;
    }
    sqlite3_reset(rows->stmt);
    sqlite3_clear_bindings(rows->stmt);
    rows->kept->busy = false;
}

static int run(struct tsk_rows *rows, struct tsk_err *err, const char *sql, const char *types, va_list args)
{
    int rc = start(rows, err, sql, types, args), got;

    while (rc == 0 && (got = sqlite3_step(rows->stmt)) != SQLITE_DONE) {
        if (got != SQLITE_ROW)
            rc = db_fail(rows->store, err);
    }
    if (rows->stmt != NULL)
        finish(rows);
    return rc;
}

int tsk_sql_run(struct tsk_store *store, struct tsk_err *err, const char *sql, const char *types, ...)
{
    struct tsk_rows rows = { .store = store };
    va_list args;

    va_start(args, types);
    int rc = run(&rows, err, sql, types, args);
    va_end(args);
    return rc;
}

int tsk_sql_run_once(struct tsk_store *store, struct tsk_err *err, const char *sql, const char *types, ...)
{
    struct tsk_rows rows = { .store = store, .once = true };
    va_list args;

    va_start(args, types);
    int rc = run(&rows, err, sql, types, args);
    va_end(args);
    return rc;
}

static struct tsk_rows *new_rows(const struct tsk_rows *content, struct tsk_err *err)
{
    struct tsk_rows *rows = calloc(1, sizeof *rows);

    if (rows == NULL)
        tsk_fail(err, TSK_RETRY, 0, "no memory to ask the store");
    else
        *rows = *content;
    return rows;
}

int tsk_sql_query(struct tsk_rows **out, struct tsk_store *store, struct tsk_arena *arena, struct tsk_err *err,
                  const char *sql, const char *types, ...)
{
    va_list args;

    *out = new_rows(&(struct tsk_rows){ .store = store, .arena = arena }, err);
    if (*out == NULL)
        return -1;
    va_start(args, types);
    int rc = start(*out, err, sql, types, args);
    va_end(args);
    return rc;
}

int tsk_sql_query_once(struct tsk_rows **out, struct tsk_store *store, struct tsk_arena *arena, struct tsk_err *err,
                       const char *sql, const char *types, ...)
{
    va_list args;

    *out = new_rows(&(struct tsk_rows){ .store = store, .arena = arena, .once = true }, err);
    if (*out == NULL)
        return -1;
    va_start(args, types);
    int rc = start(*out, err, sql, types, args);
    va_end(args);
    return rc;
}

static int no_room(struct tsk_err *err)
{
    return tsk_fail(err, TSK_REJECT, 0, "the answer of the store is too large; ask for less at a time");
}

int tsk_sql_next(struct tsk_rows *rows, struct tsk_err *err)
{
    if (rows->no_room)
        return no_room(err);
    rows->column = 0;
    switch (sqlite3_step(rows->stmt)) {
    case SQLITE_ROW:
        return 1;
    case SQLITE_DONE:
        return 0;
    default:
        return db_fail(rows->store, err);
    }
}

void tsk_sql_end(struct tsk_rows **rows)
{
    if (*rows == NULL)
        return;
    if ((*rows)->stmt != NULL)
        finish(*rows);
    free(*rows);
    *rows = NULL;
}

const char *tsk_sql_text(struct tsk_rows *rows)
{
    const char *text = (const char *)sqlite3_column_text(rows->stmt, rows->column++);
    const char *copy = tsk_arena_strdup(rows->arena, text != NULL ? text : "");

    if (copy == NULL)
        rows->no_room = true;
    return copy != NULL ? copy : "";
}

const char *tsk_sql_peek(struct tsk_rows *rows, size_t *len)
{
    const char *text = (const char *)sqlite3_column_text(rows->stmt, rows->column);

    *len = (size_t)sqlite3_column_bytes(rows->stmt, rows->column++);
    return text != NULL ? text : "";
}

int64_t tsk_sql_int(struct tsk_rows *rows)
{
    return sqlite3_column_int64(rows->stmt, rows->column++);
}

double tsk_sql_real(struct tsk_rows *rows)
{
    return sqlite3_column_double(rows->stmt, rows->column++);
}

struct tsk_arena *tsk_sql_arena(const struct tsk_rows *rows)
{
    return rows->arena;
}

int tsk_sql_number(int64_t *out, struct tsk_store *store, struct tsk_err *err, const char *sql, const char *types, ...)
{
    struct tsk_rows rows = { .store = store };
    va_list args;

    va_start(args, types);
    int rc = start(&rows, err, sql, types, args);
    va_end(args);
    if (rc == 0 && (rc = tsk_sql_next(&rows, err)) == 1)
        *out = sqlite3_column_int64(rows.stmt, 0);
    if (rows.stmt != NULL)
        finish(&rows);
    return rc;
}

struct function {
    tsk_sql_work *work;
    void *ctx;
};

static void call_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct function *function = sqlite3_user_data(context);
    const char *first = (const char *)sqlite3_value_text(values[0]);
    const char *second = (const char *)sqlite3_value_text(values[1]);
    char *text;

    (void)count;
    if (second == NULL) {
        sqlite3_result_null(context);
        return;
    }
    text = function->work(function->ctx, first != NULL ? first : "", second);
    if (text != NULL)
        sqlite3_result_text(context, text, -1, free);
    else
        sqlite3_result_error_nomem(context);
}

int tsk_sql_function(struct tsk_store *store, const char *name, tsk_sql_work *work, void *ctx, struct tsk_err *err)
{
    struct function *function = work != NULL ? malloc(sizeof *function) : NULL;

    if (work == NULL)
        return sqlite3_create_function_v2(store->db, name, 2, SQLITE_UTF8, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK
                   ? 0
                   : db_fail(store, err);
    if (function == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to ask the store");
    *function = (struct function){ work, ctx };
    return sqlite3_create_function_v2(store->db, name, 2, SQLITE_UTF8, function, call_function, NULL, NULL, free) ==
                   SQLITE_OK
               ? 0
               : db_fail(store, err);
}

int64_t tsk_sql_last_id(const struct tsk_store *store)
{
    return sqlite3_last_insert_rowid(store->db);
}

int tsk_sql_changed(const struct tsk_store *store)
{
    return sqlite3_changes(store->db);
}

/* Doubles the room; NULL (and found freed) without memory. */
static char *grown(char *found, size_t *room, size_t item_size)
{
    *room = *room > 0 ? *room * 2 : 16;
    char *more = realloc(found, *room * item_size);
    if (more == NULL)
        free(found);
    return more;
}

void *tsk_sql_collect(size_t *count, size_t item_size, tsk_sql_fill *fill, struct tsk_rows **rows, int *rc,
                      struct tsk_err *err)
{
    char *found = NULL;
    void *items = NULL;
    size_t used = 0;
    size_t room = 0;

    *count = 0;
    if (*rc != 0)
        goto out;
    while ((*rc = tsk_sql_next(*rows, err)) == 1) {
        if (used == room && (found = grown(found, &room, item_size)) == NULL) {
            *rc = no_room(err);
            break;
        }
        memset(found + used * item_size, 0, item_size);
        fill(found + used * item_size, *rows);
        used++;
    }
    if (*rc == 0 && used > 0) {
        items = tsk_arena_alloc((*rows)->arena, used * item_size);
        if (items == NULL) {
            *rc = no_room(err);
            goto out;
        }
        memcpy(items, found, used * item_size);
        *count = used;
    }
out:
    free(found);
    tsk_sql_end(rows);
    return items;
}

static int exec(struct tsk_store *store, const char *sql, struct tsk_err *err)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_fail(store, err);
}

int tsk_store_begin(struct tsk_store *store, struct tsk_err *err)
{
    assert(store->level == 0 && store->pid == getpid());
    /* IMMEDIATE: a read that turns into a write later could be refused without waiting. */
    if (exec(store, "BEGIN IMMEDIATE", err) != 0)
        return -1;
    store->level = 1;
    return 0;
}

int tsk_store_commit(struct tsk_store *store, struct tsk_err *err)
{
    assert(store->level == 1);
    if (exec(store, "COMMIT", err) != 0) {
        tsk_store_rollback(store);
        return -1;
    }
    store->level = 0;
    return 0;
}

void tsk_store_rollback(struct tsk_store *store)
{
    if (store->level == 0)
        return;
    if (!sqlite3_get_autocommit(store->db)) /* a full disk rolls back by itself */
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    store->level = 0;
}

int tsk_part_start(struct tsk_part *part, struct tsk_store *store, struct tsk_err *err)
{
    char sql[48];

    *part = (struct tsk_part){ .store = NULL };
    if (store->level == 0) {
        if (tsk_store_begin(store, err) != 0)
            return -1;
    } else {
        snprintf(sql, sizeof sql, "SAVEPOINT part%d", store->level + 1);
        if (exec(store, sql, err) != 0)
            return -1;
        store->level++;
    }
    *part = (struct tsk_part){ .store = store, .level = store->level };
    return 0;
}

int tsk_part_end(struct tsk_part *part, int rc, struct tsk_err *err)
{
    struct tsk_store *store = part->store;
    char sql[96];

    if (store == NULL)
        return -1;
    assert(store->level == part->level);
    part->store = NULL;
    if (part->level == 1) {
        if (rc == 0)
            return tsk_store_commit(store, err);
        tsk_store_rollback(store);
        return rc;
    }
    store->level--;
    if (sqlite3_get_autocommit(store->db)) /* the whole transaction is gone: so is this part */
        return rc != 0 ? rc : tsk_fail(err, TSK_RETRY, 0, "the store %s undid the transaction", store->path);
    if (rc == 0)
        snprintf(sql, sizeof sql, "RELEASE part%d", part->level);
    else
        snprintf(sql, sizeof sql, "ROLLBACK TO part%d; RELEASE part%d", part->level, part->level);
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK && rc == 0)
        return db_fail(store, err);
    return rc;
}

static int version_of(struct tsk_store *store, int *version, struct tsk_err *err)
{
    int64_t number = 0;

    if (tsk_sql_number(&number, store, err, "PRAGMA user_version", "") != 1)
        return -1;
    *version = (int)number;
    return 0;
}

static int migrate_from(struct tsk_store *store, int version, struct tsk_err *err)
{
    char sql[48];

    for (; version < tsk_migration_count; version++) {
        snprintf(sql, sizeof sql, "PRAGMA user_version = %d", version + 1);
        if (exec(store, (const char *)tsk_migrations[version].sql, err) != 0 || exec(store, sql, err) != 0)
            return tsk_fail_at(err, tsk_migrations[version].name);
    }
    return 0;
}

static int migrate(struct tsk_store *store, struct tsk_err *err)
{
    struct tsk_part part;
    int version = 0;

    if (version_of(store, &version, err) != 0)
        return -1;
    if (version > tsk_migration_count)
        return tsk_fail(err, TSK_STOP, 0,
                        "the store %s is of version %d, this program knows %d; install the newer program", store->path,
                        version, tsk_migration_count);
    if (version == tsk_migration_count)
        return 0;
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    int rc = version_of(store, &version, err); /* another process may have been first */
    if (rc == 0)
        rc = migrate_from(store, version, err);
    return tsk_part_end(&part, rc, err);
}

/* Changing to WAL needs the file alone for an instant, and does not wait for it by itself. */
static int set_wal(struct tsk_store *store, struct tsk_err *err)
{
    for (int tries = 0; tries < WAL_TRIES; tries++) {
        int rc = sqlite3_exec(store->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (rc != SQLITE_BUSY && rc != SQLITE_LOCKED)
            return rc == SQLITE_OK ? 0 : db_fail(store, err);
        tsk_sleep_ms(20);
    }
    return db_fail(store, err);
}

/* Patient data: only the owner may read it. SQLite gives its other files the mode of this one. */
static int create_private(const char *path, struct tsk_err *err)
{
    int fd = tsk_os->openat(AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && errno != EEXIST)
        return tsk_fail(err, TSK_STOP, errno, "the store %s cannot be created", path);
    if (fd >= 0)
        tsk_os->close(fd);
    return 0;
}

int tsk_store_open(struct tsk_store **out, const char *path, struct tsk_err *err)
{
    struct tsk_store *store = calloc(1, sizeof *store);
    int rc = -1;

    *out = NULL;
    if (store == NULL || (store->path = strdup(path)) == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "no memory to open the store");
        goto out;
    }
    store->pid = getpid();
    if (create_private(path, err) != 0)
        goto out;
    if (sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        db_fail(store, err);
        goto out;
    }
    sqlite3_busy_timeout(store->db, BUSY_MS);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    /* Room of what was deleted goes back to the disk (of a new file only), and nothing deleted is left in a page. */
    if (exec(store, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA secure_delete = ON", err) != 0 ||
        set_wal(store, err) != 0 || exec(store, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON", err) != 0 ||
        migrate(store, err) != 0)
        goto out;
    *out = store;
    store = NULL;
    rc = 0;
out:
    tsk_store_close(&store);
    return rc;
}

void tsk_store_close(struct tsk_store **store)
{
    struct tsk_store *old = *store;

    if (old == NULL)
        return;
    assert(old->pid == getpid() || old->pid == 0);
    tsk_store_rollback(old);
    for (size_t i = 0; i < old->kept_count; i++)
        sqlite3_finalize(old->kept[i].stmt);
    sqlite3_close(old->db);
    free(old->path);
    free(old);
    *store = NULL;
}

int tsk_store_version(const struct tsk_store *store)
{
    (void)store;
    return tsk_migration_count;
}

int tsk_store_check(struct tsk_store *store, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(65536);
    struct tsk_rows *rows = NULL;

    if (arena == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "no memory to check the store");
        return -1;
    }
    int rc = tsk_sql_query(&rows, store, arena, err, "PRAGMA quick_check(1)", "");
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        const char *said = tsk_sql_text(rows);
        rc = 0;
        if (strcmp(said, "ok") != 0)
            rc =
                tsk_fail(err, TSK_STOP, 0, "the store %s is damaged (%s); restore it from a backup", store->path, said);
    }
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    return rc;
}

void tsk_store_know(struct tsk_store *store, const struct tsk_knowledge *knowledge)
{
    store->knowledge = knowledge != NULL ? *knowledge : (struct tsk_knowledge){ .forms = NULL };
}

static int copy_pages(struct tsk_store *store, sqlite3 *to, struct tsk_err *err)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", store->db, "main");
    int code = backup != NULL ? sqlite3_backup_step(backup, -1) : sqlite3_errcode(to);

    sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE)
        return 0;
    return tsk_fail(err, TSK_RETRY, 0, "the store %s cannot be copied: %s", store->path, sqlite3_errstr(code));
}

int tsk_store_copy(struct tsk_store *store, const char *path, struct tsk_err *err)
{
    sqlite3 *to = NULL;
    int rc;

    if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        rc = tsk_fail(err, TSK_RETRY, 0, "cannot write %s: %s", path, sqlite3_errmsg(to));
    else
        rc = copy_pages(store, to, err);
    if (sqlite3_close(to) != SQLITE_OK && rc == 0)
        rc = tsk_fail(err, TSK_RETRY, 0, "cannot write %s", path);
    return rc;
}

void tsk_store_keys(struct tsk_store *store, struct tsk_vault *vault)
{
    store->vault = vault;
}

struct tsk_vault *tsk_store_vault(const struct tsk_store *store)
{
    return store->vault;
}

const struct tsk_knowledge *tsk_store_knowledge(const struct tsk_store *store)
{
    return &store->knowledge;
}

const char *tsk_now(char out[TSK_STAMP_SIZE])
{
    tsk_stamp(tsk_wall_ms(), out);
    return out;
}

int tsk_name_index(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (name != NULL && strcmp(names[i], name) == 0)
            return (int)i;
    }
    return -1;
}
