#include "ocr/confine/read_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "ocr/code/code.h"
#include "ocr/confine/models.h"
#include "ocr/marks/marks.h"
#include "ocr/text/typed_digits.h"

#define DIGITS_MARGIN_MM 1.5
#define ROWS_DOUBT 2.0          /* times the doubt, of a digit by hand */
#define ROWS_DOUBT_TYPED 4.0    /* in print, where two see the same stroke missing */
#define LOOSE_MM 0.8            /* beyond this local residual a field may be its neighbour: a person looks */
#define EDITION_MARGIN_MIN 0.04 /* the right one is 0.07 and more ahead, on poor pages too */
#define DAMAGED_ROWS_PART 8     /* more than one row in eight damaged: the page is incomplete */

/* One page on its way through the stages. */
struct reading_page {
    const struct tsk_models *models;
    const struct tsk_request *request;
    struct tsk_page *page;
    const struct tsk_form *form;
    struct tsk_map *map;
    struct tsk_reading *reading;
};

typedef int field_fn(const struct reading_page *at, const struct tsk_field *field, struct tsk_value *value,
                     struct tsk_err *err);

static struct tsk_rect bounds(const struct tsk_field *field)
{
    struct tsk_rect all = field->box;

    for (size_t i = 0; i < field->option_count; i++) {
        const struct tsk_rect *b = &field->options[i].box;
        double right, bottom;

        if (i == 0) {
            all = *b;
            continue;
        }
        right = all.x + all.w > b->x + b->w ? all.x + all.w : b->x + b->w;
        bottom = all.y + all.h > b->y + b->h ? all.y + all.h : b->y + b->h;
        all.x = all.x < b->x ? all.x : b->x;
        all.y = all.y < b->y ? all.y : b->y;
        all.w = right - all.x;
        all.h = bottom - all.y;
    }
    return all;
}

static bool is_mark(const struct tsk_field *field)
{
    return field->kind == TSK_FIELD_MARK || field->kind == TSK_FIELD_CIRCLE;
}

static int read_mark(const struct reading_page *at, const struct tsk_field *field, struct tsk_value *value,
                     struct tsk_err *err)
{
    if (tsk_marks_read(at->models->blanks, at->models->mark_nets, at->map, at->page, field, value, err) != 0)
        return -1;
    value->blank = value->chosen_count == 0;
    return 0;
}

static void take_digits(struct tsk_value *value, const struct tsk_digits_result *digits)
{
    value->blank = digits->blank;
    value->hand = digits->blank ? TSK_HAND_NONE : digits->typed ? TSK_HAND_TYPED : TSK_HAND_WRITTEN;
    value->score = digits->blank ? digits->blank_p : digits->count > 0 ? digits->alts[0].p : 0;
    tsk_value_set_text(value, !digits->blank && digits->count > 0 ? digits->alts[0].text : "");
    for (int i = digits->blank ? 0 : 1; i < digits->count; i++)
        tsk_value_alternative(value, digits->alts[i].text, digits->alts[i].p);
    if (!digits->blank && digits->count == 0)
        tsk_value_review(value, digits->reason[0] != '\0' ? digits->reason : "not_digits");
}

/* Where rows went, a 1 may be what is left of a 7, and any digit is less sure. Alternatives keep their share: dates weigh them. */
static void doubt_rows(const struct tsk_patch *patch, struct tsk_value *value)
{
    double before = value->score, doubt = value->hand == TSK_HAND_TYPED ? ROWS_DOUBT_TYPED : ROWS_DOUBT;

    if (value->blank || !patch->broken || before <= 0 ||
        (patch->spoilt_mm <= 0 && patch->lost_mm <= 0 && patch->dropped_mm <= 0))
        return;
    value->score = fmax(before / 4, 1 - doubt * (1 - before));
    for (size_t i = 0; i < value->alternative_count; i++)
        value->alternatives[i].confidence *= value->score / before;
    if (patch->lost_mm > 0 && strchr(value->text, '1') != NULL)
        tsk_value_review(value, "rows_lost");
}

static int read_digits(const struct reading_page *at, const struct tsk_field *field, struct tsk_value *value,
                       struct tsk_err *err)
{
    struct tsk_digits_result digits = { 0 };
    struct tsk_patch patch = { 0 };
    int rc = -1;

    if (at->models->digits == NULL || at->request->marks_only)
        return 0;
    if (tsk_patch_cut(at->models->blanks, at->map, at->page, field->box, DIGITS_MARGIN_MM, &patch, err) == 0) {
        struct tsk_digits_cell cell = { .ink = patch.foreign,
                                        .px_per_mm_x = patch.px_per_mm_x,
                                        .px_per_mm_y = patch.px_per_mm_y,
                                        .max_len = field->digits_max };

        cell.core.x = (l_int32)((field->box.x - patch.mm.x) * patch.px_per_mm_x + 0.5);
        cell.core.y = (l_int32)((field->box.y - patch.mm.y) * patch.px_per_mm_y + 0.5);
        cell.core.w = (l_int32)(field->box.w * patch.px_per_mm_x + 0.5);
        cell.core.h = (l_int32)(field->box.h * patch.px_per_mm_y + 0.5);
        rc = tsk_digits_read_cell(at->models->digits, &cell, &digits, err);
        if (rc == 0 && at->models->shapes != NULL)
            rc = tsk_typed_digits_weigh(at->models->shapes, &patch, field, &digits, err);
    }
    if (rc == 0) {
        take_digits(value, &digits);
        doubt_rows(&patch, value);
    }
    tsk_patch_free(&patch);
    return rc;
}

static int read_text(const struct reading_page *at, const struct tsk_field *field, struct tsk_value *value,
                     struct tsk_err *err)
{
    if (at->models->text == NULL || at->request->marks_only)
        return 0;
    return tsk_text_field_read(at->models->text, at->models->blanks, at->map, at->page, at->form, field, value, err);
}

static int read_picture(const struct reading_page *at, const struct tsk_field *field, struct tsk_value *value,
                        struct tsk_err *err)
{
    (void)at, (void)field, (void)err;
    value->score = 1;
    return 0;
}

static void place(const struct reading_page *at, const struct tsk_field *field, struct tsk_value *value)
{
    tsk_map_rect(at->map, bounds(field), value->box_px, &value->registration_error_mm);
    if (value->registration_error_mm > LOOSE_MM)
        tsk_value_review(value, "registration");
}

/* A field that cannot be read is a question to a person; it takes nothing from the others. */
static void read_field(const struct reading_page *at, size_t i, field_fn *read)
{
    struct tsk_value *value = &at->reading->values[i];
    struct tsk_err err = { 0 };

    if (read(at, &at->form->fields[i], value, &err) != 0) {
        value->score = 0;
        tsk_value_review(value, "unreadable");
    } else if (at->request->marks_only && !is_mark(&at->form->fields[i])) {
        tsk_value_review(value, "not_read");
    }
}

static void read_kind(const struct reading_page *at, bool (*of_kind)(const struct tsk_field *), field_fn *read)
{
    for (size_t i = 0; i < at->form->field_count; i++) {
        if (of_kind(&at->form->fields[i]))
            read_field(at, i, read);
    }
}

static bool is_digits(const struct tsk_field *field)
{
    return field->kind == TSK_FIELD_DIGITS;
}

static bool is_text(const struct tsk_field *field)
{
    return field->kind == TSK_FIELD_TEXT;
}

static bool is_picture(const struct tsk_field *field)
{
    return field->kind == TSK_FIELD_IMAGE;
}

static double lap(struct tsk_timing *timing, enum tsk_page_stage stage, double since)
{
    double now = (double)tsk_mono_ms();

    if (timing != NULL)
        timing->ms[stage] += now - since;
    return now;
}

static void set(char **to, const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        abort(); /* the child's ceiling: its parent learns of it */
    free(*to);
    *to = copy;
}

static void incomplete(struct tsk_reading *reading, const char *reason)
{
    reading->state = TSK_PAGE_INCOMPLETE;
    if (reading->reason[0] == '\0')
        set(&reading->reason, reason);
    for (size_t i = 0; i < reading->value_count; i++)
        tsk_value_review(&reading->values[i], "page_incomplete");
}

static int64_t reception(const struct tsk_request *request, const struct tsk_page *page)
{
    if (request->received_ms != 0)
        return request->received_ms;
    return page->received_ms != 0 ? page->received_ms : request->fallback_ms;
}

static void describe(struct tsk_reading *reading, const struct tsk_request *request, const struct tsk_page *page)
{
    int64_t received = reception(request, page);
    char stamp[TSK_STAMP_SIZE];

    reading->page = page->number;
    reading->width_px = pixGetWidth(page->pix);
    reading->height_px = pixGetHeight(page->pix);
    reading->x_dpi = page->x_dpi;
    reading->y_dpi = page->y_dpi;
    if (received != 0) {
        tsk_stamp(received, stamp);
        set(&reading->received, stamp);
    }
}

/* Wards' editions differ in a few printed texts; where none stands out, nobody should take the ward for read. */
static void doubt_edition(struct reading_page *at, const struct tsk_identified *found)
{
    if (found->edition_margin < EDITION_MARGIN_MIN)
        tsk_reading_problem(at->reading, "", "edition_unsure", "どの区の版の用紙か、印刷の違いから確かめられません。");
}

static int read_fields(struct reading_page *at, struct tsk_timing *timing, struct tsk_err *err)
{
    const struct tsk_models *m = at->models;
    const struct tsk_judge_rules rules = {
        .calibration = m->calibration, .lexicon = m->lexicon, .reference = m->reference, .tolerated = m->tolerated
    };
    double since = (double)tsk_mono_ms();

    for (size_t i = 0; i < at->form->field_count; i++)
        place(at, &at->form->fields[i], &at->reading->values[i]);
    if (tsk_code_read(at->reading, at->map, at->page, at->form, err) != 0)
        return -1;
    read_kind(at, is_mark, read_mark);
    read_kind(at, is_picture, read_picture);
    since = lap(timing, TSK_STAGE_MARKS, since);
    read_kind(at, is_digits, read_digits);
    since = lap(timing, TSK_STAGE_DIGITS, since);
    read_kind(at, is_text, read_text);
    tsk_text_settle_hands(at->form, at->reading);
    since = lap(timing, TSK_STAGE_TEXT, since);
    if (tsk_map_bottom_missing(at->map))
        incomplete(at->reading, "the lower end of the page is missing; ask the sender to fax it again");
    if (at->page->bad_rows > pixGetHeight(at->page->pix) / DAMAGED_ROWS_PART)
        incomplete(at->reading, "much of the page was damaged on the line; ask the sender to fax it again");
    if (tsk_judge(&rules, at->form, reception(at->request, at->page), at->reading, err) != 0)
        return -1;
    lap(timing, TSK_STAGE_JUDGE, since);
    return 0;
}

static int no_form(struct reading_page *at, const struct tsk_identified *found, struct tsk_err *err)
{
    if (tsk_reading_start(at->reading, NULL, err) != 0)
        return -1;
    describe(at->reading, at->request, at->page);
    at->reading->rotation = found->rotation;
    set(&at->reading->reason, found->reason != NULL ? found->reason : "no form found");
    return 0;
}

int tsk_read_page(const struct tsk_models *models, const struct tsk_request *request, struct tsk_page *page,
                  struct tsk_reading *out, struct tsk_timing *timing, struct tsk_err *err)
{
    struct reading_page at = { .models = models, .request = request, .page = page, .reading = out };
    struct tsk_identified found = { 0 };
    double since = (double)tsk_mono_ms();
    int rc;

    memset(out, 0, sizeof *out);
    if (tsk_locate(models->blanks, page, &found, &at.map, err) != 0)
        return -1;
    lap(timing, TSK_STAGE_REGISTER, since);
    if (found.form == NULL)
        return no_form(&at, &found, err);
    at.form = found.form;
    rc = tsk_reading_start(out, found.form, err);
    if (rc == 0) {
        out->registration_error_mm = tsk_map_error_mm(at.map);
        doubt_edition(&at, &found);
        rc = read_fields(&at, timing, err);
    }
    tsk_map_free(&at.map);
    if (rc == 0) {
        describe(out, request, page);
        out->rotation = found.rotation;
    }
    return rc;
}
