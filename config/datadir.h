/*
 * datadir - where the program's own data is: forms, reference tables, weights, calibration
 *
 * Layout     That of the source tree: forms/, config/data/, config/sample/, ocr/digits/weights.bin, ocr/judge/calibration.json.
 *            $TASUKI_DATA, else PREFIX/share/tasuki beside the PREFIX/bin that the running program lies in, else the source
 *            tree of the build.
 */
#ifndef TASUKI_CONFIG_DATADIR_H
#define TASUKI_CONFIG_DATADIR_H

#include <stddef.h>

const char *tsk_data_dir(void);
/* tsk_data_dir()/name, malloc'ed; NULL without memory. */
char *tsk_data_path(const char *name);

#endif
