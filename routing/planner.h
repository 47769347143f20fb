/* planner - what the parts of routing share while one sheet is being decided; private to routing/ */
#ifndef TASUKI_ROUTING_PLANNER_H
#define TASUKI_ROUTING_PLANNER_H

#include "records/directory.h"
#include "records/sheet_event.h"
#include "records/todo.h"
#include "routing/event.h"
#include "routing/route.h"
#include "routing/template.h"

struct tsk_routing {
    const struct tsk_config *config;
    const struct tsk_forms *forms;
    const char *site_dir;
    struct tsk_reference *reference;
    const struct tsk_case_follower *follower; /* NULL = nobody */
};

#define TSK_FOLLOWER ".mail"            /* behind the id of a rule: the mail that announces its content */
#define TSK_LETTER_MAIL "sealed-letter" /* words of the mail that carries an encrypted letter */
#define TSK_ROUTING_NAME "routing"      /* who closes a to-do that has become pointless */
#define TSK_NO_ANSWER "no answer"       /* start of a delivery detail: the other side may have the message */

enum tsk_ward_kind { TSK_WARD_UNKNOWN, TSK_WARD_CITY /* of Osaka */, TSK_WARD_ELSEWHERE };

struct tsk_planner {
    const struct tsk_routing *routing;
    struct tsk_store *store;
    struct tsk_arena *arena;
    struct tsk_err *err;
    const struct tsk_office_config *office;
    const char *office_ids[1];
    struct tsk_scope scope;        /* the sheet's own office: routing never looks beyond it */
    const struct tsk_sheet *sheet; /* NULL for a held document */
    const char *document;          /* without a sheet: what is meant by the sender; else NULL */
    enum tsk_ward_kind ward_kind;
    const char *ward_code, *ward_name; /* name for people: 東成区, 大阪市外, 確認中 */
    bool ward_sure;
    int64_t now_ms;
};

struct tsk_target {
    const char *recipient, *name;              /* key and display name */
    const struct tsk_institution *institution; /* NULL for the office itself */
    const char *email, *webhook, *urgent;      /* office itself */
    const char *problem;                       /* no certain recipient: why, Japanese; NULL otherwise */
    bool unconcerned;                          /* another city: nobody is to be told, problem says why */
};

int tsk_planner_start(struct tsk_planner *planner, const struct tsk_routing *routing, struct tsk_store *store,
                      const char *office, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
int tsk_planner_sheet(struct tsk_planner *planner, const struct tsk_sheet *sheet) TSK_MUST_USE;
/* In the arena; never NULL when 0 is returned. */
int tsk_planner_text(struct tsk_planner *planner, const char **out, const char *format, ...) TSK_MUST_USE
    TSK_PRINTF(3, 4);

int tsk_target_find(struct tsk_target *out, struct tsk_planner *planner, const struct tsk_rule *rule) TSK_MUST_USE;

static inline bool tsk_rule_has_letter(const struct tsk_rule *rule)
{
    return rule->letter != NULL && *rule->letter != '\0';
}

/* routing/letter.c: what a sheet says of the patient, in lines for people; the planner's sheet. */
int tsk_letter_content(const char **out, struct tsk_planner *planner) TSK_MUST_USE;
/* Subject and text of the rule's letter for this recipient. */
int tsk_letter_write(const char **subject, const char **body, struct tsk_planner *planner, const struct tsk_rule *rule,
                     const char *recipient) TSK_MUST_USE;
/* What the rule encloses can be printed; *reason: Japanese words why not, else NULL. */
int tsk_letter_check(const char **reason, struct tsk_planner *planner, const struct tsk_rule *rule) TSK_MUST_USE;
/* The pages and words of a notice of a rule, as they are now. */
int tsk_letter_enclose(struct tsk_enclosure *out, struct tsk_planner *planner, const struct tsk_rule *rule,
                       const struct tsk_notice *notice) TSK_MUST_USE;

/* Values for templates from office and sheet; the caller adds the rest. */
int tsk_planner_values(struct tsk_planner *planner, struct tsk_template_values *values) TSK_MUST_USE;
/* Rendered into the arena. */
int tsk_planner_render(struct tsk_planner *planner, const char **subject, const char **body, const char *template,
                       const struct tsk_template_values *values) TSK_MUST_USE;
/* 2026年11月21日 12時15分, Japan, from a stored stamp */
int tsk_planner_when(struct tsk_planner *planner, const char **out, const char *stamp) TSK_MUST_USE;
const char *tsk_planner_form_title(const struct tsk_planner *planner, const char *form);

/* The other side has it, or may have it. */
bool tsk_notice_may_be_out(const struct tsk_notice *notice);
/* A person did what this to-do of the rule asked, so that its recipient knows. */
bool tsk_todo_told(const struct tsk_todo *todo, const char *rule);

#define TSK_DIGEST_ID_SIZE 40
/* Of the mail that carries a batch whose first notice this is. */
void tsk_digest_id(char out[TSK_DIGEST_ID_SIZE], const struct tsk_notice *first);

/* "institution:7" -> 7 */
bool tsk_recipient_institution(const char *recipient, int64_t *id);
/* Scope of consent that lets this recipient know the content: see records/consent.h. */
const char *tsk_route_consent_scope(const struct tsk_institution *entry);
/* Consent that covers the entry in this case; *reason is NULL when there is, else Japanese words for a person. */
int tsk_route_consent(const char **reason, struct tsk_planner *planner, const char *case_number,
                      const struct tsk_institution *entry) TSK_MUST_USE;
/* The field of the sheet names the entry. */
int tsk_target_is_named(bool *out, struct tsk_planner *planner, const char *name,
                        const struct tsk_institution *entry) TSK_MUST_USE;

#endif
