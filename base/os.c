#include "base/os.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int real_openat(int dir, const char *name, int flags, mode_t mode)
{
    return openat(dir, name, flags, mode);
}

static int real_fstatat(int dir, const char *name, struct stat *st, int flags)
{
    return fstatat(dir, name, st, flags);
}

const struct tsk_os tsk_os_real = {
    .openat = real_openat,
    .read = read,
    .write = write,
    .fsync = fsync,
    .syncfs = syncfs,
    .close = close,
    .renameat = renameat,
    .linkat = linkat,
    .unlinkat = unlinkat,
    .mkdirat = mkdirat,
    .fstatat = real_fstatat,
};

const struct tsk_os *tsk_os = &tsk_os_real;
