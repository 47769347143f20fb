/* tasuki - fax and e-mail gateway for patient transition sheets: one program, one subcommand each */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "gateway/command.h"

static const struct tsk_command *const commands[] = {
#ifdef TASUKI_CMD_SERVE
    &tsk_cmd_serve,
#endif
#ifdef TASUKI_CMD_INTAKE
    &tsk_cmd_intake,
#endif
#ifdef TASUKI_CMD_READER
    &tsk_cmd_reader,
#endif
#ifdef TASUKI_CMD_RECOGNISER
    &tsk_cmd_recogniser,
#endif
#ifdef TASUKI_CMD_SENDER
    &tsk_cmd_sender,
#endif
#ifdef TASUKI_CMD_INIT
    &tsk_cmd_init,
#endif
#ifdef TASUKI_CMD_DOCTOR
    &tsk_cmd_doctor,
#endif
#ifdef TASUKI_CMD_SUBMIT
    &tsk_cmd_submit,
#endif
#ifdef TASUKI_CMD_QUEUE
    &tsk_cmd_queue,
#endif
#ifdef TASUKI_CMD_REPORT
    &tsk_cmd_report,
#endif
#ifdef TASUKI_CMD_READ
    &tsk_cmd_read,
#endif
#ifdef TASUKI_CMD_FORMS
    &tsk_cmd_forms,
#endif
#ifdef TASUKI_CMD_SHEET
    &tsk_cmd_sheet,
#endif
#ifdef TASUKI_CMD_CASE
    &tsk_cmd_case,
#endif
#ifdef TASUKI_CMD_CONSENT
    &tsk_cmd_consent,
#endif
#ifdef TASUKI_CMD_DIRECTORY
    &tsk_cmd_directory,
#endif
#ifdef TASUKI_CMD_TODO
    &tsk_cmd_todo,
#endif
#ifdef TASUKI_CMD_ROUTE
    &tsk_cmd_route,
#endif
#ifdef TASUKI_CMD_AUDIT
    &tsk_cmd_audit,
#endif
    NULL
};

static void print_help(FILE *out)
{
    fputs("Tasuki hands patient transition sheets on: a faxed sheet in, a record and a notice out.\n\n"
          "usage: tasuki COMMAND [ARGUMENTS] [--site DIR]\n\n",
          out);
    for (size_t i = 0; commands[i] != NULL; i++)
        fprintf(out, "  %-11s %s\n", commands[i]->name, commands[i]->help);
    fputs("\nThe site is --site DIR, else $TASUKI_SITE, else ./site, else /etc/tasuki.\n"
          "tasuki COMMAND --help shows how a command is used.\n",
          out);
}

static int print_command(const struct tsk_command *command)
{
    printf("%s\n\n", command->help);
    for (const char *line = command->usage; *line != '\0';) {
        size_t len = strcspn(line, "\n");

        printf("  tasuki %.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
    return TSK_EXIT_OK;
}

static int run(const struct tsk_command *command, int argc, char **argv)
{
    int rc;

    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return print_command(command);
    rc = command->run(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("tasuki: standard output could not be written\n", stderr);
        return rc == TSK_EXIT_OK ? TSK_EXIT_FAILED : rc;
    }
    return rc;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        print_help(stderr);
        return TSK_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        puts("tasuki " TASUKI_VERSION);
        return TSK_EXIT_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return TSK_EXIT_OK;
    }
    for (size_t i = 0; commands[i] != NULL; i++)
        if (strcmp(argv[1], commands[i]->name) == 0)
            return run(commands[i], argc - 1, argv + 1);
    fprintf(stderr, "tasuki: there is no command \"%s\"; tasuki --help lists them\n", argv[1]);
    return TSK_EXIT_USAGE;
}
