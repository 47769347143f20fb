#include "ocr/text/grid.h"

#include "base/text.h"

static bool latin(uint32_t rune)
{
    return rune > ' ' && rune < 0x80;
}

void grid_write(const struct grid *grid, char out[GRID_TEXT_SIZE])
{
    uint32_t before = 0;
    size_t used = 0;

    for (size_t i = 0; i < grid->count && used + 8 <= GRID_TEXT_SIZE; i++) {
        const struct column *column = &grid->at[i];
        bool spaced = column->glyphs[0] != NULL && column->glyphs[0]->spaced;

        if (column->chosen == 0)
            continue;
        if (spaced && latin(before) && latin(column->chosen))
            out[used++] = ' ';
        used += (size_t)tsk_utf8_put(out + used, column->chosen);
        before = column->chosen;
    }
    out[used] = '\0';
}
