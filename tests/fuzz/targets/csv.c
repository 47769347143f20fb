#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "fuzz.h"
#include "records/directory.h"

static void ignore(void *ctx, const char *text)
{
    ++*(int *)ctx;
    fuzz_require_text(text, "what is wrong with a line is said in text");
}

static struct tsk_store *store(void)
{
    static struct tsk_store *open;
    static const struct tsk_office office = { "kita", "", "北区", "27127" };
    struct tsk_import done;
    int told = 0;
    char path[96];

    snprintf(path, sizeof path, "%s/directory.db", fuzz_dir());
    if (open != NULL)
        return open;
    fuzz_require(tsk_store_open(&open, path, NULL) == 0 && tsk_office_put(open, &office, NULL) == 0, "a store");
    fuzz_require(tsk_directory_import(&done, open, TASUKI_SOURCE_DIR "/config/sample/directory.csv", "kita", "tester",
                                      ignore, &told, NULL) == 0,
                 "the book that is there before: entries are changed, and end");
    return open;
}

/* Row by row, and then as the address book of an office; what was imported is taken back. */
void fuzz_csv(const uint8_t *bytes, size_t len)
{
    const char *path = fuzz_path(bytes, len);
    struct tsk_import done;
    struct tsk_csv *csv;
    struct tsk_err err = { 0 };
    char **cells;
    int count, line, last = 0, rc = 0, told = 0;

    if (tsk_csv_open(&csv, path, &err) != 0)
        return;
    while ((rc = tsk_csv_next(csv, &cells, &count, &line, &err)) == 1) {
        fuzz_require(count >= 1 && count <= TSK_CSV_CELLS_MAX && line > last, "rows have cells, and lines go on");
        last = line;
        for (int i = 0; i < count; i++)
            fuzz_require_text(cells[i], "a cell is text");
    }
    tsk_csv_close(&csv);
    fuzz_require(tsk_store_begin(store(), &err) == 0, "a transaction");
    rc = tsk_directory_import(&done, store(), path, "kita", "tester", ignore, &told, &err);
    fuzz_require(rc == 0 ? told == 0 : err.text[0] != '\0', "all lines, or none and a reason");
    tsk_store_rollback(store());
}
