/*
 * wide - functions whose loops over many floats are made twice: for any processor, and for registers of eight floats
 *
 * Promise    Which one runs is decided when the program starts, by what the processor can; both give the same results, bit for
 *            bit, because no multiplication is fused with an addition.
 */
#ifndef TASUKI_OCR_WIDE_H
#define TASUKI_OCR_WIDE_H

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && !defined(TASUKI_ASAN)
#define TSK_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define TSK_WIDE
#endif

#endif
