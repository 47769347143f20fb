list(APPEND OCR_SOURCES register/blanks.c register/cells.c register/coarse.c register/edition.c register/faults.c register/fit.c register/identify.c
     register/parts.c register/patch.c register/register.c)
