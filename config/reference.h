/*
 * reference - wards of Osaka, towns with their postal codes, and written variants of name characters
 *
 * Promise    Nothing changes after loading. Lookups accept what people write: spaces, full-width forms and variants such as
 *            髙/高 make no difference.
 * Ownership  Every const pointer belongs to the reference; tsk_reference_free() ends it.
 * Errors     TSK_STOP with file and line: the tables are part of the program.
 * Source     config/data (README.md there states origin and licences).
 */
#ifndef TASUKI_CONFIG_REFERENCE_H
#define TASUKI_CONFIG_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct tsk_ward {
    const char *code;            /* "27115" */
    const char *name;            /* 東成区 */
    const char *kana;            /* ヒガシナリク */
    const char *postal_prefixes; /* "537", or several with a space between */
};

struct tsk_town {
    const char *code; /* of its ward or city: "27115" */
    const char *city; /* 東成区, or 東大阪市 */
    const char *name; /* 大今里南 */
    const char *kana;
    const char *postal; /* "5370013" */
    /* tsk_reference_name_key() of name, of city and name, and of kana: for comparing with what somebody types */
    const char *name_key, *full_key, *kana_key;
};

struct tsk_reference;

/* data_dir: the folder config/data. */
int tsk_reference_load(struct tsk_reference **out, const char *data_dir, struct tsk_err *err) TSK_MUST_USE;
void tsk_reference_free(struct tsk_reference **reference);

size_t tsk_reference_ward_count(const struct tsk_reference *reference);
const struct tsk_ward *tsk_reference_ward(const struct tsk_reference *reference, size_t at);
const struct tsk_ward *tsk_reference_ward_by_code(const struct tsk_reference *reference, const char *code);
/* 東成区, 東成, 大阪市東成区 or an address that starts with one of them; NULL if it names no ward. */
const struct tsk_ward *tsk_reference_ward_named(const struct tsk_reference *reference, const char *text);

/* Towns of Osaka first, then those of the neighbour cities, each in the order of the postal code. */
size_t tsk_reference_town_count(const struct tsk_reference *reference);
const struct tsk_town *tsk_reference_town(const struct tsk_reference *reference, size_t at);
/*
 * The town with the longest name that the address starts with, after 大阪市 and ward if it names them. ward_code: only
 * towns of that ward; NULL or "": any. NULL also when the name exists in two wards and nothing says which.
 */
const struct tsk_town *tsk_reference_town_of(const struct tsk_reference *reference, const char *ward_code,
                                             const char *address);

/* The common form of a name character: 髙 -> 高; any other rune is its own. */
uint32_t tsk_reference_base(const struct tsk_reference *reference, uint32_t rune);
/* For comparing names: tsk_compare_key() with every listed variant as its base (髙橋 -> 高橋, 渡邊 -> 渡辺). malloc'ed. */
char *tsk_reference_name_key(const struct tsk_reference *reference, const char *text) TSK_MUST_USE;

#endif
