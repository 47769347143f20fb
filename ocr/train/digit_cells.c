/*
 * tasuki-digit-cells - how well the digit cells of labelled pages are read
 *
 * usage: tasuki-digit-cells DATA_DIR WEIGHTS DIR [DUMP_DIR]      (DATA_DIR holds forms/; DIR holds truth.jsonl and its pages)
 * Prints a line for every cell that was read wrong, then the share that was right and how often each certainty was wrong.
 * With DUMP_DIR the ink of every wrong cell is written there as PNG, to be looked at.
 */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forms/form.h"
#include "ocr/decode/decode.h"
#include "ocr/digits/digits.h"
#include "ocr/register/register.h"

#define MARGIN_MM 1.5

enum { TYPED_BLANK, TYPED, HAND_BLANK, HAND, KINDS, BINS = 10 };

static const char *const kind_names[KINDS] = { "typed, blank", "typed", "by hand, blank", "by hand" };
static const double bin_from[BINS] = { 0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995 };

struct tool {
    struct tsk_forms forms;
    struct tsk_blanks *blanks;
    struct tsk_digits *digits;
    const char *dump;
    int cells[KINDS][BINS], wrong[KINDS][BINS], pages, lost_pages;
};

struct labelled { /* a page and what stands on it */
    const char *file, *form;
    bool hand;
    json_t *fields;
};

static void dump_cell(const struct tool *tool, const struct labelled *label, const char *field, PIX *ink)
{
    char path[4096];

    if (tool->dump == NULL)
        return;
    snprintf(path, sizeof(path), "%s/%s.%s.png", tool->dump, label->file, field);
    pixWrite(path, ink, IFF_PNG);
}

static void count_cell(struct tool *tool, const struct labelled *label, const struct tsk_field *field,
                       const char *truth, const struct tsk_digits_result *result, PIX *ink)
{
    const char *read = result->blank ? "" : result->count > 0 ? result->alts[0].text : "?";
    const double p = result->blank ? result->blank_p : result->count > 0 ? result->alts[0].p : 0;
    const int kind = (label->hand ? HAND_BLANK : TYPED_BLANK) + (truth[0] != '\0');
    int bin = BINS - 1;

    while (bin > 0 && p < bin_from[bin])
        bin--;
    tool->cells[kind][bin]++;
    if (strcmp(read, truth) == 0)
        return;
    tool->wrong[kind][bin]++;
    printf("%s %s: \"%s\" read as \"%s\" p=%.3f %s\n", label->file, field->id, truth, read, p, result->reason);
    dump_cell(tool, label, field->id, ink);
}

static int do_cell(struct tool *tool, const struct labelled *label, const struct tsk_map *map,
                   const struct tsk_page *page, const struct tsk_field *field, struct tsk_err *err)
{
    const char *truth = json_string_value(json_object_get(json_object_get(label->fields, field->id), "value"));
    struct tsk_digits_result result;
    struct tsk_patch patch = { 0 };
    int rc = -1;

    if (truth == NULL)
        return 0;
    if (tsk_patch_cut(tool->blanks, map, page, field->box, MARGIN_MM, &patch, err) == 0) {
        struct tsk_digits_cell cell = { .ink = patch.foreign,
                                        .px_per_mm_x = patch.px_per_mm_x,
                                        .px_per_mm_y = patch.px_per_mm_y,
                                        .max_len = field->digits_max };
        cell.core.x = (l_int32)((field->box.x - patch.mm.x) * patch.px_per_mm_x + 0.5);
        cell.core.y = (l_int32)((field->box.y - patch.mm.y) * patch.px_per_mm_y + 0.5);
        cell.core.w = (l_int32)(field->box.w * patch.px_per_mm_x + 0.5);
        cell.core.h = (l_int32)(field->box.h * patch.px_per_mm_y + 0.5);
        rc = tsk_digits_read_cell(tool->digits, &cell, &result, err);
    }
    if (rc == 0)
        count_cell(tool, label, field, truth, &result, patch.foreign);
    tsk_patch_free(&patch);
    return rc;
}

static int do_page(struct tool *tool, const struct labelled *label, struct tsk_page *page, struct tsk_err *err)
{
    struct tsk_identified found;
    struct tsk_map *map = NULL;
    int rc = 0;

    tool->pages++;
    if (tsk_identify(tool->blanks, page, &found, err) != 0)
        return -1;
    if (found.form == NULL || strcmp(found.form->id, label->form) != 0 ||
        tsk_register(tool->blanks, found.form, page, &map, err) != 0) {
        tool->lost_pages++;
        return 0;
    }
    for (size_t i = 0; rc == 0 && i < found.form->field_count; i++) {
        if (found.form->fields[i].kind == TSK_FIELD_DIGITS)
            rc = do_cell(tool, label, map, page, &found.form->fields[i], err);
    }
    tsk_map_free(&map);
    return rc;
}

static int do_file(struct tool *tool, const char *dir, const struct labelled *label, struct tsk_err *err)
{
    struct tsk_decoder *decoder = NULL;
    struct tsk_page page = { 0 };
    char path[4096];
    int fd, rc = -1;

    snprintf(path, sizeof(path), "%s/%s", dir, label->file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return tsk_fail(err, TSK_STOP, 0, "%s: cannot be opened", path);
    if (tsk_decode_open(&decoder, fd, false, err) == 0 && tsk_decode_next(decoder, &page, err) == 1)
        rc = do_page(tool, label, &page, err);
    tsk_page_free(&page);
    tsk_decode_close(&decoder);
    close(fd);
    return rc;
}

static int do_line(struct tool *tool, const char *dir, const char *line, struct tsk_err *err)
{
    json_t *page = json_loads(line, 0, NULL);
    struct labelled label;
    int rc;

    if (page == NULL)
        return tsk_fail(err, TSK_STOP, 0, "%s/truth.jsonl: a line is no JSON object", dir);
    label.file = json_string_value(json_object_get(page, "file"));
    label.form = json_string_value(json_object_get(page, "form"));
    label.hand = json_is_true(json_object_get(page, "hand"));
    label.fields = json_object_get(page, "fields");
    if (label.file == NULL || label.form == NULL)
        rc = tsk_fail(err, TSK_STOP, 0, "%s/truth.jsonl: a page without file or form", dir);
    else
        rc = do_file(tool, dir, &label, err);
    json_decref(page);
    return rc;
}

static int do_all(struct tool *tool, const char *dir, struct tsk_err *err)
{
    char path[4096], *line = NULL;
    size_t cap = 0;
    FILE *truth;
    int rc = 0;

    snprintf(path, sizeof(path), "%s/truth.jsonl", dir);
    truth = fopen(path, "re");
    if (truth == NULL)
        return tsk_fail(err, TSK_STOP, 0, "%s: cannot be opened", path);
    while (rc == 0 && getline(&line, &cap, truth) > 0)
        rc = do_line(tool, dir, line, err);
    free(line);
    fclose(truth);
    return rc;
}

static void print_table(const struct tool *tool)
{
    printf("%d pages, %d of them not recognised\n", tool->pages, tool->lost_pages);
    for (int kind = 0; kind < KINDS; kind++) {
        int cells = 0, wrong = 0;
        for (int bin = 0; bin < BINS; bin++) {
            cells += tool->cells[kind][bin];
            wrong += tool->wrong[kind][bin];
        }
        printf("%-16s %5d cells, %6.2f %% right\n", kind_names[kind], cells,
               cells > 0 ? 100.0 * (cells - wrong) / cells : 100.0);
        for (int bin = 0; bin < BINS; bin++) {
            if (tool->cells[kind][bin] > 0)
                printf("    p from %.3f  %5d cells, %3d wrong\n", bin_from[bin], tool->cells[kind][bin],
                       tool->wrong[kind][bin]);
        }
    }
}

int main(int argc, char **argv)
{
    struct tool tool = { 0 };
    struct tsk_err err = { 0 };
    char forms[4096];
    const char *dirs[1] = { forms };
    int rc = 1;

    if (argc < 4 || argc > 5) {
        fprintf(stderr, "usage: %s DATA_DIR WEIGHTS DIR [DUMP_DIR]\n", argv[0]);
        return 2;
    }
    tool.dump = argc > 4 ? argv[4] : NULL;
    snprintf(forms, sizeof(forms), "%s/forms", argv[1]);
    if (tsk_forms_load(&tool.forms, dirs, 1, &err) == 0 && tsk_blanks_new(&tool.blanks, &tool.forms, &err) == 0 &&
        tsk_digits_load(&tool.digits, argv[2], &err) == 0 && do_all(&tool, argv[3], &err) == 0) {
        print_table(&tool);
        rc = 0;
    } else {
        fprintf(stderr, "%s\n", err.text);
    }
    tsk_digits_free(&tool.digits);
    tsk_blanks_free(&tool.blanks);
    tsk_forms_free(&tool.forms);
    return rc;
}
