#include "ocr/confine/models.h"
#include "ocr/code/code.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

#include "base/log.h"
#include "forms/raster.h"

#define FORMS_DIRS_MAX 16
#define DATA_PATH_MAX 4096

static int load_forms(struct tsk_models *models, const struct tsk_models_from *from, struct tsk_err *err)
{
    const char *dirs[FORMS_DIRS_MAX];
    char own[DATA_PATH_MAX];
    size_t count = 0;

    if (from->forms_dir_count >= FORMS_DIRS_MAX)
        return tsk_fail(err, TSK_REJECT, 0, "at most %d folders of forms are looked at", FORMS_DIRS_MAX - 1);
    snprintf(own, sizeof own, "%s/forms", from->data_dir);
    dirs[count++] = own;
    for (size_t i = 0; i < from->forms_dir_count; i++)
        dirs[count++] = from->forms_dirs[i];
    return tsk_forms_load(&models->forms, dirs, count, err);
}

/* ID, or ID/EDITION */
static bool is_form(const struct tsk_form *form, const char *wanted)
{
    size_t length = strlen(form->id);

    if (strncmp(form->id, wanted, length) != 0)
        return false;
    return wanted[length] == '\0' || (wanted[length] == '/' && strcmp(wanted + length + 1, form->edition) == 0);
}

/* The forms that are looked for: all of them, the editions of one, or one edition. */
static int choose_forms(struct tsk_models *models, const char *form, struct tsk_err *err)
{
    struct tsk_forms *chosen = &models->chosen;

    chosen->forms = calloc(models->forms.count + 1, sizeof *chosen->forms);
    if (chosen->forms == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory for the forms");
    for (size_t i = 0; i < models->forms.count; i++) {
        if (form == NULL || is_form(&models->forms.forms[i], form))
            chosen->forms[chosen->count++] = models->forms.forms[i];
    }
    if (chosen->count == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no form %s; see `tasuki forms list`",
                        form != NULL ? form : "at all");
    return 0;
}

/* Without the file everything goes to a person, which is how pages are read that a calibration is made from. */
static int load_calibration(struct tsk_models *models, const char *data_dir, struct tsk_err *err)
{
    char path[DATA_PATH_MAX];

    snprintf(path, sizeof path, "%s/ocr/judge/calibration.json", data_dir);
    if (access(path, F_OK) != 0) {
        tsk_log(TSK_LOG_WARN, "-", "event", "calibration.missing", "text", "every value goes to a person", "file", path,
                NULL);
        return 0;
    }
    return tsk_calibration_load(&models->calibration, path, err);
}

static int load_mark_nets(struct tsk_models *models, const char *data_dir, struct tsk_err *err)
{
    models->mark_nets = calloc(1, sizeof *models->mark_nets);
    if (models->mark_nets == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory for the networks of marks");
    return tsk_mark_nets_read(models->mark_nets, data_dir, err);
}

static int load_readers(struct tsk_models *models, const struct tsk_models_from *from, struct tsk_err *err)
{
    char path[DATA_PATH_MAX];

    if (from->marks_only)
        return 0;
    snprintf(path, sizeof path, "%s/ocr/digits/weights.bin", from->data_dir);
    if (tsk_digits_load(&models->digits, path, err) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/ocr/text/shapes.bin", from->data_dir);
    if (tsk_shapes_load(&models->shapes, path, err) != 0 || tsk_language_new(&models->language, err) != 0 ||
        tsk_text_engine_new(&models->text, NULL, models->lexicon, err) != 0)
        return -1;
    tsk_text_engine_use_digits(models->text, models->digits);
    tsk_text_engine_use_shapes(models->text, models->shapes);
    tsk_text_engine_use_language(models->text, models->language);
    return 0;
}

static int compare_ints(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* What libraries open or ask of the kernel the first time they are used. */
static void wake_libraries(void)
{
    int many[1024];
    iconv_t converter = iconv_open("UTF-8", "CP932");

    if (converter != (iconv_t)-1) /* NOLINT(performance-no-int-to-ptr): how iconv says no */
        iconv_close(converter);
    for (size_t i = 0; i < TSK_COUNT(many); i++)
        many[i] = (int)((i * 7919) % TSK_COUNT(many));
    qsort(many, TSK_COUNT(many), sizeof many[0], compare_ints); /* asks for the size of memory, once */
    setMsgSeverity(L_SEVERITY_NONE);
    TIFFSetWarningHandler(NULL);
    TIFFSetErrorHandler(NULL);
}

int tsk_models_load(struct tsk_models **out, const struct tsk_models_from *from, struct tsk_err *err)
{
    struct tsk_models *models = calloc(1, sizeof *models);
    char data[DATA_PATH_MAX];

    *out = NULL;
    if (models == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory for the reader's models");
    wake_libraries();
    models->charsets = tsk_code_charsets_hold();
    models->tolerated = from->tolerated > 0 ? from->tolerated : TSK_TOLERATED_DEFAULT;
    snprintf(data, sizeof data, "%s/config/data", from->data_dir);
    tsk_form_cache_dir(from->cache_dir);
    if (load_forms(models, from, err) != 0 || choose_forms(models, from->form, err) != 0 ||
        tsk_blanks_new(&models->blanks, &models->chosen, err) != 0 ||
        tsk_reference_load(&models->reference, data, err) != 0 ||
        tsk_lexicon_new(&models->lexicon, data, from->directory_csv, err) != 0 ||
        load_calibration(models, from->data_dir, err) != 0 || load_mark_nets(models, from->data_dir, err) != 0 ||
        load_readers(models, from, err) != 0) {
        tsk_models_free(&models);
        return -1;
    }
    *out = models;
    return 0;
}

void tsk_models_free(struct tsk_models **models)
{
    struct tsk_models *m = *models;

    if (m == NULL)
        return;
    tsk_text_engine_free(&m->text);
    tsk_language_free(&m->language);
    tsk_shapes_free(&m->shapes);
    tsk_digits_free(&m->digits);
    free(m->mark_nets);
    tsk_calibration_free(&m->calibration);
    tsk_lexicon_free(&m->lexicon);
    tsk_reference_free(&m->reference);
    tsk_blanks_free(&m->blanks);
    tsk_code_charsets_free(&m->charsets);
    free(m->chosen.forms);
    tsk_forms_free(&m->forms);
    free(m);
    *models = NULL;
}

json_t *tsk_models_versions(const struct tsk_models *models)
{
    return json_pack("{s:s, s:s, s:s}", "reader", TASUKI_VERSION, "weights",
                     models->digits != NULL ? tsk_digits_version(models->digits) : "", "calibration",
                     models->calibration != NULL ? tsk_calibration_version(models->calibration) : "");
}
