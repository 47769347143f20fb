#include "fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/file.h"
#include "config/datadir.h"

#define LIST(...)                                                                                                      \
    {                                                                                                                  \
        (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)            \
    }

static const char directory_csv[] =
    "kind,name,department,ward,fax,email,phone\n"
    "ward_office,東成区役所,高齢者支援担当,東成区,06-1111-0001,higashinari@ward.example.jp,06-1111-0002\n"
    "ward_office,生野区役所,高齢者支援担当,生野区,06-1111-0003,ikuno@ward.example.jp,06-1111-0004\n"
    "ward_office,城東区役所,高齢者支援担当,城東区,06-1111-0005,joto@ward.example.jp,06-1111-0006\n"
    "ward_office,天王寺区役所,高齢者支援担当,天王寺区,06-1111-0007,tennoji@ward.example.jp,06-1111-0008\n"
    "clinic,緑橋クリニック,,東成区,06-2222-0001,midori@clinic.example.jp,06-2222-0002\n"
    "clinic,今里医院,,東成区,06-2222-0003,,06-2222-0004\n"
    "hospital,大阪今里病院,地域医療連携室,鶴見区,06-3333-0001,renkei@imazato.example.jp,06-3333-0002\n"
    "hospital,大阪今里病院,医事課,鶴見区,06-3333-0003,iji@imazato.example.jp,06-3333-0004\n"
    "hospital,髙橋病院,地域医療連携室,城東区,06-3333-0005,renkei@takahashi.example.jp,06-3333-0006\n";

static struct tsk_office_config offices[] = {
    { .id = "higashinari",
      .name = "東成区在宅医療・介護連携相談支援室",
      .ward = "27115",
      .code = "27115",
      .phone = "06-4306-0000",
      .fax = "06-4306-3829",
      .hours = "平日 9:00〜17:30",
      .postal_address = "",
      .email = "soudan@higashinari.example.jp",
      .from = "soudan@higashinari.example.jp",
      .webhook = "" },
    { .id = "ikuno",
      .name = "生野区在宅医療・介護連携相談支援室",
      .ward = "27116",
      .code = "27116",
      .phone = "06-4306-1111",
      .fax = "06-4306-1112",
      .hours = "平日 10:00〜15:00",
      .postal_address = "",
      .email = "soudan@ikuno.example.jp",
      .from = "soudan@ikuno.example.jp",
      .webhook = "" },
};

static struct tsk_event_rule events[] = {
    { .id = "referral.confirmed",
      .form = "referral-status",
      .filled = LIST("to_hospital", "from_clinic", "from_doctor", "patient_name", "patient_kana"),
      .same = LIST("referral_date") },
    { .id = "outcome.confirmed",
      .form = "referral-status",
      .also = LIST("inquiry"),
      .filled = LIST("outcome", "outcome_other", "move_date.year", "move_date.month", "move_date.day", "destination"),
      .same = LIST("move_date", "outcome"),
      .person = LIST("patient_kana", "birth_date") },
};

#define RULE_TEXTS .form = "", .name_from = "", .department = "", .attention_from = "", .route_from = "", .why = "test"

static struct tsk_rule rules[] = {
    { RULE_TEXTS, .id = "held-coordination", .event = "document.held", .to = TSK_TO_COORDINATION_OFFICE,
      .kind = TSK_RULE_ALERT, .channels = LIST("email"), .template = "document-held" },
    { RULE_TEXTS, .id = "received-coordination", .event = "sheet.received", .to = TSK_TO_COORDINATION_OFFICE,
      .kind = TSK_RULE_ALERT, .channels = LIST("email"), .template = "sheet-received" },
    { RULE_TEXTS, .id = "failed-coordination", .event = "delivery.failed", .to = TSK_TO_COORDINATION_OFFICE,
      .kind = TSK_RULE_ALERT, .channels = LIST("email"), .template = "delivery-failed" },
    { RULE_TEXTS, .id = "referral-ward", .event = "referral.confirmed", .to = TSK_TO_WARD_OFFICE,
      .kind = TSK_RULE_ALERT, .channels = LIST("email"), .template = "referral-ward" },
    { RULE_TEXTS, .id = "outcome-ward", .event = "outcome.confirmed", .to = TSK_TO_WARD_OFFICE, .kind = TSK_RULE_ALERT,
      .channels = LIST("email"), .template = "outcome-ward" },
    { .form = "",
      .department = "",
      .why = "test",
      .id = "outcome-clinic",
      .event = "outcome.confirmed",
      .to = TSK_TO_INSTITUTION,
      .kind = TSK_RULE_DISCLOSURE,
      .name_from = "from_clinic",
      .directory_kinds = LIST("clinic", "hospital"),
      .attention_from = "from_doctor",
      .route_from = "contact_method",
      .channels = LIST("email", "fax", "phone", "other"),
      .template = "outcome-clinic" },
    { .department = "",
      .route_from = "",
      .why = "test",
      .id = "liaison-doctor",
      .event = "sheet.confirmed",
      .form = "care-liaison",
      .to = TSK_TO_INSTITUTION,
      .kind = TSK_RULE_DISCLOSURE,
      .name_from = "to_clinic",
      .directory_kinds = LIST("clinic", "hospital"),
      .attention_from = "to_doctor",
      .channels = LIST("email", "fax"),
      .template = "liaison-doctor" },
    { .attention_from = "",
      .route_from = "",
      .why = "test",
      .id = "admission-hospital",
      .event = "sheet.confirmed",
      .form = "admission-info",
      .to = TSK_TO_INSTITUTION,
      .kind = TSK_RULE_DISCLOSURE,
      .name_from = "addressee",
      .directory_kinds = LIST("hospital"),
      .department = "地域医療連携室",
      .channels = LIST("email", "fax"),
      .template = "admission-hospital" },
    { .department = "",
      .attention_from = "",
      .route_from = "",
      .name_from = "",
      .why = "test",
      .id = "early-visit",
      .event = "referral.confirmed",
      .form = "referral-status",
      .when = LIST("discharge_plan=own_clinic", "from_doctor!=", "ward=27115"),
      .to = TSK_TO_COORDINATION_OFFICE,
      .kind = TSK_RULE_TODO,
      .channels = LIST("email"),
      .template = "sheet-received" },
};

static struct tsk_ward_office ward_offices[] = {
    { .ward = "27116", .alerts = TSK_ALERTS_DAILY, .digest_minute = 9 * 60 },
    { .ward = "27109", .alerts = TSK_ALERTS_NONE },
};

void fx_must(int rc, const struct tsk_err *err, const char *what)
{
    if (rc < 0) {
        fprintf(stderr, "%s: %s\n", what, err->text);
        abort();
    }
}

static bool ward_of(void *ctx, const char *address, char code[6])
{
    const struct tsk_reference *reference = ctx;
    const struct tsk_ward *ward = tsk_reference_ward_named(reference, address);
    const struct tsk_town *town = ward == NULL ? tsk_reference_town_of(reference, NULL, address) : NULL;

    if (ward == NULL && town == NULL)
        return false;
    snprintf(code, 6, "%s", ward != NULL ? ward->code : town->code);
    return true;
}

static void open_site(struct fx *fx)
{
    const struct tsk_knowledge knowledge = { .forms = &fx->forms, .ward_of = ward_of, .ctx = fx->reference };
    struct tsk_err err = { 0 };
    char path[128];

    snprintf(path, sizeof path, "%s/tasuki.db", fx->dir);
    fx_must(tsk_store_open(&fx->store, path, &err), &err, "store");
    tsk_store_know(fx->store, &knowledge);
    fx_must(tsk_routing_open(&fx->routing, &fx->config, &fx->forms, fx->dir, &err), &err, "routing");
}

static void close_site(struct fx *fx)
{
    tsk_routing_close(&fx->routing);
    tsk_store_close(&fx->store);
}

void fx_restart(struct fx *fx)
{
    close_site(fx);
    open_site(fx);
}

static void print_line(void *ctx, const char *text)
{
    (void)ctx;
    fprintf(stderr, "%s\n", text);
}

static void fill_directory(struct fx *fx)
{
    struct tsk_err err = { 0 };
    struct tsk_import done;
    char path[128];

    snprintf(path, sizeof path, "%s/directory.csv", fx->dir);
    fx_must(tsk_file_put_path(path, directory_csv, sizeof directory_csv - 1, 0600, &err), &err, "directory");
    fx_must(tsk_directory_import(&done, fx->store, path, NULL, "test", print_line, NULL, &err), &err, "import");
}

static void load_data(struct fx *fx)
{
    struct tsk_err err = { 0 };
    char *forms = tsk_data_path("forms"), *data = tsk_data_path("config/data");
    const char *const dirs[] = { forms };

    fx_must(tsk_forms_load(&fx->forms, dirs, 1, &err), &err, "forms");
    fx_must(tsk_reference_load(&fx->reference, data, &err), &err, "reference");
    free(forms);
    free(data);
}

struct fx *fx_attach(const char *dir)
{
    struct fx *fx = calloc(1, sizeof *fx);

    snprintf(fx->dir, sizeof fx->dir, "%s", dir);
    setenv("TASUKI_DATA", TASUKI_SOURCE_DIR, 1);
    fx->arena = tsk_arena_new((size_t)256 << 20);
    fx->config = (struct tsk_config){
        .path = "tasuki.yaml",
        .user = "",
        .offices = offices,
        .office_count = TSK_COUNT(offices),
        .mail = { .channel = TSK_MAIL_MAILDIR,
                  .maildir = "mail",
                  .smtp_url = "",
                  .smtp_tls = "required",
                  .smtp_ca_file = "",
                  .smtp_user = "",
                  .smtp_password_file = "",
                  .domain = "tasuki.example.jp",
                  .bounce = "",
                  .link_base = "",
                  .timeout_s = 10,
                  .give_up_hours = 72 },
        .routing = { .events = events,
                     .event_count = TSK_COUNT(events),
                     .rules = rules,
                     .rule_count = TSK_COUNT(rules),
                     .ward_offices = ward_offices,
                     .ward_office_count = TSK_COUNT(ward_offices),
                     .ward_default = TSK_ALERTS_EACH,
                     .digest_minute = 8 * 60 + 30 },
    };
    load_data(fx);
    open_site(fx);
    return fx;
}

void fx_detach(struct fx *fx)
{
    close_site(fx);
    tsk_forms_free(&fx->forms);
    tsk_reference_free(&fx->reference);
    tsk_arena_free(&fx->arena);
    free(fx);
}

int fx_setup(void **state)
{
    char dir[] = "/tmp/tasuki-routing-XXXXXX";
    struct tsk_err err = { 0 };
    struct fx *fx;

    if (mkdtemp(dir) == NULL)
        abort();
    fx = fx_attach(dir);
    for (size_t i = 0; i < TSK_COUNT(offices); i++) {
        const struct tsk_office office = { offices[i].id, offices[i].code, offices[i].name, offices[i].ward };

        fx_must(tsk_office_put(fx->store, &office, &err), &err, "office");
    }
    fill_directory(fx);
    *state = fx;
    return 0;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

int fx_teardown(void **state)
{
    struct fx *fx = *state;
    char dir[sizeof fx->dir];

    memcpy(dir, fx->dir, sizeof dir);
    fx_detach(fx);
    nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static void set_value(struct tsk_reading *reading, const struct fx_value *given)
{
    bool waits = given->value[0] == '?';
    const char *text = given->value + waits;
    struct tsk_value *value;

    if (given->field[0] == '@') {
        tsk_reading_derive(reading, given->field + 1, text, !waits);
        return;
    }
    value = tsk_reading_value(reading, given->field);
    if (value == NULL) {
        fprintf(stderr, "the form has no field %s\n", given->field);
        abort();
    }
    value->review = waits;
    if (waits)
        tsk_value_review(value, "low_confidence");
    if (value->kind != TSK_FIELD_MARK && value->kind != TSK_FIELD_CIRCLE) {
        tsk_value_set_text(value, text);
        return;
    }
    for (const char *at = text; *at != '\0';) {
        size_t len = strcspn(at, ",");
        char *option = strndup(at, len);

        tsk_value_choose(value, option);
        free(option);
        at += len + (at[len] == ',');
    }
}

static void make_reading(struct tsk_reading *reading, const struct tsk_form *form, const struct fx_value *values)
{
    struct tsk_err err = { 0 };

    fx_must(tsk_reading_start(reading, form, &err), &err, "reading");
    for (size_t i = 0; i < reading->value_count; i++)
        reading->values[i].review = false;
    for (; values->field != NULL; values++)
        set_value(reading, values);
}

/* Each referral is a case of its own here, whoever the patient is; what else arrives waits for a person. */
static void open_case(struct fx *fx, const char *office, const char *form, const struct fx_value *values, int64_t sheet)
{
    char number[TSK_CASE_NUMBER_SIZE];
    struct tsk_err err = { 0 };

    if (strcmp(form, "referral-status") != 0)
        return;
    for (; values->field != NULL; values++)
        if (strncmp(values->field, "move_date", 9) == 0 || strcmp(values->field, "outcome") == 0)
            return;
    fx_must(tsk_case_open(number, fx->store, office, 1795144500000, "reader", &err), &err, "case");
    fx_must(tsk_sheet_link(NULL, fx->store, &tsk_scope_all, sheet, number, "reader", &err), &err, "link");
}

int64_t fx_sheet_of(struct fx *fx, const char *office, const char *form, const struct fx_value *values)
{
    struct tsk_document_added added;
    struct tsk_versions versions = { "1", "1", "1" };
    struct tsk_reading reading;
    struct tsk_page_new page = { &reading, "", "" };
    struct tsk_err err = { 0 };
    char id[TSK_ID_SIZE], sha[TSK_SHA256_HEX];
    struct tsk_document_new document = {
        id,  office, "test",      fx->sender != NULL ? fx->sender : "", "fax.tif", "2026-11-20T03:15:00.000Z",
        sha, 100,    "image/tiff"
    };

    tsk_id_new(id);
    tsk_sha256_hex(id, strlen(id), sha);
    make_reading(&reading, tsk_forms_find(&fx->forms, form, NULL), values);
    fx_must(tsk_store_begin(fx->store, &err), &err, "begin");
    fx_must(tsk_document_add(&added, fx->store, &document, &page, 1, &versions, fx->arena, &err), &err, "document");
    open_case(fx, office, form, values, added.sheets[0]);
    fx_must(tsk_route_sheet(fx->routing, fx->store, added.sheets[0], &err), &err, "route");
    fx_must(tsk_store_commit(fx->store, &err), &err, "commit");
    tsk_reading_free(&reading);
    fx->documents++;
    return added.sheets[0];
}

int64_t fx_sheet(struct fx *fx, const char *form, const struct fx_value *values)
{
    return fx_sheet_of(fx, "higashinari", form, values);
}

enum { VALUES_MAX = 64 };

static void put_value(struct fx_value *values, const struct fx_value *given)
{
    size_t i = 0;

    while (values[i].field != NULL && strcmp(values[i].field, given->field) != 0)
        i++;
    values[i] = *given;
}

static int64_t patient_sheet(struct fx *fx, const struct fx_value *base, const struct fx_value *changes)
{
    struct fx_value values[VALUES_MAX] = { 0 };

    for (; base->field != NULL; base++)
        put_value(values, base);
    for (; changes != NULL && changes->field != NULL; changes++)
        put_value(values, changes);
    return fx_sheet(fx, "referral-status", values);
}

#define REFERRAL_VALUES                                                                                                \
    { "referral_type", "inpatient" }, { "referral_date.year", "8" }, { "referral_date.month", "11" },                  \
        { "referral_date.day", "2" }, { "@referral_date", "2026-11-02" }, { "to_hospital", "大阪今里" },               \
        { "from_clinic", "緑橋クリニック" }, { "from_doctor", "池田 一郎" }, { "contact_method", "email" },            \
        { "patient_kana", FX_PATIENT_KANA }, { "patient_name", FX_PATIENT_NAME }, { "birth_era", "showa" },            \
        { "birth_date.year", "6" }, { "birth_date.month", "5" }, { "birth_date.day", "2" },                            \
        { "@birth_date", FX_BIRTH_DATE }, { "patient_address", FX_ADDRESS }, { "@ward", "27115" },                     \
    {                                                                                                                  \
        "consent", "yes"                                                                                               \
    }

int64_t fx_referral(struct fx *fx, const struct fx_value *changes)
{
    static const struct fx_value base[] = { REFERRAL_VALUES, { NULL, NULL } };

    return patient_sheet(fx, base, changes);
}

int64_t fx_outcome(struct fx *fx, const struct fx_value *changes)
{
    static const struct fx_value base[] = { REFERRAL_VALUES,
                                            { "move_date.year", "8" },
                                            { "move_date.month", "11" },
                                            { "move_date.day", "18" },
                                            { "@move_date", "2026-11-18" },
                                            { "outcome", "transfer" },
                                            { "destination", "髙橋" },
                                            { NULL, NULL } };

    return patient_sheet(fx, base, changes);
}

static void route_and_commit(struct fx *fx, int64_t sheet)
{
    struct tsk_err err = { 0 };

    fx_must(tsk_route_sheet(fx->routing, fx->store, sheet, &err), &err, "route");
    fx_must(tsk_store_commit(fx->store, &err), &err, "commit");
}

void fx_route(struct fx *fx, int64_t sheet)
{
    struct tsk_err err = { 0 };

    fx_must(tsk_store_begin(fx->store, &err), &err, "begin");
    route_and_commit(fx, sheet);
}

void fx_set(struct fx *fx, int64_t sheet, const char *field, const char *value)
{
    struct tsk_err err = { 0 };

    fx_must(tsk_store_begin(fx->store, &err), &err, "begin");
    fx_must(tsk_sheet_set(NULL, fx->store, &tsk_scope_all, sheet, field, value, "test", "", &err), &err, "set");
    route_and_commit(fx, sheet);
}

void fx_confirm(struct fx *fx, int64_t sheet)
{
    struct tsk_err err = { 0 };

    fx_must(tsk_store_begin(fx->store, &err), &err, "begin");
    fx_must(tsk_sheet_confirm(NULL, fx->store, &tsk_scope_all, sheet, true, "test", &err), &err, "confirm");
    route_and_commit(fx, sheet);
}

void fx_link(struct fx *fx, int64_t sheet, const char *case_number)
{
    struct tsk_err err = { 0 };

    fx_must(tsk_store_begin(fx->store, &err), &err, "begin");
    fx_must(tsk_sheet_link(NULL, fx->store, &tsk_scope_all, sheet, case_number, "test", &err), &err, "link");
    route_and_commit(fx, sheet);
}

void fx_consent(struct fx *fx, const char *case_number, const char *scope)
{
    const struct tsk_consent consent = { .scope = scope,
                                         .giver = "patient",
                                         .how = strcmp(scope, "medical") == 0 ? "sheet" : "paper",
                                         .by = "test",
                                         .note = "" };
    struct tsk_err err = { 0 };

    fx_must(tsk_store_begin(fx->store, &err), &err, "begin");
    fx_must(tsk_consent_record(fx->store, &tsk_scope_all, case_number, &consent, &err), &err, "consent");
    fx_must(tsk_route_case(fx->routing, fx->store, case_number, &err), &err, "route");
    fx_must(tsk_store_commit(fx->store, &err), &err, "commit");
}

void fx_withdraw_consent(struct fx *fx, const char *case_number, const char *scope)
{
    struct tsk_err err = { 0 };

    fx_must(tsk_consent_withdraw(fx->store, &tsk_scope_all, case_number, scope, "test", "", &err), &err, "withdraw");
}

int64_t fx_institution(struct fx *fx, const char *name)
{
    const struct tsk_institution_filter filter = { .name = name, .office = "higashinari" };
    struct tsk_institutions found;
    struct tsk_err err = { 0 };

    fx_must(tsk_directory_list(&found, fx->store, &tsk_scope_all, &filter, fx->arena, &err), &err, "directory");
    return found.count > 0 ? found.items[0].id : 0;
}

void fx_verify(struct fx *fx, const char *name, const char *channel)
{
    const struct tsk_institution_filter filter = { .name = name, .office = "higashinari" };
    struct tsk_institutions found;
    enum tsk_verified result;
    struct tsk_err err = { 0 };

    fx_must(tsk_directory_list(&found, fx->store, &tsk_scope_all, &filter, fx->arena, &err), &err, "directory");
    fx_must(tsk_store_begin(fx->store, &err), &err, "begin");
    for (size_t i = 0; i < found.count; i++) {
        fx_must(
            tsk_directory_verify(&result, fx->store, &tsk_scope_all, found.items[i].id, channel, "phone", "one", &err),
            &err, "verify");
        fx_must(
            tsk_directory_verify(&result, fx->store, &tsk_scope_all, found.items[i].id, channel, "phone", "two", &err),
            &err, "verify");
    }
    fx_must(tsk_route_waiting(fx->routing, fx->store, NULL, &err), &err, "route");
    fx_must(tsk_store_commit(fx->store, &err), &err, "commit");
}

const char *fx_case(struct fx *fx, int64_t sheet)
{
    struct tsk_sheet found;
    struct tsk_err err = { 0 };

    fx_must(tsk_sheet_find(&found, fx->store, &tsk_scope_all, sheet, fx->arena, &err), &err, "sheet");
    return found.case_number;
}

const struct tsk_decision *fx_decision(struct fx *fx, int64_t sheet, const char *rule)
{
    struct tsk_plan plan;
    struct tsk_err err = { 0 };

    fx_must(tsk_route_plan(&plan, fx->store, fx->routing, &tsk_scope_all, sheet, fx->arena, &err), &err, "plan");
    for (size_t i = 0; i < plan.count; i++)
        if (strcmp(plan.items[i].rule->id, rule) == 0)
            return &plan.items[i];
    return NULL;
}

struct tsk_notices fx_notices(struct fx *fx, int64_t sheet, const char *rule, const char *state)
{
    const struct tsk_notice_filter filter = { .sheet = sheet, .rule = rule, .state = state };
    struct tsk_notices found;
    struct tsk_err err = { 0 };

    fx_must(tsk_notice_list(&found, fx->store, &tsk_scope_all, &filter, fx->arena, &err), &err, "notices");
    return found;
}

size_t fx_notice_count(struct fx *fx, int64_t sheet, const char *rule, const char *state)
{
    return fx_notices(fx, sheet, rule, state).count;
}

struct tsk_todos fx_todos(struct fx *fx, int64_t sheet, const char *kind)
{
    const struct tsk_todo_filter filter = { .sheet = sheet, .kind = kind };
    struct tsk_todos found;
    struct tsk_err err = { 0 };

    fx_must(tsk_todo_list(&found, fx->store, &tsk_scope_all, &filter, fx->arena, &err), &err, "todos");
    return found;
}

size_t fx_todo_count(struct fx *fx, int64_t sheet, const char *kind)
{
    return fx_todos(fx, sheet, kind).count;
}

int fx_send(struct fx *fx)
{
    struct tsk_sender_parts parts = { .routing = fx->routing, .store = fx->store, .who = "test" };
    struct tsk_err err = { 0 };
    int handled = 0;

    fx_must(tsk_channel_open(&parts.mail, NULL, &fx->config.mail, fx->dir, &err), &err, "channel");
    fx_must(tsk_sender_run_once(&handled, &parts, &err), &err, "send");
    tsk_channel_close(&parts.mail);
    return handled;
}
