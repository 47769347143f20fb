/* The offices, and where their documents come from. */
#include <stdio.h>
#include <string.h>

#include "config/schema.h"

const cyaml_schema_field_t tsk_office_fields[] = { STRING("id", struct tsk_office_config, id),
                                                   STRING("name", struct tsk_office_config, name),
                                                   STRING("ward", struct tsk_office_config, ward),
                                                   STRING("code", struct tsk_office_config, code),
                                                   STRING("phone", struct tsk_office_config, phone),
                                                   STRING("fax", struct tsk_office_config, fax),
                                                   STRING("hours", struct tsk_office_config, hours),
                                                   STRING("postal_address", struct tsk_office_config, postal_address),
                                                   STRING("email", struct tsk_office_config, email),
                                                   STRING("urgent_email", struct tsk_office_config, urgent_email),
                                                   STRING("from", struct tsk_office_config, from),
                                                   STRING("webhook", struct tsk_office_config, webhook),
                                                   CYAML_FIELD_END };

static const cyaml_strval_t source_kinds[] = { { "folder", TSK_SOURCE_FOLDER },
                                               { "fax", TSK_SOURCE_FAX },
                                               { "imap", TSK_SOURCE_IMAP } };
static const cyaml_strval_t source_afters[] = { { "move", TSK_AFTER_MOVE },
                                                { "delete", TSK_AFTER_DELETE },
                                                { "seen", TSK_AFTER_SEEN } };
const cyaml_schema_field_t tsk_source_fields[] = {
    STRING("id", struct tsk_source, id),
    STRING("name", struct tsk_source, name),
    STRING("office", struct tsk_source, office),
    CHOICE("kind", struct tsk_source, kind, source_kinds),
    STRING("folder", struct tsk_source, folder),
    CHOICE("after", struct tsk_source, after, source_afters),
    CYAML_FIELD_UINT("stable_ms", OPTIONAL, struct tsk_source, stable_ms),
    CYAML_FIELD_UINT("sweep_s", OPTIONAL, struct tsk_source, sweep_s),
    CYAML_FIELD_UINT("hourly_max", OPTIONAL, struct tsk_source, hourly_max),
    LIST("called", struct tsk_source, called.items, called.count, &tsk_config_string_entry),
    LIST("devices", struct tsk_source, devices.items, devices.count, &tsk_config_string_entry),
    LIST("callid", struct tsk_source, callid.items, callid.count, &tsk_config_string_entry),
    CYAML_FIELD_MAPPING("imap", OPTIONAL, struct tsk_source, imap, tsk_imap_fields),
    CYAML_FIELD_END
};

int tsk_office_defaults(struct tsk_office_config *offices, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (tsk_config_default(&offices[i].code, offices[i].ward) != 0 ||
            tsk_config_default(&offices[i].from, offices[i].email) != 0)
            return -1;
    return 0;
}

int tsk_source_defaults(struct tsk_source *sources, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        /* A hook knows more of a fax than the sweep can see: it goes first. */
        tsk_config_default_u32(&sources[i].stable_ms, sources[i].kind == TSK_SOURCE_FAX ? 30000 : 2000);
        tsk_config_default_u32(&sources[i].sweep_s, 30);
        tsk_config_default_u32(&sources[i].hourly_max, 10000);
        if (tsk_config_default(&sources[i].name, sources[i].id) != 0 || tsk_imap_defaults(&sources[i].imap) != 0)
            return -1;
    }
    return 0;
}

static int check_address(const struct check *check, size_t i, const char *key, const char *value)
{
    char where[64];

    snprintf(where, sizeof where, "offices[%zu].%s", i, key);
    return tsk_is_address(value) ? 0 : FAULT(check, "\"%s\" is not an e-mail address", value);
}

static int check_office(const struct check *check, const struct tsk_config *c, size_t i)
{
    const struct tsk_office_config *o = &c->offices[i];
    char where[64];

    if (tsk_need_id(check, "offices", i, o->id) != 0 || tsk_need(check, "offices", i, "name", o->name) != 0 ||
        tsk_need(check, "offices", i, "ward", o->ward) != 0 || tsk_need(check, "offices", i, "phone", o->phone) != 0 ||
        tsk_need(check, "offices", i, "hours", o->hours) != 0 || tsk_need(check, "offices", i, "email", o->email) != 0)
        return -1;
    snprintf(where, sizeof where, "offices[%zu].ward", i);
    if (!tsk_is_ward(o->ward))
        return FAULT(check, "\"%s\" is not a municipality code of five digits, such as \"27115\"", o->ward);
    return check_address(check, i, "email", o->email) != 0 || check_address(check, i, "from", o->from) != 0 ? -1 : 0;
}

int tsk_office_check(const struct check *check, const struct tsk_config *c)
{
    const char *where = "offices";

    if (c->office_count == 0)
        return FAULT(check, "%s", "a site needs at least one office");
    for (size_t i = 0; i < c->office_count; i++)
        if (check_office(check, c, i) != 0)
            return -1;
    return NEED_UNIQUE(check, "offices", c->offices, c->office_count, id) != 0 ||
                   NEED_UNIQUE(check, "offices", c->offices, c->office_count, code) != 0
               ? -1
               : 0;
}

static int check_fax_source(const struct check *check, const struct tsk_source *s, size_t i)
{
    static const char *const words[] = { "number", "name", "called", "-" };
    char where[64];

    for (size_t k = 0; k < s->callid.count; k++) {
        snprintf(where, sizeof where, "sources[%zu].callid[%zu]", i, k);
        if (!tsk_is_one_of(s->callid.items[k], words, TSK_COUNT(words)))
            return FAULT(check, "\"%s\" must be number, name, called or -", s->callid.items[k]);
    }
    return 0;
}

static int check_source(const struct check *check, const struct tsk_config *c, size_t i)
{
    const struct tsk_source *s = &c->sources[i];
    char where[64];

    if (tsk_need_id(check, "sources", i, s->id) != 0)
        return -1;
    snprintf(where, sizeof where, "sources[%zu]", i);
    if (s->office[0] == '\0')
        return FAULT(check, "office is missing: every source belongs to one; write the id of an office%s", "");
    snprintf(where, sizeof where, "sources[%zu].office", i);
    if (tsk_config_office(c, s->office) == NULL)
        return FAULT(check, "no office has the id \"%s\"", s->office);
    snprintf(where, sizeof where, "sources[%zu].id", i);
    if (strcmp(s->id, "submit") == 0)
        return FAULT(check, "\"%s\" is the name of documents from the command line; take another", s->id);
    if (s->kind == TSK_SOURCE_FAX)
        return check_fax_source(check, s, i);
    if (s->kind == TSK_SOURCE_IMAP)
        return tsk_imap_check(check, s, i);
    snprintf(where, sizeof where, "sources[%zu].after", i);
    if (s->after == TSK_AFTER_SEEN)
        return FAULT(check, "%s", "seen is for mailboxes; a folder: move or delete");
    return tsk_need(check, "sources", i, "folder", s->folder);
}

int tsk_source_check(const struct check *check, const struct tsk_config *c)
{
    for (size_t i = 0; i < c->source_count; i++)
        if (check_source(check, c, i) != 0 || tsk_imap_check_twin(check, c->sources, i) != 0)
            return -1;
    return NEED_UNIQUE(check, "sources", c->sources, c->source_count, id) != 0 ||
                   NEED_UNIQUE(check, "sources", c->sources, c->source_count, folder) != 0
               ? -1
               : 0;
}
