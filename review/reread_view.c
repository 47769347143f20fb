#include "review/reread_view.h"

static json_t *forms(const struct tsk_request *request)
{
    const struct tsk_forms *all = request->desk->forms;
    json_t *list = json_array();

    for (size_t i = 0; i < all->count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "form", all->forms[i].id, "edition",
                                              all->forms[i].edition, "title", all->forms[i].title));
    return list;
}

static const char *title_of(const struct tsk_request *request, const struct tsk_reread *reread)
{
    const struct tsk_form *form = tsk_forms_find(request->desk->forms, reread->found_form, reread->found_edition);

    return form != NULL ? form->title : reread->found_form;
}

json_t *tsk_view_reread(const struct tsk_request *request, const struct tsk_reread *reread, json_t *differences)
{
    static const struct tsk_reread none = { .state = "",
                                            .reason = "",
                                            .form = "",
                                            .edition = "",
                                            .asked = "",
                                            .asked_by = "",
                                            .found_form = "",
                                            .found_edition = "" };
    const struct tsk_reread *r = reread != NULL ? reread : &none;

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "state", r->state, "reason", r->reason,
                     "form", r->form, "edition", r->edition, "found_form", r->found_form, "found_edition",
                     r->found_edition, "found_title", title_of(request, r), "asked", r->asked, "asked_by", r->asked_by,
                     "differences", differences, "forms", forms(request));
}
