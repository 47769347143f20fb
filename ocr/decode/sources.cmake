list(APPEND OCR_SOURCES decode/decode.c decode/tiff.c decode/scan.c decode/page.c)
