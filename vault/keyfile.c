#include "vault/keyfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

#define FILE_MAX 8192
#define KEY_MODE 0400

struct tsk_key *tsk_keys_alloc(void)
{
    return sodium_init() < 0 ? NULL : sodium_allocarray(TSK_KEYS_MAX, sizeof(struct tsk_key));
}

void tsk_keys_free(struct tsk_key *keys)
{
    sodium_free(keys);
}

void tsk_key_of(struct tsk_key *out, const unsigned char bytes[TSK_KEY_BYTES])
{
    static const unsigned char what[] = "tasuki key id";
    unsigned char hash[crypto_generichash_BYTES_MIN];

    memmove(out->bytes, bytes, TSK_KEY_BYTES);
    crypto_generichash(hash, sizeof hash, what, sizeof what, bytes, TSK_KEY_BYTES);
    sodium_bin2hex(out->id, sizeof out->id, hash, (TSK_KEY_ID_SIZE - 1) / 2);
}

void tsk_key_new(struct tsk_key *out)
{
    unsigned char bytes[TSK_KEY_BYTES];

    if (sodium_init() < 0)
        abort(); /* a key from a broken source of randomness is worse than none */
    randombytes_buf(bytes, sizeof bytes);
    tsk_key_of(out, bytes);
    sodium_memzero(bytes, sizeof bytes);
}

/* Systemd gives the directory to the service alone, by mode or by access list. */
static bool is_credential(const char *path)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");

    return dir != NULL && dir[0] == '/' && strncmp(path, dir, strlen(dir)) == 0;
}

static int check_mode(const char *path, struct tsk_err *err)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return tsk_fail(err, TSK_STOP, errno,
                        "the key %s cannot be read; nothing can be accepted or shown without it (docs/keys.md)", path);
    if ((st.st_mode & 077) != 0 && !is_credential(path))
        return tsk_fail(err, TSK_STOP, 0, "the key %s is open to other users (mode %03o); chmod 400 %s", path,
                        st.st_mode & 0777, path);
    return 0;
}

static int take_line(struct tsk_key *out, const char *path, int number, const char *line, struct tsk_err *err)
{
    unsigned char bytes[TSK_KEY_BYTES];
    char where[512];

    if (strncmp(line, "key ", 4) != 0)
        return tsk_fail(err, TSK_STOP, 0, "%s:%d: a line of a key file begins with \"key\" or #", path, number);
    if (tsk_paper_read(bytes, line + 4, err) != 0) {
        snprintf(where, sizeof where, "%s:%d", path, number);
        return tsk_fail_at(err, where);
    }
    tsk_key_of(out, bytes);
    sodium_memzero(bytes, sizeof bytes);
    return 0;
}

static int take_lines(struct tsk_key keys[TSK_KEYS_MAX], size_t *count, const char *path, char *text,
                      struct tsk_err *err)
{
    int number = 0;

    *count = 0;
    for (char *line = text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        number++;
        if (line[0] == '\0' || line[0] == '#')
            continue;
        if (*count == TSK_KEYS_MAX)
            return tsk_fail(err, TSK_STOP, 0, "%s: more than %d keys", path, TSK_KEYS_MAX);
        if (take_line(&keys[*count], path, number, line, err) != 0)
            return -1;
        ++*count;
    }
    return *count > 0 ? 0 : tsk_fail(err, TSK_STOP, 0, "%s holds no key", path);
}

int tsk_keyfile_read(struct tsk_key keys[TSK_KEYS_MAX], size_t *count, const char *path, struct tsk_err *err)
{
    char text[FILE_MAX + 1];
    ssize_t got = -1;
    int fd = -1, rc = -1;

    *count = 0;
    if (check_mode(path, err) != 0)
        return -1;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        got = read(fd, text, FILE_MAX);
    if (got < 0)
        tsk_fail(err, TSK_STOP, errno, "the key %s cannot be read; run as the user of the site", path);
    else {
        text[got] = '\0';
        rc = take_lines(keys, count, path, text, err);
    }
    if (fd >= 0)
        close(fd);
    sodium_memzero(text, sizeof text);
    return rc;
}

static const char first_lines[] =
    "# Tasuki "
    "のサイトの鍵です。これで、サイトのすべての文書を開けます。データとは別の場所に置き、紙の控えを保管して"
    "ください。\n"
    "# The key of a Tasuki site. Keep it apart from the data, and a printed copy elsewhere: docs/keys.md\n";

int tsk_keyfile_write(const char *path, const struct tsk_key *keys, size_t count, struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(FILE_MAX);
    int rc;

    tsk_buf_puts(&text, first_lines);
    for (size_t i = 0; i < count; i++) {
        char lines[TSK_PAPER_LINES][TSK_PAPER_LINE_SIZE];

        tsk_paper_print(lines, keys[i].bytes);
        tsk_buf_printf(&text, "key %s %s %s %s\n", lines[0], lines[1], lines[2], lines[3]);
        sodium_memzero(lines, sizeof lines);
    }
    rc = text.failed ? tsk_fail(err, TSK_REJECT, 0, "%s: too many keys", path)
                     : tsk_file_put_path(path, text.data, text.len, KEY_MODE, err);
    if (text.data != NULL)
        sodium_memzero(text.data, text.len);
    tsk_buf_free(&text);
    return rc;
}

/* Other files that are being written may lie in the same folder: one of ours has its mode, and as much as there is begins like a key file. */
static bool is_keyfile(int dir, const char *name)
{
    char begin[sizeof first_lines];
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    ssize_t got = -1;

    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777) == KEY_MODE)
        got = read(fd, begin, sizeof begin - 1);
    if (fd >= 0)
        close(fd);
    return got >= 0 && memcmp(begin, first_lines, (size_t)got) == 0;
}

void tsk_keyfile_sweep(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    DIR *list = folder != NULL ? opendir(folder) : NULL;

    for (struct dirent *e = list != NULL ? readdir(list) : NULL; e != NULL; e = readdir(list))
        if (strncmp(e->d_name, ".tmp-", 5) == 0 && is_keyfile(dirfd(list), e->d_name))
            unlinkat(dirfd(list), e->d_name, 0);
    if (list != NULL)
        closedir(list);
    free(folder);
}
