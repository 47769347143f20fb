/* marks - the state of each option of a field, and what the field's answer is */
#include "ocr/marks/marks.h"

#include <math.h>

#include "ocr/marks/features.h"

#define BOX_MARGIN_MM 3.0
#define CIRCLE_MARGIN_MM 3.5
#define ODDS_SURE 2.0    /* log odds either side of even: less is ambiguous */
#define PRINTED_MIN 0.35 /* share of the printed outline found: less, and we do not know where we look */
#define ERROR_MAX_MM 0.7
#define REMOVED_MM2 0.1    /* of scratches in a box: they may have been a faint mark after all */
#define STRUCK_INSIDE 0.10 /* a strike through an empty box is a mark, not a correction */

struct verdict { /* on one option */
    enum tsk_mark_state state;
    double certainty;   /* 0.5 .. 1 */
    const char *reason; /* NULL: none */
};

static struct verdict from_odds(double odds, double printed, double error_mm)
{
    struct verdict v = { TSK_MARK_AMBIGUOUS, 1 / (1 + exp(-fabs(odds))), NULL };

    if (odds >= ODDS_SURE)
        v.state = TSK_MARK_MARKED;
    else if (odds <= -ODDS_SURE)
        v.state = TSK_MARK_EMPTY;
    else
        v.reason = odds > 0 ? "faint_mark" : "ambiguous_mark";
    if (printed < PRINTED_MIN || error_mm > ERROR_MAX_MM) {
        v.reason = "registration";
        v.certainty = fmin(v.certainty, 0.6);
    }
    return v;
}

static struct verdict judge_box(const struct box_features *f)
{
    double odds = box_odds(f);
    struct verdict v = from_odds(odds, f->printed, f->error_mm);

    if (f->strikes >= 2 && f->inside > STRUCK_INSIDE) {
        v.state = TSK_MARK_CORRECTED;
    } else if (f->strikes == 1 && v.state != TSK_MARK_EMPTY) {
        v.state = TSK_MARK_AMBIGUOUS;
        v.certainty = 0.5;
        v.reason = "struck_out";
    }
    return v;
}

static struct verdict judge_circle(const struct circle_features *f)
{
    struct verdict v = from_odds(circle_odds(f), f->printed, f->error_mm);

    if (f->strikes >= 2 && v.state == TSK_MARK_MARKED && f->inside > 0.8) {
        v.state = TSK_MARK_CORRECTED;
        v.certainty = 0.6;
        v.reason = "struck_out";
    }
    return v;
}

/* An unsure option is proposed as marked when that is likelier; a person decides. */
static void take(struct tsk_value *value, const char *option, const struct verdict *v, double odds)
{
    if (v->state == TSK_MARK_MARKED || (v->state == TSK_MARK_AMBIGUOUS && odds > 0))
        tsk_value_choose(value, option);
    if (v->state == TSK_MARK_CORRECTED)
        tsk_value_cancel(value, option);
    if (v->reason != NULL)
        tsk_value_review(value, v->reason);
    value->score = fmin(value->score, v->certainty);
}

static int read_boxes(const struct tsk_blanks *blanks, const struct tsk_map *map, const struct tsk_page *page,
                      const struct tsk_field *field, struct tsk_value *value, struct tsk_err *err)
{
    bool removed = false;

    for (size_t i = 0; i < field->option_count; i++) {
        struct box_features f;
        struct tsk_patch patch;
        struct verdict v;
        bool failed = false;

        if (tsk_patch_cut(blanks, map, page, field->options[i].box, BOX_MARGIN_MM, &patch, err) != 0)
            return -1;
        failed = box_measure(&patch, field->options[i].box, &f);
        tsk_patch_free(&patch);
        if (failed)
            return tsk_fail(err, TSK_RETRY, 0, "no memory for a field of page %d", page->number);
        removed |= f.removed > REMOVED_MM2;
        v = judge_box(&f);
        take(value, field->options[i].value, &v, box_odds(&f));
        value->registration_error_mm = fmax(value->registration_error_mm, f.error_mm);
    }
    if (removed && value->chosen_count == 0) {
        tsk_value_review(value, "ambiguous_mark");
        value->score = fmin(value->score, 0.7);
    }
    return 0;
}

static int read_circles(const struct tsk_blanks *blanks, const struct tsk_map *map, const struct tsk_page *page,
                        const struct tsk_field *field, struct tsk_value *value, struct tsk_err *err)
{
    struct evidence evidence;
    struct tsk_patch patch;

    if (tsk_patch_cut(blanks, map, page, field_extent(field), CIRCLE_MARGIN_MM, &patch, err) != 0)
        return -1;
    if (evidence_new(&evidence, &patch) != 0) {
        tsk_patch_free(&patch);
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a field of page %d", page->number);
    }
    for (size_t i = 0; i < field->option_count; i++) {
        struct circle_features f;
        struct verdict v;

        circle_measure(&patch, &evidence, field->options[i].box, circle_room(field, i), &f);
        v = judge_circle(&f);
        take(value, field->options[i].value, &v, circle_odds(&f));
        value->registration_error_mm = fmax(value->registration_error_mm, f.error_mm);
    }
    evidence_free(&evidence);
    tsk_patch_free(&patch);
    return 0;
}

int tsk_marks_read(const struct tsk_blanks *blanks, const struct tsk_map *map, const struct tsk_page *page,
                   const struct tsk_field *field, struct tsk_value *value, struct tsk_err *err)
{
    double error_mm = 0;
    int rc = -1;

    value->score = 1;
    value->registration_error_mm = 0;
    value->review = false;
    tsk_map_rect(map, field_extent(field), value->box_px, &error_mm);
    if (field->kind == TSK_FIELD_MARK)
        rc = read_boxes(blanks, map, page, field, value, err);
    else
        rc = read_circles(blanks, map, page, field, value, err);
    if (rc == 0) {
        value->blank = value->chosen_count == 0;
        value->confidence = value->score;
        /* a correction with nothing else chosen is half an answer */
        if (value->cancelled_count > 0 && value->chosen_count == 0)
            tsk_value_review(value, "struck_out");
    }
    return rc;
}
