#include "gateway/volume.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define DEPTH_MAX 8 /* LVM on LUKS on RAID */

static bool has_crypt(const char *block, int depth);

/* Every device below it must be encrypted: a mirror with one plain half is plain. */
static bool slaves_have_crypt(const char *block, int depth)
{
    char path[512], slave[1024];
    bool all = true, any = false;
    struct dirent *entry;
    DIR *list;

    snprintf(path, sizeof path, "%s/slaves", block);
    list = opendir(path);
    if (list == NULL)
        return false;
    while ((entry = readdir(list)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        any = true;
        snprintf(slave, sizeof slave, "%s/%s", path, entry->d_name);
        all = all && strlen(slave) < 500 && has_crypt(slave, depth + 1);
    }
    closedir(list);
    return any && all;
}

static bool has_crypt(const char *block, int depth)
{
    char path[600], uuid[16] = "";
    FILE *file;

    if (depth > DEPTH_MAX)
        return false;
    snprintf(path, sizeof path, "%s/dm/uuid", block);
    file = fopen(path, "re");
    if (file != NULL) {
        if (fgets(uuid, sizeof uuid, file) == NULL)
            uuid[0] = '\0';
        fclose(file);
    }
    return strncmp(uuid, "CRYPT-", 6) == 0 || slaves_have_crypt(block, depth);
}

static enum tsk_volume device_volume(dev_t device)
{
    char block[64];
    struct stat st;

    snprintf(block, sizeof block, "/sys/dev/block/%u:%u", major(device), minor(device));
    if (stat(block, &st) != 0)
        return TSK_VOLUME_UNKNOWN;
    return has_crypt(block, 0) ? TSK_VOLUME_ENCRYPTED : TSK_VOLUME_PLAIN;
}

static enum tsk_volume mount_volume(const char *type, const char *source)
{
    static const char *const encrypting[] = { "ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs" };
    struct stat st;

    if (strcmp(type, "tmpfs") == 0 || strcmp(type, "ramfs") == 0)
        return TSK_VOLUME_MEMORY;
    for (size_t i = 0; i < sizeof encrypting / sizeof encrypting[0]; i++)
        if (strcmp(type, encrypting[i]) == 0)
            return TSK_VOLUME_ENCRYPTED;
    if (source[0] == '/' && stat(source, &st) == 0 && S_ISBLK(st.st_mode))
        return device_volume(st.st_rdev);
    return TSK_VOLUME_UNKNOWN;
}

/* The third word of a line of mountinfo: MAJOR:MINOR. */
static dev_t mount_device(const char *line)
{
    const char *at = line;
    char *end = NULL;
    unsigned long upper;

    for (int word = 0; word < 2 && at != NULL; word++) {
        at = strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    if (at == NULL)
        return 0;
    upper = strtoul(at, &end, 10);
    return *end == ':' ? makedev((unsigned)upper, (unsigned)strtoul(end + 1, NULL, 10)) : 0;
}

/* By its line in mountinfo, proc(5): btrfs and overlays have no device number of their own. */
enum tsk_volume tsk_volume_of(const char *path)
{
    enum tsk_volume found = TSK_VOLUME_UNKNOWN;
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    char line[4096], type[64], source[512];
    struct stat st;

    if (mounts == NULL || stat(path, &st) != 0) {
        if (mounts != NULL)
            fclose(mounts);
        return TSK_VOLUME_UNKNOWN;
    }
    while (fgets(line, sizeof line, mounts) != NULL) {
        const char *rest = strstr(line, " - ");

        if (rest == NULL || mount_device(line) != st.st_dev || sscanf(rest, " - %63s %511s", type, source) != 2)
            continue;
        found = mount_volume(type, source);
        break;
    }
    fclose(mounts);
    return found == TSK_VOLUME_UNKNOWN && major(st.st_dev) != 0 ? device_volume(st.st_dev) : found;
}

bool tsk_swap_is_plain(void)
{
    FILE *swaps = fopen("/proc/swaps", "re");
    char line[1024], path[512];
    bool plain = false;
    struct stat st;

    while (swaps != NULL && fgets(line, sizeof line, swaps) != NULL) {
        if (line[0] != '/' || sscanf(line, "%511s", path) != 1 || strncmp(path, "/dev/zram", 9) == 0)
            continue;
        if (stat(path, &st) != 0)
            plain = true;
        else if (S_ISBLK(st.st_mode))
            plain = plain || device_volume(st.st_rdev) != TSK_VOLUME_ENCRYPTED;
        else
            plain = plain || tsk_volume_of(path) != TSK_VOLUME_ENCRYPTED;
    }
    if (swaps != NULL)
        fclose(swaps);
    return plain;
}
