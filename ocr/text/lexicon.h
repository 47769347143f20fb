/*
 * lexicon - what the reader knows of names: institutions of the directory, departments, towns, surnames and given names
 *
 * Source     The office's directory (CSV of `tasuki directory export`), and config/data (postal codes, departments, names).
 */
#ifndef TASUKI_OCR_LEXICON_H
#define TASUKI_OCR_LEXICON_H

#include "base/err.h"
#include <stddef.h>

struct tsk_lexicon;

/* directory_csv may be NULL: no institutions are known then. data_dir: config/data. */
int tsk_lexicon_new(struct tsk_lexicon **out, const char *data_dir, const char *directory_csv, struct tsk_err *err)
    TSK_MUST_USE;
void tsk_lexicon_free(struct tsk_lexicon **lexicon);

#endif
