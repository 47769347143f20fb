/*
 * make_sheet - a faxed sheet from a description: make_sheet [--forms DIR]… SPEC.json OUT.{tif,png,jpg,pdf}
 *
 * SPEC       {"fax": FAX, "pages": [PAGE…]}; "-" reads standard input. What is left out is zero or empty.
 *   PAGE     {"form": "referral-status", "edition": "higashinari-2015", "values": {"sex": ["male"], "age": "84"},
 *             "cancelled": {"sex": ["female"]}, "notes": [[x_mm, y_mm, size_pt, "text"]…], "lines": [[x0, y0, x1, y1]…],
 *             "pen": PEN, "fax": FAX}      without "form": an empty page; its "fax" goes over that of the document
 *   PEN      {"font", "size_pt", "width_mm", "style": check|re|cross|slash|fill|dot|circle, "ring", "size", "jitter_mm",
 *            "seed"}
 *   FAX      {"x_dpi", "y_dpi", "skew_deg", "stretch_x", "stretch_y", "offset_x_mm", "offset_y_mm", "noise", "threshold",
 *             "header", "specks", "streaks", "lost_bands", "lost_rows", "garbled_rows", "black_bands", "black_rows",
 *             "shifted_bands", "shifted_rows", "repeated_rows", "line_hits", "black_edge_mm", "upside_down", "seed", "width_px",
 *             "compression": g3|g3-2d|g4, "received": "2026-11-21T09:30:00"}
 * Forms      the program's own, and those of every --forms.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "config/datadir.h"
#include "forms/form.h"
#include "forms/render.h"
#include "support/faxsim.h"

#define MEMORY_MAX (64u << 20)
#define PAGES_MAX 600
#define DIRS_MAX 16

struct job {
    struct tsk_arena *arena;
    struct tsk_forms forms;
    PIX *pages[PAGES_MAX];
    size_t page_count;
};

static int wrong(struct tsk_err *err, const char *where, const char *what)
{
    return tsk_fail(err, TSK_REJECT, 0, "%s: %s", where, what);
}

static int parse_compression(const char *name, enum faxsim_compression *out)
{
    static const char *const names[] = { [FAXSIM_G4] = "g4", [FAXSIM_G3] = "g3", [FAXSIM_G3_2D] = "g3-2d" };

    for (size_t i = 0; i < TSK_COUNT(names); i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum faxsim_compression)i;
            return 0;
        }
    return -1;
}

/* "2026-11-21T09:30:00" as TIFF writes it: "2026:11:21 09:30:00". */
static const char *tiff_time(struct job *job, const char *time)
{
    char *copy = time == NULL ? NULL : tsk_arena_strdup(job->arena, time);

    if (copy == NULL || strlen(copy) != 19)
        return copy;
    copy[4] = copy[7] = ':';
    copy[10] = ' ';
    return copy;
}

static int parse_fax(struct job *job, json_t *json, struct faxsim *fax, struct tsk_err *err)
{
    json_error_t detail;
    const char *compression = NULL, *received = NULL;
    int upside_down = fax->upside_down, seed = (int)fax->seed;

    if (json == NULL)
        return 0;
    if (json_unpack_ex(json, &detail, JSON_STRICT,
                       "{s?F,s?F,s?F,s?F,s?F,s?F,s?F,s?F,s?i,s?s,s?i,s?i,s?i,s?i,s?F,s?b,s?i,s?i,s?s,s?s,s?i,s?i,s?i,s?"
                       "i,s?i,s?i,s?i}",
                       "x_dpi", &fax->x_dpi, "y_dpi", &fax->y_dpi, "skew_deg", &fax->skew_deg, "stretch_x",
                       &fax->stretch_x, "stretch_y", &fax->stretch_y, "offset_x_mm", &fax->offset_x_mm, "offset_y_mm",
                       &fax->offset_y_mm, "noise", &fax->noise, "threshold", &fax->threshold, "header", &fax->header,
                       "specks", &fax->specks, "streaks", &fax->streaks, "lost_bands", &fax->lost_bands, "lost_rows",
                       &fax->lost_rows, "black_edge_mm", &fax->black_edge_mm, "upside_down", &upside_down, "seed",
                       &seed, "width_px", &fax->width_px, "compression", &compression, "received", &received,
                       "garbled_rows", &fax->garbled_rows, "black_bands", &fax->black_bands, "black_rows",
                       &fax->black_rows, "shifted_bands", &fax->shifted_bands, "shifted_rows", &fax->shifted_rows,
                       "repeated_rows", &fax->repeated_rows, "line_hits", &fax->line_hits) != 0)
        return wrong(err, "fax", detail.text);
    if (compression != NULL && parse_compression(compression, &fax->compression) != 0)
        return wrong(err, "fax.compression", "none of g3, g3-2d, g4");
    fax->upside_down = upside_down != 0;
    fax->seed = (unsigned)seed;
    if (received != NULL)
        fax->received = tiff_time(job, received);
    return 0;
}

static int parse_pen(json_t *json, struct tsk_pen *pen, struct tsk_err *err)
{
    json_error_t detail;
    const char *style = NULL;
    int seed = 0;

    if (json == NULL)
        return 0;
    if (json_unpack_ex(json, &detail, JSON_STRICT, "{s?s,s?F,s?F,s?s,s?F,s?F,s?F,s?i}", "font", &pen->font, "size_pt",
                       &pen->size_pt, "width_mm", &pen->width_mm, "style", &style, "ring", &pen->ring, "size",
                       &pen->size, "jitter_mm", &pen->jitter_mm, "seed", &seed) != 0)
        return wrong(err, "pen", detail.text);
    pen->seed = (unsigned)seed;
    return style == NULL || tsk_mark_style_from(style, &pen->style) ? 0 : wrong(err, "pen.style", "unknown");
}

static int parse_list(struct job *job, json_t *json, const char *id, const char *const **out, size_t *count,
                      struct tsk_err *err)
{
    const char **list = tsk_arena_alloc(job->arena, (json_array_size(json) + 1) * sizeof *list);
    json_t *item;
    size_t i;

    if (!json_is_array(json) || list == NULL)
        return wrong(err, id, "a list of options is wanted");
    json_array_foreach(json, i, item)
    {
        if (!json_is_string(item))
            return wrong(err, id, "a list of options is wanted");
        list[i] = json_string_value(item);
    }
    *out = list;
    *count = json_array_size(json);
    return 0;
}

static int parse_values(struct job *job, json_t *values, json_t *cancelled, struct tsk_fill *fill, struct tsk_err *err)
{
    size_t room = json_object_size(values) + json_object_size(cancelled) + 1, at = 0;
    struct tsk_fill_value *out = tsk_arena_alloc(job->arena, room * sizeof *out);
    const char *id;
    json_t *item;

    if (out == NULL)
        return wrong(err, "values", "no memory");
    json_object_foreach(values, id, item)
    {
        out[at].field = id;
        if (json_is_string(item))
            out[at].text = json_string_value(item);
        else if (parse_list(job, item, id, &out[at].chosen, &out[at].chosen_count, err) != 0)
            return -1;
        at++;
    }
    json_object_foreach(cancelled, id, item)
    {
        out[at].field = id;
        if (parse_list(job, item, id, &out[at].cancelled, &out[at].cancelled_count, err) != 0)
            return -1;
        at++;
    }
    fill->values = out;
    fill->value_count = at;
    return 0;
}

static int parse_extras(struct job *job, json_t *notes, json_t *lines, struct tsk_fill *fill, struct tsk_err *err)
{
    struct tsk_fill_note *note = tsk_arena_alloc(job->arena, (json_array_size(notes) + 1) * sizeof *note);
    struct tsk_fill_line *line = tsk_arena_alloc(job->arena, (json_array_size(lines) + 1) * sizeof *line);
    json_t *item;
    size_t i;

    if (note == NULL || line == NULL)
        return wrong(err, "notes", "no memory");
    json_array_foreach(notes, i, item)
    {
        if (json_unpack_ex(item, NULL, JSON_STRICT, "[F,F,F,s]", &note[i].x, &note[i].y, &note[i].size_pt,
                           &note[i].text) != 0)
            return wrong(err, "notes", "[x_mm, y_mm, size_pt, \"text\"] is wanted");
    }
    json_array_foreach(lines, i, item)
    {
        if (json_unpack_ex(item, NULL, JSON_STRICT, "[F,F,F,F]", &line[i].x0, &line[i].y0, &line[i].x1, &line[i].y1) !=
            0)
            return wrong(err, "lines", "[x0, y0, x1, y1] is wanted");
    }
    fill->notes = note;
    fill->note_count = json_array_size(notes);
    fill->lines = line;
    fill->line_count = json_array_size(lines);
    return 0;
}

static int render_page(struct job *job, json_t *json, const struct faxsim *document, struct tsk_err *err)
{
    json_error_t detail;
    json_t *values = NULL, *cancelled = NULL, *notes = NULL, *lines = NULL, *pen_json = NULL, *fax_json = NULL;
    const char *id = NULL, *edition = NULL;
    const struct tsk_form *form = NULL;
    struct tsk_fill fill = { 0 };
    struct tsk_pen pen = { 0 };
    struct faxsim fax = *document;
    PIX *grey = NULL;
    int rc;

    if (json_unpack_ex(json, &detail, JSON_STRICT, "{s?s,s?s,s?o,s?o,s?o,s?o,s?o,s?o}", "form", &id, "edition",
                       &edition, "values", &values, "cancelled", &cancelled, "notes", &notes, "lines", &lines, "pen",
                       &pen_json, "fax", &fax_json) != 0)
        return wrong(err, "page", detail.text);
    if (id != NULL && (form = tsk_forms_find(&job->forms, id, edition)) == NULL)
        return wrong(err, id, "there is no such form or edition");
    if (parse_values(job, values, cancelled, &fill, err) != 0 || parse_extras(job, notes, lines, &fill, err) != 0 ||
        parse_pen(pen_json, &pen, err) != 0 || parse_fax(job, fax_json, &fax, err) != 0)
        return -1;
    if (tsk_form_render(form, &fill, &pen, fax.x_dpi > 0 ? fax.x_dpi : 204, fax.y_dpi > 0 ? fax.y_dpi : 196, &grey,
                        err) != 0)
        return -1;
    rc = faxsim_page(grey, &fax, &job->pages[job->page_count], err);
    pixDestroy(&grey);
    if (rc == 0)
        job->page_count++;
    return rc;
}

static int write_other(const char *path, PIX *page, l_int32 format, struct tsk_err *err)
{
    PIX *grey = format == IFF_JFIF_JPEG ? pixConvertTo8(page, 0) : pixClone(page);
    int rc = grey != NULL && pixWrite(path, grey, format) == 0 ? 0 : -1;

    pixDestroy(&grey);
    return rc == 0 ? 0 : wrong(err, path, "cannot be written");
}

static l_int32 format_of(const char *path)
{
    static const struct {
        const char *ending;
        l_int32 format;
    } known[] = { { ".png", IFF_PNG }, { ".jpg", IFF_JFIF_JPEG }, { ".pdf", IFF_LPDF } };

    for (size_t i = 0; i < TSK_COUNT(known); i++)
        if (strlen(path) > 4 && strcmp(path + strlen(path) - 4, known[i].ending) == 0)
            return known[i].format;
    return IFF_TIFF;
}

static int write_pages(struct job *job, const char *path, const struct faxsim *fax, struct tsk_err *err)
{
    l_int32 format = format_of(path);

    if (format == IFF_TIFF)
        return faxsim_write(path, job->pages, job->page_count, fax, err);
    if (job->page_count != 1)
        return wrong(err, path, "only a TIFF holds several pages");
    return write_other(path, job->pages[0], format, err);
}

static int run_spec(struct job *job, json_t *spec, const char *path, struct tsk_err *err)
{
    json_error_t detail;
    json_t *fax_json = NULL, *pages = NULL, *page;
    struct faxsim fax = { 0 };
    size_t i;

    if (json_unpack_ex(spec, &detail, JSON_STRICT, "{s?o,s:o}", "fax", &fax_json, "pages", &pages) != 0)
        return wrong(err, "spec", detail.text);
    if (!json_is_array(pages) || json_array_size(pages) > PAGES_MAX)
        return wrong(err, "pages", "a list of pages is wanted");
    if (parse_fax(job, fax_json, &fax, err) != 0)
        return -1;
    json_array_foreach(pages, i, page)
    {
        if (render_page(job, page, &fax, err) != 0)
            return -1;
    }
    return write_pages(job, path, &fax, err);
}

static json_t *load_spec(const char *path, struct tsk_err *err)
{
    json_error_t detail;
    json_t *spec = strcmp(path, "-") == 0 ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &detail)
                                          : json_load_file(path, JSON_REJECT_DUPLICATES, &detail);

    if (spec == NULL)
        (void)tsk_fail(err, TSK_REJECT, 0, "%s:%d: %s", path, detail.line, detail.text);
    return spec;
}

static int run(const char *const *dirs, size_t dir_count, const char *spec_path, const char *out_path,
               struct tsk_err *err)
{
    struct job *job = calloc(1, sizeof *job);
    json_t *spec = NULL;
    int rc = -1;

    if (job == NULL || (job->arena = tsk_arena_new(MEMORY_MAX)) == NULL) {
        wrong(err, "make_sheet", "no memory");
        goto out;
    }
    if (tsk_forms_load(&job->forms, dirs, dir_count, err) != 0)
        goto out;
    if ((spec = load_spec(spec_path, err)) != NULL)
        rc = run_spec(job, spec, out_path, err);
out:
    json_decref(spec);
    if (job != NULL) {
        for (size_t i = 0; i < job->page_count; i++)
            pixDestroy(&job->pages[i]);
        tsk_forms_free(&job->forms);
        tsk_arena_free(&job->arena);
    }
    free(job);
    return rc;
}

int main(int argc, char **argv)
{
    const char *dirs[DIRS_MAX];
    char *own = tsk_data_path("forms");
    struct tsk_err err = { 0 };
    size_t dir_count = 0;
    int at = 1, rc;

    dirs[dir_count++] = own == NULL ? "forms" : own;
    for (; at + 1 < argc && strcmp(argv[at], "--forms") == 0 && dir_count < DIRS_MAX; at += 2)
        dirs[dir_count++] = argv[at + 1];
    if (argc - at != 2) {
        fprintf(stderr, "usage: make_sheet [--forms DIR]… SPEC.json OUT.{tif,png,jpg,pdf}\n");
        free(own);
        return 2;
    }
    rc = run(dirs, dir_count, argv[at], argv[at + 1], &err);
    if (rc != 0)
        fprintf(stderr, "make_sheet: %s\n", err.text);
    free(own);
    return rc == 0 ? 0 : 1;
}
