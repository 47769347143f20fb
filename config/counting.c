#include "config/counting.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/datadir.h"
#include "config/schema.h"
#include "config/yaml.h"

#define SMALL_BELOW_DEFAULT 5
#define SMALL_BELOW_MAX 100

/* What the file says, as libcyaml fills it in; the meaning is its first part. */
struct file {
    struct tsk_counting counting;
    struct tsk_yaml *yaml; /* not in the schema: owns all of this */
};

static const cyaml_schema_field_t counterpart_fields[] = {
    STRING("id", struct tsk_counterpart, id),
    STRING("name", struct tsk_counterpart, name),
    STRING("key", struct tsk_counterpart, key),
    LIST("directory_kinds", struct tsk_counterpart, directory_kinds.items, directory_kinds.count,
         &tsk_config_string_entry),
    CYAML_FIELD_BOOL("retired", OPTIONAL, struct tsk_counterpart, retired),
    CYAML_FIELD_END
};
static const cyaml_schema_value_t counterpart_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_counterpart,
                                                                            counterpart_fields) };

static const cyaml_strval_t periods[] = { { "month", TSK_PERIOD_MONTH },
                                          { "third", TSK_PERIOD_THIRD },
                                          { "year", TSK_PERIOD_YEAR } };
static const cyaml_strval_t columns[] = { { "total", TSK_COLUMNS_TOTAL },
                                          { "days", TSK_COLUMNS_DAYS },
                                          { "months", TSK_COLUMNS_MONTHS },
                                          { "thirds", TSK_COLUMNS_THIRDS } };

static const cyaml_schema_field_t row_fields[] = {
    STRING("title", struct tsk_layout_row, title), STRING("count", struct tsk_layout_row, count),
    CYAML_FIELD_BOOL("by_counterpart", OPTIONAL, struct tsk_layout_row, by_counterpart), CYAML_FIELD_END
};
static const cyaml_schema_value_t row_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_layout_row,
                                                                    row_fields) };

static const cyaml_schema_field_t layout_fields[] = { STRING("id", struct tsk_layout, id),
                                                      STRING("form", struct tsk_layout, form),
                                                      STRING("title", struct tsk_layout, title),
                                                      CHOICE("period", struct tsk_layout, period, periods),
                                                      CHOICE("columns", struct tsk_layout, columns, columns),
                                                      LIST("rows", struct tsk_layout, rows, row_count, &row_entry),
                                                      CYAML_FIELD_END };
static const cyaml_schema_value_t layout_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_layout,
                                                                       layout_fields) };

static const cyaml_schema_field_t cohort_fields[] = {
    STRING("title", struct tsk_cohort, title),
    LIST("wards", struct tsk_cohort, wards.items, wards.count, &tsk_config_string_entry), CYAML_FIELD_END
};
static const cyaml_schema_value_t cohort_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tsk_cohort,
                                                                       cohort_fields) };

static const cyaml_schema_field_t overview_fields[] = { STRING("title", struct tsk_overview_measure, title),
                                                        STRING("unit", struct tsk_overview_measure, unit),
                                                        STRING("count", struct tsk_overview_measure, count),
                                                        STRING("part_of", struct tsk_overview_measure, part_of),
                                                        CYAML_FIELD_END };
static const cyaml_schema_value_t overview_entry = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct tsk_overview_measure, overview_fields) };

static const cyaml_schema_field_t file_fields[] = {
    LIST("counterparts", struct tsk_counting, counterparts, counterpart_count, &counterpart_entry),
    LIST("layouts", struct tsk_counting, layouts, layout_count, &layout_entry),
    LIST("cohorts", struct tsk_counting, cohorts, cohort_count, &cohort_entry),
    LIST("overview", struct tsk_counting, overview, overview_count, &overview_entry),
    CYAML_FIELD_INT("small_below", OPTIONAL, struct tsk_counting, small_below),
    CYAML_FIELD_END
};
static const cyaml_schema_value_t file_schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields) };

#define FILL(list, count, fields) tsk_config_fill_list((list), (count), sizeof *(list), (fields))

static int fill_all(struct tsk_counting *c)
{
    if (c->small_below == 0)
        c->small_below = SMALL_BELOW_DEFAULT;
    for (size_t i = 0; i < c->layout_count; i++)
        if (FILL(c->layouts[i].rows, c->layouts[i].row_count, row_fields) != 0)
            return -1;
    return FILL(c->counterparts, c->counterpart_count, counterpart_fields) != 0 ||
                   FILL(c->layouts, c->layout_count, layout_fields) != 0 ||
                   FILL(c->cohorts, c->cohort_count, cohort_fields) != 0 ||
                   FILL(c->overview, c->overview_count, overview_fields) != 0
               ? -1
               : 0;
}

static int check_counterparts(const struct check *check, const struct tsk_counting *c)
{
    char where[64];

    for (size_t i = 0; i < c->counterpart_count; i++) {
        const struct tsk_counterpart *one = &c->counterparts[i];

        snprintf(where, sizeof where, "counterparts[%zu]", i);
        if (one->id[0] == '\0' || one->name[0] == '\0')
            return FAULT(check, "%s", "a counterpart has an id and a name");
        if (strlen(one->key) > 1)
            return FAULT(check, "\"%s\" is more than one character", one->key);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(c->counterparts[k].id, one->id) == 0)
                return FAULT(check, "the id \"%s\" is there twice", one->id);
            if (one->key[0] != '\0' && strcmp(c->counterparts[k].key, one->key) == 0)
                return FAULT(check, "the key \"%s\" is there twice", one->key);
        }
    }
    return 0;
}

static int check_layouts(const struct check *check, const struct tsk_counting *c)
{
    char where[64];

    for (size_t i = 0; i < c->layout_count; i++) {
        const struct tsk_layout *one = &c->layouts[i];

        snprintf(where, sizeof where, "layouts[%zu]", i);
        if (one->id[0] == '\0' || one->title[0] == '\0' || one->row_count == 0)
            return FAULT(check, "%s", "a layout has an id, a title and rows");
        for (size_t k = 0; k < i; k++)
            if (strcmp(c->layouts[k].id, one->id) == 0)
                return FAULT(check, "the id \"%s\" is there twice", one->id);
        if (one->columns == TSK_COLUMNS_DAYS && one->period != TSK_PERIOD_MONTH)
            return FAULT(check, "%s", "columns of days need a period of a month");
        if (one->columns == TSK_COLUMNS_THIRDS && one->period != TSK_PERIOD_YEAR)
            return FAULT(check, "%s", "columns of thirds need a period of a year");
    }
    return 0;
}

static int check_all(const struct check *check, const struct tsk_counting *c)
{
    const char *where = "small_below";

    if (c->small_below < 1 || c->small_below > SMALL_BELOW_MAX)
        return FAULT(check, "must be between 1 and %d", SMALL_BELOW_MAX);
    return check_counterparts(check, c) != 0 ? -1 : check_layouts(check, c);
}

static int load(const struct tsk_counting **out, char *path, struct tsk_err *err)
{
    struct tsk_yaml *yaml = NULL;
    void *data = NULL;

    if (tsk_yaml_load(&yaml, &data, path, &file_schema, err) != 0) {
        free(path);
        return -1;
    }
    struct file *file = data;
    const struct check check = { .yaml = yaml, .err = err };
    const struct tsk_counting *counting = &file->counting;
    file->yaml = yaml;
    file->counting.path = path;
    int rc = fill_all(&file->counting) != 0 ? tsk_fail(err, TSK_RETRY, 0, "%s: out of memory", path)
                                            : check_all(&check, counting);
    if (rc != 0)
        tsk_counting_free(&counting);
    *out = counting;
    return rc;
}

int tsk_counting_load(const struct tsk_counting **out, const char *site_dir, struct tsk_err *err)
{
    char *path = NULL;

    *out = NULL;
    if (site_dir != NULL && asprintf(&path, "%s/reports.yaml", site_dir) < 0)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    if (path != NULL && (access(path, F_OK) == 0 || errno != ENOENT))
        return load(out, path, err);
    free(path);
    path = tsk_data_path("config/data/reports.yaml");
    return path != NULL ? load(out, path, err) : tsk_fail(err, TSK_RETRY, 0, "out of memory");
}

void tsk_counting_free(const struct tsk_counting **counting)
{
    /* UNSAFE: handed out as const, made here, and the first member of its file. */
    struct file *file = (struct file *)(uintptr_t)*counting;

    if (file == NULL)
        return;
    *counting = NULL;
    free(file->counting.path);
    tsk_yaml_free(&(struct tsk_yaml *){ file->yaml });
}

const struct tsk_counterpart *tsk_counting_counterpart(const struct tsk_counting *counting, const char *id)
{
    for (size_t i = 0; i < counting->counterpart_count; i++)
        if (strcmp(counting->counterparts[i].id, id) == 0)
            return &counting->counterparts[i];
    for (size_t i = 0; i < counting->counterpart_count && *id != '\0'; i++)
        if (strcmp(counting->counterparts[i].key, id) == 0)
            return &counting->counterparts[i];
    return NULL;
}

const struct tsk_counterpart *tsk_counting_of_kind(const struct tsk_counting *counting, const char *directory_kind)
{
    for (size_t i = 0; i < counting->counterpart_count; i++)
        for (size_t k = 0; k < counting->counterparts[i].directory_kinds.count; k++)
            if (strcmp(counting->counterparts[i].directory_kinds.items[k], directory_kind) == 0)
                return &counting->counterparts[i];
    return NULL;
}

const struct tsk_layout *tsk_counting_layout(const struct tsk_counting *counting, const char *id)
{
    for (size_t i = 0; i < counting->layout_count; i++)
        if (strcmp(counting->layouts[i].id, id) == 0)
            return &counting->layouts[i];
    for (size_t i = 0; i < counting->layout_count && *id != '\0'; i++)
        if (strcmp(counting->layouts[i].form, id) == 0)
            return &counting->layouts[i];
    return NULL;
}
