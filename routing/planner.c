#include "routing/planner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "config/datadir.h"

static const char WARD_FIELD[] = "ward"; /* derived from the address, see forms/reading.h */

int tsk_routing_open(struct tsk_routing **out, const struct tsk_config *config, const struct tsk_forms *forms,
                     const char *site_dir, struct tsk_err *err)
{
    struct tsk_routing *routing = calloc(1, sizeof *routing);
    char *data = tsk_data_path("config/data");
    int rc = -1;

    *out = NULL;
    if (routing == NULL || data == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "no memory for routing");
        goto out;
    }
    routing->config = config;
    routing->forms = forms;
    routing->site_dir = site_dir;
    if (tsk_reference_load(&routing->reference, data, err) != 0)
        goto out;
    *out = routing;
    routing = NULL;
    rc = 0;
out:
    tsk_routing_close(&routing);
    free(data);
    return rc;
}

void tsk_routing_close(struct tsk_routing **routing)
{
    if (*routing == NULL)
        return;
    tsk_reference_free(&(*routing)->reference);
    free(*routing);
    *routing = NULL;
}

const struct tsk_config *tsk_routing_config(const struct tsk_routing *routing)
{
    return routing->config;
}

void tsk_routing_follow(struct tsk_routing *routing, const struct tsk_case_follower *follower)
{
    routing->follower = follower;
}

const struct tsk_forms *tsk_routing_forms(const struct tsk_routing *routing)
{
    return routing->forms;
}

int tsk_planner_text(struct tsk_planner *planner, const char **out, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int len;

    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    *out = len < 0 ? NULL : tsk_arena_strdup(planner->arena, text);
    if (len >= 0)
        free(text);
    return *out != NULL ? 0 : tsk_fail(planner->err, TSK_RETRY, 0, "no memory for the notices of a sheet");
}

int tsk_planner_start(struct tsk_planner *planner, const struct tsk_routing *routing, struct tsk_store *store,
                      const char *office, struct tsk_arena *arena, struct tsk_err *err)
{
    *planner = (struct tsk_planner){ .routing = routing,
                                     .store = store,
                                     .arena = arena,
                                     .err = err,
                                     .office = tsk_config_office(routing->config, office),
                                     .ward_code = "",
                                     .ward_name = "",
                                     .now_ms = tsk_wall_ms() };
    if (planner->office == NULL)
        return tsk_fail(err, TSK_STOP, 0,
                        "%s: there is no office \"%s\" any more, but the records have sheets of it; add it again",
                        routing->config->path, office);
    planner->office_ids[0] = planner->office->id;
    planner->scope = (struct tsk_scope){ .offices = planner->office_ids, .office_count = 1 };
    return 0;
}

/* A place outside the city, as people write it: a town of a neighbour city, or 〜市, 〜郡, 〜県 early in the address. */
static bool names_other_city(const struct tsk_reference *reference, const char *address)
{
    static const char *const marks[] = { "市", "郡", "県" };
    const char *at = address;
    uint32_t rune;

    if (tsk_reference_ward_named(reference, address) != NULL || strncmp(address, "大阪市", strlen("大阪市")) == 0)
        return false;
    const struct tsk_town *town = tsk_reference_town_of(reference, NULL, address);
    if (town != NULL)
        return tsk_reference_ward_by_code(reference, town->code) == NULL;
    if (strncmp(at, "大阪府", strlen("大阪府")) == 0)
        at += strlen("大阪府");
    for (int i = 0; i < 8; i++) {
        for (size_t m = 0; i > 0 && m < TSK_COUNT(marks); m++)
            if (strncmp(at, marks[m], strlen(marks[m])) == 0)
                return strncmp(address, "大阪府大阪市", strlen("大阪府大阪市")) != 0;
        if (tsk_utf8_next(&at, &rune) == 0)
            break;
    }
    return false;
}

static const char *address_field(const struct tsk_planner *planner)
{
    const struct tsk_form *form =
        planner->routing->forms == NULL
            ? NULL
            : tsk_forms_find(planner->routing->forms, planner->sheet->form, planner->sheet->edition);

    for (size_t i = 0; form != NULL && i < form->field_count; i++)
        if (strcmp(form->fields[i].means, "patient.address") == 0)
            return form->fields[i].id;
    return "patient_address";
}

static void find_ward(struct tsk_planner *planner)
{
    const struct tsk_reference *reference = planner->routing->reference;
    const char *code = tsk_sheet_value(planner->sheet, WARD_FIELD);
    const char *field = address_field(planner), *address = tsk_sheet_value(planner->sheet, field);
    const struct tsk_ward *ward = tsk_reference_ward_by_code(reference, code);
    bool confirmed = planner->sheet->state == TSK_SHEET_CONFIRMED;

    if (ward != NULL) {
        planner->ward_kind = TSK_WARD_CITY;
        planner->ward_code = ward->code;
        planner->ward_name = ward->name;
        planner->ward_sure = confirmed || tsk_sheet_sure(planner->sheet, WARD_FIELD);
    } else if (code[0] != '\0' || names_other_city(reference, address)) {
        planner->ward_kind = TSK_WARD_ELSEWHERE;
        planner->ward_code = code;
        planner->ward_name = "大阪市外";
        planner->ward_sure = confirmed || tsk_sheet_sure(planner->sheet, code[0] != '\0' ? WARD_FIELD : field);
    } else {
        planner->ward_name = tsk_sheet_field(planner->sheet, field) == NULL ? "記載欄なし" : "確認中";
        planner->ward_sure = false;
    }
    if (!planner->ward_sure && planner->ward_kind != TSK_WARD_UNKNOWN)
        planner->ward_name = "確認中";
}

/* A page without an address tells of the patient whose ward the confirmed sheets of its case name. */
static int find_ward_of_case(struct tsk_planner *planner)
{
    const struct tsk_sheet_filter filter = { .case_number = planner->sheet->case_number, .state = "confirmed" };
    const struct tsk_ward *ward = NULL;
    struct tsk_sheets sheets;
    struct tsk_sheet one;

    if (tsk_sheet_list(&sheets, planner->store, &planner->scope, &filter, planner->arena, planner->err) != 0)
        return -1;
    for (size_t i = 0; i < sheets.count && ward == NULL; i++) {
        if (tsk_sheet_find(&one, planner->store, &planner->scope, sheets.items[i].id, planner->arena, planner->err) !=
            0)
            return -1;
        if (*one.closed == '\0')
            ward = tsk_reference_ward_by_code(planner->routing->reference, tsk_sheet_value(&one, WARD_FIELD));
    }
    if (ward != NULL) {
        planner->ward_kind = TSK_WARD_CITY;
        planner->ward_code = ward->code;
        planner->ward_sure = planner->sheet->state == TSK_SHEET_CONFIRMED;
        planner->ward_name = planner->ward_sure ? ward->name : "確認中";
    }
    return 0;
}

int tsk_planner_sheet(struct tsk_planner *planner, const struct tsk_sheet *sheet)
{
    planner->sheet = sheet;
    find_ward(planner);
    return planner->ward_kind == TSK_WARD_UNKNOWN && *sheet->case_number != '\0' &&
                   tsk_sheet_field(sheet, address_field(planner)) == NULL
               ? find_ward_of_case(planner)
               : 0;
}

int tsk_planner_when(struct tsk_planner *planner, const char **out, const char *stamp)
{
    int64_t ms = 0;

    if (!tsk_stamp_parse(stamp, &ms)) {
        *out = "";
        return 0;
    }
    struct tsk_date day = tsk_japan_date(ms);
    int minute = tsk_japan_minute_of_day(ms);
    return tsk_planner_text(planner, out, "%d年%d月%d日 %d時%02d分", day.year, day.month, day.day, minute / 60,
                            minute % 60);
}

const char *tsk_planner_form_title(const struct tsk_planner *planner, const char *form)
{
    const struct tsk_forms *forms = planner->routing->forms;

    for (size_t i = 0; forms != NULL && i < forms->count; i++)
        if (strcmp(forms->forms[i].id, form) == 0 && forms->forms[i].title[0] != '\0')
            return forms->forms[i].title;
    return form;
}

int tsk_planner_values(struct tsk_planner *planner, struct tsk_template_values *values)
{
    const struct tsk_sheet *sheet = planner->sheet;

    *values = (struct tsk_template_values){ .office = planner->office->name,
                                            .office_phone = planner->office->phone,
                                            .office_fax = planner->office->fax,
                                            .office_hours = planner->office->hours };
    if (sheet == NULL)
        return 0;
    values->case_number = sheet->case_number[0] != '\0' ? sheet->case_number : "未定";
    values->form = tsk_planner_form_title(planner, sheet->form);
    values->ward = planner->ward_name;
    if (tsk_planner_when(planner, &values->received, sheet->received) != 0)
        return -1;
    return tsk_planner_text(planner, &values->ref, "%lld", (long long)sheet->id);
}

int tsk_planner_render(struct tsk_planner *planner, const char **subject, const char **body, const char *template,
                       const struct tsk_template_values *values)
{
    struct tsk_template_text text;
    int rc;

    if (tsk_template_render(&text, template, planner->routing->site_dir, values, planner->err) != 0)
        return -1;
    rc = tsk_planner_text(planner, subject, "%s", text.subject) != 0 ||
                 tsk_planner_text(planner, body, "%s", text.body) != 0
             ? -1
             : 0;
    tsk_template_text_free(&text);
    return rc;
}
