/* migrations - the statements of records/migrations/NNN_*.sql, in order; number N makes a database version N */
#ifndef TASUKI_RECORDS_MIGRATIONS_H
#define TASUKI_RECORDS_MIGRATIONS_H

struct tsk_migration {
    const char *name;
    const unsigned char *sql; /* NUL-terminated */
};

extern const struct tsk_migration tsk_migrations[];
extern const int tsk_migration_count;

#endif
