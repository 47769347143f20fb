#include "ocr/text/phone.h"

#include <stdio.h>
#include <string.h>

#define GROUPS_MAX 4
#define GROUP_DIGITS_MAX 4

bool tsk_phone_form(const char *digits, char out[TSK_PHONE_SIZE])
{
    static const struct {
        const char *start;
        int groups[3];
    } forms[] = {
        { "0120", { 4, 3, 3 } }, { "0800", { 4, 3, 4 } }, { "0570", { 4, 3, 3 } }, { "050", { 3, 4, 4 } },
        { "070", { 3, 4, 4 } },  { "080", { 3, 4, 4 } },  { "090", { 3, 4, 4 } },  { "06", { 2, 4, 4 } },
        { "03", { 2, 4, 4 } },   { "0", { 3, 3, 4 } },
    };

    for (size_t f = 0; f < TSK_COUNT(forms); f++) {
        const int *groups = forms[f].groups;

        if (strncmp(digits, forms[f].start, strlen(forms[f].start)) != 0)
            continue;
        if ((int)strlen(digits) != groups[0] + groups[1] + groups[2])
            return false;
        snprintf(out, TSK_PHONE_SIZE, "%.*s-%.*s-%.*s", groups[0], digits, groups[1], digits + groups[0], groups[2],
                 digits + groups[0] + groups[1]);
        return true;
    }
    return false;
}

static bool is_dash(const struct tsk_ink_cell *cell, int height)
{
    int h = cell->bottom - cell->top, middle = (cell->top + cell->bottom) / 2;

    return h < 0.35 * height && cell->right - cell->left >= h && middle > 0.2 * height && middle < 0.85 * height;
}

struct group {
    int left, right;
};

static int split_groups(const struct tsk_ink_line *line, struct group groups[GROUPS_MAX])
{
    int height = pixGetHeight(line->bits), count = 0;
    bool open = false;

    if (line->cells > TSK_INK_CELLS_MAX)
        return 0;
    for (int i = 0; i < line->cells; i++) {
        const struct tsk_ink_cell *cell = &line->boxes[i];

        if (is_dash(cell, height)) {
            open = false;
            continue;
        }
        if (!open && count == GROUPS_MAX)
            return 0;
        if (!open)
            groups[count++] = (struct group){ cell->left, cell->right };
        groups[count - 1].right = cell->right;
        open = true;
    }
    return count;
}

static bool read_group(const struct tsk_digits *model, PIX *bits, const struct group *group, double px_per_mm_x,
                       double px_per_mm_y, char *digits, size_t room, double *p)
{
    BOX *box = boxCreate(group->left, 0, group->right - group->left, pixGetHeight(bits));
    PIX *cut = box != NULL ? pixClipRectangle(bits, box, NULL) : NULL;
    struct tsk_digits_result result;
    struct tsk_err err;
    bool read = cut != NULL &&
                tsk_digits_read(model, cut, px_per_mm_x, px_per_mm_y, GROUP_DIGITS_MAX, &result, &err) == 0 &&
                result.count > 0 && strlen(digits) + strlen(result.alts[0].text) < room;

    if (read) {
        memcpy(digits + strlen(digits), result.alts[0].text, strlen(result.alts[0].text) + 1);
        *p *= result.alts[0].p;
    }
    pixDestroy(&cut);
    boxDestroy(&box);
    return read;
}

bool tsk_phone_read(const struct tsk_digits *model, const struct tsk_ink_line *line, double px_per_mm_x,
                    double px_per_mm_y, char out[TSK_PHONE_SIZE], double *p)
{
    struct group groups[GROUPS_MAX];
    char digits[TSK_PHONE_SIZE] = "";
    int count = split_groups(line, groups);

    *p = 1;
    if (count != 3)
        return false;
    for (int i = 0; i < count; i++)
        if (!read_group(model, line->bits, &groups[i], px_per_mm_x, px_per_mm_y, digits, sizeof(digits), p))
            return false;
    return tsk_phone_form(digits, out);
}
