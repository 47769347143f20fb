/* Ways out: a Maildir, and SMTP against a real server that fails as it is told. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/os.h"
#include "routing/channel.h"

static char dir[64];
static struct tsk_wire *wire;
static const volatile sig_atomic_t *stop; /* of deliveries */

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/tasuki-channel-XXXXXX");
    return mkdtemp(dir) == NULL ? -1 : tsk_wire_open(&wire, NULL);
}

static int teardown(void **state)
{
    (void)state;
    tsk_os = &tsk_os_real;
    tsk_wire_close(&wire);
    nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static const char message[] = "Subject: x\n\n.本文\n";

static struct tsk_letter letter_to(const char *id, const char *to)
{
    return (struct tsk_letter){
        .id = id, .from = "soudan@example.jp", .to = to, .bytes = message, .len = sizeof message - 1
    };
}

static int count_files(const char *folder)
{
    char path[128];
    struct dirent *entry;
    int count = 0;
    DIR *open;

    snprintf(path, sizeof path, "%s/mail/%s", dir, folder);
    open = opendir(path);
    while (open != NULL && (entry = readdir(open)) != NULL)
        count += entry->d_name[0] != '.';
    if (open != NULL)
        closedir(open);
    return count;
}

static struct tsk_channel *open_maildir(void)
{
    struct tsk_channel *channel = NULL;
    struct tsk_err err = { 0 };
    char path[96];

    snprintf(path, sizeof path, "%s/mail", dir);
    assert_int_equal(tsk_maildir_open(&channel, path, &err), 0);
    return channel;
}

static enum tsk_delivered deliver(struct tsk_channel *channel, const char *id, const char *to, char detail[240])
{
    struct tsk_letter letter = letter_to(id, to);
    struct tsk_delivery_report report = { 0 };

    tsk_channel_deliver(channel, wire, &letter, &report, stop);
    if (detail != NULL)
        snprintf(detail, 240, "%s", report.detail);
    return report.how;
}

static void test_maildir_once(void **state)
{
    struct tsk_channel *channel = open_maildir();
    char from[128], to[128];

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(deliver(channel, "01ABC", "a@example.jp", NULL), TSK_DELIVERED_BOX);
    assert_int_equal(count_files("new"), 1);
    assert_int_equal(count_files("tmp"), 0);
    snprintf(from, sizeof from, "%s/mail/new/01ABC", dir);
    snprintf(to, sizeof to, "%s/mail/cur/01ABC:2,S", dir);
    assert_int_equal(rename(from, to), 0); /* a mail program read it */
    assert_int_equal(deliver(channel, "01ABC", "a@example.jp", NULL), TSK_DELIVERED_BOX);
    assert_int_equal(count_files("new"), 0);
    assert_int_equal(count_files("cur"), 1);
    assert_int_equal(deliver(channel, "01ABCD", "a@example.jp", NULL), TSK_DELIVERED_BOX); /* another id, same start */
    assert_int_equal(count_files("new"), 1);
    assert_int_equal(deliver(channel, "../x", "a@example.jp", NULL), TSK_DELIVERED_FAILED);
    tsk_channel_close(&channel);
}

static struct tsk_os broken;
static int break_at, calls;

static bool breaks(void)
{
    return ++calls == break_at;
}

static ssize_t broken_write(int fd, const void *bytes, size_t len)
{
    if (breaks()) {
        errno = ENOSPC;
        return -1;
    }
    return tsk_os_real.write(fd, bytes, len);
}

static int broken_fsync(int fd)
{
    if (breaks()) {
        errno = EIO;
        return -1;
    }
    return tsk_os_real.fsync(fd);
}

static int broken_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    if (breaks()) {
        errno = ENOSPC;
        return -1;
    }
    return tsk_os_real.linkat(from_dir, from, to_dir, to, flags);
}

static void test_maildir_faults(void **state)
{
    (void)state;
    for (break_at = 1;; break_at++) {
        struct tsk_channel *channel = open_maildir();
        enum tsk_delivered how;

        broken = tsk_os_real;
        broken.write = broken_write;
        broken.fsync = broken_fsync;
        broken.linkat = broken_linkat;
        tsk_os = &broken;
        calls = 0;
        how = deliver(channel, "01FAULT", "a@example.jp", NULL);
        tsk_os = &tsk_os_real;
        if (calls < break_at) {
            assert_int_equal(how, TSK_DELIVERED_BOX);
            tsk_channel_close(&channel);
            break;
        }
        assert_int_equal(how, TSK_DELIVERED_LATER);
        assert_int_equal(deliver(channel, "01FAULT", "a@example.jp", NULL), TSK_DELIVERED_BOX);
        assert_int_equal(count_files("new"), 1);
        assert_int_equal(count_files("tmp"), 0);
        tsk_channel_close(&channel);
        teardown(state);
        setup(state);
    }
    assert_true(break_at >= 5); /* write, fsync, link, fsync of the folder were all tried */
}

struct sink {
    pid_t pid;
    int port;
};

static struct sink start_sink(const char *cert, const char *key, const char *mode)
{
    struct sink sink = { 0 };
    struct tsk_buf port = TSK_BUF(16);
    char path[128];

    if ((sink.pid = fork()) == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test must not leave a server behind */
        execlp("python3", "python3", TASUKI_SOURCE_DIR "/tests/routing/smtp_sink.py", dir, cert, key, mode,
               (char *)NULL);
        _exit(127);
    }
    snprintf(path, sizeof path, "%s/port", dir);
    for (int i = 0; i < 200 && access(path, R_OK) != 0; i++)
        tsk_sleep_ms(50);
    assert_int_equal(tsk_file_read(path, &port, NULL), 0);
    sink.port = (int)strtol(tsk_buf_text(&port), NULL, 10);
    tsk_buf_free(&port);
    return sink;
}

static void stop_sink(const struct sink *sink)
{
    kill(sink->pid, SIGTERM);
    waitpid(sink->pid, NULL, 0);
}

static struct tsk_mail_config smtp_config(const char *url, const char *tls)
{
    return (struct tsk_mail_config){ .channel = TSK_MAIL_SMTP,
                                     .maildir = "",
                                     .smtp_url = url,
                                     .smtp_tls = tls,
                                     .smtp_ca_file = "",
                                     .smtp_user = "",
                                     .smtp_password_file = "",
                                     .domain = "tasuki.example.jp",
                                     .bounce = "",
                                     .link_base = "",
                                     .timeout_s = 10,
                                     .connections_max = 4,
                                     .give_up_hours = 72 };
}

static int sink_text(struct tsk_buf *out, int number)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%d.eml", dir, number);
    tsk_buf_reset(out);
    return tsk_file_read(path, out, NULL);
}

static const struct answer_case {
    const char *to;
    enum tsk_delivered how;
    const char *detail; /* part of it */
} answers[] = {
    { "ok@example.jp", TSK_DELIVERED_SENT, "250 2.0.0 queued" },
    { "hard@example.jp", TSK_DELIVERED_FAILED, "550 5.1.1" },
    { "full@example.jp", TSK_DELIVERED_LATER, "452 4.2.2" },
    { "late451@example.jp", TSK_DELIVERED_LATER, "451" },
    { "late550@example.jp", TSK_DELIVERED_FAILED, "550 5.7.1" },
    { "dropack@example.jp", TSK_DELIVERED_UNKNOWN, "no answer" },
    { "cut@example.jp", TSK_DELIVERED_UNKNOWN,
      "no answer" }, /* short texts are handed over whole before that is seen */
    { "grey@example.jp", TSK_DELIVERED_LATER, "451 4.7.1" },
    { "grey@example.jp", TSK_DELIVERED_SENT, "250 2.0.0 queued" },
    { "not an address", TSK_DELIVERED_FAILED, "address" },
};

static void test_smtp_answers(void **state)
{
    struct sink sink = start_sink(NULL, NULL, NULL);
    struct tsk_channel *channel = NULL;
    struct tsk_buf got = TSK_BUF(65536);
    struct tsk_err err = { 0 };
    char url[64], detail[240];
    struct tsk_mail_config config;

    (void)state;
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", sink.port);
    config = smtp_config(url, "none");
    assert_int_equal(tsk_channel_open(&channel, wire, &config, dir, &err), 0);
    for (size_t i = 0; i < TSK_COUNT(answers); i++) {
        enum tsk_delivered how = deliver(channel, "01ABC", answers[i].to, detail);

        if (how != answers[i].how || strstr(detail, answers[i].detail) == NULL)
            fail_msg("%s: %d (%s)", answers[i].to, how, detail);
    }
    assert_int_equal(sink_text(&got, 1), 0);
    assert_non_null(strstr(got.data, "X-From: <soudan@example.jp>"));
    assert_non_null(strstr(got.data, "X-To: <ok@example.jp>\r\n"));
    assert_non_null(strstr(got.data, "\r\n\r\n.本文\r\n")); /* the dot at the start survives */
    tsk_buf_free(&got);
    stop_sink(&sink);
    assert_int_equal(deliver(channel, "01ABC", "ok@example.jp", detail), TSK_DELIVERED_LATER); /* nobody listens */
    tsk_channel_close(&channel);
}

static int count_connections(void)
{
    char path[128];
    struct tsk_buf text = TSK_BUF(65536);
    int count;

    snprintf(path, sizeof path, "%s/connections", dir);
    assert_int_equal(tsk_file_read(path, &text, NULL), 0);
    count = (int)text.len / 2;
    tsk_buf_free(&text);
    return count;
}

static void test_smtp_keeps_its_connection(void **state)
{
    struct sink sink = start_sink(NULL, NULL, NULL);
    struct tsk_channel *channel = NULL;
    struct tsk_err err = { 0 };
    struct tsk_mail_config config;
    char url[64], detail[240];

    (void)state;
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", sink.port);
    config = smtp_config(url, "none");
    assert_int_equal(tsk_channel_open(&channel, wire, &config, dir, &err), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(deliver(channel, "01ABC", "ok@example.jp", NULL), TSK_DELIVERED_SENT);
    assert_int_equal(count_connections(), 1);
    /* The server closes what is idle; the next letter finds that out and goes over a new connection. */
    assert_int_equal(deliver(channel, "01ABC", "once@example.jp", NULL), TSK_DELIVERED_SENT);
    for (int i = 0; i < 3; i++) {
        enum tsk_delivered how = deliver(channel, "01ABC", "once@example.jp", detail);

        if (how != TSK_DELIVERED_SENT)
            fail_msg("%d (%s)", how, detail);
    }
    tsk_channel_close(&channel);
    stop_sink(&sink);
}

/* Eight letters, one of which takes for ever: the others are out long before its time limit. */
static void test_smtp_side_by_side(void **state)
{
    static const char *const to[] = { "drip@example.jp", "a@example.jp", "b@example.jp", "c@example.jp" };
    struct sink sink = start_sink(NULL, NULL, NULL);
    struct tsk_flight flights[TSK_COUNT(to)] = { { .landed = false } };
    struct tsk_channel *channel = NULL;
    struct tsk_err err = { 0 };
    struct tsk_mail_config config;
    int64_t until = tsk_mono_ms() + 5000;
    char url[64];
    int landed = 0;

    (void)state;
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", sink.port);
    config = smtp_config(url, "none");
    config.timeout_s = 60;
    assert_int_equal(tsk_channel_open(&channel, wire, &config, dir, &err), 0);
    for (size_t i = 0; i < TSK_COUNT(to); i++) {
        flights[i].letter = letter_to("01ABC", to[i]);
        channel->start(channel, &flights[i]);
    }
    while (landed < 3 && tsk_mono_ms() < until) {
        tsk_wire_step(wire, 100);
        landed = flights[1].landed + flights[2].landed + flights[3].landed;
    }
    assert_int_equal(landed, 3);
    assert_false(flights[0].landed);
    channel->abandon(channel, &flights[0]);
    assert_true(flights[0].landed);
    assert_int_equal(flights[0].report.how, TSK_DELIVERED_UNKNOWN); /* curl has handed it all to the kernel */
    assert_false(flights[0].report.ours);
    tsk_channel_close(&channel);
    stop_sink(&sink);
}

static void run(const char *command)
{
    assert_int_equal(WEXITSTATUS(pclose(popen(command, "r"))), 0);
}

/* One certificate that is its own authority is enough to see trusted from untrusted and right from wrong names. */
static void make_certificate(const char *name, char cert[128], char key[128])
{
    char command[640];

    snprintf(cert, 128, "%s/%s.crt", dir, name);
    snprintf(key, 128, "%s/%s.key", dir, name);
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=%s -addext "
             "subjectAltName=%s -keyout %s -out %s 2>/dev/null",
             name, strcmp(name, "right") == 0 ? "IP:127.0.0.1" : "DNS:elsewhere.example.jp", key, cert);
    run(command);
}

static const struct tls_case {
    const char *what, *name, *scheme, *mode;
    bool trusted;
    enum tsk_delivered how;
} tls_cases[] = {
    { "STARTTLS, trusted", "right", "smtp", NULL, true, TSK_DELIVERED_SENT },
    { "TLS from the start, trusted", "right", "smtps", "implicit", true, TSK_DELIVERED_SENT },
    { "STARTTLS, unknown authority", "right", "smtp", NULL, false, TSK_DELIVERED_LATER },
    { "STARTTLS, another name", "wrong", "smtp", NULL, true, TSK_DELIVERED_LATER },
    { "a server without TLS", NULL, "smtp", NULL, false, TSK_DELIVERED_LATER },
};

static void run_tls_case(const struct tls_case *c)
{
    char cert[128] = "", key[128] = "", url[64], detail[240], secret[128];
    struct tsk_channel *channel = NULL;
    struct tsk_err err = { 0 };
    struct tsk_mail_config config;
    struct tsk_buf got = TSK_BUF(65536);
    struct sink sink;
    enum tsk_delivered how;

    if (c->name != NULL)
        make_certificate(c->name, cert, key);
    sink = c->name != NULL ? start_sink(cert, key, c->mode) : start_sink(NULL, NULL, NULL);
    snprintf(url, sizeof url, "%s://127.0.0.1:%d", c->scheme, sink.port);
    snprintf(secret, sizeof secret, "%s/secret", dir);
    assert_int_equal(tsk_file_put_path(secret, "secret\n", 7, 0600, &err), 0);
    config = smtp_config(url, "required");
    config.smtp_ca_file = c->trusted ? cert : "";
    config.smtp_user = "tasuki";
    config.smtp_password_file = "secret";
    assert_int_equal(tsk_channel_open(&channel, wire, &config, dir, &err), 0);
    how = deliver(channel, "01ABC", "ok@example.jp", detail);
    if (how != c->how)
        fail_msg("%s: %d (%s)", c->what, how, detail);
    if (how == TSK_DELIVERED_SENT) {
        assert_int_equal(sink_text(&got, 1), 0);
        assert_non_null(strstr(got.data, "X-TLS: True"));
    } else {
        assert_int_equal(sink_text(&got, 1), -1);
    }
    tsk_buf_free(&got);
    tsk_channel_close(&channel);
    stop_sink(&sink);
}

static void test_smtp_tls(void **state)
{
    for (size_t i = 0; i < TSK_COUNT(tls_cases); i++) {
        print_message("%s\n", tls_cases[i].what);
        teardown(state);
        setup(state);
        run_tls_case(&tls_cases[i]);
    }
}

static void test_wrong_password_is_no_fault_of_the_recipient(void **state)
{
    struct sink sink = start_sink(NULL, NULL, NULL);
    struct tsk_channel *channel = NULL;
    struct tsk_err err = { 0 };
    char url[64], secret[128];
    struct tsk_mail_config config;

    (void)state;
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", sink.port);
    snprintf(secret, sizeof secret, "%s/secret", dir);
    assert_int_equal(tsk_file_put_path(secret, "other\n", 6, 0600, &err), 0);
    config = smtp_config(url, "none");
    config.smtp_user = "tasuki";
    config.smtp_password_file = secret;
    assert_int_equal(tsk_channel_open(&channel, wire, &config, dir, &err), 0);
    assert_int_equal(deliver(channel, "01ABC", "ok@example.jp", NULL), TSK_DELIVERED_LATER);
    tsk_channel_close(&channel);
    stop_sink(&sink);
}

static volatile sig_atomic_t stop_now;

static void note_stop(int number)
{
    (void)number;
    stop_now = 1;
}

static void test_smtp_stops_when_told(void **state)
{
    struct sink sink = start_sink(NULL, NULL, NULL);
    struct tsk_channel *channel = NULL;
    struct tsk_err err = { 0 };
    char url[64];
    struct tsk_mail_config config;
    int64_t start = tsk_mono_ms();

    (void)state;
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", sink.port);
    config = smtp_config(url, "none");
    config.timeout_s = 60;
    assert_int_equal(tsk_channel_open(&channel, wire, &config, dir, &err), 0);
    stop = &stop_now;
    signal(SIGALRM, note_stop);
    alarm(3); /* by then the server has the text */
    assert_int_equal(deliver(channel, "01ABC", "slow@example.jp", NULL), TSK_DELIVERED_UNKNOWN); /* the text was out */
    assert_true(tsk_mono_ms() - start < 30000); /* of the 60 s that a server has */
    assert_int_equal(deliver(channel, "01ABC", "ok@example.jp", NULL), TSK_DELIVERED_LATER);
    stop = NULL;
    tsk_channel_close(&channel);
    stop_sink(&sink);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_maildir_once),
        TEST(test_maildir_faults),
        TEST(test_smtp_answers),
        TEST(test_smtp_keeps_its_connection),
        TEST(test_smtp_side_by_side),
        TEST(test_smtp_tls),
        TEST(test_wrong_password_is_no_fault_of_the_recipient),
        TEST(test_smtp_stops_when_told),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
