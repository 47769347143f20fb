#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "ocr/judge/judging.h"

#define GROUPS_MAX 16
#define POINTS_MAX 64
#define FILE_BYTES_MAX ((size_t)1 << 20)

struct point {
    double x, y;
};

struct group {
    char name[32];
    struct point right[POINTS_MAX]; /* score -> share that is right, both rising */
    size_t right_count;
    struct point accept[POINTS_MAX]; /* tolerated share of silent errors -> lowest score that is accepted */
    size_t accept_count;
};

struct tsk_calibration {
    struct group groups[GROUPS_MAX];
    size_t group_count;
    char version[TSK_SHA256_HEX];
};

static int read_points(const json_t *list, struct point *points, size_t *count)
{
    size_t n = json_array_size(list);

    if (n == 0 || n > POINTS_MAX)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const json_t *pair = json_array_get(list, i);
        if (json_array_size(pair) != 2)
            return -1;
        points[i].x = json_number_value(json_array_get(pair, 0));
        points[i].y = json_number_value(json_array_get(pair, 1));
        if (i > 0 && points[i].x < points[i - 1].x)
            return -1;
    }
    *count = n;
    return 0;
}

static int read_group(const char *name, const json_t *json, struct group *group)
{
    if (strlen(name) >= sizeof group->name)
        return -1;
    snprintf(group->name, sizeof group->name, "%s", name);
    if (read_points(json_object_get(json, "right"), group->right, &group->right_count) != 0)
        return -1;
    return read_points(json_object_get(json, "accept"), group->accept, &group->accept_count);
}

int tsk_calibration_load(struct tsk_calibration **out, const char *path, struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(FILE_BYTES_MAX);
    struct tsk_calibration *calibration = NULL;
    json_t *root = NULL;
    json_error_t where;
    const char *name;
    json_t *json;
    int rc = -1;

    *out = NULL;
    if (tsk_file_read(path, &text, err) != 0)
        goto out;
    root = json_loadb(tsk_buf_text(&text), text.len, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL) {
        tsk_fail(err, TSK_STOP, 0, "%s:%d: %s", path, where.line, where.text);
        goto out;
    }
    calibration = calloc(1, sizeof *calibration);
    if (calibration == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "no memory for %s", path);
        goto out;
    }
    json_object_foreach(json_object_get(root, "groups"), name, json)
    {
        if (calibration->group_count == GROUPS_MAX ||
            read_group(name, json, &calibration->groups[calibration->group_count]) != 0) {
            tsk_fail(err, TSK_STOP, 0, "%s: group %s is no calibration; make the file anew with ocr/train/calibrate",
                     path, name);
            goto out;
        }
        calibration->group_count++;
    }
    tsk_sha256_hex(tsk_buf_text(&text), text.len, calibration->version);
    *out = calibration;
    calibration = NULL;
    rc = 0;
out:
    tsk_calibration_free(&calibration);
    json_decref(root);
    tsk_buf_free(&text);
    return rc;
}

void tsk_calibration_free(struct tsk_calibration **calibration)
{
    free(*calibration);
    *calibration = NULL;
}

const char *tsk_calibration_version(const struct tsk_calibration *calibration)
{
    return calibration->version;
}

static bool is_listed(const char *lexicon)
{
    return strcmp(lexicon, "institution") == 0 || strcmp(lexicon, "department") == 0 || strcmp(lexicon, "ward") == 0 ||
           strcmp(lexicon, "relation") == 0;
}

const char *tsk_calibration_group(const struct tsk_field *field, const struct tsk_value *value)
{
    bool typed = value->hand == TSK_HAND_TYPED;

    if (value->kind == TSK_FIELD_MARK)
        return value->chosen_count == 0 ? "mark.none" : "mark";
    if (value->kind == TSK_FIELD_CIRCLE)
        return value->chosen_count == 0 ? "circle.none" : "circle";
    if (tsk_value_is_empty(value))
        return value->kind == TSK_FIELD_DIGITS ? "digits.blank" : "text.blank";
    if (value->kind == TSK_FIELD_DIGITS)
        return typed ? "digits.typed" : "digits.hand";
    if (is_listed(field->lexicon))
        return typed ? "listed.typed" : "listed.hand"; /* a directory stands behind it */
    if (strcmp(field->lexicon, "free") == 0)
        return typed ? "free.typed"
                     : "free.hand"; /* no list stands behind it: an engine is as sure of a wrong letter */
    return typed ? "text.typed" : "text.hand";
}

static const struct group *group_of(const struct tsk_calibration *calibration, const char *name)
{
    for (size_t i = 0; calibration != NULL && i < calibration->group_count; i++) {
        if (strcmp(calibration->groups[i].name, name) == 0)
            return &calibration->groups[i];
    }
    return NULL;
}

static double between(const struct point *points, size_t count, double x)
{
    if (x <= points[0].x)
        return points[0].y;
    for (size_t i = 1; i < count; i++) {
        const struct point a = points[i - 1];
        const struct point b = points[i];
        if (x <= b.x)
            return b.x > a.x ? a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x) : b.y;
    }
    return points[count - 1].y;
}

double tsk_calibrated(const struct tsk_calibration *calibration, const char *name, double score)
{
    const struct group *group = group_of(calibration, name);

    return group != NULL ? between(group->right, group->right_count, score) : score;
}

double tsk_calibration_accept_from(const struct tsk_calibration *calibration, const char *name, double tolerated)
{
    const struct group *group = group_of(calibration, name);
    double from = 2; /* nothing reaches that: what was never measured is never accepted */

    /* The strictest step that still tolerates no more than asked for; no step in between is invented. */
    for (size_t i = 0; group != NULL && i < group->accept_count; i++) {
        if (group->accept[i].x <= tolerated + 1e-12)
            from = group->accept[i].y;
    }
    return from;
}
