#include "gateway/reader_versions.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/datadir.h"
#include "ocr/digits/digits.h"
#include "ocr/judge/judge.h"

static int weights(char *out, size_t size, const char *path, struct tsk_err *err)
{
    struct tsk_digits *digits = NULL;
    int rc = tsk_digits_load(&digits, path, err);

    if (rc == 0)
        snprintf(out, size, "%s", tsk_digits_version(digits));
    tsk_digits_free(&digits);
    return rc;
}

/* Without the file the reader goes without, and says so by an empty version. */
static int calibration(char *out, size_t size, const char *path, struct tsk_err *err)
{
    struct tsk_calibration *found = NULL;

    *out = '\0';
    if (access(path, F_OK) != 0)
        return 0;
    int rc = tsk_calibration_load(&found, path, err);
    if (rc == 0)
        snprintf(out, size, "%s", tsk_calibration_version(found));
    tsk_calibration_free(&found);
    return rc;
}

int tsk_reader_versions(struct tsk_reader_versions *out, struct tsk_err *err)
{
    char *digits = tsk_data_path("ocr/digits/weights.bin"), *judge = tsk_data_path("ocr/judge/calibration.json");
    int rc;

    if (digits == NULL || judge == NULL)
        rc = tsk_fail(err, TSK_RETRY, 0, "no memory for the names of the reader's files");
    else if ((rc = weights(out->weights, sizeof out->weights, digits, err)) == 0)
        rc = calibration(out->calibration, sizeof out->calibration, judge, err);
    free(digits);
    free(judge);
    return rc;
}
