/*
 * Every child that looks at a stranger's bytes, followed by a tracer from its birth. Once its filter is on, one of its calls is exchanged
 * for a forbidden one, as if a document had taken it over: it has to die of SIGSYS there. And what it can reach at that moment is looked
 * at: descriptors, limits, and its whole memory for words of the document before it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "gateway/fax_tags.h"
#include "gateway/mail/reader.h"
#include "ocr/confine/pdf.h"
#include "ocr/confine/recogniser.h"
#include "ocr/confine/server.h"

#if defined(__x86_64__) && !defined(TASUKI_ASAN)

#define WORDS_LEN 24
#define WORD_LEN ((size_t)WORDS_LEN)

struct scene { /* what is done in the traced process, and which of its children is meant */
    const char *what;
    void (*play)(void);
    int child;     /* from 1: of those that lock themselves in */
    int calls;     /* of it that pass before one is exchanged */
    int fds;       /* that it may have open */
    bool executes; /* another program: what is before it does not count */
};

struct seen {
    int locked;  /* children that locked themselves in */
    int signal;  /* that ended the one that is meant */
    int fds;     /* that it had open */
    bool words;  /* of an earlier document in its memory */
    bool limits; /* no files to write, no processes, no core */
    bool reached;
};

/* The words are put together where they are needed: nobody has them in memory by being a copy of this program. */
static void put_words(char *out)
{
    for (int i = 0; i < WORDS_LEN; i++)
        out[i] = (char)('A' + (i * 7 + 11) % 26);
}

static void give_mail(struct tsk_mail_reader *reader, bool words)
{
    char *mail = malloc(40000), *at = mail;
    struct tsk_mail_read read;
    struct tsk_err err = { 0 };

    if (mail == NULL)
        _exit(90);
    at += snprintf(at, 200, "From: a@example.jp\r\nSubject: ");
    for (int i = 0; i < 1000 && words; i++, at += WORDS_LEN + 1) {
        put_words(at);
        at[WORDS_LEN] = '\n';
        if (i == 0)
            at += snprintf(at + WORDS_LEN, 8, "\r\n\r\n") - 1;
    }
    if (tsk_mail_read(&read, reader, mail, (size_t)(at - mail), &err) == 0)
        tsk_mail_free(&read);
    memset(mail, 0, 16); /* freed as it is, as every program frees */
    free(mail);
}

static void play_mails(void)
{
    struct tsk_mail_reader *reader;

    if (tsk_mail_reader_open(&reader, NULL) != 0)
        _exit(91);
    give_mail(reader, true);
    give_mail(reader, false);
    tsk_mail_reader_close(&reader);
}

static int memory_file(const void *bytes, size_t len)
{
    int fd = memfd_create("document", MFD_CLOEXEC);

    if (fd < 0 || tsk_write_all(fd, bytes, len) != 0)
        _exit(92);
    return fd;
}

static void play_tags(void)
{
    struct tsk_fax_tags tags;

    tsk_fax_tags_read(&tags, memory_file("II*\0\x08\0\0\0\x01\0\x0e\x01\x02\0\x03\0\0\0AB\0\0\0\0\0\0", 26));
}

static void play_pdf(void)
{
    static const char pdf[] =
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 59 84]>>endobj\ntrailer<</Root 1 0 R/Size 4>>\n%%EOF\n";
    struct tsk_err err = { 0 };
    int pages;

    if (tsk_pdf_rasterise(&pages, memory_file(pdf, sizeof pdf - 1), &err) == 0)
        close(pages);
}

static int connection[2];

static int read_words(void *ctx, const struct tsk_request *request, int document, int out, struct tsk_err *err)
{
    static char page[4096];

    (void)ctx, (void)request;
    if (pread(document, page, sizeof page, 0) < 0)
        return tsk_fail(err, TSK_RETRY, 0, "cannot be read");
    return tsk_frame_write(out, TSK_FRAME_END, "{}", 2, err);
}

static void play_recogniser(void)
{
    const struct tsk_server server = { .fds = &connection[1],
                                       .fd_count = 1,
                                       .time_limit_ms = 20000,
                                       .memory_bytes = (size_t)256 << 20,
                                       .read = read_words };
    struct tsk_err err = { 0 };

    close(connection[0]);
    if (tsk_serve_documents(&server, &err) != 0)
        _exit(93);
}

static int ignore(void *ctx, const struct tsk_frame *frame, struct tsk_err *err)
{
    (void)ctx, (void)frame, (void)err;
    return 0;
}

/* Who asks the recogniser is another process, and is not traced. */
static void ask_recogniser(void)
{
    const struct tsk_request request = { .id = "-" };
    struct tsk_recogniser *recogniser;
    struct tsk_outcome outcome;
    struct tsk_err err = { 0 };
    char page[4096] = "";

    close(connection[1]);
    for (size_t at = 0; at + WORD_LEN < sizeof page; at += WORD_LEN)
        put_words(page + at);
    if (tsk_recogniser_adopt(&recogniser, connection[0], &err) != 0)
        _exit(94);
    for (int i = 0; i < 2; i++)
        if (tsk_recogniser_read(recogniser, &request, memory_file(page, i == 0 ? sizeof page : 10), ignore, NULL,
                                &outcome, &err) != 0)
            break;
    tsk_recogniser_close(&recogniser);
    _exit(0);
}

static FILE *of_process(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return fopen(path, "re");
}

static int count_fds(pid_t pid)
{
    char path[64];
    int count = 0;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    if ((dir = opendir(path)) == NULL)
        return -1;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static bool range_has_words(FILE *memory, uint64_t from, uint64_t to, const char *words)
{
    static char bytes[1 << 20];
    bool found = false;

    for (uint64_t at = from; at < to && !found; at += sizeof bytes - WORD_LEN) {
        size_t want = to - at < sizeof bytes ? (size_t)(to - at) : sizeof bytes, got;

        got = fseeko(memory, (off_t)at, SEEK_SET) == 0 ? fread(bytes, 1, want, memory) : 0;
        found = memmem(bytes, got, words, WORD_LEN) != NULL;
    }
    explicit_bzero(bytes, sizeof bytes);
    return found;
}

static bool memory_has_words(pid_t pid)
{
    FILE *maps = of_process(pid, "maps"), *memory = of_process(pid, "mem");
    char line[512], words[WORDS_LEN];
    bool found = false;

    put_words(words);
    while (maps != NULL && memory != NULL && !found && fgets(line, sizeof line, maps) != NULL) {
        char *end = NULL;
        uint64_t from = strtoull(line, &end, 16), to = strtoull(end + 1, &end, 16);

        if (end[1] == 'r' && strstr(line, "[v") == NULL)
            found = range_has_words(memory, from, to, words);
    }
    if (maps != NULL)
        fclose(maps);
    if (memory != NULL)
        fclose(memory);
    explicit_bzero(words, sizeof words); /* or the next child would have them from here */
    return found;
}

static bool is_limited(pid_t pid)
{
    static const int zero[] = { RLIMIT_FSIZE, RLIMIT_NPROC, RLIMIT_CORE }, set[] = { RLIMIT_AS, RLIMIT_CPU };
    struct rlimit limit;

    for (size_t i = 0; i < TSK_COUNT(zero); i++)
        if (prlimit(pid, (__rlimit_resource_t)zero[i], NULL, &limit) != 0 || limit.rlim_max != 0)
            return false;
    for (size_t i = 0; i < TSK_COUNT(set); i++)
        if (prlimit(pid, (__rlimit_resource_t)set[i], NULL, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
            return false;
    return true;
}

static void look_at(struct seen *seen, pid_t pid)
{
    seen->reached = true;
    seen->fds = count_fds(pid);
    seen->limits = is_limited(pid);
    seen->words = memory_has_words(pid);
}

struct follow { /* a child between two stops */
    pid_t pid;
    bool inside, locking, locked, executed;
    int number, calls;
};

/* At the beginning or the end of a call of a child. */
static void on_call(struct follow *f, struct seen *seen, const struct scene *scene, long forbidden)
{
    struct user_regs_struct regs;

    f->inside = !f->inside;
    if (ptrace(PTRACE_GETREGS, f->pid, NULL, &regs) != 0)
        return;
    if (f->inside) {
        f->locking = (regs.orig_rax == SYS_seccomp && regs.rdi == SECCOMP_SET_MODE_FILTER) ||
                     (regs.orig_rax == SYS_prctl && regs.rdi == PR_SET_SECCOMP);
        if (!f->locked || (scene->executes && !f->executed) || f->number != scene->child || ++f->calls != scene->calls)
            return;
        look_at(seen, f->pid);
        if (forbidden < 0)
            return;
        regs.orig_rax = (unsigned long long)forbidden;
        ptrace(PTRACE_SETREGS, f->pid, NULL, &regs);
    } else if (f->locking && regs.rax == 0 && !f->locked) {
        f->locked = true;
        f->number = ++seen->locked;
    }
}

static struct follow *follow_of(struct follow *all, size_t count, pid_t pid)
{
    for (size_t i = 0; i < count; i++)
        if (all[i].pid == pid || all[i].pid == 0) {
            all[i].pid = pid;
            return &all[i];
        }
    fail_msg("too many processes");
    return NULL;
}

static void on_stop(struct follow *f, int status, struct seen *seen, const struct scene *scene, long forbidden,
                    bool root)
{
    int signal = WSTOPSIG(status), event = status >> 16;

    if (event == PTRACE_EVENT_EXEC)
        f->executed = true;
    if (signal == (SIGTRAP | 0x80))
        on_call(f, seen, scene, forbidden);
    /* what a tracer is stopped for is not handed on; the root's own children are not its business */
    ptrace(root ? PTRACE_CONT : PTRACE_SYSCALL, f->pid, NULL,
           (void *)(uintptr_t)(event != 0 || signal == SIGSTOP || signal == SIGTRAP || signal == (SIGTRAP | 0x80)
                                   ? 0
                                   : signal));
}

static struct seen trace(const struct scene *scene, long forbidden)
{
    struct follow all[32] = { { 0 } };
    struct seen seen = { 0 };
    pid_t root = fork(), pid;
    int status;

    assert_true(root >= 0);
    if (root == 0) {
        int secret = open("/etc/hostname", O_RDONLY); /* not closed on exec: of somebody else */

        tsk_log_level(TSK_LOG_ERROR + 1);
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        scene->play();
        _exit(secret < 0);
    }
    assert_int_equal(waitpid(root, &status, 0), root);
    ptrace(PTRACE_SETOPTIONS, root, NULL,
           (void *)(uintptr_t)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                               PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL));
    ptrace(PTRACE_CONT, root, NULL, NULL);
    while ((pid = waitpid(-1, &status, __WALL)) > 0) {
        struct follow *f = follow_of(all, TSK_COUNT(all), pid);

        if (WIFSTOPPED(status))
            on_stop(f, status, &seen, scene, forbidden, pid == root);
        else if (WIFSIGNALED(status) && f->locked && f->number == scene->child)
            seen.signal = WTERMSIG(status);
    }
    return seen;
}

static struct seen run(const struct scene *scene, long forbidden)
{
    if (scene->play == play_recogniser) {
        struct seen seen;
        pid_t asker;

        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, connection), 0);
        if ((asker = fork()) == 0)
            ask_recogniser();
        close(connection[0]);
        connection[0] = -1;
        seen = trace(scene, forbidden); /* waits for the asker, too */
        close(connection[1]);
        return seen;
    }
    return trace(scene, forbidden);
}

static const struct scene scenes[] = {
    { "the child of a mail", play_mails, 2, 1, 4, false },
    { "the child of a fax's tags", play_tags, 1, 1, 5, false },
    { "the recogniser's child", play_recogniser, 2, 1, 5, false },
    { "pdftoppm, at its start", play_pdf, 1, 1, 3, true },
    { "pdftoppm, at work", play_pdf, 1, 120, -1, true },
};

static void a_forbidden_call_ends_each_of_them(void **state)
{
    static const struct {
        const char *name;
        long number;
    } calls[] = { { "socket", SYS_socket },
                  { "connect", SYS_connect },
                  { "fork", SYS_fork },
                  { "clone", SYS_clone },
                  { "execve", SYS_execve },
                  { "ptrace", SYS_ptrace },
                  { "kill", SYS_kill },
                  { "creat", SYS_creat },
                  { "open", SYS_open },
                  { "bind", SYS_bind },
                  { "sendto", SYS_sendto },
                  { "mount", SYS_mount },
                  { "setuid", SYS_setuid },
                  { "bpf", SYS_bpf },
                  { "io_uring_setup", SYS_io_uring_setup },
                  { "process_vm_readv", SYS_process_vm_readv },
                  { "clone3", SYS_clone3 },
                  { "keyctl", SYS_keyctl } };

    (void)state;
    for (size_t s = 0; s < TSK_COUNT(scenes); s++)
        for (size_t i = 0; i < TSK_COUNT(calls); i++) {
            struct seen seen = run(&scenes[s], calls[i].number);

            if (!seen.reached || seen.signal != SIGSYS)
                fail_msg("%s: %s: reached %d, ended by signal %d", scenes[s].what, calls[i].name, seen.reached,
                         seen.signal);
        }
}

static void nothing_else_is_in_reach(void **state)
{
    (void)state;
    for (size_t s = 0; s < TSK_COUNT(scenes); s++) {
        struct seen seen = run(&scenes[s], -1);

        if (!seen.reached || seen.signal == SIGSYS || !seen.limits)
            fail_msg("%s: reached %d, signal %d, limits %d", scenes[s].what, seen.reached, seen.signal, seen.limits);
        if (scenes[s].fds >= 0 && seen.fds > scenes[s].fds)
            fail_msg("%s has %d descriptors", scenes[s].what, seen.fds);
        if (seen.words)
            fail_msg("%s has words of the document before it in memory", scenes[s].what);
    }
}

/* The search finds what is there: a process that had the document itself. */
static void play_careless(void)
{
    char *mail = malloc(4096);
    struct tsk_fax_tags tags;

    put_words(mail + 100);
    tsk_fax_tags_read(&tags, memory_file("II*\0", 4));
    free(mail);
}

static void the_search_finds(void **state)
{
    static const struct scene careless = { "careless", play_careless, 1, 1, -1, false };

    (void)state;
    assert_true(run(&careless, -1).words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_search_finds),
        cmocka_unit_test(nothing_else_is_in_reach),
        cmocka_unit_test(a_forbidden_call_ends_each_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    puts("needs x86-64, and a build without sanitizers");
    return 77;
}

#endif
