#include "ocr/confine/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEEP_MAX 8
#define FIRST_KEPT 3

int tsk_keep_fds(int *fds, size_t count, struct tsk_err *err)
{
    if (count > KEEP_MAX)
        return tsk_fail(err, TSK_STOP, 0, "too many descriptors to keep");
    for (size_t i = 0; i < count; i++) { /* out of the way first, or one would land on another */
        fds[i] = fcntl(fds[i], F_DUPFD, FIRST_KEPT + KEEP_MAX);
        if (fds[i] < 0)
            return tsk_fail(err, TSK_RETRY, errno, "descriptors cannot be moved");
    }
    for (size_t i = 0; i < count; i++) {
        if (dup2(fds[i], FIRST_KEPT + (int)i) < 0)
            return tsk_fail(err, TSK_RETRY, errno, "descriptors cannot be moved");
        fds[i] = FIRST_KEPT + (int)i;
    }
    if (close_range(FIRST_KEPT + (unsigned)count, ~0U, 0) != 0)
        return tsk_fail(err, TSK_STOP, errno, "descriptors of other documents cannot be closed");
    return 0;
}

static int cap(int what, rlim_t most, struct tsk_err *err)
{
    /* a second more until the hard limit, so that the child ends by SIGXCPU and not by an unexplained SIGKILL */
    struct rlimit limit = { .rlim_cur = most, .rlim_max = what == RLIMIT_CPU ? most + 1 : most };

    if (setrlimit((__rlimit_resource_t)what, &limit) != 0)
        return tsk_fail(err, TSK_STOP, errno, "a limit cannot be set (%d)", what);
    return 0;
}

#ifndef TASUKI_ASAN
static rlim_t mapped_bytes(void)
{
    char line[128] = "";
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL)
        return 0;
    if (fgets(line, sizeof line, file) == NULL)
        line[0] = '\0';
    fclose(file);
    return (rlim_t)strtoul(line, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE); /* the first number: all that is mapped */
}
#endif

static int set_limits(const struct tsk_limits *limits, bool inherits_memory, struct tsk_err *err)
{
#ifndef TASUKI_ASAN
    if (limits->memory_bytes > 0 &&
        cap(RLIMIT_AS, limits->memory_bytes + (inherits_memory ? mapped_bytes() : 0), err) != 0)
        return -1;
#else
    (void)inherits_memory;
#endif
    if (limits->cpu_seconds > 0 && cap(RLIMIT_CPU, limits->cpu_seconds, err) != 0)
        return -1;
    if (limits->files > 0 && cap(RLIMIT_NOFILE, limits->files, err) != 0)
        return -1;
    if (cap(RLIMIT_FSIZE, limits->file_bytes, err) != 0 || cap(RLIMIT_NPROC, 0, err) != 0 ||
        cap(RLIMIT_CORE, 0, err) != 0) /* pages are private: no core files */
        return -1;
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return tsk_fail(err, TSK_STOP, errno, "rights cannot be given up");
    return 0;
}

/* What computing on memory and open descriptors takes. glibc's abort() needs the signal calls: a failed assert then shows
   as SIGABRT and is not taken for a forbidden call. */
static const int reader_calls[] = {
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(close),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrusage),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_getaffinity),
};

/* Taken from a trace of pdftoppm over PDFs with embedded and missing fonts, images of each kind and errors. */
static const int pdf_calls[] = {
    SCMP_SYS(access),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(fcntl),
    SCMP_SYS(fstatfs),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
    SCMP_SYS(getegid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getuid),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(prlimit64),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(rseq),
    SCMP_SYS(stat),
    SCMP_SYS(statfs),
    SCMP_SYS(statx),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(fadvise64),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(set_tid_address),
};

/* What fontconfig tries when its cache is old: told that it may not, and it goes on. */
static const int pdf_refused_calls[] = {
    SCMP_SYS(mkdir),    SCMP_SYS(mkdirat),   SCMP_SYS(unlink),  SCMP_SYS(unlinkat), SCMP_SYS(rename),
    SCMP_SYS(renameat), SCMP_SYS(link),      SCMP_SYS(linkat),  SCMP_SYS(chmod),    SCMP_SYS(fchmod),
    SCMP_SYS(utime),    SCMP_SYS(utimensat), SCMP_SYS(symlink), SCMP_SYS(ioctl),
};

static struct scmp_arg_cmp equals(unsigned argument, uint64_t value)
{
    return (struct scmp_arg_cmp){ .arg = argument, .op = SCMP_CMP_EQ, .datum_a = value };
}

static struct scmp_arg_cmp has_bits(unsigned argument, uint64_t mask, uint64_t value)
{
    return (struct scmp_arg_cmp){ .arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value };
}

static int add_rules(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    int rc = 0;

    for (size_t i = 0; i < count && rc == 0; i++)
        rc = seccomp_rule_add(filter, action, calls[i], 0);
    return rc;
}

static int add_memory_rules(scmp_filter_ctx filter, bool may_load_code)
{
    const struct scmp_arg_cmp not_code = has_bits(2, PROT_EXEC, 0);
    int rc;

    if (may_load_code) { /* the program loads its libraries behind the filter */
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 0);
        return rc != 0 ? rc : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 0);
    }
    rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_code);
    if (rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, not_code);
    return rc;
}

static int add_reader_rules(scmp_filter_ctx filter)
{
    int rc = add_rules(filter, SCMP_ACT_ALLOW, reader_calls, TSK_COUNT(reader_calls));

    if (rc == 0)
        rc = add_memory_rules(filter, false);
    if (rc == 0) /* fstat() of this glibc; a descriptor without a path */
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
                              has_bits(3, AT_EMPTY_PATH, AT_EMPTY_PATH));
    if (rc == 0) /* abort() */
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, equals(0, (uint64_t)getpid()));
    return rc;
}

static int add_pdf_rules(scmp_filter_ctx filter, const char *program)
{
    int rc = add_rules(filter, SCMP_ACT_ALLOW, reader_calls, TSK_COUNT(reader_calls));

    if (rc == 0)
        rc = add_rules(filter, SCMP_ACT_ALLOW, pdf_calls, TSK_COUNT(pdf_calls));
    if (rc == 0)
        rc = add_rules(filter, SCMP_ACT_ERRNO(EPERM), pdf_refused_calls, TSK_COUNT(pdf_refused_calls));
    if (rc == 0)
        rc = add_memory_rules(filter, true);
    if (rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, equals(0, (uint64_t)getpid()));
    if (rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                              has_bits(2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
    if (rc == 0) /* fontconfig's lock and new cache: refused, not fatal */
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1, has_bits(2, O_CREAT, O_CREAT));
    if (rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(execve), 1, equals(0, (uint64_t)(uintptr_t)program));
    return rc;
}

static int load_filter(enum tsk_policy policy, const char *program, struct tsk_err *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int rc = filter == NULL ? -ENOMEM : 0;

    if (rc == 0)
        rc = policy == TSK_POLICY_READER ? add_reader_rules(filter) : add_pdf_rules(filter, program);
    if (rc == 0)
        rc = seccomp_load(filter);
    if (filter != NULL)
        seccomp_release(filter);
    if (rc != 0)
        return tsk_fail(err, TSK_STOP, -rc, "system calls cannot be filtered; this kernel needs seccomp");
    return 0;
}

static int landlock_allow(int ruleset, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = open(path, O_PATH | O_CLOEXEC) };
    long rc;

    if (rule.parent_fd < 0)
        return 0; /* not on this machine, then nobody reads it either */
    rc = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
    return rc == 0 ? 0 : -1;
}

/* Fonts, libraries and poppler's tables, for reading; nothing else of the file system. Where the kernel has no Landlock
   the filter and the user's rights are what there is. */
static int landlock_for_pdf(const char *program, struct tsk_err *err)
{
    const uint64_t file = LANDLOCK_ACCESS_FS_READ_FILE, dir = file | LANDLOCK_ACCESS_FS_READ_DIR;
    const struct {
        const char *path;
        uint64_t rights;
    } allowed[] = {
        { program, file | LANDLOCK_ACCESS_FS_EXECUTE },
        { "/usr/lib", dir | LANDLOCK_ACCESS_FS_EXECUTE }, /* the ELF loader is started, the libraries are read */
        { "/lib", dir | LANDLOCK_ACCESS_FS_EXECUTE },
        { "/lib64", dir | LANDLOCK_ACCESS_FS_EXECUTE },
        { "/usr/share", dir },
        { "/usr/local/share", dir },
        { "/etc/fonts", dir },
        { "/var/cache/fontconfig", dir },
        { "/etc/ld.so.cache", file },
        { "/etc/localtime", file },
    };
    /* every right of the first version of Landlock: what is not allowed below is refused */
    struct landlock_ruleset_attr attr = { .handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1 };
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    bool ok = true;

    if (ruleset < 0)
        return 0;
    for (size_t i = 0; i < TSK_COUNT(allowed) && ok; i++)
        ok = landlock_allow(ruleset, allowed[i].path, allowed[i].rights) == 0;
    ok = ok && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return ok ? 0 : tsk_fail(err, TSK_STOP, errno, "the file system cannot be closed to the PDF child");
}

int tsk_confine(const struct tsk_limits *limits, enum tsk_policy policy, const char *program, struct tsk_err *err)
{
    if (set_limits(limits, policy == TSK_POLICY_READER, err) != 0)
        return -1;
    if (policy == TSK_POLICY_PDF && landlock_for_pdf(program, err) != 0)
        return -1;
#ifdef TASUKI_ASAN
    if (policy == TSK_POLICY_READER)
        return 0;
#endif
    return load_filter(policy, program, err);
}
