#include "ocr/text/line_net.h"

#include <stdlib.h>
#include <string.h>

#include "ocr/text/line_layers.h"

#define NAME_ROOM 64
#define OF_BYTES 1     /* of a matrix: its weights are bytes */
#define OF_DOUBLES 128 /* and its scales doubles */
#define OWN_RATES 64   /* of a stack: a rate for learning stands behind it for each layer */
#define DEPTH_MOST 4   /* of stacks in stacks */
#define SIDE_MOST 4096 /* of a matrix */
#define ITERATION_STEP 0x10000001ULL
#define DICE_MOST 0x7FFFFFFFULL
#define WIDTH_MOST 20000
#define ALIGNED 64

struct head { /* of a layer in the file */
    char kind[NAME_ROOM];
    uint32_t flags;
    int inputs, outputs;
};

struct loader {
    struct tsk_line_net *net;
    struct tsk_cursor *from;
    struct tsk_err *err;
    int outputs;          /* of the layer before */
    bool down, backwards; /* within a stack that turns its input */
};

static struct head take_head(struct tsk_cursor *from)
{
    struct head head;
    char name[NAME_ROOM];

    memset(&head, 0, sizeof(head));
    tsk_cursor_take(from, 1); /* kinds are named */
    tsk_cursor_text(from, head.kind, sizeof(head.kind));
    tsk_cursor_take(from, 2); /* of training */
    head.flags = tsk_cursor_word(from);
    head.inputs = (int)tsk_cursor_word(from);
    head.outputs = (int)tsk_cursor_word(from);
    tsk_cursor_word(from); /* how many weights */
    tsk_cursor_text(from, name, sizeof(name));
    return head;
}

struct table {         /* a matrix in the file */
    int rows, columns; /* with the bias */
    const int8_t *weights;
    double scales[SIDE_MOST];
};

static bool take_table(struct tsk_cursor *from, struct table *table)
{
    const unsigned char *mode = tsk_cursor_take(from, 1);
    uint32_t scales;

    if (mode == NULL || (*mode & OF_BYTES) == 0 || (*mode & OF_DOUBLES) == 0)
        return false;
    table->rows = (int)tsk_cursor_word(from);
    table->columns = (int)tsk_cursor_word(from);
    tsk_cursor_take(from, 1); /* what stands in an empty place */
    if (table->rows < 1 || table->rows > SIDE_MOST || table->columns < 2 || table->columns > SIDE_MOST)
        return false;
    table->weights = (const int8_t *)tsk_cursor_take(from, (size_t)table->rows * (size_t)table->columns);
    scales = tsk_cursor_word(from);
    if (scales != (uint32_t)table->rows)
        return false;
    for (int i = 0; i < table->rows; i++)
        table->scales[i] = tsk_cursor_double(from);
    return !from->short_of;
}

static bool take_convolution(struct loader *loader, struct table *table)
{
    struct tsk_line_net *net = loader->net;

    if (!take_table(loader->from, table) || table->rows != TSK_LINE_MAPS || table->columns != TSK_LINE_TAPS + 1)
        return false;
    for (int m = 0; m < TSK_LINE_MAPS; m++) {
        const int8_t *weights = table->weights + (ptrdiff_t)m * table->columns;

        for (int k = 0; k < TSK_LINE_TAPS; k++)
            net->taps[k][m] = (int32_t)weights[k];
        net->bias[m] = weights[TSK_LINE_TAPS] * TSK_INT_MOST;
        net->scales[m] = (float)(table->scales[m] / TSK_INT_MOST);
    }
    return true;
}

static bool take_memory(struct loader *loader, const struct head *head, struct table *table)
{
    enum { GATES = 4 };
    struct tsk_line_net *net = loader->net;
    struct tsk_line_memory *memory = &net->memories[net->memory_count];
    const int all = (int)tsk_cursor_word(loader->from);

    if (net->memory_count == TSK_LINE_MEMORIES || head->outputs < 1 || head->outputs > SIDE_MOST / GATES ||
        all != head->inputs + head->outputs || loader->down != (net->memory_count == 0))
        return false;
    *memory =
        (struct tsk_line_memory){ .inputs = head->inputs, .outputs = head->outputs, .backwards = loader->backwards };
    if (tsk_int_matrix_new(&memory->gates, GATES * head->outputs, all, loader->err) != 0)
        return false;
    net->memory_count++;
    for (int gate = 0; gate < GATES; gate++) {
        if (!take_table(loader->from, table) || table->rows != head->outputs || table->columns != all + 1)
            return false;
        for (int row = 0; row < table->rows; row++)
            tsk_int_matrix_set_row(&memory->gates, gate * head->outputs + row,
                                   table->weights + (ptrdiff_t)row * table->columns, table->scales[row]);
    }
    return true;
}

static bool take_codes(struct loader *loader, const struct head *head, struct table *table)
{
    struct tsk_line_net *net = loader->net;

    if (net->codes.weights != NULL || !take_table(loader->from, table) || table->rows != head->outputs ||
        table->columns != head->inputs + 1 ||
        tsk_int_matrix_new(&net->codes, table->rows, head->inputs, loader->err) != 0)
        return false;
    for (int row = 0; row < table->rows; row++)
        tsk_int_matrix_set_row(&net->codes, row, table->weights + (ptrdiff_t)row * table->columns, table->scales[row]);
    return true;
}

/* Two words that must both be that. */
static bool take_pair(struct tsk_cursor *from, uint32_t value)
{
    uint32_t x = tsk_cursor_word(from), y = tsk_cursor_word(from);

    return x == value && y == value;
}

static bool take_input(struct loader *loader)
{
    uint32_t shape[5];

    for (int i = 0; i < 5; i++)
        shape[i] = tsk_cursor_word(loader->from);
    loader->net->height = (int)shape[1];
    return shape[1] >= TSK_LINE_POOL && shape[1] <= 256 && shape[1] % TSK_LINE_POOL == 0 && shape[3] == 1;
}

/* A layer that is no stack. */
static bool take_plain(struct loader *loader, const struct head *head)
{
    struct table *table = calloc(1, sizeof(*table));
    bool good = table != NULL && head->inputs > 0;

    if (!good)
        ;
    else if (strcmp(head->kind, "Input") == 0)
        good = take_input(loader);
    else if (strcmp(head->kind, "Convolve") == 0)
        good = take_pair(loader->from, 1);
    else if (strcmp(head->kind, "Tanh") == 0)
        good = take_convolution(loader, table);
    else if (strcmp(head->kind, "Maxpool") == 0)
        good = take_pair(loader->from, TSK_LINE_POOL);
    else if (strcmp(head->kind, "LSTM") == 0 || strcmp(head->kind, "SummLSTM") == 0)
        good = loader->outputs == head->inputs && take_memory(loader, head, table);
    else if (strcmp(head->kind, "Softmax") == 0)
        good = loader->outputs == head->inputs && take_codes(loader, head, table);
    else
        good = false;
    loader->outputs = head->outputs;
    free(table);
    return good;
}

static bool is_stack(const struct head *head)
{
    return strcmp(head->kind, "Series") == 0 || strcmp(head->kind, "XYTranspose") == 0 ||
           strcmp(head->kind, "RTLReversed") == 0;
}

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static bool take_layer(struct loader *loader, int depth)
{
    struct head head = take_head(loader->from);
    const bool down = loader->down, backwards = loader->backwards;
    uint32_t layers, rates;

    if (!is_stack(&head))
        return take_plain(loader, &head);
    if (depth == DEPTH_MOST)
        return false;
    layers = tsk_cursor_word(loader->from);
    loader->down = down || strcmp(head.kind, "XYTranspose") == 0;
    loader->backwards = backwards || strcmp(head.kind, "RTLReversed") == 0;
    for (uint32_t i = 0; i < layers; i++)
        if (!take_layer(loader, depth + 1))
            return false;
    loader->down = down;
    loader->backwards = backwards;
    rates = (head.flags & OWN_RATES) != 0 ? tsk_cursor_word(loader->from) : 0;
    return rates == 0 || tsk_cursor_take(loader->from, 4 * (size_t)rates) != NULL;
}

/* Behind the layers: how it was trained, and which code is none. */
static bool take_rest(struct loader *loader)
{
    struct tsk_line_net *net = loader->net;
    char shape[4];
    uint64_t seen;

    tsk_cursor_text(loader->from, shape, sizeof(shape));
    tsk_cursor_word(loader->from); /* flags */
    tsk_cursor_word(loader->from); /* rounds */
    seen = tsk_cursor_word(loader->from);
    net->nothing = (int)tsk_cursor_word(loader->from);
    net->seed = (uint32_t)(seen * ITERATION_STEP % DICE_MOST);
    if (net->seed == 0)
        net->seed = 1;
    return !loader->from->short_of && net->memory_count > 1 && net->memories[0].inputs == TSK_LINE_MAPS &&
           net->codes.weights != NULL && net->nothing >= 0 && net->nothing < net->codes.rows;
}

int tsk_line_net_new(struct tsk_line_net **out, struct tsk_cursor *cursor, const char *path, struct tsk_err *err)
{
    struct tsk_err unused;
    struct loader loader = {
        .net = calloc(1, sizeof(*loader.net)), .from = cursor, .err = &unused, .outputs = TSK_LINE_MAPS
    };

    *out = loader.net;
    if (loader.net == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory for the text models");
    if (take_layer(&loader, 0) && take_rest(&loader))
        return 0;
    tsk_line_net_free(out);
    return tsk_fail(err, TSK_STOP, 0, "%s: not a network that this program can run; install the models of its packages",
                    path);
}

void tsk_line_net_free(struct tsk_line_net **net)
{
    if (*net == NULL)
        return;
    for (int i = 0; i < (*net)->memory_count; i++)
        tsk_int_matrix_free(&(*net)->memories[i].gates);
    tsk_int_matrix_free(&(*net)->codes);
    free(*net);
    *net = NULL;
}

int tsk_line_net_codes(const struct tsk_line_net *net)
{
    return net->codes.rows;
}

int tsk_line_net_nothing(const struct tsk_line_net *net)
{
    return net->nothing;
}

void tsk_line_odds_free(struct tsk_line_odds *odds)
{
    free(odds->p);
    *odds = (struct tsk_line_odds){ 0 };
}

static void *aligned(size_t size)
{
    return aligned_alloc(ALIGNED, (size + ALIGNED - 1) / ALIGNED * ALIGNED);
}

struct lines { /* what goes along the line from layer to layer: two buffers by turns */
    uint8_t *at[2];
    size_t stride;
    void *scratch;
    int steps;
};

static bool make_lines(const struct tsk_line_net *net, int steps, struct lines *lines)
{
    size_t widest = net->codes.stride, scratch = 0;

    for (int i = 0; i < net->memory_count; i++) {
        const struct tsk_line_memory *memory = &net->memories[i];

        widest = memory->gates.stride > widest ? memory->gates.stride : widest;
        scratch = tsk_line_scratch(memory) > scratch ? tsk_line_scratch(memory) : scratch;
    }
    *lines = (struct lines){ .stride = widest, .steps = steps, .scratch = aligned(scratch) };
    for (int i = 0; i < 2; i++)
        if ((lines->at[i] = aligned((size_t)steps * widest)) != NULL)
            memset(lines->at[i], TSK_INT_ZERO, (size_t)steps * widest);
    return lines->scratch != NULL && lines->at[0] != NULL && lines->at[1] != NULL;
}

static void free_lines(struct lines *lines)
{
    free(lines->at[0]);
    free(lines->at[1]);
    free(lines->scratch);
}

/* Each column of maps to what the first memory makes of it, then along the line; returns the last buffer. */
static const uint8_t *run_memories(const struct tsk_line_net *net, const struct tsk_line_maps *maps,
                                   struct lines *lines)
{
    int to = 0;

    for (int x = 0; x < maps->columns; x++) {
        const struct tsk_line_steps down = { .in = maps->at + (ptrdiff_t)x * TSK_LINE_MAPS,
                                             .out = lines->at[to] + (size_t)x * lines->stride,
                                             .in_stride = (size_t)maps->columns * TSK_LINE_MAPS,
                                             .count = maps->rows,
                                             .last_only = true };

        tsk_line_remember(&net->memories[0], &down, lines->scratch);
    }
    for (int i = 1; i < net->memory_count; i++) {
        const struct tsk_line_steps along = { lines->at[to], lines->at[1 - to], lines->stride,
                                              lines->stride, lines->steps,      false };

        tsk_line_remember(&net->memories[i], &along, lines->scratch);
        to = 1 - to;
    }
    return lines->at[to];
}

static int fill_odds(const struct tsk_line_net *net, PIX *picture, struct tsk_line_odds *odds)
{
    struct tsk_line_maps maps = tsk_line_convolve(net, picture);
    struct lines lines = { 0 };
    const uint8_t *said;
    int rc = -1;

    *odds = (struct tsk_line_odds){ maps.columns, net->codes.rows, net->codes.room, NULL };
    odds->p = malloc((size_t)odds->steps * odds->stride * sizeof(float));
    if (maps.at == NULL || odds->p == NULL || !make_lines(net, maps.columns, &lines))
        goto out;
    said = run_memories(net, &maps, &lines);
    for (int i = 0; i < odds->steps; i++) {
        float *p = odds->p + (size_t)i * odds->stride;

        tsk_int_matrix_times(&net->codes, said + (size_t)i * lines.stride, p);
        tsk_line_softmax(p, odds->codes);
    }
    rc = 0;
out:
    free_lines(&lines);
    free(maps.at);
    return rc;
}

int tsk_line_net_run(const struct tsk_line_net *net, PIX *grey, struct tsk_line_odds *odds, struct tsk_err *err)
{
    const float scale = (float)net->height / (float)pixGetHeight(grey);
    PIX *picture = pixScale(grey, scale, scale);
    int rc = 0;

    *odds = (struct tsk_line_odds){ 0 };
    if (picture == NULL || pixGetDepth(picture) != 8 || pixGetWidth(picture) > WIDTH_MOST)
        rc = tsk_fail(err, TSK_HOLD, 0, "a line of writing could not be read");
    else if (pixGetWidth(picture) >= TSK_LINE_POOL && fill_odds(net, picture, odds) != 0)
        rc = tsk_fail(err, TSK_HOLD, 0, "no memory to read a line of writing");
    pixDestroy(&picture);
    if (rc != 0)
        tsk_line_odds_free(odds);
    return rc;
}
