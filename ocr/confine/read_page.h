/*
 * read_page - one page through every stage: which form and where it lies, fields, judge
 *
 * Promise    A page that matches no form, or does not register, has no values. A page whose lower end is missing, or of
 *            which many rows were damaged, keeps what was readable, all of it for a person.
 * Process    tsk_models_load() opens files and may take a second; reading opens nothing and starts nothing.
 */
#ifndef TASUKI_OCR_READ_PAGE_H
#define TASUKI_OCR_READ_PAGE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "forms/reading.h"
#include "ocr/confine/recogniser.h"
#include "ocr/page.h"

#define TSK_TOLERATED_DEFAULT 0.001 /* of accepted values, how many may be wrong */

struct tsk_models; /* forms, blanks, lexicon, text engine, digits, calibration */

struct tsk_models_from {
    const char *data_dir;          /* forms/, config/data/ and the weights and calibration of ocr/ are below */
    const char *const *forms_dirs; /* more forms than those of data_dir */
    size_t forms_dir_count;
    const char *form;          /* only this form's editions, or NULL */
    const char *directory_csv; /* institutions, or NULL */
    const char *cache_dir;     /* for rasters of blank sheets, or NULL */
    double tolerated;          /* share of accepted values that may be wrong; 0: default */
    bool marks_only;           /* models for text and digits are not loaded */
};

int tsk_models_load(struct tsk_models **out, const struct tsk_models_from *from, struct tsk_err *err) TSK_MUST_USE;
void tsk_models_free(struct tsk_models **models);
/* What reads, for the end frame: {"reader", "weights", "calibration"}. */
json_t *tsk_models_versions(const struct tsk_models *models) TSK_MUST_USE;

enum tsk_page_stage {
    TSK_STAGE_DECODE,
    TSK_STAGE_REGISTER, /* and which form it is: one fit answers both */
    TSK_STAGE_MARKS,
    TSK_STAGE_DIGITS,
    TSK_STAGE_TEXT,
    TSK_STAGE_JUDGE,
    TSK_STAGE_COUNT
};

struct tsk_timing {
    double ms[TSK_STAGE_COUNT];
};

/* page is turned upright. timing may be NULL. */
int tsk_read_page(const struct tsk_models *models, const struct tsk_request *request, struct tsk_page *page,
                  struct tsk_reading *out, struct tsk_timing *timing, struct tsk_err *err) TSK_MUST_USE;

/* A whole document into frames: a tsk_document_fn whose ctx is a struct tsk_models. */
int tsk_read_document(void *models, const struct tsk_request *request, int document_fd, int out_fd,
                      struct tsk_err *err) TSK_MUST_USE;

#endif
