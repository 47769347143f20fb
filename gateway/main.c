/* tasuki - fax and e-mail gateway for patient transition sheets: one program, one subcommand each */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "gateway/command.h"
#include "gateway/terminal.h"

static const struct tsk_command *const commands[] = { &tsk_cmd_serve,
                                                      &tsk_cmd_intake,
                                                      &tsk_cmd_reader,
                                                      &tsk_cmd_recogniser,
                                                      &tsk_cmd_sender,
                                                      &tsk_cmd_web,
                                                      &tsk_cmd_imap,
                                                      &tsk_cmd_mailbox,
                                                      &tsk_cmd_log,
                                                      &tsk_cmd_counts,
                                                      &tsk_cmd_export,
                                                      &tsk_cmd_init,
                                                      &tsk_cmd_key,
                                                      &tsk_cmd_keeper,
                                                      &tsk_cmd_backup,
                                                      &tsk_cmd_restore,
                                                      &tsk_cmd_metrics,
                                                      &tsk_cmd_doctor,
                                                      &tsk_cmd_submit,
                                                      &tsk_cmd_intake_fax,
                                                      &tsk_cmd_fax_notify,
                                                      &tsk_cmd_queue,
                                                      &tsk_cmd_report,
                                                      &tsk_cmd_read,
                                                      &tsk_cmd_forms,
                                                      &tsk_cmd_sheet,
                                                      &tsk_cmd_case,
                                                      &tsk_cmd_consent,
                                                      &tsk_cmd_difficult,
                                                      &tsk_cmd_directory,
                                                      &tsk_cmd_search,
                                                      &tsk_cmd_todo,
                                                      &tsk_cmd_inquiry,
                                                      &tsk_cmd_route,
                                                      &tsk_cmd_audit,
                                                      &tsk_cmd_user,
                                                      &tsk_cmd_retention,
                                                      &tsk_cmd_office,
                                                      &tsk_cmd_incident,
                                                      &tsk_cmd_morning,
                                                      NULL };

static void print_help(FILE *out)
{
    fputs("Tasuki hands patient transition sheets on: a faxed sheet in, a record and a notice out.\n\n"
          "usage: tasuki COMMAND [ARGUMENTS] [--site DIR]\n\n",
          out);
    for (size_t i = 0; commands[i] != NULL; i++)
        fprintf(out, "  %-11s %s\n", commands[i]->name, commands[i]->help);
    fputs("\nThe site is --site DIR, else $TASUKI_SITE, else ./site, else /var/lib/tasuki, else /etc/tasuki.\n"
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

/* What a process holds of a patient or of a key never becomes a file of its own, and no other process of the user looks in. */
static void leave_no_dump(void)
{
    const struct rlimit none = { 0, 0 };

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0);
}

int main(int argc, char **argv)
{
    leave_no_dump();
    tsk_terminal_begin();
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
