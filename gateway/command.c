#include "gateway/command.h"

#include <stdio.h>
#include <string.h>

static void take_out(int *argc, char **argv, int from, int count)
{
    for (int i = from; i + count <= *argc; i++)
        argv[i] = argv[i + count]; /* argv[*argc] is NULL and moves along */
    *argc -= count;
}

static bool is_end(const char *word)
{
    return strcmp(word, "--") == 0;
}

bool tsk_cli_flag(int *argc, char **argv, const char *name)
{
    for (int i = 1; i < *argc && !is_end(argv[i]); i++)
        if (strcmp(argv[i], name) == 0) {
            take_out(argc, argv, i, 1);
            return true;
        }
    return false;
}

const char *tsk_cli_option(int *argc, char **argv, const char *name, struct tsk_err *err)
{
    size_t len = strlen(name);

    for (int i = 1; i < *argc && !is_end(argv[i]); i++) {
        const char *word = argv[i], *value;

        if (strncmp(word, name, len) != 0 || (word[len] != '\0' && word[len] != '='))
            continue;
        value = word[len] == '=' ? word + len + 1 : argv[i + 1];
        if (value == NULL || is_end(value)) {
            tsk_fail(err, TSK_REJECT, 0, "%s needs a value", name);
            return NULL;
        }
        take_out(argc, argv, i, word[len] == '=' ? 1 : 2);
        return value;
    }
    return NULL;
}

int tsk_cli_rest(int *argc, char **argv, struct tsk_err *err)
{
    for (int i = 1; i < *argc; i++) {
        if (is_end(argv[i])) {
            take_out(argc, argv, i, 1);
            return 0;
        }
        if (argv[i][0] == '-' && argv[i][1] != '\0')
            return tsk_fail(err, TSK_REJECT, 0, "%s: there is no option %s", argv[0], argv[i]);
    }
    return 0;
}

int tsk_cli_failed(const struct tsk_err *err)
{
    fprintf(stderr, "tasuki: %s\n", err->text);
    return TSK_EXIT_FAILED;
}

int tsk_cli_usage(const struct tsk_command *command)
{
    const char *line = command->usage;

    while (*line != '\0') {
        size_t len = strcspn(line, "\n");

        fprintf(stderr, "%s tasuki %.*s\n", line == command->usage ? "usage:" : "      ", (int)len, line);
        line += len + (line[len] == '\n');
    }
    return TSK_EXIT_USAGE;
}
