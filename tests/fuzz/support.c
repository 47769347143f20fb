#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "fuzz.h"

static char dir[64];
static pid_t owner;

void fuzz_require(bool holds, const char *text)
{
    if (holds)
        return;
    fprintf(stderr, "broken promise: %s\n", text);
    abort();
}

void fuzz_require_text(const char *text, const char *what)
{
    if (text != NULL && !tsk_utf8_valid(text, strlen(text)))
        fprintf(stderr, "\"%s\" ", text);
    fuzz_require(text != NULL && tsk_utf8_valid(text, strlen(text)), what);
}

char *fuzz_text(const uint8_t **bytes, size_t *len)
{
    size_t part = strnlen((const char *)*bytes, *len);
    char *text = malloc(part + 1);

    fuzz_require(text != NULL, "memory");
    memcpy(text, *bytes, part);
    text[part] = '\0';
    part += part < *len;
    *bytes += part;
    *len -= part;
    return text;
}

unsigned fuzz_byte(const uint8_t **bytes, size_t *len)
{
    if (*len == 0)
        return 0;
    --*len;
    return *(*bytes)++;
}

int fuzz_fd(const void *bytes, size_t len)
{
    static int fd = -1;

    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    fuzz_require(fd >= 0 && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
                     tsk_write_all(fd, bytes, len) == 0 && lseek(fd, 0, SEEK_SET) == 0,
                 "a memory file");
    return fd;
}

const char *fuzz_path(const void *bytes, size_t len)
{
    static char path[32];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fuzz_fd(bytes, len));
    return path;
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static void take_away(void)
{
    if (getpid() == owner)
        nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_dir(void)
{
    if (dir[0] != '\0')
        return dir;
    snprintf(dir, sizeof dir, "%s/tasuki-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    fuzz_require(mkdtemp(dir) != NULL, "a folder");
    owner = getpid();
    atexit(take_away);
    return dir;
}

struct tsk_vault *fuzz_vault(void)
{
    static struct tsk_vault *vault;
    unsigned char bytes[TSK_KEY_BYTES];
    struct tsk_key key;
    char path[96];

    if (vault != NULL)
        return vault;
    memset(bytes, 0x5a, sizeof bytes);
    tsk_key_of(&key, bytes);
    snprintf(path, sizeof path, "%s/key", fuzz_dir());
    fuzz_require(tsk_keyfile_write(path, &key, 1, NULL) == 0 && tsk_vault_open(&vault, path, NULL, NULL) == 0, "keys");
    return vault;
}
