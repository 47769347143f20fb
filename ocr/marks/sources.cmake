list(APPEND OCR_SOURCES marks/box.c marks/circle.c marks/evidence.c marks/group.c marks/marks.c marks/option.c marks/picture.c
     marks/verdict.c)
