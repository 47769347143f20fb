/*
 * decode - what a stranger sent to 1-bit pages, one after the other
 *
 * Promise    Size, depth and number of pages are checked before a pixel is decoded. Every kind of fax compression, both
 *            bit orders, black or white as zero; grey and colour become 1 bit by a local threshold. A page that cannot be
 *            decoded is an error about that page: the next call goes on with the next one.
 * Trust      Nothing of the file is believed. Runs in the confined child; opens nothing; memory is bounded by the caps
 *            below and by the child's limits.
 * Ownership  The decoder keeps its own copy of the bytes; the caller keeps fd. Pages belong to the caller.
 * Source     TIFF 6.0, TIFF-F (RFC 2306, RFC 3949), T.4, T.6. DateTime without a zone is Japan's.
 */
#ifndef TASUKI_OCR_DECODE_H
#define TASUKI_OCR_DECODE_H

#include <stddef.h>

#include "base/err.h"
#include "ocr/page.h"

#define TSK_DOCUMENT_BYTES_MAX (64u << 20)
#define TSK_RASTER_BYTES_MAX (192u << 20) /* a stream of pages that our own PDF child made */
#define TSK_PAGES_MAX 200
#define TSK_PAGE_WIDTH_MAX 5000
#define TSK_PAGE_HEIGHT_MAX 20000
#define TSK_PAGE_GREY_PIXELS_MAX 40000000 /* A4 at 600 dpi is 35 million */

/* The resolution at which our PDF child rasterises: fine fax, what every reading stage is tuned to. */
#define TSK_RASTER_X_DPI 204
#define TSK_RASTER_Y_DPI 196

enum tsk_content {
    TSK_CONTENT_EMPTY,
    TSK_CONTENT_UNKNOWN,
    TSK_CONTENT_TIFF,
    TSK_CONTENT_PDF,
    TSK_CONTENT_PNG,
    TSK_CONTENT_JPEG,
    TSK_CONTENT_RASTER /* PBM or PGM pages one behind the other: only our own PDF child makes these */
};

#define TSK_SNIFF_BYTES 1024 /* a PDF may have junk before its header */

/* Told by content, never by name. len may be anything; TSK_SNIFF_BYTES are enough. */
enum tsk_content tsk_sniff(const void *bytes, size_t len);
const char *tsk_content_name(enum tsk_content content); /* "TIFF", …, "unknown": a literal */

struct tsk_decoder;

/* Reads the whole of fd (from its start) and checks it. TSK_HOLD with a sentence if it cannot be a document of ours;
   raster: fd is a stream of our PDF child, and may be nothing else. */
int tsk_decode_open(struct tsk_decoder **out, int fd, bool raster, struct tsk_err *err) TSK_MUST_USE;

/* 1: *page is filled in. 0: no more pages. -1: this page is unreadable (page->number says which); go on calling. */
int tsk_decode_next(struct tsk_decoder *decoder, struct tsk_page *page, struct tsk_err *err) TSK_MUST_USE;

void tsk_decode_close(struct tsk_decoder **decoder); /* NULL is fine */

#endif
