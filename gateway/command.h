/*
 * command - one subcommand of `tasuki`, and what all of them need: options and a clear last line
 *
 * Promise    A command prints results on standard output and exactly one line on standard error when it fails.
 *            Exit status: 0 done, 1 refused or failed, 2 called wrongly.
 * Options    tsk_cli_flag() and tsk_cli_option() take what they find out of argv, so that the rest are plain arguments;
 *            both "--name VALUE" and "--name=VALUE" are understood, and nothing behind "--" is touched.
 */
#ifndef TASUKI_GATEWAY_COMMAND_H
#define TASUKI_GATEWAY_COMMAND_H

#include <stdbool.h>

#include "base/err.h"

enum { TSK_EXIT_OK, TSK_EXIT_FAILED, TSK_EXIT_USAGE };

struct tsk_command {
    const char *name;                  /* "queue" */
    const char *usage;                 /* "queue [list|show ID]": one line a form, separated by newlines */
    const char *help;                  /* one line, English */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit status */
};

extern const struct tsk_command tsk_cmd_audit;
extern const struct tsk_command tsk_cmd_backup;
extern const struct tsk_command tsk_cmd_case;
extern const struct tsk_command tsk_cmd_consent;
extern const struct tsk_command tsk_cmd_counts;
extern const struct tsk_command tsk_cmd_difficult;
extern const struct tsk_command tsk_cmd_directory;
extern const struct tsk_command tsk_cmd_doctor;
extern const struct tsk_command tsk_cmd_export;
extern const struct tsk_command tsk_cmd_fax_notify;
extern const struct tsk_command tsk_cmd_forms;
extern const struct tsk_command tsk_cmd_inquiry;
extern const struct tsk_command tsk_cmd_imap;
extern const struct tsk_command tsk_cmd_incident;
extern const struct tsk_command tsk_cmd_init;
extern const struct tsk_command tsk_cmd_intake;
extern const struct tsk_command tsk_cmd_intake_fax;
extern const struct tsk_command tsk_cmd_log;
extern const struct tsk_command tsk_cmd_mailbox;
extern const struct tsk_command tsk_cmd_keeper;
extern const struct tsk_command tsk_cmd_key;
extern const struct tsk_command tsk_cmd_metrics;
extern const struct tsk_command tsk_cmd_morning;
extern const struct tsk_command tsk_cmd_office;
extern const struct tsk_command tsk_cmd_queue;
extern const struct tsk_command tsk_cmd_read;
extern const struct tsk_command tsk_cmd_reader;
extern const struct tsk_command tsk_cmd_recogniser;
extern const struct tsk_command tsk_cmd_report;
extern const struct tsk_command tsk_cmd_restore;
extern const struct tsk_command tsk_cmd_retention;
extern const struct tsk_command tsk_cmd_route;
extern const struct tsk_command tsk_cmd_sender;
extern const struct tsk_command tsk_cmd_serve;
extern const struct tsk_command tsk_cmd_sheet;
extern const struct tsk_command tsk_cmd_submit;
extern const struct tsk_command tsk_cmd_search;
extern const struct tsk_command tsk_cmd_todo;
extern const struct tsk_command tsk_cmd_user;
extern const struct tsk_command tsk_cmd_web;

bool tsk_cli_flag(int *argc, char **argv, const char *name);
/* The value, or NULL when the option is absent. An option without a value sets *err and returns NULL. */
const char *tsk_cli_option(int *argc, char **argv, const char *name, struct tsk_err *err);
/* Takes "--" away and refuses an option that nobody took; call it last. */
int tsk_cli_rest(int *argc, char **argv, struct tsk_err *err) TSK_MUST_USE;

int tsk_cli_failed(const struct tsk_err *err);        /* prints "tasuki: TEXT", returns TSK_EXIT_FAILED */
int tsk_cli_usage(const struct tsk_command *command); /* prints the usage, returns TSK_EXIT_USAGE */

#endif
