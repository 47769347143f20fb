#include "gateway/table.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

#define TABLE_BYTES_MAX ((size_t)64 << 20)
#define GAP 2

struct row {
    struct row *next;
    const char *cells[TSK_TABLE_COLUMNS_MAX];
};

struct tsk_table {
    struct tsk_arena *arena;
    struct row *first, **end;
    int columns;
    int widths[TSK_TABLE_COLUMNS_MAX];
    bool broken;
};

/* East Asian Width W and F (UAX #11), as far as sheets and names in Japan need it. */
static const uint32_t wide[][2] = {
    { 0x1100, 0x115F }, { 0x2E80, 0x303E }, { 0x3041, 0x33FF },   { 0x3400, 0x4DBF },
    { 0x4E00, 0xA4CF }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF },   { 0xFE30, 0xFE6F },
    { 0xFF01, 0xFF60 }, { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1F64F }, { 0x20000, 0x3FFFD },
};

static int rune_width(uint32_t rune)
{
    if ((rune >= 0x0300 && rune <= 0x036F) || rune == 0x3099 || rune == 0x309A || (rune >= 0xFE00 && rune <= 0xFE0F) ||
        (rune >= 0xE0100 && rune <= 0xE01EF))
        return 0;
    for (size_t i = 0; i < TSK_COUNT(wide); i++) {
        if (rune >= wide[i][0] && rune <= wide[i][1])
            return 2;
    }
    return 1;
}

int tsk_display_width(const char *text)
{
    uint32_t rune;
    int width = 0;

    while (tsk_utf8_next(&text, &rune))
        width += rune_width(rune);
    return width;
}

static const char *one_line(struct tsk_arena *arena, const char *text)
{
    char *copy = tsk_arena_strdup(arena, text);

    for (char *at = copy; at != NULL && *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            *at = ' ';
    }
    return copy;
}

static void put_row(struct tsk_table *table, const char *const *cells)
{
    struct row *row = tsk_arena_alloc(table->arena, sizeof *row);

    if (row == NULL) {
        table->broken = true;
        return;
    }
    for (int i = 0; i < table->columns; i++) {
        row->cells[i] = one_line(table->arena, cells[i]);
        if (row->cells[i] == NULL) {
            table->broken = true;
            return;
        }
        int width = tsk_display_width(row->cells[i]);
        if (width > table->widths[i])
            table->widths[i] = width;
    }
    *table->end = row;
    table->end = &row->next;
}

struct tsk_table *tsk_table_new(const char *const *headings)
{
    struct tsk_table *table = calloc(1, sizeof *table);

    if (table == NULL || (table->arena = tsk_arena_new(TABLE_BYTES_MAX)) == NULL) {
        free(table);
        return NULL;
    }
    table->end = &table->first;
    while (table->columns < TSK_TABLE_COLUMNS_MAX && headings[table->columns] != NULL)
        table->columns++;
    put_row(table, headings);
    return table;
}

void tsk_table_put(struct tsk_table *table, const char *const *cells, size_t count)
{
    if (table == NULL)
        return;
    assert(count == (size_t)table->columns);
    put_row(table, cells);
}

static void print_row(const struct tsk_table *table, const struct row *row, FILE *out, bool plain)
{
    int last = table->columns - 1;

    while (!plain && last > 0 && *row->cells[last] == '\0')
        last--;
    for (int i = 0; i < last; i++) {
        fputs(row->cells[i], out);
        if (plain)
            fputc('\t', out);
        else
            fprintf(out, "%*s", table->widths[i] - tsk_display_width(row->cells[i]) + GAP, "");
    }
    fprintf(out, "%s\n", row->cells[last]);
}

int tsk_table_print(struct tsk_table **table, FILE *out, bool plain)
{
    struct tsk_table *old = *table;

    if (old == NULL)
        return -1;
    for (const struct row *row = old->first; row != NULL; row = row->next) {
        if (!plain || row != old->first)
            print_row(old, row, out, plain);
    }
    int rc = old->broken ? -1 : 0;
    tsk_arena_free(&old->arena);
    free(old);
    *table = NULL;
    return rc;
}
