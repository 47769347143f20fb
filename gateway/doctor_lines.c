/* What leaves the house: mail, webhooks, faxes. Nothing is sent for the asking. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/doctor.h"

static void check_secret(struct tsk_doctor *doctor, const char *file, const char *whose)
{
    char *path = tsk_site_path(doctor->site, file);
    struct stat st;

    if (path == NULL)
        return;
    if (access(path, R_OK) != 0 || stat(path, &st) != 0)
        tsk_doctor_fault(doctor, "%s: %s; put the secret of %s into its first line", path, strerror(errno), whose);
    else if ((st.st_mode & 077) != 0)
        tsk_doctor_fault(doctor, "%s is open to other users; chmod 600 %s", path, path);
    free(path);
}

static void check_mail(struct tsk_doctor *doctor)
{
    const struct tsk_mail_config *mail = &doctor->site->config->mail;

    if (mail->channel == TSK_MAIL_MAILDIR) {
        tsk_doctor_note("mail is put into %s and not sent to anybody (mail.channel: maildir)", doctor->site->mail);
        return;
    }
    tsk_doctor_well("mail goes to %s", mail->smtp_url);
    if (mail->smtp_password_file[0] != '\0')
        check_secret(doctor, mail->smtp_password_file, mail->smtp_user);
    if (mail->bounce[0] == '\0')
        tsk_doctor_note(
            "mail.bounce is not set: bounces go to the office's own address, and are known only if its mailbox is "
            "a source");
}

/* News that must not wait for the next opening day. */
static void check_urgent(const struct tsk_doctor *doctor)
{
    const struct tsk_config *config = doctor->site->config;
    bool used = false;

    for (size_t i = 0; i < config->routing.rule_count; i++)
        for (size_t k = 0; k < config->routing.rules[i].channels.count; k++)
            used |= strcmp(config->routing.rules[i].channels.items[k], "urgent") == 0;
    for (size_t i = 0; used && i < config->office_count; i++)
        if (config->offices[i].urgent_email == NULL || config->offices[i].urgent_email[0] == '\0')
            tsk_doctor_note(
                "office %s has no urgent_email: what is urgent reaches its ordinary mailbox only, and nobody "
                "before it opens",
                config->offices[i].id);
}

static bool has_mailbox(const struct tsk_config *config)
{
    for (size_t i = 0; i < config->source_count; i++)
        if (config->sources[i].kind == TSK_SOURCE_IMAP)
            return true;
    return false;
}

static void check_fax(struct tsk_doctor *doctor)
{
    const struct tsk_config *config = doctor->site->config;

    if (config->fax.channel == TSK_FAX_HYLAFAX)
        tsk_doctor_well("faxes go to HylaFAX at %s", config->fax.server);
    else if (config->fax.channel == TSK_FAX_MAIL && !has_mailbox(config))
        tsk_doctor_fault(doctor,
                         "faxes go to %s, but no mailbox is a source: their results are never read; add one of kind "
                         "imap, or use fax.channel: manual",
                         config->fax.address);
    else if (config->fax.channel == TSK_FAX_MAIL)
        tsk_doctor_well("faxes go to %s", config->fax.address);
    if ((config->fax.channel == TSK_FAX_HYLAFAX || config->fax.channel == TSK_FAX_MAIL) && config->fax.hours[0] == '\0')
        tsk_doctor_note("fax.hours is not set: an entry without hours of its own is called at night and on holidays");
}

void tsk_doctor_lines(struct tsk_doctor *doctor)
{
    const struct tsk_config *config = doctor->site->config;

    check_mail(doctor);
    check_fax(doctor);
    check_urgent(doctor);
    for (size_t i = 0; i < config->webhook_count; i++) {
        tsk_doctor_well("webhook %s: %s", config->webhooks[i].id, config->webhooks[i].url);
        check_secret(doctor, config->webhooks[i].secret_file, config->webhooks[i].id);
    }
}
