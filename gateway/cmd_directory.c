/*
 * tasuki directory - institutions, their numbers and addresses, and who verified them
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "gateway/session.h"
#include "records/directory.h"
#include "records/notice.h"
#include "records/passphrase.h"
#include "routing/fax_hours.h"

#define EXPORT_BYTES_MAX ((size_t)64 << 20)

static void report(void *ctx, const char *text)
{
    (void)ctx;
    fprintf(stderr, "tasuki: %s\n", text);
}

static int import_file(struct tsk_session *session, void *ctx)
{
    struct tsk_import *result = ctx;

    if (tsk_directory_import(result, session->store, session->argv[0], session->office, tsk_session_actor(session),
                             report, NULL, &session->err) != 0)
        return -1;
    return tsk_route_waiting(session->records->routing, session->store, session->office, &session->err);
}

static int run_import(struct tsk_session *session)
{
    struct tsk_import result;

    if (tsk_session_change(session, import_file, &result) != 0 ||
        tsk_records_export_directory(session->records, session->site, &session->err) != 0)
        return -1;
    printf("%s: %d added, %d changed, %d as before\n", session->argv[0], result.added, result.changed, result.same);
    if (result.unverified > 0)
        printf("%d numbers or addresses changed and must be verified again\n", result.unverified);
    if (result.not_in_file > 0)
        printf("%d entries are not in the file and stay as they are\n", result.not_in_file);
    if (result.added > 0)
        printf("new entries are unverified: nothing about a patient goes to them before tasuki directory verify\n");
    return 0;
}

static const char *with_state(struct tsk_session *session, const char *value, enum tsk_verified state)
{
    if (*value == '\0')
        return "-";
    return tsk_session_text(session, "%s (%s)", value, tsk_verified_name(state));
}

static int run_list(struct tsk_session *session)
{
    static const char *const headings[] = { "entry", "office", "kind",   "name", "department",
                                            "ward",  "fax",    "e-mail", NULL };
    const struct tsk_institution_filter filter = { .kind = tsk_session_option(session, "--kind"),
                                                   .ward = tsk_session_option(session, "--ward"),
                                                   .name = tsk_session_option(session, "--name") };
    struct tsk_institutions found;

    if (tsk_directory_list(&found, session->store, &session->scope, &filter, session->arena, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_institution *one = &found.items[i];
        bool all = (*one->fax == '\0' || one->fax_verified == TSK_VERIFIED) &&
                   (*one->email == '\0' || one->email_verified == TSK_VERIFIED);
        if (tsk_session_flag(session, "--unverified") && all)
            continue;
        tsk_table_row(table, tsk_session_text(session, "%lld", (long long)one->id), one->office, one->kind, one->name,
                      one->department, one->ward, with_state(session, one->fax, one->fax_verified),
                      with_state(session, one->email, one->email_verified));
    }
    return tsk_session_print(session, &table);
}

static int print_verifications(struct tsk_session *session, int64_t id)
{
    static const char *const headings[] = { "channel", "value", "how", "by", "at", "result", NULL };
    struct tsk_verifications found;

    if (tsk_directory_verifications(&found, session->store, &session->scope, id, session->arena, &session->err) != 0)
        return -1;
    if (found.count == 0)
        return 0;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_verification *one = &found.items[i];
        tsk_table_row(table, one->channel, one->value, one->how, one->by, tsk_session_when(session, one->at),
                      one->result == TSK_UNVERIFIED ? "value changed" : tsk_verified_name(one->result));
    }
    putchar('\n');
    return tsk_session_print(session, &table);
}

static int print_entry(struct tsk_session *session, int64_t id)
{
    struct tsk_institution one;

    if (tsk_directory_find(&one, session->store, &session->scope, id, session->arena, &session->err) != 0)
        return -1;
    printf("entry       %lld of office %s\n", (long long)one.id, one.office);
    printf("kind        %s\nname        %s\ndepartment  %s\nward        %s\n", one.kind, one.name, one.department,
           one.ward);
    printf("fax         %s\n", with_state(session, one.fax, one.fax_verified));
    printf("e-mail      %s\n", with_state(session, one.email, one.email_verified));
    printf("phone       %s\n", *one.phone != '\0' ? one.phone : "-");
    printf("notices     %s\nlinks       %s\n", tsk_notice_preference_name(one.notice),
           one.can_open_links ? "can be opened" : "cannot be opened");
    printf("letters     %s\n",
           *one.agreed_at == '\0'
               ? "no passphrase agreed"
               : tsk_session_text(session, "encrypted PDF by mail; passphrase agreed %s (%s, with %s) by %s",
                                  tsk_session_when(session, one.agreed_at), one.agreed_how, one.agreed_with,
                                  one.agreed_by));
    printf("fax hours   %s\nstation     %s\nwebhook     %s\n",
           *one.fax_hours != '\0' ? one.fax_hours : "as configured (fax.hours)",
           *one.fax_station != '\0' ? one.fax_station : "-", *one.webhook != '\0' ? one.webhook : "-");
    return print_verifications(session, id);
}

static int run_show(struct tsk_session *session)
{
    int64_t id = 0;

    return tsk_session_id(session, session->argv[0], "directory entry", &id) == 0 ? print_entry(session, id) : -1;
}

static int verify_all(struct tsk_session *session, void *ctx)
{
    enum tsk_verified *results = ctx;
    int64_t id = 0;

    for (int i = 0; i < session->argc; i++) {
        if (tsk_session_id(session, session->argv[i], "directory entry", &id) != 0 ||
            tsk_directory_verify(&results[i], session->store, &session->scope, id,
                                 tsk_session_option(session, "--channel"), tsk_session_option(session, "--how"),
                                 session->by, &session->err) != 0)
            return -1;
    }
    return tsk_route_waiting(session->records->routing, session->store, session->office, &session->err);
}

static int run_verify(struct tsk_session *session)
{
    enum tsk_verified *results = tsk_arena_alloc(session->arena, (size_t)session->argc * sizeof *results);

    if (results == NULL)
        return tsk_fail(&session->err, TSK_RETRY, 0, "no memory");
    if (tsk_session_change(session, verify_all, results) != 0)
        return -1;
    for (int i = 0; i < session->argc; i++)
        printf("entry %s: %s is %s\n", session->argv[i], tsk_session_option(session, "--channel"),
               results[i] == TSK_VERIFIED ? "verified" : "proposed; a second person must verify it");
    return 0;
}

static int parse_notice(struct tsk_session *session, const char *text, enum tsk_notice_preference *out)
{
    for (int i = TSK_NOTICE_EACH; i <= TSK_NOTICE_NONE; i++) {
        if (strcmp(text, tsk_notice_preference_name((enum tsk_notice_preference)i)) == 0) {
            *out = (enum tsk_notice_preference)i;
            return 0;
        }
    }
    return tsk_fail(&session->err, TSK_REJECT, 0, "--notice is each, digest or none, not \"%s\"", text);
}

static int set_entry(struct tsk_session *session, void *ctx)
{
    const char *notice = tsk_session_option(session, "--notice");
    const char *links = tsk_session_option(session, "--links");
    const char *hours = tsk_session_option(session, "--fax-hours");
    const char *webhook = tsk_session_option(session, "--webhook");
    int64_t id = *(const int64_t *)ctx;
    struct tsk_institution entry;

    if (tsk_directory_find(&entry, session->store, &session->scope, id, session->arena, &session->err) != 0 ||
        (notice != NULL && parse_notice(session, notice, &entry.notice) != 0))
        return -1;
    if (hours != NULL && !tsk_fax_hours_valid(hours))
        return tsk_fail(&session->err, TSK_REJECT, 0,
                        "--fax-hours is \"HH:MM-HH:MM\" (weekdays), \"daily HH:MM-HH:MM\" or \"\", not \"%s\"", hours);
    if (hours != NULL &&
        tsk_directory_fax_hours(session->store, &session->scope, id, hours, session->by, &session->err) != 0)
        return -1;
    if (webhook != NULL && webhook[0] != '\0' && tsk_config_webhook(session->site->config, webhook) == NULL)
        return tsk_fail(&session->err, TSK_REJECT, 0, "%s: no webhook has the id \"%s\"", session->site->config->path,
                        webhook);
    if (webhook != NULL &&
        tsk_directory_webhook(session->store, &session->scope, id, webhook, session->by, &session->err) != 0)
        return -1;
    if (links != NULL && strcmp(links, "yes") != 0 && strcmp(links, "no") != 0)
        return tsk_fail(&session->err, TSK_REJECT, 0, "--links is yes or no, not \"%s\"", links);
    if (links != NULL)
        entry.can_open_links = strcmp(links, "yes") == 0;
    return tsk_directory_prefer(session->store, &session->scope, id, entry.notice, entry.can_open_links, session->by,
                                &session->err);
}

static int run_set(struct tsk_session *session)
{
    int64_t id = 0;

    if (tsk_session_id(session, session->argv[0], "directory entry", &id) != 0 ||
        tsk_session_change(session, set_entry, &id) != 0)
        return -1;
    return print_entry(session, id);
}

/* The one agreed before, from a terminal without showing it, else the first line of standard input. */
static int read_passphrase(struct tsk_session *session, char out[TSK_PASSPHRASE_SIZE])
{
    char line[256];
    int rc = tsk_session_secret(session, line, sizeof line, "passphrase");

    if (rc == 0 && (*line == '\0' || strlen(line) >= TSK_PASSPHRASE_SIZE))
        rc = tsk_fail(&session->err, TSK_REJECT, 0, "a passphrase has 12 to 64 characters");
    if (rc == 0)
        memcpy(out, line, strlen(line) + 1);
    explicit_bzero(line, sizeof line);
    return rc;
}

struct passphrase {
    int64_t id;
    char text[TSK_PASSPHRASE_SIZE];
};

static int agree(struct tsk_session *session, void *ctx)
{
    struct passphrase *passphrase = ctx;
    const struct tsk_agreed agreed = { tsk_session_option(session, "--how"), tsk_session_option(session, "--told-to") };

    if (tsk_passphrase_set(passphrase->text, session->store, &session->scope, passphrase->id, &agreed, session->by,
                           &session->err) != 0)
        return -1;
    return tsk_route_waiting(session->records->routing, session->store, session->office, &session->err);
}

static int revoke(struct tsk_session *session, void *ctx)
{
    const struct passphrase *passphrase = ctx;

    return tsk_passphrase_revoke(session->store, &session->scope, passphrase->id, session->by, &session->err);
}

static void print_passphrase(const struct tsk_session *session, const char *text)
{
    if (session->plain)
        puts(text);
    else
        printf("合言葉  "
               "%s\n\nいま、電話か紙で相手に伝えてください。もう一度は表示されません。メールで送ってはいけません。\n"
               "Tell it by telephone or on paper, now: it is not shown again. Never send it by mail.\n",
               text);
}

static int run_passphrase(struct tsk_session *session)
{
    struct passphrase passphrase = { .text = "" };
    bool typed = tsk_session_flag(session, "--enter"), gone = tsk_session_flag(session, "--revoke");
    int rc = tsk_session_id(session, session->argv[0], "directory entry", &passphrase.id);

    if (rc == 0 && typed && !gone)
        rc = read_passphrase(session, passphrase.text);
    if (rc == 0)
        rc = tsk_session_change(session, gone ? revoke : agree, &passphrase);
    if (rc == 0 && gone)
        printf("entry %s: letters go by fax or telephone again\n", session->argv[0]);
    else if (rc == 0 && !typed)
        print_passphrase(session, passphrase.text);
    explicit_bzero(&passphrase, sizeof passphrase);
    return rc;
}

/* One page without patient data; the station that answers is what later faxes to this number have to meet. */
static int queue_test_fax(struct tsk_session *session, void *ctx)
{
    const int64_t *id = ctx;
    char stamp[TSK_STAMP_SIZE];
    struct tsk_institution entry;
    struct tsk_notice_new notice = { .document = "",
                                     .case_number = "",
                                     .event = TSK_EVENT_FAX_TEST,
                                     .rule = "built-in",
                                     .kind = TSK_NOTICE_ALERT,
                                     .state = TSK_NOTICE_QUEUED,
                                     .channel = "fax",
                                     .subject = "送信試験",
                                     .batch = "" };

    if (tsk_directory_find(&entry, session->store, &session->scope, *id, session->arena, &session->err) != 0)
        return -1;
    if (entry.fax[0] == '\0')
        return tsk_fail(&session->err, TSK_REJECT, 0, "directory entry %lld has no fax number", (long long)*id);
    tsk_stamp(tsk_wall_ms(), stamp);
    notice.office = entry.office;
    notice.about = tsk_session_text(session, "test-fax:%s", stamp);
    notice.recipient = tsk_session_text(session, "institution:%lld", (long long)*id);
    notice.destination = entry.fax;
    notice.body = "送信先の番号を確かめるための試験です。\n届きましたら、上記の電話番号へお知らせください。";
    return tsk_notice_queue(NULL, NULL, session->store, &notice, &session->err);
}

static int run_test_fax(struct tsk_session *session)
{
    int64_t id = 0;

    if (session->site->config->fax.channel == TSK_FAX_BY_HAND)
        return tsk_fail(&session->err, TSK_REJECT, 0, "%s: fax.channel is by-hand; no fax goes out by itself",
                        session->site->config->path);
    if (tsk_session_id(session, session->argv[0], "directory entry", &id) != 0)
        return -1;
    return tsk_session_change(session, queue_test_fax, &id);
}

static int run_export(struct tsk_session *session)
{
    struct tsk_buf csv = TSK_BUF(EXPORT_BYTES_MAX);
    int rc = tsk_directory_export(&csv, session->store, &session->scope, &session->err);

    if (rc == 0 && session->argc == 1)
        rc = tsk_file_put_path(session->argv[0], tsk_buf_text(&csv), csv.len, 0600, &session->err);
    else if (rc == 0)
        fputs(tsk_buf_text(&csv), stdout);
    tsk_buf_free(&csv);
    return rc;
}

static int run_directory(int argc, char **argv)
{
    static const char *const list_options[] = { "--kind", "--ward", "--name", NULL };
    static const char *const list_flags[] = { "--unverified", NULL };
    static const char *const verify_options[] = { "--channel", "--how", NULL };
    static const char *const set_options[] = { "--notice", "--links", "--fax-hours", "--webhook", NULL };
    static const char *const passphrase_options[] = { "--how", "--told-to", NULL };
    static const char *const passphrase_flags[] = { "--enter", "--revoke", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "import", .min = 1, .max = 1, .run = run_import },
        { .name = "list", .run = run_list, .options = list_options, .flags = list_flags },
        { .name = "show", .min = 1, .max = 1, .run = run_show },
        { .name = "verify", .min = 1, .max = -1, .needs_by = true, .run = run_verify, .options = verify_options },
        { .name = "set", .min = 1, .max = 1, .needs_by = true, .run = run_set, .options = set_options },
        { .name = "passphrase",
          .min = 1,
          .max = 1,
          .needs_by = true,
          .run = run_passphrase,
          .options = passphrase_options,
          .flags = passphrase_flags },
        { .name = "test-fax", .min = 1, .max = 1, .needs_by = true, .run = run_test_fax },
        { .name = "export", .max = 1, .run = run_export },
    };

    return tsk_session_run(&tsk_cmd_directory, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_directory = {
    .name = "directory",
    .usage = "directory import FILE.csv [--office ID] [--by NAME]\n"
             "directory list [--office ID] [--kind KIND] [--ward WARD] [--name NAME] [--unverified] [--plain]\n"
             "directory show ENTRY\n"
             "directory verify ENTRY… --channel fax|email --how test-fax|letterhead|phone --by NAME\n"
             "directory set ENTRY [--notice each|digest|none] [--links yes|no] [--fax-hours HOURS]\n"
             "              [--webhook ID] --by NAME\n"
             "directory passphrase ENTRY --how phone|paper|meeting --told-to WHO [--enter] --by NAME\n"
             "directory passphrase ENTRY --revoke --by NAME\n"
             "directory test-fax ENTRY --by NAME\n"
             "directory export [FILE.csv] [--office ID]",
    .help = "institutions; what goes to one about a patient goes to a number that two persons verified",
    .run = run_directory,
};
