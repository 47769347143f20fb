/* Letters that carry what a sheet says, and the sheets enclosed in them. They are put together when they leave, or when a person looks. */
#include <string.h>

#include "base/date.h"
#include "routing/planner.h"
#include "routing/sheet_print.h"

struct writing {
    struct tsk_planner *planner;
    const char *text;
};

static int add(struct writing *w, const char *label, const char *value, const char *tail)
{
    if (*value == '\0')
        return 0;
    return tsk_planner_text(w->planner, &w->text, "%s%s%s: %s%s", w->text, *w->text != '\0' ? "\n" : "", label, value,
                            tail);
}

static int add_date(struct writing *w, const char *label, const char *field)
{
    struct tsk_date day;
    const char *text;
    int era_year = 0;

    if (!tsk_date_parse(tsk_sheet_value(w->planner->sheet, field), &day))
        return 0;
    enum tsk_era era = tsk_era_of(day, &era_year);
    if (tsk_planner_text(w->planner, &text, "%s%d年%d月%d日（%d年）", tsk_era_ja(era), era_year, day.month, day.day,
                         day.year) != 0)
        return -1;
    return add(w, label, text, "");
}

static const struct tsk_field *field_of(const struct tsk_planner *planner, const char *id)
{
    const struct tsk_forms *forms = planner->routing->forms;
    const struct tsk_form *form =
        forms == NULL ? NULL : tsk_forms_find(forms, planner->sheet->form, planner->sheet->edition);

    return form == NULL ? NULL : tsk_form_field(form, id);
}

/* 転院, not "transfer"; several are joined. */
static int add_mark(struct writing *w, const char *label, const char *id, const char *other)
{
    const struct tsk_field *field = field_of(w->planner, id);
    const char *text = "";

    for (size_t i = 0; field != NULL && i < field->option_count; i++)
        if (tsk_sheet_has(w->planner->sheet, id, field->options[i].value) &&
            tsk_planner_text(w->planner, &text, "%s%s%s", text, *text != '\0' ? "・" : "", field->options[i].label) !=
                0)
            return -1;
    other = tsk_sheet_value(w->planner->sheet, other);
    if (*other != '\0' && tsk_planner_text(w->planner, &text, "%s（%s）", text, other) != 0)
        return -1;
    return add(w, label, text, "");
}

static int add_place(struct writing *w, const char *label, const char *name, const char *department)
{
    const char *where = tsk_sheet_value(w->planner->sheet, name), *text;

    department = tsk_sheet_value(w->planner->sheet, department);
    if (*department != '\0' && tsk_planner_text(w->planner, &text, "%s %s", where, department) == 0)
        where = text;
    return add(w, label, where, "");
}

int tsk_letter_content(const char **out, struct tsk_planner *planner)
{
    struct writing w = { planner, "" };
    const struct tsk_sheet *sheet = planner->sheet;

    if (add(&w, "患者氏名", tsk_sheet_value(sheet, "patient_name"), " 様") != 0 ||
        add(&w, "フリガナ", tsk_sheet_value(sheet, "patient_kana"), "") != 0 ||
        add_date(&w, "生年月日", "birth_date") != 0 || add_date(&w, "紹介日", "referral_date") != 0 ||
        add_place(&w, "紹介先", "to_hospital", "to_department") != 0 ||
        add_mark(&w, "現在の状況", "inquiry_status", "inquiry_other") != 0 ||
        add_date(&w, "予定日", "planned_date") != 0 || add_date(&w, "移動期日", "move_date") != 0 ||
        add_mark(&w, "転帰", "outcome", "outcome_other") != 0 ||
        add_place(&w, "転院先", "destination", "destination_department") != 0)
        return -1;
    *out = w.text;
    return 0;
}

int tsk_letter_write(const char **subject, const char **body, struct tsk_planner *planner, const struct tsk_rule *rule,
                     const char *recipient)
{
    const char *attention = rule->attention_from != NULL && *rule->attention_from != '\0'
                                ? tsk_sheet_value(planner->sheet, rule->attention_from)
                                : "";
    struct tsk_template_values values;

    if (tsk_planner_values(planner, &values) != 0 || tsk_letter_content(&values.text, planner) != 0)
        return -1;
    values.recipient = recipient;
    if (*attention != '\0' && tsk_planner_text(planner, &values.recipient, "%s %s 先生", recipient, attention) != 0)
        return -1;
    return tsk_planner_render(planner, subject, body, rule->letter, &values);
}

/* The edition of the office's own ward: another one prints another office's number. */
static const struct tsk_form *edition_of(const struct tsk_planner *planner, const char *id)
{
    const struct tsk_forms *forms = planner->routing->forms;

    for (size_t i = 0; forms != NULL && i < forms->count; i++)
        if (strcmp(forms->forms[i].id, id) == 0 && strcmp(forms->forms[i].ward, planner->office->ward) == 0)
            return &forms->forms[i];
    return NULL;
}

static struct tsk_sheet_print print_of(const struct tsk_planner *planner, const struct tsk_form *form)
{
    return (struct tsk_sheet_print){ .office = planner->office->id,
                                     .form = form->id,
                                     .edition = form->edition,
                                     .case_number = planner->sheet->case_number,
                                     .as = TSK_PRINT_FAX };
}

int tsk_letter_check(const char **reason, struct tsk_planner *planner, const struct tsk_rule *rule)
{
    *reason = NULL;
    if (rule->encloses.count > 0 && tsk_store_vault(planner->store) == NULL)
        *reason = "返送用シートの照合番号に使う、サイトの鍵がありません";
    for (size_t i = 0; i < rule->encloses.count && *reason == NULL; i++) {
        const struct tsk_form *form = edition_of(planner, rule->encloses.items[i]);
        bool fine = false;

        if (form == NULL) {
            *reason = "同封する様式に、この区の版がありません";
            return 0;
        }
        const struct tsk_sheet_print what = print_of(planner, form);
        if (tsk_sheet_print_check(&fine, planner->store, form, &what, planner->err) != 0)
            return -1;
        if (!fine)
            *reason = "同封する様式に印刷されている返送先の番号が、名簿で確認済みではありません";
    }
    return 0;
}

static int print_page(struct tsk_letter_page *page, struct tsk_planner *planner, const char *id)
{
    const struct tsk_form *form = edition_of(planner, id);
    struct tsk_buf bytes = TSK_BUF(TSK_PRINT_BYTES_MAX);
    void *kept = NULL;
    int rc;

    if (form == NULL)
        return tsk_fail(planner->err, TSK_REJECT, 0, "office %s has no edition of %s", planner->office->id, id);
    const struct tsk_sheet_print what = print_of(planner, form);
    rc = tsk_sheet_print(&bytes, planner->store, planner->routing->forms, tsk_store_vault(planner->store),
                         &planner->scope, &what, planner->arena, planner->err);
    if (rc == 0 && (kept = tsk_arena_alloc(planner->arena, bytes.len + 1)) == NULL)
        rc = tsk_fail(planner->err, TSK_RETRY, 0, "no memory for what is enclosed");
    if (rc == 0 && kept != NULL) {
        memcpy(kept, bytes.data, bytes.len);
        *page = (struct tsk_letter_page){ kept, bytes.len };
    }
    tsk_buf_free(&bytes);
    return rc;
}

/* What the plan had found in order and cannot be printed now is told with its reason, and asked anew. */
static int not_printed(struct tsk_enclosure *out, const struct tsk_planner *planner)
{
    if (planner->err->kind != TSK_REJECT)
        return -1;
    out->reason = "同封する様式を印刷できません";
    *planner->err = (struct tsk_err){ .kind = TSK_OK };
    return 0;
}

/* The words of the rule go before its pages, inside the letter: the mail has others. */
static int write_words(struct tsk_enclosure *out, struct tsk_planner *planner, const struct tsk_rule *rule,
                       const char *recipient)
{
    struct tsk_template_values values;

    if (tsk_planner_values(planner, &values) != 0)
        return -1;
    values.recipient = recipient;
    return tsk_planner_render(planner, &out->subject, &out->body, rule->template, &values);
}

int tsk_letter_enclose(struct tsk_enclosure *out, struct tsk_planner *planner, const struct tsk_rule *rule,
                       const struct tsk_notice *notice)
{
    struct tsk_sheet *sheet = tsk_arena_alloc(planner->arena, sizeof *sheet);
    const char *name = "";

    if (sheet == NULL)
        return tsk_fail(planner->err, TSK_RETRY, 0, "no memory for a letter");
    if (tsk_sheet_find(sheet, planner->store, &planner->scope, notice->sheet, planner->arena, planner->err) != 0 ||
        tsk_planner_sheet(planner, sheet) != 0 ||
        tsk_route_recipient_name(&name, planner->routing, planner->store, notice->office, notice->recipient,
                                 planner->arena, planner->err) != 0)
        return -1;
    if (!tsk_rule_has_letter(rule) && strcmp(notice->channel, "letter") == 0 &&
        write_words(out, planner, rule, name) != 0)
        return -1;
    if (tsk_rule_has_letter(rule) && tsk_letter_write(&out->subject, &out->body, planner, rule, name) != 0)
        return -1;
    out->pages = tsk_arena_alloc(planner->arena, (rule->encloses.count + 1) * sizeof *out->pages);
    if (out->pages == NULL)
        return tsk_fail(planner->err, TSK_RETRY, 0, "no memory for a letter");
    for (size_t i = 0; i < rule->encloses.count; i++) {
        if (print_page(&out->pages[i], planner, rule->encloses.items[i]) != 0)
            return not_printed(out, planner);
        out->page_count++;
    }
    return 0;
}

/* It may be told: the same questions as before a fax, but for the number, because a person speaks. */
static int may_say(const char **reason, struct tsk_planner *planner, const struct tsk_todo *todo)
{
    struct tsk_institution entry;
    int64_t id;

    *reason = "";
    if (planner->sheet->state != TSK_SHEET_CONFIRMED || *planner->sheet->case_number == '\0' ||
        !tsk_recipient_institution(todo->recipient, &id))
        return 0;
    if (tsk_directory_find(&entry, planner->store, &planner->scope, id, planner->arena, planner->err) != 0)
        return -1;
    return tsk_route_consent(reason, planner, planner->sheet->case_number, &entry);
}

int tsk_route_say(const char **text, const struct tsk_routing *routing, struct tsk_store *store,
                  const struct tsk_todo *todo, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_routing_config *config = &routing->config->routing;
    const struct tsk_rule *rule = NULL;
    const char *reason, *subject, *name;
    struct tsk_planner planner;
    struct tsk_sheet sheet;

    *text = "";
    for (size_t i = 0; i < config->rule_count; i++)
        if (strcmp(config->rules[i].id, todo->rule) == 0)
            rule = &config->rules[i];
    if (rule == NULL || !tsk_rule_has_letter(rule) || todo->sheet == 0 || strcmp(todo->kind, "refused") == 0)
        return 0;
    if (tsk_planner_start(&planner, routing, store, todo->office, arena, err) != 0 ||
        tsk_sheet_find(&sheet, store, &planner.scope, todo->sheet, arena, err) != 0 ||
        tsk_planner_sheet(&planner, &sheet) != 0 || may_say(&reason, &planner, todo) != 0)
        return -1;
    if (reason != NULL)
        return 0;
    return tsk_route_recipient_name(&name, routing, store, todo->office, todo->recipient, arena, err) != 0 ||
                   tsk_letter_write(&subject, text, &planner, rule, name) != 0
               ? -1
               : 0;
}
