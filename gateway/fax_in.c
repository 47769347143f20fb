#include "gateway/fax_in.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/os.h"
#include "gateway/fax_log.h"
#include "gateway/fax_tags.h"
#include "gateway/limit.h"
#include "gateway/refused.h"

#define LOCK_STEP_MS 50

void tsk_fax_number(char *out, size_t size, const char *text)
{
    size_t len = 0;

    text += strspn(text, " ");
    if (strncmp(text, "+81", 3) == 0) {
        text += 3;
        out[len++] = '0';
    }
    for (; *text != '\0' && len + 1 < size; text++)
        if (*text >= '0' && *text <= '9')
            out[len++] = *text;
    out[len] = '\0';
}

/* What is CALLIDn for this source? NULL when the line did not tell. */
static const char *callid(const struct tsk_source *source, const struct tsk_fax_call *call, const char *what)
{
    for (size_t i = 0; i < source->callid.count && i < call->callid_count; i++)
        if (strcmp(source->callid.items[i], what) == 0 && call->callids[i][0] != '\0' &&
            strcmp(call->callids[i], "<NONE>") != 0)
            return call->callids[i];
    return NULL;
}

static const char *called_of(const struct tsk_source *source, const struct tsk_fax_call *call)
{
    const char *called = call->called != NULL ? call->called : callid(source, call, "called");

    return called != NULL ? called : "";
}

static bool called_here(const struct tsk_source *source, const struct tsk_fax_call *call)
{
    char want[64], have[64];

    if (source->called.count == 0)
        return true;
    tsk_fax_number(have, sizeof have, called_of(source, call));
    for (size_t i = 0; i < source->called.count; i++) {
        tsk_fax_number(want, sizeof want, source->called.items[i]);
        if (have[0] != '\0' && strcmp(want, have) == 0)
            return true;
    }
    return false;
}

static bool device_here(const struct tsk_source *source, const struct tsk_fax_call *call)
{
    for (size_t i = 0; i < source->devices.count; i++)
        if (strcmp(source->devices.items[i], call->device) == 0)
            return true;
    return source->devices.count == 0;
}

const struct tsk_source *tsk_fax_source(const struct tsk_config *config, const struct tsk_fax_call *call,
                                        struct tsk_err *err)
{
    const struct tsk_source *found = NULL;
    size_t matches = 0;

    for (size_t i = 0; i < config->source_count; i++) {
        const struct tsk_source *source = &config->sources[i];

        if (source->kind != TSK_SOURCE_FAX || !called_here(source, call) || !device_here(source, call))
            continue;
        /* One that names the number or the modem goes before one that takes everything. */
        if (found == NULL || source->called.count + source->devices.count > 0) {
            matches = found != NULL && found->called.count + found->devices.count > 0 ? matches + 1 : 1;
            found = source;
        } else if (found->called.count + found->devices.count == 0) {
            matches++;
        }
    }
    if (matches == 1)
        return found;
    tsk_fail(err, TSK_REJECT, 0,
             matches == 0 ? "%s: no fax source takes this line (called number, modem \"%s\"); add it under sources"
                          : "%s: more than one fax source takes this line (modem \"%s\"); set called or devices",
             config->path, call->device);
    return NULL;
}

static int open_taken(const struct tsk_site *site, struct tsk_err *err)
{
    char *path = tsk_site_path(site, "taken");
    int fd = -1;

    if (path == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    if (tsk_dir_make(path, 0700, err) == 0)
        fd = tsk_dir_open(path, err);
    free(path);
    if (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        tsk_fail(err, TSK_RETRY, errno, "cannot lock the list of faxes that were taken");
        close(fd);
        fd = -1;
    }
    return fd;
}

static void key_of(char key[TSK_SHA256_HEX], const struct tsk_source *source, const char *name, const struct stat *st)
{
    char text[NAME_MAX + 256];
    int len = snprintf(text, sizeof text, "%s\n%s\n%lld\n%lld.%09ld", source->id, name, (long long)st->st_size,
                       (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);

    tsk_sha256_hex(text, (size_t)len, key);
}

static bool is_taken(int taken, const char *key)
{
    struct stat st;

    return tsk_os->fstatat(taken, key, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The same name, size and time with another content is another fax. */
static bool same_content(int taken, const char *key, const char *sha256)
{
    char line[TSK_SHA256_HEX] = "";
    int fd = tsk_os->openat(taken, key, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
    ssize_t got = fd >= 0 ? tsk_os->read(fd, line, sizeof line - 1) : -1;

    if (fd >= 0)
        tsk_os->close(fd);
    return got == (ssize_t)sizeof line - 1 && strcmp(line, sha256) == 0;
}

static bool lock_free(int fd, int wait_ms)
{
    int64_t until = tsk_mono_ms() + wait_ms;

    while (flock(fd, LOCK_SH | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return true; /* a file system without locks */
        if (tsk_mono_ms() >= until)
            return false;
        tsk_sleep_ms(LOCK_STEP_MS);
    }
    flock(fd, LOCK_UN);
    return true;
}

static void put_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text != NULL ? text : "");
}

static void describe(struct tsk_envelope *e, const struct tsk_source *source, const struct tsk_fax_call *call, int fd)
{
    struct tsk_fax_tags tags;
    const char *sender = call->sender != NULL ? call->sender : callid(source, call, "number");

    tsk_fax_tags_read(&tags, fd);
    *e = (struct tsk_envelope){ .is_fax = true, .fax.pages = call->pages };
    put_text(e->source, sizeof e->source, source->id);
    put_text(e->office, sizeof e->office, source->office);
    put_text(e->name, sizeof e->name, call->name);
    put_text(e->fax.station, sizeof e->fax.station, tags.lines[0]);
    put_text(e->fax.caller, sizeof e->fax.caller, call->caller != NULL ? call->caller : callid(source, call, "name"));
    put_text(e->fax.called, sizeof e->fax.called, called_of(source, call));
    put_text(e->fax.fault, sizeof e->fax.fault, call->fault);
    put_text(e->sender, sizeof e->sender, sender != NULL ? sender : e->fax.station);
}

static int put(char id[TSK_ID_SIZE], struct tsk_spool *spool, const struct tsk_source *source,
               const struct tsk_fax_call *call, int fd, int taken, const char *key, struct tsk_err *err)
{
    struct tsk_envelope envelope;

    describe(&envelope, source, call, fd);
    if (lseek(fd, 0, SEEK_SET) != 0)
        return tsk_fail(err, TSK_REJECT, errno, "a fax of source %s is not a file", source->id);
    if (tsk_spool_put(spool, fd, &envelope, err) != 0)
        return -1;
    memcpy(id, envelope.id, TSK_ID_SIZE);
    tsk_log(TSK_LOG_INFO, id, "event", "intake.accepted", "source", source->id, "bytes",
            tsk_log_num((long long)envelope.size_bytes), "pages", tsk_log_num(envelope.fax.pages), "partial",
            call->fault[0] != '\0' ? "yes" : NULL, NULL);
    return tsk_file_put(taken, key, envelope.sha256, TSK_SHA256_HEX - 1, 0600, err);
}

/* The spooler keeps its file; the records get a row, once. */
static int refuse(struct tsk_spool *spool, const struct tsk_source *source, const struct tsk_fax_call *call, int fd,
                  off_t size, uint32_t mb_max, int taken, const char *key, struct tsk_err *err)
{
    static const char mark[] = "refused"; /* no hash: it was not taken */
    struct tsk_envelope envelope;
    char why[128];

    snprintf(why, sizeof why, "is larger than %u MB, the most that is accepted; it lies with the fax spooler", mb_max);
    describe(&envelope, source, call, fd);
    if (!is_taken(taken, key) && (tsk_refused_put(spool, &envelope, (uint64_t)size, why, err) != 0 ||
                                  tsk_file_put(taken, key, mark, sizeof mark - 1, 0600, err) != 0))
        return -1;
    return tsk_fail(err, TSK_REJECT, 0, "%s %s", call->name, why);
}

int tsk_fax_take(enum tsk_fax_took *took, char id[TSK_ID_SIZE], const struct tsk_site *site, struct tsk_spool *spool,
                 const struct tsk_source *source, const struct tsk_fax_call *call, int fd, int wait_ms,
                 struct tsk_err *err)
{
    char key[TSK_SHA256_HEX], sha256[TSK_SHA256_HEX];
    struct stat st;
    int taken, rc = -1;

    id[0] = '\0';
    *took = TSK_FAX_LOCKED;
    if (!lock_free(fd, wait_ms))
        return 0;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return tsk_fail(err, TSK_REJECT, 0, "a fax of source %s is empty or not a file", source->id);
    if ((taken = open_taken(site, err)) < 0)
        return -1;
    key_of(key, source, call->name, &st);
    if ((uint64_t)st.st_size > (uint64_t)site->config->reading.document_mb_max << 20) {
        rc = refuse(spool, source, call, fd, st.st_size, site->config->reading.document_mb_max, taken, key, err);
        goto out;
    }
    *took = TSK_FAX_KNOWN;
    if (is_taken(taken, key)) {
        rc = lseek(fd, 0, SEEK_SET) == 0 ? tsk_sha256_fd(fd, sha256, err)
                                         : tsk_fail(err, TSK_RETRY, errno, "cannot read a fax again");
        if (rc != 0 || same_content(taken, key, sha256))
            goto out;
    }
    *took = TSK_FAX_TAKEN;
    rc = tsk_limit_check(site, source, err) == 0 ? put(id, spool, source, call, fd, taken, key, err) : -1;
    if (rc == 0)
        tsk_limit_count(site, source);
out:
    tsk_os->close(taken);
    return rc;
}

static bool is_tiff_name(const char *name)
{
    const char *dot = strrchr(name, '.');

    return name[0] != '.' && dot != NULL && (strcasecmp(dot, ".tif") == 0 || strcasecmp(dot, ".tiff") == 0);
}

/* Of a fax that no hook told of, the file itself says who called whom. */
static void call_from_tags(struct tsk_fax_call *call, const struct tsk_fax_tags *tags)
{
    for (size_t i = 1; i < TSK_FAX_LINES; i++)
        call->callids[i - 1] = tags->lines[i];
    call->callid_count = TSK_FAX_LINES - 1;
}

static bool shares_folder(const struct tsk_site *site, const struct tsk_source *source)
{
    size_t count = 0;

    for (size_t i = 0; i < site->config->source_count; i++)
        count += site->config->sources[i].kind == TSK_SOURCE_FAX &&
                 strcmp(site->config->sources[i].folder, source->folder) == 0;
    return count > 1;
}

/* Several sources may share a recvq; a fax of another one is not ours. */
static bool is_ours(const struct tsk_site *site, const struct tsk_source *source, const struct tsk_fax_call *call)
{
    struct tsk_err err = { 0 };

    if (source->called.count == 0 && !shares_folder(site, source))
        return true; /* whatever its modem */
    return (source->called.count == 0 && source->devices.count == 0) ||
           tsk_fax_source(site->config, call, &err) == source;
}

static int sweep_file(const struct tsk_site *site, struct tsk_spool *spool, const struct tsk_source *source, int dir,
                      const char *name)
{
    char device[TSK_FAX_DEVICE_SIZE] = "";
    struct tsk_fax_call call = { .name = name, .device = device, .fault = "" };
    struct tsk_err err = { 0 };
    struct tsk_fax_tags tags;
    enum tsk_fax_took took = TSK_FAX_LOCKED;
    char id[TSK_ID_SIZE];
    int fd = tsk_os->openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);

    if (fd < 0) {
        tsk_log(TSK_LOG_WARN, "-", "event", "intake.failed", "source", source->id, "text",
                "a received fax cannot be opened; set RecvFileMode to 0640 and put our user into the spooler's group",
                NULL);
        return 0;
    }
    tsk_fax_tags_read(&tags, fd);
    call_from_tags(&call, &tags);
    if (source->devices.count > 0)
        tsk_fax_log_device(device, sizeof device, dir, name);
    if (is_ours(site, source, &call) && tsk_fax_take(&took, id, site, spool, source, &call, fd, 0, &err) != 0)
        tsk_log_err("-", "intake.failed", &err);
    tsk_os->close(fd);
    return err.kind == TSK_OK && took == TSK_FAX_TAKEN;
}

/* Looked at without opening: most of what lies in a recvq was taken long ago. */
static bool is_news(const struct tsk_source *source, int dir, const char *name, int taken)
{
    char key[TSK_SHA256_HEX];
    struct stat st;

    if (!is_tiff_name(name) || tsk_os->fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
        st.st_size == 0)
        return false;
    if (tsk_wall_ms() - ((int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000) < source->stable_ms)
        return false;
    key_of(key, source, name, &st);
    return !is_taken(taken, key);
}

static int open_list(const struct tsk_site *site, DIR *list)
{
    struct tsk_err err = { 0 };
    int taken = list == NULL ? -1 : open_taken(site, &err);

    if (taken >= 0)
        flock(taken, LOCK_UN); /* looking needs no lock; taking does */
    else if (list != NULL)
        tsk_log_err("-", "intake.failed", &err);
    return taken;
}

int tsk_fax_sweep(const struct tsk_site *site, struct tsk_spool *spool, const struct tsk_source *source)
{
    char *path = source->folder[0] != '\0' ? tsk_site_path(site, source->folder) : NULL;
    DIR *list = path != NULL ? opendir(path) : NULL;
    int taken = open_list(site, list), count = 0;
    struct dirent *entry;

    while (list != NULL && taken >= 0 && (entry = readdir(list)) != NULL)
        if (is_news(source, dirfd(list), entry->d_name, taken))
            count += sweep_file(site, spool, source, dirfd(list), entry->d_name);
    if (taken >= 0)
        tsk_os->close(taken);
    if (list != NULL)
        closedir(list);
    free(path);
    return count;
}
