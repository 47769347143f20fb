/*
 * send_again - a faxed page as it comes after it was sent once more, as G3 without correction over a line with hits
 *
 * usage: send_again IN.tif OUT.tif SEED ["2026:11:21 09:30:00"]      (the time goes into the TIFF's DateTime)
 *
 * Half of the pages lose rows elsewhere too, as some receivers drop what came wrong. For training: see ocr/marks/NET.md.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/faxsim.h"

static double unit(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (double)(*state >> 11) / 9007199254740992.0;
}

static void pick_line(struct faxsim *fax, uint64_t *state)
{
    fax->line_hits = 4 + (int)(unit(state) * 57);
    fax->compression = unit(state) < 0.33 ? FAXSIM_G3 : FAXSIM_G3_2D;
    if (unit(state) < 0.5) {
        fax->lost_bands = 3 + (int)(unit(state) * 48);
        fax->lost_rows = unit(state) < 0.5 ? 1 : unit(state) < 0.5 ? 2 : 4;
    }
    if (unit(state) < 0.2) {
        fax->garbled_rows = (int)(unit(state) * 60);
        fax->repeated_rows = (int)(unit(state) * 40);
    }
}

static int send_page(const char *in, const char *out, const struct faxsim *settings, struct tsk_err *err)
{
    struct faxsim fax = *settings;
    PIX *page = pixRead(in), *grey = page != NULL ? pixConvertTo8(page, 0) : NULL, *sent = NULL;
    l_int32 x_dpi = 0, y_dpi = 0;
    int rc = -1;

    if (grey == NULL) {
        tsk_fail(err, TSK_REJECT, 0, "%s cannot be read", in);
    } else {
        pixGetResolution(page, &x_dpi, &y_dpi);
        fax.x_dpi = x_dpi;
        fax.y_dpi = y_dpi;
        fax.width_px = pixGetWidth(page);
        if (faxsim_page(grey, &fax, &sent, err) == 0)
            rc = faxsim_write(out, &sent, 1, &fax, err);
    }
    pixDestroy(&page);
    pixDestroy(&grey);
    pixDestroy(&sent);
    return rc;
}

int main(int argc, char **argv)
{
    struct faxsim fax = { .threshold = 128 };
    struct tsk_err err = { 0 };
    uint64_t state;

    if (argc < 4) {
        fputs("usage: send_again IN.tif OUT.tif SEED [TIME]\n", stderr);
        return 2;
    }
    setMsgSeverity(L_SEVERITY_NONE);
    fax.seed = (unsigned)strtoul(argv[3], NULL, 10);
    fax.received = argc > 4 ? argv[4] : NULL;
    state = 0x9e3779b97f4a7c15ULL ^ (fax.seed * 0x2545f4914f6cdd1dULL);
    for (int i = 0; i < 8; i++)
        (void)unit(&state);
    pick_line(&fax, &state);
    if (send_page(argv[1], argv[2], &fax, &err) == 0)
        return 0;
    fprintf(stderr, "send_again: %s\n", err.text);
    return 1;
}
