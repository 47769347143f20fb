#include "config/datadir.h"

#include <stdio.h>
#include <stdlib.h>

const char *tsk_data_dir(void)
{
    const char *dir = getenv("TASUKI_DATA");

    return dir != NULL && dir[0] != '\0' ? dir : TASUKI_DATA_DIR;
}

char *tsk_data_path(const char *name)
{
    char *path = NULL;

    return asprintf(&path, "%s/%s", tsk_data_dir(), name) < 0 ? NULL : path;
}
