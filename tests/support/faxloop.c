/*
 * faxloop - one real fax call over a simulated line: faxloop IN.tif OUT.tif ECM EVERY LENGTH CUT
 *
 * ECM        1 = error correction
 * EVERY      a disturbance each so many 20 ms frames, or once, in frame -EVERY; 0 = a clean line
 * LENGTH     of it in samples: noise, or silence when negative
 * CUT        second at which the line goes dead, 0 = never
 * Prints     how each end saw the call. Exit status 0 when the receiver believes that everything went well.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <spandsp.h>

#define FRAME 160 /* samples, 20 ms */
#define FRAMES_MAX (50L * 600)
#define SETTLED_FRAMES 600 /* the first seconds agree on the speed; disturbances come later */
#define NOISE 8000

struct end {
    const char *name;
    int *ended;
    int code;
};

struct line {
    int every, length;
    long cut_frames;
    unsigned seed;
};

static void phase_e(t30_state_t *t30, void *user, int code)
{
    struct end *end = user;
    const char *peer = t30_get_rx_ident(t30);
    t30_stats_t stats;

    t30_get_transfer_statistics(t30, &stats);
    end->code = code;
    (*end->ended)++;
    printf("%s %d (%s) peer='%s' pages=%d/%d rows=%d bad=%d ecm=%d rate=%d\n", end->name, code,
           t30_completion_code_to_str(code), peer != NULL ? peer : "", stats.pages_tx, stats.pages_rx, stats.length,
           stats.bad_rows, stats.error_correcting_mode, stats.bit_rate);
}

static fax_state_t *make_end(struct end *end, int caller, const char *path, int ecm, int noisy)
{
    fax_state_t *fax = fax_init(NULL, caller);
    t30_state_t *t30;

    if (fax == NULL)
        return NULL;
    t30 = fax_get_t30_state(fax);
    t30_set_tx_ident(t30, caller ? "+81 6 1234 5678" : "STATION-B");
    t30_set_ecm_capability(t30, ecm);
    t30_set_supported_modems(t30, T30_SUPPORT_V27TER | T30_SUPPORT_V29 | (noisy ? 0 : T30_SUPPORT_V17));
    t30_set_supported_compressions(t30, T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T4_2D_COMPRESSION |
                                            (ecm ? T30_SUPPORT_T6_COMPRESSION : 0));
    t30_set_supported_resolutions(t30, T30_SUPPORT_STANDARD_RESOLUTION | T30_SUPPORT_FINE_RESOLUTION);
    t30_set_supported_image_sizes(t30, T30_SUPPORT_215MM_WIDTH | T30_SUPPORT_UNLIMITED_LENGTH);
    t30_set_phase_e_handler(t30, phase_e, end);
    fax_set_transmit_on_idle(fax, 1);
    if (caller)
        t30_set_tx_file(t30, path, -1, -1);
    else
        t30_set_rx_file(t30, path, -1);
    return fax;
}

static int16_t crackle(struct line *line)
{
    line->seed = line->seed * 1103515245u + 12345u;
    return (int16_t)((int)(line->seed >> 16) % (2 * NOISE) - NOISE);
}

static void disturb(struct line *line, long frame, int16_t *sent, int16_t *answered)
{
    int count = line->length < 0 ? -line->length : line->length;

    if (frame == -line->every || (line->every > 0 && frame > SETTLED_FRAMES && frame % line->every == 0))
        for (int i = 0; i < count && i < FRAME; i++)
            sent[i] = line->length > 0 ? crackle(line) : 0;
    if (line->cut_frames > 0 && frame > line->cut_frames) {
        memset(sent, 0, FRAME * sizeof *sent);
        memset(answered, 0, FRAME * sizeof *answered);
    }
}

static void hold_call(fax_state_t *caller, fax_state_t *answerer, struct line *line, const int *ended)
{
    int16_t sent[FRAME], answered[FRAME];

    for (long frame = 0; frame < FRAMES_MAX && *ended < 2; frame++) {
        memset(sent, 0, sizeof sent);
        memset(answered, 0, sizeof answered);
        fax_tx(caller, sent, FRAME);
        fax_tx(answerer, answered, FRAME);
        disturb(line, frame, sent, answered);
        fax_rx(answerer, sent, FRAME);
        fax_rx(caller, answered, FRAME);
    }
}

int main(int argc, char **argv)
{
    int ended = 0, ecm;
    struct end ends[2] = { { "TX", &ended, -1 }, { "RX", &ended, -1 } };
    struct line line = { .seed = 1 };
    fax_state_t *caller, *answerer;

    if (argc != 7) {
        fprintf(stderr, "usage: faxloop IN.tif OUT.tif ECM EVERY LENGTH CUT\n");
        return 2;
    }
    ecm = (int)strtol(argv[3], NULL, 10);
    line.every = (int)strtol(argv[4], NULL, 10);
    line.length = (int)strtol(argv[5], NULL, 10);
    line.cut_frames = 50 * strtol(argv[6], NULL, 10);
    caller = make_end(&ends[0], 1, argv[1], ecm, line.length > 0);
    answerer = make_end(&ends[1], 0, argv[2], ecm, line.length > 0);
    if (caller == NULL || answerer == NULL)
        return 2;
    hold_call(caller, answerer, &line, &ended);
    fax_free(caller);
    fax_free(answerer);
    return ends[1].code == 0 ? 0 : 1;
}
