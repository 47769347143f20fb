#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ocr/confine/frames.h"
#include "ocr/confine/models.h"
#include "ocr/decode/decode.h"

#define CROP_MARGIN_MM 1.0

static const char *const stage_names[TSK_STAGE_COUNT] = { "decode", "register", "marks", "digits", "text", "judge" };

static int say_reading(int fd, const struct tsk_reading *reading, struct tsk_err *err)
{
    json_t *json = tsk_reading_to_json(reading);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    int rc = text != NULL ? tsk_frame_write(fd, TSK_FRAME_READING, text, strlen(text), err)
                          : tsk_fail(err, TSK_RETRY, 0, "no memory to write down what was read");

    free(text);
    json_decref(json);
    return rc;
}

static int say_timing(int fd, const struct tsk_timing *timing, struct tsk_err *err)
{
    json_t *json = json_object();
    int rc;

    for (int i = 0; i < TSK_STAGE_COUNT; i++)
        json_object_set_new(json, stage_names[i], json_real(timing->ms[i]));
    rc = tsk_frame_write_json(fd, TSK_FRAME_TIMING, json, err);
    json_decref(json);
    return rc;
}

static int say_image(int fd, PIX *pix, struct tsk_err *err)
{
    l_uint8 *png = NULL;
    size_t len = 0;
    int rc = -1;

    if (pixWriteMemPng(&png, &len, pix, 0) != 0)
        tsk_fail(err, TSK_RETRY, 0, "no memory for the picture of a page");
    else
        rc = tsk_frame_write(fd, TSK_FRAME_PAGE, png, len, err);
    lept_free(png);
    return rc;
}

/* A person will look at it: everything written, and every mark that is not certain. */
static bool wants_crop(const struct tsk_value *value)
{
    if (value->box_px[2] <= 0 || value->box_px[3] <= 0)
        return false;
    if (value->kind == TSK_FIELD_MARK || value->kind == TSK_FIELD_CIRCLE)
        return value->review;
    return value->kind == TSK_FIELD_IMAGE || !value->blank || value->review;
}

static void add_crop(json_t *index, struct tsk_buf *pngs, const struct tsk_page *page, const struct tsk_value *value)
{
    int margin_x = (int)(CROP_MARGIN_MM * tsk_page_px_per_mm_x(page));
    int margin_y = (int)(CROP_MARGIN_MM * tsk_page_px_per_mm_y(page));
    BOX *box = boxCreate(value->box_px[0] - margin_x > 0 ? value->box_px[0] - margin_x : 0,
                         value->box_px[1] - margin_y > 0 ? value->box_px[1] - margin_y : 0,
                         value->box_px[2] + 2 * margin_x, value->box_px[3] + 2 * margin_y);
    PIX *crop = box != NULL ? pixClipRectangle(page->pix, box, NULL) : NULL;
    l_uint8 *png = NULL;
    size_t len = 0, at = pngs->len;

    if (crop != NULL && pixWriteMemPng(&png, &len, crop, 0) == 0)
        tsk_buf_add(pngs, png, len);
    if (pngs->len > at)
        json_array_append_new(index, json_pack("{s:s, s:I, s:I}", "field", value->id, "offset", (json_int_t)at,
                                               "length", (json_int_t)len));
    lept_free(png);
    pixDestroy(&crop);
    boxDestroy(&box);
}

static int say_crops(int fd, const struct tsk_page *page, const struct tsk_reading *reading, struct tsk_err *err)
{
    size_t max = tsk_frame_max(TSK_FRAME_CROPS);
    struct tsk_buf pngs = TSK_BUF(max - ((size_t)1 << 20)), bundle = TSK_BUF(max);
    json_t *index = json_array();
    unsigned char head[4];
    char *text = NULL;
    int rc = -1;

    for (size_t i = 0; i < reading->value_count; i++) {
        if (wants_crop(&reading->values[i]))
            add_crop(index, &pngs, page, &reading->values[i]);
    }
    text = json_dumps(index, JSON_COMPACT);
    if (text == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "no memory for the pictures of fields");
    } else {
        for (int i = 0; i < 4; i++)
            head[i] = (unsigned char)(strlen(text) >> (8 * i));
        tsk_buf_add(&bundle, head, sizeof head);
        tsk_buf_puts(&bundle, text);
        tsk_buf_add(&bundle, pngs.data, pngs.len);
        rc = bundle.failed ? tsk_fail(err, TSK_HOLD, 0, "the pictures of its fields are too large to pass on")
                           : tsk_frame_write(fd, TSK_FRAME_CROPS, bundle.data, bundle.len, err);
    }
    free(text);
    json_decref(index);
    tsk_buf_free(&bundle);
    tsk_buf_free(&pngs);
    return rc;
}

static int say_page(int fd, const struct tsk_request *request, const struct tsk_page *page,
                    const struct tsk_reading *reading, const struct tsk_timing *timing, struct tsk_err *err)
{
    if (say_reading(fd, reading, err) != 0 || (request->timing && say_timing(fd, timing, err) != 0))
        return -1;
    if (!request->images)
        return 0;
    if (say_image(fd, page->pix, err) != 0)
        return -1;
    return reading->value_count > 0 ? say_crops(fd, page, reading, err) : 0;
}

/* A page that could not be decoded still has its place: it hides no other, and nobody takes it for read. */
static int say_unreadable(int fd, const struct tsk_page *page, const struct tsk_err *why, struct tsk_err *err)
{
    struct tsk_reading reading;
    int rc;

    if (tsk_reading_start(&reading, NULL, err) != 0)
        return -1;
    reading.page = page->number;
    reading.state = TSK_PAGE_INCOMPLETE;
    free(reading.reason);
    reading.reason = strdup(why->text);
    rc = reading.reason != NULL ? say_reading(fd, &reading, err) : tsk_fail(err, TSK_RETRY, 0, "no memory");
    tsk_reading_free(&reading);
    return rc;
}

static int read_one(const struct tsk_models *models, const struct tsk_request *request, struct tsk_page *page, int fd,
                    struct tsk_timing *timing, struct tsk_err *err)
{
    struct tsk_reading reading = { 0 };
    int rc = tsk_read_page(models, request, page, &reading, timing, err);

    if (rc == 0)
        rc = say_page(fd, request, page, &reading, timing, err);
    tsk_reading_free(&reading);
    return rc;
}

static int read_all(const struct tsk_models *models, const struct tsk_request *request, struct tsk_decoder *decoder,
                    int fd, struct tsk_err *err)
{
    struct tsk_err why = { 0 };
    int good = 0, rc;

    for (;;) {
        struct tsk_timing timing = { 0 };
        struct tsk_page page;
        double since = (double)tsk_mono_ms();

        rc = tsk_decode_next(decoder, &page, &why);
        timing.ms[TSK_STAGE_DECODE] = (double)tsk_mono_ms() - since;
        if (rc == 0)
            break;
        if (rc < 0) {
            if (say_unreadable(fd, &page, &why, err) != 0)
                return -1;
            continue;
        }
        good++;
        rc = read_one(models, request, &page, fd, &timing, err);
        tsk_page_free(&page);
        if (rc != 0)
            return -1;
    }
    if (good == 0) { /* not one page: the document cannot be read, and the last page's fault says why */
        *err = why;
        return -1;
    }
    return 0;
}

int tsk_read_document(void *ctx, const struct tsk_request *request, int document_fd, int out_fd, struct tsk_err *err)
{
    const struct tsk_models *models = ctx;
    struct tsk_decoder *decoder = NULL;
    json_t *versions = NULL;
    int rc = -1;

    if (tsk_decode_open(&decoder, document_fd, request->raster, err) != 0 ||
        read_all(models, request, decoder, out_fd, err) != 0)
        goto out;
    versions = tsk_models_versions(models);
    rc = tsk_frame_write_json(out_fd, TSK_FRAME_END, versions, err);
out:
    json_decref(versions);
    tsk_decode_close(&decoder);
    return rc;
}
