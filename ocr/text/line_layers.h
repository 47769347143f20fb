/*
 * line_layers - the layers of line_net: what they hold and what each makes of its input
 *
 * Units      Activations are bytes: a value of -1..1 times 127, plus 128 (int_matrix.h).
 */
#ifndef TASUKI_OCR_TEXT_LINE_LAYERS_H
#define TASUKI_OCR_TEXT_LINE_LAYERS_H

#include <leptonica/allheaders.h>

#include "ocr/text/int_matrix.h"
#include "ocr/text/line_net.h"

#define TSK_LINE_MAPS 16
#define TSK_LINE_TAPS 9
#define TSK_LINE_POOL 3
#define TSK_LINE_MEMORIES 6

struct tsk_line_memory {         /* long short-term */
    struct tsk_int_matrix gates; /* cell inputs, input gates, forget gates, output gates */
    int inputs, outputs;
    bool backwards;
};

struct tsk_line_net {
    int height; /* px of the picture */
    int32_t taps[TSK_LINE_TAPS][TSK_LINE_MAPS], bias[TSK_LINE_MAPS];
    float scales[TSK_LINE_MAPS];
    struct tsk_line_memory memories[TSK_LINE_MEMORIES]; /* the first runs down each column */
    int memory_count;
    struct tsk_int_matrix codes;
    int nothing;
    uint32_t seed; /* of what stands beyond the picture's edges */
};

struct tsk_line_maps { /* rows of columns of maps */
    int rows, columns;
    uint8_t *at;
};

/* What a convolution and the largest of each 3 x 3 make of the picture; at is NULL without memory. */
struct tsk_line_maps tsk_line_convolve(const struct tsk_line_net *net, PIX *grey);

/*
 * Runs a memory along steps inputs, each so many bytes behind the one before, and writes what it gives at each step, or, with
 * last_only, at the last. scratch: tsk_line_scratch() bytes at 64.
 */
struct tsk_line_steps {
    const uint8_t *in;
    uint8_t *out;
    size_t in_stride, out_stride;
    int count;
    bool last_only;
};
size_t tsk_line_scratch(const struct tsk_line_memory *memory);
void tsk_line_remember(const struct tsk_line_memory *memory, const struct tsk_line_steps *steps, void *scratch);

void tsk_line_softmax(float *values, int count);

#endif
