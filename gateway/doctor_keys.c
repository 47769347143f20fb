#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "gateway/doctor.h"
#include "gateway/keys.h"
#include "gateway/spool_site.h"
#include "gateway/volume.h"
#include "records/document.h"

static bool on_same_disk(const char *a, const char *b)
{
    struct stat first, second;

    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev;
}

static void look_at_key(struct tsk_doctor *doctor, const struct tsk_vault *vault)
{
    const struct tsk_site *site = doctor->site;

    tsk_doctor_well("key %s in %s", tsk_vault_id(vault, 0), site->key);
    if (on_same_disk(site->key, site->archive) && tsk_volume_of(site->key) != TSK_VOLUME_ENCRYPTED)
        tsk_doctor_note(
            "%s lies on the same disk as the data: whoever takes the disk has both; make it a credential of "
            "systemd, or put it on another medium (docs/keys.md)",
            site->key);
    if (strncmp(site->key, site->dir, strlen(site->dir)) == 0 && site->key[strlen(site->dir)] == '/')
        tsk_doctor_fault(doctor, "%s lies in the site itself: every copy of the site would hold its key; move it away",
                         site->key);
    if (tsk_keys_rotating(vault))
        tsk_doctor_fault(doctor, "a change of the key was not finished; tasuki key rotate --by NAME goes on");
}

static void look_at_archive(struct tsk_doctor *doctor)
{
    struct tsk_blobs *blobs;
    struct tsk_err err = { 0 };
    long unsealed;

    if (tsk_site_blobs_open(&blobs, doctor->site, &err) != 0) {
        tsk_doctor_fault(doctor, "%s", err.text);
        return;
    }
    unsealed = tsk_blobs_unsealed(blobs, &err);
    tsk_blobs_close(&blobs);
    if (unsealed < 0)
        tsk_doctor_fault(doctor, "%s", err.text);
    else if (unsealed > 0)
        tsk_doctor_fault(doctor, "%ld files of the archive are plain or under an older key; tasuki key seal", unsealed);
    else
        tsk_doctor_well("every file of the archive is sealed");
}

/* The database and the mail are not sealed one by one: they need a volume that is. */
static void look_at_volume(const char *path, const char *what)
{
    switch (tsk_volume_of(path)) {
    case TSK_VOLUME_ENCRYPTED:
    case TSK_VOLUME_MEMORY:
        tsk_doctor_well("%s is on an encrypted volume or in memory (%s)", what, path);
        break;
    case TSK_VOLUME_PLAIN:
        tsk_doctor_note(
            "WARNING: %s (%s) is on a disk that is not encrypted; a thief reads it; docs/keys.md says what to do", what,
            path);
        break;
    case TSK_VOLUME_UNKNOWN:
        tsk_doctor_note("%s (%s): cannot tell whether what it lies on is encrypted; see to it", what, path);
        break;
    }
}

void tsk_doctor_keys(struct tsk_doctor *doctor)
{
    struct tsk_vault *vault;
    struct tsk_err err = { 0 };

    if (tsk_site_vault(&vault, doctor->site, &err) != 0)
        tsk_doctor_fault(doctor, "%s", err.text);
    else if (vault == NULL)
        tsk_doctor_fault(doctor, "this site has no key, its documents lie plain on the disk; tasuki key init");
    else {
        look_at_key(doctor, vault);
        look_at_archive(doctor);
    }
    look_at_volume(doctor->site->store, "the database");
    if (doctor->site->config->mail.channel == TSK_MAIL_MAILDIR && access(doctor->site->mail, F_OK) == 0)
        look_at_volume(doctor->site->mail, "outgoing mail");
    if (tsk_swap_is_plain())
        tsk_doctor_note("WARNING: there is swap that is not encrypted; pages of memory land there; swapoff, or zram");
}
