list(APPEND OCR_SOURCES register/blanks.c register/cells.c register/coarse.c register/edition.c register/faults.c register/fit.c register/hits.c register/identify.c
     register/parts.c register/patch.c register/register.c)
# The whole page is sampled field by field: loops over its pixels run in wide registers.
set_source_files_properties(register/patch.c PROPERTIES COMPILE_OPTIONS -O3)
