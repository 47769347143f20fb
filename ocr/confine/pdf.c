#include "ocr/confine/pdf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "ocr/confine/lock.h"
#include "ocr/decode/decode.h"
#include "ocr/decode/raster.h"

#define TIME_LIMIT_MS 120000
#define CPU_SECONDS 120
/* Of processor time, however busy the machine is. A scanned page takes some tenths; whoever draws for longer shows nothing. */
#define CPU_FIRST_MS 4000
#define CPU_PAGE_MS 500
#define LOOK_MS 250
#define PAGE_POINTS ((size_t)(TSK_RASTER_X_DPI * 8) * (TSK_RASTER_Y_DPI * 11)) /* about A4 */
#define MEMORY_BYTES ((size_t)1 << 30)
#define STRINGIFY(n) #n
#define TEXT_OF(n) STRINGIFY(n)

struct rasteriser {
    pid_t pid;
    int bitmaps, words; /* read ends of its standard output and error */
    struct tsk_buf said;
    size_t page_bytes;
    bool too_big, too_slow;
};

static int stop(const struct tsk_err *err)
{
    static const char line[] = "\nconfinement failed: ";

    if (tsk_write_all(STDERR_FILENO, line, sizeof line - 1) != 0 ||
        tsk_write_all(STDERR_FILENO, err->text, strlen(err->text)) != 0)
        _exit(126);
    _exit(126);
}

static void become_pdftoppm(int pdf_fd, int bitmaps, int words, bool grey)
{
    static const char program[] = TASUKI_PDFTOPPM;
    const struct tsk_limits limits = { .memory_bytes = MEMORY_BYTES, .cpu_seconds = CPU_SECONDS, .files = 64 };
    char grey_option[] = "-gray", mono_option[] = "-mono";
    char *argv[] = {
        (char[]){ "pdftoppm" }, grey ? grey_option : mono_option,
        (char[]){ "-rx" },      (char[]){ TEXT_OF(TSK_RASTER_X_DPI) },
        (char[]){ "-ry" },      (char[]){ TEXT_OF(TSK_RASTER_Y_DPI) },
        (char[]){ "-l" },       (char[]){ "201" }, /* one more than is accepted, so that too many is noticed */
        (char[]){ "-" },        NULL
    };
    char *environment[] = { (char[]){ "LC_ALL=C" }, (char[]){ "HOME=/nonexistent" }, NULL };
    struct tsk_err err = { 0 };

    if (dup2(pdf_fd, STDIN_FILENO) < 0 || dup2(bitmaps, STDOUT_FILENO) < 0 || dup2(words, STDERR_FILENO) < 0 ||
        lseek(STDIN_FILENO, 0, SEEK_SET) < 0)
        _exit(126);
    if (tsk_keep_fds(NULL, 0, &err) != 0 || tsk_confine(&limits, TSK_POLICY_PDF, program, &err) != 0)
        stop(&err);
    execve(program, argv, environment);
    _exit(127);
}

static int start(struct rasteriser *r, int pdf_fd, bool grey, struct tsk_err *err)
{
    int bitmaps[2] = { -1, -1 }, words[2] = { -1, -1 };

    if (pipe2(bitmaps, O_CLOEXEC) != 0 || pipe2(words, O_CLOEXEC) != 0 || (r->pid = fork()) < 0) {
        tsk_fail(err, TSK_RETRY, errno, "a PDF child cannot be started");
        for (int i = 0; i < 2; i++) {
            close(bitmaps[i]);
            close(words[i]);
        }
        return -1;
    }
    if (r->pid == 0)
        become_pdftoppm(pdf_fd, bitmaps[1], words[1], grey);
    close(bitmaps[1]);
    close(words[1]);
    r->bitmaps = bitmaps[0];
    r->words = words[0];
    r->said = TSK_BUF(4096);
    r->page_bytes = grey ? PAGE_POINTS : PAGE_POINTS / 8;
    return 0;
}

/* 1: more may come; 0: this end is closed; -1 with errno. */
static int pass_on(int from, int to, size_t *total, bool *too_big)
{
    static char chunk[1 << 16];
    ssize_t n = read(from, chunk, sizeof chunk);

    if (n < 0)
        return errno == EINTR || errno == EAGAIN ? 1 : -1;
    *total += (size_t)n;
    *too_big = *total > TSK_RASTER_BYTES_MAX;
    if (n > 0 && !*too_big && tsk_write_all(to, chunk, (size_t)n) != 0)
        return -1;
    return n > 0 && !*too_big;
}

static void listen_to(struct rasteriser *r, bool *open)
{
    char words[512];
    ssize_t n = read(r->words, words, sizeof words);

    *open = n > 0 || (n < 0 && errno == EINTR);
    if (n > 0)
        tsk_buf_add(&r->said, words, (size_t)n);
}

static int64_t cpu_ms(pid_t pid)
{
    struct timespec used;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return 0; /* it is over */
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static bool has_time_left(const struct rasteriser *r, size_t total)
{
    return cpu_ms(r->pid) < CPU_FIRST_MS + CPU_PAGE_MS * (int64_t)(total / r->page_bytes);
}

static int collect(struct rasteriser *r, int memory, struct tsk_err *err)
{
    int64_t deadline = tsk_mono_ms() + TIME_LIMIT_MS;
    size_t total = 0;
    bool words_open = true;

    for (;;) {
        struct pollfd fds[2] = { { .fd = r->bitmaps, .events = POLLIN },
                                 { .fd = words_open ? r->words : -1, .events = POLLIN } };
        int64_t left = deadline - tsk_mono_ms();
        int rc;

        if (left <= 0 || !has_time_left(r, total)) {
            r->too_slow = true;
            return 0;
        }
        if (poll(fds, 2, tsk_real_wait_ms(left < LOOK_MS ? left : LOOK_MS)) < 0 && errno != EINTR)
            return tsk_fail(err, TSK_RETRY, errno, "the PDF child cannot be heard");
        if (fds[1].revents != 0)
            listen_to(r, &words_open);
        if (fds[0].revents == 0)
            continue;
        rc = pass_on(r->bitmaps, memory, &total, &r->too_big);
        if (rc < 0)
            return tsk_fail(err, TSK_RETRY, errno, "page bitmaps cannot be kept in memory");
        if (rc == 0)
            return 0;
    }
}

/* Closes its pipes, ends it if it still runs, and tells how it ended. */
static int finish(struct rasteriser *r)
{
    int status = 0;
    bool words_open = !r->too_slow && !r->too_big;

    close(r->bitmaps);
    while (words_open)
        listen_to(r, &words_open);
    close(r->words);
    if (r->too_slow || r->too_big)
        kill(r->pid, SIGKILL);
    while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static int count_pages(int memory, int *pages, struct tsk_err *err)
{
    struct tsk_raster page;
    struct stat st;
    size_t at = 0;
    void *bytes;
    int rc;

    *pages = 0;
    if (fstat(memory, &st) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "page bitmaps cannot be looked at");
    if (st.st_size == 0)
        return 0;
    bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, memory, 0);
    if (bytes == MAP_FAILED)
        return tsk_fail(err, TSK_RETRY, errno, "page bitmaps cannot be looked at");
    while ((rc = tsk_raster_next(bytes, (size_t)st.st_size, &at, &page, err)) == 1)
        (*pages)++;
    munmap(bytes, (size_t)st.st_size);
    return *pages > 0 ? 0 : rc; /* the decoder says what is wrong behind the last good page */
}

static int judge_end(const struct rasteriser *r, int status, int pages, struct tsk_err *err)
{
    const char *said = tsk_buf_text(&r->said);

    if (r->too_slow)
        return tsk_fail(err, TSK_HOLD, 0, "is a PDF that takes too long to draw; ask for it as a fax");
    if (r->too_big)
        return tsk_fail(err, TSK_HOLD, 0, "is a PDF whose pages are too many or too large; ask for it in parts");
    if (strstr(said, "confinement failed: ") != NULL)
        return tsk_fail(err, TSK_STOP, 0, "PDF: %s", strstr(said, "confinement failed: ") + 20);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return tsk_fail(err, TSK_STOP, 0, "%s is missing; install the package poppler-utils", TASUKI_PDFTOPPM);
    if (strstr(said, "assword") != NULL)
        return tsk_fail(err, TSK_HOLD, 0, "is a PDF with a password; ask the sender for it without one");
    if (WIFSIGNALED(status))
        return tsk_fail(err, TSK_HOLD, 0,
                        "is a PDF on which the PDF program broke down (signal %d); ask for it as a fax",
                        WTERMSIG(status));
    if (pages > TSK_PAGES_MAX)
        return tsk_fail(err, TSK_HOLD, 0, "has more than %d pages; ask for it in parts", TSK_PAGES_MAX);
    if (pages == 0)
        return tsk_fail(err, TSK_HOLD, 0, "is a PDF that is damaged or has no pages; ask the sender to send it again");
    return 0;
}

static int rasterise(int *out_fd, int pdf_fd, bool grey, bool *too_big, struct tsk_err *err)
{
    struct rasteriser r = { 0 };
    int memory = memfd_create("pages", MFD_CLOEXEC | MFD_ALLOW_SEALING), pages = 0, status, rc;

    *too_big = false;
    if (memory < 0)
        return tsk_fail(err, TSK_RETRY, errno, "no memory for page bitmaps");
    if (start(&r, pdf_fd, grey, err) != 0) {
        close(memory);
        return -1;
    }
    rc = collect(&r, memory, err);
    r.too_slow = r.too_slow || rc != 0;
    status = finish(&r);
    if (rc == 0 && !r.too_slow && !r.too_big)
        rc = count_pages(memory, &pages, err);
    if (rc == 0)
        rc = judge_end(&r, status, pages, err);
    *too_big = r.too_big;
    tsk_buf_free(&r.said);
    if (rc == 0 && fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "page bitmaps cannot be sealed");
    if (rc != 0)
        close(memory);
    else
        *out_fd = memory;
    return rc;
}

int tsk_pdf_rasterise(int *out_fd, int pdf_fd, struct tsk_err *err)
{
    bool too_big;

    *out_fd = -1;
    /* Grey first: poppler's own black and white dithers, which turns scanned paper into dust. A long document has no
       room for grey. */
    if (rasterise(out_fd, pdf_fd, true, &too_big, err) == 0)
        return 0;
    return too_big ? rasterise(out_fd, pdf_fd, false, &too_big, err) : -1;
}
