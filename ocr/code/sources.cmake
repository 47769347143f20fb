list(APPEND OCR_SOURCES code/code.c code/qr.c code/rows.c code/rs.c)
