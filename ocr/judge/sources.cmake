list(APPEND OCR_SOURCES judge/calibration.c judge/dates.c judge/groups.c judge/judge.c judge/names.c)
