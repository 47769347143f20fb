/* doctor_web - certificate, pages and accounts of the desk */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "config/datadir.h"
#include "gateway/doctor.h"
#include "records/account.h"

#define PEM_BYTES_MAX ((size_t)256 << 10)
#define WARN_DAYS 30
#define LAST_DAYS 7
#define DAY_S (24 * 3600)

static void check_age(struct tsk_doctor *doctor, const char *path, gnutls_x509_crt_t certificate)
{
    int64_t left = ((int64_t)gnutls_x509_crt_get_expiration_time(certificate) - tsk_wall_ms() / 1000) / DAY_S;

    if (left < 0)
        tsk_doctor_fault(doctor, "%s: the certificate has expired; browsers refuse the desk", path);
    else if (left < LAST_DAYS)
        tsk_doctor_fault(doctor, "%s: the certificate expires in %lld days; renew it and send serve SIGHUP", path,
                         (long long)left);
    else if (left < WARN_DAYS)
        tsk_doctor_note("%s: the certificate expires in %lld days", path, (long long)left);
    else
        tsk_doctor_well("%s: %lld days left", path, (long long)left);
}

/* Certificate and key belong together, and the certificate is good for a while. */
static void check_pair(struct tsk_doctor *doctor, const char *path, const struct tsk_buf *pem, const char *key_path,
                       const struct tsk_buf *key)
{
    gnutls_datum_t certificate = { (unsigned char *)pem->data, (unsigned)pem->len };
    gnutls_datum_t secret = { (unsigned char *)key->data, (unsigned)key->len };
    gnutls_certificate_credentials_t both = NULL;
    gnutls_x509_crt_t first = NULL;

    if (gnutls_x509_crt_init(&first) < 0 || gnutls_certificate_allocate_credentials(&both) < 0)
        tsk_doctor_fault(doctor, "no memory to look at %s", path);
    else if (gnutls_x509_crt_import(first, &certificate, GNUTLS_X509_FMT_PEM) < 0)
        tsk_doctor_fault(doctor, "%s is no certificate in PEM", path);
    else if (gnutls_certificate_set_x509_key_mem(both, &certificate, &secret, GNUTLS_X509_FMT_PEM) < 0)
        tsk_doctor_fault(doctor, "%s and %s do not belong together", path, key_path);
    else
        check_age(doctor, path, first);
    if (both != NULL)
        gnutls_certificate_free_credentials(both);
    if (first != NULL)
        gnutls_x509_crt_deinit(first);
}

static void check_certificate(struct tsk_doctor *doctor, const struct tsk_web_config *web)
{
    char *path = tsk_site_path(doctor->site, web->certificate), *key_path = tsk_site_path(doctor->site, web->key);
    struct tsk_buf pem = TSK_BUF(PEM_BYTES_MAX), key = TSK_BUF(PEM_BYTES_MAX);
    struct tsk_err err = { 0 };
    struct stat st;

    if (path == NULL || key_path == NULL)
        tsk_doctor_fault(doctor, "no memory to look at the certificate of the desk");
    else if (tsk_file_read(path, &pem, &err) != 0 || tsk_file_read(key_path, &key, &err) != 0)
        tsk_doctor_fault(doctor, "%s", err.text);
    else {
        check_pair(doctor, path, &pem, key_path, &key);
        if (stat(key_path, &st) == 0 && (st.st_mode & 007) != 0)
            tsk_doctor_fault(doctor, "%s can be read by everybody (mode %03o); chmod 600 %s", key_path,
                             st.st_mode & 0777, key_path);
    }
    tsk_buf_free(&key);
    tsk_buf_free(&pem);
    free(key_path);
    free(path);
}

static void check_pages(struct tsk_doctor *doctor)
{
    char *path = tsk_data_path("review/static/index.html");
    struct stat st;

    if (path == NULL || stat(path, &st) != 0)
        tsk_doctor_fault(doctor, "the pages of the desk are not at %s: %s", path != NULL ? path : "", strerror(errno));
    free(path);
}

static void check_account(struct tsk_doctor *doctor, const struct tsk_account *account, bool factor_needed)
{
    if (account->disabled[0] != '\0')
        return;
    if (account->break_glass && account->opened[0] != '\0')
        tsk_doctor_fault(doctor,
                         "the sealed password of the account %s was used at %s; find out why, then seal a new one: "
                         "tasuki user reset %s --by NAME",
                         account->name, account->opened, account->name);
    if (!account->break_glass && factor_needed && !account->second_factor && !account->must_change)
        tsk_doctor_note("the account %s has set up no second factor yet", account->name);
    if (account->second_factor && account->recovery_left < 3)
        tsk_doctor_note("the account %s has %d recovery codes left", account->name, account->recovery_left);
}

static void check_accounts(struct tsk_doctor *doctor, const struct tsk_web_config *web)
{
    struct tsk_arena *arena = doctor->records != NULL ? tsk_arena_new((size_t)64 << 20) : NULL;
    struct tsk_accounts accounts = { .count = 0 };
    struct tsk_err err = { 0 };
    bool sealed = false;

    if (arena == NULL)
        return;
    if (tsk_account_list(&accounts, doctor->records->store, &tsk_scope_all, arena, &err) != 0)
        tsk_doctor_fault(doctor, "%s", err.text);
    else if (accounts.count == 0)
        tsk_doctor_fault(doctor,
                         "nobody can sign in at the desk; tasuki user add NAME --office ID --role manager --by NAME");
    for (size_t i = 0; i < accounts.count; i++) {
        check_account(doctor, &accounts.items[i], !web->second_factor_optional);
        sealed = sealed || accounts.items[i].break_glass;
    }
    if (accounts.count > 0)
        tsk_doctor_well("desk: %zu accounts", accounts.count);
    if (accounts.count > 0 && !sealed)
        tsk_doctor_note("there is no emergency account; tasuki user add NAME --break-glass --office ID --by NAME");
    tsk_arena_free(&arena);
}

void tsk_doctor_web(struct tsk_doctor *doctor)
{
    const struct tsk_web_config *web = &doctor->site->config->web;

    if (web->listen[0] == '\0') {
        tsk_doctor_note("no desk: web: names no address to listen on");
        return;
    }
    if (web->certificate[0] != '\0')
        check_certificate(doctor, web);
    else
        tsk_doctor_note("the desk listens on %s without TLS; a reverse proxy has to speak it", web->listen);
    if (web->second_factor_optional)
        tsk_doctor_note("the second factor is optional (web.second_factor_optional)");
    check_pages(doctor);
    check_accounts(doctor, web);
}
