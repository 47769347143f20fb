#include "records/sheet_code.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "records/sql.h"

#define MARK "T1/"
#define EDITION_CHARS 6
#define CHECK_CHARS 12

/* Five bits a character; I, L, O and U are left out, as on paper keys. */
static void put_bits(char *out, int chars, const unsigned char *bytes)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned have = 0;
    int bits = 0;

    for (int i = 0; i < chars; i++) {
        while (bits < 5) {
            have = have << 8 | *bytes++;
            bits += 8;
        }
        out[i] = digits[have >> (bits - 5) & 31];
        bits -= 5;
    }
    out[chars] = '\0';
}

static void put_edition(char out[EDITION_CHARS + 1], const char *form, const char *edition)
{
    char text[256];
    char hash[TSK_SHA256_HEX];

    snprintf(text, sizeof text, "%s/%s", form, edition);
    tsk_sha256_hex(text, strlen(text), hash);
    for (int i = 0; i < EDITION_CHARS; i++)
        out[i] = (char)(hash[i] >= 'a' ? hash[i] - 'a' + 'A' : hash[i]);
    out[EDITION_CHARS] = '\0';
}

static int put_check(char out[CHECK_CHARS + 1], struct tsk_vault *vault, const char *key_id, const char *text,
                     size_t len, struct tsk_err *err)
{
    unsigned char mac[TSK_MAC_BYTES];

    if (tsk_vault_mac(mac, vault, key_id, TSK_USE_CODE, text, len, err) != 0)
        return -1;
    put_bits(out, CHECK_CHARS, mac);
    return 0;
}

static int make(char out[TSK_SHEET_CODE_SIZE], struct tsk_vault *vault, const char *key_id, const char *case_number,
                const struct tsk_form *form, struct tsk_err *err)
{
    char edition[EDITION_CHARS + 1];
    char check[CHECK_CHARS + 1];
    int len;

    put_edition(edition, form->id, form->edition);
    len = snprintf(out, TSK_SHEET_CODE_SIZE, MARK "%s/%s", case_number, edition);
    if (put_check(check, vault, key_id, out, (size_t)len, err) != 0)
        return -1;
    snprintf(out + len, TSK_SHEET_CODE_SIZE - (size_t)len, "/%s", check);
    return 0;
}

int tsk_sheet_code_make(char out[TSK_SHEET_CODE_SIZE], struct tsk_vault *vault, const char *case_number,
                        const struct tsk_form *form, struct tsk_err *err)
{
    return make(out, vault, NULL, case_number, form, err);
}

/* By any key that the site has had: a sheet may come back after years. */
static int is_ours(bool *ours, struct tsk_vault *vault, const char *code, size_t signed_len, struct tsk_err *err)
{
    char check[CHECK_CHARS + 1];

    for (size_t i = 0; i < tsk_vault_count(vault) && !*ours; i++) {
        if (put_check(check, vault, tsk_vault_id(vault, i), code, signed_len, err) != 0)
            return -1;
        *ours = strcmp(code + signed_len + 1, check) == 0;
    }
    return 0;
}

int tsk_sheet_code_check(char case_number[TSK_CASE_NUMBER_SIZE], struct tsk_vault *vault, const char *code,
                         const char *form, const char *edition, struct tsk_err *err)
{
    size_t tail = EDITION_CHARS + CHECK_CHARS + 2;
    size_t len = strlen(code);
    size_t number_len = len - tail - (sizeof MARK - 1);
    char expected[EDITION_CHARS + 1];
    bool ours = false;

    case_number[0] = '\0';
    if (strncmp(code, MARK, sizeof MARK - 1) != 0 || len <= sizeof MARK - 1 + tail ||
        number_len >= TSK_CASE_NUMBER_SIZE)
        return 0;
    put_edition(expected, form, edition);
    if (code[len - tail] != '/' || code[len - CHECK_CHARS - 1] != '/' ||
        strncmp(code + len - tail + 1, expected, EDITION_CHARS) != 0)
        return 0;
    if (is_ours(&ours, vault, code, len - CHECK_CHARS - 1, err) != 0)
        return -1;
    if (ours)
        snprintf(case_number, TSK_CASE_NUMBER_SIZE, "%.*s", (int)number_len, code + sizeof MARK - 1);
    return 0;
}

static int note_case(struct tsk_store *store, struct tsk_vault *vault, const char *office, const char *number,
                     const struct tsk_forms *forms, struct tsk_err *err)
{
    char code[TSK_SHEET_CODE_SIZE];

    for (size_t k = 0; k < tsk_vault_count(vault); k++)
        for (size_t i = 0; i < forms->count; i++)
            if (make(code, vault, tsk_vault_id(vault, k), number, &forms->forms[i], err) != 0 ||
                tsk_sql_run(store, err,
                            "INSERT OR IGNORE INTO moved_codes (code, office_id, case_number) VALUES (?1, ?2, ?3)",
                            "sss", code, office, number) != 0)
                return -1;
    return 0;
}

static void fill_number(void *item, struct tsk_rows *rows)
{
    *(const char **)item = tsk_sql_text(rows);
}

int tsk_sheet_codes_note(struct tsk_store *store, struct tsk_vault *vault, const char *office,
                         const struct tsk_forms *forms, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)64 << 20);
    struct tsk_rows *rows = NULL;
    const char **numbers;
    size_t count;
    int rc = arena == NULL
                 ? tsk_fail(err, TSK_RETRY, 0, "no memory for the codes of cases")
                 : tsk_sql_query(&rows, store, arena, err,
                                 "SELECT number FROM cases WHERE office_id = ?1 ORDER BY number", "s", office);

    numbers = tsk_sql_collect(&count, sizeof *numbers, fill_number, &rows, &rc, err);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = note_case(store, vault, office, numbers[i], forms, err);
    tsk_arena_free(&arena);
    return rc;
}

int tsk_sheet_code_moved(char case_number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store, const char *code,
                         const char *form, const char *edition, struct tsk_err *err)
{
    size_t tail = EDITION_CHARS + CHECK_CHARS + 2, len = strlen(code);
    struct tsk_arena *arena = tsk_arena_new(4096);
    struct tsk_rows *rows = NULL;
    char expected[EDITION_CHARS + 1];
    int rc;

    case_number[0] = '\0';
    put_edition(expected, form, edition);
    rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to look for a code")
                       : tsk_sql_query(&rows, store, arena, err, "SELECT case_number FROM moved_codes WHERE code = ?1",
                                       "s", code);
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        rc = 0;
        if (len > tail && strncmp(code + len - tail + 1, expected, EDITION_CHARS) == 0)
            snprintf(case_number, TSK_CASE_NUMBER_SIZE, "%s", tsk_sql_text(rows));
    }
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    return rc;
}

int tsk_sheet_propose(struct tsk_store *store, int64_t sheet, const char *case_number, struct tsk_err *err)
{
    return tsk_sql_run(store, err,
                       "UPDATE sheets SET proposed_case = ?2 WHERE id = ?1 AND EXISTS (SELECT 1 FROM cases c WHERE "
                       "c.number = ?2 AND c.office_id = sheets.office_id)",
                       "is", sheet, case_number);
}
