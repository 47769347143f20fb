#include "forms/form.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "forms/loading.h"

#define FORMS_BYTES_MAX (256u << 20)
#define EDITIONS_MAX 2000
#define PARENTS_MAX 8
#define YAML_BYTES_MAX (1u << 20)

struct loader {
    struct tsk_arena *arena;
    struct tsk_faults faults;
    struct tsk_form_source *sources[EDITIONS_MAX];
    size_t count;
};

void tsk_fault_err(struct tsk_faults *faults, const struct tsk_err *err)
{
    if (faults->count++ == 0)
        faults->first = *err;
    if (faults->report != NULL)
        faults->report(faults->ctx, err->text);
}

void tsk_fault(struct tsk_faults *faults, const struct tsk_yaml *yaml, const char *where, const char *format, ...)
{
    struct tsk_err err = { 0 };
    char text[400];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)tsk_yaml_fail(yaml, &err, where, "%s", text);
    tsk_fault_err(faults, &err);
}

static void fault_dir(struct loader *loader, const char *dir, int sys, const char *text)
{
    struct tsk_err err = { 0 };

    (void)tsk_fail(&err, TSK_REJECT, sys, "%s: %s", dir, text);
    tsk_fault_err(&loader->faults, &err);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool is_dir(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Calls visit for every folder in dir, by name, so that the order of forms does not depend on the disk. */
static void each_folder(struct loader *loader, const char *dir,
                        void (*visit)(struct loader *, const char *path, const char *name, const char *above),
                        const char *above)
{
    struct dirent **names = NULL;
    int count = scandir(dir, &names, is_visible, by_name);

    if (count < 0) {
        fault_dir(loader, dir, errno, "this folder of forms cannot be read");
        return;
    }
    for (int i = 0; i < count; i++) {
        const char *path = tsk_arena_printf(loader->arena, "%s/%s", dir, names[i]->d_name);
        const char *name = tsk_arena_strdup(loader->arena, names[i]->d_name);

        if (path != NULL && name != NULL && is_dir(path))
            visit(loader, path, name, above);
        free(names[i]);
    }
    free(names);
}

static struct tsk_form_source *find_source(const struct loader *loader, const char *id, const char *edition)
{
    for (size_t i = 0; i < loader->count; i++)
        if (strcmp(loader->sources[i]->id, id) == 0 && strcmp(loader->sources[i]->edition, edition) == 0)
            return loader->sources[i];
    return NULL;
}

static void visit_edition(struct loader *loader, const char *path, const char *name, const char *form_id)
{
    const char *file = tsk_arena_printf(loader->arena, "%s/form.yaml", path);
    struct tsk_form_source *source = tsk_arena_alloc(loader->arena, sizeof *source);
    const struct tsk_form_source *twin = find_source(loader, form_id, name);
    struct tsk_err err = { 0 };
    struct stat st;
    void *data;

    if (file == NULL || source == NULL || loader->count == EDITIONS_MAX) {
        fault_dir(loader, path, ENOMEM, "too many forms");
        return;
    }
    if (stat(file, &st) != 0) {
        fault_dir(loader, path, 0, "form.yaml is missing in this folder of an edition");
        return;
    }
    *source = (struct tsk_form_source){ .dir = path, .id = form_id, .edition = name };
    if (tsk_yaml_load(&source->yaml, &data, file, &tsk_form_schema, &err) != 0) {
        tsk_fault_err(&loader->faults, &err);
    } else {
        source->raw = data;
        if (twin != NULL)
            tsk_fault(&loader->faults, source->yaml, "edition", "%s/%s is in %s already", form_id, name, twin->dir);
    }
    loader->sources[loader->count++] = source;
}

static void visit_form(struct loader *loader, const char *path, const char *name, const char *above)
{
    (void)above;
    each_folder(loader, path, visit_edition, name);
}

static void find_parent(struct loader *loader, struct tsk_form_source *source)
{
    const char *wanted = source->yaml == NULL ? NULL : source->raw->inherits;

    if (wanted == NULL)
        return;
    source->parent = find_source(loader, source->id, wanted);
    if (source->parent == NULL) {
        tsk_fault(&loader->faults, source->yaml, "inherits", "there is no edition %s of %s", wanted, source->id);
        source->raw = NULL;
    }
}

/* A line of parents that ends, each of them readable; what stands in the way is told. */
static bool has_whole_line(struct loader *loader, const struct tsk_form_source *source)
{
    const struct tsk_form_source *at = source;
    int depth = 0;

    for (; at != NULL && at->raw != NULL; at = at->parent)
        if (++depth > PARENTS_MAX) {
            tsk_fault(&loader->faults, source->yaml, "inherits",
                      "more than %d editions inherit from each other; is it a circle?", PARENTS_MAX);
            return false;
        }
    if (at != NULL && at != source)
        tsk_fault(&loader->faults, source->yaml, "inherits", "%s has faults of its own", at->edition);
    return at == NULL;
}

static int hash_source(struct tsk_form_source *source, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(PARENTS_MAX * (YAML_BYTES_MAX + 1));
    int rc = 0;

    for (const struct tsk_form_source *at = source; rc == 0 && at != NULL; at = at->parent)
        rc = tsk_file_read(tsk_yaml_path(at->yaml), &bytes, err);
    if (rc == 0)
        tsk_sha256_hex(tsk_buf_text(&bytes), bytes.len, source->hash);
    tsk_buf_free(&bytes);
    return rc;
}

static void build_form(struct loader *loader, struct tsk_form_source *source, struct tsk_forms *out)
{
    struct tsk_form_draft draft = { .form = &out->forms[out->count] };
    struct tsk_err err = { 0 };

    if (hash_source(source, &err) != 0) {
        tsk_fault_err(&loader->faults, &err);
        return;
    }
    if (tsk_form_expand(loader->arena, source, &draft, &loader->faults) != 0) {
        fault_dir(loader, source->dir, ENOMEM, "this form is too large");
        return;
    }
    tsk_form_check_draft(&draft, &loader->faults);
    out->count++;
}

static void load_all(struct loader *loader, const char *const *dirs, size_t dir_count, struct tsk_forms *out)
{
    for (size_t i = 0; i < dir_count; i++) {
        const char *dir = tsk_arena_strdup(loader->arena, dirs[i]);
        if (dir != NULL)
            each_folder(loader, dir, visit_form, NULL);
    }
    for (size_t i = 0; i < loader->count; i++)
        find_parent(loader, loader->sources[i]);
    out->forms = tsk_arena_alloc(loader->arena, (loader->count + 1) * sizeof *out->forms);
    for (size_t i = 0; out->forms != NULL && i < loader->count; i++)
        if (loader->sources[i]->raw != NULL && has_whole_line(loader, loader->sources[i]))
            build_form(loader, loader->sources[i], out);
}

/* Returns the number of faults; *out is filled as far as there are none. */
static int run(struct loader *loader, const char *const *dirs, size_t dir_count, struct tsk_forms *out)
{
    memset(out, 0, sizeof *out);
    if ((loader->arena = tsk_arena_new(FORMS_BYTES_MAX)) == NULL) {
        fault_dir(loader, "forms", ENOMEM, "no memory");
        return loader->faults.count;
    }
    out->owned = loader->arena;
    load_all(loader, dirs, dir_count, out);
    for (size_t i = 0; i < loader->count; i++)
        tsk_yaml_free(&loader->sources[i]->yaml);
    return loader->faults.count;
}

int tsk_forms_load(struct tsk_forms *out, const char *const *dirs, size_t dir_count, struct tsk_err *err)
{
    struct loader *loader = calloc(1, sizeof *loader);
    int rc = 0;

    memset(out, 0, sizeof *out);
    if (loader == NULL)
        return tsk_fail(err, TSK_RETRY, ENOMEM, "forms");
    if (run(loader, dirs, dir_count, out) > 0) {
        rc = tsk_fail(err, loader->faults.first.kind, 0, "%s", loader->faults.first.text);
        tsk_forms_free(out);
    }
    free(loader);
    return rc;
}

int tsk_forms_check(const char *const *dirs, size_t dir_count, void (*report)(void *ctx, const char *text), void *ctx)
{
    struct loader *loader = calloc(1, sizeof *loader);
    struct tsk_forms forms;
    int faults;

    if (loader == NULL) {
        report(ctx, "forms: no memory");
        return 1;
    }
    loader->faults.report = report;
    loader->faults.ctx = ctx;
    faults = run(loader, dirs, dir_count, &forms);
    tsk_forms_free(&forms);
    free(loader);
    return faults;
}

void tsk_forms_free(struct tsk_forms *forms)
{
    struct tsk_arena *arena = forms->owned;

    tsk_arena_free(&arena);
    memset(forms, 0, sizeof *forms);
}

const struct tsk_form *tsk_forms_find(const struct tsk_forms *forms, const char *id, const char *edition)
{
    for (size_t i = 0; i < forms->count; i++)
        if (strcmp(forms->forms[i].id, id) == 0 && (edition == NULL || strcmp(forms->forms[i].edition, edition) == 0))
            return &forms->forms[i];
    return NULL;
}

static bool has_role(const struct tsk_form_date *date, const char *const *roles, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(roles[i], date->role) == 0)
            return true;
    return false;
}

bool tsk_form_date_is_recent(const struct tsk_form_date *date)
{
    static const char *const roles[] = { "referral", "move", "issued", "created", "log" };

    return has_role(date, roles, TSK_COUNT(roles));
}

bool tsk_form_date_is_of_sheet(const struct tsk_form_date *date)
{
    static const char *const roles[] = { "referral", "issued", "created" };

    return has_role(date, roles, TSK_COUNT(roles));
}

int tsk_form_field_index(const struct tsk_form *form, const char *field_id)
{
    for (size_t i = 0; i < form->field_count; i++)
        if (strcmp(form->fields[i].id, field_id) == 0)
            return (int)i;
    return -1;
}

const struct tsk_field *tsk_form_field(const struct tsk_form *form, const char *field_id)
{
    int at = tsk_form_field_index(form, field_id);

    return at < 0 ? NULL : &form->fields[at];
}
