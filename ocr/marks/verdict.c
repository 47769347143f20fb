/* verdict - from what is measured at one option, and what the network sees, to its state */
#include <math.h>

#include "ocr/marks/features.h"

#define ODDS_SURE 2.0    /* log odds either side of even: less is ambiguous */
#define PRINTED_MIN 0.35 /* share of the printed outline found: less, and we do not know where we look */
#define ERROR_MAX_MM 0.7
#define REMOVED_MM2 0.1      /* of scratches in a box: they may have been a faint mark after all */
#define CROSSED_INSIDE 0.05  /* a stroke from wall to wall leaves more ink: less is a ring's arc beside the box */
#define BLACKENED_INSIDE 0.6 /* so much ink hides what was struck out, if anything was */
#define SOLID_INSIDE 0.9
#define STRUCK_INSIDE 0.10    /* a strike through an empty box is a mark, not a correction */
#define STRUCK_INSIDE_MM2 0.8 /* of a word, with a strike through it */
#define STRUCK_SURE 3.0       /* log odds of the network: this was struck out */
#define STRUCK_MAYBE 0.5      /* somebody may have */
#define STRUCK_NEVER (-1.0)   /* nobody did */
#define STRUCK_UNKNOWN (-0.5)
#define SEEN_EMPTY (-4.0) /* log odds of the network: what was removed here was no mark */

static double certainty_of(double odds)
{
    return 1 / (1 + exp(-fabs(odds)));
}

static struct verdict from_odds(double odds, double printed, double error_mm)
{
    struct verdict v = {
        .state = TSK_MARK_AMBIGUOUS, .odds = odds, .certainty = certainty_of(odds), .struck = STRUCK_UNKNOWN
    };

    if (odds >= ODDS_SURE)
        v.state = TSK_MARK_MARKED;
    else if (odds <= -ODDS_SURE)
        v.state = TSK_MARK_EMPTY;
    else
        v.reason = odds > 0 ? "faint_mark" : "ambiguous_mark";
    if (printed < PRINTED_MIN || error_mm > ERROR_MAX_MM) {
        v.reason = "registration";
        v.certainty = fmin(v.certainty, 0.6);
    }
    return v;
}

static void strike(struct verdict *v)
{
    v->state = TSK_MARK_AMBIGUOUS;
    v->certainty = 0.5;
    v->reason = "struck_out";
}

static void correct(struct verdict *v)
{
    v->state = TSK_MARK_CORRECTED;
    v->certainty = fmin(v->certainty, certainty_of(v->struck));
}

/* Level strokes are also what a box is filled in with, and what a bad line leaves: the network has the casting vote. */
static void judge_strikes(const struct box_features *f, struct verdict *v)
{
    bool marked = v->state == TSK_MARK_MARKED, twice = f->strikes >= 2 && f->inside > STRUCK_INSIDE;
    bool blackened = f->strikes >= 2 && f->inside > BLACKENED_INSIDE; /* by a broad pen, or struck out many times */
    bool crossed =
        f->strikes == 1 && f->inside > CROSSED_INSIDE && f->inside < BLACKENED_INSIDE && v->state != TSK_MARK_EMPTY;
    bool solid = f->strikes == 1 && f->inside > SOLID_INSIDE; /* filled in, and a little beyond its walls */
    bool doubtful = (twice || crossed) && v->struck > STRUCK_NEVER;

    if ((marked && v->struck > STRUCK_SURE) || (twice && v->struck > STRUCK_MAYBE))
        correct(v);
    else if (doubtful || (marked && !solid && v->struck > STRUCK_MAYBE) || (twice && !blackened))
        strike(v);
}

struct verdict judge_box(const struct box_features *f, const struct seen *seen)
{
    double measured = box_odds(f);
    struct verdict v = from_odds(seen->asked ? both_odds(measured, seen->ink) : measured, f->printed, f->error_mm);

    if (seen->asked)
        v.struck = seen->struck;
    v.strikes = v.struck < STRUCK_NEVER ? 0 : f->strikes;
    v.removed = f->removed > REMOVED_MM2 && !(seen->asked && seen->ink < SEEN_EMPTY);
    judge_strikes(f, &v);
    return v;
}

/* The flat sides of a ring that hugs a phrase are level strokes through it, too. */
static void judge_word_strikes(const struct circle_features *f, struct verdict *v)
{
    bool marked = v->state == TSK_MARK_MARKED, crossed = f->strikes >= 2 && f->inside > STRUCK_INSIDE_MM2;

    if (marked && v->struck > STRUCK_SURE)
        correct(v);
    else if (marked && (v->struck > STRUCK_MAYBE || (crossed && v->struck > STRUCK_NEVER)))
        strike(v);
}

struct verdict judge_circle(const struct circle_features *f, const struct seen *seen)
{
    double measured = circle_odds(f);
    struct verdict v = from_odds(seen->asked ? ring_odds(measured, seen->ink) : measured, f->printed, f->error_mm);

    if (seen->asked)
        v.struck = seen->struck;
    v.strikes = v.struck < STRUCK_NEVER ? 0 : f->strikes;
    judge_word_strikes(f, &v);
    return v;
}

bool verdict_proposed(const struct verdict *v)
{
    return v->state == TSK_MARK_MARKED || (v->state == TSK_MARK_AMBIGUOUS && v->odds > 0);
}

void verdict_doubt_rest(struct verdict *v)
{
    v->rest = true;
    v->state = TSK_MARK_AMBIGUOUS;
    v->certainty = fmin(v->certainty, 0.7);
    v->reason = "rows_lost";
}

void verdict_settle(struct verdict *v, double odds)
{
    *v = (struct verdict){ .state = odds > 0 ? TSK_MARK_MARKED : TSK_MARK_EMPTY,
                           .odds = odds,
                           .certainty = certainty_of(odds),
                           .strikes = v->strikes,
                           .struck = v->struck,
                           .removed = v->removed,
                           .lost = v->lost };
}
