/*
 * measure_marks - reads marks on sheets of its own making and counts: right, accepted, accepted and wrong
 *
 * usage: measure_marks SHEETS [SEED] [KEEP_DIR | --features]
 *
 * Pens, styles and the faults of scanners and lines are drawn at random; same seed, same sheets. With KEEP_DIR the sheets
 * that were misread anywhere are kept there as PNG. With --features nothing is counted: what the reader measures at every
 * option is printed, one JSON object each, for ocr/train/mark_weights.py.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forms/reading.h"
#include "forms/render.h"
#include "ocr/marks/marks.h"
#include "support/faxsim.h"

#define FIELDS_MAX 160
#define OPTIONS_MAX 24

struct tally {
    long sheets, lost, fields, right, accepted, silent, struck, struck_safe;
    long kind_fields[2], kind_right[2], kind_accepted[2], kind_silent[2];
};

struct sheet {
    struct tsk_fill fill;
    struct tsk_fill_value values[FIELDS_MAX];
    const char *chosen[FIELDS_MAX][OPTIONS_MAX];
    const char *cancelled[FIELDS_MAX];
    struct tsk_pen pen;
    struct faxsim fax;
};

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

static void choose_many(const struct tsk_field *field, struct tsk_fill_value *value, const char **chosen,
                        uint64_t *state)
{
    for (size_t i = 0; i < field->option_count && i < OPTIONS_MAX; i++)
        if (chance(state) < 0.35)
            chosen[value->chosen_count++] = field->options[i].value;
}

static void choose_one(const struct tsk_field *field, struct tsk_fill_value *value, const char **chosen,
                       const char **cancelled, uint64_t *state)
{
    int pick = below(state, (int)field->option_count), other = below(state, (int)field->option_count);

    if (chance(state) > 0.85)
        return;
    chosen[value->chosen_count++] = field->options[pick].value;
    if (field->kind == TSK_FIELD_MARK && other != pick && chance(state) < 0.04) {
        *cancelled = field->options[other].value;
        value->cancelled = cancelled;
        value->cancelled_count = 1;
    }
}

static void fill_sheet(struct sheet *sheet, const struct tsk_form *form, uint64_t *state)
{
    for (size_t i = 0; i < form->field_count && i < FIELDS_MAX; i++) {
        const struct tsk_field *field = &form->fields[i];
        struct tsk_fill_value *value = &sheet->values[i];

        value->field = field->id;
        value->chosen = sheet->chosen[i];
        if (field->kind == TSK_FIELD_TEXT && chance(state) < 0.5)
            value->text = chance(state) < 0.5 ? "田中 次郎" : "みどり 06-6971";
        else if (field->kind == TSK_FIELD_DIGITS && chance(state) < 0.5)
            value->text = chance(state) < 0.5 ? "28" : "9";
        else if (field->option_count > 0 && field->choose == TSK_CHOOSE_MANY)
            choose_many(field, value, sheet->chosen[i], state);
        else if (field->option_count > 0)
            choose_one(field, value, sheet->chosen[i], &sheet->cancelled[i], state);
    }
    sheet->fill.values = sheet->values;
    sheet->fill.value_count = form->field_count < FIELDS_MAX ? form->field_count : FIELDS_MAX;
}

static void pick_pen(struct tsk_pen *pen, uint64_t *state)
{
    pen->style = (enum tsk_mark_style)below(state, TSK_STYLE_CIRCLE + 1);
    pen->width_mm = between(state, 0.2, 0.7);
    pen->ring = chance(state) < 0.2 ? 0 : between(state, 0.7, 1.6);
    pen->size = between(state, 0.6, 1.4);
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
    fax->black_edge_mm = chance(state) < 0.15 ? between(state, 1, 8) : 0;
    fax->upside_down = chance(state) < 0.1;
    fax->seed = (unsigned)next(state);
}

static bool same_choice(const struct tsk_fill_value *want, const struct tsk_value *got)
{
    if (want->chosen_count != got->chosen_count)
        return false;
    for (size_t i = 0; i < want->chosen_count; i++)
        if (!tsk_value_has(got, want->chosen[i]))
            return false;
    return true;
}

static void print_wrong(const struct sheet *sheet, const struct tsk_field *field, const struct tsk_fill_value *want,
                        const struct tsk_value *got, bool review, unsigned seed)
{
    printf("%s sheet %u %s: want", review ? "review" : "SILENT", seed, field->id);
    for (size_t i = 0; i < want->chosen_count; i++)
        printf(" %s", want->chosen[i]);
    printf("%s%s, got", want->cancelled_count > 0 ? ", struck " : "",
           want->cancelled_count > 0 ? want->cancelled[0] : "");
    for (size_t i = 0; i < got->chosen_count; i++)
        printf(" %s", got->chosen[i]);
    printf("; style %d pen %.2f ring %.2f size %.2f %gx%g noise %.0f at %d lost %dx%d certainty %.3f %s box %d %d\n",
           (int)sheet->pen.style, sheet->pen.width_mm, sheet->pen.ring, sheet->pen.size, sheet->fax.x_dpi,
           sheet->fax.y_dpi, sheet->fax.noise, sheet->fax.threshold, sheet->fax.lost_bands, sheet->fax.lost_rows,
           got->score, got->reason, got->box_px[0], got->box_px[1]);
}

static bool count_field(struct tally *tally, const struct sheet *sheet, const struct tsk_field *field,
                        const struct tsk_fill_value *want, const struct tsk_value *got, unsigned seed)
{
    bool right = same_choice(want, got);
    /* what the group rule sends to a person: judged after marks, in another stage */
    bool review = got->review || (field->choose != TSK_CHOOSE_MANY && got->chosen_count > 1);
    int kind = field->kind == TSK_FIELD_CIRCLE;

    tally->fields++;
    tally->right += right;
    tally->accepted += !review;
    tally->silent += !review && !right;
    tally->kind_fields[kind]++;
    tally->kind_right[kind] += right;
    tally->kind_accepted[kind] += !review;
    tally->kind_silent[kind] += !review && !right;
    tally->struck += want->cancelled_count > 0;
    tally->struck_safe += want->cancelled_count > 0 && (right || review);
    if (!right)
        print_wrong(sheet, field, want, got, review, seed);
    return !right;
}

static bool features_only(const char *keep)
{
    return keep != NULL && strcmp(keep, "--features") == 0;
}

static bool lists(const char *const *values, size_t count, const char *value)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i], value) == 0)
            return true;
    return false;
}

static int print_features(const struct tsk_blanks *blanks, const struct tsk_map *map, const struct tsk_page *page,
                          const struct tsk_field *field, const struct tsk_fill_value *want, unsigned seed,
                          struct tsk_err *err)
{
    for (size_t i = 0; i < field->option_count; i++) {
        const char *option = field->options[i].value;
        struct tsk_mark_terms seen;

        if (tsk_marks_terms(blanks, map, page, field, i, &seen, err) != 0)
            return -1;
        printf("{\"file\":\"sheet-%u\",\"field\":\"%s\",\"option\":\"%s\",\"kind\":\"%s\",\"odds\":%.6g,"
               "\"marked\":%d,\"struck\":%d,\"terms\":[",
               seed, field->id, option, field->kind == TSK_FIELD_MARK ? "box" : "circle", seen.odds,
               lists(want->chosen, want->chosen_count, option), lists(want->cancelled, want->cancelled_count, option));
        for (size_t k = 0; k < seen.count; k++)
            printf("%s%.6g", k > 0 ? "," : "", seen.terms[k]);
        printf("]}\n");
    }
    return 0;
}

static int read_sheet(const struct tsk_blanks *blanks, const struct tsk_form *form, const struct sheet *sheet,
                      struct tsk_page *page, struct tally *tally, unsigned seed, const char *keep, struct tsk_err *err)
{
    struct tsk_identified id = { 0 };
    struct tsk_reading reading = { 0 };
    struct tsk_map *map = NULL;
    bool wrong = false;
    int rc = -1;

    if (tsk_identify(blanks, page, &id, err) != 0)
        return -1;
    if (id.form == NULL || strcmp(id.form->id, form->id) != 0 || (id.rotation == 180) != sheet->fax.upside_down) {
        fprintf(stderr, "LOST sheet %u form %s as %s, %s: skew %.2f stretch %.3f %.3f noise %.0f threshold %d %gx%g\n",
                seed, form->id, id.form == NULL ? "none" : id.form->id, id.reason, sheet->fax.skew_deg,
                sheet->fax.stretch_x, sheet->fax.stretch_y, sheet->fax.noise, sheet->fax.threshold, sheet->fax.x_dpi,
                sheet->fax.y_dpi);
        tally->lost++;
        return 0;
    }
    if (tsk_reading_start(&reading, form, err) != 0 || tsk_register(blanks, form, page, &map, err) != 0)
        goto out;
    for (size_t i = 0; i < form->field_count && i < FIELDS_MAX; i++) {
        if (form->fields[i].option_count == 0)
            continue;
        if (features_only(keep)) {
            if (print_features(blanks, map, page, &form->fields[i], &sheet->values[i], seed, err) != 0)
                goto out;
            continue;
        }
        if (tsk_marks_read(blanks, map, page, &form->fields[i], &reading.values[i], err) != 0)
            goto out;
        wrong |= count_field(tally, sheet, &form->fields[i], &sheet->values[i], &reading.values[i], seed);
    }
    if (wrong && keep != NULL) {
        char path[512];

        snprintf(path, sizeof(path), "%s/%u.png", keep, seed);
        pixSetResolution(page->pix, (int)page->x_dpi, (int)page->y_dpi);
        pixWrite(path, page->pix, IFF_PNG);
    }
    rc = 0;
out:
    tsk_map_free(&map);
    tsk_reading_free(&reading);
    return rc;
}

static int one_sheet(const struct tsk_forms *forms, const struct tsk_blanks *blanks, unsigned seed, const char *keep,
                     struct tally *tally, struct tsk_err *err)
{
    uint64_t state = 0x9e3779b97f4a7c15ULL ^ (seed * 0x2545f4914f6cdd1dULL);
    struct sheet *sheet = calloc(1, sizeof(*sheet));
    struct tsk_page page = { .number = 1 };
    const struct tsk_form *form = NULL;
    PIX *grey = NULL;
    int rc = -1;

    if (sheet == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory for a sheet");
    for (int i = 0; i < 8; i++)
        next(&state);
    form = &forms->forms[below(&state, (int)forms->count)];
    fill_sheet(sheet, form, &state);
    pick_pen(&sheet->pen, &state);
    pick_fax(&sheet->fax, &state);
    if (tsk_form_render(form, &sheet->fill, &sheet->pen, sheet->fax.x_dpi, sheet->fax.y_dpi, &grey, err) != 0 ||
        faxsim_page(grey, &sheet->fax, &page.pix, err) != 0)
        goto out;
    page.x_dpi = sheet->fax.x_dpi;
    page.y_dpi = sheet->fax.y_dpi;
    tally->sheets++;
    rc = read_sheet(blanks, form, sheet, &page, tally, seed, keep, err);
out:
    pixDestroy(&grey);
    pixDestroy(&page.pix);
    free(sheet);
    return rc;
}

static void print_tally(const struct tally *t)
{
    static const char *const kind[] = { "box", "circle" };

    printf("sheets %ld, not found %ld; struck-out marks read right or sent to a person: %ld of %ld\n", t->sheets,
           t->lost, t->struck_safe, t->struck);
    for (int i = 0; i < 2; i++)
        printf(
            "%-7s fields %6ld right %7.3f %% accepted %7.3f %% accepted and wrong %ld, below %.4f %% with 95 %% "
            "certainty\n",
            kind[i], t->kind_fields[i], 100.0 * (double)t->kind_right[i] / (double)t->kind_fields[i],
            100.0 * (double)t->kind_accepted[i] / (double)t->kind_fields[i], t->kind_silent[i],
            /* Poisson: 3 for none seen, and two standard deviations and a little for some */
            100.0 *
                (t->kind_silent[i] == 0 ? 3.0 : (double)t->kind_silent[i] + 2 + 1.7 * sqrt((double)t->kind_silent[i])) /
                (double)t->kind_accepted[i]);
}

int main(int argc, char **argv)
{
    const char *dirs[] = { TASUKI_SOURCE_DIR "/forms" };
    long sheets = argc > 1 ? strtol(argv[1], NULL, 10) : 100;
    unsigned seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
    struct tsk_blanks *blanks = NULL;
    struct tsk_forms forms = { 0 };
    struct tally tally = { 0 };
    struct tsk_err err = { 0 };
    int rc = 1;

    setMsgSeverity(L_SEVERITY_NONE);
    if (tsk_forms_load(&forms, dirs, TSK_COUNT(dirs), &err) != 0 || tsk_blanks_new(&blanks, &forms, &err) != 0)
        goto out;
    for (long i = 0; i < sheets; i++)
        if (one_sheet(&forms, blanks, seed + (unsigned)i, argc > 3 ? argv[3] : NULL, &tally, &err) != 0)
            goto out;
    if (argc <= 3 || !features_only(argv[3]))
        print_tally(&tally);
    rc = 0;
out:
    if (rc != 0)
        fprintf(stderr, "measure_marks: %s\n", err.text);
    tsk_blanks_free(&blanks);
    tsk_forms_free(&forms);
    return rc;
}
