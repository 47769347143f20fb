/* directory_new - what importing and looking up share; private to records/ */
#ifndef TASUKI_RECORDS_DIRECTORY_NEW_H
#define TASUKI_RECORDS_DIRECTORY_NEW_H

#include "records/directory.h"

enum { TSK_DIRECTORY_COLUMNS = 7 };
extern const char *const tsk_directory_columns[TSK_DIRECTORY_COLUMNS]; /* kind … phone, in the order of the file */

/* NULL when the cell is good, else what is wrong with it, for a person. */
const char *tsk_directory_fault(int column, const char *cell);

#endif
