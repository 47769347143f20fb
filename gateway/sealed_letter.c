#include "gateway/sealed_letter.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "gateway/fax_page.h"
#include "gateway/qpdf.h"

#define PDF_BYTES_MAX ((size_t)8 << 20)
#define ARGUMENTS_MAX 4096

static int take_back(struct tsk_buf *out, int fd, struct tsk_err *err)
{
    char bytes[16384];
    ssize_t len;

    if (lseek(fd, 0, SEEK_SET) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "the encrypted letter cannot be read back");
    while ((len = read(fd, bytes, sizeof bytes)) > 0)
        tsk_buf_add(out, bytes, (size_t)len);
    if (len < 0 || out->failed || out->len == 0)
        return tsk_fail(err, TSK_RETRY, errno, "the encrypted letter cannot be read back");
    return 0;
}

static int encrypt(struct tsk_buf *out, const struct tsk_buf *plain, const char *passphrase, struct tsk_err *err)
{
    struct tsk_buf arguments = TSK_BUF(ARGUMENTS_MAX);
    int input = -1, output = -1, rc = -1;

    tsk_buf_printf(&arguments, "--encrypt\n%s\n%s\n256\n--\n" TSK_QPDF_INPUT "\n-\n", passphrase, passphrase);
    if (tsk_memory_file(&input, "letter", plain, err) == 0 && tsk_memory_file(&output, "letter", NULL, err) == 0 &&
        tsk_qpdf_run(&arguments, input, output, err) == 0)
        rc = take_back(out, output, err);
    if (input >= 0)
        close(input);
    if (output >= 0)
        close(output);
    if (arguments.data != NULL)
        explicit_bzero(arguments.data, arguments.len);
    tsk_buf_free(&arguments);
    return rc;
}

int tsk_sealed_letter(struct tsk_buf *out, const struct tsk_letter *letter, const char *passphrase, struct tsk_err *err)
{
    struct tsk_buf plain;
    int rc = tsk_letter_pages_pdf(&plain, letter, err);

    *out = TSK_BUF(PDF_BYTES_MAX);
    if (rc == 0)
        rc = encrypt(out, &plain, passphrase, err);
    tsk_buf_free(&plain);
    return rc;
}
