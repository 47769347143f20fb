/*
 * tasuki doctor - looks at everything that a site needs, and says of each fault what to do
 *
 * Promise    Changes nothing but what opening the records makes (tables). Every check runs, whatever the others found.
 *            Exit status 1 as soon as one thing is wrong.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pango/pangocairo.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/date.h"
#include "config/datadir.h"
#include "gateway/anchor.h"
#include "gateway/command.h"
#include "gateway/doctor.h"
#include "gateway/imap/check.h"
#include "gateway/intake.h"
#include "gateway/site.h"
#include "gateway/site_routing.h"
#include "gateway/spool_site.h"
#include "ocr/confine/recogniser.h"
#include "records/audit.h"
#include "routing/template.h"

#define RECOGNISER_MS 60000
#define ARENA_BYTES ((size_t)8 << 20)
#define CLOCK_ERROR_MS 1000
#define OLDEST_SANE "2026-01-01" /* older than this program: the clock is wrong */

static void check_user(struct tsk_doctor *doctor)
{
    const char *user = doctor->site->config->user;

    if (user[0] == '\0')
        tsk_doctor_note("user: is not set; serve must not be started as root");
    else if (getpwnam(user) == NULL)
        tsk_doctor_fault(doctor, "there is no system user \"%s\"; adduser --system %s", user, user);
    else
        tsk_doctor_well("user %s exists", user);
    if (geteuid() == 0)
        tsk_doctor_fault(doctor, "this is root, and user: is not set; name a system user in %s",
                         doctor->site->config_path);
}

static void check_dir(struct tsk_doctor *doctor, const char *path, bool secret)
{
    struct stat st;

    if (stat(path, &st) != 0)
        tsk_doctor_fault(doctor, "%s: %s; tasuki serve makes it if it may write to %s", path, strerror(errno),
                         doctor->site->dir);
    else if (access(path, R_OK | W_OK | X_OK) != 0)
        tsk_doctor_fault(doctor, "%s cannot be written by this user; chown it to the user of the site", path);
    else if (secret && (st.st_mode & 077) != 0)
        tsk_doctor_fault(doctor, "%s is open to other users (mode %03o) and holds patient data; chmod 700 %s", path,
                         st.st_mode & 0777, path);
    else
        tsk_doctor_well("%s", path);
}

static void check_dirs(struct tsk_doctor *doctor)
{
    const struct tsk_site *site = doctor->site;
    char *store = tsk_site_path(site, "store");

    check_dir(doctor, site->spool, true);
    check_dir(doctor, site->archive, true);
    if (store != NULL)
        check_dir(doctor, store, true);
    check_dir(doctor, site->run, true);
    check_dir(doctor, site->cache, true);
    free(store);
}

static long files_in(const char *path)
{
    DIR *list = opendir(path);
    long count = 0;

    if (list == NULL)
        return 0;
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list))
        count += entry->d_name[0] != '.';
    closedir(list);
    return count;
}

static void tell(void *ctx, enum tsk_check_how how, const char *text)
{
    if (how == TSK_CHECK_FAULT)
        tsk_doctor_fault(ctx, "%s", text);
    else if (how == TSK_CHECK_NOTE)
        tsk_doctor_note("%s", text);
    else
        tsk_doctor_well("%s", text);
}

static void check_source(struct tsk_doctor *doctor, const struct tsk_source *source)
{
    char *path, *refused = NULL;

    if (source->kind == TSK_SOURCE_IMAP) {
        tsk_mailbox_check(doctor->site, source, tell, doctor);
        return;
    }
    if (source->kind == TSK_SOURCE_FAX && source->folder[0] == '\0')
        return;
    path = tsk_site_path(doctor->site, source->folder);
    if (path == NULL || asprintf(&refused, "%s/refused", path) < 0) {
        free(path);
        return;
    }
    check_dir(doctor, path, false);
    if (files_in(refused) > 0)
        tsk_doctor_fault(
            doctor,
            "%s: %ld files were refused because they are too large; raise reading.document_mb_max or send them again "
            "in parts, then move them away",
            refused, files_in(refused));
    free(refused);
    free(path);
}

static void check_sources(struct tsk_doctor *doctor)
{
    const struct tsk_config *config = doctor->site->config;

    for (size_t i = 0; i < config->source_count; i++)
        check_source(doctor, &config->sources[i]);
    for (size_t i = 0; i < config->office_count; i++) {
        size_t own = 0;

        for (size_t k = 0; k < config->source_count; k++)
            own += strcmp(config->sources[k].office, config->offices[i].id) == 0;
        if (own == 0)
            tsk_doctor_note("office %s has no source: documents come only by tasuki submit", config->offices[i].id);
    }
}

static void check_disk(struct tsk_doctor *doctor)
{
    struct statvfs fs;
    unsigned long long free_mb;

    if (statvfs(doctor->site->dir, &fs) != 0) {
        tsk_doctor_fault(doctor, "%s: cannot see how much room there is: %s", doctor->site->dir, strerror(errno));
        return;
    }
    free_mb = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
    if (free_mb < doctor->site->config->disk_free_mb_min)
        tsk_doctor_fault(doctor, "%llu MB free, %u MB wanted (disk_free_mb_min): nothing is accepted; make room on %s",
                         free_mb, doctor->site->config->disk_free_mb_min, doctor->site->dir);
    else if (fs.f_files > 0 && fs.f_favail < 1000)
        tsk_doctor_fault(doctor, "only %lu files can still be made on the disk of %s; make room",
                         (unsigned long)fs.f_favail, doctor->site->dir);
    else
        tsk_doctor_well("%llu MB free", free_mb);
}

/* Reception decides eras, fiscal years and deadlines, and the log must be believed: somebody has to keep the clock. */
static void check_clock_kept(void)
{
    int64_t error_ms;

    switch (tsk_clock_kept(&error_ms)) {
    case TSK_CLOCK_KEPT:
        if (error_ms > CLOCK_ERROR_MS)
            tsk_doctor_note("WARNING: the clock is synchronised, but may be off by %lld ms; look at its time servers",
                            (long long)error_ms);
        else
            tsk_doctor_well("the clock is synchronised, off by %lld ms at most", (long long)error_ms);
        break;
    case TSK_CLOCK_ALONE:
        tsk_doctor_note(
            "WARNING: nothing keeps the clock right; timedatectl set-ntp true, and see that it reaches a time server");
        break;
    case TSK_CLOCK_UNKNOWN:
        tsk_doctor_note("cannot tell whether the clock is synchronised; see to it: timedatectl");
        break;
    }
}

static void check_clock(struct tsk_doctor *doctor)
{
    char now[TSK_STAMP_SIZE];
    struct stat st;
    int64_t wall_ms = tsk_wall_ms();

    tsk_stamp(wall_ms, now);
    if (getenv("TASUKI_CLOCK") != NULL)
        tsk_doctor_note("TASUKI_CLOCK is set: the clock is one for tests");
    if (strcmp(now, OLDEST_SANE) < 0)
        tsk_doctor_fault(doctor, "the clock says %s; set it (timedatectl set-ntp true)", now);
    else if (stat(doctor->site->store, &st) == 0 && (int64_t)st.st_mtim.tv_sec * 1000 > wall_ms + 120000)
        tsk_doctor_fault(doctor, "the clock says %s, but the records were written later than that; set the clock", now);
    else
        tsk_doctor_well("clock %s", now);
    check_clock_kept();
}

static void check_program(struct tsk_doctor *doctor, const char *path, const char *package)
{
    if (access(path, X_OK) == 0)
        tsk_doctor_well("%s", path);
    else
        tsk_doctor_fault(doctor, "%s is missing: PDF documents cannot be read; apt install %s", path, package);
}

static bool has_family(PangoFontFamily **families, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcasecmp(pango_font_family_get_name(families[i]), name) == 0)
            return true;
    return false;
}

static void check_fonts(struct tsk_doctor *doctor)
{
    PangoFontFamily **families = NULL;
    int count = 0;

    pango_font_map_list_families(pango_cairo_font_map_get_default(), &families, &count);
    for (size_t i = 0; doctor->records != NULL && i < doctor->records->forms.count; i++) {
        const struct tsk_form *form = &doctor->records->forms.forms[i];

        for (size_t k = 0; k < form->print_count; k++)
            if (form->prints[k].font[0] != '\0' && !has_family(families, count, form->prints[k].font))
                tsk_doctor_fault(doctor,
                                 "the font \"%s\" of form %s/%s is missing; apt install fonts-ipaexfont fonts-ipafont",
                                 form->prints[k].font, form->id, form->edition);
    }
    if (has_family(families, count, "IPAexMincho"))
        tsk_doctor_well("Japanese fonts");
    else
        tsk_doctor_fault(doctor, "the font \"IPAexMincho\" is missing; apt install fonts-ipaexfont");
    g_free(families);
}

static void check_languages(struct tsk_doctor *doctor)
{
    static const char *const files[] = { "jpn.traineddata", "Japanese.traineddata", "eng.traineddata" };
    static const char *const packages[] = { "tesseract-ocr-jpn", "tesseract-ocr-script-jpan", "tesseract-ocr-eng" };
    const char *prefix = getenv("TESSDATA_PREFIX");

    for (size_t i = 0; i < TSK_COUNT(files); i++) {
        char path[4096];

        snprintf(path, sizeof path, "%s/%s", prefix != NULL ? prefix : "/usr/share/tesseract-ocr/5/tessdata", files[i]);
        if (access(path, R_OK) == 0)
            tsk_doctor_well("%s", path);
        else
            tsk_doctor_fault(doctor, "%s is missing: Japanese text cannot be read; apt install %s", path, packages[i]);
    }
}

static void check_recogniser(struct tsk_doctor *doctor)
{
    const char *const args[] = { "--data", tsk_data_dir(), "--cache", doctor->site->cache, NULL };
    struct tsk_recogniser *recogniser;
    struct tsk_err err = { 0 };
    pid_t pid;

    if (tsk_recogniser_start(&recogniser, 1, args, &pid, &err) != 0) {
        tsk_doctor_fault(doctor, "the recogniser does not start: %s", err.text);
        return;
    }
    if (tsk_recogniser_ready(recogniser, RECOGNISER_MS, &err) == 0)
        tsk_doctor_well("the recogniser starts");
    else
        tsk_doctor_fault(doctor, "the recogniser does not start: %s", err.text);
    tsk_recogniser_close(&recogniser);
    waitpid(pid, NULL, 0);
}

static bool has_field(const struct tsk_doctor *doctor, const char *form_id, const char *field, bool *seen)
{
    bool known = false;

    for (size_t i = 0; i < doctor->records->forms.count; i++) {
        const struct tsk_form *form = &doctor->records->forms.forms[i];

        if (form_id[0] != '\0' && strcmp(form->id, form_id) != 0)
            continue;
        *seen = true;
        known = known || field == NULL || tsk_form_field(form, field) != NULL;
        for (size_t k = 0; field != NULL && k < form->date_count; k++)
            known = known || strcmp(form->dates[k].id, field) == 0;
    }
    return known;
}

/* also: forms of which one may have the field instead. */
static void check_field(struct tsk_doctor *doctor, const char *what, const char *form_id,
                        const struct tsk_strings *also, const char *field)
{
    bool seen = false, known = has_field(doctor, form_id, field, &seen);

    for (size_t i = 0; seen && also != NULL && i < also->count; i++)
        known = known || has_field(doctor, also->items[i], field, &seen);
    if (!seen)
        tsk_doctor_fault(doctor, "%s: %s names the form \"%s\", which does not exist; tasuki forms list",
                         doctor->site->config_path, what, form_id);
    else if (!known)
        tsk_doctor_fault(doctor, "%s: %s names the field \"%s\", which form \"%s\" does not have; tasuki forms show",
                         doctor->site->config_path, what, field, form_id);
}

static void check_rule_field(struct tsk_doctor *doctor, const char *what, const char *form_id, const char *field)
{
    check_field(doctor, what, form_id, NULL, field);
}

static void check_event(struct tsk_doctor *doctor, const struct tsk_event_rule *event)
{
    const struct tsk_strings *lists[] = { &event->filled, &event->same, &event->person };

    check_rule_field(doctor, event->id, event->form, NULL);
    for (size_t i = 0; i < event->also.count; i++)
        check_rule_field(doctor, event->id, event->also.items[i], NULL);
    for (size_t i = 0; i < TSK_COUNT(lists); i++)
        for (size_t k = 0; k < lists[i]->count; k++)
            check_field(doctor, event->id, event->form, &event->also, lists[i]->items[k]);
}

static void check_template(struct tsk_doctor *doctor, const struct tsk_rule *rule, const char *name)
{
    static const struct tsk_template_values values = { .office = "x",
                                                       .office_phone = "x",
                                                       .office_fax = "x",
                                                       .office_hours = "x",
                                                       .recipient = "x",
                                                       .case_number = "x",
                                                       .ref = "x",
                                                       .form = "x",
                                                       .ward = "x",
                                                       .received = "x",
                                                       .link = "x",
                                                       .reason = "x",
                                                       .destination = "x",
                                                       .text = "x",
                                                       .count = "1",
                                                       .about = "x" };
    struct tsk_template_text text = { NULL, NULL };
    struct tsk_err err = { 0 };

    if (tsk_template_render(&text, name, doctor->site->dir, &values, &err) != 0)
        tsk_doctor_fault(doctor, "rule %s: %s", rule->id, err.text);
    tsk_template_text_free(&text);
}

static void check_rules(struct tsk_doctor *doctor)
{
    const struct tsk_routing_config *routing = &doctor->site->config->routing;
    int before = doctor->faults;

    if (doctor->records == NULL)
        return;
    for (size_t i = 0; i < routing->event_count; i++)
        check_event(doctor, &routing->events[i]);
    for (size_t i = 0; i < routing->rule_count; i++) {
        const struct tsk_rule *rule = &routing->rules[i];

        check_template(doctor, rule, rule->template);
        if (rule->letter[0] != '\0')
            check_template(doctor, rule, rule->letter);
        for (size_t k = 0; k < rule->encloses.count; k++)
            check_rule_field(doctor, rule->id, rule->encloses.items[k], NULL);
        if (rule->form[0] != '\0')
            check_rule_field(doctor, rule->id, rule->form, rule->name_from[0] != '\0' ? rule->name_from : NULL);
    }
    if (routing->rule_count == 0)
        tsk_doctor_fault(doctor, "%s has no rules: nobody would be told of anything; see config/sample/tasuki.yaml",
                         doctor->site->config_path);
    else if (doctor->faults == before)
        tsk_doctor_well("%zu rules, %zu forms", routing->rule_count, doctor->records->forms.count);
}

static void open_records(struct tsk_doctor *doctor)
{
    struct tsk_err err = { 0 };

    if (tsk_records_open(&doctor->records, doctor->site, &err) != 0)
        tsk_doctor_fault(doctor, "the records cannot be opened: %s", err.text);
}

static void check_store(struct tsk_doctor *doctor)
{
    struct tsk_audit_head head;
    size_t noted = 0;
    struct tsk_err err = { 0 };

    if (doctor->records == NULL)
        return;
    if (tsk_store_check(doctor->records->store, &err) != 0)
        tsk_doctor_fault(doctor, "%s; stop the site and restore the last backup", err.text);
    else
        tsk_doctor_well("records: version %d, sound", tsk_store_version(doctor->records->store));
    if (tsk_anchor_verify(&head, &noted, doctor->site, doctor->records->store, NULL, &err) != 0)
        tsk_doctor_fault(doctor, "%s", err.text);
    else
        tsk_doctor_well("audit chain: %lld entries, %zu heads noted elsewhere", (long long)head.seq, noted);
    if (noted == 0)
        tsk_doctor_note("no head of the audit chain was noted elsewhere; audit: { anchor_file: … } in %s",
                        doctor->site->config_path);
}

static void check_spool(struct tsk_doctor *doctor)
{
    struct tsk_spool *spool;
    struct tsk_err err = { 0 };
    long counts[TSK_SPOOL_STATES];

    if (tsk_site_spool_open(&spool, doctor->site, &err) != 0) {
        tsk_doctor_fault(doctor, "%s", err.text);
        return;
    }
    for (int state = 0; state < TSK_SPOOL_STATES; state++)
        counts[state] = tsk_spool_count(spool, (enum tsk_spool_state)state, &err);
    tsk_spool_close(&spool);
    tsk_doctor_well("spool: %ld waiting, %ld being read", counts[TSK_SPOOL_INCOMING], counts[TSK_SPOOL_READING]);
    if (counts[TSK_SPOOL_HELD] > 0)
        tsk_doctor_note("%ld documents are held for a person; tasuki queue", counts[TSK_SPOOL_HELD]);
    if (counts[TSK_SPOOL_CORRUPT] > 0)
        tsk_doctor_fault(
            doctor,
            "%ld documents were damaged on disk (%s/corrupt); check the disk (smartctl), ask the senders to send again",
            counts[TSK_SPOOL_CORRUPT], doctor->site->spool);
}

static void check_running(struct tsk_doctor *doctor)
{
    int fd = open(doctor->site->lock, O_RDONLY | O_CLOEXEC);

    if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        tsk_doctor_well("tasuki serve is running");
    else
        tsk_doctor_note("tasuki serve is not running on this site");
    if (fd >= 0)
        close(fd);
}

static void (*const checks[])(struct tsk_doctor *doctor) = {
    check_user,      check_dirs,       check_sources, check_disk,      check_clock,        tsk_doctor_lines,
    tsk_doctor_keys, check_rules,      check_fonts,   check_languages, check_store,        tsk_doctor_moves,
    check_spool,     check_recogniser, check_running, tsk_doctor_web,  tsk_doctor_sources,
};

static int examine(struct tsk_site *site, bool verify)
{
    struct tsk_doctor doctor = { .site = site };

    tsk_doctor_well("configuration %s", site->config_path);
    open_records(&doctor);
    for (size_t i = 0; i < TSK_COUNT(checks); i++)
        checks[i](&doctor);
    check_program(&doctor, "/usr/bin/pdftoppm", "poppler-utils");
    if (verify)
        tsk_doctor_verify(&doctor);
    tsk_records_close(&doctor.records);
    printf("%d fault%s\n", doctor.faults, doctor.faults == 1 ? "" : "s");
    return doctor.faults == 0 ? TSK_EXIT_OK : TSK_EXIT_FAILED;
}

static int run(int argc, char **argv)
{
    struct tsk_site *site = NULL;
    struct tsk_err err = { 0 };
    bool verify = tsk_cli_flag(&argc, argv, "--verify");
    int rc;

    if (tsk_site_open(&site, &argc, argv, &err) != 0 || tsk_cli_rest(&argc, argv, &err) != 0) {
        tsk_site_close(&site);
        return tsk_cli_failed(&err);
    }
    rc = argc == 1 ? examine(site, verify) : tsk_cli_usage(&tsk_cmd_doctor);
    tsk_site_close(&site);
    return rc;
}

const struct tsk_command tsk_cmd_doctor = { "doctor", "doctor [--verify] [--site DIR]",
                                            "look at everything the site needs, say what to do (--verify: every byte)",
                                            run };
