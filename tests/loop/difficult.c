/* 支援が難しい事例: every few weeks the ward office has to know of one, by fax or by hand; now and then the family changes its mind. */
#include <string.h>

#include "office.h"
#include "records/consent.h"
#include "records/difficult.h"
#include "reports/difficult_words.h"

#define PEOPLE "佐藤"
#define SECOND "田中"
#define EVERY_DAYS 18

typedef int act(struct loop_office *office, struct loop_case *kase, int64_t *id);

/* One change, one transaction; whether it was refused is an answer, too. */
static bool did(struct loop_office *office, act *what, struct loop_case *kase, int64_t *id)
{
    struct tsk_store *store = office->records->store;

    if (tsk_store_begin(store, &office->err) != 0)
        return false;
    if (what(office, kase, id) == 0 && tsk_store_commit(store, &office->err) == 0)
        return true;
    tsk_store_rollback(store);
    return false;
}

static const char *way(const struct loop_office *office)
{
    return office->difficult % 2 == 0 ? "fax" : "hand";
}

static int propose(struct loop_office *office, struct loop_case *kase, int64_t *id)
{
    const struct tsk_difficult wish = { .case_number = kase->number,
                                        .why = "独居で、支援を拒んでいる",
                                        .fields = "patient_name,birth_date,patient_address",
                                        .institution = office->ward.id,
                                        .desk = "高齢者支援担当 山田",
                                        .way = way(office) };

    return tsk_difficult_propose(id, office->records->store, &tsk_scope_all, &wish, PEOPLE, &office->err);
}

static int agree(struct loop_office *office, struct loop_case *kase, int64_t *id)
{
    const struct tsk_consent consent = { .scope = "ward_office", .giver = "family", .how = "paper", .by = PEOPLE };

    (void)id;
    return tsk_consent_record(office->records->store, &tsk_scope_all, kase->number, &consent, &office->err);
}

static int withdraw(struct loop_office *office, struct loop_case *kase, int64_t *id)
{
    (void)id;
    return tsk_consent_withdraw(office->records->store, &tsk_scope_all, kase->number, "ward_office", PEOPLE, "電話で",
                                &office->err) != 0
               ? -1
               : tsk_route_case(office->records->routing, office->records->store, kase->number, &office->err);
}

static int release_by(struct loop_office *office, const char *number, int64_t id, const char *by)
{
    struct tsk_difficult one;
    struct tsk_case_file file;

    return tsk_difficult_find(&one, office->records->store, &tsk_scope_all, id, office->arena, &office->err) != 0 ||
                   tsk_case_file_load(&file, office->records->store, &tsk_scope_all, number, &office->records->forms,
                                      office->arena, &office->err) != 0
               ? -1
               : tsk_difficult_release(office->records->store, &tsk_scope_all, id, tsk_difficult_words(&file, &one), by,
                                       &office->err);
}

static int release_alone(struct loop_office *office, struct loop_case *kase, int64_t *id)
{
    return release_by(office, kase->number, *id, PEOPLE);
}

static int release(struct loop_office *office, struct loop_case *kase, int64_t *id)
{
    return release_by(office, kase->number, *id, SECOND);
}

static int hand_over(struct loop_office *office, struct loop_case *kase, int64_t *id)
{
    (void)kase;
    return tsk_difficult_handed(office->records->store, &tsk_scope_all, *id, "山田", PEOPLE, &office->err) != 0
               ? -1
               : tsk_difficult_read(office->records->store, &tsk_scope_all, *id, "山田", "その場で", PEOPLE,
                                    &office->err);
}

static struct loop_case *choose(struct loop_office *office)
{
    struct loop_world *world = office->world;

    for (int tries = 0; tries < 200; tries++) {
        struct loop_case *kase = &world->cases[tsk_dice_below(&world->dice, world->history.case_count)];

        if (kase->number[0] != '\0' && kase->says != NULL && kase->ward_told_at == 0 && !kase->closed)
            return kase;
    }
    return NULL;
}

int loop_difficult_day(struct loop_office *office, int day)
{
    struct loop_case *kase = day / EVERY_DAYS > office->difficult ? choose(office) : NULL;
    bool changes_mind = office->difficult % 4 == 2; /* a fax that is not out yet */
    int64_t id = 0;

    if (kase == NULL)
        return 0;
    office->difficult_wrong += did(office, propose, kase, &id);
    if (!did(office, agree, kase, &id) || !did(office, propose, kase, &id))
        return -1;
    office->difficult_wrong += did(office, release_alone, kase, &id);
    if (!did(office, release, kase, &id))
        return -1;
    if (changes_mind) {
        if (!did(office, withdraw, kase, &id))
            return -1;
    } else if (strcmp(way(office), "hand") == 0 && !did(office, hand_over, kase, &id)) {
        return -1;
    } else {
        kase->ward_told_at = office->now;
        kase->ward_reached = strcmp(way(office), "hand") == 0;
    }
    office->difficult++;
    return 0;
}
