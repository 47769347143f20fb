#include "gateway/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "gateway/bounce.h"
#include "gateway/fax_gate.h"
#include "gateway/fax_result.h"
#include "gateway/reader_again.h"
#include "gateway/reading.h"
#include "gateway/site_routing.h"
#include "gateway/spool_site.h"
#include "gateway/stuck.h"
#include "records/case.h"
#include "records/link.h"
#include "records/move.h"
#include "records/settle.h"
#include "records/sheet_code.h"

#define DEATHS_MAX 2
#define ATTEMPTS_MAX 10
#define READY_MS 1000
#define ARENA_BYTES ((size_t)64 << 20)

void (*tsk_reader_boundary)(const char *name);

struct tsk_reader {
    const struct tsk_site *site;
    struct tsk_spool *spool;
    struct tsk_blobs *blobs;
    struct tsk_records *records;
    struct tsk_recogniser *recogniser; /* NULL: not connected */
    bool told;                         /* that the recogniser is away */
    struct tsk_stuck stuck;
    char why[sizeof((struct tsk_err *)NULL)->text]; /* the fault of the machine that was last met, "" */
    char after[TSK_ID_SIZE];                        /* the document that had to wait: others have their turn first */
};

/* One document on its way. */
struct job {
    struct tsk_spool_entry entry;
    struct tsk_arena *arena;
    struct tsk_document_new document;
    char received[TSK_STAMP_SIZE];
    int fd;
    int64_t started_ms;
};

static void boundary(const char *name)
{
    if (tsk_reader_boundary != NULL)
        tsk_reader_boundary(name);
}

static const char *job_id(const struct job *job)
{
    return job->entry.envelope.id;
}

int tsk_reader_open(struct tsk_reader **out, const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_reader *reader = calloc(1, sizeof *reader);

    *out = NULL;
    if (reader == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    reader->site = site;
    if (tsk_site_spool_open(&reader->spool, site, err) != 0 || tsk_site_blobs_open(&reader->blobs, site, err) != 0 ||
        tsk_records_open(&reader->records, site, err) != 0) {
        tsk_reader_close(&reader);
        return -1;
    }
    *out = reader;
    return 0;
}

void tsk_reader_close(struct tsk_reader **reader)
{
    struct tsk_reader *old = *reader;

    if (old == NULL)
        return;
    tsk_recogniser_close(&old->recogniser);
    tsk_records_close(&old->records);
    tsk_blobs_close(&old->blobs);
    tsk_spool_close(&old->spool);
    free(old);
    *reader = NULL;
}

static const char *media_of(int fd)
{
    unsigned char head[8] = { 0 };

    if (pread(fd, head, sizeof head, 0) < 4)
        return "";
    if (memcmp(head, "II*", 4) == 0 || memcmp(head, "MM\0*", 4) == 0)
        return "image/tiff";
    if (memcmp(head, "%PDF", 4) == 0)
        return "application/pdf";
    if (memcmp(head, "\x89PNG", 4) == 0)
        return "image/png";
    return memcmp(head, "\xff\xd8\xff", 3) == 0 ? "image/jpeg" : "";
}

static void describe(struct job *job)
{
    const struct tsk_envelope *e = &job->entry.envelope;

    tsk_stamp(e->received_ms, job->received);
    job->document = (struct tsk_document_new){ .spool_id = e->id,
                                               .office = e->office,
                                               .source = e->source,
                                               .sender = e->sender,
                                               .name = e->name,
                                               .received = job->received,
                                               .sha256 = e->sha256,
                                               .size_bytes = (int64_t)e->size_bytes,
                                               .media = job->fd >= 0 ? media_of(job->fd) : "" };
}

/* The machine is at fault: the document goes back as it was. */
static enum tsk_reader_step put_back(struct tsk_reader *reader, struct job *job, const struct tsk_err *why)
{
    struct tsk_err err = { 0 };

    if (why != NULL) {
        tsk_log_err(job_id(job), "reader.later", why);
        tsk_stuck_fault(&reader->stuck, &job->entry.envelope);
        snprintf(reader->why, sizeof reader->why, "%s", why->text);
    }
    if (tsk_spool_uncount(reader->spool, job_id(job), &err) != 0)
        tsk_log_err(job_id(job), "reader.later", &err);
    if (tsk_spool_release(reader->spool, job_id(job), &err) != 0)
        tsk_log_err(job_id(job), "reader.later", &err);
    return why != NULL ? TSK_READER_LATER : TSK_READER_STOPPED;
}

static enum tsk_reader_step finish(struct tsk_reader *reader, struct job *job)
{
    struct tsk_err err = { 0 };

    if (tsk_spool_finish(reader->spool, job_id(job), &err) != 0) {
        tsk_log_err(job_id(job), "reader.later", &err);
        return TSK_READER_LATER;
    }
    boundary("finished");
    return TSK_READER_DONE;
}

/* Not what a program wrote: two programs that answer each other never end. */
static int tell_sender(const struct tsk_reader *reader, const struct job *job, struct tsk_err *err)
{
    if (job->entry.envelope.mail.automatic ||
        tsk_route_received(reader->records->routing, reader->records->store, job_id(job), err) == 0)
        return 0;
    err->kind = TSK_RETRY; /* a rule of the site that is wrong is not the document's fault */
    return -1;
}

static int tell_of_held(struct tsk_reader *reader, struct job *job, struct tsk_err *err)
{
    const struct tsk_envelope_mail *mail = &job->entry.envelope.mail;
    struct tsk_records *records = reader->records;

    if (!mail->letter)
        return tsk_route_held(records->routing, records->store, job_id(job), err);
    if (tsk_route_letter(records->routing, records->store, job_id(job), mail->subject, mail->text, err) != 0)
        return -1;
    return tell_sender(reader, job, err);
}

static int hold_in_records(struct tsk_reader *reader, struct job *job, const char *reason, struct tsk_err *err)
{
    struct tsk_store *store = reader->records->store;
    struct tsk_document_added added;

    if (tsk_store_begin(store, err) != 0)
        return -1;
    if (tsk_document_hold(&added, store, &job->document, reason, job->arena, err) != 0 ||
        (added.how == TSK_ADDED_NEW && tell_of_held(reader, job, err) != 0) || tsk_store_commit(store, err) != 0) {
        tsk_store_rollback(store);
        return -1;
    }
    return 0;
}

static int archive_original(struct tsk_reader *reader, struct job *job, struct tsk_err *err)
{
    char sha256[TSK_SHA256_HEX];

    if (job->fd < 0)
        return 0;
    if (tsk_blob_put_fd(sha256, reader->blobs, job->fd, err) != 0)
        return -1;
    if (strcmp(sha256, job->entry.envelope.sha256) != 0)
        return tsk_fail(err, TSK_RETRY, 0, "document %s changed while it was archived", job_id(job));
    return lseek(job->fd, 0, SEEK_SET) == 0 ? 0 : tsk_fail(err, TSK_RETRY, errno, "document %s", job_id(job));
}

/* Whoever looks at a document says "is empty"; a person wants the subject as well. */
static void say_reason(char out[sizeof((struct tsk_err *)NULL)->text], const char *text)
{
    static const char *const verbs[] = { "is ", "has ", "claims ", "cannot ", "takes ", "needs " };
    const char *subject = "";

    for (size_t i = 0; i < TSK_COUNT(verbs); i++)
        if (strncmp(text, verbs[i], strlen(verbs[i])) == 0)
            subject = "the document ";
    snprintf(out, sizeof((struct tsk_err *)NULL)->text, "%s%.480s", subject, text);
}

/* in_spool: it is still in reading/ (a damaged one is in corrupt/ already). */
static enum tsk_reader_step hold(struct tsk_reader *reader, struct job *job, const struct tsk_err *why, bool in_spool)
{
    char reason[sizeof why->text];
    struct tsk_err err = { 0 };

    say_reason(reason, why->text);
    if (archive_original(reader, job, &err) != 0 || hold_in_records(reader, job, reason, &err) != 0) {
        if (in_spool)
            return put_back(reader, job, &err);
        tsk_log_err(job_id(job), "reader.later", &err);
        return TSK_READER_LATER;
    }
    boundary("committed");
    if (in_spool && job->entry.envelope.mail.letter) /* nothing to decide about the bytes: the records have them */
        return finish(reader, job);
    if (in_spool && tsk_spool_hold(reader->spool, job_id(job), reason, &err) != 0) {
        tsk_log_err(job_id(job), "reader.later", &err);
        return TSK_READER_LATER;
    }
    tsk_log(TSK_LOG_WARN, job_id(job), "event", "document.held", "office", job->document.office, "reason", reason,
            NULL);
    return TSK_READER_DONE;
}

/* A code that the office printed names a case; without keys none can be told from a stranger's. */
static int propose(struct tsk_reader *reader, int64_t sheet, const struct tsk_reading *reading, struct tsk_err *err)
{
    char number[TSK_CASE_NUMBER_SIZE];
    struct tsk_vault *vault = NULL;

    if (reading->code[0] == '\0')
        return 0;
    if (tsk_site_vault(&vault, reader->site, err) != 0)
        return -1;
    number[0] = '\0';
    if (vault != NULL && tsk_sheet_code_check(number, vault, reading->code, reading->form, reading->edition, err) != 0)
        return -1;
    if (number[0] == '\0' &&
        tsk_sheet_code_moved(number, reader->records->store, reading->code, reading->form, reading->edition, err) != 0)
        return -1;
    return number[0] != '\0' ? tsk_sheet_propose(reader->records->store, sheet, number, err) : 0;
}

/* A person handed it in for a case. One that was merged or purged meanwhile is no reason to lose the document. */
static int put_to_case(struct tsk_reader *reader, const struct job *job, struct tsk_err *err)
{
    const struct tsk_envelope *e = &job->entry.envelope;
    struct tsk_store *store = reader->records->store;
    struct tsk_pages pages;
    struct tsk_case kase;

    if (e->case_number[0] == '\0')
        return 0;
    if (tsk_case_find(&kase, store, &tsk_scope_all, e->case_number, job->arena, err) != 0) {
        if (err->kind != TSK_REJECT)
            return -1;
        *err = (struct tsk_err){ 0 };
        return 0;
    }
    if (*kase.merged_into != '\0' || strcmp(kase.office, e->office) != 0)
        return 0;
    if (tsk_document_pages(&pages, store, &tsk_scope_all, e->id, job->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < pages.count; i++) {
        const struct tsk_page *page = &pages.items[i];
        if (page->sheet != 0
                ? tsk_sheet_link(NULL, store, &tsk_scope_all, page->sheet, kase.number, e->sender, err) != 0
                : page->state == TSK_PAGE_NO_FORM &&
                      tsk_page_assign(store, &tsk_scope_all, page->id, kase.number, e->sender, err) != 0)
            return -1;
    }
    return 0;
}

static int link_sheets(struct tsk_reader *reader, const struct tsk_document_added *added,
                       const struct tsk_reader_result *result, struct tsk_err *err)
{
    char number[TSK_CASE_NUMBER_SIZE];
    size_t sheet = 0;

    for (size_t i = 0; added->how == TSK_ADDED_NEW && i < result->count && sheet < added->sheet_count; i++) {
        if (result->pages[i].reading.state != TSK_PAGE_READ)
            continue;
        if (propose(reader, added->sheets[sheet], &result->pages[i].reading, err) != 0 ||
            tsk_link_settle(number, reader->records->store, added->sheets[sheet], err) != 0)
            return -1;
        sheet++;
    }
    return 0;
}

/* A text or rule of the site that is wrong is not the document's fault, whatever routing calls it. */
static int route_sheets(struct tsk_reader *reader, const struct tsk_document_added *added, struct tsk_err *err)
{
    for (size_t i = 0; added->how == TSK_ADDED_NEW && i < added->sheet_count; i++)
        if (tsk_route_sheet(reader->records->routing, reader->records->store, added->sheets[i], err) != 0) {
            err->kind = TSK_RETRY;
            return -1;
        }
    return 0;
}

static int add_in_records(struct tsk_reader *reader, struct job *job, struct tsk_document_added *added,
                          const struct tsk_reader_result *result, struct tsk_err *err)
{
    struct tsk_store *store = reader->records->store;
    struct tsk_page_new *pages = tsk_arena_alloc(job->arena, (result->count + 1) * sizeof *pages);
    const struct tsk_versions versions = { .reader = result->reader,
                                           .weights = result->weights,
                                           .calibration = result->calibration };

    if (pages == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    for (size_t i = 0; i < result->count; i++)
        pages[i] = (struct tsk_page_new){ .reading = &result->pages[i].reading,
                                          .image = result->pages[i].image,
                                          .crops = result->pages[i].crops };
    if (tsk_store_begin(store, err) != 0)
        return -1;
    if (tsk_document_add(added, store, &job->document, pages, result->count, &versions, job->arena, err) != 0)
        goto fail;
    if ((added->how == TSK_ADDED_NEW && put_to_case(reader, job, err) != 0) ||
        link_sheets(reader, added, result, err) != 0 || route_sheets(reader, added, err) != 0)
        goto fail;
    if (added->how == TSK_ADDED_NEW && added->sheet_count == 0 && tell_sender(reader, job, err) != 0)
        goto fail;
    if (added->how == TSK_ADDED_NEW && tsk_fax_ask_again(store, reader->site, result, &job->entry.envelope, err) != 0)
        goto fail;
    if (tsk_store_commit(store, err) != 0)
        goto fail;
    return 0;
fail:
    tsk_store_rollback(store);
    return -1;
}

static enum tsk_reader_step record(struct tsk_reader *reader, struct job *job, const struct tsk_reader_result *result)
{
    struct tsk_document_added added = { 0 };
    struct tsk_err err = { 0 };

    if (archive_original(reader, job, &err) != 0)
        return put_back(reader, job, &err);
    boundary("archived");
    if (add_in_records(reader, job, &added, result, &err) != 0)
        return err.kind == TSK_HOLD || err.kind == TSK_REJECT ? hold(reader, job, &err, true)
                                                              : put_back(reader, job, &err);
    boundary("committed");
    tsk_log(TSK_LOG_INFO, job_id(job), "event",
            added.how == TSK_ADDED_DUPLICATE ? "document.duplicate" : "document.recorded", "office",
            job->document.office, "pages", tsk_log_num((long long)result->count), "sheets",
            tsk_log_num((long long)added.sheet_count), "ms", tsk_log_num(tsk_mono_ms() - job->started_ms), "twin",
            added.twin != NULL && added.twin[0] != '\0' ? added.twin : NULL, NULL);
    return finish(reader, job);
}

/* The child died or hung over this document: that is evidence, and twice is proof enough. */
static enum tsk_reader_step blame(struct tsk_reader *reader, struct job *job, const struct tsk_err *why)
{
    struct tsk_err err = { 0 };
    uint32_t deaths = 0;

    tsk_log_err(job_id(job), "reader.died", why);
    if (tsk_spool_blame(reader->spool, job_id(job), &deaths, &err) != 0)
        return put_back(reader, job, &err);
    if (deaths >= DEATHS_MAX)
        return hold(reader, job, why, true);
    if (tsk_spool_release(reader->spool, job_id(job), &err) != 0)
        tsk_log_err(job_id(job), "reader.later", &err);
    return TSK_READER_DONE;
}

static enum tsk_reader_step settle(struct tsk_reader *reader, struct job *job, struct tsk_reader_result *result)
{
    const struct tsk_outcome *outcome = &result->outcome;
    struct tsk_err err = { 0 };

    if (result->stopped)
        return put_back(reader, job, NULL);
    if (outcome->end == TSK_END_OK && result->count > 0)
        return tsk_fax_gate(result, &job->entry.envelope, &err) == 0 ? record(reader, job, result)
                                                                     : put_back(reader, job, &err);
    if (outcome->end == TSK_END_OK) {
        tsk_fail(&err, TSK_HOLD, 0, "the document has no pages");
        return hold(reader, job, &err, true);
    }
    if (tsk_outcome_blames_document(outcome))
        return blame(reader, job, &outcome->fault);
    return outcome->fault.kind == TSK_HOLD || outcome->fault.kind == TSK_REJECT
               ? hold(reader, job, &outcome->fault, true)
               : put_back(reader, job, &outcome->fault);
}

/* Before anything is claimed: while models load there is nothing to say about any document. */
static bool recogniser_is_there(struct tsk_reader *reader)
{
    struct tsk_err err = { 0 };

    if (reader->recogniser != NULL)
        return true;
    if (tsk_recogniser_connect(&reader->recogniser, reader->site->recogniser_socket, &err) == 0 &&
        tsk_recogniser_ready(reader->recogniser, READY_MS, &err) == 0) {
        reader->told = false;
        return true;
    }
    tsk_recogniser_close(&reader->recogniser);
    snprintf(reader->why, sizeof reader->why, "%s", err.text);
    if (!reader->told)
        tsk_log(TSK_LOG_INFO, "-", "event", "reader.waits", "text", err.text, NULL);
    reader->told = true;
    return false;
}

/* New documents are refused first; what was accepted is still read while half of that room is left. */
static bool there_is_room(struct tsk_reader *reader)
{
    uint64_t wanted = ((uint64_t)reader->site->config->disk_free_mb_min << 20) / 2;
    struct tsk_err err = { 0 };

    if (tsk_spool_room(reader->spool, wanted, &err) == 0)
        return true;
    tsk_log_err("-", "reader.later", &err);
    snprintf(reader->why, sizeof reader->why, "%s", err.text);
    return false;
}

static enum tsk_reader_step read_job(struct tsk_reader *reader, struct job *job, bool role)
{
    const struct tsk_reader_request request = { .id = job_id(job),
                                                .fd = job->fd,
                                                .received_ms = job->entry.envelope.received_ms };
    struct tsk_reader_result result = { .count = 0 };
    struct tsk_err err = { 0 };
    enum tsk_reader_step step;

    if (tsk_spool_attempt(reader->spool, job_id(job), &err) != 0)
        return put_back(reader, job, &err);
    boundary("attempted");
    if (tsk_reader_read(&result, reader->recogniser, reader->blobs, reader->site, &request, role, &err) != 0) {
        if (err.kind == TSK_HOLD || err.kind == TSK_REJECT)
            return hold(reader, job, &err, true);
        tsk_recogniser_close(&reader->recogniser);
        return put_back(reader, job, &err);
    }
    boundary("read");
    step = settle(reader, job, &result);
    tsk_reader_result_free(&result);
    return step;
}

/* A bounce, or the result of a fax, is no document of its own: what it says goes to the notice. Of a notice that nobody knows it is held. */
static enum tsk_reader_step settle_bounce(struct tsk_reader *reader, struct job *job)
{
    const struct tsk_envelope_mail *mail = &job->entry.envelope.mail;
    struct tsk_fax_result fax;
    struct tsk_err err = { 0 };
    bool known;
    int rc = tsk_fax_result_parse(&fax, mail->notice, mail->status)
                 ? tsk_fax_result_settle(&known, &fax, reader->records->routing, reader->records->store, &err)
                 : tsk_bounce_settle(&known, reader->records, mail->notice, mail->status, &err);

    if (rc != 0)
        return put_back(reader, job, &err);
    boundary("committed");
    if (known)
        return finish(reader, job);
    tsk_fail(&err, TSK_HOLD, 0, "%s", mail->hold);
    return hold(reader, job, &err, true);
}

/* What stands for a document that was refused, or came by mail and is not to be read: 1 and *step when it was dealt with. */
static int handle_unread(enum tsk_reader_step *step, struct tsk_reader *reader, struct job *job)
{
    const struct tsk_envelope_mail *mail = &job->entry.envelope.mail;
    const char *why = job->entry.envelope.refused[0] != '\0' ? job->entry.envelope.refused : mail->hold;
    struct tsk_err err = { 0 };

    if (mail->notice[0] != '\0') {
        *step = settle_bounce(reader, job);
    } else if (why[0] != '\0') {
        tsk_fail(&err, TSK_HOLD, 0, "%s", why);
        *step = hold(reader, job, &err, true);
    } else {
        return 0;
    }
    return 1;
}

/* For an office that left for another site: kept, sealed, for a person who hands it on. No record is made here any more. */
static enum tsk_reader_step set_aside(struct tsk_reader *reader, const struct job *job)
{
    struct tsk_err err = { 0 };

    if (tsk_spool_hold(reader->spool, job_id(job), TSK_READER_MOVED, &err) != 0) {
        tsk_log_err(job_id(job), "reader.later", &err);
        return TSK_READER_LATER;
    }
    tsk_log(TSK_LOG_WARN, job_id(job), "event", "document.moved", "office", job->document.office, NULL);
    return TSK_READER_DONE;
}

static enum tsk_reader_step handle(struct tsk_reader *reader, struct job *job, bool role)
{
    struct tsk_document_added known;
    const struct tsk_reader_result nothing = { .count = 0 };
    struct tsk_err err = { 0 };
    enum tsk_reader_step step;
    bool gone = false;

    job->fd = tsk_spool_original(reader->spool, job_id(job), &err);
    describe(job);
    if (job->fd < 0)
        return err.kind == TSK_HOLD ? hold(reader, job, &err, false) : put_back(reader, job, &err);
    if (tsk_document_look(&known, reader->records->store, &job->document, job->arena, &err) != 0)
        return put_back(reader, job, &err);
    if (known.how == TSK_ADDED_BEFORE)
        return finish(reader, job);
    if (tsk_office_is_gone(&gone, reader->records->store, job->document.office, &err) != 0)
        return put_back(reader, job, &err);
    if (gone)
        return set_aside(reader, job);
    if (known.how == TSK_ADDED_DUPLICATE)
        return record(reader, job, &nothing);
    if (handle_unread(&step, reader, job))
        return step;
    if (job->entry.deaths >= DEATHS_MAX || job->entry.attempts >= ATTEMPTS_MAX) {
        tsk_fail(&err, TSK_HOLD, 0,
                 "reading it was interrupted %u times; look at the original before it is tried again",
                 job->entry.attempts);
        return hold(reader, job, &err, true);
    }
    return read_job(reader, job, role);
}

static enum tsk_reader_step handle_claimed(struct tsk_reader *reader, struct job *job, bool role)
{
    struct tsk_err err = { 0 };
    enum tsk_reader_step step;

    job->arena = tsk_arena_new(ARENA_BYTES);
    if (job->arena == NULL) {
        tsk_fail(&err, TSK_RETRY, 0, "out of memory");
        return put_back(reader, job, &err);
    }
    /* From the first file to the commit nothing is disposed of. */
    step = tsk_blobs_hold(reader->blobs, &err) == 0 ? handle(reader, job, role) : put_back(reader, job, &err);
    tsk_blobs_release(reader->blobs);
    if (job->fd >= 0)
        close(job->fd);
    tsk_arena_free(&job->arena);
    return step;
}

static void tell_of_waiting(struct tsk_reader *reader, bool all)
{
    struct tsk_err err = { 0 };

    if (tsk_stuck_tell(&reader->stuck, reader->site->config, reader->spool, reader->records->store, all, reader->why,
                       &err) != 0)
        tsk_log_err("-", "reader.later", &err);
}

int tsk_reader_recover(struct tsk_reader *reader, struct tsk_err *err)
{
    int moved = tsk_spool_recover(reader->spool, err);

    if (moved > 0)
        tsk_log(TSK_LOG_INFO, "-", "event", "spool.recovered", "documents", tsk_log_num(moved), NULL);
    return moved;
}

/* What another reader left behind when it died is nobody's until somebody takes it up again. */
static int claim(struct tsk_reader *reader, struct job *job, struct tsk_err *err)
{
    int claimed = tsk_spool_claim(reader->spool, reader->after, &job->entry, err);

    if (claimed == 0 && reader->after[0] != '\0') {
        reader->after[0] = '\0';
        claimed = tsk_spool_claim(reader->spool, "", &job->entry, err);
    }
    if (claimed == 0 && tsk_reader_recover(reader, err) > 0)
        claimed = tsk_spool_claim(reader->spool, "", &job->entry, err);
    return claimed;
}

enum tsk_reader_step tsk_reader_step(struct tsk_reader *reader, bool role)
{
    struct job job = { .fd = -1, .started_ms = tsk_mono_ms() };
    struct tsk_err err = { 0 };
    enum tsk_reader_step step;
    int claimed;

    if (!recogniser_is_there(reader) || !there_is_room(reader)) {
        tell_of_waiting(reader, true);
        return TSK_READER_LATER;
    }
    tell_of_waiting(reader, false);
    claimed = claim(reader, &job, &err);
    if (claimed < 0)
        tsk_log_err("-", "reader.later", &err);
    if (claimed < 0)
        return TSK_READER_LATER;
    if (claimed == 0) /* what people ask for waits for what came from outside */
        return tsk_reader_again(reader->site, reader->records) ? TSK_READER_DONE : TSK_READER_IDLE;
    step = handle_claimed(reader, &job, role);
    if (step == TSK_READER_DONE)
        tsk_stuck_over(&reader->stuck, job_id(&job));
    if (step == TSK_READER_LATER)
        memcpy(reader->after, job_id(&job), sizeof reader->after);
    return step;
}
