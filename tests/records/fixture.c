#include "fixture.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/hash.h"
#include "records/link.h"

static const char *const east[] = { EAST };
static const char *const north[] = { NORTH };
const struct tsk_scope only_east = { .offices = east, .office_count = 1 };
const struct tsk_scope only_north = { .offices = north, .office_count = 1 };
const struct tsk_scope nobody = { .office_count = 0 };
const struct tsk_versions fixture_versions = { "0.1.0", "weights-1", "calibration-1" };

static struct tsk_option sexes[] = { { .value = "male" }, { .value = "female" } };
static struct tsk_option ways[] = {
    { .value = "fax" }, { .value = "email" }, { .value = "phone" }, { .value = "other" }
};
static struct tsk_option eras[] = { { .value = "meiji" }, { .value = "showa" }, { .value = "heisei" } };
static struct tsk_option outcomes[] = { { .value = "transfer" }, { .value = "discharge" } };

#define TEXT(name, where, meaning)                                                                                     \
    {                                                                                                                  \
        .id = (name), .label = "", .block = (where), .kind = TSK_FIELD_TEXT, .means = (meaning), .only_if = "",        \
        .lexicon = "", .suffix = ""                                                                                    \
    }
#define DIGITS(name, where)                                                                                            \
    {                                                                                                                  \
        .id = (name), .label = "", .block = (where), .kind = TSK_FIELD_DIGITS, .digits_max = 2, .means = "",           \
        .only_if = "", .lexicon = "", .suffix = ""                                                                     \
    }
#define MARKS(name, where, how, list)                                                                                  \
    {                                                                                                                  \
        .id = (name), .label = "", .block = (where), .kind = TSK_FIELD_MARK, .choose = (how), .options = (list),       \
        .option_count = TSK_COUNT(list), .means = "", .only_if = "", .lexicon = "", .suffix = ""                       \
    }

static struct tsk_field fields[] = {
    DIGITS("referral_date.year", "referral"),
    DIGITS("referral_date.month", "referral"),
    DIGITS("referral_date.day", "referral"),
    MARKS("contact_method", "referral", TSK_CHOOSE_MANY, ways),
    TEXT("to_hospital", "referral", "to.hospital"),
    TEXT("from_clinic", "referral", "from.clinic"),
    TEXT("patient_kana", "patient", "patient.kana"),
    TEXT("patient_name", "patient", "patient.name"),
    MARKS("sex", "patient", TSK_CHOOSE_ONE, sexes),
    MARKS("birth_era", "patient", TSK_CHOOSE_ONE, eras),
    DIGITS("birth_date.year", "patient"),
    DIGITS("birth_date.month", "patient"),
    DIGITS("birth_date.day", "patient"),
    TEXT("patient_address", "patient", "patient.address"),
    DIGITS("move_date.year", "outcome"),
    DIGITS("move_date.month", "outcome"),
    DIGITS("move_date.day", "outcome"),
    MARKS("outcome", "outcome", TSK_CHOOSE_ONE, outcomes),
    TEXT("destination", "outcome", "destination"),
};

static struct tsk_form_date dates[] = {
    { "referral_date", "referral_date.year", "referral_date.month", "referral_date.day", "heisei", "", "referral", "" },
    { "birth_date", "birth_date.year", "birth_date.month", "birth_date.day", "", "birth_era", "birth", "" },
    { "move_date", "move_date.year", "move_date.month", "move_date.day", "heisei", "", "move", "" },
};

static struct tsk_form form = {
    .id = "referral-status",
    .edition = "test-1",
    .title = "",
    .language = "ja",
    .ward = "27115",
    .dir = "",
    .blank_path = "",
    .hash = "f00d",
    .fields = fields,
    .field_count = TSK_COUNT(fields),
    .dates = dates,
    .date_count = TSK_COUNT(dates),
};

static struct tsk_forms forms = { .forms = &form, .count = 1 };

const struct tsk_form *fixture_form(void)
{
    return &form;
}

static bool ward_of(void *ctx, const char *address, char code[6])
{
    (void)ctx;
    if (strncmp(address, "大今里", strlen("大今里")) != 0 && strncmp(address, "梅田", strlen("梅田")) != 0)
        return false;
    snprintf(code, 6, "%s", strncmp(address, "梅田", strlen("梅田")) == 0 ? "27127" : "27115");
    return true;
}

void fixture_know(struct fixture *f)
{
    const struct tsk_knowledge knowledge = { .forms = &forms, .ward_of = ward_of };

    tsk_store_know(f->store, &knowledge);
}

static void put_offices(struct fixture *f)
{
    const struct tsk_office offices[] = { { EAST, "", "東成区 相談支援室", "27115" },
                                          { NORTH, "", "北区 相談支援室", "27127" } };

    for (size_t i = 0; i < TSK_COUNT(offices); i++)
        OK(tsk_office_put(f->store, &offices[i], &f->err), f);
}

void fixture_reopen(struct fixture *f)
{
    tsk_store_close(&f->store);
    OK(tsk_store_open(&f->store, f->path, &f->err), f);
}

int fixture_open(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    *state = f;
    snprintf(f->dir, sizeof f->dir, "/tmp/tasuki-records-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/tasuki.db", f->dir);
    f->arena = tsk_arena_new((size_t)64 << 20);
    assert_non_null(f->arena);
    OK(tsk_store_open(&f->store, f->path, &f->err), f);
    put_offices(f);
    return 0;
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

int fixture_close(void **state)
{
    struct fixture *f = *state;

    tsk_store_close(&f->store);
    tsk_arena_free(&f->arena);
    nftw(f->dir, drop, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

void fixture_sql(struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    char *said = NULL;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, sql, NULL, NULL, &said) != SQLITE_OK)
        fail_msg("%s: %s", sql, said);
    sqlite3_close(db);
}

int fixture_try(struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    sqlite3_exec(db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return rc;
}

int64_t fixture_count(struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return count;
}

void fixture_set(struct tsk_reading *reading, const char *field, const char *value, bool review)
{
    struct tsk_value *at = tsk_reading_value(reading, field);

    assert_non_null(at);
    if (at->kind == TSK_FIELD_MARK)
        tsk_value_choose(at, value);
    else
        tsk_value_set_text(at, value);
    at->blank = *value == '\0';
    at->confidence = review ? 0.5 : 0.999;
    at->review = false;
    if (review)
        tsk_value_review(at, "low_confidence");
}

void fixture_referral(struct tsk_reading *reading, const char *name)
{
    static const char *const values[][2] = {
        { "referral_date.year", "27" },
        { "referral_date.month", "4" },
        { "referral_date.day", "12" },
        { "contact_method", "fax" },
        { "sex", "male" },
        { "birth_era", "showa" },
        { "birth_date.year", "6" },
        { "birth_date.month", "5" },
        { "birth_date.day", "2" },
        { "patient_address", "大今里1-2-3" },
    };

    assert_int_equal(tsk_reading_start(reading, &form, NULL), 0);
    for (size_t i = 0; i < reading->value_count; i++)
        reading->values[i].review = false;
    for (size_t i = 0; i < TSK_COUNT(values); i++)
        fixture_set(reading, values[i][0], values[i][1], false);
    fixture_set(reading, "patient_name", name, false);
    tsk_reading_derive(reading, "referral_date", "2015-04-12", true);
    tsk_reading_derive(reading, "birth_date", "1931-05-02", true);
    tsk_reading_derive(reading, "ward", "27115", true);
}

void fixture_outcome(struct tsk_reading *reading, const char *name)
{
    fixture_referral(reading, name);
    fixture_set(reading, "move_date.year", "27", false);
    fixture_set(reading, "move_date.month", "5", false);
    fixture_set(reading, "move_date.day", "20", false);
    fixture_set(reading, "outcome", "discharge", false);
    tsk_reading_derive(reading, "move_date", "2015-05-20", true);
}

struct tsk_document_new fixture_document(const char *spool_id, const char *office, const char *content)
{
    static char hashes[16][TSK_SHA256_HEX];
    static unsigned next;
    char *hash = hashes[next++ % TSK_COUNT(hashes)];

    tsk_sha256_hex(content, strlen(content), hash);
    return (struct tsk_document_new){ .spool_id = spool_id,
                                      .office = office,
                                      .source = "folder",
                                      .sender = "",
                                      .name = "fax.tif",
                                      .received = "2015-04-13T01:02:03.000Z",
                                      .sha256 = hash,
                                      .size_bytes = (int64_t)strlen(content),
                                      .media = "image/tiff" };
}

void fixture_patient(struct tsk_reading *reading, int number)
{
    char text[64];

    snprintf(text, sizeof text, "玉津%d-%d-%d", number, number + 3, number + 5);
    fixture_set(reading, "patient_address", text, false);
    tsk_date_text(tsk_date_from_days(-9000 - number * 97), text);
    tsk_reading_derive(reading, "birth_date", text, true);
    tsk_date_text(tsk_date_from_days(16000 + number * 31), text);
    tsk_reading_derive(reading, "referral_date", text, true);
}

int fixture_record(struct tsk_document_added *added, struct tsk_store *store, const struct tsk_document_new *document,
                   const struct tsk_page_new *pages, size_t count, struct tsk_arena *arena, struct tsk_err *err)
{
    char number[TSK_CASE_NUMBER_SIZE];
    int rc = tsk_document_add(added, store, document, pages, count, &fixture_versions, arena, err);

    for (size_t i = 0; rc == 0 && added->how == TSK_ADDED_NEW && i < added->sheet_count; i++)
        rc = tsk_link_settle(number, store, added->sheets[i], err);
    return rc;
}

int64_t fixture_add(struct fixture *f, const char *spool_id, const char *office, struct tsk_reading *reading)
{
    struct tsk_document_new document = fixture_document(spool_id, office, spool_id);
    struct tsk_page_new page = { .reading = reading, .image = "", .crops = "" };
    struct tsk_document_added added;

    OK(fixture_record(&added, f->store, &document, &page, 1, f->arena, &f->err), f);
    assert_int_equal(added.how, TSK_ADDED_NEW);
    assert_int_equal(added.sheet_count, 1);
    tsk_reading_free(reading);
    return added.sheets[0];
}
