#include "review/static_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"

#define FILES_MAX 400
#define FILE_BYTES_MAX ((size_t)4 << 20)
#define DEPTH_MAX 4
#define PATH_BYTES_MAX 1024

struct tsk_static {
    struct tsk_static_file files[FILES_MAX];
    size_t count;
};

static const struct {
    const char *suffix, *media;
} kinds[] = {
    { ".html", "text/html; charset=utf-8" },
    { ".js", "text/javascript; charset=utf-8" },
    { ".css", "text/css; charset=utf-8" },
    { ".json", "application/json" },
    { ".svg", "image/svg+xml" },
    { ".png", "image/png" },
    { ".ico", "image/x-icon" },
    { ".woff2", "font/woff2" },
    { ".txt", "text/plain; charset=utf-8" },
    { ".webmanifest", "application/manifest+json" },
};

static const char *media_of(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < TSK_COUNT(kinds); i++) {
        size_t n = strlen(kinds[i].suffix);

        if (len > n && strcmp(name + len - n, kinds[i].suffix) == 0)
            return kinds[i].media;
    }
    return NULL;
}

static int load_file(struct tsk_static *files, const char *path, const char *name, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(FILE_BYTES_MAX);
    struct tsk_static_file *file = &files->files[files->count];
    char hash[TSK_SHA256_HEX];

    if (files->count == FILES_MAX)
        return tsk_fail(err, TSK_STOP, 0, "%s: more than %d files of pages", path, FILES_MAX);
    if (tsk_file_read(path, &bytes, err) != 0) {
        tsk_buf_free(&bytes);
        return -1;
    }
    tsk_sha256_hex(tsk_buf_text(&bytes), bytes.len, hash);
    *file = (struct tsk_static_file){
        .path = strdup(name), .media = media_of(name), .bytes = bytes.data, .len = bytes.len
    };
    snprintf(file->etag, sizeof file->etag, "\"%s\"", hash);
    if (file->path == NULL) {
        tsk_buf_free(&bytes);
        return tsk_fail(err, TSK_RETRY, 0, "%s: out of memory", path);
    }
    files->count++;
    return 0;
}

static int load_dir(struct tsk_static *files, const char *dir, const char *below, int depth, struct tsk_err *err);

static int load_entry(struct tsk_static *files, const char *dir, const char *below, const char *name, int depth,
                      struct tsk_err *err)
{
    char path[PATH_BYTES_MAX], url[PATH_BYTES_MAX];
    struct stat st;

    if (name[0] == '.')
        return 0;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >= sizeof path ||
        (size_t)snprintf(url, sizeof url, "%s/%s", below, name) >= sizeof url)
        return tsk_fail(err, TSK_STOP, 0, "%s: a path of the pages is too long", dir);
    if (lstat(path, &st) != 0)
        return tsk_fail(err, TSK_STOP, errno, "cannot look at %s", path);
    if (S_ISDIR(st.st_mode))
        return depth < DEPTH_MAX ? load_dir(files, path, url, depth + 1, err) : 0;
    return S_ISREG(st.st_mode) && media_of(name) != NULL ? load_file(files, path, url, err) : 0;
}

static int load_dir(struct tsk_static *files, const char *dir, const char *below, int depth, struct tsk_err *err)
{
    DIR *list = opendir(dir);
    const struct dirent *entry;
    int rc = 0;

    if (list == NULL)
        return tsk_fail(err, TSK_STOP, errno, "cannot open the folder of the pages %s", dir);
    while (rc == 0 && (entry = readdir(list)) != NULL)
        rc = load_entry(files, dir, below, entry->d_name, depth, err);
    closedir(list);
    return rc;
}

int tsk_static_load(struct tsk_static **out, const char *dir, struct tsk_err *err)
{
    struct tsk_static *files = calloc(1, sizeof *files);

    *out = NULL;
    if (files == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    if (load_dir(files, dir, "", 0, err) != 0) {
        tsk_static_free(&files);
        return -1;
    }
    *out = files;
    return 0;
}

void tsk_static_free(struct tsk_static **files)
{
    struct tsk_static *old = *files;

    if (old == NULL)
        return;
    for (size_t i = 0; i < old->count; i++) {
        free(old->files[i].path);
        free(old->files[i].bytes);
    }
    free(old);
    *files = NULL;
}

const struct tsk_static_file *tsk_static_find(const struct tsk_static *files, const char *path)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->files[i].path, path) == 0)
            return &files->files[i];
    return NULL;
}
