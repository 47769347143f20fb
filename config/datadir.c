#include "config/datadir.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char beside[PATH_MAX]; /* "" = not installed */
static pthread_once_t looked = PTHREAD_ONCE_INIT;

/* PREFIX/bin/tasuki was installed together with PREFIX/share/tasuki. */
static void look_beside(void)
{
    static const char data[] = "/share/tasuki";
    char path[PATH_MAX - sizeof data - 16], probe[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);

    if (len <= 0)
        return;
    path[len] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(path, '/');

        if (slash == NULL)
            return;
        *slash = '\0';
    }
    snprintf(probe, sizeof probe, "%s%s/config/data", path, data);
    if (access(probe, R_OK | X_OK) == 0)
        snprintf(beside, sizeof beside, "%s%s", path, data);
}

const char *tsk_data_dir(void)
{
    const char *dir = getenv("TASUKI_DATA");

    if (dir != NULL && dir[0] != '\0')
        return dir;
    pthread_once(&looked, look_beside);
    return beside[0] != '\0' ? beside : TASUKI_DATA_DIR;
}

char *tsk_data_path(const char *name)
{
    char *path = NULL;

    return asprintf(&path, "%s/%s", tsk_data_dir(), name) < 0 ? NULL : path;
}
