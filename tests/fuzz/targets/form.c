#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "forms/form.h"
#include "fuzz.h"

static char root[96], path[160];

static void put(const char *folder, const char *name, const void *bytes, size_t len)
{
    char at[200];

    snprintf(at, sizeof at, "%s/%s/%s", root, folder, name);
    fuzz_require(tsk_file_put_path(at, bytes, len, 0600, NULL) == 0, "a file of a form");
}

/* An edition that the other one may inherit from, and the folder of the other one. */
static void set_up(void)
{
    struct tsk_buf yaml = TSK_BUF(1 << 20);

    snprintf(root, sizeof root, "%s/forms", fuzz_dir());
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", root, i == 0 ? "outcome/parent" : "sheet/child");
        fuzz_require(tsk_dir_make(path, 0700, NULL) == 0, "a folder of a form");
    }
    fuzz_require(tsk_file_read(TASUKI_SOURCE_DIR "/forms/outcome/higashinari-2015/form.yaml", &yaml, NULL) == 0,
                 "a form of ours");
    put("outcome/parent", "form.yaml", yaml.data, yaml.len);
    put("outcome/parent", "blank.pdf", "%PDF-1.4\n", 9);
    put("sheet/child", "blank.pdf", "%PDF-1.4\n", 9);
    tsk_buf_free(&yaml);
    snprintf(path, sizeof path, "%s/sheet/child/form.yaml", root);
}

static void write_plainly(const uint8_t *bytes, size_t len)
{
    FILE *file = fopen(path, "we");

    fuzz_require(file != NULL && fwrite(bytes, 1, len, file) == len && fclose(file) == 0, "a file of a form");
}

static void check(const struct tsk_form *form)
{
    fuzz_require(form->page_w > 0 && form->page_h > 0, "a page has a size");
    for (size_t i = 0; i < form->field_count; i++) {
        const struct tsk_field *field = &form->fields[i];

        fuzz_require(tsk_form_field_index(form, field->id) == (int)i, "ids of fields are unique");
        fuzz_require(field->box.x >= 0 && field->box.y >= 0 && field->box.x + field->box.w <= form->page_w + 0.01 &&
                         field->box.y + field->box.h <= form->page_h + 0.01,
                     "a box lies on the page");
    }
    for (size_t i = 0; i < form->date_count; i++)
        fuzz_require(tsk_form_field_index(form, form->dates[i].year) >= 0 &&
                         tsk_form_field_index(form, form->dates[i].day) >= 0,
                     "a date points to fields that exist");
}

void fuzz_form(const uint8_t *bytes, size_t len)
{
    const char *const dirs[] = { root };
    struct tsk_forms forms;
    struct tsk_err err = { 0 };

    if (root[0] == '\0')
        set_up();
    write_plainly(bytes, len);
    if (tsk_forms_load(&forms, dirs, 1, &err) != 0) {
        fuzz_require_text(err.text, "an error is text");
        fuzz_require(err.text[0] != '\0', "an error says something");
        return;
    }
    for (size_t i = 0; i < forms.count; i++)
        check(&forms.forms[i]);
    tsk_forms_free(&forms);
}
