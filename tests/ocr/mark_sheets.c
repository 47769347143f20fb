#include "mark_sheets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "mark_hands.h"

#define INK 40             /* grey of a pen */
#define STRUCK_SHARE 0.1   /* of answers where one is wanted: rare on paper, and easily taken for something else */
#define STRUCK_MORE 0.2    /* likewise, with hands */
#define TWO_SHARE 0.04     /* of answers where one is wanted and two are given, with hands */
#define SHAPED_WORD_MM 6.0 /* longer words would make the strokes of a shape as wide as no pen */

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static double chance(uint64_t *state)
{
    return (double)(next(state) >> 11) / 9007199254740992.0;
}

static double between(uint64_t *state, double low, double high)
{
    return low + (high - low) * chance(state);
}

static int below(uint64_t *state, int count)
{
    return (int)(next(state) % (uint64_t)count);
}

static int read_idx(const char *path, size_t head, struct tsk_buf *out, struct tsk_err *err)
{
    if (tsk_file_read(path, out, err) != 0)
        return -1;
    return out->len > head ? 0 : tsk_fail(err, TSK_REJECT, 0, "%s is no IDX file; unpack it first", path);
}

/* Rests of the frame that the mark was cut from are no part of it: the component with most ink is. */
static void keep_largest(unsigned char *pixels, int side)
{
    PIX *ink = pixCreate(side, side, 1);
    l_int32 most = 0, at = 0;
    PIXA *parts = NULL;
    BOXA *boxes = NULL;

    for (int i = 0; ink != NULL && i < side * side; i++)
        if (pixels[i] >= 128)
            pixSetPixel(ink, i % side, i / side, 1);
    boxes = ink == NULL ? NULL : pixConnComp(ink, &parts, 8);
    for (l_int32 i = 0; boxes != NULL && i < boxaGetCount(boxes); i++) {
        PIX *part = pixaGetPix(parts, i, L_CLONE);
        l_int32 count = 0;

        pixCountPixels(part, &count, NULL);
        at = count > most ? i : at;
        most = count > most ? count : most;
        pixDestroy(&part);
    }
    if (most > 0) {
        l_int32 x = 0, y = 0, w = 0, h = 0;
        PIX *part = pixaGetPix(parts, at, L_CLONE);

        boxaGetBoxGeometry(boxes, at, &x, &y, &w, &h);
        pixClearAll(ink);
        pixRasterop(ink, x, y, w, h, PIX_SRC, part, 0, 0);
        pixDestroy(&part);
    }
    for (int i = 0; ink != NULL && i < side * side; i++) {
        l_uint32 on = 0;

        pixGetPixel(ink, i % side, i / side, &on);
        pixels[i] = on != 0 ? 255 : 0;
    }
    boxaDestroy(&boxes);
    pixaDestroy(&parts);
    pixDestroy(&ink);
}

int mark_shapes_read(struct mark_shapes *out, const char *images, const char *labels, bool hands, struct tsk_err *err)
{
    struct tsk_buf pixels = TSK_BUF(64u << 20), names = TSK_BUF(1u << 20);
    int rc = 0;

    memset(out, 0, sizeof(*out));
    out->hands = hands;
    if (images == NULL)
        return 0;
    if (read_idx(images, 16, &pixels, err) != 0 || read_idx(labels, 8, &names, err) != 0) {
        rc = -1;
    } else {
        out->side = (unsigned char)pixels.data[15];
        out->count = (int)names.len - 8;
        if ((size_t)out->count * (size_t)(out->side * out->side) + 16 != pixels.len)
            rc = tsk_fail(err, TSK_REJECT, 0, "%s and %s do not belong together", images, labels);
        else if ((out->pixels = malloc(pixels.len + names.len)) == NULL)
            rc = tsk_fail(err, TSK_STOP, 0, "no memory for %s", images);
    }
    if (rc == 0) {
        memcpy(out->pixels, pixels.data + 16, pixels.len - 16);
        memcpy(out->pixels + pixels.len - 16, names.data + 8, names.len - 8);
        out->labels = out->pixels + pixels.len - 16;
        for (int i = 0; i < out->count; i++)
            keep_largest(out->pixels + (size_t)i * (size_t)(out->side * out->side), out->side);
    }
    tsk_buf_free(&pixels);
    tsk_buf_free(&names);
    return rc;
}

void mark_shapes_free(struct mark_shapes *shapes)
{
    free(shapes->pixels);
    shapes->pixels = NULL;
}

static void choose_many(const struct tsk_field *field, struct tsk_fill_value *value, const char **chosen,
                        uint64_t *state)
{
    for (size_t i = 0; i < field->option_count && i < MARK_OPTIONS_MAX; i++)
        if (chance(state) < 0.35)
            chosen[value->chosen_count++] = field->options[i].value;
}

static void choose_one(const struct tsk_field *field, struct tsk_fill_value *value, const char **chosen,
                       const char **cancelled, bool hands, uint64_t *state)
{
    int pick = below(state, (int)field->option_count), other = below(state, (int)field->option_count);

    if (chance(state) > 0.85)
        return;
    chosen[value->chosen_count++] = field->options[pick].value;
    if (hands && other != pick && chance(state) < TWO_SHARE) {
        chosen[value->chosen_count++] = field->options[other].value;
        return;
    }
    if ((hands || field->kind == TSK_FIELD_MARK) && other != pick &&
        chance(state) < (hands ? STRUCK_MORE : STRUCK_SHARE)) {
        *cancelled = field->options[other].value;
        value->cancelled = cancelled;
        value->cancelled_count = 1;
    }
}

static void fill_sheet(struct mark_sheet *sheet, bool hands, uint64_t *state)
{
    static const char *const texts[] = { "田中 次郎", "みどり 06-6971", "大阪市東成区大今里南1-2-3", "ハシモト ヨシコ",
                                         "脳梗塞後遺症" };
    static const char *const digits[] = { "28", "9", "1", "12", "07" };
    const struct tsk_form *form = sheet->form;

    sheet->fill.values = sheet->values;
    sheet->fill.value_count = form->field_count < MARK_FIELDS_MAX ? form->field_count : MARK_FIELDS_MAX;
    for (size_t i = 0; i < sheet->fill.value_count; i++) {
        const struct tsk_field *field = &form->fields[i];
        struct tsk_fill_value *value = &sheet->values[i];

        value->field = field->id;
        value->chosen = sheet->chosen[i];
        if (field->kind == TSK_FIELD_TEXT && chance(state) < 0.5)
            value->text = texts[below(state, (int)TSK_COUNT(texts))];
        else if (field->kind == TSK_FIELD_DIGITS && chance(state) < 0.5)
            value->text = digits[below(state, (int)TSK_COUNT(digits))];
        else if (field->option_count > 0 && field->choose == TSK_CHOOSE_MANY)
            choose_many(field, value, sheet->chosen[i], state);
        else if (field->option_count > 0)
            choose_one(field, value, sheet->chosen[i], &sheet->cancelled[i], hands, state);
    }
}

static void pick_pen(struct tsk_pen *pen, uint64_t *state)
{
    static const char *const fonts[] = { "IPAexMincho", "IPAexGothic", "Noto Sans CJK JP", "Noto Serif CJK JP" };

    pen->font = fonts[below(state, (int)TSK_COUNT(fonts))];
    pen->style = (enum tsk_mark_style)below(state, TSK_STYLE_CIRCLE + 1);
    pen->width_mm = between(state, 0.18, 0.8);
    pen->ring = chance(state) < 0.2 ? 0 : between(state, 0.7, 1.8);
    pen->size = between(state, 0.6, 1.6);
    pen->jitter_mm = chance(state) < 0.3 ? 0 : between(state, 0.1, 0.5);
    pen->seed = (unsigned)next(state);
}

static void pick_fax(struct faxsim *fax, uint64_t *state)
{
    static const double dpi[][2] = {
        { 204, 196 }, { 204, 196 }, { 204, 196 }, { 204, 98 }, { 204, 391 }, { 300, 300 }
    };
    int at = below(state, (int)TSK_COUNT(dpi));
    bool poor = chance(state) < 0.5;

    fax->x_dpi = dpi[at][0];
    fax->y_dpi = dpi[at][1];
    fax->offset_x_mm = between(state, -2, 5);
    fax->offset_y_mm = between(state, 0, 7);
    fax->skew_deg = between(state, -1, 1) * (poor ? 2.5 : 0.8);
    fax->stretch_x = between(state, -1, 1) * (poor ? 0.02 : 0.005);
    fax->stretch_y = between(state, -1, 1) * (poor ? 0.02 : 0.01);
    fax->noise = between(state, 0, poor ? 32 : 12);
    fax->threshold = (int)between(state, 120, 190);
    fax->header = chance(state) < 0.7 ? "2026-11-21 09:30 FROM: 06-6971-0000 P.01/01" : NULL;
    fax->specks = poor ? below(state, 400) : below(state, 40);
    fax->streaks = poor ? below(state, 3) : 0;
    fax->lost_bands = chance(state) < 0.3 ? below(state, 12) : 0;
    fax->lost_rows = fax->lost_bands > 0 ? 1 + below(state, 8) : 0;
    fax->garbled_rows = fax->lost_bands > 0 && chance(state) < 0.6 ? below(state, 70) : 0;
    fax->black_edge_mm = chance(state) < 0.15 ? between(state, 1, 8) : 0;
    fax->upside_down = chance(state) < 0.1;
    fax->seed = (unsigned)next(state);
}

struct stamp { /* one shape on its way to the paper */
    const unsigned char *pixels;
    int side, left, top, width, height; /* of the ink within the shape */
    struct tsk_rect mm;                 /* where it goes */
};

static void find_ink(struct stamp *stamp)
{
    int right = 0, bottom = 0;

    stamp->left = stamp->top = stamp->side;
    for (int i = 0; i < stamp->side * stamp->side; i++) {
        int x = i % stamp->side, y = i / stamp->side;

        if (stamp->pixels[i] < 128)
            continue;
        stamp->left = x < stamp->left ? x : stamp->left;
        stamp->top = y < stamp->top ? y : stamp->top;
        right = x > right ? x : right;
        bottom = y > bottom ? y : bottom;
    }
    stamp->width = right - stamp->left + 1;
    stamp->height = bottom - stamp->top + 1;
}

static void press(const struct stamp *stamp, double x_dpi, double y_dpi, PIX *grey)
{
    const struct tsk_rect *mm = &stamp->mm;
    int left = (int)(mm->x / 25.4 * x_dpi), right = (int)((mm->x + mm->w) / 25.4 * x_dpi);
    int top = (int)(mm->y / 25.4 * y_dpi), bottom = (int)((mm->y + mm->h) / 25.4 * y_dpi);

    for (int y = top < 0 ? 0 : top; y < bottom && y < pixGetHeight(grey); y++) {
        for (int x = left < 0 ? 0 : left; x < right && x < pixGetWidth(grey); x++) {
            int sx = stamp->left + (x - left) * stamp->width / (right - left),
                sy = stamp->top + (y - top) * stamp->height / (bottom - top);

            if (stamp->pixels[sy * stamp->side + sx] >= 128)
                SET_DATA_BYTE(pixGetData(grey) + (size_t)y * (size_t)pixGetWpl(grey), x, INK);
        }
    }
}

/* A corner or a side of a frame is no mark: its ink lies off the middle, or in a line. */
static bool is_mark(const struct stamp *stamp)
{
    double x = 0, y = 0, ink = 0;

    for (int i = 0; i < stamp->side * stamp->side; i++) {
        if (stamp->pixels[i] < 128)
            continue;
        x += i % stamp->side - stamp->left;
        y += i / stamp->side - stamp->top;
        ink++;
    }
    return stamp->width >= 8 && stamp->height >= 8 && fabs(x / ink / stamp->width - 0.5) < 0.2 &&
           fabs(y / ink / stamp->height - 0.5) < 0.2;
}

static struct stamp pick_stamp(const struct mark_shapes *shapes, bool rings, uint64_t *state)
{
    for (;;) {
        int at = below(state, shapes->count);
        struct stamp stamp = { .pixels = shapes->pixels + (size_t)at * (size_t)(shapes->side * shapes->side),
                               .side = shapes->side };

        find_ink(&stamp);
        if (is_mark(&stamp) && (!rings || shapes->labels[at] == 'm'))
            return stamp;
    }
}

/* Into a box as people tick it, or round a word. */
static void stamp_option(const struct mark_shapes *shapes, const struct tsk_field *field, const struct tsk_rect *box,
                         double size, const struct mark_sheet *sheet, uint64_t *state, PIX *grey)
{
    bool word = field->kind == TSK_FIELD_CIRCLE;
    struct stamp stamp = pick_stamp(shapes, word, state);
    double stray = word ? 0.25 : 0.45, w = box->w * size, h = box->h * size;

    if (word) {
        w = box->w + between(state, 1.6, 3);
        h = box->h + between(state, 1, 1.8);
    } else if (stamp.width > stamp.height) {
        h = h * fmax(0.5, (double)stamp.height / stamp.width);
    } else {
        w = w * fmax(0.5, (double)stamp.width / stamp.height);
    }
    stamp.mm = (struct tsk_rect){ box->x + box->w / 2 - w / 2 + between(state, -stray, stray),
                                  box->y + box->h / 2 - h / 2 + between(state, -stray, stray), w, h };
    press(&stamp, sheet->fax.x_dpi, sheet->fax.y_dpi, grey);
}

static bool is_shaped(const struct mark_sheet *sheet, const struct tsk_field *field)
{
    for (size_t i = 0; i < field->option_count; i++)
        if (field->kind == TSK_FIELD_CIRCLE && field->options[i].box.w > SHAPED_WORD_MM)
            return false;
    return sheet->by_people;
}

static void stamp_all(const struct mark_shapes *shapes, const struct mark_sheet *sheet, uint64_t *state, PIX *grey)
{
    for (size_t i = 0; i < sheet->fill.value_count; i++) {
        const struct tsk_field *field = &sheet->form->fields[i];
        double size = between(state, shapes->hands ? 0.45 : 0.75, 1.5);

        for (size_t k = 0; is_shaped(sheet, field) && k < sheet->values[i].chosen_count; k++)
            for (size_t o = 0; o < field->option_count; o++)
                if (strcmp(field->options[o].value, sheet->values[i].chosen[k]) == 0)
                    stamp_option(shapes, field, &field->options[o].box, size, sheet, state, grey);
    }
}

static size_t option_index(const struct tsk_field *field, const char *value)
{
    size_t at = 0;

    while (at + 1 < field->option_count && strcmp(field->options[at].value, value) != 0)
        at++;
    return at;
}

static void draw_one(struct mark_hand *hand, const struct tsk_field *field, size_t option, PIX *grey)
{
    if (field->kind == TSK_FIELD_CIRCLE)
        mark_hand_ring(hand, grey, field, option);
    else
        mark_hand_tick(hand, grey, &field->options[option].box);
}

static void draw_all(const struct mark_sheet *sheet, PIX *grey)
{
    struct mark_hand hand = mark_hand_new(sheet->seed, sheet->fax.x_dpi, sheet->fax.y_dpi);

    for (size_t i = 0; i < sheet->fill.value_count; i++) {
        const struct tsk_field *field = &sheet->form->fields[i];
        const struct tsk_fill_value *value = &sheet->values[i];

        for (size_t k = 0; k < value->cancelled_count; k++) {
            size_t at = option_index(field, value->cancelled[k]);

            draw_one(&hand, field, at, grey);
            mark_hand_strike(&hand, grey, &field->options[at].box);
        }
        for (size_t k = 0; k < value->chosen_count; k++)
            draw_one(&hand, field, option_index(field, value->chosen[k]), grey);
    }
}

/* Hits while the page was sent; half of the pages lose rows elsewhere too, as some receivers drop what came wrong. */
static void pick_line(struct faxsim *fax, uint64_t *state)
{
    fax->line_hits = 4 + below(state, 57);
    fax->compression = chance(state) < 0.33 ? FAXSIM_G3 : FAXSIM_G3_2D;
    fax->lost_bands = chance(state) < 0.5 ? 3 + below(state, 48) : 0;
    fax->lost_rows = 1 + below(state, 3);
    fax->garbled_rows = chance(state) < 0.2 ? below(state, 60) : 0;
    fax->repeated_rows = chance(state) < 0.2 ? below(state, 40) : 0;
    fax->black_bands = chance(state) < 0.2 ? below(state, 6) : 0;
    fax->black_rows = 1 + below(state, 3);
    fax->shifted_bands = chance(state) < 0.2 ? below(state, 6) : 0;
    fax->shifted_rows = 1 + below(state, 3);
}

/* Without the marks that people's shapes or other hands stand for. */
static int render(const struct mark_sheet *sheet, PIX **grey, struct tsk_err *err)
{
    struct tsk_fill_value *drawn = calloc(MARK_FIELDS_MAX, sizeof(*drawn));
    struct tsk_fill fill = sheet->fill;
    int rc = -1;

    if (drawn == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory for a sheet");
    memcpy(drawn, sheet->values, sizeof(sheet->values));
    for (size_t i = 0; i < fill.value_count; i++)
        if (sheet->by_hands)
            drawn[i].chosen_count = drawn[i].cancelled_count = 0;
        else if (is_shaped(sheet, &sheet->form->fields[i]))
            drawn[i].chosen_count = 0;
    fill.values = drawn;
    rc = tsk_form_render(sheet->form, &fill, &sheet->pen, sheet->fax.x_dpi, sheet->fax.y_dpi, grey, err);
    free(drawn);
    return rc;
}

int mark_sheet_make(const struct tsk_forms *forms, const struct mark_shapes *shapes, unsigned seed,
                    struct mark_sheet *out, struct tsk_page *page, struct tsk_err *err)
{
    uint64_t state = 0x9e3779b97f4a7c15ULL ^ (seed * 0x2545f4914f6cdd1dULL);
    PIX *grey = NULL;
    int rc = -1;

    memset(out, 0, sizeof(*out));
    memset(page, 0, sizeof(*page));
    for (int i = 0; i < 8; i++)
        next(&state);
    out->seed = seed;
    out->form = &forms->forms[below(&state, (int)forms->count)];
    fill_sheet(out, shapes->hands, &state);
    pick_pen(&out->pen, &state);
    pick_fax(&out->fax, &state);
    out->by_people = shapes->count > 0 && chance(&state) < 0.5;
    if (shapes->hands && chance(&state) < 0.5)
        pick_line(&out->fax, &state);
    out->by_hands = shapes->hands && !out->by_people;
    if (render(out, &grey, err) != 0)
        return -1;
    if (out->by_people)
        stamp_all(shapes, out, &state, grey);
    if (out->by_hands)
        draw_all(out, grey);
    rc = faxsim_page(grey, &out->fax, &page->pix, err);
    pixDestroy(&grey);
    page->number = 1;
    page->x_dpi = out->fax.x_dpi;
    page->y_dpi = out->fax.y_dpi;
    return rc;
}
