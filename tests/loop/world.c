#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLIES_PER_CASE 12
#define HOSPITALS 14

/* As matching/train/histories.c names them. */
static void name(char out[TSK_KEY_SIZE], int number, const char *suffix)
{
    static const char *const places[] = { "緑橋", "深江", "今里",   "玉津", "中道",
                                          "大成", "神路", "北中道", "中本", "東小橋" };
    static const char *const styles[] = {
        "", "みなみ", "ひがし", "あおば", "さくら", "まつもと", "やまもと", "なかの"
    };

    snprintf(out, TSK_KEY_SIZE, "%s%s%s", styles[number % 8], places[number % 10], suffix);
}

void loop_hospital(char out[TSK_KEY_SIZE], int number)
{
    name(out, number, "病院");
}

void loop_clinic(char out[TSK_KEY_SIZE], int number)
{
    name(out, number, "クリニック");
}

static double between(struct loop_world *world, double low, double high)
{
    return low + (high - low) * tsk_dice_share(&world->dice);
}

static void tell_case(struct loop_world *world, struct loop_case *kase)
{
    static const char *const first[] = { "discharge", "discharge", "discharge", "transfer",
                                         "transfer",  "admission", "other" };
    struct tsk_dice *dice = &world->dice;

    kase->ticked = tsk_dice_chance(dice, 0.85);
    kase->agrees = kase->ticked || tsk_dice_chance(dice, 0.6);
    kase->outcome[0] = first[tsk_dice_below(dice, 7)];
    kase->outcome[1] = strcmp(kase->outcome[0], "discharge") == 0 ? "admission" : "discharge";
    kase->answer = (enum loop_answer)tsk_dice_below(dice, 4);
    kase->destination = tsk_dice_below(dice, HOSPITALS);
    if (tsk_dice_chance(dice, 0.04))
        kase->withdraws = between(world, 5, 60);
    if (tsk_dice_chance(dice, 0.03))
        kase->dies = between(world, 10, 90);
}

static void tell_page(struct loop_world *world, const struct tsk_told_sheet *told)
{
    struct loop_case *kase = &world->cases[told->case_id];
    struct loop_page *page = &world->pages[world->page_count++];
    bool first_here = kase->first == NULL;

    *page = (struct loop_page){ .at = told->at, .kase = told->case_id, .code_of = -1, .told = told };
    struct tsk_date referred;
    if (tsk_date_parse(told->truth[TSK_FACT_REFERRED], &referred) &&
        page->at < tsk_date_days(referred) - LOOP_FIRST_DAY) /* nobody writes a day that has not come */
        page->at = tsk_date_days(referred) - LOOP_FIRST_DAY + 0.4;
    if (first_here) {
        kase->first = told;
        kase->withdraws += kase->withdraws > 0 ? told->at : 0;
        kase->dies += kase->dies > 0 ? told->at : 0;
    }
    if (!told->has_outcome)
        return;
    if (kase->moved == 0)
        kase->moved = told->at;
    bool second = told->at - kase->moved > 2; /* else the same move, faxed again */
    page->outcome = kase->outcome[second];
    page->moved = LOOP_FIRST_DAY + (int32_t)(second ? told->at : kase->moved);
    if (tsk_dice_chance(&world->dice, 0.1))
        page->code_of = told->case_id;
    else if (tsk_dice_chance(&world->dice, 0.03)) /* an old return sheet, copied for the next patient */
        page->code_of = tsk_dice_below(&world->dice, world->history.case_count);
}

int loop_world_tell(struct loop_world *world, uint64_t seed, int referrals, double days, struct tsk_err *err)
{
    *world = (struct loop_world){ .dice = tsk_dice_new(seed + 77), .days = days };
    if (tsk_names_load(&world->names, TASUKI_SOURCE_DIR "/config/data", 1, err) != 0 ||
        tsk_history_tell(&world->history, world->names, seed, referrals, err) != 0)
        return -1;
    world->page_room = world->history.count + (size_t)referrals * REPLIES_PER_CASE;
    world->cases = calloc((size_t)referrals, sizeof *world->cases);
    world->pages = calloc(world->page_room, sizeof *world->pages);
    if (world->cases == NULL || world->pages == NULL)
        return tsk_fail(err, TSK_STOP, 0, "out of memory");
    for (int i = 0; i < referrals; i++)
        tell_case(world, &world->cases[i]);
    for (size_t i = 0; i < world->history.count; i++)
        tell_page(world, &world->history.sheets[i]);
    return 0;
}

void loop_world_free(struct loop_world *world)
{
    tsk_history_free(&world->history);
    tsk_names_free(&world->names);
    free(world->cases);
    free(world->pages);
}

static struct loop_page *reply(struct loop_world *world, int kase, double now)
{
    struct loop_page *page;

    if (world->page_count == world->page_room)
        return NULL;
    page = &world->pages[world->page_count++];
    *page = (struct loop_page){
        .at = now + between(world, 0.3, 6), .kase = kase, .code_of = kase, .told = world->cases[kase].first
    };
    return page;
}

static bool has_left(const struct loop_case *kase)
{
    return kase->known_count > 0 && strcmp(loop_world_state(kase), "none") == 0;
}

void loop_world_asked(struct loop_world *world, int kase, double now)
{
    struct loop_case *of = &world->cases[kase];
    bool later = of->moved > now;
    struct loop_page *page;

    if (has_left(of) || (!later && of->answer == LOOP_ANSWER_SILENCE) ||
        (later && !tsk_dice_chance(&world->dice, 0.7)) || (page = reply(world, kase, now)) == NULL)
        return;
    if (later || of->answer == LOOP_ANSWER_STILL_THERE) {
        page->status = "in_hospital";
        page->planned = later ? LOOP_FIRST_DAY + (int32_t)of->moved + 1 : 0;
    } else if (of->answer == LOOP_ANSWER_NOT_OURS) {
        page->status = "not_ours";
    } else {
        page->status = "moved";
        page->outcome = "discharge";
        page->moved = LOOP_FIRST_DAY + (int32_t)now;
    }
}

static void tell_ward(struct loop_case *kase, const char *event, const char *what, int32_t day)
{
    char key[64], text[TSK_DATE_SIZE];

    tsk_date_text(tsk_date_from_days(day), text);
    snprintf(key, sizeof key, "%s %s %s", event, what, text);
    for (int i = 0; i < kase->told_count; i++)
        if (strcmp(kase->told[i], key) == 0)
            return;
    if (kase->told_count < LOOP_KEYS_MAX)
        memcpy(kase->told[kase->told_count++], key, sizeof key);
}

static void know(struct loop_case *kase, char kind, int32_t day, double received)
{
    if (kase->known_count < LOOP_KEYS_MAX)
        kase->known[kase->known_count++] = (struct loop_known){ kind, day, received };
}

void loop_world_learn(struct loop_world *world, const struct loop_page *page)
{
    struct loop_case *kase = &world->cases[page->kase];
    int32_t received = LOOP_FIRST_DAY + (int32_t)page->at;
    struct tsk_date referred = { 0 };

    if (page->status == NULL && tsk_date_parse(page->told->truth[TSK_FACT_REFERRED], &referred)) {
        know(kase, 'r', tsk_date_days(referred), page->at);
        tell_ward(kase, "referral", "", tsk_date_days(referred));
    }
    if (page->outcome != NULL) {
        know(kase,
             page->outcome[0] == 'd'   ? 'l'
             : page->outcome[0] == 'o' ? 'u'
                                       : page->outcome[0],
             page->moved, page->at);
        tell_ward(kase, "outcome", page->outcome, page->moved);
    } else if (page->status != NULL) {
        know(kase, strcmp(page->status, "in_hospital") == 0 ? 'i' : 'u', received, page->at);
    }
    kase->quiet_since = received;
    if (page->at >= kase->says_at) {
        kase->says = page->told;
        kase->says_at = page->at;
    }
    if (page->outcome != NULL && page->at >= kase->outcome_at) {
        kase->last_outcome = page->outcome;
        kase->last_moved = page->moved;
        kase->outcome_at = page->at;
    }
}

static bool is_later(const struct loop_known *one, const struct loop_known *other)
{
    return one->day != other->day ? one->day > other->day : one->received >= other->received;
}

const char *loop_world_state(const struct loop_case *kase)
{
    const struct loop_known *last = NULL;

    if (kase->closed)
        return "closed";
    if (kase->waiting > 0)
        return "look";
    for (int i = 0; i < kase->known_count; i++) /* a referral says nothing new once anything is known */
        if (last == NULL || (kase->known[i].kind != 'r' && (last->kind == 'r' || is_later(&kase->known[i], last))))
            last = &kase->known[i];
    if (last == NULL || last->kind == 'l')
        return "none";
    if (last->kind == 'u')
        return "stuck";
    return kase->consent == LOOP_CONSENT_YES ? "waiting" : "no_consent";
}
