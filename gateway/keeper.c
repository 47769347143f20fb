#include "gateway/keeper.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/keys.h"

#define STEP_MS 15000
#define TROUBLE_MS 60000

struct tsk_keeper {
    const struct tsk_site *site;
    bool sealed; /* everything, once since the start */
};

int tsk_keeper_open(struct tsk_keeper **out, const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_keeper *keeper = calloc(1, sizeof *keeper);

    *out = keeper;
    if (keeper == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    keeper->site = site;
    return 0;
}

void tsk_keeper_close(struct tsk_keeper **keeper)
{
    free(*keeper);
    *keeper = NULL;
}

/* What an earlier program left plain, and what a rotation has not come to yet. */
static void seal(struct tsk_keeper *keeper)
{
    struct tsk_sealed sealed;
    struct tsk_err err = { 0 };

    if (tsk_keys_seal_all(&sealed, keeper->site, &err) != 0) {
        tsk_log_err("-", "keeper.seal", &err);
        return;
    }
    keeper->sealed = true;
    if (sealed.documents > 0 || sealed.archive.sealed > 0 || sealed.archive.damaged > 0)
        tsk_log(TSK_LOG_INFO, "-", "event", "keeper.sealed", "files", tsk_log_num((long long)sealed.archive.sealed),
                "documents", tsk_log_num(sealed.documents), "damaged", tsk_log_num((long long)sealed.archive.damaged),
                NULL);
}

int64_t tsk_keeper_step(struct tsk_keeper *keeper)
{
    if (!keeper->sealed)
        seal(keeper);
    return keeper->sealed ? STEP_MS : TROUBLE_MS;
}
