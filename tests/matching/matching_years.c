#include <stdio.h>
#include <stdlib.h>

#include "score.h"

int main(int argc, char **argv)
{
    struct tsk_match_score score;
    struct tsk_err err = { 0 };
    int years = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 24;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 900000;

    if (tsk_match_score_years(&score, seed, years, 600, &err) != 0) {
        fprintf(stderr, "matching_years: %s\n", err.text);
        return 1;
    }
    tsk_match_score_print(&score);
    return 0;
}
