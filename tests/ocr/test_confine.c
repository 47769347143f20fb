#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cairo-pdf.h>
#include <leptonica/allheaders.h>

#include "base/clock.h"
#include "base/log.h"
#include "ocr/confine/frames.h"
#include "ocr/confine/lock.h"
#include "ocr/confine/pdf.h"
#include "ocr/confine/probe.h"
#include "ocr/confine/recogniser.h"
#include "ocr/confine/server.h"
#include "ocr/decode/decode.h"

static int memory_file(const void *bytes, size_t len)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    return fd;
}

/* A page image as the child makes it. */
static size_t small_png(l_uint8 **png)
{
    PIX *pix = pixCreate(80, 40, 1);
    size_t len = 0;

    pixSetPixel(pix, 5, 5, 1);
    assert_int_equal(pixWriteMemPng(png, &len, pix, 0), 0);
    pixDestroy(&pix);
    return len;
}

/*
 * A reader that does what its document says, in the place of the real one: in the child, behind the lock.
 */
static int obey(void *ctx, const struct tsk_request *request, int document_fd, int out_fd, struct tsk_err *err)
{
    char order[64] = "";
    l_uint8 *png = NULL;
    size_t png_len;

    (void)ctx, (void)request;
    if (pread(document_fd, order, sizeof order - 1, 0) < 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot be read");
    if (strcmp(order, "fault") == 0)
        return tsk_fail(err, TSK_HOLD, 0, "is not a sheet but a haiku");
    if (strcmp(order, "silent") == 0)
        _exit(0);
    if (strcmp(order, "seven") == 0)
        _exit(7);
    if (strcmp(order, "crash") == 0)
        raise(SIGSEGV);
    if (strcmp(order, "killed") == 0)
        raise(SIGKILL);
    if (strcmp(order, "noise") == 0 && write(out_fd, "XXXXXXXXXXXXXXXX", 16) != 16)
        _exit(8);
    png_len = small_png(&png);
    if (tsk_frame_write(out_fd, TSK_FRAME_READING, "{\"page\":1}", 10, err) != 0)
        return -1;
    if (strcmp(order, "sleep") == 0)
        for (volatile unsigned turns = 1; turns != 0; turns |= 1)
            continue;
    if (tsk_frame_write(out_fd, TSK_FRAME_PAGE, png, png_len, err) != 0 ||
        tsk_frame_write(out_fd, TSK_FRAME_READING, "{\"page\":2}", 10, err) != 0)
        return -1;
    return tsk_frame_write(out_fd, TSK_FRAME_END, "{}", 2, err);
}

struct bench {
    pid_t server;
    struct tsk_recogniser *recogniser;
};

static int start(void **state)
{
    static struct bench bench;
    struct tsk_err err = { 0 };
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 || (bench.server = fork()) < 0)
        return -1;
    if (bench.server == 0) {
        struct tsk_server server = {
            .fds = &pair[1], .fd_count = 1, .time_limit_ms = 20000, .memory_bytes = (size_t)256 << 20, .read = obey
        };

        close(pair[0]);
        tsk_log_level(TSK_LOG_ERROR);
        _exit(tsk_serve_documents(&server, &err) == 0 ? 0 : 1);
    }
    close(pair[1]);
    if (tsk_recogniser_adopt(&bench.recogniser, pair[0], &err) != 0 ||
        tsk_recogniser_ready(bench.recogniser, 5000, &err) != 0)
        return -1;
    *state = &bench;
    return 0;
}

static int stop(void **state)
{
    struct bench *bench = *state;
    int status = -1;

    tsk_recogniser_close(&bench->recogniser);
    waitpid(bench->server, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1; /* it ends with its last connection */
}

static int count(void *ctx, const struct tsk_frame *frame, struct tsk_err *err)
{
    (void)err;
    ((int *)ctx)[frame->type]++;
    return 0;
}

static int refuse(void *ctx, const struct tsk_frame *frame, struct tsk_err *err)
{
    (void)ctx, (void)frame;
    return tsk_fail(err, TSK_RETRY, 0, "the archive is full");
}

static struct tsk_outcome ask(struct bench *bench, const char *order, struct tsk_request request, int seen[128])
{
    int fd = memory_file(order, strlen(order));
    struct tsk_outcome outcome;
    struct tsk_err err = { 0 };

    memset(seen, 0, 128 * sizeof *seen);
    if (tsk_recogniser_read(bench->recogniser, &request, fd, count, seen, &outcome, &err) != 0)
        fail_msg("%s: %s", order, err.text);
    close(fd);
    return outcome;
}

static void a_document_comes_back_in_frames(void **state)
{
    int seen[128];
    struct tsk_outcome outcome = ask(*state, "pages", (struct tsk_request){ .id = "doc" }, seen);

    assert_int_equal(outcome.end, TSK_END_OK);
    assert_int_equal(outcome.pages, 2);
    assert_int_equal(seen[TSK_FRAME_READING], 2);
    assert_int_equal(seen[TSK_FRAME_PAGE], 1);
    assert_int_equal(seen[TSK_FRAME_END], 1);
    assert_true(outcome.peak_kb > 0);
}

static void how_a_child_ended_is_told(void **state)
{
    static const struct {
        const char *order;
        enum tsk_end end;
        int detail;
        bool blamed;
        const char *says;
    } cases[] = {
        { "fault", TSK_END_FAULT, 0, false, "is not a sheet but a haiku" },
        { "silent", TSK_END_GARBLED, 0, true, "stops in the middle" },
        { "seven", TSK_END_EXIT, 7, true, "without a word" },
        { "noise", TSK_END_GARBLED, 0, true, "unknown frame" },
#ifndef TASUKI_ASAN
        { "crash", TSK_END_SIGNAL, SIGSEGV, true, "broke down" },
#endif
        { "killed", TSK_END_SIGNAL, SIGKILL, false, "from outside" },
        { "pages", TSK_END_OK, 0, false, "" },
    };

    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        int seen[128];
        struct tsk_outcome outcome = ask(*state, cases[i].order, (struct tsk_request){ 0 }, seen);

        if (outcome.end != cases[i].end || outcome.detail != cases[i].detail ||
            strstr(outcome.fault.text, cases[i].says) == NULL)
            fail_msg("%s: end %d, detail %d, \"%s\"", cases[i].order, (int)outcome.end, outcome.detail,
                     outcome.fault.text);
        assert_int_equal(tsk_outcome_blames_document(&outcome), cases[i].blamed);
        if (outcome.end == TSK_END_SIGNAL && !cases[i].blamed) /* no reason to hold a document */
            assert_int_equal(outcome.fault.kind, TSK_RETRY);
    }
}

static void what_hangs_is_ended(void **state)
{
    int seen[128];
    struct tsk_outcome outcome = ask(*state, "sleep", (struct tsk_request){ .idle_limit_ms = 3000 }, seen);

    assert_int_equal(outcome.end, TSK_END_TIMEOUT);
    assert_int_equal(seen[TSK_FRAME_READING], 1);
    outcome = ask(*state, "sleep", (struct tsk_request){ .time_limit_ms = 300 }, seen);
    assert_int_equal(outcome.end, TSK_END_TIMEOUT);
    assert_true(tsk_outcome_blames_document(&outcome));
    outcome = ask(*state, "pages", (struct tsk_request){ 0 }, seen);
    assert_int_equal(outcome.end, TSK_END_OK);
}

static void a_sink_that_refuses_blames_nobody(void **state)
{
    struct bench *bench = *state;
    const struct tsk_request request = { 0 };
    int fd = memory_file("pages", 5);
    struct tsk_outcome outcome;
    struct tsk_err err = { 0 };

    assert_int_equal(tsk_recogniser_read(bench->recogniser, &request, fd, refuse, NULL, &outcome, &err), 0);
    assert_int_equal(outcome.end, TSK_END_REFUSED);
    assert_string_equal(outcome.fault.text, "the archive is full");
    assert_false(tsk_outcome_blames_document(&outcome));
    close(fd);
}

static void a_forbidden_call_is_the_end(void **state)
{
#ifdef TASUKI_ASAN
    (void)state;
    skip(); /* the filter is left out there */
#else
    static const char *const calls[] = { "open", "create", "socket", "connect", "fork",   "thread",
                                         "exec", "kill",   "ptrace", "link",    "execmem" };

    for (size_t i = 0; i < TSK_COUNT(calls); i++) {
        int seen[128];
        struct tsk_outcome outcome = ask(*state, "pages", (struct tsk_request){ .probe = calls[i] }, seen);

        if (outcome.end != TSK_END_SIGNAL || outcome.detail != SIGSYS)
            fail_msg("%s: end %d, detail %d, \"%s\"", calls[i], (int)outcome.end, outcome.detail, outcome.fault.text);
        assert_true(tsk_outcome_blames_document(&outcome));
        assert_int_equal(seen[TSK_FRAME_READING], 0);
    }
    assert_int_equal(access("/tmp/tasuki-probe", F_OK), -1);
    assert_int_equal(access("/tmp/tasuki-probe-link", F_OK), -1);
#endif
}

static void limits_hold(void **state)
{
    int seen[128];
    struct tsk_outcome outcome = ask(*state, "pages", (struct tsk_request){ .probe = "abort" }, seen);

    assert_int_equal(outcome.end, TSK_END_SIGNAL);
    assert_int_equal(outcome.detail, SIGABRT); /* an assert is told apart from a forbidden call */
    outcome = ask(*state, "pages", (struct tsk_request){ .probe = "hang", .time_limit_ms = 400 }, seen);
    assert_int_equal(outcome.end, TSK_END_TIMEOUT);
#ifndef TASUKI_ASAN
    outcome = ask(*state, "pages", (struct tsk_request){ .probe = "memory" }, seen);
    assert_int_equal(outcome.detail, SIGABRT);
#endif
}

/* What the child can still reach: its two descriptors and the standard ones. */
static void nothing_is_inherited(void **state)
{
    struct bench *bench = *state;
    int secret = open("/etc/hostname", O_RDONLY); /* without close-on-exec, in this process only */
    int seen[128];
    struct tsk_outcome outcome = ask(bench, "pages", (struct tsk_request){ .probe = "descriptors" }, seen);

    assert_true(secret >= 0);
    close(secret);
    assert_int_equal(outcome.end, TSK_END_FAULT);
    assert_string_equal(outcome.fault.text, "5 descriptors are open");
}

static void a_recogniser_that_is_gone_is_noticed(void **state)
{
    struct bench *bench = *state;
    const struct tsk_request request = { 0 };
    int fd = memory_file("pages", 5);
    struct tsk_outcome outcome;
    struct tsk_err err = { 0 };

    kill(bench->server, SIGTERM);
    assert_int_equal(waitid(P_PID, (id_t)bench->server, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
    assert_int_equal(tsk_recogniser_read(bench->recogniser, &request, fd, count, NULL, &outcome, &err), -1);
    assert_int_equal(err.kind, TSK_RETRY);
    close(fd);
}

static int collect(void *ctx, const char *field, const void *png, size_t len, struct tsk_err *err)
{
    (void)png, (void)len, (void)err;
    strncat(ctx, field, 20);
    strncat(ctx, " ", 2);
    return 0;
}

static size_t bundle(char *out, const char *index, const void *png, size_t png_len)
{
    size_t len = strlen(index);

    memset(out, 0, 4);
    out[0] = (char)len;
    memcpy(out + 4, index, len);
    memcpy(out + 4 + len, png, png_len);
    return 4 + len + png_len;
}

static void crops_are_checked(void **state)
{
    static const struct {
        const char *index;
        const char *want; /* NULL: refused */
    } cases[] = {
        { "[]", "" },
        { "[{\"field\":\"age\",\"offset\":0,\"length\":%d}]", "age " },
        { "[{\"field\":\"age\",\"offset\":1,\"length\":%d}]", NULL },
        { "[{\"field\":\"age\",\"offset\":-1,\"length\":5}]", NULL },
        { "[{\"field\":\"age\",\"offset\":0,\"length\":9223372036854775807}]", NULL },
        { "[{\"field\":7,\"offset\":0,\"length\":%d}]", NULL },
        { "{}", NULL },
        { "[", NULL },
    };
    l_uint8 *png;
    size_t png_len = small_png(&png);

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        char index[128], bytes[1024], found[64] = "";
        struct tsk_err err = { 0 };
        const char *percent = strstr(cases[i].index, "%d");
        size_t len;
        int rc;

        snprintf(index, sizeof index, "%.*s%.0d", (int)strlen(cases[i].index), cases[i].index, 0);
        if (percent != NULL)
            snprintf(index, sizeof index, "%.*s%zu%s", (int)(percent - cases[i].index), cases[i].index, png_len,
                     percent + 2);
        len = bundle(bytes, index, png, png_len);
        rc = tsk_crops_parse(bytes, len, collect, found, &err);
        if (rc != (cases[i].want != NULL ? 0 : -1) || (rc == 0 && strcmp(found, cases[i].want) != 0))
            fail_msg("%s: %d \"%s\" %s", index, rc, found, err.text);
    }
    lept_free(png);
}

struct stream_case {
    const char *what;
    struct {
        int type;
        size_t len;
        const char *bytes; /* NULL: a page image */
    } frames[5];
    const char *says; /* NULL: fine */
};

static size_t put_frame(char *out, int type, size_t len, const void *bytes)
{
    memset(out, 0, 8);
    out[0] = (char)type;
    for (int i = 0; i < 4; i++)
        out[4 + i] = (char)(len >> (8 * i));
    if (bytes != NULL)
        memcpy(out + 8, bytes, len < 4096 ? len : 4096);
    return 8 + (len < 4096 ? len : 4096);
}

static int parse(const char *bytes, size_t len, size_t step, struct tsk_err *err)
{
    struct tsk_frames frames;
    int seen[128] = { 0 }, rc = 0;

    tsk_frames_start(&frames);
    for (size_t at = 0; at < len && rc == 0; at += step)
        rc = tsk_frames_feed(&frames, bytes + at, len - at < step ? len - at : step, count, seen, err);
    if (rc == 0)
        rc = tsk_frames_finish(&frames, err);
    tsk_frames_free(&frames);
    return rc;
}

static void streams_of_frames(void **state)
{
    static const struct stream_case cases[] = {
        { "one page", { { 'R', 2, "{}" }, { 'T', 2, "{}" }, { 'P', 0, NULL }, { 'Z', 2, "{}" } }, NULL },
        { "only an end", { { 'Z', 2, "{}" } }, NULL },
        { "an error", { { 'R', 2, "{}" }, { 'E', 2, "{}" } }, NULL },
        { "no end", { { 'R', 2, "{}" } }, "stops in the middle" },
        { "image before a page", { { 'P', 0, NULL }, { 'Z', 2, "{}" } }, "out of order" },
        { "two images", { { 'R', 2, "{}" }, { 'P', 0, NULL }, { 'P', 0, NULL } }, "out of order" },
        { "more behind the end", { { 'Z', 2, "{}" }, { 'R', 2, "{}" } }, "behind the end" },
        { "no PNG",
          { { 'R', 2, "{}" }, { 'P', 60, "\x89PNG\r\n\x1a\nno, not at all, there is nothing of that kind in here" } },
          "page image" },
        { "unknown", { { 'X', 0, "" } }, "unknown frame" },
        { "too long", { { 'T', 5000, "" } }, "too much" },
        { "endless", { { 'R', 0xFFFFFFFF, "" } }, "too much" },
    };
    static char bytes[65536];
    l_uint8 *png;
    size_t png_len = small_png(&png);

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        size_t len = 0;

        for (size_t f = 0; f < TSK_COUNT(cases[i].frames) && cases[i].frames[f].type != 0; f++) {
            bool image = cases[i].frames[f].bytes == NULL;
            char text[4096] = "";

            if (!image)
                memcpy(text, cases[i].frames[f].bytes, strlen(cases[i].frames[f].bytes));
            len += put_frame(bytes + len, cases[i].frames[f].type, image ? png_len : cases[i].frames[f].len,
                             image ? (const void *)png : text);
        }
        for (size_t step = 1; step < 5000; step = step * 5 + 2) {
            struct tsk_err err = { 0 };
            int rc = parse(bytes, len, step, &err);

            if (rc != (cases[i].says == NULL ? 0 : -1) || (rc != 0 && strstr(err.text, cases[i].says) == NULL))
                fail_msg("%s, %zu bytes at a time: %d \"%s\"", cases[i].what, step, rc, err.text);
        }
    }
    lept_free(png);
}

static cairo_status_t to_file(void *fd, const unsigned char *bytes, unsigned len)
{
    return write(*(int *)fd, bytes, len) == (ssize_t)len ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static int pdf_of(int pages, double w_pt, double h_pt)
{
    int fd = memfd_create("pdf", MFD_CLOEXEC);
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(to_file, &fd, w_pt, h_pt);
    cairo_t *cr = cairo_create(surface);

    for (int i = 0; i < pages; i++) {
        cairo_rectangle(cr, 50, 50, 200, 100);
        cairo_fill(cr);
        for (int x = 50; x < 300; x += 10)
            cairo_rectangle(cr, x, 300, 1, 60);
        cairo_fill(cr);
        cairo_show_page(cr);
    }
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return fd;
}

static void a_pdf_becomes_pages(void **state)
{
    int pdf = pdf_of(3, 595, 842), pages, count_of = 0;
    struct tsk_decoder *decoder;
    struct tsk_page page;
    struct tsk_err err = { 0 };

    (void)state;
    if (tsk_pdf_rasterise(&pages, pdf, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(tsk_decode_open(&decoder, pages, true, &err), 0);
    while (tsk_decode_next(decoder, &page, &err) == 1) {
        l_int32 ink = 0;

        count_of++;
        assert_in_range(pixGetWidth(page.pix), 1680, 1692);
        assert_in_range(pixGetHeight(page.pix), 2286, 2298);
        assert_int_equal(page.x_dpi, TSK_RASTER_X_DPI);
        pixCountPixels(page.pix, &ink, NULL);
        assert_in_range(ink, 200 * 100 * 7, 200 * 100 * 9); /* 7.7 points are a square pt, and some strokes */
        tsk_page_free(&page);
    }
    assert_int_equal(count_of, 3);
    tsk_decode_close(&decoder);
    close(pages);
    close(pdf);
}

static void many_pages_lose_their_grey(void **state)
{
    int pdf = pdf_of(60, 595, 842), pages;
    struct tsk_decoder *decoder;
    struct tsk_page page;
    struct tsk_err err = { 0 };

    (void)state;
    assert_int_equal(tsk_pdf_rasterise(&pages, pdf, &err), 0);
    assert_int_equal(tsk_decode_open(&decoder, pages, true, &err), 0);
    for (int i = 0; i < 60; i++) {
        assert_int_equal(tsk_decode_next(decoder, &page, &err), 1);
        assert_false(page.halftoned);
        tsk_page_free(&page);
    }
    assert_int_equal(tsk_decode_next(decoder, &page, &err), 0);
    tsk_decode_close(&decoder);
    close(pages);
    close(pdf);
}

/* poppler says nothing and hands out one point. */
static void a_page_that_cannot_be_drawn_is_named(void **state)
{
#ifdef TASUKI_ASAN
    (void)state;
    skip(); /* it is the limit of address space that says no */
#else
    int pdf = pdf_of(1, 14400, 14400), pages;
    struct tsk_decoder *decoder;
    struct tsk_page page;
    struct tsk_err err = { 0 };

    (void)state;
    assert_int_equal(tsk_pdf_rasterise(&pages, pdf, &err), 0);
    assert_int_equal(tsk_decode_open(&decoder, pages, true, &err), 0);
    assert_int_equal(tsk_decode_next(decoder, &page, &err), -1);
    assert_non_null(strstr(err.text, "cannot be drawn"));
    tsk_decode_close(&decoder);
    close(pages);
    close(pdf);
#endif
}

static void bad_pdf(const char *what, int pdf, const char *says)
{
    struct tsk_err err = { 0 };
    int pages, rc = tsk_pdf_rasterise(&pages, pdf, &err);

    if (rc != -1 || err.kind != TSK_HOLD || strstr(err.text, says) == NULL)
        fail_msg("%s: %d \"%s\"", what, rc, err.text);
    assert_int_equal(pages, -1);
    close(pdf);
}

/* A PDF of 1.4 with an encryption dictionary whose user password is not the empty one. */
static const char locked_pdf[] =
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    "4 0 obj<</Filter/Standard/V 1/R 2/P -4/O<000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F>"
    "/U<000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F>>>endobj\n"
    "trailer<</Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]/Size 5>>\n%%EOF\n";

static void bad_pdfs(void **state)
{
    static const char empty[] =
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>"
        "endobj\ntrailer<</Root 1 0 R>>\n";

    (void)state;
    bad_pdf("nonsense", memory_file("%PDF-1.4\nnothing else", 21), "damaged or has no pages");
    bad_pdf("no pages", memory_file(empty, sizeof empty - 1), "damaged or has no pages");
    bad_pdf("a password", memory_file(locked_pdf, sizeof locked_pdf - 1), "password");
    bad_pdf("a book", pdf_of(230, 100, 140), "more than 200 pages");
}

#ifndef TASUKI_ASAN
/* How a process that is locked in as the PDF child ends when it tries a call; the call's own answer is its exit status. */
static int try_as_pdf_child(const char *call)
{
    const struct tsk_limits limits = { .memory_bytes = (size_t)1 << 30, .cpu_seconds = 5 };
    struct tsk_err err = { 0 };
    int status = -1;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        signal(SIGSYS, SIG_DFL);
        if (tsk_confine(&limits, TSK_POLICY_PDF, "/usr/bin/pdftoppm", &err) != 0)
            _exit(99);
        if (strcmp(call, "passwd") == 0)
            _exit(open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0);
        if (strcmp(call, "fonts") == 0)
            _exit(open("/usr/share", O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0 ? errno : 0);
        if (strcmp(call, "create") == 0)
            _exit(open("/tmp/tasuki-probe", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 ? errno : 0);
        _exit(tsk_probe(call, &err) != 0 ? 98 : 97);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}
#endif

static void the_pdf_child_is_locked_in_too(void **state)
{
#ifdef TASUKI_ASAN
    (void)state;
    skip();
#else
    static const char *const calls[] = { "socket", "connect", "fork", "thread", "exec", "kill", "ptrace" };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(calls); i++) {
        if (try_as_pdf_child(calls[i]) != -SIGSYS)
            fail_msg("%s: %d", calls[i], try_as_pdf_child(calls[i]));
    }
    assert_int_equal(try_as_pdf_child("create"), EACCES);
    assert_int_equal(try_as_pdf_child("fonts"), 0);
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 1) /* the kernel's version of it */
        assert_int_equal(try_as_pdf_child("passwd"), EACCES);
#endif
}

static void prepared_documents(void **state)
{
    int fd = memory_file("II*\0\x08\0\0\0", 8), out;
    bool raster = true;
    struct tsk_err err = { 0 };

    (void)state;
    assert_int_equal(tsk_document_prepare(fd, &out, &raster, &err), 0);
    assert_false(raster);
    close(out);
    close(fd);
    fd = memory_file("", 0);
    assert_int_equal(tsk_document_prepare(fd, &out, &raster, &err), -1);
    assert_non_null(strstr(err.text, "is empty"));
    close(fd);
    fd = memory_file("P4\n8 8\n12345678", 15);
    assert_int_equal(tsk_document_prepare(fd, &out, &raster, &err), -1);
    assert_int_equal(err.kind, TSK_HOLD);
    close(fd);
    fd = pdf_of(1, 595, 842);
    assert_int_equal(tsk_document_prepare(fd, &out, &raster, &err), 0);
    assert_true(raster);
    close(out);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_of_frames),
        cmocka_unit_test(crops_are_checked),
        cmocka_unit_test_setup_teardown(a_document_comes_back_in_frames, start, stop),
        cmocka_unit_test_setup_teardown(how_a_child_ended_is_told, start, stop),
        cmocka_unit_test_setup_teardown(what_hangs_is_ended, start, stop),
        cmocka_unit_test_setup_teardown(a_sink_that_refuses_blames_nobody, start, stop),
        cmocka_unit_test_setup_teardown(a_forbidden_call_is_the_end, start, stop),
        cmocka_unit_test_setup_teardown(limits_hold, start, stop),
        cmocka_unit_test_setup_teardown(nothing_is_inherited, start, stop),
        cmocka_unit_test_setup_teardown(a_recogniser_that_is_gone_is_noticed, start, stop),
        cmocka_unit_test(a_pdf_becomes_pages),
        cmocka_unit_test(many_pages_lose_their_grey),
        cmocka_unit_test(a_page_that_cannot_be_drawn_is_named),
        cmocka_unit_test(bad_pdfs),
        cmocka_unit_test(the_pdf_child_is_locked_in_too),
        cmocka_unit_test(prepared_documents),
    };

    setMsgSeverity(L_SEVERITY_NONE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
