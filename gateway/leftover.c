#include "gateway/leftover.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/os.h"
#include "spool/spool.h"

int tsk_leftover_give_back(int dir)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0;
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;

    if (list == NULL && fd >= 0)
        close(fd);
    for (struct dirent *e = list != NULL ? readdir(list) : NULL; e != NULL; e = readdir(list))
        if (e->d_name[0] == '.' && tsk_spool_id_valid(e->d_name + 1))
            count += tsk_os->renameat(dir, e->d_name, dir, e->d_name + 1) == 0;
    if (list != NULL)
        closedir(list);
    return count;
}
