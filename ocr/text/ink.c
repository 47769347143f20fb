#include "ocr/text/ink.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PIECES_MAX 4000
#define SPECK_MM 0.36  /* no side is longer */
#define LETTER_MM 0.9  /* one side at least is as long */
#define OUTSIDE_MM 0.7 /* writing may leave its box by this much */
#define RULE_MM 0.45   /* a rest of a rule is no thicker */
#define ARC_MM 1.2
#define ARC_LEVEL 2.5 /* so many times as long as high */
#define ARC_BORDER_MM 1.0
#define BLANK_NEAR_MM 0.5
#define CROWD_MM 0.6
#define CROWD 3
#define CROWD_LOOK 60
#define BORDER_PX 8
#define SIDES_PX 6 /* wider ones are read as letters now and then */
#define SIGMA 1.0
#define FINE_PX_PER_MM 7.7 /* 196 dpi */
#define GAP_WIDE 1.3       /* of the line's height */
#define GAP_CLOSED 0.6
#define SIDE_MM 3.0       /* from the field's side */
#define FAR_LETTERS 2.5   /* of the row's height */
#define LINE_LETTERS 4    /* pieces of a line that is surely one */
#define REACH 1.5         /* of the row's height: from a piece to the next one of the writing */
#define REACH_SPECK 1.0   /* the same of a speck that stands alone */
#define REACH_BROKEN 0.67 /* of either, on a page that is full of rests of broken rows */

enum piece_kind { PIECE_NONE, PIECE_SPECK, PIECE_SMALL, PIECE_LETTER };

struct piece {
    int index;            /* in the PIXA */
    int x, y, w, h, area; /* px */
    int line_x;           /* in the line, where wide gaps are closed */
    enum piece_kind kind;
    bool crowded; /* has others about it: a letter that fell apart, not dirt */
    int row;      /* -1: none */
    bool stands;  /* is of the row's writing, not dirt */
};

struct row {
    double top, bottom; /* px */
};

struct finder {
    const struct tsk_patch *patch;
    struct tsk_rect box; /* of the field, px in the patch */
    PIXA *pixels;
    struct piece *pieces;
    int count;
    struct row rows[TSK_INK_LINES_MAX];
    int row_count;
};

static double mm_x(const struct finder *finder, double px)
{
    return px / finder->patch->px_per_mm_x;
}

static double mm_y(const struct finder *finder, double px)
{
    return px / finder->patch->px_per_mm_y;
}

/* How much of a thin piece lies where the blank has ink, or almost. */
static bool rest_of_rule(const struct finder *finder, const struct piece *piece, PIX *near_blank)
{
    bool flat = mm_y(finder, piece->h) <= RULE_MM && mm_x(finder, piece->w) > 3 * mm_y(finder, piece->h);
    bool tall = mm_x(finder, piece->w) <= RULE_MM && mm_y(finder, piece->h) > 3 * mm_x(finder, piece->w);
    PIX *copy;
    l_int32 shared = 0;

    if (tall && piece->h >= pixGetHeight(finder->patch->foreign) * 0.9)
        return true; /* a streak of the scanner */
    if (!flat && !tall)
        return false;
    copy = pixaGetPix(finder->pixels, piece->index, L_COPY);
    if (copy == NULL)
        return false;
    pixRasterop(copy, 0, 0, piece->w, piece->h, PIX_SRC & PIX_DST, near_blank, piece->x, piece->y);
    pixCountPixels(copy, &shared, NULL);
    pixDestroy(&copy);
    return shared > 0.6 * piece->area;
}

/* The top of a ring about a word below, or its foot about one above: long, level, at the field's border. */
static bool arc_of_neighbour(const struct finder *finder, const struct piece *piece)
{
    double w = mm_x(finder, piece->w), h = mm_y(finder, piece->h), middle = piece->y + piece->h / 2.0;
    double above = mm_y(finder, middle - finder->box.y), below = mm_y(finder, finder->box.y + finder->box.h - middle);

    return w >= ARC_MM && w > ARC_LEVEL * h && fmin(above, below) < ARC_BORDER_MM;
}

/* What leaves the patch and is hardly in the box is a neighbour's: a circle, a line of text. */
static bool belongs(const struct finder *finder, const struct piece *piece)
{
    bool leaves = piece->y <= 1 || piece->y + piece->h >= pixGetHeight(finder->patch->foreign) - 1 || piece->x <= 1 ||
                  piece->x + piece->w >= pixGetWidth(finder->patch->foreign) - 1;
    double margin_x = OUTSIDE_MM * finder->patch->px_per_mm_x, margin_y = OUTSIDE_MM * finder->patch->px_per_mm_y;
    double centre_x = piece->x + piece->w / 2.0, centre_y = piece->y + piece->h / 2.0;
    double left = fmax(piece->x, finder->box.x), right = fmin(piece->x + piece->w, finder->box.x + finder->box.w);
    double top = fmax(piece->y, finder->box.y), bottom = fmin(piece->y + piece->h, finder->box.y + finder->box.h);
    double inside = right > left && bottom > top ? (right - left) * (bottom - top) : 0;

    if (inside >= (leaves ? 0.7 : 0.5) * piece->w * piece->h)
        return true;
    return !leaves && inside > 0 && centre_x > finder->box.x - margin_x &&
           centre_x < finder->box.x + finder->box.w + margin_x && centre_y > finder->box.y - margin_y &&
           centre_y < finder->box.y + finder->box.h + margin_y;
}

static enum piece_kind kind_of(const struct finder *finder, const struct piece *piece, PIX *near_blank)
{
    double w = mm_x(finder, piece->w), h = mm_y(finder, piece->h), longest = fmax(w, h);

    if (!belongs(finder, piece) || arc_of_neighbour(finder, piece) || rest_of_rule(finder, piece, near_blank))
        return PIECE_NONE;
    if (longest <= SPECK_MM || piece->area <= 3)
        return PIECE_SPECK;
    return longest >= LETTER_MM ? PIECE_LETTER : PIECE_SMALL;
}

static PIX *grown_blank(const struct tsk_patch *patch)
{
    int x = 2 * (int)lround(BLANK_NEAR_MM * patch->px_per_mm_x) + 1;
    int y = 2 * (int)lround(BLANK_NEAR_MM * patch->px_per_mm_y) + 1;

    return pixDilateBrick(NULL, patch->blank, x, y);
}

static int take_pieces(struct finder *finder, struct tsk_err *err)
{
    PIX *near_blank = grown_blank(finder->patch);
    BOXA *boxes = pixConnComp(finder->patch->foreign, &finder->pixels, 8);
    int count = boxes != NULL ? boxaGetCount(boxes) : 0, rc = -1;

    if (near_blank == NULL || boxes == NULL ||
        (finder->pieces = calloc((size_t)count + 1, sizeof(*finder->pieces))) == NULL) {
        tsk_fail(err, TSK_HOLD, 0, "no memory to find the writing in a field");
        goto out;
    }
    for (int i = 0; i < count && finder->count < PIECES_MAX; i++) {
        struct piece *piece = &finder->pieces[finder->count];
        PIX *pixels = pixaGetPix(finder->pixels, i, L_CLONE);

        boxaGetBoxGeometry(boxes, i, &piece->x, &piece->y, &piece->w, &piece->h);
        pixCountPixels(pixels, &piece->area, NULL);
        pixDestroy(&pixels);
        piece->index = i;
        piece->row = -1;
        piece->kind = kind_of(finder, piece, near_blank);
        if (piece->kind != PIECE_NONE)
            finder->count++;
    }
    rc = 0;
out:
    pixDestroy(&near_blank);
    boxaDestroy(&boxes);
    return rc;
}

static int by_top(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;

    return x->y != y->y ? (x->y < y->y ? -1 : 1) : x->x - y->x;
}

static int by_left(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;

    return x->x != y->x ? (x->x < y->x ? -1 : 1) : x->y - y->y;
}

static double overlap(const struct row *row, double top, double bottom)
{
    double shared = fmin(row->bottom, bottom) - fmax(row->top, top);
    double smaller = fmin(row->bottom - row->top, bottom - top);

    return smaller > 0 ? shared / smaller : 0;
}

static void merge_rows(struct finder *finder, int at)
{
    struct row *row = &finder->rows[at], *next = &finder->rows[at + 1];

    row->top = fmin(row->top, next->top);
    row->bottom = fmax(row->bottom, next->bottom);
    memmove(next, next + 1, (size_t)(finder->row_count - at - 2) * sizeof(*next));
    finder->row_count--;
}

/* 二 and ミ are strokes one above the other: a row much lower than another, close to it, is a part of it. */
static void merge_parts_of_lines(struct finder *finder, int lines_max)
{
    for (int i = 0; i + 1 < finder->row_count;) {
        double a = finder->rows[i].bottom - finder->rows[i].top,
               b = finder->rows[i + 1].bottom - finder->rows[i + 1].top;
        double gap = finder->rows[i + 1].top - finder->rows[i].bottom, taller = fmax(a, b);
        bool part = fmin(a, b) < 0.5 * taller && gap < 0.4 * taller;
        bool one_line = lines_max <= 1 && gap < 0.35 * taller;

        if (part || one_line || (gap < 0 && lines_max <= 1))
            merge_rows(finder, i);
        else
            i++;
    }
}

/* pieces are sorted from the left */
static void find_crowds(struct finder *finder)
{
    double reach_x = CROWD_MM * finder->patch->px_per_mm_x, reach_y = CROWD_MM * finder->patch->px_per_mm_y;

    for (int i = 0; i < finder->count; i++) {
        struct piece *piece = &finder->pieces[i];
        int others = 0;

        for (int k = i - 1; k >= 0 && i - k < CROWD_LOOK && others < CROWD; k--)
            others += piece->x - finder->pieces[k].x - finder->pieces[k].w <= reach_x &&
                      abs(2 * (piece->y - finder->pieces[k].y) + piece->h - finder->pieces[k].h) <=
                          2 * reach_y + piece->h + finder->pieces[k].h;
        for (int k = i + 1; k < finder->count && k - i < CROWD_LOOK && others < CROWD; k++)
            others += finder->pieces[k].x - piece->x - piece->w <= reach_x &&
                      abs(2 * (piece->y - finder->pieces[k].y) + piece->h - finder->pieces[k].h) <=
                          2 * reach_y + piece->h + finder->pieces[k].h;
        piece->crowded = others >= CROWD;
    }
}

static bool seeds_row(const struct piece *piece)
{
    return piece->kind == PIECE_LETTER || (piece->kind == PIECE_SMALL && piece->crowded);
}

static void find_rows(struct finder *finder, int lines_max)
{
    qsort(finder->pieces, (size_t)finder->count, sizeof(*finder->pieces), by_left);
    find_crowds(finder);
    qsort(finder->pieces, (size_t)finder->count, sizeof(*finder->pieces), by_top);
    for (int i = 0; i < finder->count; i++) {
        const struct piece *piece = &finder->pieces[i];
        int r;

        if (!seeds_row(piece))
            continue;
        for (r = 0; r < finder->row_count; r++)
            if (overlap(&finder->rows[r], piece->y, piece->y + piece->h) > 0.3)
                break;
        if (r == TSK_INK_LINES_MAX)
            r--;
        if (r == finder->row_count)
            finder->rows[finder->row_count++] = (struct row){ piece->y, piece->y + piece->h };
        finder->rows[r].top = fmin(finder->rows[r].top, piece->y);
        finder->rows[r].bottom = fmax(finder->rows[r].bottom, piece->y + piece->h);
    }
    merge_parts_of_lines(finder, lines_max);
}

/* Letters go to the row they overlap most; dots and small marks to a row that they stand in or beside. */
static void assign_rows(struct finder *finder)
{
    for (int i = 0; i < finder->count; i++) {
        struct piece *piece = &finder->pieces[i];
        double best = 0;

        for (int r = 0; r < finder->row_count; r++) {
            const struct row *row = &finder->rows[r];
            double margin = seeds_row(piece) ? 0 : 0.15 * (row->bottom - row->top);
            struct row wide = { row->top - margin, row->bottom + margin };
            double share = overlap(&wide, piece->y, piece->y + piece->h);

            if (share > best) {
                best = share;
                piece->row = r;
            }
        }
    }
}

static bool rows_broken(const struct tsk_patch *patch)
{
    return patch->broken || patch->spoilt_mm > 0 || patch->dropped_mm > 0;
}

/* px from a piece to the next one of the writing, at most */
static double reach_of(const struct finder *finder, const struct piece *piece)
{
    const struct row *row = &finder->rows[piece->row];
    double reach = (row->bottom - row->top) / finder->patch->px_per_mm_y * finder->patch->px_per_mm_x;

    reach *= rows_broken(finder->patch) ? REACH_BROKEN : 1;
    return (piece->kind == PIECE_SPECK && !piece->crowded ? REACH_SPECK : REACH) * reach;
}

/* Does the writing go on from this piece? Rests of broken rows lie in a line as well. */
static bool leads_on(const struct finder *finder, const struct piece *piece)
{
    return piece->stands && (!rows_broken(finder->patch) || seeds_row(piece));
}

/* pieces are sorted from the left */
static void reach_to_the_right(struct finder *finder)
{
    double right[TSK_INK_LINES_MAX];

    for (int r = 0; r < TSK_INK_LINES_MAX; r++)
        right[r] = -1e9;
    for (int i = 0; i < finder->count; i++) {
        struct piece *piece = &finder->pieces[i];

        if (piece->row < 0)
            continue;
        piece->stands = piece->stands || piece->x - right[piece->row] <= reach_of(finder, piece);
        if (leads_on(finder, piece))
            right[piece->row] = fmax(right[piece->row], piece->x + piece->w);
    }
}

static void reach_to_the_left(struct finder *finder)
{
    double left[TSK_INK_LINES_MAX];

    for (int r = 0; r < TSK_INK_LINES_MAX; r++)
        left[r] = 1e9;
    for (int i = finder->count - 1; i >= 0; i--) {
        struct piece *piece = &finder->pieces[i];

        if (piece->row < 0)
            continue;
        piece->stands = piece->stands || left[piece->row] - piece->x - piece->w <= reach_of(finder, piece);
        if (leads_on(finder, piece))
            left[piece->row] = piece->x;
    }
}

/*
 * A small piece far from every letter of its row is dirt. Small letters by a thin pen are such pieces one beside the other: what
 * hangs together with the row that way stands too.
 */
static void drop_loose(struct finder *finder)
{
    for (int i = 0; i < finder->count; i++)
        finder->pieces[i].stands = finder->pieces[i].row >= 0 && seeds_row(&finder->pieces[i]);
    reach_to_the_right(finder);
    reach_to_the_left(finder);
    reach_to_the_right(finder);
    for (int i = 0; i < finder->count; i++)
        if (!finder->pieces[i].stands)
            finder->pieces[i].row = -1;
}

/* px from a piece back to the letters of its row before it; 0 unless there are so many that they are writing */
static double behind_by(const struct finder *finder, int at)
{
    const struct piece *piece = &finder->pieces[at];
    double gap = INFINITY;
    int letters = 0;

    for (int i = 0; i < finder->count; i++) {
        const struct piece *other = &finder->pieces[i];

        if (i == at || other->row != piece->row || other->kind == PIECE_SPECK)
            continue;
        gap = fmin(gap, piece->x - other->x - other->w);
        letters += other->kind == PIECE_LETTER;
    }
    return letters >= LINE_LETTERS ? gap : 0;
}

/* A single stroke at the field's right side, far behind what is written there, is of a ring about a word beside the field. */
static void drop_sides(struct finder *finder)
{
    for (int i = 0; i < finder->count; i++) {
        struct piece *piece = &finder->pieces[i];
        double right = finder->box.x + finder->box.w - piece->x - piece->w;
        const struct row *row = &finder->rows[piece->row < 0 ? 0 : piece->row];

        if (piece->row < 0 || piece->kind == PIECE_SPECK || mm_x(finder, right) > SIDE_MM)
            continue;
        if (mm_x(finder, behind_by(finder, i)) > FAR_LETTERS * mm_y(finder, row->bottom - row->top))
            piece->row = -1;
    }
}

/* What one stroke of a neighbour makes above or below the only line is no line. */
static void drop_stray_rows(struct finder *finder)
{
    int letters[TSK_INK_LINES_MAX] = { 0 }, most = 0;

    for (int i = 0; i < finder->count; i++)
        if (finder->pieces[i].row >= 0 && seeds_row(&finder->pieces[i]))
            letters[finder->pieces[i].row]++;
    for (int r = 0; r < finder->row_count; r++)
        most = letters[r] > most ? letters[r] : most;
    for (int i = 0; i < finder->count && most >= LINE_LETTERS; i++)
        if (finder->pieces[i].row >= 0 && letters[finder->pieces[i].row] <= 1)
            finder->pieces[i].row = -1;
}

static PIX *smoothed(PIX *grey)
{
    L_KERNEL *across = NULL, *down = NULL;
    PIX *out = NULL;

    if (makeGaussianKernelSep(3, 3, (l_float32)SIGMA, 1.0f, &across, &down) == 0)
        out = pixConvolveSep(grey, across, down, 8, 1);
    kernelDestroy(&across);
    kernelDestroy(&down);
    return out;
}

/* To fine-fax resolution: rows of standard fax are doubled, anything finer is averaged down. */
static PIX *to_fine(const struct tsk_patch *patch, PIX *bits)
{
    PIX *grey = pixConvertTo8(bits, 0), *scaled = NULL;
    double x = FINE_PX_PER_MM * 204 / 196 / patch->px_per_mm_x, y = FINE_PX_PER_MM / patch->px_per_mm_y;

    if (grey == NULL)
        return NULL;
    if (y > 1.5)
        scaled = pixScaleBySampling(grey, 1.0f, (l_float32)lround(y));
    else if (y < 0.75 || x < 0.75)
        scaled = pixScaleAreaMap(grey, (l_float32)(x < 0.75 ? x : 1), (l_float32)(y < 0.75 ? y : 1));
    else
        return grey;
    pixDestroy(&grey);
    return scaled;
}

static PIX *recogniser_input(const struct tsk_patch *patch, PIX *bits)
{
    PIX *fine = to_fine(patch, bits), *framed = NULL, *out = NULL;

    if (fine != NULL)
        framed = pixAddBorderGeneral(fine, SIDES_PX, SIDES_PX, BORDER_PX, BORDER_PX, 255);
    if (framed != NULL)
        out = smoothed(framed);
    pixDestroy(&fine);
    pixDestroy(&framed);
    return out;
}

struct letters { /* what lets a font be told from a hand */
    double tops, tops2, bottoms, bottoms2, strokes, strokes2, count;
    int pieces;
};

static int edge_pixels(PIX *pix)
{
    int w = pixGetWidth(pix), h = pixGetHeight(pix), edges = 0;
    l_uint32 *data = pixGetData(pix);
    int words = pixGetWpl(pix);

    for (int y = 0; y < h; y++) {
        l_uint32 *line = data + (ptrdiff_t)y * words;

        for (int x = 0; x < w; x++) {
            if (!GET_DATA_BIT(line, x))
                continue;
            edges += x == 0 || !GET_DATA_BIT(line, x - 1);
            edges += x + 1 == w || !GET_DATA_BIT(line, x + 1);
            edges += y == 0 || !GET_DATA_BIT(line - words, x);
            edges += y + 1 == h || !GET_DATA_BIT(line + words, x);
        }
    }
    return edges;
}

struct cell { /* pieces above one another: a letter, roughly */
    double left, right, top, bottom, area, edges;
    double line_left; /* px in the line, where wide gaps are closed */
};

static void count_cell(struct letters *letters, const struct cell *cell, const struct row *row, double px_per_mm)
{
    double height = row->bottom - row->top;
    double top = (cell->top - row->top) / height, bottom = (row->bottom - cell->bottom) / height;
    double stroke = cell->edges > 0 ? 4 * cell->area / cell->edges / px_per_mm : 0;

    if (cell->bottom - cell->top < 0.5 * height)
        return;
    letters->tops += top;
    letters->tops2 += top * top;
    letters->bottoms += bottom;
    letters->bottoms2 += bottom * bottom;
    letters->strokes += stroke;
    letters->strokes2 += stroke * stroke;
    letters->count++;
}

struct extent {
    int left, right, top, bottom; /* px in the patch, of a row's pieces */
    int closed;                   /* px by which wide gaps were closed in all */
};

/* pieces are sorted from the left; wide gaps are closed to about a letter's half */
static bool lay_out(struct finder *finder, int r, struct extent *extent)
{
    double height = mm_y(finder, finder->rows[r].bottom - finder->rows[r].top) * finder->patch->px_per_mm_x;
    int wide = (int)(GAP_WIDE * height), kept = (int)(GAP_CLOSED * height);
    bool any = false;

    *extent = (struct extent){ 0 };
    for (int i = 0; i < finder->count; i++) {
        struct piece *piece = &finder->pieces[i];

        if (piece->row != r)
            continue;
        if (!any)
            *extent = (struct extent){ piece->x, piece->x, piece->y, piece->y, 0 };
        else if (piece->x - extent->right > wide)
            extent->closed += piece->x - extent->right - kept;
        any = true;
        piece->line_x = piece->x - extent->left - extent->closed;
        extent->right = piece->x + piece->w > extent->right ? piece->x + piece->w : extent->right;
        extent->top = piece->y < extent->top ? piece->y : extent->top;
        extent->bottom = piece->y + piece->h > extent->bottom ? piece->y + piece->h : extent->bottom;
    }
    return any;
}

static PIX *draw_line(const struct finder *finder, int r, const struct extent *extent)
{
    PIX *line = pixCreate(extent->right - extent->left - extent->closed, extent->bottom - extent->top, 1);

    for (int i = 0; line != NULL && i < finder->count; i++) {
        const struct piece *piece = &finder->pieces[i];
        PIX *pixels;

        if (piece->row != r)
            continue;
        pixels = pixaGetPix(finder->pixels, piece->index, L_CLONE);
        pixRasterop(line, piece->line_x, piece->y - extent->top, piece->w, piece->h, PIX_SRC | PIX_DST, pixels, 0, 0);
        pixDestroy(&pixels);
    }
    return line;
}

static void end_cell(const struct finder *finder, const struct row *row, const struct extent *extent, struct cell *cell,
                     struct letters *letters, struct tsk_ink_line *out)
{
    double height = row->bottom - row->top;

    if (cell->right <= 0)
        return;
    count_cell(letters, cell, row, finder->patch->px_per_mm_x);
    if (out->cells < TSK_INK_CELLS_MAX)
        out->boxes[out->cells] =
            (struct tsk_ink_cell){ (int)(cell->line_left), (int)(cell->line_left + cell->right - cell->left),
                                   (int)(cell->top - extent->top), (int)(cell->bottom - extent->top) };
    out->cells++;
    out->ends_small = out->cells > 1 && cell->bottom - cell->top < 0.45 * height &&
                      mm_x(finder, cell->right - cell->left) < 0.45 * mm_y(finder, height) &&
                      cell->top + cell->bottom > row->top + row->bottom;
    cell->right = 0;
}

static void find_cells(const struct finder *finder, int r, const struct extent *extent, struct letters *letters,
                       struct tsk_ink_line *out)
{
    const struct row *row = &finder->rows[r];
    struct cell cell = { 0 };

    for (int i = 0; i < finder->count; i++) {
        const struct piece *piece = &finder->pieces[i];
        PIX *pixels;

        if (piece->row != r || piece->kind == PIECE_SPECK)
            continue;
        if (piece->x > cell.right)
            end_cell(finder, row, extent, &cell, letters, out);
        if (cell.right <= 0)
            cell = (struct cell){ .left = piece->x, .line_left = piece->line_x, .top = piece->y, .bottom = piece->y };
        cell.right = fmax(cell.right, piece->x + piece->w);
        cell.top = fmin(cell.top, piece->y);
        cell.bottom = fmax(cell.bottom, piece->y + piece->h);
        cell.area += piece->area;
        pixels = pixaGetPix(finder->pixels, piece->index, L_CLONE);
        cell.edges += edge_pixels(pixels);
        pixDestroy(&pixels);
        letters->pieces++;
    }
    end_cell(finder, row, extent, &cell, letters, out);
}

static int make_line(struct finder *finder, int r, struct letters *letters, struct tsk_ink_line *out)
{
    const struct tsk_patch *patch = finder->patch;
    struct extent extent;

    if (!lay_out(finder, r, &extent))
        return 0;
    out->bits = draw_line(finder, r, &extent);
    if (out->bits == NULL)
        return -1;
    find_cells(finder, r, &extent, letters, out);
    out->height_mm = mm_y(finder, extent.bottom - extent.top);
    out->width_mm = mm_x(finder, extent.right - extent.left);
    out->rows[0] = patch->mm.y + mm_y(finder, extent.top);
    out->rows[1] = patch->mm.y + mm_y(finder, extent.bottom);
    out->columns[0] = patch->mm.x + mm_x(finder, extent.left);
    out->columns[1] = patch->mm.x + mm_x(finder, extent.right);
    out->grey = recogniser_input(patch, out->bits);
    return out->grey != NULL ? 1 : -1;
}

static double spread(double sum, double squares, double count)
{
    double mean = sum / count;

    return sqrt(fmax(0, squares / count - mean * mean));
}

static void measure(const struct finder *finder, const struct letters *letters, struct tsk_ink *out)
{
    double per_mm2 = finder->patch->px_per_mm_x * finder->patch->px_per_mm_y;

    for (int i = 0; i < finder->count; i++) {
        const struct piece *piece = &finder->pieces[i];
        double right = finder->box.x + finder->box.w;

        double depth =
            fmin(piece->y + piece->h / 2.0 - finder->box.y, finder->box.y + finder->box.h - piece->y - piece->h / 2.0) /
            finder->box.h;

        out->crowd += piece->crowded;
        if (piece->kind == PIECE_SPECK) {
            out->specks++;
            continue;
        }
        out->depth = fmax(out->depth, depth);
        if (piece->kind == PIECE_SMALL)
            out->faint_mm2 += piece->area / per_mm2;
        if (piece->kind != PIECE_LETTER)
            continue;
        out->parts++;
        out->ink_mm2 += piece->area / per_mm2;
        out->largest_mm = fmax(out->largest_mm, fmax(mm_x(finder, piece->w), mm_y(finder, piece->h)));
        if (piece->x <= 1 || piece->x + piece->w >= pixGetWidth(finder->patch->foreign) - 1 ||
            piece->x + piece->w > right + OUTSIDE_MM * finder->patch->px_per_mm_x)
            out->cut_mm += mm_y(finder, piece->h);
        if (piece->y <= 1 || piece->y + piece->h >= pixGetHeight(finder->patch->foreign) - 1)
            out->cut_mm += mm_x(finder, piece->w);
    }
    if (letters->count > 0) {
        out->uneven = spread(letters->tops, letters->tops2, letters->count) +
                      spread(letters->bottoms, letters->bottoms2, letters->count);
        out->stroke_mm = letters->strokes / letters->count;
        out->stroke_spread =
            out->stroke_mm > 0 ? spread(letters->strokes, letters->strokes2, letters->count) / out->stroke_mm : 0;
        out->broken = letters->pieces / letters->count;
    }
}

int tsk_ink_find(const struct tsk_patch *patch, struct tsk_rect box_mm, int lines_max, struct tsk_ink *out,
                 struct tsk_err *err)
{
    struct finder finder = { .patch = patch,
                             .box = { (box_mm.x - patch->mm.x) * patch->px_per_mm_x,
                                      (box_mm.y - patch->mm.y) * patch->px_per_mm_y, box_mm.w * patch->px_per_mm_x,
                                      box_mm.h * patch->px_per_mm_y } };
    struct letters letters = { 0 };
    int rc = -1;

    memset(out, 0, sizeof(*out));
    if (take_pieces(&finder, err) != 0)
        goto out;
    find_rows(&finder, lines_max);
    assign_rows(&finder);
    qsort(finder.pieces, (size_t)finder.count, sizeof(*finder.pieces), by_left);
    drop_loose(&finder);
    drop_sides(&finder);
    if (lines_max <= 1 && !rows_broken(patch))
        drop_stray_rows(&finder);
    for (int r = 0; r < finder.row_count; r++) {
        int made = make_line(&finder, r, &letters, &out->lines[out->count]);

        if (made < 0) {
            tsk_fail(err, TSK_HOLD, 0, "no memory for a line of writing");
            goto out;
        }
        out->count += made;
    }
    measure(&finder, &letters, out);
    rc = 0;
out:
    pixaDestroy(&finder.pixels);
    free(finder.pieces);
    if (rc != 0)
        tsk_ink_free(out);
    return rc;
}

void tsk_ink_free(struct tsk_ink *ink)
{
    for (int i = 0; i < TSK_INK_LINES_MAX; i++) {
        pixDestroy(&ink->lines[i].grey);
        pixDestroy(&ink->lines[i].bits);
    }
    ink->count = 0;
}
