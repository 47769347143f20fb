/* care - what tasuki.yaml says about keys, backups and watching the site; part of struct tsk_config, checked like it */
#ifndef TASUKI_CONFIG_CARE_H
#define TASUKI_CONFIG_CARE_H

#include <stdint.h>

struct tsk_keys_config {
    const char *
        file; /* key file, apart from the data; "" = beside the site: DIR.keys/site.key. A credential of systemd goes first */
};

struct tsk_backup_config {
    const char *folder;    /* "" = no backup by itself */
    uint32_t keep;         /* generations, default 14 */
    const char *at;        /* HH:MM in Japan, default 02:30 */
    int minute;            /* the same, of the day */
    const char *purge_log; /* what was disposed of, for every restore to come; default folder/purges.log */
};

struct tsk_audit_config {
    const char *anchor_file; /* gets a line with the head of the audit chain once a day; "" = none */
    const char *anchor_mail; /* the same by mail; "" = none */
};

struct tsk_operator_config {
    const char *email; /* who hears of trouble; "" = nobody by mail */
    const char
        *second; /* program that gets the text on standard input when mail is down: absolute path, no arguments */
};

struct tsk_metrics_config {
    uint32_t port; /* of 127.0.0.1; 0 = not served */
};

struct tsk_fallback_config {
    const char *folder;        /* "" = none is made */
    const char *password_file; /* its first line opens the PDF */
    const char *at;            /* HH:MM in Japan, default 07:00 */
    int minute;
};

struct tsk_care_config {
    struct tsk_keys_config keys;
    struct tsk_backup_config backup;
    struct tsk_audit_config audit;
    struct tsk_operator_config watcher; /* operator: */
    struct tsk_metrics_config metrics;
    struct tsk_fallback_config fallback;
};

#endif
