#include "gateway/fax_log.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"

#define TAIL_BYTES ((off_t)1 << 20) /* some thousand calls */
#define COLUMNS_MAX 24
#define MODEM 3 /* date, RECV, COMMID, modem: xferfaxlog(5) */

static char *unquoted(char *cell)
{
    size_t len = strlen(cell);

    if (len < 2 || cell[0] != '"' || cell[len - 1] != '"')
        return cell;
    cell[len - 1] = '\0';
    return cell + 1;
}

/* "recvq/fax00012.tif" or the name alone: in which column depends on the version. */
static bool names_file(const char *cell, const char *name)
{
    const char *slash = strrchr(cell, '/');

    return strcmp(slash != NULL ? slash + 1 : cell, name) == 0;
}

static bool is_modem(const char *text)
{
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++)
        if (!isalnum((unsigned char)*text) && strchr("._-:", *text) == NULL)
            return false;
    return true;
}

bool tsk_fax_log_line(char *out, size_t size, char *line, const char *name)
{
    char *cells[COLUMNS_MAX];
    size_t count = 0;
    bool about = false;

    for (char *at = line; at != NULL && count < COLUMNS_MAX;)
        cells[count++] = strsep(&at, "\t");
    if (count <= MODEM || strcmp(cells[1], "RECV") != 0)
        return false;
    for (size_t i = MODEM + 1; i < count && !about; i++)
        about = names_file(unquoted(cells[i]), name);
    char *modem = unquoted(cells[MODEM]);
    if (!about || !is_modem(modem))
        return false;
    snprintf(out, size, "%s", modem);
    return true;
}

static void look(char *out, size_t size, FILE *file, const char *name)
{
    char *line = NULL;
    size_t room = 0;

    if (fseeko(file, -TAIL_BYTES, SEEK_END) != 0)
        rewind(file); /* it is shorter */
    while (getline(&line, &room, file) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        (void)tsk_fax_log_line(out, size, line, name);
    }
    free(line);
}

void tsk_fax_log_device(char *out, size_t size, int recvq, const char *name)
{
    int fd = tsk_os->openat(recvq, "../etc/xferfaxlog", O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;

    *out = '\0';
    if (file == NULL) {
        if (fd >= 0)
            tsk_os->close(fd);
        return;
    }
    look(out, size, file, name);
    fclose(file);
}
