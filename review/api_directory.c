/* Institutions of the office, and the two persons who vouch for each number and address. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "records/passphrase.h"
#include "review/answer.h"
#include "review/route.h"
#include "routing/fax_hours.h"
#include "routing/route.h"

static json_t *entry_json(const struct tsk_institution *i)
{
    return json_pack(
        "{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:{s:s, s:s, s:s, s:s}}", "id",
        (json_int_t)i->id, "office", i->office, "kind", i->kind, "name", i->name, "department", i->department, "ward",
        i->ward, "fax", i->fax, "fax_state", tsk_verified_name(i->fax_verified), "email", i->email, "email_state",
        tsk_verified_name(i->email_verified), "phone", i->phone, "notice", tsk_notice_preference_name(i->notice),
        "can_open_links", i->can_open_links, "fax_station", i->fax_station, "fax_hours", i->fax_hours, "agreed", "at",
        i->agreed_at, "how", i->agreed_how, "with", i->agreed_with, "by", i->agreed_by);
}

static bool fits(const struct tsk_institution *entry, const char *key)
{
    char *name = tsk_compare_key(entry->name), *department = tsk_compare_key(entry->department);
    bool fit = (name != NULL && strstr(name, key) != NULL) || (department != NULL && strstr(department, key) != NULL) ||
               strstr(entry->fax, key) != NULL || strstr(entry->phone, key) != NULL;

    free(name);
    free(department);
    return fit;
}

static int get_directory(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const struct tsk_institution_filter filter = { .kind = tsk_request_query(request, "kind"),
                                                   .ward = tsk_request_query(request, "ward"),
                                                   .office = tsk_request_query(request, "office") };
    const char *words = tsk_request_query(request, "q");
    char *key = tsk_compare_key(words != NULL ? words : "");
    struct tsk_institutions entries;
    json_t *items = json_array();

    if (key == NULL ||
        tsk_directory_list(&entries, request->store, &request->scope, &filter, request->arena, err) != 0) {
        free(key);
        json_decref(items);
        return key == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory for the directory") : -1;
    }
    for (size_t i = 0; i < entries.count; i++)
        if (*key == '\0' || fits(&entries.items[i], key))
            tsk_answer_add(&items, entry_json(&entries.items[i]));
    free(key);
    return tsk_answer(reply, json_pack("{s:o}", "items", items), err);
}

static int get_proposed(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_unverifieds waiting;

    if (tsk_directory_proposed(&waiting, request->store, &request->scope, tsk_request_query(request, "office"),
                               request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < waiting.count; i++) {
        const struct tsk_unverified *u = &waiting.items[i];
        tsk_answer_add(&items, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "id", (json_int_t)u->id,
                                         "office", u->office, "name", u->name, "department", u->department, "channel",
                                         u->channel, "value", u->value, "by", u->proposed_by, "at", u->proposed_at,
                                         "how", u->how, "own", strcmp(u->proposed_by, request->who.name) == 0));
    }
    return tsk_answer(reply, json_pack("{s:o}", "items", items), err);
}

static int find(struct tsk_institution *out, struct tsk_reply *reply, const struct tsk_request *request,
                struct tsk_err *err)
{
    int64_t id = 0;

    if (tsk_request_id(&id, reply, request, "id", err) != 0)
        return -1;
    return tsk_directory_find(out, request->store, &request->scope, id, request->arena, err) == 0
               ? 0
               : tsk_reply_missing(reply, err);
}

/* passphrase: NULL, or one that was just made: it is shown this once. */
static int answer_with(struct tsk_reply *reply, const struct tsk_request *request, int64_t id, const char *passphrase,
                       struct tsk_err *err)
{
    struct tsk_institution entry;
    struct tsk_verifications rows;

    if (tsk_directory_find(&entry, request->store, &request->scope, id, request->arena, err) != 0 ||
        tsk_directory_verifications(&rows, request->store, &request->scope, id, request->arena, err) != 0)
        return -1;
    json_t *list = json_array();
    for (size_t i = 0; i < rows.count; i++) {
        const struct tsk_verification *v = &rows.items[i];
        tsk_answer_add(&list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "channel", v->channel, "value", v->value,
                                        "how", v->how, "by", v->by, "at", v->at, "result",
                                        v->result == TSK_UNVERIFIED ? "lapsed" : tsk_verified_name(v->result)));
    }
    return tsk_answer(
        reply,
        json_pack("{s:o, s:o, s:s*}", "entry", entry_json(&entry), "verifications", list, "passphrase", passphrase),
        err);
}

static int answer_one(struct tsk_reply *reply, const struct tsk_request *request, int64_t id, struct tsk_err *err)
{
    return answer_with(reply, request, id, NULL, err);
}

static int get_entry(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_institution entry;

    return find(&entry, reply, request, err) != 0 ? -1 : answer_one(reply, request, entry.id, err);
}

struct change {
    int (*make)(struct change *change, const struct tsk_request *request, struct tsk_err *err);
    int64_t id;
    const char *office;
    struct tsk_institution_edit edit;
    const char *channel, *how, *told_to;
    char passphrase[TSK_PASSPHRASE_SIZE];
    enum tsk_notice_preference notice;
    bool links;
};

/* What waited for a number, or for a person to vouch for it, goes on in the same transaction. */
static int apply(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    struct change *change = ctx;

    if (change->make(change, request, err) != 0)
        return -1;
    return tsk_route_waiting(request->desk->routing, request->store, change->office, err);
}

static int run(struct tsk_reply *reply, struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    return tsk_request_change(request, apply, change, err) != 0 ? -1 : answer_one(reply, request, change->id, err);
}

static int take_edit(struct tsk_institution_edit *out, const struct tsk_request *request, struct tsk_err *err)
{
    struct {
        const char *name, **to;
        enum tsk_need need;
    } members[] = {
        { "kind", &out->kind, TSK_MUST }, { "name", &out->name, TSK_MUST }, { "department", &out->department, TSK_MAY },
        { "ward", &out->ward, TSK_MAY },  { "fax", &out->fax, TSK_MAY },    { "email", &out->email, TSK_MAY },
        { "phone", &out->phone, TSK_MAY }
    };

    for (size_t i = 0; i < TSK_COUNT(members); i++) {
        if (tsk_body_text(members[i].to, request, members[i].name, 200, members[i].need, err) != 0)
            return -1;
        if (*members[i].to == NULL)
            *members[i].to = "";
    }
    return 0;
}

static int edit(struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    return tsk_directory_edit(&change->id, request->store, &request->scope, change->office, &change->edit,
                              request->who.name, err);
}

static int post_entry(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct change change = { .make = edit };

    if (tsk_request_office(&change.office, reply, request, err) != 0 || take_edit(&change.edit, request, err) != 0)
        return -1;
    return run(reply, &change, request, err);
}

static int put_entry(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct change change = { .make = edit };
    struct tsk_institution entry;

    if (find(&entry, reply, request, err) != 0 || take_edit(&change.edit, request, err) != 0)
        return -1;
    change.id = entry.id;
    change.office = entry.office;
    return run(reply, &change, request, err);
}

static int verify(struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    enum tsk_verified result;

    return tsk_directory_verify(&result, request->store, &request->scope, change->id, change->channel, change->how,
                                request->who.name, err);
}

static int post_verification(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct change change = { .make = verify };
    struct tsk_institution entry;

    if (find(&entry, reply, request, err) != 0 ||
        tsk_body_text(&change.channel, request, "channel", 10, TSK_MUST, err) != 0 ||
        tsk_body_text(&change.how, request, "how", 20, TSK_MUST, err) != 0)
        return -1;
    change.id = entry.id;
    change.office = entry.office;
    return run(reply, &change, request, err);
}

static int wish(struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    if (tsk_directory_prefer(request->store, &request->scope, change->id, change->notice, change->links,
                             request->who.name, err) != 0)
        return -1;
    return tsk_directory_fax_hours(request->store, &request->scope, change->id, change->how, request->who.name, err);
}

static int put_wishes(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    static const enum tsk_notice_preference all[] = { TSK_NOTICE_EACH, TSK_NOTICE_DIGEST, TSK_NOTICE_NONE };
    struct change change = { .make = wish };
    struct tsk_institution entry;
    const char *notice = NULL;
    bool known = false;

    if (find(&entry, reply, request, err) != 0 || tsk_body_text(&notice, request, "notice", 10, TSK_MUST, err) != 0 ||
        tsk_body_text(&change.how, request, "fax_hours", 40, TSK_MAY, err) != 0 ||
        tsk_body_bool(&change.links, request, "can_open_links", err) != 0)
        return -1;
    for (size_t i = 0; i < TSK_COUNT(all); i++)
        if (strcmp(notice, tsk_notice_preference_name(all[i])) == 0) {
            change.notice = all[i];
            known = true;
        }
    change.how = change.how != NULL ? change.how : "";
    if (!known)
        return tsk_fail(err, TSK_REJECT, 0, "notices come each, as a digest, or none");
    if (!tsk_fax_hours_valid(change.how))
        return tsk_fail(err, TSK_REJECT, 0, "fax hours are written 09:00-17:00 or daily 09:00-17:00");
    change.id = entry.id;
    change.office = entry.office;
    return run(reply, &change, request, err);
}

static int agree(struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    const struct tsk_agreed agreed = { change->how, change->told_to };

    return tsk_passphrase_set(change->passphrase, request->store, &request->scope, change->id, &agreed,
                              request->who.name, err);
}

static int post_passphrase(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct change change = { .make = agree, .passphrase = "" };
    struct tsk_institution entry;
    int rc;

    if (find(&entry, reply, request, err) != 0 || tsk_body_text(&change.how, request, "how", 10, TSK_MUST, err) != 0 ||
        tsk_body_text(&change.told_to, request, "told_to", 100, TSK_MUST, err) != 0)
        return -1;
    change.id = entry.id;
    change.office = entry.office;
    rc = tsk_request_change(request, apply, &change, err) != 0
             ? -1
             : answer_with(reply, request, change.id, change.passphrase, err);
    explicit_bzero(change.passphrase, sizeof change.passphrase);
    return rc;
}

static int end_agreement(struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    return tsk_passphrase_revoke(request->store, &request->scope, change->id, request->who.name, err);
}

static int delete_passphrase(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct change change = { .make = end_agreement };
    struct tsk_institution entry;

    if (find(&entry, reply, request, err) != 0)
        return -1;
    change.id = entry.id;
    change.office = entry.office;
    return run(reply, &change, request, err);
}

const struct tsk_route tsk_routes_directory[] = {
    { "GET", "/api/v1/directory", get_directory, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/directory", post_entry, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/directory-proposals", get_proposed, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "GET", "/api/v1/directory/{id}", get_entry, TSK_ROLES_OFFICE, 0, 0 },
    { "PUT", "/api/v1/directory/{id}", put_entry, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/directory/{id}/verifications", post_verification, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/directory/{id}/passphrase", post_passphrase, TSK_ROLES_OFFICE, 0, 0 },
    { "DELETE", "/api/v1/directory/{id}/passphrase", delete_passphrase, TSK_ROLES_OFFICE, 0, 0 },
    { "PUT", "/api/v1/directory/{id}/wishes", put_wishes, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
