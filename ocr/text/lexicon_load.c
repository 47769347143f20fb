#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/text.h"
#include "ocr/text/lexicon_parts.h"

#define ARENA_MAX (64u * 1024 * 1024)
#define ROWS_MAX 200000
#define COLUMNS_MAX 4
#define PRIOR_RARE 0.15
#define GIVEN_COMMON 400.0 /* times that a common letter stands in the given names */

struct source {
    const char *columns[COLUMNS_MAX];
    int (*row)(struct tsk_lexicon *lexicon, char **cells);
};

struct named_source {
    const char *file;
    struct source source;
};

/* calls add for each part of a cell that holds several, joined by a vertical bar */
static int each_part(struct tsk_lexicon *lexicon, struct tsk_words *words, char *cell, const char *detail, double prior)
{
    char *rest = cell, *part;

    while ((part = strsep(&rest, "|")) != NULL)
        if (part[0] != '\0' && tsk_words_add(lexicon, words, part, detail, prior) != 0)
            return -1;
    return 0;
}

static int institution_row(struct tsk_lexicon *lexicon, char **cells)
{
    return tsk_words_add(lexicon, &lexicon->institutions, cells[1], cells[0], 0);
}

static int department_row(struct tsk_lexicon *lexicon, char **cells)
{
    double prior = strncmp(cells[1], "statute", 7) == 0 || strcmp(cells[1], "combined") == 0 ? 0 : PRIOR_RARE;

    if (tsk_words_add(lexicon, &lexicon->departments, cells[0], "", prior) != 0)
        return -1;
    return each_part(lexicon, &lexicon->departments, cells[2], "", PRIOR_RARE);
}

/* 山崎 is ヤマザキ and ヤマサキ: the table has one reading. */
static int add_other_voicing(struct tsk_lexicon *lexicon, const char *surname, const char *kana, double prior)
{
    static const char *const endings[][2] = { { "ザキ", "サキ" }, { "ジマ", "シマ" }, { "ガワ", "カワ" },
                                              { "ザワ", "サワ" }, { "ダニ", "タニ" }, { "バラ", "ハラ" } };
    size_t len = strlen(kana);
    char other[64];

    for (size_t i = 0; i < TSK_COUNT(endings); i++)
        for (int way = 0; way < 2; way++) {
            size_t end = strlen(endings[i][way]);

            if (len <= end + 3 || len >= sizeof(other) || strcmp(kana + len - end, endings[i][way]) != 0)
                continue;
            snprintf(other, sizeof(other), "%.*s%s", (int)(len - end), kana, endings[i][1 - way]);
            if (tsk_words_add(lexicon, &lexicon->surnames, surname, other, prior) != 0 ||
                tsk_words_add(lexicon, &lexicon->surname_kana, other, "", prior + PRIOR_RARE) != 0)
                return -1;
        }
    return 0;
}

static int surname_row(struct tsk_lexicon *lexicon, char **cells)
{
    double rank = strtod(cells[0], NULL), prior = 0.05 * log2(1 + rank / 50);

    if (tsk_words_add(lexicon, &lexicon->surnames, cells[1], cells[2], prior) != 0 ||
        tsk_words_add(lexicon, &lexicon->surname_kana, cells[2], "", prior) != 0)
        return -1;
    return add_other_voicing(lexicon, cells[1], cells[2], prior);
}

static int term_row(struct tsk_lexicon *lexicon, char **cells)
{
    return tsk_words_add(lexicon, &lexicon->terms, cells[0], "", 0);
}

/* トシコ is as often トシ子 or とし子 as any spelling in kanji; the table has only those. */
static int add_half_kana(struct tsk_lexicon *lexicon, const char *kana, double prior)
{
    static const char *const endings[][2] = { { "コ", "子" }, { "ヨ", "代" }, { "エ", "江" } };
    size_t len = strlen(kana);
    char name[64];

    for (size_t i = 0; i < TSK_COUNT(endings); i++) {
        size_t end = strlen(endings[i][0]);

        if (len <= end + 3 || len + 4 > sizeof(name) || strcmp(kana + len - end, endings[i][0]) != 0)
            continue;
        snprintf(name, sizeof(name), "%.*s%s", (int)(len - end), kana, endings[i][1]);
        if (tsk_words_add(lexicon, &lexicon->given, name, kana, prior) != 0)
            return -1;
    }
    return 0;
}

static int given_row(struct tsk_lexicon *lexicon, char **cells)
{
    double spellings = strtod(cells[1], NULL), prior = spellings >= 40 ? 0.1 : spellings >= 10 ? 0.2 : 0.3;

    if (tsk_words_add(lexicon, &lexicon->given_kana, cells[0], "", prior) != 0 ||
        tsk_words_add(lexicon, &lexicon->given, cells[0], cells[0], prior) != 0 ||
        add_half_kana(lexicon, cells[0], prior) != 0)
        return -1;
    return each_part(lexicon, &lexicon->given, cells[2], cells[0], prior);
}

static int relation_row(struct tsk_lexicon *lexicon, char **cells)
{
    return tsk_words_add(lexicon, &lexicon->relations, cells[0], "", strcmp(cells[1], "yes") == 0 ? 0 : PRIOR_RARE);
}

static int add_pair(struct tsk_lexicon *lexicon, uint32_t a, uint32_t b)
{
    if (lexicon->alike_count == lexicon->alike_room) {
        size_t room = lexicon->alike_room == 0 ? 256 : 2 * lexicon->alike_room;
        uint64_t *more = realloc(lexicon->alike, room * sizeof(*more));

        if (more == NULL)
            return -1;
        lexicon->alike = more;
        lexicon->alike_room = room;
    }
    lexicon->alike[lexicon->alike_count++] = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
    return 0;
}

/* Groups of the table stand together; those of kana size and voicing are rules of tsk_glyph_cost(). */
static int alike_row(struct tsk_lexicon *lexicon, char **cells)
{
    uint32_t rune, *members = lexicon->group.members;

    if (strcmp(lexicon->group.name, cells[0]) != 0) {
        snprintf(lexicon->group.name, sizeof(lexicon->group.name), "%s", cells[0]);
        lexicon->group.count = 0;
    }
    if (strstr(cells[0], "-small") != NULL || strcmp(cells[0], "voiced") == 0 ||
        tsk_lexicon_fold(lexicon->reference, cells[1], &rune, 1) != 1)
        return 0;
    for (size_t i = 0; i < lexicon->group.count; i++)
        if (members[i] != rune && add_pair(lexicon, members[i], rune) != 0)
            return -1;
    if (lexicon->group.count < TSK_COUNT(lexicon->group.members))
        members[lexicon->group.count++] = rune;
    return 0;
}

static const struct source directory = { { "kind", "name" }, institution_row };

static const struct named_source tables[] = {
    { "unicode_confusables.csv", { { "group", "char" }, alike_row } },
    { "kanji_alike.csv", { { "group", "char" }, alike_row } },
    { "departments.csv", { { "name", "class", "aliases" }, department_row } },
    { "surnames.csv", { { "rank", "surname", "kana" }, surname_row } },
    { "given_names.csv", { { "kana", "variants", "kanji" }, given_row } },
    { "care_terms.csv", { { "term" }, term_row } },
    { "relations.csv", { { "relation", "common" }, relation_row } },
};

static int load_rows(struct tsk_lexicon *lexicon, const struct source *source, struct tsk_csv *csv, const char *path,
                     struct tsk_err *err)
{
    int at[COLUMNS_MAX] = { 0 }, count = 0, line = 0, got, rows = 0;
    char **cells = NULL, *wanted[COLUMNS_MAX];

    got = tsk_csv_next(csv, &cells, &count, &line, err);
    if (got < 1)
        return got < 0 ? -1 : tsk_fail(err, TSK_REJECT, 0, "%s is empty; a header row is needed", path);
    for (int i = 0; i < COLUMNS_MAX && source->columns[i] != NULL; i++)
        if ((at[i] = tsk_csv_column(cells, count, source->columns[i])) < 0)
            return tsk_fail(err, TSK_REJECT, 0, "%s:1: column \"%s\" is missing", path, source->columns[i]);
    while ((got = tsk_csv_next(csv, &cells, &count, &line, err)) == 1) {
        for (int i = 0; i < COLUMNS_MAX && source->columns[i] != NULL; i++) {
            if (at[i] >= count)
                return tsk_fail(err, TSK_REJECT, 0, "%s:%d: too few columns", path, line);
            wanted[i] = cells[at[i]];
        }
        if (++rows > ROWS_MAX)
            return tsk_fail(err, TSK_REJECT, 0, "%s:%d: more than %d rows", path, line, ROWS_MAX);
        if (source->row(lexicon, wanted) != 0)
            return tsk_fail(err, TSK_STOP, 0, "%s:%d: no memory for the word lists", path, line);
    }
    return got;
}

static int load_file(struct tsk_lexicon *lexicon, const struct source *source, const char *path, struct tsk_err *err)
{
    struct tsk_csv *csv = NULL;
    int rc = -1;

    if (tsk_csv_open(&csv, path, err) == 0)
        rc = load_rows(lexicon, source, csv, path, err);
    tsk_csv_close(&csv);
    return rc;
}

static int load_places(struct tsk_lexicon *lexicon, struct tsk_err *err)
{
    const struct tsk_reference *reference = lexicon->reference;

    for (size_t i = 0; i < tsk_reference_ward_count(reference); i++) {
        const struct tsk_ward *ward = tsk_reference_ward(reference, i);

        if (tsk_words_add(lexicon, &lexicon->wards, ward->name, ward->code, 0) != 0)
            return tsk_fail(err, TSK_STOP, 0, "no memory for the word lists");
    }
    for (size_t i = 0; i < tsk_reference_town_count(reference); i++) {
        const struct tsk_town *town = tsk_reference_town(reference, i);

        if (tsk_reference_ward_by_code(reference, town->code) != NULL &&
            tsk_words_add(lexicon, &lexicon->towns, town->name, town->code, 0) != 0)
            return tsk_fail(err, TSK_STOP, 0, "no memory for the word lists");
    }
    return 0;
}

static int compare_pairs(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

struct count {
    uint32_t rune;
    double times;
};

static int by_rune(const void *a, const void *b)
{
    const struct count *x = a, *y = b;

    return x->rune < y->rune ? -1 : x->rune > y->rune;
}

static struct count *count_letters(const struct tsk_words *words, size_t *out_count)
{
    size_t all = 0, kept = 0;
    struct count *counts;

    for (size_t i = 0; i < words->count; i++)
        all += words->at[i].length;
    counts = calloc(all + 1, sizeof(*counts));
    for (size_t i = 0, at = 0; counts != NULL && i < words->count; i++)
        for (size_t k = 0; k < words->at[i].length; k++)
            counts[at++] = (struct count){ words->at[i].runes[k], 1 };
    if (counts == NULL)
        return NULL;
    qsort(counts, all, sizeof(*counts), by_rune);
    for (size_t i = 0; i < all; i++)
        if (kept > 0 && counts[kept - 1].rune == counts[i].rune)
            counts[kept - 1].times++;
        else
            counts[kept++] = counts[i];
    *out_count = kept;
    return counts;
}

/* How often its rarest letter stands in given names tells a common name from one that nobody has. */
static int rate_given(struct tsk_words *given)
{
    size_t count = 0;
    struct count *counts = count_letters(given, &count);

    if (counts == NULL)
        return -1;
    for (size_t i = 0; i < given->count; i++) {
        double rarest = GIVEN_COMMON;

        for (size_t k = 0; k < given->at[i].length; k++) {
            struct count wanted = { .rune = given->at[i].runes[k] };
            const struct count *found = bsearch(&wanted, counts, count, sizeof(*counts), by_rune);

            rarest = found != NULL ? fmin(rarest, found->times) : rarest;
        }
        given->at[i].prior = fmin(0.5, given->at[i].prior + 0.06 * log2(GIVEN_COMMON / rarest));
    }
    free(counts);
    return 0;
}

static int longer_first(const void *a, const void *b)
{
    const struct tsk_word *x = a, *y = b;

    return x->length != y->length ? (x->length > y->length ? -1 : 1) : strcmp(x->value, y->value);
}

static int load_all(struct tsk_lexicon *lexicon, const char *data_dir, const char *directory_csv, struct tsk_err *err)
{
    char path[4096];

    if (tsk_reference_load(&lexicon->reference, data_dir, err) != 0 || load_places(lexicon, err) != 0)
        return -1;
    for (size_t i = 0; i < TSK_COUNT(tables); i++) {
        if (snprintf(path, sizeof(path), "%s/%s", data_dir, tables[i].file) >= (int)sizeof(path))
            return tsk_fail(err, TSK_STOP, 0, "the path of %s is too long", tables[i].file);
        if (load_file(lexicon, &tables[i].source, path, err) != 0)
            return -1;
    }
    if (lexicon->terms.count > 0)
        qsort(lexicon->terms.at, lexicon->terms.count, sizeof(*lexicon->terms.at), longer_first);
    if (rate_given(&lexicon->given) != 0)
        return tsk_fail(err, TSK_STOP, 0, "no memory for the word lists");
    if (lexicon->alike_count > 0)
        qsort(lexicon->alike, lexicon->alike_count, sizeof(*lexicon->alike), compare_pairs);
    return directory_csv != NULL ? load_file(lexicon, &directory, directory_csv, err) : 0;
}

int tsk_lexicon_new(struct tsk_lexicon **out, const char *data_dir, const char *directory_csv, struct tsk_err *err)
{
    struct tsk_lexicon *lexicon = calloc(1, sizeof(*lexicon));

    *out = NULL;
    if (lexicon == NULL || (lexicon->arena = tsk_arena_new(ARENA_MAX)) == NULL) {
        tsk_lexicon_free(&lexicon);
        return tsk_fail(err, TSK_STOP, 0, "no memory for the word lists");
    }
    if (load_all(lexicon, data_dir, directory_csv, err) != 0) {
        tsk_lexicon_free(&lexicon);
        return -1;
    }
    *out = lexicon;
    return 0;
}

void tsk_lexicon_free(struct tsk_lexicon **lexicon)
{
    struct tsk_lexicon *l = *lexicon;

    if (l == NULL)
        return;
    free(l->alike);
    free(l->institutions.at);
    free(l->departments.at);
    free(l->wards.at);
    free(l->towns.at);
    free(l->surnames.at);
    free(l->given.at);
    free(l->surname_kana.at);
    free(l->given_kana.at);
    free(l->relations.at);
    free(l->terms.at);
    tsk_reference_free(&l->reference);
    if (l->arena != NULL)
        tsk_arena_free(&l->arena);
    free(l);
    *lexicon = NULL;
}
