/*
 * seed_desk - many sheets and cases in the store of a site, through the same functions that the reader uses
 *
 *   seed_desk --site DIR SHEETS CASES IMAGE      (IMAGE: SHA-256 of a page in the archive)
 *
 * Every case begins with a referral; the other sheets are later ones of the same people. One in fifty waits for a person, one
 * in twenty for its confirmation. People are made of the reference tables, by numbers that are the same every time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "config/datadir.h"
#include "gateway/command.h"
#include "gateway/site_routing.h"
#include "records/case.h"
#include "records/sheet.h"

#define NAMES_MAX 4000
#define A_TIME 250 /* documents a transaction */
#define TABLE_BYTES_MAX ((size_t)8 << 20)
#define DAY_MS ((int64_t)24 * 3600 * 1000)

struct names {
    char written[NAMES_MAX][32], kana[NAMES_MAX][48];
    size_t count;
};

struct seed {
    struct tsk_site *site;
    struct tsk_records *records;
    const struct tsk_form *form;
    const char *image;
    char (*cases)[TSK_CASE_NUMBER_SIZE];
    int64_t sheet_count, case_count;
    uint64_t state;
    struct tsk_err err;
};

static struct names surnames, given;

static uint32_t draw(struct seed *seed, uint32_t below)
{
    seed->state = seed->state * 6364136223846793005U + 1442695040888963407U; /* Knuth's MMIX */
    return (uint32_t)(seed->state >> 33) % below;
}

/* Column of a line of a table without quotes. */
static const char *column(char *out, size_t size, const char *line, int at)
{
    while (at-- > 0 && (line = strchr(line, ',')) != NULL)
        line++;
    snprintf(out, size, "%.*s", line != NULL ? (int)strcspn(line, ",|\n") : 0, line != NULL ? line : "");
    return out;
}

static int load_names(struct names *names, const char *file, int written, int kana, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(TABLE_BYTES_MAX);
    char *path = tsk_data_path(file);
    int rc = path != NULL ? tsk_file_read(path, &bytes, err) : -1;
    const char *line = tsk_buf_text(&bytes);

    while (rc == 0 && (line = strchr(line, '\n')) != NULL && *++line != '\0' && names->count < NAMES_MAX) {
        column(names->written[names->count], sizeof names->written[0], line, written);
        column(names->kana[names->count], sizeof names->kana[0], line, kana);
        names->count += names->written[names->count][0] != '\0';
    }
    free(path);
    tsk_buf_free(&bytes);
    return rc;
}

static void put(struct tsk_reading *reading, const char *field, const char *text, bool review)
{
    struct tsk_value *value = tsk_reading_value(reading, field);

    if (value == NULL)
        return;
    tsk_value_set_text(value, text);
    value->blank = false;
    value->confidence = review ? 0.6 : 0.999;
    value->review = review;
}

static void choose(struct tsk_reading *reading, const char *field, const char *option)
{
    struct tsk_value *value = tsk_reading_value(reading, field);

    if (value == NULL)
        return;
    tsk_value_choose(value, option);
    value->blank = false;
    value->review = false;
}

/* The person of a case is always the same one. */
static void put_person(struct seed *seed, struct tsk_reading *reading, int64_t kase, bool review)
{
    uint64_t keep = seed->state;
    char text[128];

    seed->state = (uint64_t)kase * 7919 + 17;
    uint32_t surname = draw(seed, (uint32_t)surnames.count), name = draw(seed, (uint32_t)given.count);
    snprintf(text, sizeof text, "%s %s", surnames.written[surname], given.written[name]);
    put(reading, "patient_name", text, review);
    snprintf(text, sizeof text, "%s %s", surnames.kana[surname], given.kana[name]);
    put(reading, "patient_kana", text, review);
    choose(reading, "birth_era", "showa");
    uint32_t year = 5 + draw(seed, 35), month = 1 + draw(seed, 12), day = 1 + draw(seed, 28);
    snprintf(text, sizeof text, "%u", year);
    put(reading, "birth_date.year", text, false);
    snprintf(text, sizeof text, "%u", month);
    put(reading, "birth_date.month", text, false);
    snprintf(text, sizeof text, "%u", day);
    put(reading, "birth_date.day", text, false);
    snprintf(text, sizeof text, "%04u-%02u-%02u", 1925 + year, month, day);
    tsk_reading_derive(reading, "birth_date", text, true);
    put(reading, "patient_address", "東成区大今里西一丁目1番1号", false);
    seed->state = keep;
}

static int make_reading(struct seed *seed, struct tsk_reading *reading, int64_t number, int64_t kase, bool review)
{
    static const char *const hospitals[] = { "大阪見本病院", "東成見本病院", "生野見本総合病院",
                                             "天王寺見本医療センター" };
    char text[40];

    if (tsk_reading_start(reading, seed->form, &seed->err) != 0)
        return -1;
    for (size_t i = 0; i < reading->value_count; i++) {
        reading->values[i].review = false;
        reading->values[i].blank = true;
        reading->values[i].confidence = 0.999;
    }
    reading->page = 1;
    reading->width_px = 1728;
    reading->height_px = 2292;
    put_person(seed, reading, kase, review);
    put(reading, "to_hospital", hospitals[draw(seed, TSK_COUNT(hospitals))], false);
    put(reading, "from_clinic", "見本クリニック", false);
    snprintf(text, sizeof text, "%lld", (long long)(1 + number % 28));
    put(reading, "referral_date.year", "8", false);
    put(reading, "referral_date.month", "11", false);
    put(reading, "referral_date.day", text, false);
    if (number >= seed->case_count)
        choose(reading, "outcome", "discharge");
    return 0;
}

static int settle(struct seed *seed, int64_t sheet, int64_t number, int64_t kase, const char *office,
                  int64_t received_ms)
{
    struct tsk_store *store = seed->records->store;

    if (number < seed->case_count &&
        tsk_case_open(seed->cases[kase], store, office, received_ms, "seed", &seed->err) != 0)
        return -1;
    if (number % 50 == 49) /* "which case?" */
        return 0;
    if (tsk_sheet_link(NULL, store, &tsk_scope_all, sheet, seed->cases[kase], "seed", &seed->err) != 0)
        return -1;
    return number % 20 == 7 || number % 50 == 3
               ? 0
               : tsk_sheet_confirm(NULL, store, &tsk_scope_all, sheet, true, "seed", &seed->err);
}

static int add_one(struct seed *seed, int64_t number)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)8 << 20);
    int64_t kase = number % seed->case_count;
    const char *office = seed->site->config->offices[kase % (int64_t)seed->site->config->office_count].id;
    int64_t received_ms = tsk_wall_ms() - (seed->sheet_count - number) * DAY_MS * 300 / seed->sheet_count;
    char id[TSK_ID_SIZE], received[TSK_STAMP_SIZE], hash[TSK_SHA256_HEX];
    struct tsk_reading reading;
    struct tsk_document_added added;
    static const struct tsk_versions versions = { "bench", "bench", "bench" };

    tsk_id_new(id);
    tsk_stamp(received_ms, received);
    tsk_sha256_hex(id, strlen(id), hash);
    const struct tsk_document_new document = { .spool_id = id,
                                               .office = office,
                                               .source = "bench",
                                               .sender = "06-0000-0000",
                                               .name = "bench.tif",
                                               .received = received,
                                               .sha256 = hash,
                                               .size_bytes = 1000,
                                               .media = "image/tiff" };
    if (make_reading(seed, &reading, number, kase, number % 50 == 3) != 0)
        return -1;
    const struct tsk_page_new page = { .reading = &reading, .image = seed->image, .crops = "" };
    int rc = tsk_document_add(&added, seed->records->store, &document, &page, 1, &versions, arena, &seed->err);
    if (rc == 0)
        rc = settle(seed, added.sheets[0], number, kase, office, received_ms);
    tsk_reading_free(&reading);
    tsk_arena_free(&arena);
    return rc;
}

static int add_all(struct seed *seed)
{
    for (int64_t number = 0; number < seed->sheet_count; number++) {
        if (number % A_TIME == 0 && tsk_store_begin(seed->records->store, &seed->err) != 0)
            return -1;
        if (add_one(seed, number) != 0)
            return -1;
        if ((number % A_TIME == A_TIME - 1 || number + 1 == seed->sheet_count) &&
            tsk_store_commit(seed->records->store, &seed->err) != 0)
            return -1;
    }
    return 0;
}

static int run(struct seed *seed, int *argc, char **argv)
{
    if (tsk_site_open(&seed->site, argc, argv, &seed->err) != 0)
        return -1;
    if (*argc != 4)
        return tsk_fail(&seed->err, TSK_REJECT, 0, "usage: seed_desk --site DIR SHEETS CASES IMAGE");
    seed->sheet_count = strtoll(argv[1], NULL, 10);
    seed->case_count = strtoll(argv[2], NULL, 10);
    seed->image = argv[3];
    seed->cases = calloc((size_t)seed->case_count, sizeof *seed->cases);
    if (seed->cases == NULL || load_names(&surnames, "config/data/surnames.csv", 1, 2, &seed->err) != 0 ||
        load_names(&given, "config/data/given_names.csv", 3, 1, &seed->err) != 0 ||
        tsk_records_open(&seed->records, seed->site, &seed->err) != 0)
        return -1;
    seed->form = tsk_forms_find(&seed->records->forms, "referral-status", NULL);
    return seed->form != NULL ? add_all(seed) : tsk_fail(&seed->err, TSK_REJECT, 0, "no form referral-status");
}

int main(int argc, char **argv)
{
    struct seed seed = { .state = 1 };
    int rc = run(&seed, &argc, argv);

    if (rc != 0)
        tsk_cli_failed(&seed.err);
    tsk_records_close(&seed.records);
    tsk_site_close(&seed.site);
    free(seed.cases);
    return rc == 0 ? 0 : 1;
}
