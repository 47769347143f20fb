#include "review/sheet_complete.h"

#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/text.h"
#include "config/datadir.h"
#include "records/directory.h"

struct found {
    const char *value, *note;
    int rank; /* 0 begins with it, 1 holds it */
};

struct completing {
    const struct tsk_request *request;
    const struct tsk_sheet *sheet;
    const struct tsk_field *field;
    char *typed; /* as a key */
    struct found items[TSK_COMPLETIONS_MAX];
    size_t count;
};

/* Keeps the list sorted by rank, the earlier offered first. */
static void insert(struct completing *completing, struct found found)
{
    size_t at = 0;

    for (size_t i = 0; i < completing->count; i++)
        if (strcmp(completing->items[i].value, found.value) == 0)
            return;
    while (at < completing->count && completing->items[at].rank <= found.rank)
        at++;
    if (at == TSK_COMPLETIONS_MAX)
        return;
    size_t last = completing->count < TSK_COMPLETIONS_MAX ? completing->count++ : TSK_COMPLETIONS_MAX - 1;
    memmove(&completing->items[at + 1], &completing->items[at], (last - at) * sizeof found);
    completing->items[at] = found;
}

static int rank_of_key(const struct completing *completing, const char *key)
{
    const char *at = strstr(key, completing->typed);

    return at == NULL ? -1 : at != key;
}

static int rank_of(const struct completing *completing, const char *name)
{
    char *key = tsk_reference_name_key(completing->request->desk->reference, name);
    int rank = key != NULL ? rank_of_key(completing, key) : -1;

    free(key);
    return rank;
}

/* The better of the two; -1 is none. */
static int better_rank(int rank, int other)
{
    return other >= 0 && (rank < 0 || other < rank) ? other : rank;
}

/* name and also (kana, an alias, may be ""): what is typed may be either. */
static void offer(struct completing *completing, const char *value, const char *also, const char *note)
{
    int rank = rank_of(completing, value);

    if (rank != 0 && *also != '\0' && *completing->typed != '\0') {
        rank = better_rank(rank, rank_of(completing, also));
    }
    if (rank >= 0)
        insert(completing, (struct found){ value, note, rank });
}

/* 病院 is printed behind the blank: what is written there ends before it. */
static const char *without_suffix(const struct completing *completing, const char *name)
{
    const char *suffix = completing->field->suffix;
    size_t length = strlen(name), end = strlen(suffix);

    if (end == 0 || length <= end || strcmp(name + length - end, suffix) != 0)
        return name;
    return tsk_view_text(completing->request, "%.*s", (int)(length - end), name);
}

static int offer_institutions(struct completing *completing, struct tsk_err *err)
{
    const struct tsk_request *request = completing->request;
    const struct tsk_institution_filter filter = { .office = completing->sheet->office };
    struct tsk_institutions list;

    if (tsk_directory_list(&list, request->store, &request->scope, &filter, request->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < list.count; i++)
        offer(completing, without_suffix(completing, list.items[i].name), "",
              tsk_view_text(request, "%s %s", list.items[i].ward, list.items[i].department));
    return 0;
}

static int offer_departments(struct completing *completing, struct tsk_err *err)
{
    char *path = tsk_data_path("config/data/departments.csv");
    struct tsk_csv *csv = NULL;
    char **cells;
    int count, line, rc;

    if (path == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the departments");
    rc = tsk_csv_open(&csv, path, err);
    for (int row = 0; rc == 0 && (rc = tsk_csv_next(csv, &cells, &count, &line, err)) == 1; row++, rc = 0) {
        if (row > 0 && count > 0)
            offer(completing, without_suffix(completing, tsk_view_text(completing->request, "%s", cells[0])),
                  count > 3 ? tsk_view_text(completing->request, "%s", cells[3]) : "", "");
    }
    tsk_csv_close(&csv);
    free(path);
    return rc < 0 ? -1 : 0;
}

/* Towns of the office's own ward first; the ward's name stands printed before the blank, another's has to be written. */
static void offer_towns(struct completing *completing, const char *home)
{
    const struct tsk_request *request = completing->request;
    const struct tsk_reference *reference = request->desk->reference;

    for (int own = 1; own >= 0; own--) {
        for (size_t i = 0; i < tsk_reference_town_count(reference); i++) {
            const struct tsk_town *town = tsk_reference_town(reference, i);
            if ((strcmp(town->code, home) == 0) != own || (!own && *completing->typed == '\0'))
                continue;
            int rank = rank_of_key(completing, own ? town->name_key : town->full_key);
            if (*completing->typed != '\0')
                rank = better_rank(rank, rank_of_key(completing, town->kana_key));
            if (rank >= 0)
                insert(completing,
                       (struct found){ own ? town->name : tsk_view_text(request, "%s%s", town->city, town->name),
                                       tsk_view_text(request, "%s %.3s-%s", town->city, town->postal, town->postal + 3),
                                       rank });
        }
    }
}

static void offer_wards(struct completing *completing)
{
    const struct tsk_reference *reference = completing->request->desk->reference;

    for (size_t i = 0; i < tsk_reference_ward_count(reference); i++) {
        const struct tsk_ward *ward = tsk_reference_ward(reference, i);
        offer(completing, ward->name, ward->kana, ward->code);
    }
}

static const char *home_ward(const struct tsk_request *request, const struct tsk_sheet *sheet)
{
    const struct tsk_form *form = tsk_view_form(request, sheet);
    const struct tsk_office_config *office = tsk_config_office(request->desk->config, sheet->office);

    if (form != NULL && *form->ward != '\0')
        return form->ward;
    return office != NULL ? office->ward : "";
}

static int offer_all(struct completing *completing, struct tsk_err *err)
{
    const char *lexicon = completing->field->lexicon;

    if (strcmp(lexicon, "institution") == 0)
        return offer_institutions(completing, err);
    if (strcmp(lexicon, "department") == 0)
        return offer_departments(completing, err);
    if (strcmp(lexicon, "town") == 0)
        offer_towns(completing, home_ward(completing->request, completing->sheet));
    else if (strcmp(lexicon, "ward") == 0)
        offer_wards(completing);
    return 0;
}

int tsk_complete(json_t **out, const struct tsk_request *request, const struct tsk_sheet *sheet,
                 const struct tsk_field *field, const char *typed, struct tsk_err *err)
{
    struct completing completing = { .request = request, .sheet = sheet, .field = field };
    int rc;

    completing.typed = tsk_reference_name_key(request->desk->reference, typed);
    if (completing.typed == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to complete a name");
    rc = offer_all(&completing, err);
    free(completing.typed);
    if (rc != 0)
        return -1;
    *out = json_array();
    for (size_t i = 0; i < completing.count; i++)
        json_array_append_new(
            *out, json_pack("{s:s, s:s}", "value", completing.items[i].value, "note", completing.items[i].note));
    return *out != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
}
