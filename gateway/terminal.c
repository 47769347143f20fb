#include "gateway/terminal.h"

#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define LOGIN_MAX 64

static uid_t started_by = (uid_t)-1;

void tsk_terminal_begin(void)
{
    const unsigned long nobody = UINT32_MAX; /* the kernel's word for it: a service, a container without logins */
    FILE *file = fopen("/proc/self/loginuid", "re");
    char text[16] = "", *end = text;
    unsigned long login = nobody;

    if (file != NULL && fgets(text, sizeof text, file) != NULL)
        login = strtoul(text, &end, 10);
    if (file != NULL)
        fclose(file);
    started_by = end != text && login < nobody ? (uid_t)login : getuid();
}

static const struct tsk_terminal_login *find(const struct tsk_config *config, const char *login)
{
    for (size_t i = 0; i < config->terminal_count; i++)
        if (strcmp(config->terminal[i].login, login) == 0)
            return &config->terminal[i];
    return NULL;
}

int tsk_terminal_prove(const char **by, const struct tsk_config *config, struct tsk_err *err)
{
    const struct tsk_terminal_login *found;
    const struct passwd *user;
    char login[LOGIN_MAX];

    if (config->terminal_count == 0)
        return 0;
    user = getpwuid(started_by);
    if (user != NULL)
        snprintf(login, sizeof login, "%s", user->pw_name);
    else
        snprintf(login, sizeof login, "%u", (unsigned)started_by);
    found = find(config, login);
    if (found == NULL)
        return tsk_fail(err, TSK_REJECT, 0,
                        "%s: the login \"%s\" of this machine is nobody under terminal:", config->path, login);
    if (*by != NULL && strcmp(*by, found->name) != 0)
        return tsk_fail(err, TSK_REJECT, 0, "--by \"%s\": the login \"%s\" is \"%s\" under terminal: in %s", *by, login,
                        found->name, config->path);
    *by = found->name;
    return 0;
}
