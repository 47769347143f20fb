#include "routing/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "config/datadir.h"

enum { FILE_MAX = 16 * 1024, TEXT_MAX = 64 * 1024 };

static const char SUBJECT_MARK[] = "件名: ";
static const char MAIL_ONLY[] = "{{mail}}";

static const struct placeholder {
    const char *name;
    size_t offset;
} placeholders[] = {
    { "office", offsetof(struct tsk_template_values, office) },
    { "office_phone", offsetof(struct tsk_template_values, office_phone) },
    { "office_fax", offsetof(struct tsk_template_values, office_fax) },
    { "office_hours", offsetof(struct tsk_template_values, office_hours) },
    { "recipient", offsetof(struct tsk_template_values, recipient) },
    { "case", offsetof(struct tsk_template_values, case_number) },
    { "ref", offsetof(struct tsk_template_values, ref) },
    { "form", offsetof(struct tsk_template_values, form) },
    { "ward", offsetof(struct tsk_template_values, ward) },
    { "received", offsetof(struct tsk_template_values, received) },
    { "link", offsetof(struct tsk_template_values, link) },
    { "reason", offsetof(struct tsk_template_values, reason) },
    { "destination", offsetof(struct tsk_template_values, destination) },
    { "text", offsetof(struct tsk_template_values, text) },
    { "count", offsetof(struct tsk_template_values, count) },
    { "mail", offsetof(struct tsk_template_values, mail) },
    { "about", offsetof(struct tsk_template_values, about) },
};

static const char *value_of(const struct tsk_template_values *values, const char *name, size_t len)
{
    for (size_t i = 0; i < TSK_COUNT(placeholders); i++) {
        if (strlen(placeholders[i].name) == len && memcmp(placeholders[i].name, name, len) == 0) {
            const char *value;

            memcpy(&value, (const char *)values + placeholders[i].offset, sizeof value);
            return value != NULL ? value : "";
        }
    }
    return NULL;
}

struct source {
    const char *path;
    int line;
};

/* One line; nothing is added when a value in it is empty. */
static int add_line(struct tsk_buf *out, const char *line, size_t len, const struct tsk_template_values *values,
                    const struct source *source, struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(TEXT_MAX);
    const char *end = line + len;
    bool dropped = false;
    int rc = -1;

    while (line < end) {
        const char *open = memmem(line, (size_t)(end - line), "{{", 2);
        const char *close = open != NULL ? memmem(open, (size_t)(end - open), "}}", 2) : NULL;
        const char *value;

        if (close == NULL) {
            tsk_buf_add(&text, line, (size_t)(end - line));
            break;
        }
        tsk_buf_add(&text, line, (size_t)(open - line));
        if ((value = value_of(values, open + 2, (size_t)(close - open - 2))) == NULL) {
            tsk_fail(err, TSK_STOP, 0, "%s:%d: {{%.*s}} is not a value that a text can have; correct the template",
                     source->path, source->line, (int)(close - open - 2), open + 2);
            goto out;
        }
        dropped |= value[0] == '\0';
        if (strncmp(open, MAIL_ONLY, sizeof MAIL_ONLY - 1) != 0)
            tsk_buf_puts(&text, value);
        line = close + 2;
    }
    if (!dropped) {
        tsk_buf_add(out, tsk_buf_text(&text), text.len);
        tsk_buf_puts(out, "\n");
    }
    out->failed |= text.failed;
    rc = 0;
out:
    tsk_buf_free(&text);
    return rc;
}

static int render(struct tsk_buf *subject, struct tsk_buf *body, const char *text, const char *path,
                  const struct tsk_template_values *values, struct tsk_err *err)
{
    struct source source = { path, 1 };
    size_t mark = sizeof SUBJECT_MARK - 1;

    if (strncmp(text, SUBJECT_MARK, mark) != 0)
        return tsk_fail(err, TSK_STOP, 0, "%s:1: a template starts with \"%s\"; correct it", path, SUBJECT_MARK);
    for (const char *line = text; *line != '\0'; source.line++) {
        size_t len = strcspn(line, "\n");
        bool first = source.line == 1;

        if (source.line != 2 && add_line(first ? subject : body, first ? line + mark : line, first ? len - mark : len,
                                         values, &source, err) != 0)
            return -1;
        if (source.line == 2 && len != 0)
            return tsk_fail(err, TSK_STOP, 0, "%s:2: an empty line separates subject and text; add it", path);
        line += len + (line[len] == '\n');
    }
    if (subject->len <= 1 || subject->failed || body->failed)
        return tsk_fail(err, TSK_STOP, 0, "%s: the subject is empty or the text too long", path);
    subject->data[--subject->len] = '\0'; /* the line end */
    return 0;
}

static char *template_path(const char *name, const char *site_dir)
{
    char *path = NULL, *relative = NULL;

    if (site_dir != NULL) {
        if (asprintf(&path, "%s/templates/%s.txt", site_dir, name) < 0)
            return NULL;
        if (access(path, F_OK) == 0)
            return path;
        free(path);
    }
    if (asprintf(&relative, "routing/templates/%s.txt", name) < 0)
        return NULL;
    path = tsk_data_path(relative);
    free(relative);
    return path;
}

int tsk_template_render(struct tsk_template_text *out, const char *name, const char *site_dir,
                        const struct tsk_template_values *values, struct tsk_err *err)
{
    struct tsk_buf file = TSK_BUF(FILE_MAX), subject = TSK_BUF(TEXT_MAX), body = TSK_BUF(TEXT_MAX);
    char *path = NULL;
    int rc = -1;

    *out = (struct tsk_template_text){ NULL, NULL };
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0' || name[0] == '\0') {
        tsk_fail(err, TSK_STOP, 0, "template \"%s\": a name has only a-z, 0-9 and -; correct the rule", name);
        goto out;
    }
    if ((path = template_path(name, site_dir)) == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "no memory for a text");
        goto out;
    }
    if (tsk_file_read(path, &file, err) != 0 || render(&subject, &body, tsk_buf_text(&file), path, values, err) != 0)
        goto out;
    out->subject = strdup(tsk_buf_text(&subject));
    out->body = strdup(tsk_buf_text(&body));
    rc = out->subject != NULL && out->body != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for a text");
out:
    if (rc != 0)
        tsk_template_text_free(out);
    tsk_buf_free(&file);
    tsk_buf_free(&subject);
    tsk_buf_free(&body);
    free(path);
    return rc;
}

void tsk_template_text_free(struct tsk_template_text *text)
{
    free(text->subject);
    free(text->body);
    *text = (struct tsk_template_text){ NULL, NULL };
}
