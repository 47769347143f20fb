#include "forms/raster.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "forms/canvas.h"

#define PDF_BYTES_MAX (32u << 20)
#define PGM_BYTES_MAX (256u << 20)
#define CACHE_VERSION "1"

extern char **environ;

static char *cache_dir;

void tsk_form_cache_dir(const char *dir)
{
    free(cache_dir);
    cache_dir = dir == NULL ? NULL : strdup(dir);
}

/* The name stands for everything that shows in the image. */
static int cache_path(const struct tsk_form *form, double x_dpi, double y_dpi, char *out, size_t size,
                      struct tsk_err *err)
{
    struct tsk_buf key = TSK_BUF(PDF_BYTES_MAX + (1u << 20));
    char hash[TSK_SHA256_HEX];
    int rc = -1;

    if (tsk_file_read(form->blank_path, &key, err) != 0)
        goto out;
    tsk_buf_printf(&key, "%s %.4f %.4f", CACHE_VERSION, x_dpi, y_dpi);
    for (size_t i = 0; i < form->print_count; i++) {
        const struct tsk_print *print = &form->prints[i];
        if (print->overridden)
            tsk_buf_printf(&key, "\n%s|%s|%.3f|%d|%.3f %.3f %.3f %.3f", print->text, print->font, print->size_pt,
                           (int)print->align, print->box.x, print->box.y, print->box.w, print->box.h);
    }
    if (key.failed) {
        tsk_fail(err, TSK_REJECT, 0, "%s is too large for a blank sheet", form->blank_path);
        goto out;
    }
    tsk_sha256_hex(key.data, key.len, hash);
    if ((size_t)snprintf(out, size, "%s/%s.png", cache_dir, hash) >= size) {
        tsk_fail(err, TSK_REJECT, ENAMETOOLONG, "cache folder %s", cache_dir);
        goto out;
    }
    rc = 0;
out:
    tsk_buf_free(&key);
    return rc;
}

static PIX *cache_get(const char *path)
{
    struct tsk_buf bytes = TSK_BUF(PGM_BYTES_MAX);
    PIX *page = NULL;

    if (access(path, R_OK) == 0 && tsk_file_read(path, &bytes, NULL) == 0 && bytes.len > 0)
        page = pixReadMemPng((const l_uint8 *)bytes.data, bytes.len);
    if (page != NULL && pixGetDepth(page) != 8)
        pixDestroy(&page);
    tsk_buf_free(&bytes);
    return page;
}

static void cache_put(const char *path, PIX *page)
{
    l_uint8 *bytes = NULL;
    size_t len = 0;

    /* A cache that cannot be written only costs time: the next start rasterises again. */
    if (pixWriteMemPng(&bytes, &len, page, 0) == 0 && tsk_file_put_path(path, bytes, len, 0640, NULL) != 0)
        (void)unlink(path);
    free(bytes);
}

static int spawn_pdftoppm(const char *pdf, double x_dpi, double y_dpi, int out_fd, pid_t *pid)
{
    char rx[32], ry[32];
    /* argv of posix_spawn is not const by history only; nothing writes to it. */
    const char *const words[] = { "pdftoppm", "-gray", "-singlefile", "-rx", rx, "-ry", ry, pdf, NULL };
    char *argv[TSK_COUNT(words)];
    posix_spawn_file_actions_t actions;
    int sys;

    (void)snprintf(rx, sizeof rx, "%.4f", x_dpi);
    (void)snprintf(ry, sizeof ry, "%.4f", y_dpi);
    memcpy(argv, words, sizeof argv);
    if ((sys = posix_spawn_file_actions_init(&actions)) != 0)
        return sys;
    if ((sys = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)) == 0 &&
        (sys = posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO)) == 0)
        sys = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return sys;
}

static int run_pdftoppm(const char *pdf, double x_dpi, double y_dpi, struct tsk_buf *pgm, struct tsk_err *err)
{
    int ends[2] = { -1, -1 }, rc = -1, status = 0, sys;
    pid_t pid = -1;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "a pipe to pdftoppm");
    if ((sys = spawn_pdftoppm(pdf, x_dpi, y_dpi, ends[1], &pid)) != 0) {
        tsk_fail(err, TSK_STOP, sys, "pdftoppm could not be started; install the package poppler-utils");
        goto out;
    }
    close(ends[1]);
    ends[1] = -1;
    rc = tsk_fd_read(ends[0], pdf, pgm, err);
out:
    if (ends[1] >= 0)
        close(ends[1]);
    close(ends[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return rc;
}

static int rasterise(const char *pdf, double x_dpi, double y_dpi, PIX **out, struct tsk_err *err)
{
    struct tsk_buf pgm = TSK_BUF(PGM_BYTES_MAX);
    int rc = -1;

    if (access(pdf, R_OK) != 0) {
        tsk_fail(err, TSK_REJECT, errno, "blank sheet %s", pdf);
        goto out;
    }
    if (run_pdftoppm(pdf, x_dpi, y_dpi, &pgm, err) != 0)
        goto out;
    /* pdftoppm may end with 0 and write nothing: only the image itself tells. */
    if (pgm.len > 0)
        *out = pixReadMemPnm((const l_uint8 *)pgm.data, pgm.len);
    if (*out == NULL || pixGetDepth(*out) != 8) {
        pixDestroy(out);
        tsk_fail(err, TSK_REJECT, 0, "blank sheet %s could not be rasterised; is it a PDF of one page?", pdf);
        goto out;
    }
    pixSetResolution(*out, (int)lround(x_dpi), (int)lround(y_dpi));
    rc = 0;
out:
    tsk_buf_free(&pgm);
    return rc;
}

static double print_left(const struct tsk_print *print, double text_w)
{
    double room = print->box.w - text_w;

    return print->box.x + (print->align == TSK_ALIGN_LEFT ? 0 : print->align == TSK_ALIGN_CENTER ? room / 2 : room);
}

static int paint_prints(const struct tsk_form *form, double x_dpi, double y_dpi, PIX **page, struct tsk_err *err)
{
    struct tsk_canvas canvas = { 0 };
    PIX *painted = NULL;

    if (tsk_canvas_open(&canvas, *page, x_dpi, y_dpi, err) != 0)
        return -1;
    for (size_t i = 0; i < form->print_count; i++) {
        const struct tsk_print *print = &form->prints[i];
        double w, h;

        if (!print->overridden)
            continue;
        tsk_canvas_white(&canvas, &print->box);
        tsk_canvas_measure(&canvas, print->font, print->size_pt, 0, print->text, &w, &h);
        tsk_canvas_text(&canvas, print->font, print->size_pt, print_left(print, w),
                        print->box.y + (print->box.h - h) / 2, 0, print->text);
    }
    if (tsk_canvas_close(&canvas, &painted, err) != 0)
        return -1;
    pixDestroy(page);
    *page = painted;
    return 0;
}

static bool paints_over(const struct tsk_form *form)
{
    for (size_t i = 0; i < form->print_count; i++)
        if (form->prints[i].overridden)
            return true;
    return false;
}

int tsk_form_blank_raster(const struct tsk_form *form, double x_dpi, double y_dpi, PIX **out, struct tsk_err *err)
{
    char path[4096] = "";

    *out = NULL;
    if (cache_dir != NULL) {
        if (cache_path(form, x_dpi, y_dpi, path, sizeof path, err) != 0)
            return -1;
        if ((*out = cache_get(path)) != NULL)
            return 0;
    }
    if (rasterise(form->blank_path, x_dpi, y_dpi, out, err) != 0)
        return -1;
    if (paints_over(form) && paint_prints(form, x_dpi, y_dpi, out, err) != 0) {
        pixDestroy(out);
        return -1;
    }
    if (path[0] != '\0')
        cache_put(path, *out);
    return 0;
}
