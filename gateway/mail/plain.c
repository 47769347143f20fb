#include "gateway/mail/plain.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

static bool same_start(const char *text, const char *lower)
{
    return strncasecmp(text, lower, strlen(lower)) == 0;
}

char *tsk_plain_of_html(const char *html)
{
    static const struct {
        const char *entity, *text;
    } entities[] = { { "&nbsp;", " " }, { "&lt;", "<" }, { "&gt;", ">" }, { "&amp;", "&" }, { "&quot;", "\"" } };
    static const char *const lines[] = { "<br", "</p", "</div", "</tr", "</li", "</h" };
    struct tsk_buf out = TSK_BUF(TSK_MAIL_TEXT_MAX);
    const char *hidden = NULL; /* the tag that ends what is not shown */
    char *text;

    for (const char *at = html; *at != '\0';) {
        size_t skip = 0;

        if (*at == '<') {
            if (hidden == NULL)
                hidden = same_start(at, "<style") ? "</style" : same_start(at, "<script") ? "</script" : NULL;
            else if (same_start(at, hidden))
                hidden = NULL;
            for (size_t i = 0; hidden == NULL && i < TSK_COUNT(lines); i++)
                if (same_start(at, lines[i]))
                    tsk_buf_add(&out, "\n", 1);
            at += strcspn(at, ">");
            at += *at == '>';
            continue;
        }
        for (size_t i = 0; *at == '&' && skip == 0 && i < TSK_COUNT(entities); i++)
            if (same_start(at, entities[i].entity)) {
                skip = strlen(entities[i].entity);
                if (hidden == NULL)
                    tsk_buf_puts(&out, entities[i].text);
            }
        if (skip == 0 && hidden == NULL && *at != '\r')
            tsk_buf_add(&out, *at == '\n' ? " " : at, 1);
        at += skip != 0 ? skip : 1;
    }
    text = strdup(tsk_buf_text(&out));
    tsk_buf_free(&out);
    return text;
}
