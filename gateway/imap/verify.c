#include "gateway/imap/verify.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <libetpan/mmapstring.h>
#include <stdbool.h>
#include <string.h>

#define CHAIN_MAX 16

static int load_trust(gnutls_x509_trust_list_t list, const char *ca_file, struct tsk_err *err)
{
    int count = ca_file[0] != '\0'
                    ? gnutls_x509_trust_list_add_trust_file(list, ca_file, NULL, GNUTLS_X509_FMT_PEM, 0, 0)
                    : gnutls_x509_trust_list_add_system_trust(list, 0, 0);

    if (count > 0)
        return 0;
    return ca_file[0] != '\0'
               ? tsk_fail(err, TSK_STOP, 0, "%s holds no certificate of an authority; put one there, in PEM", ca_file)
               : tsk_fail(err, TSK_STOP, 0, "this system knows no certificate authority; apt install ca-certificates");
}

/* How many certificates of the chain could be read, leaf first. */
static unsigned load_chain(gnutls_x509_crt_t certs[CHAIN_MAX], carray *chain)
{
    unsigned count = 0;

    for (unsigned i = 0; i < carray_count(chain) && count < CHAIN_MAX; i++) {
        const MMAPString *der = carray_get(chain, i);
        const gnutls_datum_t datum = { .data = (unsigned char *)der->str, .size = (unsigned)der->len };

        if (gnutls_x509_crt_init(&certs[count]) != 0)
            break;
        count++;
        if (gnutls_x509_crt_import(certs[count - 1], &datum, GNUTLS_X509_FMT_DER) != 0) {
            gnutls_x509_crt_deinit(certs[--count]);
            break;
        }
    }
    return count;
}

static int say(unsigned status, const char *host, struct tsk_err *err)
{
    if (status & GNUTLS_CERT_UNEXPECTED_OWNER)
        return tsk_fail(err, TSK_STOP, 0,
                        "the certificate that %s shows is made out to another name; write the right name in imap.url; "
                        "no password was sent",
                        host);
    if (status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED))
        return tsk_fail(err, TSK_STOP, 0,
                        "the certificate of %s is not valid today; tell whoever runs it; no password was sent", host);
    if (status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA))
        return tsk_fail(err, TSK_STOP, 0,
                        "the certificate of %s is issued by an authority that is not known here; if it is your own, "
                        "name its certificate in imap.ca_file; no password was sent",
                        host);
    return tsk_fail(err, TSK_STOP, 0, "the certificate of %s is not trusted (status %x); no password was sent", host,
                    status);
}

static int judge(gnutls_x509_trust_list_t list, carray *chain, const char *host, struct tsk_err *err)
{
    static unsigned char purpose[] = GNUTLS_KP_TLS_WWW_SERVER;
    gnutls_x509_crt_t certs[CHAIN_MAX];
    unsigned count = load_chain(certs, chain), status = 0;
    union {
        const char *in;
        unsigned char *out;
    } name = { .in = host };
    gnutls_typed_vdata_st data[] = { { .type = GNUTLS_DT_DNS_HOSTNAME, .data = name.out },
                                     { .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = purpose } };
    int rc;

    if (count == 0)
        return tsk_fail(err, TSK_STOP, 0, "%s shows no certificate that can be read; no password was sent", host);
    rc = gnutls_x509_trust_list_verify_crt2(list, certs, count, data, 2, 0, &status, NULL);
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_deinit(certs[i]);
    if (rc != 0)
        return tsk_fail(err, TSK_STOP, 0, "the certificate of %s cannot be checked: %s", host, gnutls_strerror(rc));
    return status == 0 ? 0 : say(status, host, err);
}

int tsk_tls_verify(mailstream *stream, const char *host, const char *ca_file, struct tsk_err *err)
{
    carray *chain = mailstream_get_certificate_chain(stream);
    gnutls_x509_trust_list_t list = NULL;
    int rc = -1;

    if (chain == NULL)
        return tsk_fail(err, TSK_STOP, 0, "%s shows no certificate; no password was sent", host);
    if (gnutls_x509_trust_list_init(&list, 0) != 0)
        tsk_fail(err, TSK_RETRY, 0, "no memory to check a certificate");
    else if (load_trust(list, ca_file, err) == 0)
        rc = judge(list, chain, host, err);
    if (list != NULL)
        gnutls_x509_trust_list_deinit(list, 1);
    mailstream_certificate_chain_free(chain);
    return rc;
}
