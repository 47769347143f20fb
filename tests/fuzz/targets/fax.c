#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "gateway/fax_job.h"
#include "gateway/fax_result.h"
#include "gateway/fax_tags.h"

void fuzz_fax_tags(const uint8_t *bytes, size_t len)
{
    struct tsk_fax_tags tags;

    tsk_fax_tags_parse(&tags, fuzz_fd(bytes, len));
    for (size_t i = 0; i < TSK_FAX_LINES; i++)
        fuzz_require(memchr(tags.lines[i], '\0', sizeof tags.lines[i]) != NULL, "a line ends");
}

void fuzz_fax_job(const uint8_t *bytes, size_t len)
{
    struct tsk_fax_job job;
    struct tsk_err err = { 0 };

    if (tsk_fax_job_read(&job, fuzz_path(bytes, len), &err) != 0)
        return;
    fuzz_require_text(job.tag, "a tag is text");
    fuzz_require_text(job.station, "a station is text");
    fuzz_require_text(job.status, "a status is text");
}

/* Four texts: from, subject, text, and what the mail answers. */
void fuzz_fax_result(const uint8_t *bytes, size_t len)
{
    static const char *const from[] = { "result@fax.example.jp", "@fax.example.net" }, *const ok[] = { "とどきました" };
    static const struct tsk_fax_config config = { .channel = TSK_FAX_MAIL,
                                                  .result_from = { from, TSK_COUNT(from) },
                                                  .result_ok = { ok, TSK_COUNT(ok) } };
    char *texts[4], word[TSK_FAX_WORD_SIZE];
    struct tsk_fax_result result, again;

    for (size_t i = 0; i < TSK_COUNT(texts); i++)
        texts[i] = fuzz_text(&bytes, &len);
    const struct tsk_fax_mail mail = { texts[0], texts[1], texts[2], texts[3] };
    if (tsk_fax_result_read(&result, &config, &mail)) {
        fuzz_require(strlen(result.notice) == TSK_ID_SIZE - 1 && result.pages >= 0, "a result names a notice");
        tsk_fax_result_print(word, &result);
        fuzz_require(tsk_fax_result_parse(&again, result.notice, word) && again.end == result.end &&
                         again.pages == result.pages,
                     "a result survives being written");
    }
    for (size_t i = 0; i < TSK_COUNT(texts); i++)
        free(texts[i]);
}
