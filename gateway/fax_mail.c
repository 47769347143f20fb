#include "gateway/fax_mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "gateway/fax_in.h"
#include "gateway/fax_page.h"

#define FAX_BYTES_MAX ((size_t)16 << 20)

struct fax_mail {
    struct tsk_channel channel;
    struct tsk_channel *mail;
    const struct tsk_config *config;
    char *letters; /* folder for pages on their way */
};

int tsk_fax_mail_address(char *out, size_t size, const struct tsk_fax_config *config, const char *number)
{
    const char *star = strchr(config->address, '*');
    char digits[64];
    bool abroad = strcmp(config->number, "international") == 0;
    int len;

    tsk_fax_number(digits, sizeof digits, number);
    if (digits[0] == '\0' || star == NULL)
        return -1;
    len = snprintf(out, size, "%.*s%s%s%s", (int)(star - config->address), config->address, abroad ? "81" : "",
                   digits + (abroad && digits[0] == '0'), star + 1);
    return len < 0 || (size_t)len >= size ? -1 : 0;
}

/* The pages as a file's bytes; a file that was needed for them is gone afterwards. */
static int make_pages(struct tsk_buf *out, const struct fax_mail *fax, const struct tsk_letter *letter,
                      struct tsk_err *err)
{
    bool pdf = strcmp(fax->config->fax.attach, "pdf") == 0;
    char *path = NULL;
    int pages, rc;

    if (pdf)
        return tsk_fax_pages_pdf(&pages, out, letter, err);
    if (asprintf(&path, "%s/%s.tif", fax->letters, letter->id) < 0)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a fax");
    rc = tsk_fax_pages_write(&pages, path, letter, err);
    if (rc == 0)
        rc = tsk_file_read(path, out, err);
    unlink(path);
    free(path);
    return rc;
}

static int compose(struct tsk_buf *out, const struct fax_mail *fax, const struct tsk_letter *letter, const char *from,
                   const char *to, struct tsk_err *err)
{
    bool pdf = strcmp(fax->config->fax.attach, "pdf") == 0;
    struct tsk_buf pages = TSK_BUF(FAX_BYTES_MAX);
    char subject[64];
    struct tsk_mail mail = { .from_name = "",
                             .from = from,
                             .to_name = "",
                             .to = to,
                             .subject = subject,
                             .body = subject,
                             .notice_id = letter->id,
                             .about_id = "",
                             .domain = fax->config->mail.domain,
                             .file_name = pdf ? "fax.pdf" : "fax.tif",
                             .file_type = pdf ? "application/pdf" : "image/tiff",
                             .encoding = TSK_MAIL_BASE64 };
    int rc;

    snprintf(subject, sizeof subject, "Tasuki %s", letter->id);
    if (!tsk_stamp_parse(letter->created, &mail.date_ms))
        mail.date_ms = tsk_wall_ms();
    rc = make_pages(&pages, fax, letter, err);
    mail.file = pages.data;
    mail.file_len = pages.len;
    if (rc == 0)
        rc = tsk_mail_compose(out, &mail, err);
    tsk_buf_free(&pages);
    return rc;
}

static void start(struct tsk_channel *channel, struct tsk_flight *flight)
{
    struct fax_mail *fax = (struct fax_mail *)(void *)channel;
    const struct tsk_office_config *office = tsk_config_office(fax->config, flight->letter.office);
    struct tsk_buf bytes = TSK_BUF(FAX_BYTES_MAX * 2);
    char to[320];
    struct tsk_err err = { 0 };

    if (office == NULL || tsk_fax_mail_address(to, sizeof to, &fax->config->fax, flight->letter.to) != 0) {
        tsk_flight_land(flight, TSK_DELIVERED_FAILED, "the entry has no fax number");
    } else if (compose(&bytes, fax, &flight->letter, office->from, to, &err) != 0) {
        tsk_flight_land(flight, TSK_DELIVERED_LATER, "%s", err.text);
    } else if ((flight->kept = malloc(strlen(to) + 1 + bytes.len + 1)) == NULL) {
        tsk_flight_land(flight, TSK_DELIVERED_LATER, "no memory for a fax");
    } else { /* the mail channel's own from here on: it lands this very flight */
        size_t len = strlen(to) + 1;

        memcpy(flight->kept, to, len);
        memcpy(flight->kept + len, tsk_buf_text(&bytes), bytes.len + 1);
        flight->letter.to = flight->kept;
        flight->letter.bytes = flight->kept + len;
        flight->letter.len = bytes.len;
        fax->mail->start(fax->mail, flight);
    }
    tsk_buf_free(&bytes);
}

static void abandon(struct tsk_channel *channel, struct tsk_flight *flight)
{
    struct fax_mail *fax = (struct fax_mail *)(void *)channel;

    fax->mail->abandon(fax->mail, flight);
}

static void close_channel(struct tsk_channel *channel)
{
    struct fax_mail *fax = (struct fax_mail *)(void *)channel;

    free(fax->letters);
    free(fax);
}

int tsk_fax_mail_open(struct tsk_channel **out, struct tsk_channel *mail, const struct tsk_site *site,
                      struct tsk_err *err)
{
    struct fax_mail *fax = calloc(1, sizeof *fax);

    *out = NULL;
    if (fax == NULL || (fax->letters = tsk_site_path(site, "letters")) == NULL) {
        free(fax);
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    }
    fax->channel =
        (struct tsk_channel){ .name = "fax-mail", .start = start, .abandon = abandon, .close = close_channel };
    fax->mail = mail;
    fax->config = site->config;
    if (tsk_dir_make(fax->letters, 0700, err) != 0) {
        close_channel(&fax->channel);
        return -1;
    }
    *out = &fax->channel;
    return 0;
}
