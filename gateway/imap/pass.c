#include "gateway/imap/pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "gateway/limit.h"

#define HEAD_BYTES 65536
#define MINUTE_MS ((int64_t)60000)
#define DAY_MS (24 * 60 * MINUTE_MS)

void (*tsk_pass_boundary)(const char *name);

/* One pass under way. */
struct passing {
    const struct tsk_pass *pass;
    struct tsk_box *box;
    struct tsk_account *account;
    struct tsk_err *err;
    bool again; /* a person wants everything looked at once more */
};

static void boundary(const char *name)
{
    if (tsk_pass_boundary != NULL)
        tsk_pass_boundary(name);
}

static const char *source_id(const struct passing *p)
{
    return p->pass->taker->source->id;
}

static uint64_t size_max(const struct passing *p)
{
    const struct tsk_config *config = p->pass->taker->config;
    uint64_t mb = p->pass->taker->source->imap.message_mb_max;

    /* Base64 in lines of 76 makes 78 bytes of 57; and there is a letter around it. */
    return mb != 0 ? mb << 20 : ((uint64_t)config->reading.document_mb_max << 20) * 7 / 5 + (1 << 20);
}

/* How long a message waits after so many tries. */
static int64_t delay_ms(uint32_t tries)
{
    static const int64_t minutes[] = { 1, 5, 15, 60 };

    return minutes[tries == 0 ? 0 : tries > TSK_COUNT(minutes) ? TSK_COUNT(minutes) - 1 : tries - 1] * MINUTE_MS;
}

/* Of a clock that was ahead: nothing waits longer than it would, had it failed just now. */
static void heed_clock(struct passing *p)
{
    int64_t now = tsk_wall_ms(), poll_ms = (int64_t)p->pass->taker->source->imap.poll_s * 1000;

    (void)tsk_account_heed_clock(p->account);
    for (size_t i = 0; i < p->account->pending_count; i++) {
        struct tsk_pending *pending = &p->account->pending[i];
        int64_t longest = pending->kind == TSK_PENDING_CLAIMED ? poll_ms : delay_ms(pending->tries + 1);

        if (pending->next_ms > now + longest)
            pending->next_ms = now;
    }
}

static struct tsk_pending *note(struct passing *p, uint32_t uid, enum tsk_pending_kind kind, const char *reason)
{
    struct tsk_pending *pending = tsk_account_note(p->account, uid, kind);

    if (pending == NULL)
        tsk_fail(p->err, TSK_REJECT, 0,
                 "source %s: too many messages that could not be taken; look at tasuki mailbox show %s", source_id(p),
                 source_id(p));
    else
        snprintf(pending->reason, sizeof pending->reason, "%.239s", reason);
    return pending;
}

static int leave_to_a_person(struct passing *p, uint32_t uid, const char *reason)
{
    const struct tsk_pending *before = tsk_account_pending(p->account, uid);

    if (before == NULL || before->kind != TSK_PENDING_REFUSED)
        tsk_log(TSK_LOG_WARN, "-", "event", "mailbox.refused", "source", source_id(p), "uid", tsk_log_num(uid), "text",
                reason, NULL);
    return note(p, uid, TSK_PENDING_REFUSED, reason) != NULL ? 0 : -1;
}

/* Another gateway has it; how long, a person may ask. */
static int leave_to_another(struct passing *p, uint32_t uid)
{
    struct tsk_pending *pending = note(p, uid, TSK_PENDING_CLAIMED, "another gateway has claimed it");

    if (pending == NULL)
        return -1;
    pending->next_ms = tsk_wall_ms() + (int64_t)p->pass->taker->source->imap.poll_s * 1000;
    return 0;
}

static int settle(struct passing *p, uint32_t uid, bool leave)
{
    struct tsk_pending *pending;
    struct tsk_err why = { 0 };

    if (p->box->settle(p->box, uid, leave, &why) == 0) {
        boundary("settled");
        tsk_account_drop(p->account, uid);
        return 0;
    }
    if ((pending = note(p, uid, TSK_PENDING_SETTLE, why.text)) == NULL)
        return -1;
    pending->next_ms = tsk_wall_ms() + delay_ms(++pending->tries);
    if (why.kind == TSK_HOLD)
        return 0;
    *p->err = why;
    return -1;
}

static bool knows(void *ctx, const char *key)
{
    return tsk_account_knows(ctx, key);
}

static int keep(struct passing *p, uint32_t uid, const struct tsk_box_bytes *bytes, bool *leave)
{
    struct tsk_took took;
    bool known = false;

    if (tsk_take_mail(&took, &known, p->pass->taker, bytes->at, bytes->len, knows, p->account, p->err) != 0)
        return -1;
    *leave = took.leave;
    boundary("spooled");
    if (!known && tsk_account_remember(p->account, took.key, uid, took.what, p->err) != 0)
        return -1;
    boundary("remembered");
    tsk_log(TSK_LOG_INFO, "-", "event", "mailbox.taken", "source", source_id(p), "uid", tsk_log_num(uid), "kind",
            known ? "known" : tsk_mail_kind_name(took.kind), "documents", tsk_log_num((long long)took.documents), NULL);
    return 0;
}

/* What a failure of this message means: for it, and for the pass. */
static int judge(struct passing *p, uint32_t uid)
{
    struct tsk_pending *pending = tsk_account_pending(p->account, uid);
    const struct tsk_err why = *p->err;

    if (why.kind == TSK_REJECT || (why.kind == TSK_HOLD && pending->tries >= TSK_PASS_TRIES)) {
        tsk_err_clear(p->err);
        return leave_to_a_person(p, uid, why.text);
    }
    snprintf(pending->reason, sizeof pending->reason, "%.239s", why.text);
    if (why.kind != TSK_HOLD)
        return -1;
    tsk_err_clear(p->err);
    return 0;
}

/* Our own disk, memory or helper: not the message's fault, which has its turn as soon as there is one. */
static void acquit(struct passing *p, uint32_t uid)
{
    struct tsk_pending *pending = tsk_account_pending(p->account, uid);
    struct tsk_err none = { 0 };

    pending->tries--;
    pending->next_ms = tsk_wall_ms();
    if (tsk_account_save(p->account, &none) != 0)
        tsk_log_err("-", "mailbox.trouble", &none);
}

static int fetch_and_keep(struct passing *p, uint32_t uid)
{
    struct tsk_box_bytes bytes;
    bool leave = false;
    int rc = p->box->fetch(p->box, uid, 0, &bytes, p->err);

    if (rc == 0) {
        boundary("fetched");
        rc = keep(p, uid, &bytes, &leave);
        p->box->fetched_free(p->box, &bytes);
        if (rc != 0 && (p->err->kind == TSK_RETRY || p->err->kind == TSK_STOP))
            acquit(p, uid);
    }
    return rc == 0 ? settle(p, uid, leave) : judge(p, uid);
}

static int take(struct passing *p, uint32_t uid)
{
    struct tsk_pending *pending = note(p, uid, TSK_PENDING_FETCH, "");

    if (pending == NULL)
        return -1;
    if (pending->tries >= TSK_PASS_TRIES) /* none of them ended: it takes the connection or this process with it */
        return leave_to_a_person(p, uid, "the connection broke each time it was fetched; look at it in the mailbox");
    pending->tries++;
    pending->next_ms = tsk_wall_ms() + delay_ms(pending->tries);
    if (tsk_account_save(p->account, p->err) != 0)
        return -1;
    boundary("attempted");
    return fetch_and_keep(p, uid);
}

static bool claim_is_stale(struct passing *p, uint32_t uid)
{
    const struct tsk_pending *pending = tsk_account_pending(p->account, uid);
    int64_t limit = (int64_t)p->pass->taker->source->imap.claim_minutes * MINUTE_MS;

    return pending != NULL && pending->kind == TSK_PENDING_CLAIMED && tsk_wall_ms() - pending->since_ms >= limit;
}

static int claim_and_take(struct passing *p, const struct tsk_box_mail *mail)
{
    bool over = p->again && claim_is_stale(p, mail->uid), won = false;

    if (mail->others && !over)
        return leave_to_another(p, mail->uid);
    if (p->box->claim(p->box, mail->uid, over, &won, p->err) != 0) {
        const struct tsk_err why = *p->err;

        if (why.kind != TSK_HOLD)
            return -1;
        tsk_err_clear(p->err);
        return leave_to_a_person(p, mail->uid, why.text);
    }
    boundary("claimed");
    return won ? take(p, mail->uid) : leave_to_another(p, mail->uid);
}

/* Of what is not fetched people want to know at least from whom it is: the first bytes say. */
static void describe(char *out, size_t size, struct passing *p, uint32_t uid)
{
    struct tsk_box_bytes bytes;
    struct tsk_mail_read mail;
    char sent[TSK_STAMP_SIZE] = "";
    struct tsk_err none = { 0 };

    out[0] = '\0';
    if (p->box->fetch(p->box, uid, HEAD_BYTES, &bytes, &none) != 0)
        return;
    if (tsk_mail_read(&mail, p->pass->taker->reader, bytes.at, bytes.len, &none) == 0) {
        if (mail.date_ms != 0)
            tsk_stamp(mail.date_ms, sent);
        snprintf(out, size, "; from %.60s, sent %.16s", mail.from, sent);
        tsk_mail_free(&mail);
    }
    p->box->fetched_free(p->box, &bytes);
}

static int refuse_large(struct passing *p, const struct tsk_box_mail *mail)
{
    char whose[128], reason[240];

    describe(whose, sizeof whose, p, mail->uid);
    snprintf(reason, sizeof reason, "it has %u MB, more than the %u MB that are accepted, and was not fetched%s",
             (mail->size >> 20) + 1, (unsigned)(size_max(p) >> 20), whose);
    return leave_to_a_person(p, mail->uid, reason);
}

/* Marked as done, but not moved yet when the connection or this process ended: only what is fetched again says what it is to become. */
static bool is_half_settled(const struct tsk_box_mail *mail, const struct tsk_pending *pending)
{
    return mail->done && mail->mine && pending != NULL && pending->kind == TSK_PENDING_FETCH;
}

static int handle(struct passing *p, const struct tsk_box_mail *mail)
{
    const struct tsk_pending *pending = tsk_account_pending(p->account, mail->uid);

    if (pending != NULL && pending->kind == TSK_PENDING_SETTLE)
        return settle(p, mail->uid, false); /* marking as done hardly fails alone: it was to be moved */
    if (!mail->deleted && is_half_settled(mail, pending))
        return take(p, mail->uid);
    if (mail->deleted || (mail->done && !p->again)) {
        tsk_account_drop(p->account, mail->uid);
        return 0;
    }
    if (pending != NULL && pending->kind == TSK_PENDING_REFUSED && !p->again)
        return 0;
    if (mail->size > size_max(p))
        return refuse_large(p, mail);
    return claim_and_take(p, mail);
}

static bool has_enough(const struct passing *p)
{
    const struct tsk_taker *taker = p->pass->taker;

    return taker->site != NULL && tsk_limit_reached(taker->site, taker->source);
}

static bool is_stopped(const struct passing *p)
{
    return (p->pass->stopped != NULL && p->pass->stopped()) || has_enough(p);
}

static const struct tsk_box_mail *find_mail(const struct tsk_box_mail *mails, size_t count, uint32_t uid)
{
    for (size_t i = 0; i < count; i++)
        if (mails[i].uid == uid)
            return &mails[i];
    return NULL;
}

/* How many of uids were done with: all, unless we are told to stop. -1 on a failure. */
static long handle_batch(struct passing *p, const uint32_t *uids, size_t count)
{
    struct tsk_box_mail mails[TSK_BOX_BATCH];
    size_t found = 0;

    if (p->box->look(p->box, uids, count, mails, &found, p->err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const struct tsk_box_mail *mail = find_mail(mails, found, uids[i]);

        if (is_stopped(p))
            return (long)i;
        if (mail == NULL)
            tsk_account_drop(p->account, uids[i]); /* moved or deleted by somebody */
        else if (handle(p, mail) != 0)
            return -1;
    }
    return (long)count;
}

static int save(struct passing *p)
{
    if (tsk_account_save(p->account, p->err) != 0)
        return -1;
    boundary("saved");
    return 0;
}

/* What earlier passes left. A copy of the numbers: the list changes under the work. */
static int walk_pending(struct passing *p)
{
    uint32_t uids[TSK_PENDING_MAX];
    size_t count = 0;
    int64_t now = tsk_wall_ms();

    for (size_t i = 0; i < p->account->pending_count; i++)
        if (p->again || p->account->pending[i].next_ms <= now)
            uids[count++] = p->account->pending[i].uid;
    for (size_t at = 0; at < count; at += TSK_BOX_BATCH) {
        size_t batch = count - at < TSK_BOX_BATCH ? count - at : TSK_BOX_BATCH;
        long done = handle_batch(p, uids + at, batch);

        if (done < 0 || save(p) != 0)
            return -1;
        if ((size_t)done < batch)
            break;
    }
    return 0;
}

static int walk_new(struct passing *p, const uint32_t *uids, size_t count)
{
    size_t at = 0;

    while (at < count) {
        uint32_t batch[TSK_BOX_BATCH];
        size_t filled = 0, from = at;
        long done;

        for (; at < count && filled < TSK_BOX_BATCH; at++)
            if (tsk_account_pending(p->account, uids[at]) == NULL) /* it has its own turn */
                batch[filled++] = uids[at];
        done = filled > 0 ? handle_batch(p, batch, filled) : 0;
        if (done < 0)
            return -1;
        if ((size_t)done < filled)
            return done == 0 && from == 0 ? 0 : save(p);
        p->account->next_uid = uids[at - 1] + 1;
        if (save(p) != 0)
            return -1;
    }
    return 0;
}

/* First contact, or numbers that mean something else than yesterday. Validity 0: the server does not say; it is the same. */
static int note_validity(struct passing *p, const struct tsk_box_state *state)
{
    struct tsk_account *account = p->account;

    if (account->validity == 0) {
        account->validity = state->validity != 0 ? state->validity : 1;
        account->next_uid = 1;
        if (p->pass->taker->source->imap.start == TSK_IMAP_NEW) {
            account->next_uid = state->uid_next != 0 ? state->uid_next : 1;
            tsk_date_text(tsk_japan_date(tsk_wall_ms() - DAY_MS), account->since);
        }
        return save(p);
    }
    if (state->validity == 0 || state->validity == account->validity)
        return 0;
    tsk_log(TSK_LOG_WARN, "-", "event", "mailbox.renewed", "source", source_id(p), "text",
            "the mailbox was made anew; every message in it is looked at once more", NULL);
    tsk_account_renew(account, state->validity);
    return save(p);
}

static int64_t next_due(const struct tsk_account *account)
{
    int64_t next = 0;

    for (size_t i = 0; i < account->pending_count; i++)
        if (account->pending[i].kind != TSK_PENDING_REFUSED && (next == 0 || account->pending[i].next_ms < next))
            next = account->pending[i].next_ms;
    return next;
}

static int walk(struct passing *p)
{
    uint32_t *uids = NULL;
    size_t count = 0;
    int rc = walk_pending(p);

    if (p->again)
        p->account->next_uid = 1;
    if (rc == 0 && !is_stopped(p))
        rc = p->box->find(p->box, p->account->next_uid, p->account->since, &uids, &count, p->err);
    if (rc == 0 && uids != NULL)
        rc = walk_new(p, uids, count);
    free(uids);
    return rc;
}

int tsk_pass_run(const struct tsk_pass *pass, int64_t *next_ms, struct tsk_err *err)
{
    struct passing p = { .pass = pass, .box = pass->box, .account = pass->account, .err = err };
    struct tsk_box_state state;

    *next_ms = 0;
    if (p.box->select(p.box, &state, err) != 0)
        return -1;
    p.account->keywords = state.keywords;
    if (note_validity(&p, &state) != 0)
        return -1;
    heed_clock(&p);
    p.again = tsk_account_has_wish(p.account);
    if (walk(&p) != 0)
        return -1;
    if (p.again)
        tsk_account_wish_done(p.account);
    p.account->looked_ms = tsk_wall_ms();
    p.account->trouble_ms = 0;
    p.account->trouble[0] = '\0';
    *next_ms = next_due(p.account);
    if (has_enough(&p) && tsk_limit_check(pass->taker->site, pass->taker->source, err) != 0) {
        tsk_log_err("-", "intake.limit", err); /* nothing is wrong with the mailbox */
        tsk_err_clear(err);
    }
    return save(&p);
}
