#include "matching/train/office.h"

#include <stdlib.h>

static int find(const struct tsk_office_case *cases, size_t count, int case_id)
{
    for (size_t i = 0; i < count; i++)
        if (cases[i].case_id == case_id)
            return (int)i;
    return -1;
}

int tsk_office_play(const struct tsk_history *history, uint64_t seed, tsk_office_see *see, void *ctx,
                    struct tsk_err *err)
{
    struct tsk_office_case *cases = calloc((size_t)history->case_count, sizeof *cases);
    struct tsk_dice dice = tsk_dice_new(seed);
    size_t count = 0;

    if (cases == NULL)
        return tsk_fail(err, TSK_STOP, 0, "out of memory");
    for (size_t i = 0; i < history->count; i++) {
        const struct tsk_told_sheet *sheet = &history->sheets[i];
        struct tsk_office_look look = { .sheet = sheet,
                                        .identity = tsk_told_as_read(sheet),
                                        .cases = cases,
                                        .case_count = count,
                                        .known = find(cases, count, sheet->case_id) };
        see(ctx, &look);
        if (look.known >= 0)
            continue;
        cases[count] = (struct tsk_office_case){ sheet->case_id, sheet->person, sheet->family,
                                                 tsk_dice_chance(&dice, 0.7) ? tsk_told_confirmed(sheet)
                                                                             : tsk_told_as_read(sheet) };
        tsk_identity_add_numbers(&cases[count++].identity, sheet);
    }
    free(cases);
    return 0;
}
