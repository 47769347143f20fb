/* option - from features to odds */
#include <math.h>

#include "ocr/marks/features.h"
#include "ocr/marks/weights.h"

#define MEASURED_MAX 8.0    /* log odds: beyond it more ink is no more certain */
#define SPLIT_MAX 1.0       /* log odds where the two do not agree: a person looks */
#define KNOWN 5.0           /* log odds of the network, from which on it knows what no pen has left */
#define MILD 6.0            /* log odds of an empty box, as measured, that the network may overrule */
#define SURROUNDED_FROM 0.5 /* no neighbour's mark stands so far round a box: a ring does, however far it is drawn */

size_t box_terms(const struct box_features *f, double *terms)
{
    terms[0] = fmin(f->inside, 0.25) * 4;
    terms[1] = fmin(f->area, 1.2);
    terms[2] = fmax(f->ring - 0.4, 0);
    terms[3] = fmin(f->across, 1);
    terms[4] = fmin(f->fringe, 1.5);
    terms[5] = sqrt(fmin(f->area, 1));
    terms[6] = fmax(f->ring - SURROUNDED_FROM, 0);
    return BOX_TERMS;
}

size_t circle_terms(const struct circle_features *f, double *terms)
{
    terms[0] = f->ring;
    terms[1] = f->ends;
    terms[2] = fmax(f->top, f->bottom);
    terms[3] = fmin(f->top, f->bottom);
    terms[4] = sqrt(f->ends);
    return CIRCLE_TERMS;
}

static double weigh(const double *weights, const double *terms, size_t count)
{
    double sum = weights[0];

    for (size_t i = 0; i < count; i++)
        sum += weights[i + 1] * terms[i];
    return sum;
}

double box_odds(const struct box_features *f)
{
    double terms[BOX_TERMS];
    size_t count = box_terms(f, terms);

    return weigh(box_weights, terms, count);
}

double circle_odds(const struct circle_features *f)
{
    double terms[CIRCLE_TERMS];
    size_t count = circle_terms(f, terms);

    return weigh(circle_weights, terms, count);
}

double both_odds(double measured, double net)
{
    const double bounded = fmin(fmax(measured, -MEASURED_MAX), MEASURED_MAX);
    const double agreed = bounded * net < 0 ? 0 : fabs(bounded) < fabs(net) ? bounded : net;
    double both = both_weights[0] + both_weights[1] * bounded + both_weights[2] * net + both_weights[3] * agreed;

    /* ink that is measured is there, unless the network surely knows it; what is not measured the network may have seen */
    if ((measured > 0 && net < 0 && net > -KNOWN) || (measured < -MILD && net > 0))
        both = fmin(fmax(both, -SPLIT_MAX), SPLIT_MAX);
    return both;
}

double ring_odds(double measured, double net)
{
    return ring_weights[0] + ring_weights[1] * fmin(fmax(measured, -MEASURED_MAX), MEASURED_MAX) +
           ring_weights[2] * net;
}

double circle_room(const struct tsk_field *field, size_t option)
{
    const struct tsk_rect *own = &field->options[option].box;
    double room = 9;

    for (size_t i = 0; i < field->option_count; i++) {
        const struct tsk_rect *other = &field->options[i].box;

        if (i != option && other->y < own->y + own->h && own->y < other->y + other->h)
            room = fmin(room, fabs(other->x + other->w / 2 - own->x - own->w / 2) - own->w / 2);
    }
    return room;
}

struct tsk_rect field_extent(const struct tsk_field *field)
{
    double left = 1e9, top = 1e9, right = -1e9, bottom = -1e9;

    for (size_t i = 0; i < field->option_count; i++) {
        const struct tsk_rect *box = &field->options[i].box;

        left = fmin(left, box->x);
        top = fmin(top, box->y);
        right = fmax(right, box->x + box->w);
        bottom = fmax(bottom, box->y + box->h);
    }
    return (struct tsk_rect){ left, top, right - left, bottom - top };
}
