#include "config/reference.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/csv.h"
#include "base/text.h"

#define ARENA_MAX (16u * 1024 * 1024)
#define ROWS_MAX 20000
#define COLUMNS_MAX 8

struct variant {
    uint32_t variant, base;
};

struct keyed_town {
    struct tsk_town town;
    const char *key;
};

struct keyed_ward {
    struct tsk_ward ward;
    const char *key; /* with the final 区 */
};

struct tsk_reference {
    struct tsk_arena *arena;
    struct variant *variants;
    size_t variant_count;
    struct keyed_ward *wards;
    size_t ward_count;
    struct keyed_town *towns;
    size_t town_count;
};

/* One table: named columns of every row, handed to a function that files them. */
struct table {
    const char *file;
    const char *columns[COLUMNS_MAX];
    int (*row)(struct tsk_reference *reference, char **cells);
};

static char *keep(struct tsk_reference *reference, const char *text)
{
    return tsk_arena_strdup(reference->arena, text);
}

static const char *keep_key(struct tsk_reference *reference, const char *first, const char *then)
{
    char text[400];
    int len = snprintf(text, sizeof text, "%s%s", first, then);
    char *key = len > 0 && (size_t)len < sizeof text ? tsk_reference_name_key(reference, text) : NULL;
    const char *kept = key != NULL ? keep(reference, key) : NULL;

    free(key);
    return kept;
}

static void *grown(void *items, size_t count, size_t size)
{
    if (count == 0 || (count & (count - 1)) == 0)
        return realloc(items, (count == 0 ? 1 : 2 * count) * size);
    return items;
}

static int compare_variants(const void *a, const void *b)
{
    const struct variant *x = a, *y = b;

    return x->variant < y->variant ? -1 : x->variant > y->variant;
}

static uint32_t only_rune(const char *text)
{
    uint32_t rune = 0, more = 0;

    return tsk_utf8_next(&text, &rune) == 1 && tsk_utf8_next(&text, &more) == 0 ? rune : 0;
}

static int variant_row(struct tsk_reference *reference, char **cells)
{
    struct variant entry = { .base = only_rune(cells[0]), .variant = only_rune(cells[1]) };
    struct variant *all = grown(reference->variants, reference->variant_count, sizeof(*all));

    if (all == NULL)
        return -1;
    reference->variants = all;
    if (entry.base != 0 && entry.variant != 0)
        all[reference->variant_count++] = entry;
    return 0;
}

static int ward_row(struct tsk_reference *reference, char **cells)
{
    struct keyed_ward *all = grown(reference->wards, reference->ward_count, sizeof(*all));
    struct keyed_ward *ward;
    char *key;

    if (all == NULL)
        return -1;
    reference->wards = all;
    ward = &all[reference->ward_count++];
    key = tsk_reference_name_key(reference, cells[1]);
    *ward = (struct keyed_ward){ .ward = { keep(reference, cells[0]), keep(reference, cells[1]),
                                           keep(reference, cells[2]), keep(reference, cells[3]) },
                                 .key = key != NULL ? keep(reference, key) : NULL };
    free(key);
    return ward->key != NULL && ward->ward.postal_prefixes != NULL ? 0 : -1;
}

/* A building has a postal code of its own, but nobody lives at its name alone. */
static int town_row(struct tsk_reference *reference, char **cells)
{
    struct keyed_town *all, *town;

    if (strcmp(cells[5], "town") != 0)
        return 0;
    all = grown(reference->towns, reference->town_count, sizeof(*all));
    if (all == NULL)
        return -1;
    reference->towns = all;
    town = &all[reference->town_count++];
    *town = (struct keyed_town){ .town = { .code = keep(reference, cells[0]),
                                           .city = keep(reference, cells[1]),
                                           .name = keep(reference, cells[2]),
                                           .kana = keep(reference, cells[3]),
                                           .postal = keep(reference, cells[4]),
                                           .name_key = keep_key(reference, "", cells[2]),
                                           .full_key = keep_key(reference, cells[1], cells[2]),
                                           .kana_key = keep_key(reference, "", cells[3]) } };
    town->key = town->town.name_key;
    return town->key != NULL && town->town.full_key != NULL && town->town.kana_key != NULL && town->town.postal != NULL
               ? 0
               : -1;
}

static const struct table tables[] = {
    /* variants first: the keys of the others need them */
    { "kanji_name_variants.csv", { "base", "variant" }, variant_row },
    { "wards.csv", { "code5", "ward", "kana", "postal_prefixes" }, ward_row },
    { "postal_osaka_city.csv", { "ward_code5", "ward", "town", "town_kana", "postal_code", "kind" }, town_row },
    { "postal_neighbour_cities.csv", { "code5", "city", "town", "town_kana", "postal_code", "kind" }, town_row },
};

static int find_columns(const struct table *table, const char *path, char **cells, int count, int at[COLUMNS_MAX],
                        struct tsk_err *err)
{
    for (int i = 0; i < COLUMNS_MAX && table->columns[i] != NULL; i++) {
        at[i] = tsk_csv_column(cells, count, table->columns[i]);
        if (at[i] < 0)
            return tsk_fail(err, TSK_STOP, 0, "%s:1: column \"%s\" is missing; reinstall the program's data", path,
                            table->columns[i]);
    }
    return 0;
}

static int load_rows(struct tsk_reference *reference, const struct table *table, struct tsk_csv *csv, const char *path,
                     struct tsk_err *err)
{
    int at[COLUMNS_MAX] = { 0 }, count = 0, line = 0, got = 0, rows = 0;
    char **cells = NULL, *wanted[COLUMNS_MAX];

    got = tsk_csv_next(csv, &cells, &count, &line, err);
    if (got < 1)
        return got < 0 ? -1 : tsk_fail(err, TSK_STOP, 0, "%s is empty; reinstall the program's data", path);
    if (find_columns(table, path, cells, count, at, err) != 0)
        return -1;
    while ((got = tsk_csv_next(csv, &cells, &count, &line, err)) == 1) {
        for (int i = 0; i < COLUMNS_MAX && table->columns[i] != NULL; i++) {
            if (at[i] >= count)
                return tsk_fail(err, TSK_STOP, 0, "%s:%d: too few columns; reinstall the program's data", path, line);
            wanted[i] = cells[at[i]];
        }
        if (++rows > ROWS_MAX)
            return tsk_fail(err, TSK_STOP, 0, "%s:%d: more than %d rows", path, line, ROWS_MAX);
        if (table->row(reference, wanted) != 0)
            return tsk_fail(err, TSK_STOP, 0, "%s:%d: no memory", path, line);
    }
    return got;
}

static int load_table(struct tsk_reference *reference, const struct table *table, const char *data_dir,
                      struct tsk_err *err)
{
    char path[4096];
    struct tsk_csv *csv = NULL;
    int rc = -1;

    if (snprintf(path, sizeof(path), "%s/%s", data_dir, table->file) >= (int)sizeof(path))
        return tsk_fail(err, TSK_STOP, 0, "the path of %s is too long", table->file);
    if (tsk_csv_open(&csv, path, err) == 0)
        rc = load_rows(reference, table, csv, path, err);
    tsk_csv_close(&csv);
    if (rc == 0 && reference->variants != NULL && table == tables)
        qsort(reference->variants, reference->variant_count, sizeof(*reference->variants), compare_variants);
    return rc;
}

int tsk_reference_load(struct tsk_reference **out, const char *data_dir, struct tsk_err *err)
{
    struct tsk_reference *reference = calloc(1, sizeof(*reference));

    *out = NULL;
    if (reference == NULL || (reference->arena = tsk_arena_new(ARENA_MAX)) == NULL) {
        tsk_reference_free(&reference);
        return tsk_fail(err, TSK_STOP, 0, "no memory for the reference tables");
    }
    for (size_t i = 0; i < TSK_COUNT(tables); i++)
        if (load_table(reference, &tables[i], data_dir, err) != 0) {
            tsk_reference_free(&reference);
            return -1;
        }
    *out = reference;
    return 0;
}

void tsk_reference_free(struct tsk_reference **reference)
{
    if (*reference == NULL)
        return;
    free((*reference)->variants);
    free((*reference)->wards);
    free((*reference)->towns);
    if ((*reference)->arena != NULL)
        tsk_arena_free(&(*reference)->arena);
    free(*reference);
    *reference = NULL;
}

size_t tsk_reference_ward_count(const struct tsk_reference *reference)
{
    return reference->ward_count;
}

const struct tsk_ward *tsk_reference_ward(const struct tsk_reference *reference, size_t at)
{
    return at < reference->ward_count ? &reference->wards[at].ward : NULL;
}

const struct tsk_ward *tsk_reference_ward_by_code(const struct tsk_reference *reference, const char *code)
{
    for (size_t i = 0; i < reference->ward_count; i++)
        if (strcmp(reference->wards[i].ward.code, code) == 0)
            return &reference->wards[i].ward;
    return NULL;
}

static const char *after(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static const char *after_city(const char *key)
{
    const char *rest = after(key, "大阪府");

    key = rest != NULL ? rest : key;
    rest = after(key, "大阪市");
    return rest != NULL ? rest : key;
}

/* Longest match, so that 東住吉区 is not 住吉区 and 西成区 not 西区; *rest is what follows. */
static const struct keyed_ward *ward_at_start(const struct tsk_reference *reference, const char *key, const char **rest)
{
    const struct keyed_ward *best = NULL;

    *rest = key;
    for (size_t i = 0; i < reference->ward_count; i++) {
        const char *behind = after(key, reference->wards[i].key);

        if (behind != NULL && behind > *rest) {
            best = &reference->wards[i];
            *rest = behind;
        }
    }
    return best;
}

/* 東成 for 東成区, when nothing follows: 北 or 西 may start anything. */
static const struct keyed_ward *ward_without_ku(const struct tsk_reference *reference, const char *key)
{
    size_t len = strlen(key), ku = strlen("区");

    for (size_t i = 0; i < reference->ward_count; i++) {
        const char *full = reference->wards[i].key;

        if (len > 0 && strlen(full) == len + ku && strncmp(full, key, len) == 0)
            return &reference->wards[i];
    }
    return NULL;
}

const struct tsk_ward *tsk_reference_ward_named(const struct tsk_reference *reference, const char *text)
{
    char *key = tsk_reference_name_key(reference, text);
    const struct keyed_ward *found = NULL;
    const char *rest;

    if (key == NULL)
        return NULL;
    found = ward_at_start(reference, after_city(key), &rest);
    if (found == NULL)
        found = ward_without_ku(reference, after_city(key));
    free(key);
    return found != NULL ? &found->ward : NULL;
}

size_t tsk_reference_town_count(const struct tsk_reference *reference)
{
    return reference->town_count;
}

const struct tsk_town *tsk_reference_town(const struct tsk_reference *reference, size_t at)
{
    return at < reference->town_count ? &reference->towns[at].town : NULL;
}

const struct tsk_town *tsk_reference_town_of(const struct tsk_reference *reference, const char *ward_code,
                                             const char *address)
{
    char *key = tsk_reference_name_key(reference, address);
    const struct keyed_ward *ward;
    const struct tsk_town *best = NULL;
    const char *rest, *code;
    size_t best_len = 0;
    bool twice = false;

    if (key == NULL)
        return NULL;
    ward = ward_at_start(reference, after_city(key), &rest);
    code = ward != NULL ? ward->ward.code : ward_code != NULL ? ward_code : "";
    for (size_t i = 0; i < reference->town_count; i++) {
        const struct keyed_town *town = &reference->towns[i];
        size_t len = strlen(town->key);

        if ((code[0] != '\0' && strcmp(code, town->town.code) != 0) || len < best_len || after(rest, town->key) == NULL)
            continue;
        twice = len == best_len && best != NULL && strcmp(best->code, town->town.code) != 0;
        best = &town->town;
        best_len = len;
    }
    free(key);
    return twice ? NULL : best;
}

uint32_t tsk_reference_base(const struct tsk_reference *reference, uint32_t rune)
{
    struct variant wanted = { .variant = rune };
    const struct variant *found = NULL;

    if (reference->variant_count > 0)
        found = bsearch(&wanted, reference->variants, reference->variant_count, sizeof(wanted), compare_variants);
    return found != NULL ? found->base : rune;
}

char *tsk_reference_name_key(const struct tsk_reference *reference, const char *text)
{
    char *key = tsk_compare_key(text), *out, *end;
    const char *at = key;
    uint32_t rune;

    if (key == NULL)
        return NULL;
    out = end = calloc(4 * tsk_utf8_length(key) + 5, 1);
    while (out != NULL && tsk_utf8_next(&at, &rune) == 1)
        end += tsk_utf8_put(end, tsk_reference_base(reference, rune));
    free(key);
    return out;
}
