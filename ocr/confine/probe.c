#include "ocr/confine/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void probe_open(void)
{
    (void)open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static void probe_create(void)
{
    (void)open("/tmp/tasuki-probe", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static void probe_socket(void)
{
    (void)socket(AF_INET, SOCK_STREAM, 0);
}

static void probe_connect(void)
{
    const struct sockaddr any = { .sa_family = AF_UNSPEC };

    (void)connect(3, &any, sizeof any);
}

static void probe_fork(void)
{
    if (fork() == 0)
        _exit(0);
}

static void probe_thread(void)
{
    (void)syscall(SYS_clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, 0, 0, 0, 0);
}

static void probe_exec(void)
{
    char *const argv[] = { (char[]){ "true" }, NULL };

    (void)execv("/bin/true", argv);
}

static void probe_kill(void)
{
    (void)kill(getppid(), 0);
}

static void probe_ptrace(void)
{
    (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void probe_link(void)
{
    int rc = symlink("/etc/passwd", "/tmp/tasuki-probe-link");

    (void)rc;
}

static void probe_execmem(void)
{
    (void)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void probe_hang(void)
{
    for (volatile unsigned turns = 1; turns != 0; turns |= 1)
        continue;
}

/* Until the limit says no; pages that are not touched cost the machine nothing. */
static void probe_memory(void)
{
    size_t block = (size_t)64 << 20;
    int blocks = 0;

    while (blocks < 1024 &&
           mmap(NULL, block, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED)
        blocks++;
    if (blocks < 1024)
        abort();
}

static void probe_abort(void)
{
    abort();
}

static int open_descriptors(void)
{
    char byte;
    int count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += read(fd, &byte, 0) == 0 || errno != EBADF || lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF;
    return count;
}

int tsk_probe(const char *call, struct tsk_err *err)
{
    static const struct {
        const char *call;
        void (*try)(void);
    } probes[] = {
        { "open", probe_open },       { "create", probe_create },   { "socket", probe_socket },
        { "connect", probe_connect }, { "fork", probe_fork },       { "thread", probe_thread },
        { "exec", probe_exec },       { "kill", probe_kill },       { "ptrace", probe_ptrace },
        { "link", probe_link },       { "execmem", probe_execmem }, { "hang", probe_hang },
        { "memory", probe_memory },   { "abort", probe_abort },
    };

    if (strcmp(call, "descriptors") == 0)
        return tsk_fail(err, TSK_STOP, 0, "%d descriptors are open", open_descriptors());
    for (size_t i = 0; i < TSK_COUNT(probes); i++) {
        if (strcmp(call, probes[i].call) == 0) {
            probes[i].try();
            return tsk_fail(err, TSK_STOP, 0, "the reader is not locked in: %s came back", call);
        }
    }
    return tsk_fail(err, TSK_REJECT, 0, "there is no probe called %s", call);
}
