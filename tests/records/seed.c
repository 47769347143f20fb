/* seed - puts a referral, its second fax and a referral of another office into the store of a site: seed DATABASE */
#include <stdio.h>
#include <string.h>

#include "fixture.h"

static int add(struct tsk_store *store, const char *id, const char *office, bool outcome, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)1 << 20);
    const struct tsk_document_new document = fixture_document(id, office, id);
    struct tsk_document_added added;
    struct tsk_reading reading;
    const struct tsk_page_new page = { .reading = &reading, .image = "", .crops = "" };

    if (outcome)
        fixture_outcome(&reading, "山田 一郎");
    else
        fixture_referral(&reading, "山田 一郎");
    fixture_set(&reading, "patient_name", "山田 一朗", true);
    if (outcome) /* a date that only a person can settle */
        tsk_reading_derive(&reading, "birth_date", "1951-05-02", true);
    int rc = fixture_record(&added, store, &document, &page, 1, arena, err);
    tsk_reading_free(&reading);
    tsk_arena_free(&arena);
    return rc;
}

int main(int argc, char **argv)
{
    struct tsk_store *store = NULL;
    struct tsk_err err = { .kind = TSK_OK };
    int rc = argc == 2 ? 0 : tsk_fail(&err, TSK_REJECT, 0, "usage: seed DATABASE");

    if (rc == 0)
        rc = tsk_store_open(&store, argv[1], &err);
    if (rc == 0)
        rc = add(store, "DOC1", "higashinari", false, &err);
    if (rc == 0)
        rc = add(store, "DOC2", "higashinari", true, &err);
    if (rc == 0)
        rc = add(store, "DOC3", "ikuno", false, &err);
    tsk_store_close(&store);
    if (rc != 0)
        fprintf(stderr, "%s\n", err.text);
    return rc == 0 ? 0 : 1;
}
