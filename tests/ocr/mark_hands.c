#include "mark_hands.h"

#include <math.h>

#define RING_STEPS 96

enum { CHECK, LOW_CHECK, RE, CROSS, SLASH, BACKSLASH, DOT, SCRIBBLE, RING, STYLES };

struct point {
    double x, y;
};

static double unit(struct mark_hand *hand)
{
    hand->state ^= hand->state << 13;
    hand->state ^= hand->state >> 7;
    hand->state ^= hand->state << 17;
    return (double)(hand->state >> 11) / 9007199254740992.0;
}

static double between(struct mark_hand *hand, double low, double high)
{
    return low + (high - low) * unit(hand);
}

struct mark_hand mark_hand_new(uint64_t seed, double x_dpi, double y_dpi)
{
    struct mark_hand hand = { .x_dpi = x_dpi,
                              .y_dpi = y_dpi,
                              .state = seed * 0x2545f4914f6cdd1dULL ^ 0x9e3779b97f4a7c15ULL };

    for (int i = 0; i < 8; i++)
        (void)unit(&hand);
    hand.width_mm = between(&hand, 0.22, 0.8);
    hand.ink = unit(&hand) < 0.8 ? 30 : (int)between(&hand, 60, 110);
    hand.style = (int)between(&hand, 0, STYLES);
    return hand;
}

static void dab(const struct mark_hand *hand, PIX *grey, double x, double y)
{
    const double r = hand->width_mm / 2, px = hand->x_dpi / 25.4, py = hand->y_dpi / 25.4;

    for (int row = (int)((y - r) * py); row <= (int)((y + r) * py); row++) {
        for (int column = (int)((x - r) * px); column <= (int)((x + r) * px); column++) {
            const double dx = (column + 0.5) / px - x, dy = (row + 0.5) / py - y;

            if (dx * dx + dy * dy <= r * r && row >= 0 && column >= 0 && row < pixGetHeight(grey) &&
                column < pixGetWidth(grey))
                SET_DATA_BYTE(pixGetData(grey) + (size_t)row * (size_t)pixGetWpl(grey), column, hand->ink);
        }
    }
}

static void stroke(const struct mark_hand *hand, PIX *grey, struct point from, struct point to)
{
    const int steps = 1 + (int)(hypot(to.x - from.x, to.y - from.y) / 0.05);

    for (int i = 0; i <= steps; i++)
        dab(hand, grey, from.x + (to.x - from.x) * i / steps, from.y + (to.y - from.y) * i / steps);
}

/* A place in the box, in shares of its sides, as well as this hand hits it. */
static struct point at(struct mark_hand *hand, const struct tsk_rect *box, double x, double y)
{
    return (struct point){ box->x + box->w * (x + between(hand, -0.14, 0.14)),
                           box->y + box->h * (y + between(hand, -0.14, 0.14)) };
}

static void zigzag(struct mark_hand *hand, PIX *grey, const struct tsk_rect *area, int strokes)
{
    struct point last = at(hand, area, 0, 0);

    for (int i = 1; i <= strokes; i++) {
        const struct point next = at(hand, area, i % 2, (double)i / strokes);

        stroke(hand, grey, last, next);
        last = next;
    }
}

struct ring {
    struct point middle;
    double rx, ry;
    double square;      /* exponent: 2 is an ellipse, more goes along the word's sides */
    double tilt;        /* mm that the right end lies lower */
    double start, turn; /* radians */
    double drift, wave; /* how much wider it ends; how it wobbles */
    double phase;
};

static struct point on_ring(const struct ring *ring, double share)
{
    const double t = ring->start + ring->turn * share, c = cos(t), s = sin(t);
    const double grow = (1 + ring->drift * share) * (1 + ring->wave * sin(3 * t + ring->phase));
    const double x = copysign(pow(fabs(c), 2 / ring->square), c), y = copysign(pow(fabs(s), 2 / ring->square), s);

    return (struct point){ ring->middle.x + ring->rx * grow * x,
                           ring->middle.y + ring->ry * grow * y + ring->tilt / 2 * x };
}

static void draw_ring(const struct mark_hand *hand, PIX *grey, const struct ring *ring)
{
    struct point last = on_ring(ring, 0);

    for (int i = 1; i <= RING_STEPS; i++) {
        const struct point next = on_ring(ring, (double)i / RING_STEPS);

        stroke(hand, grey, last, next);
        last = next;
    }
}

static void round_box(struct mark_hand *hand, PIX *grey, const struct tsk_rect *box)
{
    const double size = between(hand, 0.4, 1.75);
    struct ring ring = { .middle = at(hand, box, 0.5, 0.5),
                         .square = between(hand, 2, 2.8),
                         .start = between(hand, 0, 6.28),
                         .turn = 6.28 * between(hand, 0.9, 1.1),
                         .drift = between(hand, -0.08, 0.12),
                         .wave = between(hand, 0, 0.03),
                         .phase = between(hand, 0, 6.28) };

    ring.rx = box->w / 2 * size * between(hand, 0.9, 1.15);
    ring.ry = box->h / 2 * size * between(hand, 0.85, 1.1);
    draw_ring(hand, grey, &ring);
}

static void check(struct mark_hand *hand, PIX *grey, const struct tsk_rect *box, double low)
{
    const struct point turn = at(hand, box, 0.45, 0.85 + low);

    stroke(hand, grey, at(hand, box, 0.15, 0.4 + low), turn);
    stroke(hand, grey, turn, at(hand, box, between(hand, 0.9, 1.8), between(hand, -0.5, 0.3)));
}

void mark_hand_tick(struct mark_hand *hand, PIX *grey, const struct tsk_rect *box)
{
    const struct tsk_rect inner = { box->x + box->w * 0.3, box->y + box->h * 0.3, box->w * 0.4, box->h * 0.4 };

    switch (hand->style) {
    case CHECK:
        check(hand, grey, box, 0);
        break;
    case LOW_CHECK:
        check(hand, grey, box, between(hand, 0.15, 0.55));
        break;
    case RE:
        stroke(hand, grey, at(hand, box, 0.25, 0), at(hand, box, 0.3, 0.95));
        stroke(hand, grey, at(hand, box, 0.3, 0.95), at(hand, box, between(hand, 0.9, 1.5), 0.2));
        break;
    case CROSS:
        stroke(hand, grey, at(hand, box, 0.1, 0.1), at(hand, box, 0.9, 0.9));
        stroke(hand, grey, at(hand, box, 0.9, 0.1), at(hand, box, 0.1, 0.9));
        break;
    case SLASH:
        stroke(hand, grey, at(hand, box, 1, 0), at(hand, box, 0, 1));
        break;
    case BACKSLASH:
        stroke(hand, grey, at(hand, box, 0, 0), at(hand, box, 1, 1));
        break;
    case DOT:
        zigzag(hand, grey, &inner, 5);
        break;
    case SCRIBBLE:
        zigzag(hand, grey, box, 5 + (int)between(hand, 0, 6));
        break;
    default:
        round_box(hand, grey, box);
    }
}

static void wave(struct mark_hand *hand, PIX *grey, double x0, double x1, double y, double high)
{
    struct point last = { x0, y };

    for (int i = 1; i <= 40; i++) {
        const struct point next = { x0 + (x1 - x0) * i / 40, y + high * sin(i / 40.0 * 18) };

        stroke(hand, grey, last, next);
        last = next;
    }
}

void mark_hand_strike(struct mark_hand *hand, PIX *grey, const struct tsk_rect *box)
{
    const double left = box->x - between(hand, 0.7, 3), right = box->x + box->w + between(hand, 0.7, 3),
                 kind = unit(hand);
    const double y = box->y + box->h * between(hand, 0.4, 0.6), apart = between(hand, 0.35, 0.7),
                 climb = between(hand, -0.5, 0.5);
    const struct tsk_rect over = { box->x - 0.8, box->y, box->w + 1.6, box->h };

    if (kind < 0.2) {
        zigzag(hand, grey, &over, 7 + (int)between(hand, 0, 6));
        return;
    }
    for (int side = -1; side <= 1; side += 2) {
        if (kind < 0.4)
            wave(hand, grey, left, right, y + side * apart, between(hand, 0.05, 0.3));
        else
            stroke(hand, grey, (struct point){ left + between(hand, -0.6, 0.6), y + side * apart + climb },
                   (struct point){ right + between(hand, -0.6, 0.6),
                                   y + side * apart - climb + between(hand, -0.3, 0.3) });
    }
}

/* How far a ring may go on this side (-1, 1): not so far that the next word's middle is in it. */
static double room_on(const struct tsk_field *field, size_t option, int side)
{
    const struct tsk_rect *own = &field->options[option].box;
    double room = 4;

    for (size_t i = 0; i < field->option_count; i++) {
        const struct tsk_rect *other = &field->options[i].box;
        const double gap = side < 0 ? own->x - (other->x + other->w) : other->x - (own->x + own->w);

        if (i != option && other->y < own->y + own->h && own->y < other->y + other->h && gap >= 0)
            room = fmin(room, gap + other->w * 0.35);
    }
    return room;
}

void mark_hand_ring(struct mark_hand *hand, PIX *grey, const struct tsk_field *field, size_t option)
{
    const struct tsk_rect *word = &field->options[option].box;
    const double cut = fmin(0.07 * word->w, 2), up = between(hand, -0.3, 1.5), down = between(hand, -0.3, 1.5);
    const double left = fmin(between(hand, -cut, 2.8), room_on(field, option, -1)),
                 right = fmin(between(hand, -cut, 2.8), room_on(field, option, 1));
    struct ring ring = { .middle = { word->x + (word->w + right - left) / 2, word->y + (word->h + down - up) / 2 },
                         .rx = (word->w + left + right) / 2,
                         .ry = (word->h + up + down) / 2,
                         .square = word->w > 12 ? between(hand, 2, 5) : between(hand, 2, 3),
                         .tilt = between(hand, -0.01, 0.01) * word->w,
                         .start = between(hand, 0, 6.28),
                         .drift = between(hand, -0.04, 0.06) * fmin(1, 12 / word->w),
                         .wave = between(hand, 0, 0.03) * fmin(1, 12 / word->w),
                         .phase = between(hand, 0, 6.28) };

    if (unit(hand) < 0.2) { /* over the word, and back below it */
        ring.turn = M_PI * between(hand, 0.86, 1.02);
        for (int side = 0; side < 2; side++) {
            ring.start = M_PI * side + between(hand, -0.1, 0.15);
            draw_ring(hand, grey, &ring);
        }
        return;
    }
    ring.turn = 2 * M_PI * (unit(hand) < 0.7 ? between(hand, 0.97, 1.08) : between(hand, 0.8, 0.97));
    draw_ring(hand, grey, &ring);
}
