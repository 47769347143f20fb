#include <string.h>

#include "forms/reading.h"
#include "fuzz.h"
#include "ocr/confine/frames.h"
#include "ocr/confine/protocol.h"

static int take_crop(void *ctx, const char *field, const void *png, size_t len, struct tsk_err *err)
{
    volatile unsigned char last = len > 0 ? ((const unsigned char *)png)[len - 1] : 0;

    (void)ctx, (void)err, (void)last;
    fuzz_require_text(field, "a field is text");
    return 0;
}

static void take_reading(const char *bytes, size_t len)
{
    json_t *json = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL), *again, *more;
    struct tsk_reading one, two;
    struct tsk_err err = { 0 };

    if (json != NULL && tsk_reading_from_json(&one, json, &err) == 0) {
        again = tsk_reading_to_json(&one);
        fuzz_require(again != NULL && tsk_reading_from_json(&two, again, &err) == 0, "what we write we read");
        more = tsk_reading_to_json(&two);
        fuzz_require(json_equal(again, more) == 1, "a reading survives being written");
        json_decref(again);
        json_decref(more);
        tsk_reading_free(&one);
        tsk_reading_free(&two);
    }
    json_decref(json);
}

/* As the reader takes them (gateway/reading.c): readings and crops are looked into. */
static int take_frame(void *ctx, const struct tsk_frame *frame, struct tsk_err *err)
{
    struct tsk_err said = { 0 };

    (void)ctx;
    fuzz_require(frame->bytes[frame->len] == '\0' && frame->len <= tsk_frame_max(frame->type),
                 "a frame keeps its bounds");
    if (frame->type == TSK_FRAME_READING)
        take_reading(frame->bytes, frame->len);
    if (frame->type == TSK_FRAME_ERROR) {
        fuzz_require(tsk_frame_error(frame, &said) == -1, "an error is an error");
        fuzz_require_text(said.text, "an error is text");
    }
    return frame->type == TSK_FRAME_CROPS ? tsk_crops_parse(frame->bytes, frame->len, take_crop, NULL, err) : 0;
}

/* One byte: how many bytes come at a time; then what the child said. */
void fuzz_frames(const uint8_t *bytes, size_t len)
{
    size_t step = (size_t)fuzz_byte(&bytes, &len) * 97 + 1;
    struct tsk_frames frames;
    struct tsk_err err = { 0 };
    int rc = 0;

    tsk_frames_start(&frames);
    for (size_t at = 0; at < len && rc == 0; at += step)
        rc = tsk_frames_feed(&frames, bytes + at, len - at < step ? len - at : step, take_frame, NULL, &err);
    if (rc == 0)
        rc = tsk_frames_finish(&frames, &err);
    fuzz_require(rc == 0 || err.text[0] != '\0', "a stream that is refused has a reason");
    tsk_frames_free(&frames);
}

void fuzz_reading(const uint8_t *bytes, size_t len)
{
    take_reading((const char *)bytes, len);
}

void fuzz_packet(const uint8_t *bytes, size_t len)
{
    json_t *json = json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES, NULL), *again;
    struct tsk_request request;
    struct tsk_err err = { 0 };

    if (json_is_object(json) && tsk_request_from_json(&request, json, &err) == 0) {
        again = tsk_request_to_json(&request);
        fuzz_require(json_equal(json, again) == 1, "a request survives being sent");
        json_decref(again);
    }
    json_decref(json);
}
