#include "reports/pdfa.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define PAGES_MAX 2000
#define OBJECTS_A_PAGE 3
#define FIXED 3 /* catalog, list of pages, metadata */
#define A4_WIDTH_PT 595.276
#define PT_PER_INCH 72.0

struct tsk_pdfa {
    struct tsk_buf *out;
    size_t start; /* of the file in out */
    char title[200], created[40];
    size_t offsets[FIXED + PAGES_MAX * OBJECTS_A_PAGE + 1];
    size_t pages;
};

struct png {
    uint32_t width, height;
    int depth, channels;
    struct tsk_buf data;
};

int tsk_pdfa_begin(struct tsk_pdfa **pdf, struct tsk_buf *out, const char *title, const char *created,
                   struct tsk_err *err)
{
    *pdf = calloc(1, sizeof **pdf);
    if (*pdf == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a PDF");
    (*pdf)->out = out;
    (*pdf)->start = out->len;
    snprintf((*pdf)->title, sizeof(*pdf)->title, "%s", title);
    snprintf((*pdf)->created, sizeof(*pdf)->created, "%s", created);
    tsk_buf_puts(out, "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n");
    return 0;
}

void tsk_pdfa_free(struct tsk_pdfa **pdf)
{
    free(*pdf);
    *pdf = NULL;
}

static void begin_object(struct tsk_pdfa *pdf, size_t number)
{
    pdf->offsets[number] = pdf->out->len - pdf->start;
    tsk_buf_printf(pdf->out, "%zu 0 obj\n", number);
}

static void put_stream(struct tsk_pdfa *pdf, const char *dictionary, const void *bytes, size_t len)
{
    tsk_buf_printf(pdf->out, "<<%s /Length %zu>>\nstream\n", dictionary, len);
    tsk_buf_add(pdf->out, bytes, len);
    tsk_buf_puts(pdf->out, "\nendstream\nendobj\n");
}

static uint32_t number_at(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool read_header(struct png *out, const unsigned char *at)
{
    out->width = number_at(at);
    out->height = number_at(at + 4);
    out->depth = at[8];
    out->channels = at[9] == 0 ? 1 : at[9] == 2 ? 3 : 0; /* greys, colours */
    return out->width > 0 && out->height > 0 && out->channels > 0 && at[10] == 0 && at[11] == 0 && at[12] == 0 &&
           (out->depth == 8 || (out->channels == 1 && (out->depth == 1 || out->depth == 2 || out->depth == 4)));
}

/* Chunks: length, name, data, check. Data of all IDAT together is one zlib stream. */
static bool read_png(struct png *out, const unsigned char *bytes, size_t len)
{
    static const unsigned char magic[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
    bool header = false;

    if (len < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0)
        return false;
    for (size_t at = sizeof magic; len - at >= 12;) {
        size_t size = number_at(bytes + at);
        const unsigned char *name = bytes + at + 4, *data = bytes + at + 8;

        if (size > len - at - 12 || (!header && (memcmp(name, "IHDR", 4) != 0 || size != 13)))
            return false;
        if (!header && !(header = read_header(out, data)))
            return false;
        if (memcmp(name, "tRNS", 4) == 0)
            return false;
        if (memcmp(name, "IDAT", 4) == 0)
            tsk_buf_add(&out->data, data, size);
        if (memcmp(name, "IEND", 4) == 0)
            return out->data.len > 0 && !out->data.failed;
        at += size + 12;
    }
    return false;
}

static void put_image(struct tsk_pdfa *pdf, size_t number, const struct png *png)
{
    static const char white[] = "/WhitePoint [0.9505 1 1.089] /Gamma";
    char dictionary[500];

    snprintf(dictionary, sizeof dictionary,
             "/Type /XObject /Subtype /Image /Width %u /Height %u /BitsPerComponent %d /ColorSpace [%s <<%s %s>>] "
             "/Filter /FlateDecode /DecodeParms <</Predictor 15 /Colors %d /BitsPerComponent %d /Columns %u>>",
             png->width, png->height, png->depth, png->channels == 1 ? "/CalGray" : "/CalRGB", white,
             png->channels == 1 ? "2.2" : "[2.2 2.2 2.2]", png->channels, png->depth, png->width);
    begin_object(pdf, number);
    put_stream(pdf, dictionary, png->data.data, png->data.len);
}

static void put_page(struct tsk_pdfa *pdf, const struct png *png, double x_dpi, double y_dpi)
{
    size_t page = FIXED + 1 + pdf->pages * OBJECTS_A_PAGE;
    double width = x_dpi > 0 ? png->width * PT_PER_INCH / x_dpi : A4_WIDTH_PT;
    double height = x_dpi > 0 && y_dpi > 0 ? png->height * PT_PER_INCH / y_dpi : width * png->height / png->width;
    char draw[100];

    snprintf(draw, sizeof draw, "q %.3f 0 0 %.3f 0 0 cm /I Do Q", width, height);
    begin_object(pdf, page);
    tsk_buf_printf(pdf->out,
                   "<</Type /Page /Parent 2 0 R /MediaBox [0 0 %.3f %.3f] /Contents %zu 0 R "
                   "/Resources <</XObject <</I %zu 0 R>>>>>>\nendobj\n",
                   width, height, page + 1, page + 2);
    begin_object(pdf, page + 1);
    put_stream(pdf, "", draw, strlen(draw));
    put_image(pdf, page + 2, png);
    pdf->pages++;
}

int tsk_pdfa_page(struct tsk_pdfa *pdf, const void *bytes, size_t len, double x_dpi, double y_dpi, struct tsk_err *err)
{
    struct png png = { .data = TSK_BUF(len) };
    int rc = 0;

    if (pdf->pages == PAGES_MAX)
        rc = tsk_fail(err, TSK_REJECT, 0, "a PDF of more than %d pages; export the documents one by one", PAGES_MAX);
    else if (!read_png(&png, bytes, len))
        rc = tsk_fail(err, TSK_HOLD, 0, "page %zu is no image of this program and cannot be copied", pdf->pages + 1);
    else
        put_page(pdf, &png, x_dpi, y_dpi);
    tsk_buf_free(&png.data);
    return rc;
}

static void put_escaped(struct tsk_buf *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '&')
            tsk_buf_puts(out, "&amp;");
        else if (*text == '<')
            tsk_buf_puts(out, "&lt;");
        else
            tsk_buf_add(out, text, 1);
}

static void put_metadata(struct tsk_pdfa *pdf)
{
    struct tsk_buf xmp = TSK_BUF(8000);

    tsk_buf_puts(&xmp, "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                       "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
                       "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" "
                       "xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
                       "xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\"><pdfaid:part>1</pdfaid:part>"
                       "<pdfaid:conformance>B</pdfaid:conformance><dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">");
    put_escaped(&xmp, pdf->title);
    tsk_buf_printf(&xmp,
                   "</rdf:li></rdf:Alt></dc:title><xmp:CreateDate>%s</xmp:CreateDate></rdf:Description></rdf:RDF>"
                   "</x:xmpmeta>\n<?xpacket end=\"r\"?>",
                   pdf->created);
    begin_object(pdf, 3);
    put_stream(pdf, "/Type /Metadata /Subtype /XML", xmp.data, xmp.len);
    tsk_buf_free(&xmp);
}

static void put_trailer(struct tsk_pdfa *pdf, size_t objects)
{
    char id[TSK_SHA256_HEX];
    size_t table = pdf->out->len - pdf->start;

    tsk_sha256_hex(pdf->out->data + pdf->start, table, id);
    tsk_buf_printf(pdf->out, "xref\n0 %zu\n0000000000 65535 f \n", objects + 1);
    for (size_t i = 1; i <= objects; i++)
        tsk_buf_printf(pdf->out, "%010zu 00000 n \n", pdf->offsets[i]);
    tsk_buf_printf(pdf->out, "trailer\n<</Size %zu /Root 1 0 R /ID [<%.32s> <%.32s>]>>\nstartxref\n%zu\n%%%%EOF\n",
                   objects + 1, id, id, table);
}

int tsk_pdfa_end(struct tsk_pdfa *pdf, struct tsk_err *err)
{
    if (pdf->pages == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no page to export");
    begin_object(pdf, 1);
    tsk_buf_puts(pdf->out, "<</Type /Catalog /Pages 2 0 R /Metadata 3 0 R>>\nendobj\n");
    begin_object(pdf, 2);
    tsk_buf_printf(pdf->out, "<</Type /Pages /Count %zu /Kids [", pdf->pages);
    for (size_t i = 0; i < pdf->pages; i++)
        tsk_buf_printf(pdf->out, "%s%zu 0 R", i > 0 ? " " : "", FIXED + 1 + i * OBJECTS_A_PAGE);
    tsk_buf_puts(pdf->out, "]>>\nendobj\n");
    put_metadata(pdf);
    put_trailer(pdf, FIXED + pdf->pages * OBJECTS_A_PAGE);
    return pdf->out->failed ? tsk_fail(err, TSK_REJECT, 0, "the PDF is too large; export the documents one by one") : 0;
}
