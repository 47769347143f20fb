/* What the program knows of each sheet: its fields and where they lie on the blank. No patient is in any of it. */
#include <string.h>

#include "base/file.h"
#include "records/case.h"
#include "review/answer.h"
#include "review/route.h"
#include "routing/sheet_print.h"

#define PICTURE_BYTES_MAX ((size_t)8 << 20)

static json_t *form_json(const struct tsk_form *f)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:f, s:f, s:i}", "form", f->id, "edition", f->edition, "title", f->title,
                     "ward", f->ward, "width", f->page_w, "height", f->page_h, "fields", (int)f->field_count);
}

static int get_forms(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const struct tsk_forms *forms = request->desk->forms;
    json_t *items = json_array();

    for (size_t i = 0; i < forms->count; i++)
        tsk_answer_add(&items, form_json(&forms->forms[i]));
    return tsk_answer(reply, json_pack("{s:o}", "items", items), err);
}

static const struct tsk_form *find(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *edition = tsk_request_arg(request, "edition");
    const struct tsk_form *form = tsk_forms_find(request->desk->forms, tsk_request_arg(request, "form"), edition);

    if (form != NULL)
        return form;
    tsk_fail(err, TSK_REJECT, 0, "there is no such form");
    (void)tsk_reply_missing(reply, err);
    return NULL;
}

static json_t *box_json(const struct tsk_rect *box)
{
    return json_pack("[f, f, f, f]", box->x, box->y, box->w, box->h);
}

static json_t *field_json(const struct tsk_field *f)
{
    static const char *const kinds[] = { "mark", "circle", "text", "digits", "image" };
    json_t *options = json_array();

    for (size_t i = 0; i < f->option_count; i++)
        tsk_answer_add(&options, json_pack("{s:s, s:s, s:o}", "value", f->options[i].value, "label",
                                           f->options[i].label, "box", box_json(&f->options[i].box)));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o}", "id", f->id, "label", f->label, "block", f->block,
                     "kind", kinds[f->kind], "lexicon", f->lexicon, "means", f->means, "required", f->required, "box",
                     f->option_count > 0 ? json_null() : box_json(&f->box), "options", options);
}

static int get_form(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const struct tsk_form *form = find(reply, request, err);

    if (form == NULL)
        return -1;
    json_t *fields = json_array(), *blocks = json_array();
    for (size_t i = 0; i < form->field_count; i++)
        tsk_answer_add(&fields, field_json(&form->fields[i]));
    for (size_t i = 0; i < form->block_count; i++)
        tsk_answer_add(&blocks, json_pack("{s:s, s:s, s:s}", "id", form->blocks[i].id, "label", form->blocks[i].label,
                                          "party", form->blocks[i].party));
    return tsk_answer(reply, json_pack("{s:o, s:o, s:o}", "form", form_json(form), "blocks", blocks, "fields", fields),
                      err);
}

/* Made by `tasuki web` at its start: tsk_desk_blank_path(). */
static int get_blank(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const struct tsk_form *form = find(reply, request, err);
    const char *path = form != NULL ? tsk_desk_blank_path(request->desk->cache, form, request->arena) : NULL;
    struct tsk_buf picture = TSK_BUF(PICTURE_BYTES_MAX);

    if (form == NULL)
        return -1;
    if (path == NULL || tsk_file_read(path, &picture, err) != 0) {
        tsk_buf_free(&picture);
        tsk_fail(err, TSK_REJECT, 0, "there is no picture of this blank");
        return tsk_reply_missing(reply, err);
    }
    reply->bytes = picture;
    reply->media = "image/png";
    return 0;
}

/* The office whose directory vouches for the numbers on it, and the case that it is filled in from. */
static int choose_case(struct tsk_sheet_print *what, struct tsk_reply *reply, const struct tsk_request *request,
                       struct tsk_err *err)
{
    const char *number = tsk_request_query(request, "case");
    struct tsk_case kase;

    if (number == NULL || *number == '\0')
        return tsk_request_office(&what->office, reply, request, err);
    if (tsk_case_find(&kase, request->store, &request->scope, number, request->arena, err) != 0)
        return tsk_reply_missing(reply, err);
    what->case_number = kase.number;
    what->office = kase.office;
    return 0;
}

static int get_print(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *as = tsk_request_query(request, "as");
    const bool fax = as != NULL && strcmp(as, "fax") == 0;
    const struct tsk_form *form = find(reply, request, err);
    struct tsk_sheet_print what = { .as = fax ? TSK_PRINT_FAX : TSK_PRINT_PDF };

    if (form == NULL || choose_case(&what, reply, request, err) != 0)
        return -1;
    what.form = form->id;
    what.edition = form->edition;
    reply->bytes = TSK_BUF(TSK_PRINT_BYTES_MAX);
    reply->media = fax ? "image/tiff" : "application/pdf";
    reply->download = tsk_arena_printf(request->arena, "%s%s%s.%s", form->id, what.case_number != NULL ? "-" : "",
                                       what.case_number != NULL ? what.case_number : "", fax ? "tif" : "pdf");
    if (tsk_sheet_print(&reply->bytes, request->store, request->desk->forms, tsk_store_vault(request->store),
                        &request->scope, &what, request->arena, err) != 0)
        return -1;
    return tsk_answer_audit(request, what.office, "print",
                            what.case_number != NULL ? tsk_arena_printf(request->arena, "case:%s", what.case_number)
                                                     : tsk_arena_printf(request->arena, "form:%s", form->id),
                            what.case_number != NULL ? "return sheet" : "blank sheet", err);
}

const char *tsk_desk_blank_path(const char *cache, const struct tsk_form *form, struct tsk_arena *arena)
{
    return tsk_arena_printf(arena, "%s/desk-%s-%s-%.16s.png", cache, form->id, form->edition, form->hash);
}

const struct tsk_route tsk_routes_forms[] = {
    { "GET", "/api/v1/forms", get_forms, TSK_ROLES_OFFICE | TSK_ROLE_ADMINISTRATOR, 0, 0 },
    { "GET", "/api/v1/forms/{form}/{edition}", get_form, TSK_ROLES_OFFICE | TSK_ROLE_ADMINISTRATOR, 0, 0 },
    { "GET", "/api/v1/forms/{form}/{edition}/blank", get_blank, TSK_ROLES_OFFICE | TSK_ROLE_ADMINISTRATOR, 0, 0 },
    { "GET", "/api/v1/forms/{form}/{edition}/print", get_print, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
