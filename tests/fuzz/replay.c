/*
 * fuzz_replay FOLDER…: every file below FOLDER/TARGET goes once through its target; in every build, with or without sanitizers
 *
 * A target without a file fails: its seeds are not made.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "fuzz.h"

#define FILE_BYTES_MAX ((size_t)64 << 20)

static const struct {
    const char *name;
    fuzz_target *run;
} targets[] = {
#define FUZZ_ROW(name) { #name, fuzz_##name },
    FUZZ_TARGETS(FUZZ_ROW)
};

static int replay_file(fuzz_target *run, const char *path)
{
    struct tsk_buf file = TSK_BUF(FILE_BYTES_MAX);
    struct tsk_err err = { 0 };
    uint8_t *bytes;

    if (tsk_file_read(path, &file, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        tsk_buf_free(&file);
        return -1;
    }
    bytes = malloc(file.len > 0 ? file.len : 1); /* of just this size, so that a read behind it is seen */
    if (bytes != NULL) {
        memcpy(bytes, tsk_buf_text(&file), file.len);
        run(bytes, file.len);
    }
    free(bytes);
    tsk_buf_free(&file);
    return 0;
}

/* How many, or -1. The name is printed before, so that an abort tells where it was. */
static int replay_folder(fuzz_target *run, const char *folder, const char *name)
{
    char path[4096];
    struct dirent *entry;
    DIR *dir;
    int count = 0;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    dir = opendir(path);
    if (dir == NULL)
        return errno == ENOENT ? 0 : -1;
    while (count >= 0 && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/%s", folder, name, entry->d_name);
        printf("%s\n", path);
        fflush(stdout);
        count = replay_file(run, path) == 0 ? count + 1 : -1;
    }
    closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    int rc = EXIT_SUCCESS;

    for (size_t t = 0; t < TSK_COUNT(targets); t++) {
        int64_t began = tsk_mono_ms();
        int count = 0;

        for (int i = 1; i < argc; i++) {
            int more = replay_folder(targets[t].run, argv[i], targets[t].name);

            if (more < 0)
                rc = EXIT_FAILURE;
            count += more > 0 ? more : 0;
        }
        printf("%-12s %d files, %lld ms\n", targets[t].name, count, (long long)(tsk_mono_ms() - began));
        if (count == 0)
            rc = EXIT_FAILURE;
    }
    return rc;
}
