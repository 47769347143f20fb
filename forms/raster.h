/*
 * raster - the blank sheet of an edition as a grey image
 *
 * Promise    The image is page_w x page_h mm at the given resolutions, which need not be equal; texts that this edition
 *            prints differently from blank.pdf are painted over. Same form, same resolution: same bytes.
 * Trust      blank.pdf is ours or the administrator's; it is rasterised by poppler's pdftoppm, which runs as a child
 * with no shell. Never call this with a PDF that came in from outside, nor in a confined process. Cache      Images are
 * kept as PNG in the folder given to tsk_form_cache_dir(); the name is a hash of everything that shows, so an entry is
 * never stale. A damaged or unwritable cache costs time and is no error.
 */
#ifndef TASUKI_FORMS_RASTER_H
#define TASUKI_FORMS_RASTER_H

#include <leptonica/allheaders.h>

#include "base/err.h"
#include "forms/form.h"

/* An existing folder, or NULL for no cache (as at start). Copied. */
void tsk_form_cache_dir(const char *dir);

/* *out: 8 bpp grey, 255 = paper; the caller's. */
int tsk_form_blank_raster(const struct tsk_form *form, double x_dpi, double y_dpi, PIX **out,
                          struct tsk_err *err) TSK_MUST_USE;

#endif
