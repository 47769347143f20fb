/*
 * tasuki read - what is written on faxed pages, as JSON lines; needs no site
 *
 * Hostile input  Only the first bytes of a file are looked at here, to tell PDF from image; reading is done by a private
 *                recogniser's confined children, and what they say is checked frame by frame.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "forms/reading.h"
#include "gateway/command.h"
#include "ocr/confine/recogniser.h"

#define JOBS_MAX 8
#define ARGS_MAX 60
#define TRIES_MAX 2 /* of a document whose recogniser went away */
#define LINES_BYTES_MAX ((size_t)256 << 20)
#define LOADING_MS 180000

enum state { WAITING, READING, DONE, FAILED };

struct file {
    const char *path;
    enum state state;
    int tries;
    struct tsk_buf lines; /* of the pages read so far */
    json_t *page;         /* the last one: its timing may follow */
    struct tsk_err err;
};

struct slot {
    struct tsk_recogniser *recogniser;
    struct file *file; /* NULL: idle */
    int fd;
};

struct reading {
    struct file *files;
    size_t count, printed;
    struct slot slots[JOBS_MAX];
    size_t jobs;
    pid_t recogniser;
    const char *args[ARGS_MAX + 1];
    size_t arg_count;
    struct tsk_request request;
    bool failed;
};

static void add_arg(struct reading *r, const char *arg)
{
    if (r->arg_count < ARGS_MAX)
        r->args[r->arg_count++] = arg;
}

static void pass_option(struct reading *r, int *argc, char **argv, const char *name, bool many, struct tsk_err *err)
{
    const char *value;

    while ((value = tsk_cli_option(argc, argv, name, err)) != NULL) {
        add_arg(r, name);
        add_arg(r, value);
        if (!many)
            return;
    }
}

static int take_jobs(int *argc, char **argv, struct reading *r, struct tsk_err *err)
{
    const char *text = tsk_cli_option(argc, argv, "--jobs", err);

    r->jobs = 1;
    if (text == NULL)
        return err->kind == TSK_OK ? 0 : -1;
    if (text[0] < '1' || text[0] > '0' + JOBS_MAX || text[1] != '\0')
        return tsk_fail(err, TSK_REJECT, 0, "--jobs: %s is not a number from 1 to %d", text, JOBS_MAX);
    r->jobs = (size_t)(text[0] - '0');
    return 0;
}

static int take_options(int *argc, char **argv, struct reading *r, struct tsk_err *err)
{
    const char *received;

    pass_option(r, argc, argv, "--directory", false, err);
    pass_option(r, argc, argv, "--form", false, err);
    pass_option(r, argc, argv, "--tolerated", false, err);
    pass_option(r, argc, argv, "--forms", true, err);
    if (tsk_cli_flag(argc, argv, "--marks")) {
        add_arg(r, "--marks");
        r->request.marks_only = true;
    }
    r->request.timing = tsk_cli_flag(argc, argv, "--timing");
    received = tsk_cli_option(argc, argv, "--received", err);
    if (received != NULL && !tsk_stamp_parse(received, &r->request.received_ms))
        return tsk_fail(err, TSK_REJECT, 0, "--received: %s is not a time such as 2026-11-21T12:15:00+09:00", received);
    return err->kind == TSK_OK ? take_jobs(argc, argv, r, err) : -1;
}

static void finish_page(struct file *file)
{
    char *line;

    if (file->page == NULL)
        return;
    line = json_dumps(file->page, JSON_COMPACT | JSON_REAL_PRECISION(6));
    if (line == NULL)
        file->lines.failed = true;
    else
        tsk_buf_printf(&file->lines, "%s\n", line);
    free(line);
    json_decref(file->page);
    file->page = NULL;
}

static json_t *name_of(const char *path)
{
    char *clean = tsk_utf8_clean(path, strlen(path));
    json_t *json = clean != NULL ? json_string(clean) : NULL;

    free(clean);
    return json;
}

static int take_page(struct file *file, const struct tsk_frame *frame, struct tsk_err *err)
{
    struct tsk_reading reading = { 0 };
    json_t *page = json_loadb(frame->bytes, frame->len, JSON_REJECT_DUPLICATES, NULL);
    int rc = page != NULL ? tsk_reading_from_json(&reading, page, err)
                          : tsk_fail(err, TSK_HOLD, 0, "the reader's answer makes no sense");

    finish_page(file);
    if (rc == 0) {
        file->page = json_incref(page);
        json_object_set_new(page, "file", name_of(file->path));
    }
    tsk_reading_free(&reading);
    json_decref(page);
    return rc;
}

static int on_frame(void *ctx, const struct tsk_frame *frame, struct tsk_err *err)
{
    struct file *file = ctx;

    if (frame->type == TSK_FRAME_READING)
        return take_page(file, frame, err);
    if (frame->type == TSK_FRAME_TIMING && file->page != NULL)
        json_object_set_new(file->page, "timing_ms", json_loadb(frame->bytes, frame->len, 0, NULL));
    return 0;
}

static void forget_pages(struct file *file)
{
    json_decref(file->page);
    file->page = NULL;
    tsk_buf_free(&file->lines);
    file->lines = TSK_BUF(LINES_BYTES_MAX);
}

static void fail_file(struct file *file)
{
    file->state = FAILED;
    forget_pages(file);
    tsk_fail_at(&file->err, file->path);
}

/* Hands the next file to an idle reader; a file that cannot even be opened is done with. -1: the recogniser is gone. */
static int start_file(struct reading *r, struct slot *slot, struct file *file)
{
    struct tsk_request request = r->request;
    struct stat st;
    int rc = 0;
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    file->lines = TSK_BUF(LINES_BYTES_MAX);
    file->tries++;
    memset(&file->err, 0, sizeof file->err);
    if (fd < 0 || fstat(fd, &st) != 0) {
        tsk_fail(&file->err, TSK_REJECT, errno, "cannot be opened");
        fail_file(file);
        return 0;
    }
    if (!S_ISREG(st.st_mode)) {
        tsk_fail(&file->err, TSK_REJECT, 0, "is not a file");
        fail_file(file);
        close(fd);
        return 0;
    }
    request.id = "-";
    request.fallback_ms = (int64_t)st.st_mtim.tv_sec * 1000;
    if (tsk_document_prepare(fd, &slot->fd, &request.raster, &file->err) != 0) {
        fail_file(file);
    } else if (tsk_recogniser_begin(slot->recogniser, &request, slot->fd, on_frame, file, &file->err) != 0) {
        close(slot->fd);
        if (file->tries < TRIES_MAX)
            rc = -1;
        else
            fail_file(file);
    } else {
        file->state = READING;
        slot->file = file;
    }
    close(fd);
    return rc;
}

static void end_file(struct slot *slot, const struct tsk_outcome *outcome)
{
    struct file *file = slot->file;

    close(slot->fd);
    slot->file = NULL;
    if (json_object_get(file->page, "timing_ms") != NULL) /* of the document: it stands with its last page */
        json_object_set_new(
            file->page, "child",
            json_pack("{s:I, s:I}", "peak_kb", (json_int_t)outcome->peak_kb, "cpu_ms", (json_int_t)outcome->cpu_ms));
    finish_page(file);
    if (outcome->end == TSK_END_OK && !file->lines.failed) {
        file->state = DONE;
        return;
    }
    file->err = outcome->fault;
    if (outcome->end == TSK_END_OK)
        tsk_fail(&file->err, TSK_HOLD, 0, "has more on it than one answer holds");
    fail_file(file);
}

static void print_in_order(struct reading *r)
{
    for (; r->printed < r->count; r->printed++) {
        struct file *file = &r->files[r->printed];

        if (file->state != DONE && file->state != FAILED)
            break;
        if (file->state == FAILED) {
            fprintf(stderr, "tasuki: %s\n", file->err.text);
            r->failed = true;
        } else {
            fputs(tsk_buf_text(&file->lines), stdout);
            fflush(stdout);
        }
        forget_pages(file);
        tsk_buf_free(&file->lines);
    }
}

static struct file *next_waiting(struct reading *r)
{
    for (size_t i = r->printed; i < r->count; i++) {
        if (r->files[i].state == WAITING)
            return &r->files[i];
    }
    return NULL;
}

static void stop_recogniser(struct reading *r)
{
    for (size_t i = 0; i < r->jobs; i++)
        tsk_recogniser_close(&r->slots[i].recogniser);
    if (r->recogniser > 0) {
        kill(r->recogniser, SIGTERM);
        while (waitpid(r->recogniser, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    r->recogniser = 0;
}

static int start_recogniser(struct reading *r, struct tsk_err *err)
{
    struct tsk_recogniser *connections[JOBS_MAX] = { NULL };
    int rc = tsk_recogniser_start(connections, r->jobs, r->args, &r->recogniser, err);

    for (size_t i = 0; i < r->jobs; i++)
        r->slots[i].recogniser = connections[i];
    for (size_t i = 0; i < r->jobs && rc == 0; i++)
        rc = tsk_recogniser_ready(r->slots[i].recogniser, LOADING_MS, err);
    return rc;
}

/* The recogniser itself went away: its documents get one more try with a new one. */
static int begin_anew(struct reading *r, const struct tsk_err *why, struct tsk_err *err)
{
    for (size_t i = 0; i < r->jobs; i++) {
        struct file *file = r->slots[i].file;

        if (file == NULL)
            continue;
        close(r->slots[i].fd);
        r->slots[i].file = NULL;
        forget_pages(file);
        file->state = WAITING;
        if (file->tries >= TRIES_MAX) {
            file->err = *why;
            fail_file(file);
        }
    }
    stop_recogniser(r);
    return start_recogniser(r, err);
}

static int step_slots(struct reading *r, struct tsk_err *err)
{
    for (size_t i = 0; i < r->jobs; i++) {
        struct slot *slot = &r->slots[i];
        struct tsk_outcome outcome;
        struct tsk_err why = { 0 };
        int rc = slot->file != NULL ? tsk_recogniser_step(slot->recogniser, &outcome, &why) : 0;

        if (rc < 0)
            return begin_anew(r, &why, err);
        if (rc == 1)
            end_file(slot, &outcome);
    }
    return 0;
}

static void wait_for_slots(struct reading *r)
{
    struct pollfd fds[2 * JOBS_MAX];
    nfds_t count = 0;

    for (size_t i = 0; i < r->jobs; i++) {
        if (r->slots[i].file != NULL)
            count += (nfds_t)tsk_recogniser_polls(r->slots[i].recogniser, fds + count);
    }
    if (count > 0 && poll(fds, count, tsk_real_wait_ms(1000)) < 0 && errno != EINTR)
        tsk_sleep_ms(10);
}

static int read_files(struct reading *r, struct tsk_err *err)
{
    if (start_recogniser(r, err) != 0)
        return -1;
    while (r->printed < r->count) {
        for (size_t i = 0; i < r->jobs; i++) {
            struct file *file;

            while (r->slots[i].file == NULL && (file = next_waiting(r)) != NULL) {
                if (start_file(r, &r->slots[i], file) != 0 && begin_anew(r, &file->err, err) != 0)
                    return -1;
            }
        }
        wait_for_slots(r);
        if (step_slots(r, err) != 0)
            return -1;
        print_in_order(r);
    }
    return 0;
}

static int run(int argc, char **argv)
{
    struct reading r = { 0 };
    struct tsk_err err = { 0 };
    int rc;

    if (take_options(&argc, argv, &r, &err) != 0 || tsk_cli_rest(&argc, argv, &err) != 0)
        return tsk_cli_failed(&err);
    if (argc < 2)
        return tsk_cli_usage(&tsk_cmd_read);
    r.count = (size_t)argc - 1;
    r.files = calloc(r.count, sizeof *r.files);
    if (r.files == NULL) {
        tsk_fail(&err, TSK_STOP, errno, "no memory for a list of files");
        return tsk_cli_failed(&err);
    }
    for (size_t i = 0; i < r.count; i++)
        r.files[i].path = argv[i + 1];
    rc = read_files(&r, &err);
    stop_recogniser(&r);
    free(r.files);
    if (rc != 0)
        return tsk_cli_failed(&err);
    return r.failed ? TSK_EXIT_FAILED : TSK_EXIT_OK;
}

const struct tsk_command tsk_cmd_read = {
    .name = "read",
    .usage =
        "read [--directory FILE.csv] [--form ID] [--received TIME] [--marks] [--forms DIR …] [--jobs N] [--timing]\n"
        "     [--tolerated SHARE] FILE…",
    .help = "read faxed pages and print what is on them, one JSON object a page",
    .run = run,
};
