#include "gateway/doctor.h"

#include <stdarg.h>
#include <stdio.h>

static void TSK_PRINTF(2, 0) say(const char *word, const char *format, va_list args)
{
    fputs(word, stdout);
    vprintf(format, args);
    putchar('\n');
}

void tsk_doctor_well(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say("ok     ", format, args);
    va_end(args);
}

void tsk_doctor_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say("note   ", format, args);
    va_end(args);
}

void tsk_doctor_fault(struct tsk_doctor *doctor, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say("FAULT  ", format, args);
    va_end(args);
    doctor->faults++;
}
