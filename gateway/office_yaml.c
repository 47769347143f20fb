#include "gateway/office_yaml.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A string of JSON is one of YAML. */
static void put(struct tsk_buf *out, const char *begin, const char *key, const char *value)
{
    json_t *string = value[0] != '\0' ? json_string(value) : NULL;
    char *text = string != NULL ? json_dumps(string, JSON_ENCODE_ANY) : NULL;

    if (text != NULL)
        tsk_buf_printf(out, "%s%s: %s\n", begin, key, text);
    else if (value[0] != '\0')
        out->failed = true;
    free(text);
    json_decref(string);
}

static void put_office(struct tsk_buf *out, const struct tsk_office_config *office)
{
    tsk_buf_puts(out, "offices:\n");
    put(out, "  - ", "id", office->id);
    put(out, "    ", "name", office->name);
    put(out, "    ", "ward", office->ward);
    put(out, "    ", "code", office->code);
    put(out, "    ", "phone", office->phone);
    put(out, "    ", "fax", office->fax);
    put(out, "    ", "hours", office->hours);
    put(out, "    ", "postal_address", office->postal_address);
    put(out, "    ", "email", office->email);
    put(out, "    ", "urgent_email", office->urgent_email);
    put(out, "    ", "from", office->from);
    if (office->webhook[0] != '\0')
        tsk_buf_printf(out, "    # webhook: it was told by the webhook \"%s\" of the former site\n", office->webhook);
}

static const char *kind_of(const struct tsk_source *source)
{
    return source->kind == TSK_SOURCE_FOLDER ? "folder" : source->kind == TSK_SOURCE_FAX ? "fax" : "imap";
}

static void put_strings(struct tsk_buf *out, const char *key, const struct tsk_strings *strings)
{
    for (size_t i = 0; i < strings->count; i++) {
        if (i == 0)
            tsk_buf_printf(out, "    %s:\n", key);
        put(out, "      - ", "item", strings->items[i]);
    }
}

static void put_imap(struct tsk_buf *out, const struct tsk_imap_config *imap)
{
    tsk_buf_puts(out, "    imap:\n");
    put(out, "      ", "url", imap->url);
    put(out, "      ", "user", imap->user);
    put(out, "      ", "mailbox", imap->mailbox);
    put(out, "      ", "done", imap->done);
    tsk_buf_puts(out, "      start: \"new\"\n");
    put(out, "      ", "password_file", imap->password_file);
}

static void put_sources(struct tsk_buf *out, const struct tsk_config *config, const char *office)
{
    bool first = true;

    for (size_t i = 0; i < config->source_count; i++) {
        const struct tsk_source *source = &config->sources[i];

        if (strcmp(source->office, office) != 0)
            continue;
        tsk_buf_puts(out, first ? "sources:\n" : "");
        first = false;
        put(out, "  - ", "id", source->id);
        put(out, "    ", "office", source->office);
        put(out, "    ", "kind", kind_of(source));
        put(out, "    ", "folder", source->folder);
        if (source->kind == TSK_SOURCE_FAX) {
            put_strings(out, "# called", &source->called);
            put_strings(out, "# devices", &source->devices);
        }
        if (source->kind == TSK_SOURCE_IMAP)
            put_imap(out, &source->imap);
    }
}

static void put_people(struct tsk_buf *out, const char *office, const struct tsk_accounts *accounts)
{
    for (size_t i = 0; i < accounts->count; i++) {
        const struct tsk_account *account = &accounts->items[i];

        for (size_t g = 0; g < account->grant_count; g++) {
            const struct tsk_grant *grant = &account->grants[g];

            if (strcmp(grant->office, office) != 0 || account->disabled[0] != '\0')
                continue;
            tsk_buf_printf(out, "# %s (%s): %s%s%s%s%s\n", account->name, account->display, tsk_role_name(grant->role),
                           grant->case_number[0] != '\0' ? ", " : "", grant->case_number,
                           grant->until[0] != '\0' ? ", until " : "", grant->until);
        }
    }
}

int tsk_office_yaml(struct tsk_buf *out, const struct tsk_config *config, const char *office,
                    const struct tsk_accounts *accounts, struct tsk_err *err)
{
    const struct tsk_office_config *entry = tsk_config_office(config, office);

    if (entry == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "there is no office %s in %s", office, config->path);
    put_office(out, entry);
    put_sources(out, config, office);
    tsk_buf_puts(out, "# People who worked with it (tasuki user add, tasuki user grant):\n");
    put_people(out, office, accounts);
    return out->failed ? tsk_fail(err, TSK_RETRY, 0, "no memory for the configuration of an office") : 0;
}
