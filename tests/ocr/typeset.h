/* typeset - a line of type as a fax of 204 dots an inch has it, white about it as ocr/text/ink.h has it */
#ifndef TASUKI_TESTS_OCR_TYPESET_H
#define TASUKI_TESTS_OCR_TYPESET_H

#include <leptonica/allheaders.h>
#include <pango/pangocairo.h>

static inline PIX *typeset(const char *text, const char *family, int size_px)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1200, 80);
    cairo_t *cairo = cairo_create(surface);
    PangoLayout *layout = pango_cairo_create_layout(cairo);
    PangoFontDescription *font = pango_font_description_from_string(family);
    const unsigned char *ink = cairo_image_surface_get_data(surface);
    PangoRectangle drawn;
    PIX *line;

    pango_font_description_set_absolute_size(font, size_px * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_text(layout, text, -1);
    pango_layout_get_pixel_extents(layout, &drawn, NULL);
    cairo_move_to(cairo, 6 - drawn.x, 8 - drawn.y);
    pango_cairo_show_layout(cairo, layout);
    cairo_surface_flush(surface);
    line = pixCreate(drawn.width + 12, drawn.height + 16, 8);
    for (int y = 0; y < drawn.height + 16; y++)
        for (int x = 0; x < drawn.width + 12; x++)
            pixSetPixel(line, x, y, 255U - ink[y * cairo_image_surface_get_stride(surface) + x]);
    pango_font_description_free(font);
    g_object_unref(layout);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return line;
}

#endif
