/*
 * scripts - strokes that two scripts have in common: リ and り, ー and 一, カ and 力
 *
 * Promise    Neighbours decide: よリ is より, サ一ビス is サービス, 第ー is 第一; へ is most often the particle. Anything else stays.
 */
#ifndef TASUKI_OCR_TEXT_SCRIPTS_H
#define TASUKI_OCR_TEXT_SCRIPTS_H

#include <stdint.h>

/* before, after: the neighbours, 0 at an end. */
uint32_t tsk_in_script(uint32_t before, uint32_t rune, uint32_t after);

#endif
