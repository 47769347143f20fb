/*
 * blank - what registration knows of each blank sheet, and the steps between identification and the final map
 *
 * Internal to ocr/register.
 *
 * Units      Blank pixels are 1/BLANK_PX_PER_MM mm, square. Page millimetres are pixels divided by the page's own
 *            resolution, so that "page mm" is square too.
 * Steps      cells (page ink on a 0.5 mm grid, skew taken out) -> coarse (bands of the blank slid over the cells) ->
 *            windows (small neighbourhoods slid over the page) -> fit (affine, row tables, local residuals).
 */
#ifndef TASUKI_OCR_REGISTER_BLANK_H
#define TASUKI_OCR_REGISTER_BLANK_H

#include <stddef.h>
#include <stdint.h>

#include "ocr/register/register.h"

#define BLANK_PX_PER_MM 8
#define BAND_COUNT 8
#define CELLS_PER_MM 2
#define CELLS_PAD_MM 34

struct blank_point { /* blank px */
    int16_t x, y;
};

struct blank_band { /* ink samples of the left and of the right half of a horizontal band */
    struct blank_point *points[2];
    int count[2];
    double centre_y; /* mm */
};

struct blank_window { /* ink and bare paper close to ink, in a small neighbourhood */
    double x, y;      /* mm, centre of its ink */
    struct blank_point *ink, *paper;
    int ink_count, paper_count;
};

struct blank_part { /* where an edition differs from the first one of its sheet */
    int x, y;       /* blank px */
    PIX *grey;
};

struct blank_print { /* a text that editions print differently: what this edition shows there */
    struct blank_window window;
    struct blank_point *points;
};

struct tsk_blank {
    const struct tsk_form *form;
    size_t sheet; /* index of the first edition that shows the same blank: only that one is tried */
    PIX *grey;    /* 8 bpp, 255 = paper; shared by the editions of a sheet */
    struct blank_part *parts;
    size_t part_count;
    struct blank_print *prints; /* the same places for all editions of a sheet */
    size_t print_count;
    /* samples of the structure: the first edition owns them, the others point to its */
    struct blank_band bands[BAND_COUNT];
    struct blank_window *windows;
    size_t window_count;
    struct blank_window *checks; /* as windows, of printed words alone: rules are alike on many forms, words are not */
    size_t check_count;
    struct blank_point *points; /* all samples of bands, windows and checks */
    double ink_bottom;          /* mm: lowest printed ink */
};

struct tsk_blanks {
    struct tsk_blank *blanks;
    size_t count;
    double page_h; /* mm, of the longest form */
    double page_w;
};

const struct tsk_blank *tsk_blanks_of(const struct tsk_blanks *blanks, const struct tsk_form *form);

/* The edition's grey of box (x, y, w, h in blank px, clipped to the sheet: box says to what); the caller's. NULL: no memory. */
PIX *blank_clip(const struct tsk_blank *blank, int box[4]);
/* parts of edition, which looks like grey, against the first edition of its sheet */
int blank_differ(struct tsk_blank *edition, const struct tsk_blank *first, PIX *grey, struct tsk_err *err) TSK_MUST_USE;
int blank_prints(struct tsk_blanks *blanks, size_t index, struct tsk_err *err) TSK_MUST_USE;
void blank_free(struct tsk_blank *blank, bool first);

/* Page ink on a grid, turned by -skew around the middle of the page, with a margin so that lookups need no check. */
struct cells {
    uint8_t *near;             /* 1 = ink in this cell or beside it */
    uint8_t *exact;            /* 1 = ink in this cell; same size */
    int width, height;         /* cells, margin included */
    double skew;               /* radians */
    double centre_x, centre_y; /* mm */
    double page_w, page_h;     /* mm */
    double density;            /* share of near cells on the page */
    size_t ink;                /* cells with ink */
};

int cells_new(struct cells *out, const struct tsk_page *page, double skew, double max_h_mm,
              struct tsk_err *err) TSK_MUST_USE;
void cells_turn(struct cells *cells); /* as if the page were upside down */
void cells_free(struct cells *cells);
/* Pixels that stand alone are dropped where there are very many; else the page's own image. NULL: no memory. */
PIX *page_without_specks(const struct tsk_page *page);
double page_skew(const struct tsk_page *page); /* radians; positive: lines fall to the right */

struct sample { /* blank (x, y) was found at page (u, v), all mm; weights say how sure each axis is */
    double x, y, u, v, weight_u, weight_v;
    double score;
};

struct coarse {
    double score; /* 0 as by chance, 1 every printed point is there */
    struct sample samples[2 * BAND_COUNT];
    size_t sample_count;
};

void coarse_find(const struct cells *cells, const struct tsk_blank *blank, struct coarse *out);

#define ROW_TOP_MM (-30.0)
#define ROW_STEP_MM 2.5
#define ROW_NODES 180
#define NODE_STEP_MM 10.0
#define NODES_X 32
#define NODES_Y 48

enum row_state { ROW_SOUND, ROW_SPOILT, ROW_NEVER_CAME }; /* for the latter two their neighbours stand */

struct tsk_map {
    const struct tsk_blank *blank;
    double px_x, px_y;                         /* page px per mm */
    int width, height;                         /* page px */
    double au[3], av[3];                       /* affine: u = au0 + au1 x + au2 y */
    double row_u[ROW_NODES], row_v[ROW_NODES]; /* what to add, by v: rows lost, paper drifting sideways */
    double node_u[NODES_X * NODES_Y], node_v[NODES_X * NODES_Y], node_error[NODES_X * NODES_Y];
    double error_mm;
    double matched; /* how well printed words are found where the map says: 0 as by chance, 1 all of them */
    bool bottom_missing;
    int steps;             /* places where rows were lost */
    bool broken;           /* rows were lost in several places: others are damaged */
    PIX *clean;            /* the page, without specks where there are very many */
    bool noisy;            /* there are */
    PIX *faults;           /* page ink that the line or the scanner made: streaks and broken rows */
    bool faulty;           /* there is some */
    unsigned char *spoilt; /* by row of clean: enum row_state; NULL: all sound */
    int *received;         /* by row of clean: the row of the page as received; NULL: the same. The map is to clean */
    int received_height;
};

void fit_samples(struct tsk_map *map, const struct sample *samples, size_t count, double reach_mm);
void fit_nodes(struct tsk_map *map, const struct sample *samples, size_t count);
/* mm by which the page comes up from the top to the bottom of a place of the blank: rows were lost there, or close by. */
double map_rows_dropped(const struct tsk_map *map, struct tsk_rect mm);
void map_uv(const struct tsk_map *map, double x, double y, double *u, double *v);
double map_row_shift(const struct tsk_map *map, double v); /* what the row table adds, mm */
/* The last look for windows on pix, from a map that is close by. -1: no memory. */
int map_lay_again(struct tsk_map *map, PIX *pix);

/*
 * missing[r]: how many rows never came above row r of page, less than nothing where some came twice; line: where the sheet lies
 * on the page as it was sent (as map->av). Needs the whole map. -1: no memory.
 */
int rows_missing(const struct tsk_map *map, PIX *page, int *missing, double line[3]);
/*
 * Puts rows that never came back into a copy that takes map->clean's place, notes them in map->spoilt, and lays the map on it.
 * -1: no memory.
 */
int map_restore_rows(struct tsk_map *map);

#define MATCHED_MIN 0.25 /* wrong forms reach 0.16, poor pages of the right one 0.36 */

/* What tsk_map needs beyond the fit: page is upright, clean (set before) is the page that the fit was made on. */
int map_complete(struct tsk_map *map, const struct tsk_page *page, bool noisy, struct tsk_err *err) TSK_MUST_USE;

int register_from_coarse(const struct tsk_blank *blank, const struct tsk_page *page, const struct coarse *coarse,
                         struct tsk_map **out, struct tsk_err *err) TSK_MUST_USE;

#define SPAN_MAX 13 /* positions either way */

struct search {            /* positions tried around the place that the map expects */
    double step_u, step_v; /* mm */
    int span_u, span_v;    /* steps either way */
    double hold;           /* what a step away from the expected place must win */
};

/* Where a neighbourhood of the blank is on the page. False: off the page. */
bool find_window(const struct tsk_map *map, PIX *pix, const struct blank_window *window, const struct search *search,
                 struct sample *out);

/* Of the editions that show the same sheet as map's: the one whose own texts are on the page. margin: over the next. */
const struct tsk_form *edition_choose(const struct tsk_blanks *blanks, const struct tsk_map *map, PIX *pix,
                                      double *margin);

/*
 * Rows that the line garbled have ink all over the page that hangs together with nothing above or below. They are put right by
 * the rows on either side, in a copy that takes *pix's place. Returns how many; -1: no memory.
 */
int page_mend_garbled(PIX **pix, double px_per_mm);
/*
 * Rows that a hit on the line spoilt, one to a few together, are put right by the rows on either side, in a copy that takes
 * map->clean's place, and noted in map->spoilt; so are those that never came. Needs the whole map; received: the page before rows
 * were put back. Returns how many; -1: no memory.
 */
int page_mend_hits(struct tsk_map *map, PIX *received);
PIX *faults_find(PIX *page, double px_per_mm_x); /* NULL: no memory */

#define WINDOW_POINTS_MAX 160

int sample_region(PIX *mask, const int box[4], int want, struct blank_point *out);

/* (int)floor(at) for what is within the range of int, without a call. */
static inline int floor_px(double at)
{
    int whole = (int)at;

    return whole - (at < whole);
}

static inline bool page_ink(const l_uint32 *data, int wpl, int x, int y)
{
    return (data[(size_t)y * (size_t)wpl + (size_t)(x >> 5)] >> (31 - (x & 31))) & 1;
}

#endif
