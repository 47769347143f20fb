#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matching/train/misread.h"
#include "office.h"
#include "records/link.h"
#include "records/sheet_code.h"

static void put(struct tsk_reading *reading, const char *field, const char *text, bool sure)
{
    struct tsk_value *value = tsk_reading_value(reading, field);

    if (value == NULL || *text == '\0')
        return;
    tsk_value_set_text(value, text);
    value->blank = false;
    value->confidence = sure ? 0.999 : 0.6;
    value->review = false;
    if (!sure)
        tsk_value_review(value, "low_confidence");
}

static void choose(struct tsk_reading *reading, const char *field, const char *option, bool sure)
{
    struct tsk_value *value = tsk_reading_value(reading, field);

    if (value == NULL || *option == '\0')
        return;
    tsk_value_choose(value, option);
    value->blank = false;
    value->review = !sure;
}

struct written_date {
    const char *era;
    char year[16], month[16], day[16];
};

static bool write_date(struct written_date *out, const char *text)
{
    struct tsk_date date;

    if (!tsk_date_parse(text, &date))
        return false;
    static const struct tsk_date first_of_showa = { 1926, 12, 25 }; /* before it 1926 was 大正15 */
    bool reiwa = date.year >= 2019, heisei = date.year >= 1989;
    bool showa = tsk_date_days(date) >= tsk_date_days(first_of_showa);
    out->era = heisei ? "heisei" : showa ? "showa" : "taisho";
    snprintf(out->year, sizeof out->year, "%d", date.year - (reiwa ? 2018 : heisei ? 1988 : showa ? 1925 : 1911));
    snprintf(out->month, sizeof out->month, "%d", date.month);
    snprintf(out->day, sizeof out->day, "%d", date.day);
    return true;
}

static void put_date(struct tsk_reading *reading, const char *name, const char *text, bool sure)
{
    struct written_date date;
    char field[40];

    if (!write_date(&date, text))
        return;
    snprintf(field, sizeof field, "%s.year", name);
    put(reading, field, date.year, sure);
    snprintf(field, sizeof field, "%s.month", name);
    put(reading, field, date.month, sure);
    snprintf(field, sizeof field, "%s.day", name);
    put(reading, field, date.day, sure);
    if (strcmp(name, "birth_date") == 0)
        choose(reading, "birth_era", date.era, sure);
    tsk_reading_derive(reading, name, text, sure);
}

static const char *const text_fields[TSK_FACT_COUNT] = {
    [TSK_FACT_KANA] = "patient_kana",    [TSK_FACT_NAME] = "patient_name",  [TSK_FACT_ADDRESS] = "patient_address",
    [TSK_FACT_HOSPITAL] = "to_hospital", [TSK_FACT_CLINIC] = "from_clinic", [TSK_FACT_DOCTOR] = "from_doctor",
};

static void put_facts(struct tsk_reading *reading, const struct tsk_read_text *read)
{
    for (int i = 0; i < TSK_FACT_COUNT; i++) {
        struct tsk_value *value = text_fields[i] != NULL ? tsk_reading_value(reading, text_fields[i]) : NULL;

        if (value == NULL)
            continue;
        put(reading, text_fields[i], read[i].value, read[i].sure);
        if (read[i].other[0] != '\0')
            tsk_value_alternative(value, read[i].other, 0.3);
    }
    choose(reading, "sex", read[TSK_FACT_SEX].value, read[TSK_FACT_SEX].sure);
    put_date(reading, "birth_date", read[TSK_FACT_BIRTH].value, read[TSK_FACT_BIRTH].sure);
    put_date(reading, "referral_date", read[TSK_FACT_REFERRED].value, read[TSK_FACT_REFERRED].sure);
}

static void day_text(char out[TSK_DATE_SIZE], int32_t day)
{
    tsk_date_text(tsk_date_from_days(day), out);
}

static const char *contact_of(const struct tsk_told_sheet *told)
{
    static const char *const ways[] = { "fax", "email", "phone", "" };

    return ways[told->numbers[0][strlen(told->numbers[0]) - 1] % 4];
}

static void put_outcome(struct tsk_reading *reading, const struct loop_office *office, const struct loop_page *page)
{
    char text[TSK_KEY_SIZE];

    if (page->outcome != NULL) {
        choose(reading, "outcome", page->outcome, true);
        day_text(text, page->moved);
        put_date(reading, "move_date", text, true);
    }
    if (page->outcome != NULL && strcmp(page->outcome, "transfer") == 0) {
        loop_hospital(text, office->world->cases[page->kase].destination);
        put(reading, "destination", text, true);
    }
    if (page->planned != 0) {
        day_text(text, page->planned);
        put_date(reading, "planned_date", text, true);
    }
}

static void read_print(struct loop_office *office, struct tsk_read_text *read, const struct tsk_told_sheet *told)
{
    for (int i = 0; i < TSK_FACT_SENDER; i++)
        tsk_misread(&read[i], (enum tsk_fact)i, told->truth[i], TSK_QUALITY_TYPED, &office->world->dice);
}

static int set_code(struct loop_office *office, struct tsk_reading *reading, const struct loop_page *page,
                    const struct tsk_form *form)
{
    const char *number = page->code_of >= 0 ? office->world->cases[page->code_of].number : "";
    char code[TSK_SHEET_CODE_SIZE];

    if (*number == '\0')
        return 0;
    if (tsk_sheet_code_make(code, office->vault, number, form, &office->err) != 0)
        return -1;
    tsk_reading_set_code(reading, code);
    return 0;
}

static int make_reading(struct tsk_reading *reading, struct loop_office *office, const struct loop_page *page)
{
    const struct tsk_form *form =
        tsk_forms_find(&office->records->forms, page->status != NULL ? "inquiry" : "referral-status", NULL);
    struct tsk_read_text printed[TSK_FACT_COUNT] = { 0 };
    const struct loop_case *kase = &office->world->cases[page->kase];

    if (form == NULL || tsk_reading_start(reading, form, &office->err) != 0)
        return -1;
    for (size_t i = 0; i < reading->value_count; i++) {
        reading->values[i].review = false;
        reading->values[i].confidence = 0.999;
    }
    reading->page = 1;
    reading->width_px = 1728;
    reading->height_px = 2292;
    if (page->status != NULL) {
        read_print(office, printed, page->told);
        put_facts(reading, printed);
        choose(reading, "inquiry_status", page->status, true);
    } else {
        put_facts(reading, page->told->read);
        choose(reading, "contact_method", contact_of(page->told), true);
        choose(reading, "consent", kase->ticked ? "yes" : "", true);
        tsk_reading_derive(reading, "ward", "27115", true);
    }
    put_outcome(reading, office, page);
    return set_code(office, reading, page, form);
}

static int propose(struct loop_office *office, int64_t sheet, const struct tsk_reading *reading)
{
    char number[TSK_CASE_NUMBER_SIZE];

    if (reading->code[0] == '\0')
        return 0;
    if (tsk_sheet_code_check(number, office->vault, reading->code, reading->form, reading->edition, &office->err) != 0)
        return -1;
    return number[0] == '\0' ? 0 : tsk_sheet_propose(office->records->store, sheet, number, &office->err);
}

/* What gateway/reader.c does in its transaction. */
static int record(struct loop_office *office, struct loop_page *page, const struct tsk_reading *reading,
                  char number[TSK_CASE_NUMBER_SIZE])
{
    static const struct tsk_versions versions = { "loop", "loop", "loop" };
    struct tsk_store *store = office->records->store;
    const struct tsk_page_new scan = { .reading = reading, .image = "", .crops = "" };
    char id[TSK_ID_SIZE], hash[TSK_SHA256_HEX], received[TSK_STAMP_SIZE];
    struct tsk_document_added added;

    tsk_id_new(id);
    tsk_sha256_hex(id, strlen(id), hash);
    tsk_stamp(tsk_japan_midnight_ms(tsk_date_from_days(LOOP_FIRST_DAY)) + (int64_t)(page->at * 86400000), received);
    const struct tsk_document_new document = { .spool_id = id,
                                               .office = LOOP_OFFICE,
                                               .source = "higashinari-fax",
                                               .sender = page->told->read[TSK_FACT_SENDER].value,
                                               .name = "fax.tif",
                                               .received = received,
                                               .sha256 = hash,
                                               .size_bytes = 1000,
                                               .media = "image/tiff" };
    if (tsk_document_add(&added, store, &document, &scan, 1, &versions, office->arena, &office->err) != 0)
        return -1;
    page->sheet = added.sheets[0];
    return propose(office, page->sheet, reading) != 0 || tsk_link_settle(number, store, page->sheet, &office->err) != 0
               ? -1
               : tsk_route_sheet(office->records->routing, store, page->sheet, &office->err);
}

/* How the program settled it, against the truth. */
static void judge(struct loop_office *office, const struct loop_page *page, const char *number)
{
    struct loop_case *kase = &office->world->cases[page->kase];
    int owner = loop_case_of(office, number);

    office->sums.pages++;
    office->sums.code += page->code_of == page->kase;
    office->sums.code_asked += page->code_of == page->kase && *number == '\0';
    if (*number == '\0') {
        office->sums.asked++;
    } else if (owner == page->kase) {
        office->sums.linked++;
    } else if (owner >= 0) {
        office->sums.linked++;
        office->sums.linked_wrong++;
        printf("  page of case %d was linked to case %d (%s)\n", page->kase, owner, number);
    } else {
        office->sums.opened++;
        loop_log_opened(office, page->at);
        if (kase->number[0] != '\0') {
            office->sums.opened_wrong++;
            printf("  case %d (%s) was opened again as %s\n", page->kase, kase->number, number);
        } else {
            snprintf(kase->number, sizeof kase->number, "%s", number);
        }
    }
}

int loop_page_arrives(struct loop_office *office, struct loop_page *page)
{
    struct tsk_store *store = office->records->store;
    char number[TSK_CASE_NUMBER_SIZE] = "";
    struct tsk_reading reading;

    if (make_reading(&reading, office, page) != 0)
        return -1;
    int rc = tsk_store_begin(store, &office->err);
    if (rc == 0)
        rc = record(office, page, &reading, number);
    if (rc == 0)
        rc = tsk_store_commit(store, &office->err);
    tsk_reading_free(&reading);
    if (rc != 0)
        return -1;
    judge(office, page, number);
    if (strcmp(number, office->world->cases[page->kase].number) == 0 && *number != '\0') {
        office->world->cases[page->kase].waiting++;
        office->world->cases[page->kase].closed = false;
    }
    page->arrived = true;
    return 0;
}

static int set(struct loop_office *office, const struct tsk_sheet *sheet, const char *field, const char *value)
{
    if (strcmp(tsk_sheet_value(sheet, field), value) == 0)
        return 0;
    return tsk_sheet_set(NULL, office->records->store, &tsk_scope_all, sheet->id, field, value, "佐藤", "",
                         &office->err);
}

static int set_date(struct loop_office *office, const struct tsk_sheet *sheet, const char *name, const char *text)
{
    static const char *const parts[] = { "year", "month", "day" };
    struct written_date date;
    char field[40];

    if (!write_date(&date, text))
        return 0;
    const char *const values[] = { date.year, date.month, date.day };
    for (size_t i = 0; i < 3; i++) {
        snprintf(field, sizeof field, "%s.%s", name, parts[i]);
        if (set(office, sheet, field, values[i]) != 0)
            return -1;
    }
    return strcmp(name, "birth_date") == 0 ? set(office, sheet, "birth_era", date.era) : 0;
}

/* What stands on the paper, where something else was read. */
static int correct(struct loop_office *office, const struct loop_page *page)
{
    const char(*truth)[TSK_KEY_SIZE] = page->told->truth;
    struct tsk_sheet sheet;

    if (tsk_sheet_find(&sheet, office->records->store, &tsk_scope_all, page->sheet, office->arena, &office->err) != 0)
        return -1;
    for (int i = 0; i < TSK_FACT_COUNT; i++)
        if (text_fields[i] != NULL && tsk_sheet_field(&sheet, text_fields[i]) != NULL &&
            set(office, &sheet, text_fields[i], truth[i]) != 0)
            return -1;
    return set(office, &sheet, "sex", truth[TSK_FACT_SEX]) != 0 ||
                   set_date(office, &sheet, "birth_date", truth[TSK_FACT_BIRTH]) != 0 ||
                   set_date(office, &sheet, "referral_date", truth[TSK_FACT_REFERRED]) != 0
               ? -1
               : 0;
}

static int open_case(struct loop_office *office, struct loop_case *kase, const struct loop_page *page)
{
    loop_log_opened(office, page->at);
    return tsk_case_open(kase->number, office->records->store, LOOP_OFFICE,
                         tsk_japan_midnight_ms(tsk_date_from_days(LOOP_FIRST_DAY)) + (int64_t)(page->at * 86400000),
                         "佐藤", &office->err);
}

/* To the right case, wherever the program had put it. */
static int bring_home(struct loop_office *office, const struct loop_page *page)
{
    struct loop_case *kase = &office->world->cases[page->kase];
    struct tsk_sheet sheet;

    if (tsk_sheet_find(&sheet, office->records->store, &tsk_scope_all, page->sheet, office->arena, &office->err) != 0)
        return -1;
    if (kase->number[0] != '\0' && strcmp(sheet.case_number, kase->number) == 0)
        return 0;
    if (kase->number[0] == '\0' && open_case(office, kase, page) != 0)
        return -1;
    office->sums.repaired += *sheet.case_number != '\0';
    kase->waiting++;
    kase->closed = false;
    return tsk_sheet_link(NULL, office->records->store, &tsk_scope_all, page->sheet, kase->number, "佐藤",
                          &office->err);
}

int loop_page_settle(struct loop_office *office, struct loop_page *page)
{
    struct tsk_store *store = office->records->store;

    if (tsk_store_begin(store, &office->err) != 0)
        return -1;
    if (bring_home(office, page) != 0 || correct(office, page) != 0 ||
        tsk_sheet_confirm(NULL, store, &tsk_scope_all, page->sheet, true, "佐藤", &office->err) != 0 ||
        tsk_route_sheet(office->records->routing, store, page->sheet, &office->err) != 0 ||
        tsk_store_commit(store, &office->err) != 0) {
        tsk_store_rollback(store);
        return -1;
    }
    page->confirmed = true;
    office->world->cases[page->kase].waiting--;
    loop_world_learn(office->world, page);
    return 0;
}
