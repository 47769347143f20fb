#include "gateway/web_blanks.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "forms/raster.h"
#include "review/desk.h"

#define PICTURE_DPI 110

static int make(const char *path, const struct tsk_form *form, struct tsk_err *err)
{
    l_uint8 *bytes = NULL;
    size_t len = 0;
    PIX *blank = NULL;
    int rc = tsk_form_blank_raster(form, PICTURE_DPI, PICTURE_DPI, &blank, err);

    if (rc == 0)
        rc = pixWriteMemPng(&bytes, &len, blank, 0) == 0 ? tsk_file_put_path(path, bytes, len, 0640, err)
                                                         : tsk_fail(err, TSK_RETRY, 0, "no memory for a picture");
    pixDestroy(&blank);
    lept_free(bytes);
    return rc;
}

void tsk_web_blanks(const char *cache, const struct tsk_forms *forms)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)1 << 20);

    for (size_t i = 0; arena != NULL && i < forms->count; i++) {
        const char *path = tsk_desk_blank_path(cache, &forms->forms[i], arena);
        struct tsk_err err = { 0 };
        if (path != NULL && access(path, R_OK) != 0 && make(path, &forms->forms[i], &err) != 0)
            tsk_log_err(forms->forms[i].id, "web.blank", &err);
    }
    tsk_arena_free(&arena);
}
