/* marks - the state of each option of a field, and what the field's answer is */
#include "ocr/marks/marks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ocr/marks/features.h"

#define DATA_PATH_MAX 4096
#define BOX_MARGIN_MM 3.0
#define CIRCLE_MARGIN_MM 3.5
#define LOST_MM 0.9 /* of rows that are missing here: a mark may be gone with them */
#define DROPPED_GIVE_MM 0.15
#define LOST_REACH_MM 0.2  /* beyond a box: a loss there takes nothing of it away */
#define RING_REACH_MM 2.1  /* beyond a word */
#define UNTOUCHED_MM2 0.03 /* of foreign ink: less is dust */
#define NO_REST 6.0        /* log odds of a mark from which on it is one, level strokes or not */
#define NO_RING (-6.0)     /* log odds, as measured: the network is not asked */
#define CLEAR_RING 8.0
#define HUGGED_MM2 0.3 /* of foreign ink on a word: a ring may hug it so closely that no ray meets it */
#define WALL_MM 0.3    /* the printed wall, and what clings to it */
#define LEVEL_MM 0.7   /* no higher is what a broken row leaves; a pen's dot is */

struct marking { /* what the options of a field are read with */
    const struct tsk_blanks *blanks;
    const struct tsk_mark_nets *nets;
    const struct tsk_map *map;
    const struct tsk_page *page;
};

static void take_all(struct tsk_value *value, const struct tsk_field *field, struct verdict *verdicts)
{
    size_t count = field->option_count;

    settle_group(field, verdicts);
    for (size_t i = 0; i < count; i++) {
        const struct verdict *v = &verdicts[i];

        if (verdict_proposed(v))
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
static struct seen see_box(const struct marking *at, const struct tsk_patch *patch, struct tsk_rect box,
                           const struct box_features *f)
{
    struct seen seen = { 0 };
    struct tsk_net_glyph picture;

    if (at->nets == NULL || (f->area + f->removed < UNTOUCHED_MM2 && f->fringe < UNTOUCHED_MM2))
        return seen;
    seen.asked = true;
    box_picture(patch, box, &picture);
    tsk_mark_picture_odds(&at->nets->boxes.net, &picture, &seen.ink, &seen.struck);
    return seen;
}

/* Of most words what is measured is clear. */
static struct seen see_word(const struct marking *at, const struct tsk_patch *patch, struct tsk_rect word,
                            const struct circle_features *f)
{
    const double odds = circle_odds(f);
    struct seen seen = { 0 };
    struct tsk_net_glyph picture;

    if (at->nets == NULL || (odds < NO_RING && f->inside < HUGGED_MM2) || (odds > CLEAR_RING && f->strikes == 0))
        return seen;
    seen.asked = true;
    word_picture(patch, word, &picture);
    tsk_mark_picture_odds(&at->nets->words.net, &picture, &seen.ink, &seen.struck);
    return seen;
}

/*
 * Did rows go missing between top and bottom of the option, or reach_mm further? A patch alone has so little print that it
 * may be taken for torn where it is not: the print all over the page has to agree.
 */
static bool is_lost(const struct tsk_patch *patch, struct tsk_rect option, double reach_mm)
{
    double lost = fmin(patch->lost_mm, patch->dropped_mm + DROPPED_GIVE_MM), reach = reach_mm + lost;

    return lost >= LOST_MM && patch->lost_y_mm > option.y - reach && patch->lost_y_mm < option.y + option.h + reach;
}

/* Has the box no ink but rests of broken rows, where there are some? */
static bool is_rest_of_rows(const struct tsk_patch *patch, struct tsk_rect box)
{
    BOX *place =
        boxCreate((int)((box.x + WALL_MM - patch->mm.x) * patch->px_per_mm_x),
                  (int)((box.y + WALL_MM - patch->mm.y) * patch->px_per_mm_y),
                  (int)((box.w - 2 * WALL_MM) * patch->px_per_mm_x), (int)((box.h - 2 * WALL_MM) * patch->px_per_mm_y));
    bool broken = patch->broken || patch->spoilt_mm > 0 || patch->dropped_mm > 0;
    PIX *inside = broken && place != NULL ? pixClipRectangle(patch->foreign, place, NULL) : NULL;
    BOXA *pieces = inside != NULL ? pixConnCompBB(inside, 8) : NULL;
    int count = pieces != NULL ? boxaGetCount(pieces) : 0;
    bool rest = count > 0;

    for (int i = 0; i < count; i++) {
        l_int32 height = 0;

        boxaGetBoxGeometry(pieces, i, NULL, NULL, NULL, &height);
        rest = rest && height <= LEVEL_MM * patch->px_per_mm_y;
    }
    boxDestroy(&place);
    pixDestroy(&inside);
    boxaDestroy(&pieces);
    return rest;
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
            struct seen seen = see_box(at, &patch, box, &f);

            verdicts[i] = judge_box(&f, &seen);
            verdicts[i].lost = is_lost(&patch, box, LOST_REACH_MM);
            if (verdicts[i].state != TSK_MARK_EMPTY && verdicts[i].odds < NO_REST && is_rest_of_rows(&patch, box))
                verdict_doubt_rest(&verdicts[i]);
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
        struct tsk_rect word = field->options[i].box;
        struct circle_features f;
        struct seen seen;

        circle_measure(&patch, &evidence, word, circle_room(field, i), &f);
        seen = see_word(at, &patch, word, &f);
        verdicts[i] = judge_circle(&f, &seen);
        verdicts[i].lost = is_lost(&patch, word, RING_REACH_MM);
        value->registration_error_mm = fmax(value->registration_error_mm, f.error_mm);
    }
    evidence_free(&evidence);
    tsk_patch_free(&patch);
    return 0;
}

int tsk_mark_nets_read(struct tsk_mark_nets *out, const char *data_dir, struct tsk_err *err)
{
    char path[DATA_PATH_MAX];

    snprintf(path, sizeof(path), "%s/ocr/marks/net.bin", data_dir);
    if (tsk_weights_read(&out->boxes, path, err) != 0)
        return -1;
    snprintf(path, sizeof(path), "%s/ocr/marks/words.bin", data_dir);
    return tsk_weights_read(&out->words, path, err);
}

int tsk_marks_read(const struct tsk_blanks *blanks, const struct tsk_mark_nets *nets, const struct tsk_map *map,
                   const struct tsk_page *page, const struct tsk_field *field, struct tsk_value *value,
                   struct tsk_err *err)
{
    const struct marking at = { blanks, nets, map, page };
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
    word_picture(patch, field->options[out->option].box, &out->picture);
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
