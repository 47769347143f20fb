#include "ocr/text/decide.h"

const double tsk_text_weights[TSK_SCORE_CLASSES][TSK_FEATURES + 1] = {
    [TSK_SCORE_LISTED] = { -1, -4, -3, 1, 2, -1 },
    [TSK_SCORE_NAME] = { -2, -4, -3, 1, 2, -2, 2, 1, 0, 1 },
    [TSK_SCORE_KANA] = { -2, -4, -3, 1, 2, -2, 2, 1, 0, 1 },
    [TSK_SCORE_ADDRESS] = { -2, -4, -3, 1, 2, -2, 2, 1, 0, 1 },
    [TSK_SCORE_PATTERN] = { -3, 0, 0, 0, 0, -2, 2, 1, 0, 1, 0, 0, 0, 2 },
    [TSK_SCORE_FREE] = { -3, 0, 0, 0, 0, -2, 3, 2, 0, 2 },
};
const double tsk_written_weights[TSK_INK_FEATURES + 1] = { -4, 3, 0, 0, 0.5, 0, 0 };
const double tsk_hand_weights[6] = { -3, 10, 5, 0, 0, 0 };
