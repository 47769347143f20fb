#include "forms/schema.h"

#include "forms/form.h"

#define ENUM(key, type, member, words)                                                                                 \
    CYAML_FIELD_ENUM(key, CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, type, member, words, CYAML_ARRAY_LEN(words))
#define TEXT(key, type, member)                                                                                        \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 0, 500)
#define NAME(key, type, member) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, 100)
#define LIST(key, type, member, entry)                                                                                 \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, member##_count, entry, 0,  \
                               500)

static const cyaml_strval_t kinds[] = {
    { "mark", TSK_FIELD_MARK + 1 },     { "circle", TSK_FIELD_CIRCLE + 1 }, { "text", TSK_FIELD_TEXT + 1 },
    { "digits", TSK_FIELD_DIGITS + 1 }, { "image", TSK_FIELD_IMAGE + 1 },
};
static const cyaml_strval_t chooses[] = { { "one", TSK_CHOOSE_ONE + 1 },
                                          { "many", TSK_CHOOSE_MANY + 1 },
                                          { "optional", TSK_CHOOSE_OPTIONAL + 1 } };
static const cyaml_strval_t aligns[] = { { "left", TSK_ALIGN_LEFT + 1 },
                                         { "center", TSK_ALIGN_CENTER + 1 },
                                         { "right", TSK_ALIGN_RIGHT + 1 } };

static const cyaml_schema_value_t millimetre = { CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double) };

static const cyaml_schema_field_t option_members[] = {
    NAME("value", struct tsk_raw_option, value), NAME("label", struct tsk_raw_option, label),
    CYAML_FIELD_SEQUENCE_FIXED("box_mm", CYAML_FLAG_DEFAULT, struct tsk_raw_option, box, &millimetre, 4),
    CYAML_FIELD_END
};
static const cyaml_schema_value_t option = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_raw_option,
                                                                 option_members) };

static const cyaml_schema_field_t field_members[] = {
    NAME("id", struct tsk_raw_field, id),
    TEXT("label", struct tsk_raw_field, label),
    TEXT("block", struct tsk_raw_field, block),
    ENUM("kind", struct tsk_raw_field, kind, kinds),
    ENUM("choose", struct tsk_raw_field, choose, chooses),
    LIST("options", struct tsk_raw_field, options, &option),
    CYAML_FIELD_SEQUENCE_FIXED("box_mm", CYAML_FLAG_OPTIONAL, struct tsk_raw_field, box, &millimetre, 4),
    CYAML_FIELD_INT("lines_max", CYAML_FLAG_OPTIONAL, struct tsk_raw_field, lines_max),
    CYAML_FIELD_INT("digits_max", CYAML_FLAG_OPTIONAL, struct tsk_raw_field, digits_max),
    TEXT("lexicon", struct tsk_raw_field, lexicon),
    TEXT("suffix", struct tsk_raw_field, suffix),
    TEXT("only_if", struct tsk_raw_field, only_if),
    TEXT("means", struct tsk_raw_field, means),
    CYAML_FIELD_BOOL_PTR("required", CYAML_FLAG_OPTIONAL, struct tsk_raw_field, required),
    CYAML_FIELD_END
};
static const cyaml_schema_value_t field = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_raw_field,
                                                                field_members) };

static const cyaml_schema_field_t repeat_members[] = {
    NAME("id", struct tsk_raw_repeat, id),
    NAME("label", struct tsk_raw_repeat, label),
    NAME("block", struct tsk_raw_repeat, block),
    TEXT("date_role", struct tsk_raw_repeat, date_role),
    CYAML_FIELD_SEQUENCE_COUNT("tops_mm", CYAML_FLAG_POINTER, struct tsk_raw_repeat, tops, tops_count, &millimetre, 1,
                               100),
    CYAML_FIELD_SEQUENCE_COUNT("fields", CYAML_FLAG_POINTER, struct tsk_raw_repeat, fields, fields_count, &field, 1,
                               20),
    CYAML_FIELD_END
};
static const cyaml_schema_value_t repeat = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_raw_repeat,
                                                                 repeat_members) };

static const cyaml_schema_field_t block_members[] = { NAME("id", struct tsk_raw_block, id),
                                                      TEXT("label", struct tsk_raw_block, label),
                                                      TEXT("party", struct tsk_raw_block, party), CYAML_FIELD_END };
static const cyaml_schema_value_t block = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_raw_block,
                                                                block_members) };

static const cyaml_schema_field_t date_members[] = { NAME("id", struct tsk_raw_date, id),
                                                     TEXT("role", struct tsk_raw_date, role),
                                                     TEXT("year", struct tsk_raw_date, year),
                                                     TEXT("month", struct tsk_raw_date, month),
                                                     TEXT("day", struct tsk_raw_date, day),
                                                     TEXT("era", struct tsk_raw_date, era),
                                                     TEXT("era_field", struct tsk_raw_date, era_field),
                                                     TEXT("age", struct tsk_raw_date, age),
                                                     CYAML_FIELD_END };
static const cyaml_schema_value_t date = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_raw_date, date_members) };

static const cyaml_schema_field_t print_members[] = {
    NAME("id", struct tsk_raw_print, id),
    TEXT("text", struct tsk_raw_print, text),
    TEXT("font", struct tsk_raw_print, font),
    CYAML_FIELD_FLOAT("size_pt", CYAML_FLAG_OPTIONAL, struct tsk_raw_print, size_pt),
    ENUM("align", struct tsk_raw_print, align, aligns),
    CYAML_FIELD_SEQUENCE_FIXED("box_mm", CYAML_FLAG_OPTIONAL, struct tsk_raw_print, box, &millimetre, 4),
    CYAML_FIELD_END
};
static const cyaml_schema_value_t print = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_raw_print,
                                                                print_members) };

static const cyaml_schema_field_t form_members[] = {
    TEXT("inherits", struct tsk_raw_form, inherits),
    TEXT("title", struct tsk_raw_form, title),
    TEXT("language", struct tsk_raw_form, language),
    TEXT("ward", struct tsk_raw_form, ward),
    TEXT("blank", struct tsk_raw_form, blank),
    CYAML_FIELD_SEQUENCE_FIXED("page_mm", CYAML_FLAG_OPTIONAL, struct tsk_raw_form, page, &millimetre, 2),
    CYAML_FIELD_SEQUENCE_FIXED("code_mm", CYAML_FLAG_OPTIONAL, struct tsk_raw_form, code, &millimetre, 4),
    LIST("blocks", struct tsk_raw_form, blocks, &block),
    LIST("fields", struct tsk_raw_form, fields, &field),
    LIST("repeats", struct tsk_raw_form, repeats, &repeat),
    LIST("dates", struct tsk_raw_form, dates, &date),
    LIST("prints", struct tsk_raw_form, prints, &print),
    CYAML_FIELD_END
};

const cyaml_schema_value_t tsk_form_schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct tsk_raw_form,
                                                                   form_members) };
