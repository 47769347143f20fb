list(APPEND OCR_SOURCES register/blanks.c register/cells.c register/coarse.c register/edition.c register/faults.c register/fit.c register/hits.c register/identify.c
     register/parts.c register/patch.c register/register.c register/lost.c register/restore.c)
# Every blank is slid over the page, and the page sampled field by field: these loops run in wide registers.
set_source_files_properties(register/patch.c register/coarse.c register/cells.c PROPERTIES COMPILE_OPTIONS -O3)
