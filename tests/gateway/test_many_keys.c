/* A key changed as often as there is room, and once more: what was signed under the first is still known, and none is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "gateway/keys.h"

static const char config_text[] =
    "offices:\n"
    "  - {id: higashinari, name: 東成区相談支援室, ward: \"27115\", phone: \"06-0000-0000\", "
    "hours: 9-17, email: a@example.jp}\n"
    "keys: {file: site.key}\n";

static char dir[64];
static struct tsk_site *site;

static int fine(int rc, const struct tsk_err *err)
{
    if (rc != 0)
        fail_msg("%s", err->text);
    return rc;
}

static int open_site(void **state)
{
    struct tsk_err err = { 0 };
    char path[128];

    (void)state;
    snprintf(dir, sizeof dir, "/dev/shm/tasuki-keys-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/tasuki.yaml", dir);
    fine(tsk_file_put_path(path, config_text, sizeof config_text - 1, 0600, &err), &err);
    fine(tsk_site_open_dir(&site, dir, &err), &err);
    fine(tsk_site_make_dirs(site, &err), &err);
    return fine(tsk_keys_make(site, NULL, &err), &err);
}

static int close_site(void **state)
{
    char command[96];
    FILE *rm;

    (void)state;
    tsk_site_close(&site);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    rm = popen(command, "re");
    return rm == NULL ? -1 : pclose(rm);
}

static int rotate(struct tsk_err *err)
{
    struct tsk_sealed sealed;
    enum tsk_rotation how;
    int rc = tsk_keys_rotate(&how, &sealed, site, NULL, err);

    if (rc == 0)
        assert_int_equal(how, TSK_ROTATED);
    return rc;
}

static void test_as_often_as_there_is_room(void **state)
{
    struct tsk_err err = { 0 };
    unsigned char before[TSK_MAC_BYTES], after[TSK_MAC_BYTES];
    char first[TSK_KEY_ID_SIZE], last[TSK_KEY_ID_SIZE];
    struct tsk_vault *vault;

    (void)state;
    fine(tsk_site_vault(&vault, site, &err), &err);
    memcpy(first, tsk_vault_id(vault, 0), sizeof first);
    fine(tsk_vault_mac(before, vault, first, TSK_USE_AUDIT, "an entry", 8, &err), &err);
    for (int i = 0; i < TSK_KEYS_MAX; i++)
        fine(rotate(&err), &err);
    fine(tsk_vault_refresh(vault, &err), &err);
    memcpy(last, tsk_vault_id(vault, 0), sizeof last);
    assert_int_equal(rotate(&err), -1);
    assert_non_null(strstr(err.text, "is full"));
    fine(tsk_vault_refresh(vault, &err), &err);
    assert_string_equal(tsk_vault_id(vault, 0), last);
    assert_false(tsk_keys_rotating(vault));
    fine(tsk_vault_mac(after, vault, first, TSK_USE_AUDIT, "an entry", 8, &err), &err);
    assert_memory_equal(before, after, sizeof before);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_as_often_as_there_is_room) };

    return cmocka_run_group_tests(tests, open_site, close_site);
}
