/*
 * qr - what the modules of a QR code say when some of them are unsure or missing (ISO/IEC 18004)
 *
 * Versions   2 to 4 with error correction M or Q: what forms/render.c prints, and printed before.
 * Promise    A text comes out only when each block was put right with two checks to spare, the text ends as it should, and the modules
 *            that were sure agree with it. Which codewords to give up is tried from the least sure on.
 */
#ifndef TASUKI_OCR_CODE_QR_H
#define TASUKI_OCR_CODE_QR_H

#include <stdbool.h>

#define TSK_QR_WIDTH_LEAST 25
#define TSK_QR_WIDTH_MAX 33
#define TSK_QR_TEXT_SIZE 128

struct tsk_qr {
    int width;
    float dark[TSK_QR_WIDTH_MAX][TSK_QR_WIDTH_MAX]; /* [row][column] log of odds: > 0 dark, 0 nobody knows */
};

enum tsk_qr_module { TSK_QR_LIGHT, TSK_QR_DARK, TSK_QR_FORMAT, TSK_QR_DATA };

/* What every code of this width has there; format and data differ from code to code. */
enum tsk_qr_module tsk_qr_module(int width, int row, int column);
bool tsk_qr_decode(char text[TSK_QR_TEXT_SIZE], const struct tsk_qr *qr);

#endif
