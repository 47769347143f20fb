/*
 * mark_features - what is measured at every option of labelled pages, for mark_weights.py
 *
 * usage: tasuki-mark-features DATA_DIR FILE.tif…      (DATA_DIR holds forms/)
 * Prints one JSON object an option: file, form, field, option, kind, terms in the order of the weights, strikes, and the
 * picture, two hexadecimal digits a pixel: 100 + 100 times its value.
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forms/form.h"
#include "ocr/decode/decode.h"
#include "ocr/marks/marks.h"

struct tool {
    struct tsk_forms forms;
    struct tsk_blanks *blanks;
    const char *file;
    const struct tsk_form *form;
};

/* As the digits of a pixel each; the caller frees. */
static char *picture_text(const struct tsk_net_glyph *picture)
{
    char *text = calloc(2 * TSK_NET_SIDE * TSK_NET_SIDE + 1, 1);

    for (int i = 0; text != NULL && i < TSK_NET_SIDE * TSK_NET_SIDE; i++)
        snprintf(text + (size_t)2 * (size_t)i, 3, "%02x",
                 (unsigned)lroundf(picture->at[i / TSK_NET_SIDE][i % TSK_NET_SIDE] * 100 + 100) & 0xffU);
    return text;
}

static void print_option(const struct tool *tool, const struct tsk_field *field, const struct tsk_mark_terms *seen)
{
    char *picture = picture_text(&seen->picture);
    json_t *terms = json_array(), *object;

    for (size_t i = 0; i < seen->count; i++)
        json_array_append_new(terms, json_real(seen->terms[i]));
    object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:f, s:i, s:o, s:s*}", "file", tool->file, "form", tool->form->id,
                       "field", field->id, "option", field->options[seen->option].value, "kind",
                       field->kind == TSK_FIELD_MARK ? "box" : "circle", "odds", seen->odds, "strikes", seen->strikes,
                       "terms", terms, "picture", picture);
    if (object != NULL)
        json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(object);
    free(picture);
}

static int do_fields(const struct tool *tool, const struct tsk_map *map, const struct tsk_page *page,
                     struct tsk_err *err)
{
    for (size_t i = 0; i < tool->form->field_count; i++) {
        const struct tsk_field *field = &tool->form->fields[i];

        for (size_t k = 0; k < field->option_count; k++) {
            struct tsk_mark_terms seen;

            if (tsk_marks_terms(tool->blanks, map, page, field, k, &seen, err) != 0)
                return -1;
            print_option(tool, field, &seen);
        }
    }
    return 0;
}

static int do_page(struct tool *tool, struct tsk_page *page, struct tsk_err *err)
{
    struct tsk_identified found = { 0 };
    struct tsk_map *map = NULL;
    int rc = -1;

    if (tsk_locate(tool->blanks, page, &found, &map, err) != 0)
        return -1;
    if (found.form == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "no form");
    tool->form = found.form;
    rc = do_fields(tool, map, page, err);
    tsk_map_free(&map);
    return rc;
}

static int do_file(struct tool *tool, const char *path, struct tsk_err *err)
{
    struct tsk_decoder *decoder = NULL;
    struct tsk_page page = { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = -1;

    tool->file = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    if (fd < 0)
        return tsk_fail(err, TSK_REJECT, 0, "cannot be opened");
    if (tsk_decode_open(&decoder, fd, false, err) == 0 && tsk_decode_next(decoder, &page, err) == 1) {
        rc = do_page(tool, &page, err);
        tsk_page_free(&page);
    }
    tsk_decode_close(&decoder);
    close(fd);
    return rc;
}

int main(int argc, char **argv)
{
    struct tool tool = { 0 };
    struct tsk_err err = { 0 };
    char forms[4096];
    const char *dirs[] = { forms };
    int rc = 1;

    if (argc < 3) {
        fprintf(stderr, "usage: %s DATA_DIR FILE.tif...\n", argv[0]);
        return 2;
    }
    snprintf(forms, sizeof(forms), "%s/forms", argv[1]);
    if (tsk_forms_load(&tool.forms, dirs, 1, &err) != 0 || tsk_blanks_new(&tool.blanks, &tool.forms, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        goto out;
    }
    for (int i = 2; i < argc; i++)
        if (do_file(&tool, argv[i], &err) != 0)
            fprintf(stderr, "%s: %s\n", argv[i], err.text);
    rc = 0;
out:
    tsk_blanks_free(&tool.blanks);
    tsk_forms_free(&tool.forms);
    return rc;
}
