/*
 * measure_code - how many codes of ours are read: measure_code [--pages N] [--seed S] [--hits H] [--form ID/EDITION] [--none]
 *
 * Each page has a text of its own. Prints how many were read, not read, and read as something else, and the processor time of looking
 * for the code. Ends with 1 when one was read as something else. --none prints pages without a code.
 */
#include <stdlib.h>

#include "code_pages.h"

struct wish {
    unsigned pages, seed;
    int hits;
    bool none;
    char form[64];
};

static int parse(struct wish *wish, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--none") == 0) {
            wish->none = true;
            continue;
        }
        if (value == NULL)
            return -1;
        if (strcmp(argv[i], "--pages") == 0)
            wish->pages = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            wish->seed = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--hits") == 0)
            wish->hits = (int)strtol(value, NULL, 10);
        else if (strcmp(argv[i], "--form") == 0)
            snprintf(wish->form, sizeof wish->form, "%s", value);
        else
            return -1;
        i++;
    }
    return 0;
}

/* As records/sheet_code.h makes them. */
static void make_text(char out[64], unsigned seed)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t dice = (seed + 1) * 0x9e3779b97f4a7c15ULL;
    char check[13] = "";

    for (int i = 0; i < 12; i++) {
        dice ^= dice >> 12;
        dice ^= dice << 25;
        dice ^= dice >> 27;
        check[i] = digits[(dice * 2685821657736338717ULL) >> 59];
    }
    snprintf(out, 64, "T1/27115-2026-%04u/%06X/%s", seed % 10000, (unsigned)(dice & 0xffffff), check);
}

int main(int argc, char **argv)
{
    struct wish wish = { .pages = 100, .form = "referral-status/higashinari-2015" };
    long counts[CODE_NO_FORM + 1] = { 0 };
    char edition[64] = "", text[64];
    void *state = NULL;

    if (parse(&wish, argc, argv) != 0 || geometry_setup(&state) != 0) {
        fprintf(stderr, "usage: measure_code [--pages N] [--seed S] [--hits H] [--form ID/EDITION] [--none]\n");
        return 2;
    }
    struct geometry *g = state;
    char *slash = strchr(wish.form, '/');
    if (slash != NULL) {
        *slash = '\0';
        snprintf(edition, sizeof edition, "%s", slash + 1);
    }
    const struct tsk_form *form = tsk_forms_find(&g->forms, wish.form, slash != NULL ? edition : NULL);
    for (unsigned seed = wish.seed; form != NULL && seed < wish.seed + wish.pages; seed++) {
        const struct faxsim fax = code_line(seed, wish.hits);

        make_text(text, seed);
        enum code_found found = code_on_page(g, form, &fax, wish.none ? NULL : text);
        counts[found]++;
        if (found != (wish.none ? CODE_NONE : CODE_READ))
            printf("  seed %u: %s\n", seed,
                   found == CODE_NONE    ? "not read"
                   : found == CODE_WRONG ? "WRONG"
                                         : "no form");
    }
    printf("%u pages, %d hits at most: read %ld, not read %ld, read as something else %ld, form not known %ld\n",
           wish.pages, wish.hits, counts[CODE_READ], counts[CODE_NONE], counts[CODE_WRONG], counts[CODE_NO_FORM]);
    printf("processor time of a page: %.1f ms, %.1f ms at most\n", code_cost.all_ms / wish.pages, code_cost.most_ms);
    geometry_teardown(&state);
    return form == NULL || counts[CODE_WRONG] > 0;
}
