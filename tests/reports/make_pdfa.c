/* make_pdfa - images as the PDF/A that an export writes: make_pdfa TITLE OUT.pdf PAGE.png... */
#include <stdio.h>

#include "base/file.h"
#include "reports/pdfa.h"

#define BYTES_MAX ((size_t)16 << 20)

static int add(struct tsk_pdfa *pdf, const char *path, double x_dpi, struct tsk_err *err)
{
    struct tsk_buf png = TSK_BUF(BYTES_MAX);
    int rc = tsk_file_read(path, &png, err);

    if (rc == 0)
        rc = tsk_pdfa_page(pdf, png.data, png.len, x_dpi, x_dpi / 2, err);
    tsk_buf_free(&png);
    return rc;
}

int main(int argc, char **argv)
{
    struct tsk_buf out = TSK_BUF(BYTES_MAX);
    struct tsk_pdfa *pdf = NULL;
    struct tsk_err err = { 0 };

    if (argc < 4)
        return 2;
    int rc = tsk_pdfa_begin(&pdf, &out, argv[1], "2026-11-25T01:02:03.000Z", &err);
    for (int i = 3; i < argc && rc == 0; i++)
        rc = add(pdf, argv[i], i % 2 == 0 ? 204 : 0, &err);
    if (rc == 0)
        rc = tsk_pdfa_end(pdf, &err);
    tsk_pdfa_free(&pdf);
    if (rc == 0)
        rc = tsk_file_put_path(argv[2], out.data, out.len, 0644, &err);
    tsk_buf_free(&out);
    if (rc != 0)
        fprintf(stderr, "make_pdfa: %s\n", err.text);
    return rc != 0;
}
