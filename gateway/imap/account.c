#include "gateway/imap/account.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "base/os.h"
#include "gateway/imap/seen.h"

#define STATE "state.json"
#define STATE_MAX ((size_t)1 << 20)
#define WISH "again"

static const char *const kinds[TSK_PENDING_KINDS] = { "fetch", "settle", "claimed", "refused" };

const char *tsk_pending_name(enum tsk_pending_kind kind)
{
    return kinds[kind];
}

static int64_t number(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

static void text(char *out, size_t size, const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));

    snprintf(out, size, "%s", value != NULL ? value : "");
}

static enum tsk_pending_kind kind_of(const char *name)
{
    for (int i = 0; name != NULL && i < TSK_PENDING_KINDS; i++)
        if (strcmp(kinds[i], name) == 0)
            return (enum tsk_pending_kind)i;
    return TSK_PENDING_FETCH;
}

static void read_pending(struct tsk_account *account, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && account->pending_count < TSK_PENDING_MAX; i++) {
        const json_t *item = json_array_get(list, i);
        struct tsk_pending *p = &account->pending[account->pending_count++];

        p->uid = (uint32_t)number(item, "uid");
        p->kind = kind_of(json_string_value(json_object_get(item, "kind")));
        p->tries = (uint32_t)number(item, "tries");
        p->since_ms = number(item, "since_ms");
        p->next_ms = number(item, "next_ms");
        text(p->reason, sizeof p->reason, item, "reason");
    }
}

static void read_state(struct tsk_account *account, const json_t *json)
{
    account->validity = (uint32_t)number(json, "validity");
    account->next_uid = (uint32_t)number(json, "next_uid");
    account->begun_ms = number(json, "begun_ms");
    account->looked_ms = number(json, "looked_ms");
    account->trouble_ms = number(json, "trouble_ms");
    account->token_end_ms = number(json, "token_end_ms");
    account->taken = (uint64_t)number(json, "taken");
    account->keywords = json_is_true(json_object_get(json, "keywords"));
    text(account->since, sizeof account->since, json, "since");
    text(account->trouble, sizeof account->trouble, json, "trouble");
    read_pending(account, json_object_get(json, "pending"));
}

static int load_state(struct tsk_account *account, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(STATE_MAX);
    int fd = tsk_os->openat(account->fd, STATE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0), rc;
    json_t *json;

    if (fd < 0)
        return errno == ENOENT ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot open %s/" STATE, account->dir);
    rc = tsk_fd_read(fd, STATE, &bytes, err);
    tsk_os->close(fd);
    json = rc == 0 ? json_loadb(tsk_buf_text(&bytes), bytes.len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (json != NULL)
        read_state(account, json);
    else if (rc == 0)
        rc = tsk_fail(err, TSK_STOP, 0,
                      "%s/" STATE " is damaged; check the disk, then delete it: everything in the mailbox is looked at "
                      "once more, and what was taken is known by %s/seen",
                      account->dir, account->dir);
    json_decref(json);
    tsk_buf_free(&bytes);
    return rc;
}

static char *dir_of(const struct tsk_site *site, const char *source)
{
    char *dir = NULL;

    return asprintf(&dir, "%s/mailbox/%s", site->dir, source) < 0 ? NULL : dir;
}

static int take_lock(struct tsk_account *account, struct tsk_err *err)
{
    account->lock = tsk_os->openat(account->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (account->lock < 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot open %s/lock", account->dir);
    if (flock(account->lock, LOCK_EX | LOCK_NB) != 0)
        return tsk_fail(err, TSK_RETRY, 0, "another process looks after %s already", account->dir);
    return 0;
}

static int begin(struct tsk_account *out, const struct tsk_site *site, const char *source, struct tsk_err *err)
{
    *out = (struct tsk_account){ .fd = -1, .lock = -1 };
    out->dir = dir_of(site, source);
    out->pending = calloc(TSK_PENDING_MAX, sizeof *out->pending);
    if (out->dir == NULL || out->pending == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    return 0;
}

int tsk_account_open(struct tsk_account *out, const struct tsk_site *site, const char *source, struct tsk_err *err)
{
    if (begin(out, site, source, err) != 0 || tsk_dir_make(out->dir, 0700, err) != 0 ||
        (out->fd = tsk_dir_open(out->dir, err)) < 0 || take_lock(out, err) != 0 || load_state(out, err) != 0 ||
        tsk_seen_open(&out->seen, out->fd, err) != 0) {
        tsk_account_close(out);
        return -1;
    }
    if (out->begun_ms != 0)
        return 0;
    out->begun_ms = tsk_wall_ms(); /* from when on silence counts */
    if (tsk_account_save(out, err) == 0)
        return 0;
    tsk_account_close(out);
    return -1;
}

int tsk_account_view(struct tsk_account *out, const struct tsk_site *site, const char *source, struct tsk_err *err)
{
    struct stat st;

    if (begin(out, site, source, err) != 0)
        goto fail;
    if (stat(out->dir, &st) != 0 && errno == ENOENT)
        return 0;
    if ((out->fd = tsk_dir_open(out->dir, err)) >= 0 && load_state(out, err) == 0)
        return 0;
fail:
    tsk_account_close(out);
    return -1;
}

void tsk_account_close(struct tsk_account *account)
{
    tsk_seen_close(&account->seen);
    if (account->lock >= 0)
        tsk_os->close(account->lock);
    if (account->fd >= 0)
        tsk_os->close(account->fd);
    free(account->pending);
    free(account->dir);
    *account = (struct tsk_account){ .fd = -1, .lock = -1 };
}

static bool no_later(int64_t *at_ms, int64_t now_ms)
{
    bool later = *at_ms > now_ms;

    if (later)
        *at_ms = now_ms;
    return later;
}

bool tsk_account_heed_clock(struct tsk_account *account)
{
    int64_t now = tsk_wall_ms();
    bool any = no_later(&account->begun_ms, now);

    any |= no_later(&account->looked_ms, now);
    any |= no_later(&account->trouble_ms, now);
    for (size_t i = 0; i < account->pending_count; i++)
        any |= no_later(&account->pending[i].since_ms, now);
    return any;
}

static json_t *pending_json(const struct tsk_account *account)
{
    json_t *list = json_array();

    for (size_t i = 0; i < account->pending_count; i++) {
        const struct tsk_pending *p = &account->pending[i];

        json_array_append_new(list, json_pack("{s:I, s:s, s:I, s:I, s:I, s:s}", "uid", (json_int_t)p->uid, "kind",
                                              kinds[p->kind], "tries", (json_int_t)p->tries, "since_ms",
                                              (json_int_t)p->since_ms, "next_ms", (json_int_t)p->next_ms, "reason",
                                              p->reason));
    }
    return list;
}

int tsk_account_save(struct tsk_account *account, struct tsk_err *err)
{
    json_t *json =
        json_pack("{s:i, s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:s, s:o}", "version", 1, "validity",
                  (json_int_t)account->validity, "next_uid", (json_int_t)account->next_uid, "since", account->since,
                  "begun_ms", (json_int_t)account->begun_ms, "looked_ms", (json_int_t)account->looked_ms, "trouble_ms",
                  (json_int_t)account->trouble_ms, "token_end_ms", (json_int_t)account->token_end_ms, "taken",
                  (json_int_t)account->taken, "keywords", account->keywords, "trouble", account->trouble, "pending",
                  pending_json(account));
    char *bytes = json != NULL ? json_dumps(json, JSON_INDENT(1)) : NULL;
    int rc;

    json_decref(json);
    if (bytes == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the state of a mailbox");
    rc = tsk_file_put(account->fd, STATE, bytes, strlen(bytes), 0600, err);
    free(bytes);
    return rc;
}

bool tsk_account_knows(const struct tsk_account *account, const char key[TSK_SHA256_HEX])
{
    return tsk_seen_has(account->seen, key);
}

int tsk_account_remember(struct tsk_account *account, const char key[TSK_SHA256_HEX], uint32_t uid, const char *what,
                         struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE], line[2048];

    tsk_stamp(tsk_wall_ms(), now);
    snprintf(line, sizeof line, "%s %u.%u %s", now, account->validity, uid, what);
    if (tsk_seen_add(account->seen, key, line, err) != 0)
        return -1;
    account->taken++;
    return 0;
}

struct tsk_pending *tsk_account_pending(struct tsk_account *account, uint32_t uid)
{
    for (size_t i = 0; i < account->pending_count; i++)
        if (account->pending[i].uid == uid)
            return &account->pending[i];
    return NULL;
}

struct tsk_pending *tsk_account_note(struct tsk_account *account, uint32_t uid, enum tsk_pending_kind kind)
{
    struct tsk_pending *p = tsk_account_pending(account, uid);

    if (p == NULL && account->pending_count == TSK_PENDING_MAX)
        return NULL;
    if (p == NULL) {
        p = &account->pending[account->pending_count++];
        *p = (struct tsk_pending){ .uid = uid, .since_ms = tsk_wall_ms() };
    } else if (p->kind != kind) {
        p->since_ms = tsk_wall_ms();
        p->tries = 0;
    }
    p->kind = kind;
    return p;
}

void tsk_account_drop(struct tsk_account *account, uint32_t uid)
{
    struct tsk_pending *p = tsk_account_pending(account, uid);

    if (p != NULL)
        *p = account->pending[--account->pending_count];
}

void tsk_account_renew(struct tsk_account *account, uint32_t validity)
{
    account->validity = validity;
    account->next_uid = 1;
    account->pending_count = 0;
}

const char *tsk_mailbox_when(char out[TSK_WHEN_SIZE], int64_t ms)
{
    char day[TSK_DATE_SIZE];
    int minute = tsk_japan_minute_of_day(ms);

    tsk_date_text(tsk_japan_date(ms), day);
    if (ms == 0)
        snprintf(out, TSK_WHEN_SIZE, "never");
    else
        snprintf(out, TSK_WHEN_SIZE, "%.10s %02d:%02d", day, minute / 60 % 24, minute % 60);
    return out;
}

int tsk_account_wish(const struct tsk_site *site, const char *source, struct tsk_err *err)
{
    char *dir = dir_of(site, source);
    int fd = -1, rc = -1;

    if (dir == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    if (tsk_dir_make(dir, 0700, err) == 0 && (fd = tsk_dir_open(dir, err)) >= 0)
        rc = tsk_file_put(fd, WISH, "", 0, 0600, err);
    if (fd >= 0)
        tsk_os->close(fd);
    free(dir);
    return rc;
}

bool tsk_account_has_wish(const struct tsk_account *account)
{
    struct stat st;

    return tsk_os->fstatat(account->fd, WISH, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void tsk_account_wish_done(const struct tsk_account *account)
{
    tsk_os->unlinkat(account->fd, WISH, 0);
}

static int new_id(int dir, char secret[TSK_ID_SIZE], struct tsk_err *err)
{
    tsk_id_new(secret);
    return tsk_file_put(dir, "gateway", secret, TSK_ID_SIZE - 1, 0600, err);
}

static void add_file(struct tsk_buf *out, const char *path)
{
    struct tsk_err none = { 0 };

    if (tsk_file_read(path, out, &none) != 0)
        return; /* a machine without an id is told apart by the site alone */
}

/* Of the site and of the machine: a copy of the site on a second machine must not take our claims for its own. */
int tsk_gateway_id(char out[TSK_GATEWAY_SIZE], const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_buf seed = TSK_BUF(1024);
    char path[PATH_MAX], secret[TSK_ID_SIZE], hash[TSK_SHA256_HEX];
    int dir = -1, rc = -1;

    snprintf(path, sizeof path, "%s/mailbox", site->dir);
    if (tsk_dir_make(path, 0700, err) != 0 || (dir = tsk_dir_open(path, err)) < 0)
        return -1;
    flock(dir, LOCK_EX); /* several accounts may begin at once */
    snprintf(path, sizeof path, "%s/mailbox/gateway", site->dir);
    add_file(&seed, path);
    rc = seed.len > 0 ? 0 : new_id(dir, secret, err);
    if (rc == 0 && seed.len == 0)
        tsk_buf_puts(&seed, secret);
    add_file(&seed, "/etc/machine-id");
    tsk_sha256_hex(tsk_buf_text(&seed), seed.len, hash);
    snprintf(out, TSK_GATEWAY_SIZE, "%.8s", hash);
    tsk_os->close(dir);
    tsk_buf_free(&seed);
    return rc;
}
