#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"

static char path[] = "/tmp/tasuki-config-XXXXXX";

static void put_file(const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    close(fd);
}

#define OFFICE                                                                                                         \
    "offices:\n"                                                                                                       \
    "  - {id: east, name: 東, ward: \"27115\", phone: \"06\", hours: 9-17, email: a@example.jp}\n"

#define MAILBOX(imap) "sources:\n  - id: post\n    office: east\n    kind: imap\n    imap: " imap "\n"

/* The line number and the words that must be in the one line of the error. */
static const struct fault {
    const char *what, *text, *line, *words;
} faults[] = {
    { "empty", "", ":1:", "empty" },
    { "comment only", "# nothing\n", ":1:", "empty" },
    { "no office", "user: x\n", ":1:", "offices" },
    { "not YAML", OFFICE "sources: [\n", ":4:", "did not find" },
    { "unknown key", OFFICE "colour: red\n", ":3:", "colour" },
    { "unknown key inside", OFFICE "mail:\n  chanel: maildir\n", ":4:", "mail.chanel: unknown key" },
    { "unknown key in a list", "offices:\n  - id: a\n    nam: b\n", ":3:", "offices[0].nam: unknown key" },
    { "wrong type", OFFICE "reading:\n  readers: many\n", ":4:", "reading.readers" },
    { "wrong type list", OFFICE "sources: here\n", ":3:", "sources" },
    { "wrong word", OFFICE "mail:\n  channel: pigeon\n", ":4:", "mail.channel" },
    { "key twice", OFFICE "user: a\nuser: b\n", ":4:", "user: this key stands already in line 3" },
    { "key twice inside", OFFICE "mail:\n  domain: a\n  domain: b\n", ":5:", "mail.domain" },
    { "alias", OFFICE "user: &u a\nmail: {domain: *u}\n", ":3:", "anchors" },
    { "octal", OFFICE "reading: {document_s: 010}\n", ":3:", "leading zero" },
    { "two documents", OFFICE "---\nuser: a\n", ":3:", "second document" },
    { "office twice", OFFICE "  - {id: east, name: x, ward: \"27116\", phone: p, hours: h, email: b@example.jp}\n",
      ":3:", "offices[1].id: \"east\" is already in line 2" },
    { "office code twice", OFFICE "  - {id: west, name: x, ward: \"27115\", phone: p, hours: h, email: b@example.jp}\n",
      ":3:", "code" },
    { "office without ward", "offices:\n  - {id: a, name: b, phone: c, hours: d, email: a@b.jp}\n",
      ":2:", "ward is missing" },
    { "bad ward", "offices:\n  - {id: a, name: b, ward: \"2711\", phone: c, hours: d, email: a@b.jp}\n",
      ":2:", "offices[0].ward" },
    { "bad address", "offices:\n  - {id: a, name: b, ward: \"27115\", phone: c, hours: d, email: a b@c.jp}\n",
      ":2:", "not an e-mail address" },
    { "bad id", "offices:\n  - {id: A/B, name: b, ward: \"27115\", phone: c, hours: d, email: a@b.jp}\n",
      ":2:", "offices[0].id" },
    { "source without office", OFFICE "sources:\n  - id: fax\n    folder: in\n",
      ":4:", "sources[0]: office is missing" },
    { "source of an unknown office", OFFICE "sources:\n  - id: fax\n    folder: in\n    office: west\n",
      ":6:", "sources[0].office: no office has the id \"west\"" },
    { "source twice",
      OFFICE "sources:\n  - {id: fax, office: east, folder: a}\n  - {id: fax, office: east, folder: b}\n",
      ":5:", "sources[1].id" },
    { "folder twice", OFFICE "sources:\n  - {id: a, office: east, folder: a}\n  - {id: b, office: east, folder: a}\n",
      ":5:", "sources[1].folder" },
    { "source without folder", OFFICE "sources:\n  - {id: a, office: east}\n", ":4:", "folder is missing" },
    { "seen in a folder", OFFICE "sources:\n  - {id: a, office: east, folder: a, after: seen}\n",
      ":4:", "sources[0].after: seen is for mailboxes" },
    { "mailbox deleted from", OFFICE MAILBOX("{url: \"imaps://h\", user: u, password_file: p}") "    after: delete\n",
      ":8:", "sources[0].after: a mailbox is never emptied" },
    { "mailbox in clear", OFFICE MAILBOX("{url: \"http://h\", user: u, password_file: p}"),
      ":7:", "sources[0].imap.url" },
    { "mailbox with a path", OFFICE MAILBOX("{url: \"imaps://h/INBOX\", user: u, password_file: p}"),
      ":7:", "is not imaps://HOST" },
    { "mailbox without user", OFFICE MAILBOX("{url: \"imaps://h\", password_file: p}"), ":7:", "user is missing" },
    { "mailbox without password", OFFICE MAILBOX("{url: \"imaps://h:993\", user: u}"),
      ":7:", "password_file is missing" },
    { "mailbox moved into itself", OFFICE MAILBOX("{url: \"imaps://h\", user: u, password_file: p, done: INBOX}"),
      ":7:", "done must be another" },
    { "mailbox looked at too seldom", OFFICE MAILBOX("{url: \"imaps://h\", user: u, password_file: p, poll_s: 1800}"),
      ":7:", "poll_s 1800: from 5 to 540" },
    { "mailbox twice",
      OFFICE MAILBOX(
          "{url: \"imaps://h\", user: u, password_file: p}") "  - {id: b, office: east, kind: imap, imap: {url: "
                                                             "\"imaps://h\", user: u, password_file: q}}\n",
      ":8:", "sources[1].imap: the source \"post\" reads the same mailbox" },
    { "tokens from nowhere", OFFICE MAILBOX("{url: \"imap://h\", user: u, auth: xoauth2}"),
      ":7:", "token_command or token_url" },
    { "tokens from two places",
      OFFICE MAILBOX("{url: \"imap://h\", user: u, auth: xoauth2, token_command: [/x], token_url: \"https://t\"}"),
      ":7:", "one of them" },
    { "tokens in clear",
      OFFICE MAILBOX("{url: \"imap://h\", user: u, auth: xoauth2, token_url: \"http://t\", client_id: c}"),
      ":7:", "must begin with https://" },
    { "tokens for nobody",
      OFFICE MAILBOX("{url: \"imap://h\", user: u, auth: xoauth2, token_url: \"https://t\", client_id: c}"),
      ":7:", "refresh_token_file" },
    { "tolerance", OFFICE "reading:\n  tolerated_silent_error: 2\n", ":4:", "reading.tolerated_silent_error" },
    { "readers", OFFICE "reading: {readers: 1000}\n", ":3:", "reading.readers" },
    { "plain smtp", OFFICE "mail:\n  channel: smtp\n  smtp_url: smtp://mail.example.jp\n  smtp_tls: none\n",
      ":6:", "mail.smtp_tls" },
    { "smtp without url", OFFICE "mail:\n  channel: smtp\n", ":3:", "mail.smtp_url" },
    { "user without password", OFFICE "mail: {channel: smtp, smtp_url: \"smtps://m\", smtp_user: u}\n",
      ":3:", "go together" },
    { "webhook in clear", OFFICE "webhooks:\n  - {id: a, url: \"http://a.jp\", secret_file: s}\n",
      ":4:", "webhooks[0].url" },
    { "webhook with a password", OFFICE "webhooks:\n  - {id: a, url: \"https://u:p@a.jp\", secret_file: s}\n",
      ":4:", "webhooks[0].url" },
    { "webhook without a secret", OFFICE "webhooks:\n  - {id: a, url: \"https://a.jp\"}\n", ":4:", "secret_file" },
    { "patients by webhook",
      OFFICE "rules:\n  - {id: a, event: sheet.received, to: coordination_office, kind: todo, channels: [webhook], "
             "template: t}\n",
      ":4:", "alerts only" },
    { "fax service without address", OFFICE "fax: {channel: mail, address: \"a@b.jp\"}\n", ":3:", "fax.address" },
    { "hours that are none", OFFICE "fax: {hours: \"9-17\"}\n", ":3:", "fax.hours" },
    { "hours that end before they begin", OFFICE "fax: {hours: \"daily 17:00-09:00\"}\n", ":3:", "fax.hours" },
    { "fax service without results", OFFICE "fax: {channel: mail, address: \"*@b.jp\"}\n", ":3:", "fax.result_from" },
    { "bounces to nobody", OFFICE "mail: {bounce: bounces}\n", ":3:", "mail.bounce" },
    { "no room for an id", OFFICE "mail: {bounce: bounces-of-the-consultation-office@a.jp}\n", ":3:", "mail.bounce" },
    { "http link", OFFICE "mail: {link_base: \"http://a\"}\n", ":3:", "mail.link_base" },
    { "rule twice",
      OFFICE "rules:\n  - {id: a, event: sheet.received, to: coordination_office, kind: alert, channels: "
             "[email], template: "
             "t}\n"
             "  - {id: a, event: sheet.received, to: coordination_office, kind: alert, channels: [email], "
             "template: t}\n",
      ":5:", "rules[1].id" },
    { "rule of an unknown event",
      OFFICE "rules:\n  - {id: a, event: moon.rises, to: coordination_office, kind: alert, channels: [email], "
             "template: t}\n",
      ":4:", "rules[0].event: \"moon.rises\"" },
    { "rule without target", OFFICE "rules:\n  - {id: a, event: sheet.received, kind: alert, template: t}\n",
      ":4:", "to" },
    { "institution without name",
      OFFICE "rules:\n  - {id: a, event: sheet.received, to: institution, kind: alert, channels: [email], "
             "template: t}\n",
      ":4:", "name_from" },
    { "unknown channel",
      OFFICE "rules:\n  - {id: a, event: sheet.received, to: coordination_office, kind: alert, channels: [owl], "
             "template: t}\n",
      ":4:", "rules[0].channels[0]" },
    { "rule without template",
      OFFICE "rules:\n  - {id: a, event: sheet.received, to: coordination_office, kind: alert, channels: [email]}\n",
      ":4:", "template is missing" },
    { "condition",
      OFFICE "rules:\n  - {id: a, event: sheet.received, to: coordination_office, kind: alert, channels: [email], "
             "template: t, when: [x]}\n",
      ":4:", "rules[0].when[0]" },
    { "template path",
      OFFICE "rules:\n  - {id: a, event: sheet.received, to: coordination_office, kind: alert, channels: [email], "
             "template: ../t}\n",
      ":4:", "rules[0].template" },
    { "event without fields", OFFICE "events:\n  - {id: e.x, form: referral-status}\n", ":4:", "filled is missing" },
    { "time", OFFICE "digest_at: \"25:00\"\n", ":3:", "digest_at" },
    { "half of a night", OFFICE "quiet: {from: \"20:00\"}\n", ":3:", "quiet" },
    { "ward twice", OFFICE "ward_offices:\n  - {ward: \"27115\", alerts: each}\n  - {ward: \"27115\", alerts: none}\n",
      ":5:", "ward_offices[1].ward" },
    { "ward time", OFFICE "ward_offices:\n  - {ward: \"27115\", alerts: daily, digest_at: noon}\n",
      ":4:", "ward_offices[0].digest_at" },
};

static void test_faults(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < TSK_COUNT(faults); i++) {
        const struct tsk_config *config;
        struct tsk_err err = { 0 };
        int rc;

        put_file(faults[i].text, strlen(faults[i].text));
        rc = tsk_config_load(&config, path, &err);
        if (rc == 0)
            fail_msg("%s: was accepted", faults[i].what);
        assert_null(config);
        assert_int_equal(err.kind, TSK_REJECT);
        if (strncmp(err.text, path, strlen(path)) != 0 ||
            strncmp(err.text + strlen(path), faults[i].line, strlen(faults[i].line)) != 0 ||
            strstr(err.text, faults[i].words) == NULL || strchr(err.text, '\n') != NULL)
            fail_msg("%s: wanted \"%s … %s\", got \"%s\"", faults[i].what, faults[i].line, faults[i].words, err.text);
    }
}

static void test_not_text(void **unused)
{
    const struct tsk_config *config;
    struct tsk_err err = { 0 };
    static const char sjis[] = "user: \x93\x8c\n";
    char *large = malloc((size_t)2 << 20);

    (void)unused;
    put_file(sjis, sizeof sjis - 1);
    assert_int_equal(tsk_config_load(&config, path, &err), -1);
    assert_non_null(strstr(err.text, "UTF-8"));
    assert_non_null(large);
    memset(large, '#', (size_t)2 << 20);
    put_file(large, (size_t)2 << 20);
    free(large);
    assert_int_equal(tsk_config_load(&config, path, &err), -1);
    assert_int_equal(tsk_config_load(&config, "/nonexistent/tasuki.yaml", &err), -1);
    assert_int_equal(err.kind, TSK_REJECT);
    assert_non_null(strstr(err.text, "/nonexistent/tasuki.yaml"));
}

static void test_deep(void **unused)
{
    const struct tsk_config *config;
    struct tsk_err err = { 0 };
    char text[4096];

    (void)unused;
    memset(text, '[', sizeof text);
    memcpy(text, "user: ", 6);
    put_file(text, sizeof text);
    assert_int_equal(tsk_config_load(&config, path, &err), -1);
    assert_non_null(strstr(err.text, "nested too deeply"));
}

/* Several mailboxes, and fax lines without a sweep, share that they have no folder. */
static void test_mailboxes(void **unused)
{
    static const char text[] = OFFICE MAILBOX(
        "{url: \"imaps://h\", user: u, password_file: p}") "  - {id: b, office: east, kind: imap, after: seen, imap: "
                                                           "{url: \"imap://h:1143\", user: u, password_file: p}}\n"
                                                           "  - {id: c, office: east, kind: fax}\n"
                                                           "  - {id: d, office: east, kind: fax}\n";
    const struct tsk_config *c;
    struct tsk_err err = { 0 };

    (void)unused;
    put_file(text, sizeof text - 1);
    if (tsk_config_load(&c, path, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(c->source_count, 4);
    assert_int_equal(c->sources[0].kind, TSK_SOURCE_IMAP);
    assert_string_equal(c->sources[0].imap.mailbox, "INBOX");
    assert_string_equal(c->sources[0].imap.done, "Tasuki");
    assert_int_equal(c->sources[0].imap.poll_s, 300);
    assert_int_equal(c->sources[0].imap.start, TSK_IMAP_ALL);
    assert_int_equal(c->sources[1].after, TSK_AFTER_SEEN);
    tsk_config_free(&c);
}

static void test_defaults(void **unused)
{
    const struct tsk_config *c;
    struct tsk_err err = { 0 };
    static const char text[] = OFFICE "sources:\n  - {id: fax, office: east, folder: in}\n";

    (void)unused;
    put_file(text, sizeof text - 1);
    if (tsk_config_load(&c, path, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(c->offices[0].code, "27115");
    assert_string_equal(c->offices[0].from, "a@example.jp");
    assert_string_equal(c->offices[0].fax, "");
    assert_string_equal(c->user, "");
    assert_int_equal(c->sources[0].after, TSK_AFTER_MOVE);
    assert_int_equal(c->sources[0].stable_ms, 2000);
    assert_true(c->reading.tolerated_silent_error > 0.0009 && c->reading.tolerated_silent_error < 0.0011);
    assert_int_equal(c->reading.readers, 1);
    assert_false(c->reading.marks_only);
    assert_int_equal(c->mail.channel, TSK_MAIL_MAILDIR);
    assert_string_equal(c->mail.maildir, "mail");
    assert_string_equal(c->mail.smtp_tls, "required");
    assert_int_equal(c->mail.give_up_hours, 72);
    assert_int_equal(c->routing.digest_minute, 8 * 60 + 30);
    assert_int_equal(c->quiet.from, c->quiet.to);
    assert_int_equal(c->forms.count, 0);
    tsk_config_free(&c);
    assert_null(c);
}

static void test_sample(void **unused)
{
    const struct tsk_config *c;
    const struct tsk_rule *clinic = NULL;
    struct stat before, after;
    struct tsk_err err = { 0 };
    const char *sample = TASUKI_SOURCE_DIR "/config/sample/tasuki.yaml";

    (void)unused;
    assert_int_equal(stat(sample, &before), 0);
    if (tsk_config_load(&c, sample, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(c->office_count, 2);
    assert_int_equal(c->source_count, 2);
    assert_string_equal(tsk_config_source(c, "ikuno-fax")->office, "ikuno");
    assert_string_equal(tsk_config_office(c, "higashinari")->ward, "27115");
    assert_null(tsk_config_office(c, "kita"));
    for (size_t i = 0; i < c->routing.rule_count; i++)
        if (strcmp(c->routing.rules[i].id, "outcome-clinic") == 0)
            clinic = &c->routing.rules[i];
    assert_non_null(clinic);
    assert_int_equal(clinic->to, TSK_TO_INSTITUTION);
    assert_int_equal(clinic->kind, TSK_RULE_DISCLOSURE);
    assert_int_equal(clinic->channels.count, 4);
    assert_string_equal(clinic->channels.items[1], "fax");
    assert_int_equal(c->routing.ward_offices[1].alerts, TSK_ALERTS_DAILY);
    assert_int_equal(c->routing.ward_offices[1].digest_minute, 9 * 60);
    assert_int_equal(c->routing.ward_offices[0].digest_minute, 8 * 60 + 30);
    tsk_config_free(&c);
    assert_int_equal(stat(sample, &after), 0);
    assert_true(before.st_mtim.tv_sec == after.st_mtim.tv_sec && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
}

static const struct quiet_case {
    const char *what;
    struct tsk_quiet quiet;
    int minute;
    bool want;
} quiet_cases[] = {
    { "never", { 0, 0 }, 0, false },
    { "never, at any time", { 720, 720 }, 720, false },
    { "by day", { 540, 1020 }, 540, true },
    { "the end is open", { 540, 1020 }, 1020, false },
    { "before", { 540, 1020 }, 539, false },
    { "across midnight, evening", { 1200, 420 }, 1439, true },
    { "across midnight, morning", { 1200, 420 }, 0, true },
    { "across midnight, day", { 1200, 420 }, 420, false },
};

static void test_quiet(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < TSK_COUNT(quiet_cases); i++)
        if (tsk_is_quiet(&quiet_cases[i].quiet, quiet_cases[i].minute) != quiet_cases[i].want)
            fail_msg("%s", quiet_cases[i].what);
}

static int make_path(void **unused)
{
    int fd = mkstemp(path);

    (void)unused;
    return fd >= 0 ? close(fd) : -1;
}

static int remove_path(void **unused)
{
    (void)unused;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),    cmocka_unit_test(test_not_text), cmocka_unit_test(test_deep),
        cmocka_unit_test(test_mailboxes), cmocka_unit_test(test_defaults), cmocka_unit_test(test_sample),
        cmocka_unit_test(test_quiet),
    };

    return cmocka_run_group_tests(tests, make_path, remove_path);
}
