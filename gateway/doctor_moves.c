/* doctor_moves - offices that are leaving, and what others brought along */
#include <string.h>

#include "gateway/doctor.h"
#include "records/move.h"
#include "records/moving_audit.h"

#define ARENA_BYTES ((size_t)16 << 20)

static void look_at(struct tsk_doctor *doctor, struct tsk_arena *arena)
{
    struct tsk_store *store = doctor->records->store;
    struct tsk_moved_parts parts;
    struct tsk_moves moves;
    struct tsk_err err = { 0 };

    if (tsk_moving_audit_verify(&parts, store, arena, &err) != 0)
        tsk_doctor_fault(doctor, "%s", err.text);
    else if (parts.count > 0)
        tsk_doctor_well("audit chain: what %zu offices brought is as they brought it", parts.count);
    if (tsk_move_list(&moves, store, &tsk_scope_all, arena, &err) != 0) {
        tsk_doctor_fault(doctor, "%s", err.text);
        return;
    }
    for (size_t i = 0; i < moves.count; i++) {
        const struct tsk_move *m = &moves.items[i];

        if (strcmp(m->state, "leaving") == 0)
            tsk_doctor_note(
                "office %s is leaving since %s: nothing of it is sent from here (tasuki office delete, tasuki office "
                "stay)",
                m->office, m->started);
        if (strcmp(m->state, "arrived") == 0 && *m->certificate == '\0')
            tsk_doctor_fault(doctor, "the import of office %s was not finished; give the same command again",
                             m->office);
    }
}

void tsk_doctor_moves(struct tsk_doctor *doctor)
{
    struct tsk_arena *arena = doctor->records != NULL ? tsk_arena_new(ARENA_BYTES) : NULL;

    if (arena != NULL)
        look_at(doctor, arena);
    tsk_arena_free(&arena);
}
