/*
 * rs - Reed-Solomon over GF(256) as QR codes use it (ISO/IEC 18004, polynomial 0x11d, roots from 2^0), with erasures
 *
 * Promise    A block is put right while 2 * errors + erasures <= checks; otherwise it is left as it was.
 */
#ifndef TASUKI_OCR_CODE_RS_H
#define TASUKI_OCR_CODE_RS_H

#include <stdbool.h>
#include <stdint.h>

#define TSK_RS_CODEWORDS_MAX 255
#define TSK_RS_CHECKS_MAX 30

/* codewords: data, then `checks` of them; erased: places in codewords. *errors: those that were wrong and not said to be erased. */
bool tsk_rs_correct(uint8_t *codewords, int count, int checks, const int *erased, int erased_count, int *errors);

#endif
