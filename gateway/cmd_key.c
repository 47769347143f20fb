/*
 * tasuki key - the key of a site: made, shown on paper, typed in again, changed, and put over everything
 *
 * Promise    A key is printed by `print` only, and only on the terminal, the printer's file or a pipe that the caller names.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "gateway/command.h"
#include "gateway/keys.h"
#include "gateway/paper.h"
#include "gateway/site_routing.h"
#include "gateway/spool_site.h"
#include "gateway/terminal.h"
#include "records/account.h"
#include "records/audit.h"

struct key_line {
    struct tsk_site *site;
    const char *file, *pdf, *by;
    int argc;
    char **argv;
    struct tsk_err err;
};

static int note(const struct key_line *line, const char *action, const char *detail, struct tsk_err *err)
{
    struct tsk_records *records;
    int rc;

    if (tsk_records_open(&records, line->site, err) != 0)
        return -1;
    rc = tsk_audit_add(records->store, TSK_SITE, line->by != NULL ? line->by : "console", action, "site", detail, err);
    tsk_records_close(&records);
    return rc;
}

static int run_init(struct key_line *line)
{
    const char *path = line->file != NULL ? line->file : line->site->key;

    if (tsk_keys_make(line->site, line->file, &line->err) != 0)
        return -1;
    printf("%s\nprint it and keep the paper elsewhere: tasuki key print\n", path);
    return line->file == NULL || strcmp(line->file, line->site->key) == 0
               ? 0
               : tsk_fail(
                     &line->err, TSK_REJECT, 0,
                     "the key was made; now name it in %s: keys: { file: \"%s\" }, or make it a credential of systemd",
                     line->site->config_path, line->file);
}

/* The key in use, as it stands in the key file. */
static int first_key(struct tsk_key *out, const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_key *keys = tsk_keys_alloc();
    size_t count;
    int rc;

    if (keys == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    rc = tsk_keyfile_read(keys, &count, site->key, err);
    if (rc == 0)
        *out = keys[0];
    tsk_keys_free(keys);
    return rc;
}

static int run_print(struct key_line *line)
{
    struct tsk_key key;
    int rc;

    if (first_key(&key, line->site, &line->err) != 0)
        return -1;
    rc = line->pdf != NULL ? tsk_paper_pdf(line->pdf, &key, line->site->dir, &line->err)
                           : tsk_paper_text(stdout, &key, line->site->dir, &line->err);
    sodium_memzero(&key, sizeof key);
    if (rc == 0 && line->pdf != NULL)
        printf("%s: print it, delete it, keep the paper elsewhere\n", line->pdf);
    return rc != 0 ? -1 : note(line, "key.print", "", &line->err);
}

static int run_status(struct key_line *line)
{
    struct tsk_vault *vault;
    struct tsk_blobs *blobs;
    long unsealed;

    if (tsk_site_vault(&vault, line->site, &line->err) != 0)
        return -1;
    if (vault == NULL)
        return tsk_fail(&line->err, TSK_REJECT, 0, "this site has no key, its documents lie plain; tasuki key init");
    if (tsk_site_blobs_open(&blobs, line->site, &line->err) != 0)
        return -1;
    unsealed = tsk_blobs_unsealed(blobs, &line->err);
    tsk_blobs_close(&blobs);
    if (unsealed < 0)
        return -1;
    printf("key %s in %s\n", tsk_vault_id(vault, 0), line->site->key);
    for (size_t i = 1; i < tsk_vault_count(vault); i++)
        printf("older key %s, %s\n", tsk_vault_id(vault, i),
               i < tsk_vault_in_file(vault) ? "a rotation is under way: tasuki key rotate" : "in the keyring");
    printf("%ld files of the archive are plain or under an older key%s\n", unsealed,
           unsealed > 0 ? "; tasuki key seal" : "");
    return 0;
}

static int say_sealed(struct key_line *line, const struct tsk_sealed *sealed)
{
    printf("sealed: %zu of %zu files of the archive, %d documents of the spool\n", sealed->archive.sealed,
           sealed->archive.files, sealed->documents);
    return sealed->archive.damaged == 0
               ? 0
               : tsk_fail(
                     &line->err, TSK_HOLD, 0,
                     "%zu files of the archive are damaged and stay as they are; tasuki doctor --verify names them",
                     sealed->archive.damaged);
}

static int run_seal(struct key_line *line)
{
    struct tsk_sealed sealed;
    struct tsk_vault *vault;

    if (tsk_site_vault(&vault, line->site, &line->err) != 0)
        return -1;
    if (vault == NULL)
        return tsk_fail(&line->err, TSK_REJECT, 0, "this site has no key; tasuki key init");
    return tsk_keys_seal_all(&sealed, line->site, &line->err) == 0 ? say_sealed(line, &sealed) : -1;
}

static int run_rotate(struct key_line *line)
{
    enum tsk_rotation how;
    struct tsk_sealed sealed;

    if (line->by == NULL)
        return tsk_fail(&line->err, TSK_REJECT, 0, "say who does it: --by NAME");
    if (tsk_keys_rotate(&how, &sealed, line->site, line->file, &line->err) != 0)
        return -1;
    if (how == TSK_ROTATION_FILE) {
        printf("%s holds the new key and the old one: make it the credential, restart, then: tasuki key rotate\n",
               line->file);
        return 0;
    }
    if (say_sealed(line, &sealed) != 0)
        return -1;
    puts("the key is a new one: print it (tasuki key print), and destroy the old paper once no backup needs it");
    return note(line, "key.rotate", "", &line->err);
}

/* For a new machine: needs no site. */
static int run_enter(const char *path, struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(4096);
    unsigned char bytes[TSK_KEY_BYTES];
    struct tsk_key key;
    int rc = -1;

    if (access(path, F_OK) == 0)
        return tsk_fail(err, TSK_REJECT, 0, "%s exists already; it stays as it is", path);
    if (isatty(STDIN_FILENO))
        fputs("the four lines of the paper, then Ctrl-D:\n", stderr);
    if (tsk_fd_read(STDIN_FILENO, "what was typed", &text, err) == 0 &&
        tsk_paper_read(bytes, tsk_buf_text(&text), err) == 0) {
        tsk_key_of(&key, bytes);
        rc = tsk_keyfile_write(path, &key, 1, err);
        if (rc == 0)
            printf("key %s is in %s\n", key.id, path);
    }
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(&key, sizeof key);
    if (text.data != NULL)
        sodium_memzero(text.data, text.len);
    tsk_buf_free(&text);
    return rc;
}

static const struct {
    const char *name;
    int (*run)(struct key_line *line);
} subs[] = {
    { "init", run_init }, { "print", run_print },   { "status", run_status },
    { "seal", run_seal }, { "rotate", run_rotate },
};

/* A script that makes a site, or looks, is nobody. */
static int prove(struct key_line *line)
{
    bool is_act = strcmp(line->argv[1], "print") == 0 || strcmp(line->argv[1], "rotate") == 0;

    return is_act || line->by != NULL ? tsk_terminal_prove(&line->by, line->site->config, &line->err) : 0;
}

static int run_sub(struct key_line *line)
{
    for (size_t i = 0; i < TSK_COUNT(subs); i++)
        if (line->argc == 2 && strcmp(line->argv[1], subs[i].name) == 0)
            return prove(line) == 0 && subs[i].run(line) == 0 ? TSK_EXIT_OK : tsk_cli_failed(&line->err);
    return tsk_cli_usage(&tsk_cmd_key);
}

static int run(int argc, char **argv)
{
    struct key_line line = { .argv = argv };
    struct tsk_err *err = &line.err;
    int rc;

    line.file = tsk_cli_option(&argc, argv, "--file", err);
    line.pdf = tsk_cli_option(&argc, argv, "--pdf", err);
    line.by = tsk_cli_option(&argc, argv, "--by", err);
    if (err->kind != TSK_OK)
        return tsk_cli_failed(err);
    if (argc == 3 && strcmp(argv[1], "enter") == 0)
        return run_enter(argv[2], err) == 0 ? TSK_EXIT_OK : tsk_cli_failed(err);
    if (tsk_site_open(&line.site, &argc, argv, err) != 0 || tsk_cli_rest(&argc, argv, err) != 0)
        rc = tsk_cli_failed(err);
    else {
        line.argc = argc;
        rc = run_sub(&line);
    }
    tsk_site_close(&line.site);
    return rc;
}

const struct tsk_command tsk_cmd_key = {
    .name = "key",
    .usage = "key init [--file FILE]\nkey print [--pdf FILE] [--by NAME]\nkey status\nkey seal\n"
             "key rotate --by NAME [--file FILE]\nkey enter FILE",
    .help = "the key that everything is sealed with: made, printed, typed in again, changed",
    .run = run,
};
