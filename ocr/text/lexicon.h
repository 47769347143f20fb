/*
 * lexicon - what the reader knows of names: institutions of the directory, departments, towns, surnames and given names
 *
 * Promise    Answers with what stands nearest to a reading and how far the second is; it never decides. Distance 0 is the
 *            same writing (NFKC, spaces, variants of name characters); 1 is one letter that has nothing in common.
 *            Look-alikes (ロ/口, small and large kana, dashes) and letters that an engine named as its second choice cost
 *            less than 1.
 * Ownership  Loaded once, before confinement; read-only afterwards. Strings of a match are the caller's buffer.
 * Source     The office's directory (CSV of `tasuki directory export`), and config/data (postal codes, departments, names).
 */
#ifndef TASUKI_OCR_LEXICON_H
#define TASUKI_OCR_LEXICON_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tsk_lexicon;

enum tsk_lexicon_kind {
    TSK_LEXICON_FREE,
    TSK_LEXICON_INSTITUTION,
    TSK_LEXICON_DEPARTMENT,
    TSK_LEXICON_TOWN, /* an address: town, then numbers */
    TSK_LEXICON_SURNAME,
    TSK_LEXICON_PERSON, /* surname, or surname and given name */
    TSK_LEXICON_KANA,   /* the same in katakana */
    TSK_LEXICON_PHONE,
    TSK_LEXICON_EMAIL,
    TSK_LEXICON_WARD,
    TSK_LEXICON_RELATION,
    TSK_LEXICON_KINDS
};

/* directory_csv may be NULL: no institutions are known then. data_dir: config/data. */
int tsk_lexicon_new(struct tsk_lexicon **out, const char *data_dir, const char *directory_csv,
                    struct tsk_err *err) TSK_MUST_USE;
void tsk_lexicon_free(struct tsk_lexicon **lexicon);

enum tsk_lexicon_kind tsk_lexicon_kind_of(const char *id); /* the name in a form; FREE if unknown */

#define TSK_GLYPH_ALTERNATIVES 4
#define TSK_GLYPHS_MAX 128

struct tsk_glyph {                          /* one letter as an engine read it */
    uint32_t rune;                          /* folded: NFKC, dashes one, hiragana as katakana */
    uint32_t written;                       /* NFKC only */
    uint32_t other[TSK_GLYPH_ALTERNATIVES]; /* its next choices, folded, best first, 0 ends */
    bool spaced;                            /* the engine saw a space before it */
};

struct tsk_match {
    char value[128]; /* as it is to be written in that field */
    double distance;
    double prior;      /* how common, as a distance that was added for choosing: 0 is common */
    const void *entry; /* the same for two writings of one institution (with and without 病院) */
};

/*
 * The nearest entries to what was read, best first, different in value; returns how many (0: this kind has no list, or
 * nothing is near). ward: code of the ward printed on the form, or "". suffix: what is printed behind the field (病院).
 */
size_t tsk_lexicon_nearest(const struct tsk_lexicon *lexicon, enum tsk_lexicon_kind kind, const char *ward,
                           const char *suffix, const struct tsk_glyph *glyphs, size_t count, struct tsk_match *out,
                           size_t max);

/* The institutions of the directory, in no order, as tsk_lexicon_nearest() would write them; distance 0. Returns how many. */
size_t tsk_lexicon_institutions(const struct tsk_lexicon *lexicon, const char *suffix, struct tsk_match *out,
                                size_t max);

/*
 * How much of what only this institution bears was read, 0..1: without words that many bear (総合, クリニック), and without
 * what others of the directory begin with. An institution that is in no directory has the usual words in common with many.
 */
double tsk_lexicon_own_letters(const struct tsk_lexicon *lexicon, const char *institution,
                               const struct tsk_glyph *glyphs, size_t count);

/* Makes glyphs of a plain text; at most max. */
size_t tsk_glyphs_of(const char *text, struct tsk_glyph *out, size_t max);

enum tsk_fit { TSK_FIT_UNKNOWN, TSK_FIT_YES, TSK_FIT_NO };

/* Can this name be read so? UNKNOWN when a part of the name is in no list. */
enum tsk_fit tsk_lexicon_kana_fits(const struct tsk_lexicon *lexicon, const char *kanji_name, const char *kana);

#endif
