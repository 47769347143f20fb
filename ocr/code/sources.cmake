list(APPEND OCR_SOURCES code/code.c)
