#include "gateway/reading.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/date.h"
#include "base/file.h"
#include "gateway/role.h"
#include "gateway/spool_site.h"

#define STEP_MS 1000
#define REREAD_FORMS_MAX 12

struct sink {
    struct tsk_reader_result *out;
    struct tsk_blobs *blobs;
    size_t room;
};

static int add_page(struct sink *sink, const struct tsk_frame *frame, struct tsk_err *err)
{
    struct tsk_reader_result *out = sink->out;
    json_error_t where;
    json_t *json;
    int rc;

    if (out->count == sink->room) {
        size_t room = sink->room == 0 ? 8 : sink->room * 2;
        struct tsk_reader_page *more = realloc(out->pages, room * sizeof *more);

        if (more == NULL)
            return tsk_fail(err, TSK_RETRY, 0, "out of memory");
        out->pages = more;
        sink->room = room;
    }
    json = json_loadb(frame->bytes, frame->len, JSON_REJECT_DUPLICATES, &where);
    if (json == NULL)
        return tsk_fail(err, TSK_HOLD, 0, "page %d: the reader's answer is not JSON", frame->page);
    out->pages[out->count] = (struct tsk_reader_page){ .reading.page = 0 };
    rc = tsk_reading_from_json(&out->pages[out->count].reading, json, err);
    json_decref(json);
    if (rc == 0)
        out->count++;
    return rc;
}

static int put_blob(struct sink *sink, const struct tsk_frame *frame, bool crops, struct tsk_err *err)
{
    struct tsk_reader_page *page = &sink->out->pages[sink->out->count - 1];

    return tsk_blob_put(crops ? page->crops : page->image, sink->blobs, frame->bytes, frame->len, err);
}

static void take_version(const json_t *json, const char *key, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(json, key));

    snprintf(out, size, "%.*s", (int)size - 1, text != NULL ? text : "");
}

static int take_end(struct tsk_reader_result *out, const struct tsk_frame *frame, struct tsk_err *err)
{
    json_t *json = json_loadb(frame->bytes, frame->len, JSON_REJECT_DUPLICATES, NULL);

    if (json == NULL)
        return tsk_fail(err, TSK_HOLD, 0, "the reader's last word is not JSON");
    take_version(json, "reader", out->reader, sizeof out->reader);
    take_version(json, "weights", out->weights, sizeof out->weights);
    take_version(json, "calibration", out->calibration, sizeof out->calibration);
    json_decref(json);
    return 0;
}

static int take_frame(void *ctx, const struct tsk_frame *frame, struct tsk_err *err)
{
    struct sink *sink = ctx;

    switch (frame->type) {
    case TSK_FRAME_READING:
        return add_page(sink, frame, err);
    case TSK_FRAME_PAGE:
        return put_blob(sink, frame, false, err);
    case TSK_FRAME_CROPS:
        return put_blob(sink, frame, true, err);
    case TSK_FRAME_END:
        return take_end(sink->out, frame, err);
    case TSK_FRAME_TIMING:
    case TSK_FRAME_ERROR:
        break;
    }
    return 0;
}

static int read_stoppable(struct tsk_recogniser *recogniser, const struct tsk_request *request, int fd,
                          struct sink *sink, struct tsk_err *err)
{
    int rc = tsk_recogniser_begin(recogniser, request, fd, take_frame, sink, err);

    while (rc == 0) {
        struct pollfd fds[2];
        int count = tsk_recogniser_polls(recogniser, fds);

        if (tsk_role_wait(fds, (size_t)count, STEP_MS) & TSK_ROLE_STOP) {
            sink->out->stopped = true;
            return 0;
        }
        rc = tsk_recogniser_step(recogniser, &sink->out->outcome, err);
    }
    return rc < 0 ? -1 : 0;
}

int tsk_reader_read(struct tsk_reader_result *out, struct tsk_recogniser *recogniser, struct tsk_blobs *blobs,
                    const struct tsk_site *site, const struct tsk_reader_request *what, bool role, struct tsk_err *err)
{
    struct sink sink = { .out = out, .blobs = blobs };
    struct tsk_request request = { .id = what->id,
                                   .received_ms = what->received_ms,
                                   .marks_only = site->config->reading.marks_only,
                                   .images = true,
                                   .time_limit_ms = (int64_t)site->config->reading.document_s * 1000 };
    int prepared = -1, rc;

    *out = (struct tsk_reader_result){ .count = 0 };
    if (tsk_document_prepare(what->fd, &prepared, &request.raster, err) != 0)
        return -1;
    if (role)
        rc = read_stoppable(recogniser, &request, prepared, &sink, err);
    else
        rc = tsk_recogniser_read(recogniser, &request, prepared, take_frame, &sink, &out->outcome, err);
    close(prepared);
    if (rc != 0)
        tsk_reader_result_free(out);
    return rc;
}

void tsk_reader_result_free(struct tsk_reader_result *result)
{
    for (size_t i = 0; i < result->count; i++)
        tsk_reading_free(&result->pages[i].reading);
    free(result->pages);
    result->pages = NULL;
    result->count = 0;
}

static int original_fd(struct tsk_blobs *blobs, const char *sha256, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(TSK_BLOB_MAX);
    int fd = -1;

    if (tsk_blob_get(&bytes, blobs, sha256, err) != 0)
        goto out;
    fd = memfd_create("original", MFD_CLOEXEC);
    if (fd >= 0 && tsk_write_all(fd, tsk_buf_text(&bytes), bytes.len) == 0 && lseek(fd, 0, SEEK_SET) == 0)
        goto out;
    tsk_fail(err, TSK_RETRY, errno, "no memory for the original");
    if (fd >= 0)
        close(fd);
    fd = -1;
out:
    tsk_buf_free(&bytes);
    return fd;
}

/* The options of a recogniser that reads as the site's own does. */
struct reread_args {
    const char *items[10 + 2 * REREAD_FORMS_MAX];
    size_t count;
    char *forms[REREAD_FORMS_MAX];
    size_t form_count;
    char tolerated[32];
};

static void add_arg(struct reread_args *args, const char *name, const char *value)
{
    args->items[args->count++] = name;
    args->items[args->count++] = value;
}

static int fill_args(struct reread_args *args, const struct tsk_site *site, struct tsk_err *err)
{
    const struct tsk_config *config = site->config;

    snprintf(args->tolerated, sizeof args->tolerated, "%.9f", config->reading.tolerated_silent_error);
    add_arg(args, "--tolerated", args->tolerated);
    add_arg(args, "--cache", site->cache);
    if (access(site->directory_csv, R_OK) == 0)
        add_arg(args, "--directory", site->directory_csv);
    for (size_t i = 0; i < config->forms.count && i < REREAD_FORMS_MAX; i++) {
        args->forms[i] = tsk_site_path(site, config->forms.items[i]);
        if (args->forms[i] == NULL)
            return tsk_fail(err, TSK_RETRY, 0, "out of memory");
        args->form_count++;
        add_arg(args, "--forms", args->forms[i]);
    }
    return 0;
}

static int reread_with(struct tsk_reader_result *out, const struct tsk_site *site, struct tsk_blobs *blobs, int fd,
                       const struct tsk_document *document, const char *form, struct tsk_err *err)
{
    struct reread_args args = { .count = 0 };
    struct tsk_reader_request request = { .id = document->spool_id, .fd = fd };
    struct tsk_recogniser *recogniser = NULL;
    pid_t pid = 0;
    int rc = -1;

    if (!tsk_stamp_parse(document->received, &request.received_ms))
        request.received_ms = 0;
    if (form != NULL)
        add_arg(&args, "--form", form);
    if (fill_args(&args, site, err) != 0 || tsk_recogniser_start(&recogniser, 1, args.items, &pid, err) != 0)
        goto out;
    rc = tsk_recogniser_ready(recogniser, -1, err);
    if (rc == 0)
        rc = tsk_reader_read(out, recogniser, blobs, site, &request, false, err);
    tsk_recogniser_close(&recogniser);
    waitpid(pid, NULL, 0);
out:
    for (size_t i = 0; i < args.form_count; i++)
        free(args.forms[i]);
    return rc;
}

int tsk_reader_reread(struct tsk_reader_result *out, const struct tsk_site *site, const struct tsk_document *document,
                      const char *form, struct tsk_err *err)
{
    struct tsk_blobs *blobs;
    int fd, rc = -1;

    *out = (struct tsk_reader_result){ .count = 0 };
    if (tsk_site_blobs_open(&blobs, site, err) != 0)
        return -1;
    fd = original_fd(blobs, document->sha256, err);
    if (fd >= 0) {
        rc = reread_with(out, site, blobs, fd, document, form, err);
        close(fd);
    }
    tsk_blobs_close(&blobs);
    return rc;
}
