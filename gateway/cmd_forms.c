/*
 * tasuki forms - what sheets this installation knows, whether their descriptions hold together, and sheets to print
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "config/datadir.h"
#include "forms/form.h"
#include "gateway/session.h"
#include "records/audit.h"
#include "records/case.h"
#include "routing/sheet_print.h"

enum { DIRS_MAX = 16 };

struct dirs {
    const char *paths[DIRS_MAX];
    size_t count;
    char *owned;
};

static const char *const kind_names[] = { "mark", "circle", "text", "digits", "image" };
static const char *const choose_names[] = { "one", "many", "optional" };

static bool is_same_folder(const char *a, const char *b)
{
    char *real_a = realpath(a, NULL), *real_b = realpath(b, NULL);
    bool same = real_a != NULL && real_b != NULL && strcmp(real_a, real_b) == 0;

    free(real_a);
    free(real_b);
    return same;
}

/* The program's own forms, and those of every --forms. */
static int take_dirs(int *argc, char **argv, struct dirs *out, struct tsk_err *err)
{
    const char *path;

    if ((out->owned = tsk_data_path("forms")) == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory");
    out->paths[out->count++] = out->owned;
    while (out->count < DIRS_MAX && (path = tsk_cli_option(argc, argv, "--forms", err)) != NULL)
        if (!is_same_folder(path, out->owned))
            out->paths[out->count++] = path;
    return err->kind == TSK_OK ? 0 : -1;
}

static int run_list(const struct dirs *dirs)
{
    struct tsk_forms forms;
    struct tsk_err err = { 0 };

    if (tsk_forms_load(&forms, dirs->paths, dirs->count, &err) != 0)
        return tsk_cli_failed(&err);
    printf("%-18s %-20s %-6s %6s  %s\n", "FORM", "EDITION", "WARD", "FIELDS", "TITLE");
    for (size_t i = 0; i < forms.count; i++) {
        const struct tsk_form *form = &forms.forms[i];
        printf("%-18s %-20s %-6s %6zu  %s\n", form->id, form->edition, form->ward[0] == '\0' ? "-" : form->ward,
               form->field_count, form->title);
    }
    tsk_forms_free(&forms);
    return TSK_EXIT_OK;
}

static void print_fault(void *ctx, const char *text)
{
    (void)ctx;
    puts(text);
}

static int run_check(const struct dirs *dirs)
{
    struct tsk_err err = { 0 };
    int faults = tsk_forms_check(dirs->paths, dirs->count, print_fault, NULL);

    if (faults == 0) {
        puts("no faults");
        return TSK_EXIT_OK;
    }
    (void)tsk_fail(&err, TSK_REJECT, 0, "%d fault%s in the forms; each is named above", faults, faults == 1 ? "" : "s");
    return tsk_cli_failed(&err);
}

static void print_box(const struct tsk_rect *box)
{
    printf("%6.1f %6.1f %6.1f x %-5.1f", box->x, box->y, box->w, box->h);
}

static void print_field(const struct tsk_field *field)
{
    printf("  %-26s %-7s", field->id, kind_names[field->kind]);
    if (field->option_count == 0) {
        print_box(&field->box);
        printf("  %s%s%s%s\n", field->label, field->lexicon[0] != '\0' ? ", " : "", field->lexicon,
               field->required ? ", required" : "");
        return;
    }
    printf("%-29s  %s%s\n", choose_names[field->choose], field->label, field->required ? ", required" : "");
    for (size_t i = 0; i < field->option_count; i++) {
        printf("    %-24s        ", field->options[i].value);
        print_box(&field->options[i].box);
        printf("  %s\n", field->options[i].label);
    }
}

static void print_form(const struct tsk_form *form)
{
    printf("%s/%s  %s\n", form->id, form->edition, form->title);
    printf("  folder %s\n  blank  %s\n  hash   %s\n  page   %g x %g mm, ward %s, language %s\n", form->dir,
           form->blank_path, form->hash, form->page_w, form->page_h, form->ward[0] == '\0' ? "-" : form->ward,
           form->language);
    for (size_t i = 0; i < form->block_count; i++) {
        printf("\n[%s] %s, filled in by: %s          x      y      w x h (mm)\n", form->blocks[i].id,
               form->blocks[i].label, form->blocks[i].party);
        for (size_t j = 0; j < form->field_count; j++)
            if (strcmp(form->fields[j].block, form->blocks[i].id) == 0)
                print_field(&form->fields[j]);
    }
    puts("\ndates");
    for (size_t i = 0; i < form->date_count; i++)
        printf("  %-26s %-10s %s\n", form->dates[i].id, form->dates[i].role,
               form->dates[i].era[0] != '\0' ? form->dates[i].era : form->dates[i].era_field);
    puts("\nprinted texts");
    for (size_t i = 0; i < form->print_count; i++)
        printf("  %-26s %s%s\n", form->prints[i].id, form->prints[i].text,
               form->prints[i].overridden ? "   (this edition's own)" : "");
}

/* which: "ID" or "ID/EDITION"; NULL shows all. */
static bool is_wanted(const struct tsk_form *form, const char *which)
{
    size_t len = which == NULL ? 0 : strcspn(which, "/");

    if (which == NULL)
        return true;
    if (strlen(form->id) != len || strncmp(form->id, which, len) != 0)
        return false;
    return which[len] == '\0' || strcmp(form->edition, which + len + 1) == 0;
}

static int run_show(const struct dirs *dirs, const char *which)
{
    struct tsk_forms forms;
    struct tsk_err err = { 0 };
    int shown = 0;

    if (tsk_forms_load(&forms, dirs->paths, dirs->count, &err) != 0)
        return tsk_cli_failed(&err);
    for (size_t i = 0; i < forms.count; i++) {
        if (!is_wanted(&forms.forms[i], which))
            continue;
        if (shown++ > 0)
            putchar('\n');
        print_form(&forms.forms[i]);
    }
    tsk_forms_free(&forms);
    if (shown > 0)
        return TSK_EXIT_OK;
    (void)tsk_fail(&err, TSK_REJECT, 0, "there is no form %s; `tasuki forms list` names them",
                   which == NULL ? "here" : which);
    return tsk_cli_failed(&err);
}

/* The office whose directory vouches for what is printed: the one named, the case's, or the only one there is. */
static int choose_office(struct tsk_session *session, const char *number, const char **office)
{
    struct tsk_case one;
    struct tsk_offices offices;

    *office = session->office;
    if (number != NULL) {
        if (tsk_case_find(&one, session->store, &session->scope, number, session->arena, &session->err) != 0)
            return -1;
        *office = one.office;
    }
    if (*office != NULL)
        return 0;
    if (tsk_office_list(&offices, session->store, &session->scope, session->arena, &session->err) != 0)
        return -1;
    if (offices.count != 1)
        return tsk_fail(&session->err, TSK_REJECT, 0, "name the office whose sheet it is, with --office");
    *office = offices.items[0].id;
    return 0;
}

static int note_print(struct tsk_session *session, const struct tsk_sheet_print *what)
{
    const char *object = what->case_number != NULL ? tsk_session_text(session, "case:%s", what->case_number)
                                                   : tsk_session_text(session, "form:%s", what->form);

    return tsk_audit_add(session->store, what->office, session->by, "print", object,
                         what->case_number != NULL ? "return sheet" : "blank sheet", &session->err);
}

static int print_to(struct tsk_session *session, const struct tsk_sheet_print *what, const char *path)
{
    struct tsk_buf file = TSK_BUF(TSK_PRINT_BYTES_MAX);
    struct tsk_vault *vault;
    int rc = tsk_site_vault(&vault, session->site, &session->err);

    if (rc == 0)
        rc = tsk_sheet_print(&file, session->store, &session->records->forms, vault, &session->scope, what,
                             session->arena, &session->err);
    if (rc == 0)
        rc = tsk_file_put_path(path, file.data, file.len, 0600, &session->err);
    if (rc == 0)
        rc = note_print(session, what);
    tsk_buf_free(&file);
    return rc;
}

static int run_print(struct tsk_session *session)
{
    const char *slash = strchr(session->argv[0], '/');
    size_t length = slash != NULL ? (size_t)(slash - session->argv[0]) : strlen(session->argv[0]);
    const char *path = session->argv[1];
    const char *dot = strrchr(path, '.');
    struct tsk_sheet_print what = { .form = tsk_session_text(session, "%.*s", (int)length, session->argv[0]),
                                    .edition = slash != NULL ? slash + 1 : NULL,
                                    .case_number = tsk_session_option(session, "--case") };

    if (dot == NULL || (strcmp(dot, ".pdf") != 0 && strcmp(dot, ".tif") != 0))
        return tsk_fail(&session->err, TSK_REJECT, 0,
                        "%s: a sheet is printed to a file named .pdf (paper) or .tif (fax)", path);
    what.as = strcmp(dot, ".pdf") == 0 ? TSK_PRINT_PDF : TSK_PRINT_FAX;
    if (choose_office(session, what.case_number, &what.office) != 0 || print_to(session, &what, path) != 0)
        return -1;
    printf("%s\n", path);
    return 0;
}

static int run_print_command(int argc, char **argv)
{
    static const char *const options[] = { "--case", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "print", .min = 2, .max = 2, .needs_by = true, .run = run_print, .options = options },
    };

    return tsk_session_run(&tsk_cmd_forms, subs, TSK_COUNT(subs), argc, argv);
}

static int dispatch(int argc, char **argv, const struct dirs *dirs)
{
    const char *verb = argc > 1 ? argv[1] : "list";

    if (strcmp(verb, "list") == 0 && argc <= 2)
        return run_list(dirs);
    if (strcmp(verb, "check") == 0 && argc == 2)
        return run_check(dirs);
    if (strcmp(verb, "show") == 0 && argc <= 3)
        return run_show(dirs, argc == 3 ? argv[2] : NULL);
    return tsk_cli_usage(&tsk_cmd_forms);
}

static int run_forms(int argc, char **argv)
{
    struct dirs dirs = { 0 };
    struct tsk_err err = { 0 };
    int rc;

    if (argc > 1 && strcmp(argv[1], "print") == 0)
        return run_print_command(argc, argv);
    if (take_dirs(&argc, argv, &dirs, &err) != 0 || tsk_cli_rest(&argc, argv, &err) != 0)
        rc = tsk_cli_failed(&err);
    else
        rc = dispatch(argc, argv, &dirs);
    free(dirs.owned);
    return rc;
}

const struct tsk_command tsk_cmd_forms = {
    .name = "forms",
    .usage = "forms [list] [--forms DIR]…\nforms check [--forms DIR]…\nforms show [--forms DIR]… [ID[/EDITION]]\n"
             "forms print ID[/EDITION] FILE.pdf|FILE.tif [--case CASE] [--office ID] --by NAME",
    .help = "the sheets this installation knows, and whether their descriptions hold together",
    .run = run_forms,
};
