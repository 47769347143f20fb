#include "gateway/qpdf.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

#define QPDF "/usr/bin/qpdf"
#define INPUT_FD 3 /* in qpdf */

static int run(int arguments, int input, int output, struct tsk_err *err)
{
    static char program[] = QPDF, from_input[] = "@-", path[] = "PATH=/usr/bin:/bin";
    char *args[] = { program, from_input, NULL }, *environment[] = { path, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    int status = -1;
    pid_t pid;

    sigemptyset(&none);
    if (posix_spawn_file_actions_init(&actions) != 0 || posix_spawnattr_init(&attributes) != 0)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    if (posix_spawn_file_actions_adddup2(&actions, arguments, STDIN_FILENO) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, input, INPUT_FD) != 0 ||
        posix_spawn(&pid, QPDF, &actions, &attributes, args, environment) != 0)
        pid = -1;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return tsk_fail(err, TSK_RETRY, 0, "%s did not make the encrypted PDF; apt install qpdf", QPDF);
}

int tsk_qpdf_run(const struct tsk_buf *arguments, int input, int output, struct tsk_err *err)
{
    int fd = -1;
    int rc = tsk_memory_file(&fd, "arguments", arguments, err);

    if (rc == 0)
        rc = run(fd, input, output, err);
    if (fd >= 0)
        close(fd);
    return rc;
}

int tsk_memory_file(int *out, const char *name, const struct tsk_buf *bytes, struct tsk_err *err)
{
    *out = memfd_create(name, MFD_CLOEXEC);
    if (*out >= 0 &&
        (bytes == NULL || (tsk_write_all(*out, bytes->data, bytes->len) == 0 && lseek(*out, 0, SEEK_SET) == 0)))
        return 0;
    return tsk_fail(err, TSK_RETRY, errno, "no memory for %s", name);
}
