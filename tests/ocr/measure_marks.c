/*
 * measure_marks - reads marks on sheets of its own making and counts: right, accepted, accepted and wrong
 *
 * usage: measure_marks [--sheets N] [--seed N] [--shapes IMAGES LABELS] [--hands] [--keep DIR | --features | --scores | --none]
 *
 * Sheets are those of mark_sheets.h, read and judged as `tasuki read --marks` does. --shapes: half of them with marks that
 * people made (IDX files, unpacked). --hands: the others with marks of mark_hands.h, and half of all sent over a bad line. --keep: sheets that were misread anywhere are kept there as PNG. --features: nothing is
 * counted; what the reader measures at every option is printed, one JSON object each, for ocr/train. --scores: likewise, of
 * every field its score and whether it is right, for ocr/train/calibrate.py. --none: the exit code is 1 when any accepted
 * value is wrong.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "forms/raster.h"
#include "forms/reading.h"
#include "mark_sheets.h"
#include "ocr/confine/models.h"
#include "ocr/marks/marks.h"

#define CLEARLY_NO_RING (-6.5)    /* log odds: of such words there are many, and all alike */
#define RECEIVED_MS 1795000000000 /* in November 2026 */

struct job {
    long sheets;
    unsigned seed;
    const char *images, *labels, *keep;
    bool features, scores, none, hands;
};

struct tally {
    long sheets, lost, struck, struck_safe;
    long fields[2], right[2], accepted[2], silent[2]; /* boxes, words */
};

static bool same_choice(const struct tsk_fill_value *want, const struct tsk_value *got)
{
    if (want->chosen_count != got->chosen_count)
        return false;
    for (size_t i = 0; i < want->chosen_count; i++)
        if (!tsk_value_has(got, want->chosen[i]))
            return false;
    return true;
}

static void print_wrong(const struct mark_sheet *sheet, const struct tsk_fill_value *want, const struct tsk_value *got)
{
    printf("%s sheet %u %s: want", got->review ? "review" : "SILENT", sheet->seed, want->field);
    for (size_t i = 0; i < want->chosen_count; i++)
        printf(" %s", want->chosen[i]);
    printf("%s%s, got", want->cancelled_count > 0 ? ", struck " : "",
           want->cancelled_count > 0 ? want->cancelled[0] : "");
    for (size_t i = 0; i < got->chosen_count; i++)
        printf(" %s", got->chosen[i]);
    printf("; %s style %d pen %.2f ring %.2f size %.2f %gx%g noise %.0f at %d lost %dx%d score %.3f %s box %d %d\n",
           sheet->by_people ? "people's" : "drawn", (int)sheet->pen.style, sheet->pen.width_mm, sheet->pen.ring,
           sheet->pen.size, sheet->fax.x_dpi, sheet->fax.y_dpi, sheet->fax.noise, sheet->fax.threshold,
           sheet->fax.lost_bands, sheet->fax.lost_rows, got->score, got->reason, got->box_px[0], got->box_px[1]);
}

static void print_score(const struct mark_sheet *sheet, const struct tsk_field *field,
                        const struct tsk_fill_value *want, const struct tsk_value *got)
{
    bool asked = got->reason[0] != '\0' && strcmp(got->reason, "low_confidence") != 0;

    printf("{\"sheet\":%u,\"field\":\"%s\",\"kind\":\"%s\",\"empty\":%s,\"score\":%.6f,\"right\":%s,\"asked\":%s,"
           "\"accepted\":%s,\"confidence\":%.6f,\"reason\":\"%s\",\"style\":%d,\"people\":%s}\n",
           sheet->seed, field->id, field->kind == TSK_FIELD_CIRCLE ? "circle" : "box",
           got->chosen_count == 0 ? "true" : "false", got->score, same_choice(want, got) ? "true" : "false",
           asked ? "true" : "false", got->review ? "false" : "true", got->confidence, got->reason,
           (int)sheet->pen.style, sheet->by_people ? "true" : "false");
}

static bool count_field(struct tally *tally, const struct mark_sheet *sheet, const struct tsk_field *field,
                        const struct tsk_fill_value *want, const struct tsk_value *got)
{
    bool right = same_choice(want, got);
    int kind = field->kind == TSK_FIELD_CIRCLE;

    tally->fields[kind]++;
    tally->right[kind] += right;
    tally->accepted[kind] += !got->review;
    tally->silent[kind] += !got->review && !right;
    tally->struck += want->cancelled_count > 0;
    tally->struck_safe += want->cancelled_count > 0 && (right || got->review);
    if (!right)
        print_wrong(sheet, want, got);
    return !right;
}

static void keep_page(const struct mark_sheet *sheet, const struct tsk_page *page, const char *dir)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%u.png", dir, sheet->seed);
    pixSetResolution(page->pix, (int)page->x_dpi, (int)page->y_dpi);
    pixWrite(path, page->pix, IFF_PNG);
}

static int count_sheet(const struct job *job, const struct tsk_models *models, const struct mark_sheet *sheet,
                       struct tsk_page *page, struct tally *tally, struct tsk_err *err)
{
    const struct tsk_request request = { .received_ms = RECEIVED_MS, .marks_only = true };
    struct tsk_reading reading = { 0 };
    bool wrong = false;
    int rc = tsk_read_page(models, &request, page, &reading, NULL, err);

    tally->sheets++;
    if (rc == 0 && (reading.form == NULL || strcmp(reading.form, sheet->form->id) != 0 ||
                    (reading.rotation == 180) != sheet->fax.upside_down)) {
        fprintf(stderr, "LOST sheet %u form %s as %s: skew %.2f stretch %.3f %.3f noise %.0f threshold %d %gx%g\n",
                sheet->seed, sheet->form->id, reading.form, sheet->fax.skew_deg, sheet->fax.stretch_x,
                sheet->fax.stretch_y, sheet->fax.noise, sheet->fax.threshold, sheet->fax.x_dpi, sheet->fax.y_dpi);
        tally->lost++;
    } else if (rc == 0) {
        for (size_t i = 0; i < sheet->fill.value_count; i++) {
            const struct tsk_field *field = &sheet->form->fields[i];

            if (field->option_count > 0 && job->scores)
                print_score(sheet, field, &sheet->values[i], &reading.values[i]);
            else if (field->option_count > 0)
                wrong |= count_field(tally, sheet, field, &sheet->values[i], &reading.values[i]);
        }
    }
    if (wrong && job->keep != NULL)
        keep_page(sheet, page, job->keep);
    tsk_reading_free(&reading);
    return rc;
}

static bool lists(const char *const *values, size_t count, const char *value)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i], value) == 0)
            return true;
    return false;
}

static void print_picture(const struct tsk_net_glyph *picture)
{
    printf(",\"picture\":\"");
    for (int i = 0; i < TSK_NET_SIDE * TSK_NET_SIDE; i++)
        printf("%02x", (unsigned)lround(picture->at[i / TSK_NET_SIDE][i % TSK_NET_SIDE] * 100 + 100));
    printf("\"");
}

static void print_option(const struct mark_sheet *sheet, const struct tsk_field *field,
                         const struct tsk_fill_value *want, const struct tsk_mark_terms *seen)
{
    const char *option = field->options[seen->option].value;
    bool box = field->kind == TSK_FIELD_MARK;

    printf("{\"file\":\"sheet-%u\",\"field\":\"%s\",\"option\":\"%s\",\"kind\":\"%s\",\"odds\":%.6g,\"marked\":%d,"
           "\"struck\":%d,\"strikes\":%d,\"terms\":[",
           sheet->seed, field->id, option, box ? "box" : "circle", seen->odds,
           lists(want->chosen, want->chosen_count, option), lists(want->cancelled, want->cancelled_count, option),
           seen->strikes);
    for (size_t k = 0; k < seen->count; k++)
        printf("%s%.6g", k > 0 ? "," : "", seen->terms[k]);
    printf("]");
    if (box || seen->odds > CLEARLY_NO_RING)
        print_picture(&seen->picture);
    printf("}\n");
}

static int print_features(const struct tsk_models *models, const struct mark_sheet *sheet, struct tsk_page *page,
                          struct tsk_err *err)
{
    struct tsk_identified found;
    struct tsk_map *map = NULL;
    int rc = tsk_locate(models->blanks, page, &found, &map, err);

    for (size_t i = 0; rc == 0 && found.form == sheet->form && i < sheet->fill.value_count; i++) {
        const struct tsk_field *field = &sheet->form->fields[i];

        for (size_t k = 0; rc == 0 && k < field->option_count; k++) {
            struct tsk_mark_terms seen;

            rc = tsk_marks_terms(models->blanks, map, page, field, k, &seen, err);
            if (rc == 0)
                print_option(sheet, field, &sheet->values[i], &seen);
        }
    }
    tsk_map_free(&map);
    return rc;
}

/* Highest mean under which so few would still come with probability 0.05 (Poisson). */
static double bound(long seen)
{
    double low = 0, high = (double)seen * 2 + 10;

    for (int round = 0; round < 60; round++) {
        double mean = (low + high) / 2, term = exp(-mean), sum = term;

        for (long k = 1; k <= seen; k++) {
            term *= mean / (double)k;
            sum += term;
        }
        if (sum > 0.05)
            low = mean;
        else
            high = mean;
    }
    return high;
}

static void print_tally(const struct tally *t)
{
    static const char *const kind[] = { "box", "circle" };

    printf("sheets %ld, not found %ld; struck-out marks read right or sent to a person: %ld of %ld\n", t->sheets,
           t->lost, t->struck_safe, t->struck);
    for (int i = 0; i < 2; i++)
        printf("%-7s fields %6ld right %7.3f %% accepted %7.3f %% accepted and wrong %ld, below %.4f %% with 95 %% "
               "certainty\n",
               kind[i], t->fields[i], 100.0 * (double)t->right[i] / (double)t->fields[i],
               100.0 * (double)t->accepted[i] / (double)t->fields[i], t->silent[i],
               100.0 * bound(t->silent[i]) / (double)t->accepted[i]);
}

static int do_sheets(const struct job *job, const struct tsk_models *models, const struct mark_shapes *shapes,
                     struct tally *tally, struct tsk_err *err)
{
    struct mark_sheet *sheet = calloc(1, sizeof(*sheet));
    int rc = sheet != NULL ? 0 : tsk_fail(err, TSK_STOP, 0, "no memory for a sheet");

    for (long i = 0; rc == 0 && i < job->sheets; i++) {
        struct tsk_page page;

        rc = mark_sheet_make(&models->chosen, shapes, job->seed + (unsigned)i, sheet, &page, err);
        if (rc == 0)
            rc = job->features ? print_features(models, sheet, &page, err)
                               : count_sheet(job, models, sheet, &page, tally, err);
        pixDestroy(&page.pix);
    }
    free(sheet);
    return rc;
}

static bool take_option(struct job *job, int argc, char **argv, int *at)
{
    const char *name = argv[*at], *value = *at + 1 < argc ? argv[*at + 1] : NULL;

    *at += 1;
    if (strcmp(name, "--features") == 0)
        return job->features = true;
    if (strcmp(name, "--hands") == 0)
        return job->hands = true;
    if (strcmp(name, "--none") == 0)
        return job->none = true;
    if (strcmp(name, "--scores") == 0)
        return job->scores = true;
    if (value == NULL)
        return false;
    *at += 1;
    if (strcmp(name, "--sheets") == 0)
        job->sheets = strtol(value, NULL, 10);
    else if (strcmp(name, "--seed") == 0)
        job->seed = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(name, "--keep") == 0)
        job->keep = value;
    else if (strcmp(name, "--shapes") == 0 && *at < argc) {
        job->images = value;
        job->labels = argv[(*at)++];
    } else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    const char *dirs[] = { TASUKI_SOURCE_DIR "/tests/forms/extra" };
    const struct tsk_models_from from = { .data_dir = TASUKI_SOURCE_DIR,
                                          .forms_dirs = dirs,
                                          .forms_dir_count = TSK_COUNT(dirs),
                                          .cache_dir = TASUKI_BINARY_DIR "/test-blanks",
                                          .marks_only = true };
    struct job job = { .sheets = 100, .seed = 1 };
    struct mark_shapes shapes = { 0 };
    struct tsk_models *models = NULL;
    struct tally tally = { 0 };
    struct tsk_err err = { 0 };
    int rc = -1;

    for (int at = 1; at < argc;)
        if (!take_option(&job, argc, argv, &at)) {
            fprintf(stderr, "measure_marks: see the head of tests/ocr/measure_marks.c for its options\n");
            return 2;
        }
    (void)mkdir(TASUKI_BINARY_DIR "/test-blanks", 0777);
    if (mark_shapes_read(&shapes, job.images, job.labels, job.hands, &err) == 0 &&
        tsk_models_load(&models, &from, &err) == 0)
        rc = do_sheets(&job, models, &shapes, &tally, &err);
    if (rc != 0)
        fprintf(stderr, "measure_marks: %s\n", err.text);
    else if (!job.features && !job.scores)
        print_tally(&tally);
    tsk_models_free(&models);
    mark_shapes_free(&shapes);
    return rc != 0 || (job.none && tally.silent[0] + tally.silent[1] > 0);
}
