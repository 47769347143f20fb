/*
 * config - what tasuki.yaml means
 *
 * Promise    A loaded configuration is complete: defaults are filled in, ids are unique, every source and rule names an
 *            office or form that may exist, every time and number is in range. It never changes; a reload makes a new one.
 *            The file itself is only ever read.
 * Paths      As written: relative ones are relative to the site directory (see gateway/site.h).
 * Ownership  Everything belongs to the configuration; tsk_config_free() ends it. Strings are UTF-8 and never NULL.
 * Errors     TSK_REJECT with file, line and path: "tasuki.yaml:14: sources[0].office: no office has the id \"higashi\"".
 */
#ifndef TASUKI_CONFIG_CONFIG_H
#define TASUKI_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "config/care.h"

struct tsk_strings {
    const char *const *items;
    size_t count;
};

struct tsk_office_config {
    const char *id;          /* "higashinari": in file names, records and the command line; a-z 0-9 - */
    const char *name;        /* 東成区在宅医療・介護連携相談支援室 */
    const char *ward;        /* 5-digit municipality code: "27115" */
    const char *code;        /* first part of its case numbers; default: ward */
    const char *phone, *fax; /* as people dial them */
    const char *hours;       /* 平日 9:00〜17:30: told in every mail */
    const char *postal_address;
    const char *email;        /* where the office itself gets its alerts */
    const char *urgent_email; /* reaches somebody when the office is closed: a mobile phone; "" = nothing does */
    const char *from;         /* envelope and From address of its mails; default: email */
    const char *webhook;      /* "" or the id of the webhook that takes its alerts */
};

enum tsk_source_kind {
    TSK_SOURCE_FOLDER,
    TSK_SOURCE_FAX, /* a spooler hands over by `tasuki intake-fax` */
    TSK_SOURCE_IMAP
};
enum tsk_source_after {
    TSK_AFTER_MOVE, /* to done/ inside the folder, or to the mailbox imap.done */
    TSK_AFTER_DELETE,
    TSK_AFTER_SEEN /* mailboxes only */
};

enum tsk_imap_auth { TSK_IMAP_PASSWORD, TSK_IMAP_XOAUTH2 };
enum tsk_imap_start { TSK_IMAP_ALL, TSK_IMAP_NEW /* what lay there at the first contact is left alone */ };

struct tsk_imap_config {
    const char *url; /* imaps://host[:993], or imap://host[:143] with STARTTLS; never in clear */
    const char *user;
    enum tsk_imap_auth auth;
    const char *password_file; /* its first line */
    const char *ca_file;       /* "" = the system's */
    const char *mailbox, *done;
    enum tsk_imap_start start;
    uint32_t poll_s;         /* how often the mailbox is looked through without being told */
    uint32_t timeout_s;      /* for an answer of the server */
    uint32_t message_mb_max; /* 0 = what holds a document of reading.document_mb_max */
    uint32_t claim_minutes;  /* another gateway's claim that is older is told to a person */
    uint32_t silent_minutes; /* without a look at the mailbox for so long a person is told */
    /* xoauth2: a program that prints an access token, or a token endpoint */
    struct tsk_strings token_command;
    const char *token_url, *client_id, *client_secret_file, *scope;
    const char *refresh_token_file; /* the first one; a rotated one is kept in mailbox/ID/ */
};

struct tsk_source {
    const char *id;     /* "higashinari-mfp" */
    const char *name;   /* for people: "東成区 複合機"; the id where none is written */
    const char *office; /* id of the office that owns what comes in here */
    enum tsk_source_kind kind;
    const char *folder;
    enum tsk_source_after after;
    uint32_t stable_ms;  /* a file whose size and time stood still so long is whole */
    uint32_t sweep_s;    /* how often the folder is looked through without being told */
    uint32_t hourly_max; /* documents in an hour; the rest waits where it is */
    /* fax only; folder is the spooler's recvq, "" = no sweep */
    struct tsk_strings called;  /* numbers that were dialled, as told by the line; empty = every */
    struct tsk_strings devices; /* modems, "ttyS0"; empty = every */
    struct tsk_strings callid;  /* what CALLID1, CALLID2 … are: number, name, called or "-" */
    struct tsk_imap_config imap;
};

struct tsk_reading_config {
    double tolerated_silent_error; /* share of accepted values that may be wrong */
    uint32_t readers;              /* processes that read in parallel */
    bool marks_only;               /* no text recognition: every text field waits for a person */
    uint32_t document_s;           /* a document that takes longer goes to held/ */
    uint32_t document_mb_max;      /* a larger file is refused where it comes in */
    uint32_t memory_mb;            /* of one recogniser child */
};

enum tsk_mail_channel { TSK_MAIL_MAILDIR, TSK_MAIL_SMTP };

struct tsk_mail_config {
    enum tsk_mail_channel channel;
    const char *maildir;            /* folder of the Maildir, default "mail" */
    const char *smtp_url;           /* smtp://host:587 or smtps://host:465 */
    const char *smtp_tls;           /* "required" (default, verified) or "none" (this machine only) */
    const char *smtp_ca_file;       /* "" = the system's */
    const char *smtp_user;          /* "" = no authentication */
    const char *smtp_password_file; /* its first line; a password never stands in tasuki.yaml */
    const char *domain;             /* right side of Message-ID */
    const char *bounce; /* "" or where bounces come back to: "bounces@example.jp" becomes "bounces+NOTICE@example.jp" */
    const char *link_base; /* "" or https://…: only for recipients that can open links */
    int timeout_s;
    int connections_max; /* messages under way at a time */
    int give_up_hours;   /* then the notice has failed and a person is told */
};

enum tsk_fax_channel {
    TSK_FAX_BY_HAND, /* a to-do with the words */
    TSK_FAX_HYLAFAX,
    TSK_FAX_MAIL,  /* a mail to a fax service, its result comes back by mail */
    TSK_FAX_MANUAL /* a to-do with cover and letter to print, which records the result */
};

struct tsk_fax_config { /* how a fax goes out */
    enum tsk_fax_channel channel;
    const char *server;             /* of hfaxd: "127.0.0.1:4559", "modem@host:port" */
    const char *program;            /* default "sendfax" */
    const char *prefix;             /* to get an outside line: "0," */
    const char *spool;              /* of HylaFAX, to look for jobs of which no word came; "" = not looked at */
    const char *hours;              /* of entries without hours of their own, as in routing/fax_hours.h; "" = always */
    struct tsk_strings holidays;    /* YYYY-MM-DD: no fax to an entry with calling hours */
    int timeout_s;                  /* for the answer of hfaxd */
    const char *address;            /* mail: of the service, * stands for the number: "*@fax.example.jp" */
    const char *number;             /* mail: national (default) "0612345678" or international "81612345678" */
    const char *attach;             /* mail: pdf (default) or tiff */
    struct tsk_strings result_from; /* mail: who sends its results, addresses or "@domain" */
    struct tsk_strings result_ok;   /* mail: words of a result, beside the known ones */
    struct tsk_strings result_failed; /* mail: as above */
    int lost_hours;                   /* a job without an outcome for so long is unknown */
};

struct tsk_web_config {                 /* the coordinators' desk */
    const char *listen;                 /* "127.0.0.1:8443" or "[::1]:8443"; "" = no desk */
    const char *certificate, *key;      /* PEM files; "" = behind a reverse proxy, which speaks TLS */
    struct tsk_strings trusted_proxies; /* addresses whose X-Forwarded-For is believed; "" entries never occur */
    const char *origin;                 /* "https://desk.example.jp" as browsers see it; "" = by the Host header */
    bool second_factor_optional;        /* false: nobody works without one */
    uint32_t idle_lock_min;             /* without a key or a click */
    uint32_t session_hours;             /* then everybody signs in again */
    uint32_t password_length_min;
    uint32_t threads;         /* that answer requests */
    uint32_t connections_max; /* at once */
};

#define TSK_WEBHOOK_SECRET_MIN 16

struct tsk_webhook { /* a program that takes alerts: routing/webhook.h */
    const char *id;
    const char *url;         /* https:// */
    const char *secret_file; /* its first line signs; a secret never stands in tasuki.yaml */
    const char *ca_file;     /* "" = the system's */
    int timeout_s;
};

enum tsk_rule_to {
    TSK_TO_COORDINATION_OFFICE,
    TSK_TO_WARD_OFFICE,
    TSK_TO_INSTITUTION,
    TSK_TO_SENDER /* whose number or address the document came from; alerts only, once a document */
};
enum tsk_rule_kind { TSK_RULE_ALERT, TSK_RULE_DISCLOSURE, TSK_RULE_TODO };
enum tsk_alert_mode { TSK_ALERTS_EACH, TSK_ALERTS_DAILY, TSK_ALERTS_NONE };

struct tsk_event_rule {        /* which confirmed half of a sheet is an event */
    const char *id;            /* "outcome.confirmed" */
    const char *form;          /* form id */
    struct tsk_strings also;   /* further forms with the same fields */
    struct tsk_strings filled; /* the event exists when at least one of these fields is not blank */
    struct tsk_strings words;  /* when given, one of `filled` must have one of these in it; not confirmed counts too */
    struct tsk_strings except; /* where one of these stands, a word that begins it is none: ホームヘル is no ホーム */
    struct tsk_strings same; /* same values in the same case = the same event, faxed again: field ids or derived keys */
    struct tsk_strings person; /* while no case is known, these and `same` tell that it is the same event */
};

struct tsk_rule {
    const char *id;          /* unique, part of a notice's key: never rename it while in use */
    const char *event;       /* document.held, sheet.received, sheet.confirmed, delivery.failed, or an id of events */
    const char *form;        /* "" = every form */
    struct tsk_strings when; /* all must hold: FIELD=VALUE, FIELD!=VALUE, FIELD= (blank), FIELD!= (not blank); FIELD may
                                  also be ward (5-digit code), form, office */
    enum tsk_rule_to to;
    enum tsk_rule_kind kind;
    const char *name_from;              /* institution: field that names it */
    struct tsk_strings directory_kinds; /* institution: kinds of directory entries that may be meant */
    const char *department;             /* institution: "" or the department that is meant */
    const char *attention_from; /* "" or the field that names a person there: shown in a to-do, never in a mail */
    const char *route_from;     /* "" or the mark field on which the sheet chooses the route */
    struct tsk_strings
        channels; /* order of preference: email, fax, phone, webhook (alerts only), other, urgent (the office) */
    const char *template; /* name of the text in routing/templates, without .txt */
    const char *
        letter; /* disclosures: "" or the text around the content; then a mail only says that it comes otherwise, unless
                         the entry can open links */
    struct tsk_strings encloses; /* disclosures by fax: forms to print behind the words, filled in from the case */
    const char *why;             /* one line for people */
};

struct tsk_ward_office { /* a ward office's wish; where it is reached comes from the directory */
    const char *ward;    /* 5-digit municipality code */
    enum tsk_alert_mode alerts;
    int digest_minute; /* of the day in Japan */
};

struct tsk_routing_config {
    struct tsk_event_rule *events;
    size_t event_count;
    struct tsk_rule *rules;
    size_t rule_count;
    struct tsk_ward_office *ward_offices;
    size_t ward_office_count;
    enum tsk_alert_mode ward_default; /* wards that are not listed */
    int digest_minute;                /* daily digests, unless a ward office has its own time */
};

struct tsk_inquiry_config { /* how a hospital is asked that does not write back: casework/casework.h */
    uint32_t after_days;    /* without an outcome after the referral; 0 = only by hand */
    uint32_t again_days;    /* after an inquiry that nobody answered */
    uint32_t planned_days;  /* after the day that the hospital had named */
    uint32_t due_days;      /* until when an answer is asked for */
    uint32_t limit;         /* inquiries without an answer; then a person */
    uint32_t pages_max;     /* patients in one call; the rest waits for the next day */
    const char *at;         /* HH:MM in Japan: the one call of the day to each hospital */
    int minute;             /* the same, of the day */
    const char *department; /* of a hospital's entry that is asked */
    bool mail;              /* a repeated inquiry is announced by mail, with the case number alone */
};

struct
    tsk_quiet { /* minutes of the day in Japan; no mail leaves between them; may cross midnight; equal = never quiet */
    int from, to;
};

/* A login of the machine, and the name under which it stands in the audit chain. */
struct tsk_terminal_login {
    const char *login, *name;
};

struct tsk_config {
    const char *path; /* of the file, as opened */
    const char *user; /* system user that a gateway started as root becomes; "" = refuse to run as root */
    struct tsk_office_config *offices;
    size_t office_count;
    struct tsk_source *sources;
    size_t source_count;
    struct tsk_strings forms; /* folders of further forms and editions, beside those that come with Tasuki */
    struct tsk_reading_config reading;
    uint32_t disk_free_mb_min; /* below it no document is accepted */
    struct tsk_mail_config mail;
    struct tsk_fax_config fax;
    struct tsk_webhook *webhooks;
    size_t webhook_count;
    struct tsk_web_config web;
    struct tsk_terminal_login *terminal; /* none: --by is believed */
    size_t terminal_count;
    struct tsk_quiet quiet;
    struct tsk_routing_config routing;
    struct tsk_inquiry_config inquiries;
    struct tsk_care_config care; /* keys:, backup:, audit:, operator:, metrics:, fallback: */
};

int tsk_config_load(const struct tsk_config **out, const char *path, struct tsk_err *err) TSK_MUST_USE;
void tsk_config_free(const struct tsk_config **config);

const struct tsk_office_config *tsk_config_office(const struct tsk_config *config, const char *id); /* NULL if none */
const struct tsk_webhook *tsk_config_webhook(const struct tsk_config *config, const char *id);      /* NULL if none */
bool tsk_is_quiet(const struct tsk_quiet *quiet, int minute_of_day);
const struct tsk_source *tsk_config_source(const struct tsk_config *config, const char *id);

#endif
