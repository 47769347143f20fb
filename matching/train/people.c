#include "matching/train/people.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/text.h"
#include "config/reference.h"

#define SURNAMES_MAX 2048
#define GIVEN_MAX 10000
#define PART_SIZE 48
#define WARD "27115"

struct spelling {
    char kana[PART_SIZE], kanji[PART_SIZE];
    bool male;
};

struct tsk_names {
    struct spelling surnames[SURNAMES_MAX], given[GIVEN_MAX];
    int surname_count, given_count;
    struct tsk_reference *reference;
};

static void set_part(char out[PART_SIZE], char *key)
{
    snprintf(out, PART_SIZE, "%s", key != NULL ? key : "");
    free(key);
}

static void add_surname(struct tsk_names *names, char **cells, int half, int line)
{
    struct spelling *to = &names->surnames[names->surname_count];

    (void)half, (void)line;
    if (names->surname_count == SURNAMES_MAX)
        return;
    set_part(to->kanji, tsk_reference_name_key(names->reference, cells[1]));
    set_part(to->kana, tsk_kana_key(cells[2]));
    names->surname_count++;
}

static void add_given(struct tsk_names *names, char **cells, int half, int line)
{
    struct spelling *to = &names->given[names->given_count];
    char first[PART_SIZE];

    if (names->given_count == GIVEN_MAX || line % 2 != half || strcmp(cells[2], "1") == 0)
        return; /* a reading with a single spelling is mostly noise of the list */
    snprintf(first, sizeof first, "%.*s", (int)strcspn(cells[3], "|"), cells[3]);
    to->male = cells[0][0] == 'M';
    set_part(to->kana, tsk_kana_key(cells[1]));
    set_part(to->kanji, tsk_reference_name_key(names->reference, first));
    names->given_count++;
}

static int load(struct tsk_names *names, const char *dir, const char *file, int half,
                void (*add)(struct tsk_names *, char **, int, int), struct tsk_err *err)
{
    struct tsk_csv *csv = NULL;
    char path[512];
    char **cells;
    int count;
    int line;
    int rc;

    snprintf(path, sizeof path, "%s/%s", dir, file);
    if (tsk_csv_open(&csv, path, err) != 0)
        return -1;
    while ((rc = tsk_csv_next(csv, &cells, &count, &line, err)) == 1)
        if (line > 1 && count >= 3)
            add(names, cells, half, line);
    tsk_csv_close(&csv);
    return rc;
}

int tsk_names_load(struct tsk_names **out, const char *data_dir, int half, struct tsk_err *err)
{
    struct tsk_names *names = calloc(1, sizeof *names);

    *out = names;
    if (names == NULL)
        return tsk_fail(err, TSK_STOP, 0, "out of memory");
    if (tsk_reference_load(&names->reference, data_dir, err) == 0 &&
        load(names, data_dir, "surnames.csv", half, add_surname, err) == 0 &&
        load(names, data_dir, "given_names.csv", half, add_given, err) == 0)
        return 0;
    tsk_names_free(out);
    return -1;
}

void tsk_names_free(struct tsk_names **names)
{
    if (*names == NULL)
        return;
    tsk_reference_free(&(*names)->reference);
    free(*names);
    *names = NULL;
}

/* Common surnames are common: the rank is drawn with a density that falls like 1 / (rank + 20). */
static const struct spelling *draw_surname(const struct tsk_names *names, struct tsk_dice *dice)
{
    double rank = 20.0 * pow((names->surname_count + 20.0) / 20.0, tsk_dice_share(dice)) - 20.0;

    return &names->surnames[(int)rank % names->surname_count];
}

static const struct spelling *draw_given(const struct tsk_names *names, struct tsk_dice *dice, bool male)
{
    for (;;) {
        const struct spelling *given = &names->given[tsk_dice_below(dice, names->given_count)];
        if (given->male == male)
            return given;
    }
}

/* Some given names are borne by very many: every second person has one of a few dozen. */
static const struct spelling *draw_common_given(const struct tsk_names *names, struct tsk_dice *dice, bool male)
{
    if (tsk_dice_chance(dice, 0.5))
        return draw_given(names, dice, male);
    for (int at = tsk_dice_below(dice, 60);; at++) {
        const struct spelling *given = &names->given[at * 31 % names->given_count];
        if (given->male == male)
            return given;
    }
}

static void name_person(struct tsk_person *person, const struct spelling *surname, const struct spelling *given)
{
    snprintf(person->kana, sizeof person->kana, "%s%s", surname->kana, given->kana);
    snprintf(person->name, sizeof person->name, "%s%s", surname->kanji, given->kanji);
    snprintf(person->sex, sizeof person->sex, "%s", given->male ? "male" : "female");
}

static void draw_birth(struct tsk_person *person, struct tsk_dice *dice)
{
    tsk_date_text((struct tsk_date){ 1926 + tsk_dice_below(dice, 45), 1 + tsk_dice_below(dice, 12),
                                     1 + tsk_dice_below(dice, 28) },
                  person->birth);
}

static void draw_address(struct tsk_person *person, const struct tsk_names *names, struct tsk_dice *dice)
{
    const struct tsk_town *town;

    do
        town = tsk_reference_town(names->reference,
                                  (size_t)tsk_dice_below(dice, (int)tsk_reference_town_count(names->reference)));
    while (strcmp(town->code, WARD) != 0);
    snprintf(person->address, sizeof person->address, "%s%d丁目%d番%d号", town->name, 1 + tsk_dice_below(dice, 6),
             1 + tsk_dice_below(dice, 30), 1 + tsk_dice_below(dice, 20));
}

void tsk_person_new(struct tsk_person *out, const struct tsk_names *names, struct tsk_dice *dice)
{
    *out = (struct tsk_person){ .id = ++dice->people };
    name_person(out, draw_surname(names, dice), draw_common_given(names, dice, tsk_dice_chance(dice, 0.45)));
    draw_birth(out, dice);
    draw_address(out, names, dice);
}

/* The surname's own spelling is not kept apart in a person: it is found again by what the keys start with. */
static const struct spelling *surname_of(const struct tsk_names *names, const struct tsk_person *person)
{
    const struct spelling *best = &names->surnames[0];
    size_t longest = 0;

    for (int i = 0; i < names->surname_count; i++) {
        const struct spelling *at = &names->surnames[i];
        size_t length = strlen(at->kanji);
        if (length > longest && strncmp(at->kanji, person->name, length) == 0 &&
            strncmp(at->kana, person->kana, strlen(at->kana)) == 0) {
            best = at;
            longest = length;
        }
    }
    return best;
}

void tsk_person_like(struct tsk_person *out, struct tsk_person *other, const struct tsk_names *names,
                     struct tsk_dice *dice)
{
    const struct spelling *surname = surname_of(names, other);
    bool other_is_male = strcmp(other->sex, "male") == 0;
    double kind = tsk_dice_share(dice);

    tsk_person_new(out, names, dice);
    if (other->family == 0)
        other->family = other->id;
    out->family = other->family;
    if (kind < 0.15) { /* namesake: nothing but the name */
        snprintf(out->kana, sizeof out->kana, "%s", other->kana);
        snprintf(out->name, sizeof out->name, "%s", other->name);
        snprintf(out->sex, sizeof out->sex, "%s", other->sex);
        return;
    }
    snprintf(out->address, sizeof out->address, "%s", other->address);
    if (kind < 0.35) { /* twin */
        name_person(out, surname, draw_given(names, dice, tsk_dice_chance(dice, 0.7) == other_is_male));
        snprintf(out->birth, sizeof out->birth, "%s", other->birth);
    } else { /* spouse, sibling, child */
        name_person(out, surname, draw_given(names, dice, tsk_dice_chance(dice, 0.7) != other_is_male));
    }
}
