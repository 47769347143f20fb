#include "base/csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"

#define CSV_BYTES_MAX ((size_t)64 << 20)

struct tsk_csv {
    char *path;
    char *text; /* UTF-8; cells point into it, unquoted in place */
    char *at;
    int line;
    char *cells[TSK_CSV_CELLS_MAX];
};

static char *decoded(struct tsk_buf *raw)
{
    const char *bytes = tsk_buf_text(raw);
    size_t len = raw->len;
    char *text = NULL;

    if (len >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        bytes += 3;
        len -= 3;
    }
    if (tsk_utf8_valid(bytes, len))
        return strndup(bytes, len);
    return tsk_cp932_to_utf8(bytes, len, &text) ? text : NULL;
}

int tsk_csv_open(struct tsk_csv **out, const char *path, struct tsk_err *err)
{
    struct tsk_buf raw = TSK_BUF(CSV_BYTES_MAX);
    struct tsk_csv *csv = NULL;
    int rc = -1;

    *out = NULL;
    if (tsk_file_read(path, &raw, err) != 0)
        goto out;
    if (raw.len > 0 && memchr(raw.data, '\0', raw.len) != NULL) {
        tsk_fail(err, TSK_REJECT, 0, "%s is no text file (it holds NUL bytes); save it as CSV in UTF-8", path);
        goto out;
    }
    csv = calloc(1, sizeof *csv);
    if (csv == NULL || (csv->path = strdup(path)) == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "no memory for %s", path);
        goto out;
    }
    csv->text = decoded(&raw);
    if (csv->text == NULL) {
        tsk_fail(err, TSK_REJECT, 0, "%s is neither UTF-8 nor CP932 (Shift_JIS); save it as CSV in UTF-8", path);
        goto out;
    }
    csv->at = csv->text;
    csv->line = 1;
    *out = csv;
    csv = NULL;
    rc = 0;
out:
    tsk_csv_close(&csv);
    tsk_buf_free(&raw);
    return rc;
}

/* Takes the rest of a quoted cell, in place. False if it never closes. */
static bool quoted(struct tsk_csv *csv, char *cell)
{
    char *to = cell;
    char *from = cell + 1;

    for (; *from != '\0'; from++) {
        if (*from == '\n')
            csv->line++;
        if (*from == '"') {
            if (from[1] != '"')
                break;
            from++;
        }
        *to++ = *from;
    }
    if (*from == '\0')
        return false;
    csv->at = from + 1;
    *to = '\0';
    return true;
}

/* Ends the cell at csv->at; returns the character that ended it. */
static char end_of_cell(struct tsk_csv *csv)
{
    char *end = csv->at + strcspn(csv->at, ",\r\n");
    char stop = *end;

    csv->at = end;
    if (stop == '\0')
        return '\0';
    *csv->at++ = '\0';
    if (stop == '\r' && *csv->at == '\n') {
        csv->at++;
        stop = '\n';
    }
    if (stop != ',')
        csv->line++;
    return stop;
}

int tsk_csv_next(struct tsk_csv *csv, char ***cells, int *count, int *line, struct tsk_err *err)
{
    int used = 0;
    char stop;

    while (*csv->at == '\n' || *csv->at == '\r') { /* an empty line is no record */
        csv->line += *csv->at == '\n';
        csv->at++;
    }
    if (*csv->at == '\0')
        return 0;
    *line = csv->line;
    do {
        if (used == TSK_CSV_CELLS_MAX)
            return tsk_fail(err, TSK_REJECT, 0, "%s:%d: more than %d cells in one line", csv->path, *line,
                            TSK_CSV_CELLS_MAX);
        csv->cells[used] = csv->at;
        if (*csv->at == '"' && !quoted(csv, csv->at))
            return tsk_fail(err, TSK_REJECT, 0, "%s:%d: a quotation mark is opened and never closed", csv->path, *line);
        used++;
        stop = end_of_cell(csv);
    } while (stop == ',');
    *cells = csv->cells;
    *count = used;
    return 1;
}

int tsk_csv_column(char **cells, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(cells[i], name) == 0)
            return i;
    }
    return -1;
}

void tsk_csv_close(struct tsk_csv **csv)
{
    if (*csv == NULL)
        return;
    free((*csv)->path);
    free((*csv)->text);
    free(*csv);
    *csv = NULL;
}
