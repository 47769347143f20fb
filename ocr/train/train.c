/*
 * tasuki-train-digits - makes ocr/digits/weights.bin, or says how good one is on writers it has not seen
 *
 * Input      IDX files by path (written digits with their senders, MNIST digits, marks as counter-examples); printed digits and
 *            other characters are drawn with the installed fonts. Nothing of it is copied anywhere.
 * Output     The weights, by --out; figures on the standard output. Same seed, data, fonts and compiler: same weights.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/digits/lattice.h"
#include "ocr/digits/weights.h"
#include "ocr/train/fax.h"
#include "ocr/train/learn.h"
#include "ocr/train/source.h"

enum { BATCH = 32, FOLDS = 5, SENDERS = 4096, FAXED_DRAWS = 5, STRINGS = 2000 };

static const double rate_top = 0.002, rate_end = 0.00002, sharpen_default = 1.25;

struct job {
    const char *fax[3], *mnist[2], *marks[2], *out, *test;
    long samples;
    int seed, leave_out; /* fold 0 to 4, or -1 */
};

struct data {
    struct tsk_sources sources;
    struct tsk_fax_set learn;
    const struct tsk_source **lists; /* where the lists of learn live */
    const struct tsk_source **held;  /* fax digits of senders that are left out */
    int held_count;
};

static int usage(void)
{
    fputs("usage: tasuki-train-digits --fax IMAGES LABELS SENDERS --mnist IMAGES LABELS [--marks IMAGES LABELS]\n"
          "         [--seed N] [--samples N] [--leave-out FOLD] [--out WEIGHTS] [--test WEIGHTS]\n"
          "  --leave-out  0 to 4: keeps a fifth of the senders for measuring\n"
          "  --test       measures these weights instead of training\n",
          stderr);
    return 2;
}

struct option {
    const char *name;
    int values;
    const char **text;
    long *number;
};

static int read_option(const struct option *option, int argc, char **argv, int at)
{
    if (at + option->values >= argc)
        return -1;
    if (option->number != NULL) {
        char *end = NULL;
        errno = 0;
        *option->number = strtol(argv[at + 1], &end, 10);
        return errno != 0 || end == argv[at + 1] || *end != '\0' ? -1 : 0;
    }
    for (int i = 0; i < option->values; i++)
        option->text[i] = argv[at + 1 + i];
    return 0;
}

static int read_job(struct job *job, int argc, char **argv)
{
    long seed = 1, leave_out = -1;
    const struct option options[] = {
        { "--fax", 3, job->fax, NULL },          { "--mnist", 2, job->mnist, NULL },
        { "--marks", 2, job->marks, NULL },      { "--out", 1, &job->out, NULL },
        { "--test", 1, &job->test, NULL },       { "--seed", 1, NULL, &seed },
        { "--samples", 1, NULL, &job->samples }, { "--leave-out", 1, NULL, &leave_out },
    };

    job->samples = 600000;
    for (int at = 1; at < argc;) {
        size_t i = 0;
        while (i < TSK_COUNT(options) && strcmp(options[i].name, argv[at]) != 0)
            i++;
        if (i == TSK_COUNT(options) || read_option(&options[i], argc, argv, at) != 0)
            return -1;
        at += 1 + options[i].values;
    }
    job->seed = (int)seed;
    job->leave_out = (int)leave_out;
    return job->fax[0] == NULL || job->mnist[0] == NULL || leave_out >= FOLDS || job->samples < BATCH ? -1 : 0;
}

/* Senders with many digits are dealt out first, so that the folds are of one size. */
static void deal_senders(const struct tsk_sources *sources, int fold_of[SENDERS])
{
    static int count[SENDERS];
    int load[FOLDS] = { 0 };

    memset(count, 0, sizeof(count));
    for (size_t i = 0; i < sources->count; i++) {
        if (sources->items[i].sender >= 0)
            count[sources->items[i].sender]++;
    }
    for (;;) {
        int most = 0, least = 0;
        for (int s = 1; s < SENDERS; s++)
            most = count[s] > count[most] ? s : most;
        if (count[most] == 0)
            return;
        for (int f = 1; f < FOLDS; f++)
            least = load[f] < load[least] ? f : least;
        fold_of[most] = least;
        load[least] += count[most];
        count[most] = 0;
    }
}

struct ranges { /* where each kind begins in the set */
    size_t mnist, marks, digits, characters, end;
};

static void list_one(struct data *data, const struct ranges *ranges, size_t i, int fold, const int *fold_of)
{
    const struct tsk_source *item = &data->sources.items[i];
    struct tsk_fax_set *learn = &data->learn;

    if (i < ranges->mnist && fold >= 0 && fold_of[item->sender] == fold)
        data->held[data->held_count++] = item;
    else if (i < ranges->mnist)
        learn->written[learn->written_count++] = item;
    else if (i < ranges->marks)
        learn->mnist[learn->mnist_count++] = item;
    else if (i < ranges->digits)
        learn->marks[learn->mark_count++] = item;
    else if (i < ranges->characters)
        learn->typed[learn->typed_count++] = item;
    else
        learn->characters[learn->character_count++] = item;
}

static int list_all(struct data *data, const struct ranges *ranges, int fold, struct tsk_err *err)
{
    static int fold_of[SENDERS];
    const size_t n = ranges->end;

    data->lists = calloc(6 * n, sizeof(struct tsk_source *));
    if (data->lists == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory for %zu glyphs", n);
    data->learn = (struct tsk_fax_set){ .written = data->lists,
                                        .mnist = data->lists + n,
                                        .typed = data->lists + 2 * n,
                                        .characters = data->lists + 3 * n,
                                        .marks = data->lists + 4 * n };
    data->held = data->lists + 5 * n;
    deal_senders(&data->sources, fold_of);
    for (size_t i = 0; i < n; i++)
        list_one(data, ranges, i, fold, fold_of);
    if (data->learn.typed_count == 0 || data->learn.character_count == 0)
        return tsk_fail(err, TSK_STOP, 0,
                        "none of the fonts is installed; install fonts-ipaexfont, fonts-noto-cjk, fonts-dejavu");
    return 0;
}

static int load(struct data *data, const struct job *job, struct tsk_err *err)
{
    struct tsk_sources *set = &data->sources;
    struct ranges ranges;

    if (tsk_sources_add_idx(set, job->fax[0], job->fax[1], job->fax[2], false, err) != 0)
        return -1;
    ranges.mnist = set->count;
    if (tsk_sources_add_idx(set, job->mnist[0], job->mnist[1], NULL, false, err) != 0)
        return -1;
    ranges.marks = set->count;
    if (job->marks[0] != NULL && tsk_sources_add_idx(set, job->marks[0], job->marks[1], NULL, true, err) != 0)
        return -1;
    ranges.digits = set->count;
    if (tsk_sources_add_digits(set, err) != 0)
        return -1;
    ranges.characters = set->count;
    if (tsk_sources_add_characters(set, err) != 0)
        return -1;
    ranges.end = set->count;
    return list_all(data, &ranges, job->leave_out, err);
}

struct score {
    int tried, right, nothing;
};

/* The whole reader, as for a cell; ends the paper. */
static int count_answer(struct score *score, const struct tsk_weights *weights, struct tsk_bitmap *paper,
                        const char *truth, int max_len, struct tsk_err *err)
{
    const struct tsk_box core = { 0, 0, paper->w, paper->h };
    PIX *ink = pixCreate(paper->w, paper->h, 1);
    struct tsk_digits_result result = { 0 };
    struct tsk_pieces pieces;
    int rc;

    for (int i = 0; i < paper->w * paper->h; i++) {
        if (paper->px[i] != 0)
            pixSetPixel(ink, i % paper->w, i / paper->w, 1);
    }
    rc = tsk_pieces_cut(&pieces, ink, paper->per_mm_x, paper->per_mm_y, core, err);
    if (rc == 0)
        tsk_lattice_read(weights, &pieces, max_len, &result);
    score->tried++;
    score->nothing += result.count == 0;
    score->right += result.count > 0 && strcmp(result.alts[0].text, truth) == 0;
    tsk_pieces_free(&pieces);
    tsk_bitmap_free(paper);
    pixDestroy(&ink);
    return rc;
}

static int measure_list(const struct tsk_weights *weights, const struct tsk_source **list, int count, int draws,
                        const char *what, struct tsk_err *err)
{
    struct tsk_random random = tsk_random_new(99);
    struct score score = { 0 };
    struct tsk_bitmap paper;

    for (int i = 0; i < count * (draws > 0 ? draws : 1); i++) {
        const struct tsk_source *source = list[i % count];
        if ((draws > 0 ? tsk_fax_paper(source, &random, &paper) : tsk_plain_paper(source, &paper)) != 0)
            return tsk_fail(err, TSK_STOP, 0, "no memory for a glyph");
        if (count_answer(&score, weights, &paper, (const char[]){ (char)('0' + source->label), 0 }, 1, err) != 0)
            return -1;
    }
    printf("%-28s %6d of %6d right, %.2f %%; no answer %d\n", what, score.right, score.tried,
           100.0 * score.right / score.tried, score.nothing);
    return 0;
}

static void print_strings(const struct score *score)
{
    printf("%-28s %6d of %6d right, %.2f %%; no answer %d\n", "  in numbers of 2 and 3", score->right, score->tried,
           100.0 * score->right / score->tried, score->nothing);
}

static int measure_strings(const struct tsk_weights *weights, const struct tsk_source **list, int count,
                           struct tsk_err *err)
{
    struct tsk_random random = tsk_random_new(98);
    struct score score = { 0 };
    struct tsk_bitmap paper;

    for (int i = 0; i < STRINGS; i++) {
        const struct tsk_source *parts[3];
        char truth[4] = "";
        const int length = 2 + i % 4 / 3;
        for (int k = 0; k < length; k++) {
            parts[k] = list[tsk_random_below(&random, count)];
            truth[k] = (char)('0' + parts[k]->label);
        }
        if (tsk_fax_string(parts, length, &random, &paper) != 0)
            return tsk_fail(err, TSK_STOP, 0, "no memory for a number");
        if (count_answer(&score, weights, &paper, truth, 4, err) != 0)
            return -1;
    }
    print_strings(&score);
    return 0;
}

static int measure(const struct data *data, const struct tsk_weights *weights, struct tsk_err *err)
{
    const bool held = data->held_count > 0;
    const struct tsk_source **written = held ? data->held : data->learn.written;
    const int count = held ? data->held_count : data->learn.written_count;
    const char *what = held ? "written, senders left out" : "written, senders learnt";

    if (measure_list(weights, written, count, 0, what, err) != 0)
        return -1;
    if (measure_list(weights, written, count, FAXED_DRAWS, "  the same, faxed again", err) != 0)
        return -1;
    if (measure_strings(weights, written, count, err) != 0)
        return -1;
    return measure_list(weights, data->learn.typed, data->learn.typed_count, FAXED_DRAWS, "printed, faxed", err);
}

/* A short rise, then a square fall to almost nothing: the last samples only polish. */
static double rate_at(long step, long steps)
{
    const double left = 1 - (double)step / (double)steps, warm = (double)(step + 1) / 200;

    return (rate_end + (rate_top - rate_end) * left * left) * (warm < 1 ? warm : 1);
}

static int train(const struct data *data, const struct job *job, struct tsk_weights *weights, struct tsk_err *err)
{
    struct tsk_learner *learner = malloc(sizeof(*learner));
    struct tsk_random random = tsk_random_new((uint64_t)job->seed);
    const long steps = job->samples / BATCH;
    struct tsk_fax_sample sample;
    int rc = -1;

    if (learner == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory for the weights");
    tsk_learn_start(learner, &random);
    for (long step = 0; step < steps; step++) {
        for (int i = 0; i < BATCH; i++) {
            if (tsk_fax_sample(&data->learn, &random, &sample) != 0) {
                tsk_fail(err, TSK_STOP, 0, "no memory for a sample");
                goto out;
            }
            tsk_learn_sample(learner, &sample, &random);
        }
        tsk_learn_step(learner, BATCH, rate_at(step, steps));
        if ((step + 1) % (steps / 20 + 1) == 0) {
            printf("%8ld samples, loss %.4f\n", (step + 1) * BATCH, learner->loss);
            fflush(stdout);
        }
    }
    weights->net = learner->mean;
    weights->sharpen = sharpen_default;
    rc = 0;
out:
    free(learner);
    return rc;
}

static int run(const struct job *job, struct data *data, struct tsk_weights *weights, struct tsk_err *err)
{
    if (load(data, job, err) != 0)
        return -1;
    printf("%d written and %d MNIST digits, %d printed digits, %d other characters, %d marks; %d left out\n",
           data->learn.written_count, data->learn.mnist_count, data->learn.typed_count, data->learn.character_count,
           data->learn.mark_count, data->held_count);
    if (job->test != NULL ? tsk_weights_read(weights, job->test, err) != 0 : train(data, job, weights, err) != 0)
        return -1;
    if (measure(data, weights, err) != 0)
        return -1;
    return job->out != NULL ? tsk_weights_write(weights, job->out, err) : 0;
}

int main(int argc, char **argv)
{
    struct job job = { 0 };
    struct data data = { 0 };
    struct tsk_weights *weights = calloc(1, sizeof(*weights));
    struct tsk_err err = { 0 };
    int rc = -1;

    if (weights == NULL || read_job(&job, argc, argv) != 0) {
        free(weights);
        return usage();
    }
    if ((rc = run(&job, &data, weights, &err)) != 0)
        fprintf(stderr, "tasuki-train-digits: %s\n", err.text);
    free(data.lists);
    tsk_sources_free(&data.sources);
    free(weights);
    return rc != 0;
}
