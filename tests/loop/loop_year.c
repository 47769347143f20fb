/*
 * loop_year - a scripted year of one office through the program: loop_year SITE DAYS SEED REFERRALS EXPORTS
 *
 * SITE       an empty site as `tasuki init --sample` makes it; run.py makes one and calls this.
 * REFERRALS  a year
 * EXPORTS    a folder that gets every case at the end, for run.py to look at
 */
#include <stdio.h>
#include <stdlib.h>

#include "office.h"

int main(int argc, char **argv)
{
    static struct loop_office office;
    struct loop_world world;
    long wrong = 0;
    int rc;

    if (argc != 6) {
        fprintf(stderr, "usage: loop_year SITE DAYS SEED REFERRALS EXPORTS\n");
        return 2;
    }
    int days = (int)strtol(argv[2], NULL, 10), referrals = (int)strtol(argv[4], NULL, 10);
    rc = loop_world_tell(&world, strtoull(argv[3], NULL, 10), referrals, days, &office.err);
    if (rc == 0)
        rc = loop_office_open(&office, &world, argv[1]);
    for (int day = 0; rc == 0 && day < days; day++) {
        rc = loop_office_day(&office, day);
        if (rc != 0)
            fprintf(stderr, "day %d: ", day);
    }
    if (rc == 0)
        rc = loop_log_close(&office) != 0 || loop_check(&office, &wrong) != 0 || loop_export(&office, argv[5]) != 0 ? -1
                                                                                                                    : 0;
    if (rc != 0)
        fprintf(stderr, "loop_year: %s\n", office.err.text);
    loop_office_close(&office);
    loop_world_free(&world);
    return rc != 0 || wrong != 0;
}
