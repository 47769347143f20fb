#include "routing/incident_facts.h"

#include <stdio.h>
#include <string.h>

#include "records/audit.h"
#include "routing/planner.h"
#include "routing/reasons.h"

#define FACTS_MAX 600
#define AUDIT_MAX 200

static const char *const what_words[TSK_INCIDENT_WHAT_COUNT] = {
    [TSK_INCIDENT_RECEIVER] = "受信者に電話",
    [TSK_INCIDENT_MANAGER] = "責任者に報告",
    [TSK_INCIDENT_CITY] = "大阪市に連絡",
    [TSK_INCIDENT_PRELIMINARY] = "速報を提出",
    [TSK_INCIDENT_PATIENT] = "本人に通知",
    [TSK_INCIDENT_FINAL] = "確報を提出",
    [TSK_INCIDENT_RETURNED] = "未読のまま回収",
    [TSK_INCIDENT_HAPPENED] = "概要",
    [TSK_INCIDENT_DATA] = "個人データの項目",
    [TSK_INCIDENT_PERSONS] = "本人の数",
    [TSK_INCIDENT_CAUSE] = "原因",
    [TSK_INCIDENT_HARM] = "二次被害",
    [TSK_INCIDENT_MEASURES] = "再発防止策",
    [TSK_INCIDENT_NOTE] = "その他",
};

struct sheet_of {
    struct tsk_planner p;
    struct tsk_incident_facts *out;
    struct tsk_incident incident;
    struct tsk_notice notice;
};

static int add(struct sheet_of *s, const char *part, const char *name, const char *value)
{
    if (s->out->count == FACTS_MAX)
        return 0;
    s->out->items[s->out->count++] = (struct tsk_incident_fact){ part, name, value };
    return 0;
}

static int add_when(struct sheet_of *s, const char *part, const char *name, const char *stamp)
{
    const char *when = "";

    if (*stamp != '\0' && tsk_planner_when(&s->p, &when, stamp) != 0)
        return -1;
    return add(s, part, name, when);
}

static const char *kind_word(const char *kind)
{
    static const char *const words[][2] = { { "mis_sent", "誤送信" },
                                            { "lost", "紛失" },
                                            { "stolen", "盗難" },
                                            { "seen", "権限のない閲覧" },
                                            { "other", "その他" } };

    for (size_t i = 0; i < TSK_COUNT(words); i++)
        if (strcmp(words[i][0], kind) == 0)
            return words[i][1];
    return kind;
}

static int add_head(struct sheet_of *s)
{
    const struct tsk_incident *i = &s->incident;
    const char *number, *preliminary, *final;

    if (tsk_planner_text(&s->p, &number, "%lld", (long long)i->id) != 0 ||
        tsk_planner_text(&s->p, &preliminary, "%s から %s まで%s", i->preliminary_from, i->preliminary_by,
                         i->has_preliminary ? "（提出済み）" : "") != 0 ||
        tsk_planner_text(&s->p, &final, "%s%s", i->final_by, i->has_final ? "（提出済み）" : "") != 0)
        return -1;
    add(s, "事故", "番号", number);
    add(s, "事故", "種類", kind_word(i->kind));
    add(s, "事故", "事業者", s->p.office->name);
    add(s, "事故", "案件番号", *i->case_number != '\0' ? i->case_number : "なし");
    add(s, "事故", "不正の目的", i->malicious ? "あり・おそれ" : "なし");
    if (add_when(s, "期限", "知った日時", i->known) != 0)
        return -1;
    add(s, "期限", "速報", preliminary);
    add(s, "期限", "確報", final);
    add(s, "期限", "状態",
        strcmp(i->state, "open") == 0      ? "対応中"
        : strcmp(i->state, "no_leak") == 0 ? "終了（未読のまま回収。漏えいなし）"
                                           : "終了（確報まで提出）");
    return *i->closed != '\0' ? add_when(s, "期限", "終了", i->closed) : 0;
}

static int add_deliveries(struct sheet_of *s)
{
    struct tsk_deliveries found;

    if (tsk_notice_deliveries(&found, s->p.store, &s->p.scope, s->notice.id, s->p.arena, s->p.err) != 0)
        return -1;
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_delivery *d = &found.items[i];
        const char *when = "", *text;

        if (tsk_planner_when(&s->p, &when, *d->ended != '\0' ? d->ended : d->started) != 0 ||
            tsk_planner_text(&s->p, &text, "%s %s %s", when, d->result,
                             tsk_reason_of_delivery(s->p.arena, d->detail)) != 0)
            return -1;
        add(s, "送信", "送信の記録", text);
    }
    return 0;
}

/* Which fields of the sheet are filled in: kinds of data, no value. */
static int add_fields(struct sheet_of *s)
{
    const struct tsk_forms *forms = s->p.routing->forms;
    const struct tsk_form *form;
    struct tsk_sheet sheet;
    const char *list = "";

    if (s->notice.sheet == 0)
        return 0;
    if (tsk_sheet_find(&sheet, s->p.store, &s->p.scope, s->notice.sheet, s->p.arena, s->p.err) != 0)
        return -1;
    add(s, "データ", "用紙", tsk_planner_form_title(&s->p, sheet.form));
    form = forms != NULL ? tsk_forms_find(forms, sheet.form, sheet.edition) : NULL;
    for (size_t i = 0; form != NULL && i < sheet.field_count; i++) {
        const struct tsk_field *field = tsk_form_field(form, sheet.fields[i].id);

        if (field == NULL || *sheet.fields[i].value == '\0' || *field->label == '\0')
            continue;
        if (tsk_planner_text(&s->p, &list, "%s%s%s", list, *list != '\0' ? "、" : "", field->label) != 0)
            return -1;
    }
    return add(s, "データ", "記入のある項目", list);
}

static int add_notice(struct sheet_of *s)
{
    const char *name = "";

    if (*s->incident.notice == '\0')
        return 0;
    if (tsk_notice_find(&s->notice, s->p.store, &s->p.scope, s->incident.notice, s->p.arena, s->p.err) != 0 ||
        tsk_route_recipient_name(&name, s->p.routing, s->p.store, s->incident.office, s->notice.recipient, s->p.arena,
                                 s->p.err) != 0)
        return -1;
    add(s, "送信", "通知の番号", s->notice.id);
    add(s, "送信", "宛先（名簿）", name);
    add(s, "送信", "方法", s->notice.channel);
    add(s, "送信", "送った先", s->notice.destination);
    add(s, "送信", "内容", s->notice.kind == TSK_NOTICE_DISCLOSURE ? "患者情報の提供" : "患者情報を含まない連絡");
    if (add_when(s, "送信", "作成", s->notice.created) != 0 || add_deliveries(s) != 0)
        return -1;
    return add_fields(s);
}

static int add_entries(struct sheet_of *s)
{
    struct tsk_incident_entries found;

    if (tsk_incident_entry_list(&found, s->p.store, &s->p.scope, s->incident.id, s->p.arena, s->p.err) != 0)
        return -1;
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_incident_entry *e = &found.items[i];
        int what = tsk_incident_what_from_name(e->what);
        const char *when = "", *text;

        if (tsk_planner_when(&s->p, &when, e->done) != 0 ||
            tsk_planner_text(&s->p, &text, "%s%s%s（%s）", when, *e->text != '\0' ? " " : "", e->text, e->by) != 0)
            return -1;
        add(s, what >= 0 && what <= TSK_INCIDENT_RETURNED ? "対応" : "記録", what >= 0 ? what_words[what] : e->what,
            text);
    }
    return 0;
}

static int add_audit(struct sheet_of *s)
{
    struct tsk_audit_entries found;
    const char *object;

    if (*s->incident.notice == '\0')
        return 0;
    if (tsk_planner_text(&s->p, &object, "notice:%s", s->incident.notice) != 0 ||
        tsk_audit_list(&found, s->p.store, &s->p.scope, object, AUDIT_MAX, s->p.arena, s->p.err) != 0)
        return -1;
    for (size_t i = found.count; i > 0; i--) {
        const struct tsk_audit_entry *e = &found.items[i - 1];
        const char *when = "", *text;

        if (tsk_planner_when(&s->p, &when, e->at) != 0 ||
            tsk_planner_text(&s->p, &text, "%s %s %s %s", when, e->actor, e->action, e->detail) != 0)
            return -1;
        add(s, "監査記録", object, text);
    }
    return 0;
}

int tsk_incident_facts(struct tsk_incident_facts *out, const struct tsk_routing *routing, struct tsk_store *store,
                       const struct tsk_scope *scope, int64_t id, struct tsk_arena *arena, struct tsk_err *err)
{
    struct sheet_of s = { .out = out };

    *out = (struct tsk_incident_facts){ .items = tsk_arena_alloc(arena, FACTS_MAX * sizeof *out->items) };
    if (out->items == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the facts of an incident");
    if (tsk_incident_find(&s.incident, store, scope, id, arena, err) != 0 ||
        tsk_planner_start(&s.p, routing, store, s.incident.office, arena, err) != 0 || add_head(&s) != 0 ||
        add_notice(&s) != 0 || add_entries(&s) != 0)
        return -1;
    return add_audit(&s);
}

static void put_cell(struct tsk_buf *out, const char *text, const char *end)
{
    tsk_buf_puts(out, "\"");
    if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL)
        tsk_buf_puts(out, "'");
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"')
            tsk_buf_puts(out, "\"");
        tsk_buf_add(out, at, 1);
    }
    tsk_buf_puts(out, "\"");
    tsk_buf_puts(out, end);
}

int tsk_incident_facts_csv(struct tsk_buf *out, const struct tsk_incident_facts *facts, struct tsk_err *err)
{
    tsk_buf_puts(out, "\xEF\xBB\xBF\"区分\",\"項目\",\"内容\"\r\n");
    for (size_t i = 0; i < facts->count; i++) {
        put_cell(out, facts->items[i].part, ",");
        put_cell(out, facts->items[i].name, ",");
        put_cell(out, facts->items[i].value, "\r\n");
    }
    return out->failed ? tsk_fail(err, TSK_RETRY, 0, "no memory for the facts of an incident") : 0;
}
