/*
 * tasuki-train-marks - makes ocr/marks/net.bin: what a box looks like when it is empty, marked, or marked and struck out;
 *                      and ocr/marks/words.bin: what a word looks like with a ring and without one
 *
 * usage: tasuki-train-marks [--kind box|circle] [--truth TRUTH.jsonl] [--samples N] [--seed N] [--leave-out FOLD]
 *                           --out WEIGHTS FEATURES.jsonl…
 *        tasuki-train-marks [--kind box|circle] [--truth TRUTH.jsonl] [--leave-out FOLD] --odds WEIGHTS FEATURES.jsonl…
 *
 * Input      FEATURES is what tasuki-mark-features prints of pages that TRUTH knows, or what measure_marks --features prints
 *            of sheets of its own making, which carry their labels. --leave-out (0 to 4): a fifth of the pages is kept for
 *            measuring.
 * Output     The weights, and how many boxes of the pages that were left out (or of all) fall on the wrong side.
 *            Same input, seed and compiler: same weights. What is not clear from the measures ("odds") is drawn more often.
 *            --odds: nothing is learnt; of every box (of the pages that are left
 *            out) its line of FEATURES with "net" and "net_struck", the log odds that WEIGHTS give it, for mark_weights.py.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ocr/digits/weights.h"
#include "ocr/marks/marks.h"
#include "ocr/train/learn.h"

enum { BATCH = 32, FOLDS = 5, FILES_MAX = 16, LINE_MAX_BYTES = 1 << 16, CLASSES = 3 };

static const double rate_top = 0.002, rate_end = 0.00002;
static const double smoothing = 0.003;
static const double share_of[CLASSES] = { 0.47, 0.40,
                                          0.13 }; /* of what is learnt: most boxes on paper are empty and alike */
static const double hard_share = 0.6;             /* of these, of boxes that are not clear from what is measured */
static const double clear_odds[2][CLASSES] = { { -7, 9, 99 }, { -5, 4, 99 } }; /* of boxes, of words */

struct box {
    unsigned char picture[TSK_NET_SIDE * TSK_NET_SIDE];
    unsigned char label, held;
    bool hard;
};

struct job {
    const char *truth, *out, *odds, *kind, *files[FILES_MAX];
    int file_count, leave_out;
    long samples, seed;
};

struct boxes {
    struct box *items;
    size_t count, room;
    size_t *of[CLASSES], count_of[CLASSES]; /* those to learn from, the hard ones first */
    size_t hard_of[CLASSES];
};

static int hex(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static bool has(const json_t *list, const char *option)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), option) == 0)
            return true;
    return false;
}

/* On sheets some marks are struck out by a scribble, which looks like a filled box: level strokes tell. -1: nobody knows. */
static int struck_label(const json_t *seen)
{
    return json_integer_value(json_object_get(seen, "strikes")) > 0 ? TSK_BOX_STRUCK : -1;
}

/* -1: nobody knows. */
static int label_of(const json_t *seen, const json_t *truth)
{
    const char *file = json_string_value(json_object_get(seen, "file")),
               *field = json_string_value(json_object_get(seen, "field")),
               *option = json_string_value(json_object_get(seen, "option"));
    const json_t *page, *value;

    if (json_object_get(seen, "marked") != NULL)
        return json_integer_value(json_object_get(seen, "struck")) != 0   ? struck_label(seen)
               : json_integer_value(json_object_get(seen, "marked")) != 0 ? TSK_BOX_MARKED
                                                                          : TSK_BOX_EMPTY;
    page = json_object_get(truth, file);
    value = json_object_get(json_object_get(page, "fields"), field);
    if (value == NULL ||
        strcmp(json_string_value(json_object_get(page, "form")), json_string_value(json_object_get(seen, "form"))) != 0)
        return -1;
    return has(json_object_get(value, "cancelled"), option) ? TSK_BOX_STRUCK
           : has(json_object_get(value, "value"), option)   ? TSK_BOX_MARKED
                                                            : TSK_BOX_EMPTY;
}

/* Pages are dealt to folds by their names, so that a page is never on both sides. */
static int fold_of(const char *file)
{
    unsigned sum = 0;

    for (; *file != '\0'; file++)
        sum = sum * 31 + (unsigned char)*file;
    return (int)(sum % FOLDS);
}

/* By the weights that measured it. */
static bool is_hard(const json_t *seen, int label)
{
    const double odds = json_number_value(json_object_get(seen, "odds")),
                 clear = clear_odds[strcmp(json_string_value(json_object_get(seen, "kind")), "circle") == 0][label];

    return label == TSK_BOX_EMPTY ? odds > clear : odds < clear;
}

static int add_box(struct boxes *boxes, const json_t *seen, int label, int leave_out)
{
    const char *text = json_string_value(json_object_get(seen, "picture"));
    struct box *box;

    if (boxes->count == boxes->room) {
        size_t room = boxes->room == 0 ? 1024 : 2 * boxes->room;
        struct box *items = realloc(boxes->items, room * sizeof(*items));

        if (items == NULL)
            return -1;
        boxes->items = items;
        boxes->room = room;
    }
    box = &boxes->items[boxes->count++];
    box->label = (unsigned char)label;
    box->hard = is_hard(seen, label);
    box->held = fold_of(json_string_value(json_object_get(seen, "file"))) == leave_out;
    for (int i = 0; i < TSK_NET_SIDE * TSK_NET_SIDE; i++)
        box->picture[i] = (unsigned char)(hex(text[2 * i]) << 4 | hex(text[2 * i + 1]));
    return 0;
}

static void picture_of(const struct box *box, struct tsk_net_glyph *out)
{
    for (int i = 0; i < TSK_NET_SIDE * TSK_NET_SIDE; i++)
        out->at[i / TSK_NET_SIDE][i % TSK_NET_SIDE] = (float)((box->picture[i] - 100) / 100.0);
}

static void print_odds(json_t *seen, const struct box *box, const struct tsk_net *net)
{
    struct tsk_net_glyph picture;
    double ink, struck;

    picture_of(box, &picture);
    tsk_mark_picture_odds(net, &picture, &ink, &struck);
    json_object_del(seen, "picture");
    json_object_set_new(seen, "net", json_real(ink));
    json_object_set_new(seen, "net_struck", json_real(struck));
    json_object_set_new(seen, "label", json_integer(box->label));
    json_dumpf(seen, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    putchar('\n');
}

/* net: print what it makes of the boxes that are left out (of all, when none is). NULL: only read. */
static int read_features(struct boxes *boxes, const char *path, const json_t *truth, const struct job *job,
                         const struct tsk_net *net)
{
    FILE *file = fopen(path, "re");
    char *line = malloc(LINE_MAX_BYTES);
    int rc = file != NULL && line != NULL ? 0 : -1;

    while (rc == 0 && fgets(line, LINE_MAX_BYTES, file) != NULL) {
        json_t *seen = json_loads(line, 0, NULL);
        const char *text = json_string_value(json_object_get(seen, "picture"));
        bool wanted = text != NULL && strlen(text) == (size_t)2 * TSK_NET_SIDE * TSK_NET_SIDE &&
                      strcmp(json_string_value(json_object_get(seen, "kind")), job->kind) == 0;
        int label = wanted ? label_of(seen, truth) : -1;

        if (label >= 0)
            rc = add_box(boxes, seen, label, job->leave_out);
        if (label >= 0 && rc == 0 && net != NULL && (job->leave_out < 0 || boxes->items[boxes->count - 1].held))
            print_odds(seen, &boxes->items[boxes->count - 1], net);
        json_decref(seen);
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return rc;
}

static json_t *read_truth(const char *path)
{
    json_t *pages = json_object();
    FILE *file = path != NULL ? fopen(path, "re") : NULL;

    while (file != NULL) {
        json_t *page = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL);

        if (page == NULL)
            break;
        json_object_set_new(pages, json_string_value(json_object_get(page, "file")), page);
    }
    if (file != NULL)
        fclose(file);
    return pages;
}

static void take_those(struct boxes *boxes, bool hard)
{
    for (size_t i = 0; i < boxes->count; i++) {
        const struct box *box = &boxes->items[i];

        if (!box->held && box->hard == hard) {
            boxes->of[box->label][boxes->count_of[box->label]++] = i;
            boxes->hard_of[box->label] += hard;
        }
    }
}

static int sort_boxes(struct boxes *boxes)
{
    for (int c = 0; c < CLASSES; c++)
        if ((boxes->of[c] = calloc(boxes->count + 1, sizeof(*boxes->of[c]))) == NULL)
            return -1;
    take_those(boxes, true);
    take_those(boxes, false);
    return 0;
}

/* Moved a pixel or so, now and then mirrored, stroke by stroke fainter, and with specks. */
static void vary(const struct tsk_net_glyph *in, struct tsk_random *random, struct tsk_net_glyph *out)
{
    const int dx = tsk_random_below(random, 3) - 1, dy = tsk_random_below(random, 3) - 1;
    const bool mirrored = tsk_random_chance(random, 0.2);
    const double fainter = tsk_random_chance(random, 0.3) ? tsk_random_between(random, 0, 0.35) : 0;

    for (int y = 0; y < TSK_NET_SIDE; y++) {
        for (int x = 0; x < TSK_NET_SIDE; x++) {
            const int sx = (mirrored ? TSK_NET_SIDE - 1 - x : x) + dx, sy = y + dy;
            const bool inside = sx >= 0 && sx < TSK_NET_SIDE && sy >= 0 && sy < TSK_NET_SIDE;
            float v = inside ? in->at[sy][sx] : 0;

            if (v > 0 && fainter > 0 && tsk_random_chance(random, fainter))
                v = 0;
            out->at[y][x] = v;
        }
    }
    for (int speck = tsk_random_chance(random, 0.2) ? tsk_random_below(random, 4) : 0; speck > 0; speck--)
        out->at[tsk_random_below(random, TSK_NET_SIDE)][tsk_random_below(random, TSK_NET_SIDE)] = 0.5F;
}

static int pick_class(struct tsk_random *random)
{
    const double at = tsk_random_between(random, 0, 1);

    return at < share_of[0] ? 0 : at < share_of[0] + share_of[1] ? 1 : 2;
}

static void next_sample(const struct boxes *boxes, struct tsk_random *random, struct tsk_fax_sample *out)
{
    int c = pick_class(random);
    struct tsk_net_glyph picture;
    size_t among;

    while (boxes->count_of[c] == 0)
        c = (c + 1) % CLASSES;
    among = boxes->hard_of[c] > 0 && tsk_random_chance(random, hard_share) ? boxes->hard_of[c] : boxes->count_of[c];
    picture_of(&boxes->items[boxes->of[c][tsk_random_below(random, (int)among)]], &picture);
    vary(&picture, random, &out->glyph);
    out->label = c;
    out->typed = -1;
}

static double rate_at(long step, long steps)
{
    const double left = 1 - (double)step / (double)steps, warm = (double)(step + 1) / 200;

    return (rate_end + (rate_top - rate_end) * left * left) * (warm < 1 ? warm : 1);
}

static void learn(const struct boxes *boxes, const struct job *job, struct tsk_learner *learner)
{
    struct tsk_random random = tsk_random_new((uint64_t)job->seed);
    const long steps = job->samples / BATCH;
    struct tsk_fax_sample sample;

    tsk_learn_start(learner, &random);
    learner->smoothing = smoothing;
    for (long step = 0; step < steps; step++) {
        for (int i = 0; i < BATCH; i++) {
            next_sample(boxes, &random, &sample);
            tsk_learn_sample(learner, &sample, &random);
        }
        tsk_learn_step(learner, BATCH, rate_at(step, steps));
        if ((step + 1) % (steps / 10 + 1) == 0) {
            printf("%8ld samples, loss %.4f\n", (step + 1) * BATCH, learner->loss);
            fflush(stdout);
        }
    }
}

static void measure(const struct boxes *boxes, const struct tsk_net *net, bool held_only)
{
    long count[2] = { 0 }, wrong[2] = { 0 }, surely[2] = { 0 }, unsure[2] = { 0 };

    for (size_t i = 0; i < boxes->count; i++) {
        const struct box *box = &boxes->items[i];
        const bool ink = box->label != TSK_BOX_EMPTY;
        struct tsk_net_glyph picture;
        double odds, struck;

        if (held_only && !box->held)
            continue;
        picture_of(box, &picture);
        tsk_mark_picture_odds(net, &picture, &odds, &struck);
        count[ink]++;
        wrong[ink] += (odds > 0) != ink;
        surely[ink] += (odds > 0) != ink && (odds > 2 || odds < -2);
        unsure[ink] += odds > -2 && odds < 2;
    }
    for (int ink = 0; ink < 2; ink++)
        printf("%s %6ld boxes, %ld on the wrong side, %ld of them surely; unsure %ld\n", ink ? "marked" : "empty ",
               count[ink], wrong[ink], surely[ink], unsure[ink]);
}

static int read_job(struct job *job, int argc, char **argv)
{
    job->samples = 300000;
    job->seed = 1;
    job->leave_out = -1;
    job->kind = "box";
    for (int at = 1; at < argc; at++) {
        const char *value = at + 1 < argc ? argv[at + 1] : NULL;

        if (argv[at][0] != '-') {
            if (job->file_count == FILES_MAX)
                return -1;
            job->files[job->file_count++] = argv[at];
            continue;
        }
        at++;
        if (value == NULL)
            return -1;
        if (strcmp(argv[at - 1], "--truth") == 0)
            job->truth = value;
        else if (strcmp(argv[at - 1], "--kind") == 0)
            job->kind = value;
        else if (strcmp(argv[at - 1], "--out") == 0)
            job->out = value;
        else if (strcmp(argv[at - 1], "--odds") == 0)
            job->odds = value;
        else if (strcmp(argv[at - 1], "--samples") == 0)
            job->samples = strtol(value, NULL, 10);
        else if (strcmp(argv[at - 1], "--seed") == 0)
            job->seed = strtol(value, NULL, 10);
        else if (strcmp(argv[at - 1], "--leave-out") == 0)
            job->leave_out = (int)strtol(value, NULL, 10);
        else
            return -1;
    }
    return (job->out != NULL || job->odds != NULL) && job->file_count > 0 && job->samples >= BATCH ? 0 : -1;
}

static int run(const struct job *job, struct boxes *boxes, struct tsk_learner *learner, struct tsk_weights *weights,
               struct tsk_err *err)
{
    json_t *truth = read_truth(job->truth);
    int rc = job->odds != NULL ? tsk_weights_read(weights, job->odds, err) : 0;

    for (int i = 0; rc == 0 && i < job->file_count; i++)
        if (read_features(boxes, job->files[i], truth, job, job->odds != NULL ? &weights->net : NULL) != 0)
            rc = tsk_fail(err, TSK_STOP, 0, "%s cannot be read", job->files[i]);
    json_decref(truth);
    if (rc != 0 || job->odds != NULL)
        return rc;
    if (sort_boxes(boxes) != 0)
        return tsk_fail(err, TSK_STOP, 0, "no memory for the boxes");
    printf("%zu boxes; to learn from: %zu empty, %zu marked, %zu struck out; of these %zu, %zu and %zu not clear\n",
           boxes->count, boxes->count_of[0], boxes->count_of[1], boxes->count_of[2], boxes->hard_of[0],
           boxes->hard_of[1], boxes->hard_of[2]);
    if (boxes->count_of[0] + boxes->count_of[1] + boxes->count_of[2] == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no labelled box in the input");
    learn(boxes, job, learner);
    weights->net = learner->mean;
    weights->sharpen = 1;
    measure(boxes, &weights->net, job->leave_out >= 0);
    return tsk_weights_write(weights, job->out, err);
}

int main(int argc, char **argv)
{
    struct tsk_learner *learner = calloc(1, sizeof(*learner));
    struct tsk_weights *weights = calloc(1, sizeof(*weights));
    struct boxes boxes = { 0 };
    struct job job = { 0 };
    struct tsk_err err = { 0 };
    int rc = 2;

    if (learner == NULL || weights == NULL || read_job(&job, argc, argv) != 0) {
        fputs("usage: tasuki-train-marks [--kind box|circle] [--truth TRUTH.jsonl] [--samples N] [--seed N] "
              "[--leave-out FOLD] "
              "--out|--odds WEIGHTS "
              "FEATURES.jsonl...\n",
              stderr);
    } else if ((rc = run(&job, &boxes, learner, weights, &err) != 0) != 0) {
        fprintf(stderr, "tasuki-train-marks: %s\n", err.text);
    }
    for (int c = 0; c < CLASSES; c++)
        free(boxes.of[c]);
    free(boxes.items);
    free(weights);
    free(learner);
    return rc;
}
