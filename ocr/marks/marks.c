/* marks - the state of each option of a field, and what the field's answer is */
#include "ocr/marks/marks.h"

#include <math.h>
#include <stdlib.h>

#include "ocr/marks/features.h"

#define BOX_MARGIN_MM 3.0
#define CIRCLE_MARGIN_MM 3.5
#define ODDS_SURE 2.0    /* log odds either side of even: less is ambiguous */
#define PRINTED_MIN 0.35 /* share of the printed outline found: less, and we do not know where we look */
#define ERROR_MAX_MM 0.7
#define LOST_MM 0.9          /* of rows that are missing here: a mark may be gone with them */
#define REMOVED_MM2 0.1      /* of scratches in a box: they may have been a faint mark after all */
#define CROSSED_INSIDE 0.05  /* a stroke from wall to wall leaves more ink: less is a ring's arc beside the box */
#define BLACKENED_INSIDE 0.6 /* so much ink hides what was struck out, if anything was */
#define STRUCK_INSIDE 0.10   /* a strike through an empty box is a mark, not a correction */
#define STRUCK_NEVER (-4.0)  /* log odds of the network: nobody struck this out */
#define STRUCK_MAYBE (-2.0)  /* somebody may have */
#define STRUCK_UNKNOWN (-3.0)

#define UNTOUCHED_MM2 0.03 /* of foreign ink: less is dust */
#define LIKELIER_BY 2.0    /* log odds: ahead of every other option of the field */

struct marking { /* what the options of a field are read with */
    const struct tsk_blanks *blanks;
    const struct tsk_net *net;
    const struct tsk_map *map;
    const struct tsk_page *page;
};

struct verdict { /* on one option */
    enum tsk_mark_state state;
    double odds;
    double certainty;   /* 0.5 .. 1 */
    const char *reason; /* NULL: none */
    int strikes;
    bool removed; /* so much was taken for scratches that it may have been a mark */
    bool lost;    /* rows are missing here: what the line took away nobody can call empty */
};

static struct verdict from_odds(double odds, double printed, double error_mm)
{
    struct verdict v = { .state = TSK_MARK_AMBIGUOUS, .odds = odds, .certainty = 1 / (1 + exp(-fabs(odds))) };

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

static void strike(struct verdict *v)
{
    v->state = TSK_MARK_AMBIGUOUS;
    v->certainty = 0.5;
    v->reason = "struck_out";
}

/* struck: log odds of the network that a mark there is struck out. Level strokes are also what a box is filled in with. */
static struct verdict judge_box(const struct box_features *f, double odds, double struck)
{
    struct verdict v = from_odds(odds, f->printed, f->error_mm);

    bool blackened = f->strikes >= 2 && f->inside > BLACKENED_INSIDE; /* by a broad pen, or struck out many times */
    bool crossed = f->strikes == 1 && f->inside > CROSSED_INSIDE && v.state != TSK_MARK_EMPTY;
    bool never = struck < STRUCK_NEVER;
    bool maybe = struck > STRUCK_MAYBE && v.state == TSK_MARK_MARKED;

    v.strikes = never ? 0 : f->strikes;
    v.removed = f->removed > REMOVED_MM2;
    if (blackened || crossed) {
        if (!never)
            strike(&v);
    } else if (f->strikes >= 2 && f->inside > STRUCK_INSIDE) {
        if (never)
            strike(&v);
        else
            v.state = TSK_MARK_CORRECTED;
    } else if (maybe) {
        strike(&v);
    }
    return v;
}

static struct verdict judge_circle(const struct circle_features *f)
{
    struct verdict v = from_odds(circle_odds(f), f->printed, f->error_mm);

    v.strikes = f->strikes;
    if (f->strikes >= 2 && v.state == TSK_MARK_MARKED && f->inside > 0.8) {
        v.state = TSK_MARK_CORRECTED;
        v.certainty = 0.6;
        v.reason = "struck_out";
    }
    return v;
}

/* What is proposed as marked: a person decides where it is unsure. */
static bool proposed(const struct verdict *v)
{
    return v->state == TSK_MARK_MARKED || (v->state == TSK_MARK_AMBIGUOUS && v->odds > 0);
}

static void unsure(struct verdict *v, enum tsk_mark_state state, const char *reason)
{
    v->state = state;
    v->certainty = fmin(v->certainty, 0.5);
    if (v->reason == NULL)
        v->reason = reason;
}

static size_t count_proposed(const struct verdict *verdicts, size_t count)
{
    size_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += proposed(&verdicts[i]);
    return sum;
}

/* Of two marks where one is wanted, the one with a stroke through it was taken back, and a faint one is no second. */
static void settle_two(struct verdict *verdicts, size_t count)
{
    size_t clean = 0, sure = 0;

    for (size_t i = 0; i < count; i++) {
        clean += proposed(&verdicts[i]) && verdicts[i].strikes == 0;
        sure += verdicts[i].state == TSK_MARK_MARKED;
    }
    for (size_t i = 0; i < count; i++) {
        struct verdict *v = &verdicts[i];

        if (clean == 1 && proposed(v) && v->strikes > 0)
            unsure(v, TSK_MARK_CORRECTED, "struck_out");
        else if (sure == 1 && proposed(v) && v->state == TSK_MARK_AMBIGUOUS && v->strikes == 0)
            unsure(v, TSK_MARK_EMPTY, "ambiguous_mark");
    }
}

/* Where one is wanted and none is sure, the likeliest is a better proposal than nothing, if there is any sign of it. */
static void settle_none(struct verdict *verdicts, size_t count)
{
    size_t best = 0;
    bool ahead = true, corrected = false;

    for (size_t i = 1; i < count; i++)
        best = verdicts[i].odds > verdicts[best].odds ? i : best;
    for (size_t i = 0; i < count; i++) {
        ahead = ahead && (i == best || verdicts[i].odds + LIKELIER_BY < verdicts[best].odds);
        corrected = corrected || verdicts[i].state == TSK_MARK_CORRECTED;
    }
    if (ahead && !corrected && (verdicts[best].state == TSK_MARK_AMBIGUOUS || verdicts[best].removed)) {
        unsure(&verdicts[best], TSK_MARK_AMBIGUOUS, "ambiguous_mark");
        verdicts[best].odds = fmax(verdicts[best].odds, 0.01);
    }
}

/* A clear mark where one is wanted leaves no question to the other options. */
static void doubt_lost(const struct tsk_field *field, struct verdict *verdicts)
{
    size_t clear = 0;

    for (size_t i = 0; i < field->option_count; i++)
        clear += verdicts[i].state == TSK_MARK_MARKED && verdicts[i].reason == NULL;
    for (size_t i = 0; i < field->option_count; i++) {
        struct verdict *v = &verdicts[i];

        if (v->lost && v->state == TSK_MARK_EMPTY && (field->choose == TSK_CHOOSE_MANY || clear != 1)) {
            v->certainty = fmin(v->certainty, 0.7);
            v->reason = "rows_lost";
        }
    }
}

static void take_all(struct tsk_value *value, const struct tsk_field *field, struct verdict *verdicts)
{
    size_t count = field->option_count, found = count_proposed(verdicts, count);

    if (field->choose != TSK_CHOOSE_MANY && found > 1)
        settle_two(verdicts, count);
    if (field->choose == TSK_CHOOSE_ONE && found == 0)
        settle_none(verdicts, count);
    doubt_lost(field, verdicts);
    for (size_t i = 0; i < count; i++) {
        const struct verdict *v = &verdicts[i];

        if (proposed(v))
            tsk_value_choose(value, field->options[i].value);
        if (v->state == TSK_MARK_CORRECTED)
            tsk_value_cancel(value, field->options[i].value);
        if (v->reason != NULL)
            tsk_value_review(value, v->reason);
        value->score = fmin(value->score, v->certainty);
    }
    for (size_t i = 0; value->chosen_count == 0 && i < count; i++) {
        if (verdicts[i].removed) {
            tsk_value_review(value, "ambiguous_mark");
            value->score = fmin(value->score, 0.7);
        }
    }
}

/* The network is asked where there is any ink that the blank does not explain: most boxes are untouched. */
static double odds_of_box(const struct marking *at, const struct tsk_patch *patch, struct tsk_rect box,
                          const struct box_features *f, double *struck)
{
    double measured = box_odds(f);
    struct tsk_net_glyph picture;
    double ink;

    *struck = STRUCK_UNKNOWN;
    if (at->net == NULL || (f->area + f->removed < UNTOUCHED_MM2 && f->fringe < UNTOUCHED_MM2))
        return measured;
    box_picture(patch, box, &picture);
    tsk_mark_picture_odds(at->net, &picture, &ink, struck);
    return both_odds(measured, ink);
}

static int read_boxes(const struct marking *at, const struct tsk_field *field, struct verdict *verdicts,
                      struct tsk_value *value, struct tsk_err *err)
{
    for (size_t i = 0; i < field->option_count; i++) {
        struct tsk_rect box = field->options[i].box;
        struct box_features f;
        struct tsk_patch patch;
        bool failed = false;

        if (tsk_patch_cut(at->blanks, at->map, at->page, box, BOX_MARGIN_MM, &patch, err) != 0)
            return -1;
        failed = box_measure(&patch, box, &f);
        if (!failed) {
            double struck, odds = odds_of_box(at, &patch, box, &f, &struck);

            verdicts[i] = judge_box(&f, odds, struck);
            verdicts[i].lost = patch.lost_mm >= LOST_MM;
        }
        tsk_patch_free(&patch);
        if (failed)
            return tsk_fail(err, TSK_RETRY, 0, "no memory for a field of page %d", at->page->number);
        value->registration_error_mm = fmax(value->registration_error_mm, f.error_mm);
    }
    return 0;
}

static int read_circles(const struct marking *at, const struct tsk_field *field, struct verdict *verdicts,
                        struct tsk_value *value, struct tsk_err *err)
{
    struct evidence evidence;
    struct tsk_patch patch;

    if (tsk_patch_cut(at->blanks, at->map, at->page, field_extent(field), CIRCLE_MARGIN_MM, &patch, err) != 0)
        return -1;
    if (evidence_new(&evidence, &patch) != 0) {
        tsk_patch_free(&patch);
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a field of page %d", at->page->number);
    }
    for (size_t i = 0; i < field->option_count; i++) {
        struct circle_features f;

        circle_measure(&patch, &evidence, field->options[i].box, circle_room(field, i), &f);
        verdicts[i] = judge_circle(&f);
        verdicts[i].lost = patch.lost_mm >= LOST_MM;
        value->registration_error_mm = fmax(value->registration_error_mm, f.error_mm);
    }
    evidence_free(&evidence);
    tsk_patch_free(&patch);
    return 0;
}

int tsk_marks_read(const struct tsk_blanks *blanks, const struct tsk_net *net, const struct tsk_map *map,
                   const struct tsk_page *page, const struct tsk_field *field, struct tsk_value *value,
                   struct tsk_err *err)
{
    const struct marking at = { blanks, net, map, page };
    struct verdict *verdicts = calloc(field->option_count + 1, sizeof(*verdicts));
    double error_mm = 0;
    int rc = -1;

    if (verdicts == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a field of page %d", page->number);
    value->score = 1;
    value->registration_error_mm = 0;
    value->review = false;
    tsk_map_rect(map, field_extent(field), value->box_px, &error_mm);
    if (field->kind == TSK_FIELD_MARK)
        rc = read_boxes(&at, field, verdicts, value, err);
    else
        rc = read_circles(&at, field, verdicts, value, err);
    if (rc == 0) {
        take_all(value, field, verdicts);
        value->blank = value->chosen_count == 0;
        value->confidence = value->score;
        /* a correction with nothing else chosen is half an answer */
        if (value->cancelled_count > 0 && value->chosen_count == 0)
            tsk_value_review(value, "struck_out");
    }
    free(verdicts);
    return rc;
}

static int box_seen(const struct tsk_patch *patch, const struct tsk_field *field, struct tsk_mark_terms *out)
{
    struct box_features f;

    if (box_measure(patch, field->options[out->option].box, &f) != 0)
        return -1;
    out->count = box_terms(&f, out->terms);
    out->odds = box_odds(&f);
    out->strikes = f.strikes;
    box_picture(patch, field->options[out->option].box, &out->picture);
    return 0;
}

static int circle_seen(const struct tsk_patch *patch, const struct tsk_field *field, struct tsk_mark_terms *out)
{
    struct circle_features f;
    struct evidence evidence;

    if (evidence_new(&evidence, patch) != 0)
        return -1;
    circle_measure(patch, &evidence, field->options[out->option].box, circle_room(field, out->option), &f);
    out->count = circle_terms(&f, out->terms);
    out->odds = circle_odds(&f);
    out->strikes = f.strikes;
    evidence_free(&evidence);
    return 0;
}

int tsk_marks_terms(const struct tsk_blanks *blanks, const struct tsk_map *map, const struct tsk_page *page,
                    const struct tsk_field *field, size_t option, struct tsk_mark_terms *out, struct tsk_err *err)
{
    bool box = field->kind == TSK_FIELD_MARK;
    struct tsk_patch patch;
    int rc = -1;

    *out = (struct tsk_mark_terms){ .option = option };
    if (tsk_patch_cut(blanks, map, page, box ? field->options[option].box : field_extent(field),
                      box ? BOX_MARGIN_MM : CIRCLE_MARGIN_MM, &patch, err) != 0)
        return -1;
    rc = box ? box_seen(&patch, field, out) : circle_seen(&patch, field, out);
    tsk_patch_free(&patch);
    return rc == 0 ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for a field of page %d", page->number);
}
