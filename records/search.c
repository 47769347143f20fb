#include "records/search.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "records/sql.h"

#define WORDS_MAX 4
#define LIMIT_DEFAULT 100
#define CANDIDATES_MAX 4000 /* rows that are sorted at most: more is no answer for a person */
#define COMMON 600          /* a pair of characters that is as frequent is not counted further */

struct words {
    const char *keys[WORDS_MAX]; /* "" when unused */
    size_t count;
    const char *birth;       /* YYYY-MM-DD or "" */
    const char *case_number; /* whole, or its end ("2026-0012"), or "" */
};

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_hit *hit = item;

    hit->case_number = tsk_sql_text(rows);
    hit->office = tsk_sql_text(rows);
    hit->sheet = tsk_sql_int(rows);
    hit->name = tsk_sql_text(rows);
    hit->kana = tsk_sql_text(rows);
    hit->birth = tsk_sql_text(rows);
    hit->from = tsk_sql_text(rows);
    hit->to = tsk_sql_text(rows);
    hit->received = tsk_sql_text(rows);
    hit->form = tsk_sql_text(rows);
    hit->sheet_count = (int)tsk_sql_int(rows);
    hit->open_count = (int)tsk_sql_int(rows);
}

/* "27115-2026-0001" or its end from the year on, as written or without its noughts: "2026-1" */
static const char *as_case_number(const char *word, struct tsk_arena *arena)
{
    char *plain = tsk_compare_key(word);
    const char *dash = plain != NULL ? strrchr(plain, '-') : NULL;
    const char *found = NULL;

    if (dash != NULL && dash - plain >= 4 && dash[1] != '\0' && strspn(dash + 1, "0123456789") == strlen(dash + 1) &&
        strlen(dash) < 9 && isdigit((unsigned char)dash[-1]))
        found = tsk_arena_printf(arena, "%.*s-%04ld", (int)(dash - plain), plain, strtol(dash + 1, NULL, 10));
    free(plain);
    return found;
}

static int take_word(struct words *out, const struct tsk_store *store, const char *word, struct tsk_arena *arena,
                     struct tsk_err *err)
{
    struct tsk_date date;
    const char *number;
    char *key;

    if (tsk_date_from_people(word, &date)) {
        char text[TSK_DATE_SIZE];
        tsk_date_text(date, text);
        out->birth = tsk_arena_strdup(arena, text);
        return out->birth != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory to search");
    }
    if ((number = as_case_number(word, arena)) != NULL) {
        out->case_number = number;
        return 0;
    }
    if (out->count == WORDS_MAX)
        return 0;
    key = tsk_search_key(store, word);
    if (key != NULL && *key != '\0' && (out->keys[out->count] = tsk_arena_strdup(arena, key)) != NULL)
        out->count++;
    free(key);
    return key != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory to search");
}

static bool is_space(const char *at, size_t *len)
{
    *len = strncmp(at, "　", strlen("　")) == 0 ? strlen("　") : 1;
    return *len > 1 || isspace((unsigned char)*at);
}

static int split(struct words *out, const struct tsk_store *store, const char *text, struct tsk_arena *arena,
                 struct tsk_err *err)
{
    size_t step = 1;

    *out = (struct words){ .keys = { "", "", "", "" }, .birth = "", .case_number = "" };
    struct tsk_date whole;
    if (tsk_date_from_people(text, &whole)) /* 昭和6年 5月 2日 */
        return take_word(out, store, text, arena, err);
    while (*text != '\0') {
        size_t len = 0;
        while (*text != '\0' && is_space(text, &step))
            text += step;
        while (text[len] != '\0' && !is_space(text + len, &step))
            len++;
        if (len == 0)
            break;
        const char *word = tsk_arena_printf(arena, "%.*s", (int)len, text);
        if (word == NULL)
            return tsk_fail(err, TSK_RETRY, 0, "no memory to search");
        if (take_word(out, store, word, arena, err) != 0)
            return -1;
        text += len;
    }
    return 0;
}

/* The rarest pair of neighbouring characters in the words; "" when every word is a single character. */
static int rarest(char gram[16], struct tsk_store *store, const struct words *words, struct tsk_err *err)
{
    int64_t best = COMMON + 1;

    *gram = '\0';
    for (size_t i = 0; i < words->count; i++) {
        const char *at = words->keys[i];
        uint32_t rune;
        tsk_utf8_next(&at, &rune);
        for (const char *before = words->keys[i], *middle = at; tsk_utf8_next(&at, &rune);
             before = middle, middle = at) {
            char pair[16];
            int64_t count = 0;
            snprintf(pair, sizeof pair, "%.*s", (int)(at - before), before);
            if (tsk_sql_number(&count, store, err,
                               "SELECT count(*) FROM (SELECT 1 FROM desk_grams WHERE gram = ?1 LIMIT ?2)", "si", pair,
                               (int64_t)COMMON) < 0)
                return -1;
            if (count < best) {
                best = count;
                snprintf(gram, sizeof pair, "%s", pair);
            }
        }
    }
    return 0;
}

/* A lone word of one character stands for the beginning of a name. */
#define FITS(word)                                                                                                     \
    "(" word " = '' OR CASE WHEN ?12 AND length(" word ") = 1 THEN instr(d.name_key, " word                            \
    ") = 1 OR instr(d.kana_key, " word ") = 1 ELSE instr(d.name_key, " word ") > 0 OR instr(d.kana_key, " word         \
    ") > 0 OR instr(d.places_key, " word ") > 0 END) "

#define SEARCH(driver)                                                                                                 \
    "SELECT case_number, office_id, max(sheet_id), name, kana, birth, from_name, to_name, received, form, count(*), "  \
    "sum(open) FROM (SELECT d.* FROM " driver                                                                          \
    " AND " SCOPE("d.office_id") " AND (?2 IS NULL OR d.office_id = ?2) AND " FITS("?3") " AND " FITS(                 \
        "?4") " AND " FITS("?5") " AND " FITS("?6") " AND (?7 = '' OR d.birth = ?7) AND (?8 = '' OR d.case_number = "  \
                                                    "?8 OR d.case_number LIKE '%-' || ?8) "                            \
                                                    "AND d.closed <> 'junk' LIMIT ?10) GROUP BY "                      \
                                                    "coalesce(case_number, sheet_id) "                                 \
                                                    "ORDER BY kana_key = '', kana_key, name_key, max(sheet_id) LIMIT " \
                                                    "?9"

#define BY_GRAM SEARCH("desk_grams g JOIN desk_sheets d ON d.sheet_id = g.sheet_id WHERE g.gram = ?11")
#define BY_LETTER                                                                                                      \
    SEARCH("desk_sheets d WHERE d.sheet_id IN (SELECT sheet_id FROM desk_sheets WHERE name_key >= ?11 "                \
           "AND name_key < ?11 || char(0x10FFFF) UNION SELECT sheet_id FROM desk_sheets WHERE kana_key >= ?11 "        \
           "AND kana_key < ?11 || char(0x10FFFF))")
#define BY_BIRTH SEARCH("desk_sheets d WHERE d.birth = ?11")
#define BY_CASE                                                                                                        \
    SEARCH("desk_sheets d WHERE d.case_number IN (SELECT ?11 UNION ALL SELECT code || '-' || ?11 FROM offices "        \
           "WHERE (?1 IS NULL OR id IN (SELECT value FROM json_each(?1))))")

static int query(struct tsk_rows **rows, struct tsk_store *store, const struct tsk_scope *scope, const char *office,
                 const struct words *w, int64_t limit, struct tsk_arena *arena, struct tsk_err *err)
{
    static const char types[] = "csssssssiisi";
    const int64_t alone = w->count == 1;
    const int64_t most = CANDIDATES_MAX;
    char gram[16];

    if (*w->case_number != '\0')
        return tsk_sql_query(rows, store, arena, err, BY_CASE, types, scope, office, w->keys[0], w->keys[1], w->keys[2],
                             w->keys[3], w->birth, w->case_number, limit, most, w->case_number, alone);
    if (*w->birth != '\0')
        return tsk_sql_query(rows, store, arena, err, BY_BIRTH, types, scope, office, w->keys[0], w->keys[1],
                             w->keys[2], w->keys[3], w->birth, "", limit, most, w->birth, alone);
    if (rarest(gram, store, w, err) != 0)
        return -1;
    if (*gram != '\0')
        return tsk_sql_query(rows, store, arena, err, BY_GRAM, types, scope, office, w->keys[0], w->keys[1], w->keys[2],
                             w->keys[3], "", "", limit, most, gram, alone);
    return tsk_sql_query(rows, store, arena, err, BY_LETTER, types, scope, office, w->keys[0], w->keys[1], w->keys[2],
                         w->keys[3], "", "", limit, most, w->keys[0], alone);
}

int tsk_search(struct tsk_hits *out, struct tsk_store *store, const struct tsk_scope *scope, const char *office,
               const char *words, int limit, struct tsk_arena *arena, struct tsk_err *err)
{
    struct words parts;
    struct tsk_rows *rows = NULL;
    size_t most = (size_t)(limit > 0 ? limit : LIMIT_DEFAULT);

    *out = (struct tsk_hits){ .count = 0 };
    if (strlen(words) > TSK_SEARCH_BYTES_MAX || !tsk_utf8_valid(words, strlen(words)))
        return tsk_fail(err, TSK_REJECT, 0, "what is searched for is at most %d bytes of UTF-8 text",
                        TSK_SEARCH_BYTES_MAX);
    if (split(&parts, store, words, arena, err) != 0)
        return -1;
    if (parts.count == 0 && *parts.birth == '\0' && *parts.case_number == '\0')
        return 0;
    int rc = query(&rows, store, scope, office, &parts, (int64_t)most + 1, arena, err);
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    out->more = out->count > most;
    if (out->more)
        out->count = most;
    return rc;
}
