/*
 * text_features - what the text engine sees in every text field of labelled pages, for text_weights.py
 *
 * usage: tasuki-text-features DATA_DIR DIRECTORY.csv FILE.tif…      (DATA_DIR holds forms/ and config/data/)
 * TEXT_LEXICON: only fields of lexicons that it names. TEXT_DUMP: a folder for pictures of every field.
 * Prints one JSON object a field: file, form, field, value, blank, score, features, ink, what each model read.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "forms/form.h"
#include "ocr/decode/decode.h"
#include "ocr/digits/digits.h"
#include "ocr/text/decide.h"
#include "ocr/text/ink.h"
#include "ocr/text/language.h"
#include "ocr/text/text_field.h"

struct tool {
    struct tsk_forms forms;
    struct tsk_blanks *blanks;
    struct tsk_lexicon *lexicon;
    struct tsk_text_engine *engine;
    struct tsk_digits *digits;
    struct tsk_shapes *shapes;
    struct tsk_language *language;
    const char *lexicon_only;
    double text_ms;
    int fields;
};

static json_t *numbers(const double *values, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_real(values[i]));
    return array;
}

static void print_field(const char *file, const struct tsk_form *form, const struct tsk_field *field,
                        const struct tsk_value *value, const struct tsk_decision *decision, const struct tsk_ink *ink,
                        const struct tsk_patch *patch)
{
    double ink_features[TSK_INK_FEATURES];
    double hand[5] = { ink->uneven, ink->stroke_spread, ink->stroke_mm, ink->broken, decision->features[TSK_F_COARSE] };
    json_t *object;

    tsk_ink_features(ink, patch->error_mm, ink_features);
    object = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:b, s:f, s:i, s:o, s:o, s:o, s:i, s:s, s:s, s:s, s:b, s:f, s:f, s:f, s:b, s:s}",
        "file", file, "form", form->id, "field", field->id, "lexicon", field->lexicon, "value", value->text, "blank",
        (int)value->blank, "score", value->score, "hand", (int)value->hand, "features",
        numbers(decision->features, TSK_FEATURES), "ink", numbers(ink_features, TSK_INK_FEATURES), "hand_features",
        numbers(hand, 5), "lines", ink->count, "first", decision->read[0], "second", decision->read[1], "third",
        decision->read[2], "unlisted", (int)decision->unlisted, "lost_mm", patch->lost_mm, "dropped_mm",
        patch->dropped_mm, "spoilt_mm", patch->spoilt_mm, "broken", (int)patch->broken, "reason", value->reason);
    if (object != NULL)
        json_dumpf(object, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(object);
}

static void do_field(struct tool *tool, const char *file, const struct tsk_map *map, const struct tsk_page *page,
                     const struct tsk_form *form, const struct tsk_field *field, struct tsk_value *value)
{
    struct tsk_patch patch = { 0 };
    struct tsk_ink ink = { 0 };
    struct tsk_err err;
    int64_t started = tsk_mono_ms();

    if (tsk_patch_cut(tool->blanks, map, page, field->box, TSK_TEXT_MARGIN_MM, &patch, &err) != 0 ||
        tsk_text_patch_read(tool->engine, &patch, page->y_dpi, form, field, value, &err) != 0)
        fprintf(stderr, "%s %s: %s\n", file, field->id, err.text);
    tool->text_ms += (double)(tsk_mono_ms() - started);
    tool->fields++;
    if (patch.foreign != NULL && tsk_ink_find(&patch, field->box, field->lines_max, &ink, &err) == 0)
        print_field(file, form, field, value, tsk_text_engine_last(tool->engine), &ink, &patch);
    if (patch.foreign != NULL && getenv("TEXT_DUMP") != NULL) {
        char path[4096];

        snprintf(path, sizeof(path), "%s/%s.%s.page.png", getenv("TEXT_DUMP"), file, field->id);
        pixWrite(path, patch.page, IFF_PNG);
        snprintf(path, sizeof(path), "%s/%s.%s.foreign.png", getenv("TEXT_DUMP"), file, field->id);
        pixWrite(path, patch.foreign, IFF_PNG);
        for (int i = 0; i < ink.count; i++) {
            snprintf(path, sizeof(path), "%s/%s.%s.line%d.png", getenv("TEXT_DUMP"), file, field->id, i);
            pixWrite(path, ink.lines[i].grey, IFF_PNG);
        }
    }
    tsk_ink_free(&ink);
    tsk_patch_free(&patch);
}

static void do_page(struct tool *tool, const char *file, struct tsk_page *page)
{
    struct tsk_identified found;
    struct tsk_reading reading = { 0 };
    struct tsk_map *map = NULL;
    struct tsk_err err;

    if (tsk_identify(tool->blanks, page, &found, &err) != 0 || found.form == NULL ||
        tsk_register(tool->blanks, found.form, page, &map, &err) != 0 ||
        tsk_reading_start(&reading, found.form, &err) != 0) {
        fprintf(stderr, "%s: no form\n", file);
        goto out;
    }
    for (size_t i = 0; i < found.form->field_count; i++)
        if (found.form->fields[i].kind == TSK_FIELD_TEXT &&
            (tool->lexicon_only == NULL || strstr(tool->lexicon_only, found.form->fields[i].lexicon) != NULL))
            do_field(tool, file, map, page, found.form, &found.form->fields[i], &reading.values[i]);
out:
    tsk_reading_free(&reading);
    tsk_map_free(&map);
}

static void do_file(struct tool *tool, const char *path)
{
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    struct tsk_decoder *decoder = NULL;
    struct tsk_page page = { 0 };
    struct tsk_err err;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || tsk_decode_open(&decoder, fd, false, &err) != 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
    } else if (tsk_decode_next(decoder, &page, &err) == 1) {
        do_page(tool, name, &page);
        tsk_page_free(&page);
    }
    tsk_decode_close(&decoder);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct tool tool = { .lexicon_only = getenv("TEXT_LEXICON") };
    struct tsk_err err = { 0 };
    char forms[4096], data[4096], weights[4096], shapes[4096];
    const char *dirs[1] = { forms };
    int rc = 1;

    if (argc < 4) {
        fprintf(stderr, "usage: %s DATA_DIR DIRECTORY.csv FILE.tif...\n", argv[0]);
        return 2;
    }
    snprintf(forms, sizeof(forms), "%s/forms", argv[1]);
    snprintf(weights, sizeof(weights), "%s/ocr/digits/weights.bin", argv[1]);
    snprintf(shapes, sizeof(shapes), "%s/ocr/text/shapes.bin", argv[1]);
    snprintf(data, sizeof(data), "%s/config/data", argv[1]);
    if (tsk_forms_load(&tool.forms, dirs, 1, &err) != 0 || tsk_blanks_new(&tool.blanks, &tool.forms, &err) != 0 ||
        tsk_lexicon_new(&tool.lexicon, data, argv[2], &err) != 0 || tsk_digits_load(&tool.digits, weights, &err) != 0 ||
        tsk_shapes_load(&tool.shapes, getenv("TEXT_SHAPES") != NULL ? getenv("TEXT_SHAPES") : shapes, &err) != 0 ||
        tsk_language_new(&tool.language, &err) != 0 ||
        tsk_text_engine_new(&tool.engine, NULL, tool.lexicon, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        goto out;
    }
    tsk_text_engine_use_digits(tool.engine, tool.digits);
    tsk_text_engine_use_shapes(tool.engine, tool.shapes);
    tsk_text_engine_use_language(tool.engine, tool.language);
    for (int i = 3; i < argc; i++)
        do_file(&tool, argv[i]);
    fprintf(stderr, "%d fields, %.0f ms a page\n", tool.fields, tool.text_ms / (argc - 3));
    rc = 0;
out:
    tsk_text_engine_free(&tool.engine);
    tsk_language_free(&tool.language);
    tsk_shapes_free(&tool.shapes);
    tsk_digits_free(&tool.digits);
    tsk_lexicon_free(&tool.lexicon);
    tsk_blanks_free(&tool.blanks);
    tsk_forms_free(&tool.forms);
    return rc;
}
