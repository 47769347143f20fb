#include "ocr/train/inked.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define EM 96   /* px of the drawn letter */
#define EDGE 32 /* px about it */
#define SIDE (EM + 2 * EDGE)
#define BITS_MAX 160

enum face { SERIF, SANS, HAND };

static const struct font {
    const char *name;
    enum face face;
} known_fonts[] = {
    { "IPAexMincho", SERIF },
    { "Noto Serif CJK JP", SERIF },
    { "Noto Serif CJK JP Bold", SERIF },
    { "BIZ UDMincho", SERIF },
    { "Sawarabi Mincho", SERIF },
    { "IPAexGothic", SANS },
    { "Noto Sans CJK JP", SANS },
    { "Noto Sans CJK JP Bold", SANS },
    { "BIZ UDGothic", SANS },
    { "VL Gothic", SANS },
    { "MotoyaLCedar", SANS },
    { "Klee One", HAND },
    { "Klee One SemiBold", HAND },
    { "Yusei Magic", HAND },
    { "SetoFont", HAND },
    { "kiloji", HAND },
    { "YOzN", HAND },
    { "YOzSF90", HAND },
};

struct tsk_inked {
    struct font fonts[TSK_COUNT(known_fonts)];
    int count;
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoLayout *layout;
    int drawn_font; /* what stands on the surface */
    uint32_t drawn_rune;
    bool drawn;
    int baseline;
};

static bool use_font(struct tsk_inked *inked, const char *name)
{
    PangoFontDescription *wanted = pango_font_description_from_string(name), *got;
    PangoFont *loaded;
    bool same = false;

    pango_font_description_set_absolute_size(wanted, (double)EM * PANGO_SCALE);
    loaded = pango_context_load_font(pango_layout_get_context(inked->layout), wanted);
    if (loaded != NULL) {
        got = pango_font_describe(loaded);
        same = strncmp(pango_font_description_get_family(got), pango_font_description_get_family(wanted),
                       strlen(pango_font_description_get_family(wanted))) == 0;
        pango_font_description_free(got);
        g_object_unref(loaded);
    }
    pango_layout_set_font_description(inked->layout, wanted);
    pango_font_description_free(wanted);
    return same;
}

int tsk_inked_new(struct tsk_inked **out, struct tsk_err *err)
{
    struct tsk_inked *inked = calloc(1, sizeof(*inked));
    PangoAttrList *attributes;

    *out = inked;
    if (inked == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory to draw letters");
    inked->surface = cairo_image_surface_create(CAIRO_FORMAT_A8, SIDE, SIDE);
    inked->cr = cairo_create(inked->surface);
    inked->layout = pango_cairo_create_layout(inked->cr);
    inked->drawn_font = -1;
    attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_fallback_new(FALSE));
    pango_layout_set_attributes(inked->layout, attributes);
    pango_attr_list_unref(attributes);
    for (size_t i = 0; i < TSK_COUNT(known_fonts); i++)
        if (use_font(inked, known_fonts[i].name))
            inked->fonts[inked->count++] = known_fonts[i];
    return 0;
}

void tsk_inked_free(struct tsk_inked **inked)
{
    if (*inked == NULL)
        return;
    g_object_unref((*inked)->layout);
    cairo_destroy((*inked)->cr);
    cairo_surface_destroy((*inked)->surface);
    free(*inked);
    *inked = NULL;
}

int tsk_inked_fonts(const struct tsk_inked *inked)
{
    return inked->count;
}

static bool draw(struct tsk_inked *inked, int font, uint32_t rune)
{
    char text[5];

    if (inked->drawn_font != font)
        use_font(inked, inked->fonts[font].name);
    else if (inked->drawn_rune == rune)
        return inked->drawn;
    tsk_utf8_put(text, rune);
    cairo_set_operator(inked->cr, CAIRO_OPERATOR_CLEAR);
    cairo_paint(inked->cr);
    cairo_set_operator(inked->cr, CAIRO_OPERATOR_OVER);
    pango_layout_set_text(inked->layout, text, -1);
    inked->baseline = EDGE + (int)(0.88 * EM);
    cairo_move_to(inked->cr, EDGE, inked->baseline - pango_layout_get_baseline(inked->layout) / (double)PANGO_SCALE);
    pango_cairo_show_layout(inked->cr, inked->layout);
    cairo_surface_flush(inked->surface);
    inked->drawn_font = font;
    inked->drawn_rune = rune;
    inked->drawn = pango_layout_get_unknown_glyphs_count(inked->layout) == 0;
    return inked->drawn;
}

struct fax { /* how the letter comes to the paper, and the paper to us */
    double em_mm, per_mm_x, per_mm_y;
    double across, along; /* cosine and sine of how it is turned */
    double slant, stretch_x, stretch_y;
    double at_x, at_y;
    double wave, wave_length, wave_phase;
    double aperture, threshold, noise, bold_mm;
    int raster;
};

static struct fax fax_of(enum face face, struct tsk_random *random)
{
    static const double lines[] = { 98, 196, 391 };
    const bool hand = face == HAND;
    const double kind = tsk_random_between(random, 0, 1), loose = hand ? 1 : 0.35;
    struct fax fax = { .raster = kind < 0.35 ? 0 : kind < 0.9 ? 1 : 2 };
    double turn;

    fax.em_mm = tsk_random_between(random, 7.5, 14) * 0.3528;
    fax.per_mm_x = 204 / 25.4;
    fax.per_mm_y = lines[fax.raster] / 25.4;
    turn = tsk_random_between(random, -0.05, 0.05) * (hand ? 1 : 0.5);
    fax.across = cos(turn);
    fax.along = sin(turn);
    fax.slant = tsk_random_between(random, -0.16, 0.16) * loose;
    fax.stretch_x = 1 + tsk_random_between(random, -0.14, 0.14) * loose;
    fax.stretch_y = 1 + tsk_random_between(random, -0.1, 0.1) * loose;
    fax.at_x = tsk_random_between(random, 0, 1);
    fax.at_y = tsk_random_between(random, 0, 1);
    fax.wave = hand ? tsk_random_between(random, 0, 0.02) : 0;
    fax.wave_length = tsk_random_between(random, 0.6, 1.6);
    fax.wave_phase = tsk_random_between(random, 0, 6.28);
    fax.aperture = tsk_random_between(random, 0.6, 1.3);
    fax.threshold = tsk_random_between(random, 0.25, 0.58);
    fax.noise = tsk_random_chance(random, 0.3) ? 0 : tsk_random_between(random, 0.02, 0.13);
    fax.bold_mm = hand && tsk_random_chance(random, 0.3) ? 0.14 : 0;
    return fax;
}

static double drawn_at(const struct tsk_inked *inked, double x, double y)
{
    const int i = (int)floor(x), j = (int)floor(y);

    if (i < 0 || j < 0 || i >= SIDE || j >= SIDE)
        return 0;
    return cairo_image_surface_get_data(inked->surface)[j * cairo_image_surface_get_stride(inked->surface) + i] / 255.0;
}

/* Ink of the drawing at a place in em about its middle, bent as the pose says. */
static double bent_at(const struct tsk_inked *inked, const struct fax *fax, double u, double v)
{
    const double bent = fax->wave > 0 ? u + fax->wave * sin(v / fax->wave_length * 6.28 + fax->wave_phase) : u;
    const double x = (bent * fax->across + v * fax->along) / fax->stretch_x + fax->slant * v;
    const double y = (v * fax->across - bent * fax->along) / fax->stretch_y;

    return drawn_at(inked, SIDE / 2.0 + x * EM, SIDE / 2.0 + y * EM);
}

static double grey_at(const struct tsk_inked *inked, const struct fax *fax, double x, double y)
{
    enum { ACROSS = 3, DOWN = 4 };
    const double em_x = fax->em_mm * fax->per_mm_x, em_y = fax->em_mm * fax->per_mm_y;
    double sum = 0;

    for (int j = 0; j < DOWN; j++)
        for (int i = 0; i < ACROSS; i++) {
            const double u = (x + ((i + 0.5) / ACROSS - 0.5) * fax->aperture) / em_x;
            const double v = (y + ((j + 0.5) / DOWN - 0.5) * fax->aperture) / em_y;
            double ink = bent_at(inked, fax, u, v);

            if (fax->bold_mm > 0)
                ink = fmax(ink, bent_at(inked, fax, u - fax->bold_mm / fax->em_mm, v));
            sum += ink;
        }
    return sum / (ACROSS * DOWN);
}

static double gauss(struct tsk_random *random)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += tsk_random_between(random, 0, 1);
    return sum;
}

static PIX *receive(const struct tsk_inked *inked, const struct fax *fax, struct tsk_random *random)
{
    const double reach = (double)SIDE / EM / 2;
    const int w = (int)(2 * reach * fax->em_mm * fax->per_mm_x), h = (int)(2 * reach * fax->em_mm * fax->per_mm_y);
    PIX *bits = pixCreate(w, h, 1);

    for (int y = 0; bits != NULL && y < h; y++)
        for (int x = 0; x < w; x++) {
            double grey = grey_at(inked, fax, x - w / 2.0 + fax->at_x, y - h / 2.0 + fax->at_y);

            if (fax->noise > 0 && grey > 0.02)
                grey += gauss(random) * fax->noise;
            if (grey > fax->threshold)
                pixSetPixel(bits, x, y, 1);
        }
    return bits;
}

/* Where the letters of the line end, in px of the fax: those of a number are lower than kanji. */
static void line_of(const struct fax *fax, uint32_t rune, bool hand, struct tsk_random *random, int h, double rows[2])
{
    const double em = fax->em_mm * fax->per_mm_y, top = h / 2.0 - fax->at_y - em / 2, loose = hand ? 0.12 : 0.05;
    const bool alone = rune < 0x80 && tsk_random_chance(random, 0.4);

    rows[0] = top + em * ((alone ? 0.14 : 0.05) + tsk_random_between(random, -loose, loose / 2));
    rows[1] = top + em * ((alone ? 0.88 : 0.95) + tsk_random_between(random, -loose / 2, loose));
}

bool tsk_inked_sample(struct tsk_inked *inked, int font, uint32_t rune, struct tsk_random *random,
                      struct tsk_inked_sample *out)
{
    const enum face face = inked->fonts[font].face;
    struct fax fax = fax_of(face, random);
    PIX *bits = NULL, *clean = NULL;
    BOX *box = NULL;
    bool given = false;

    if (!draw(inked, font, rune))
        return false;
    bits = receive(inked, &fax, random);
    clean = bits != NULL ? pixSelectBySize(bits, 2, 2, 8, L_SELECT_IF_EITHER, L_SELECT_IF_GTE, NULL) : NULL;
    if (clean != NULL && pixClipToForeground(clean, NULL, &box) == 0 && box != NULL) {
        l_int32 x, y, w, h;
        double rows[2];

        boxGetGeometry(box, &x, &y, &w, &h);
        line_of(&fax, rune, face == HAND, random, pixGetHeight(clean), rows);
        rows[0] = fmin(rows[0], y);
        rows[1] = fmax(rows[1], y + h);
        tsk_shape_features(clean, (struct tsk_shape_box){ x, x + w, y, y + h }, fax.per_mm_x, fax.per_mm_y, rows[0],
                           rows[1], out->features);
        out->face = (int)face;
        out->raster = fax.raster;
        given = true;
    }
    boxDestroy(&box);
    pixDestroy(&bits);
    pixDestroy(&clean);
    return given;
}
