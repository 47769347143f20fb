#include "gateway/imap/link.h"

#include <errno.h>
#include <libetpan/libetpan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/date.h"
#include "gateway/imap/dial.h"
#include "gateway/imap/mutf7.h"
#include "gateway/imap/verify.h"

#define NAME_SIZE 512
#define DONE_KEYWORD "$TasukiDone"
#define CLAIM_KEYWORD "$Tasuki-" /* and the gateway */
#define KEYWORD_SIZE 32

struct tsk_link {
    struct tsk_box box; /* first: tsk_link_box() */
    mailimap *imap;
    const struct tsk_source *source;
    char host[256];
    char claim[KEYWORD_SIZE];
    char mailbox[NAME_SIZE], done[NAME_SIZE]; /* as IMAP writes them */
    bool can_idle, can_move, can_uidplus, keywords;
};

/* The server's words, or what libetpan knows, as the end of a sentence. */
static const char *words(const struct tsk_link *link)
{
    const char *said = link->imap->imap_response;

    return said != NULL && said[0] != '\0' ? said : "no reason given";
}

/* What a code of libetpan means: the connection, or only this command. */
static int fail(const struct tsk_link *link, int code, enum tsk_kind refused, const char *what, struct tsk_err *err)
{
    switch (code) {
    case MAILIMAP_ERROR_STREAM:
    case MAILIMAP_ERROR_CONNECTION_REFUSED:
    case MAILIMAP_ERROR_DONT_ACCEPT_CONNECTION:
    case MAILIMAP_ERROR_BAD_STATE:
    case MAILIMAP_ERROR_FATAL:
        return tsk_fail(err, TSK_RETRY, 0, "%s: the connection was lost while %s", link->host, what);
    case MAILIMAP_ERROR_MEMORY:
        return tsk_fail(err, TSK_RETRY, 0, "%s: not enough memory while %s", link->host, what);
    case MAILIMAP_ERROR_PARSE:
    case MAILIMAP_ERROR_PROTOCOL:
        return tsk_fail(err, TSK_RETRY, 0, "%s: the answer was cut off or is no IMAP while %s", link->host, what);
    default:
        return tsk_fail(err, refused, 0, "%s refused %s: %.200s", link->host, what, words(link));
    }
}

static bool is_claim(const char *keyword)
{
    return strncasecmp(keyword, CLAIM_KEYWORD, sizeof CLAIM_KEYWORD - 1) == 0;
}

static void note_flag(const struct tsk_link *link, struct tsk_box_mail *mail, const struct mailimap_flag *flag)
{
    if (flag == NULL)
        return;
    if (flag->fl_type == MAILIMAP_FLAG_DELETED)
        mail->deleted = true;
    if (flag->fl_type != MAILIMAP_FLAG_KEYWORD || flag->fl_data.fl_keyword == NULL)
        return;
    if (strcasecmp(flag->fl_data.fl_keyword, DONE_KEYWORD) == 0)
        mail->done = true;
    else if (strcasecmp(flag->fl_data.fl_keyword, link->claim) == 0)
        mail->mine = true;
    else if (is_claim(flag->fl_data.fl_keyword))
        mail->others = true;
}

static bool add_flag(struct mailimap_flag_list *list, struct mailimap_flag *flag)
{
    if (flag != NULL && mailimap_flag_list_add(list, flag) == MAILIMAP_NO_ERROR)
        return true;
    if (flag != NULL)
        mailimap_flag_free(flag);
    return false;
}

static struct mailimap_flag *keyword_flag(const char *keyword)
{
    struct mailimap_flag *flag = mailimap_flag_new_flag_keyword(NULL);

    if (flag != NULL && (flag->fl_data.fl_keyword = strdup(keyword)) == NULL) {
        mailimap_flag_free(flag);
        return NULL;
    }
    return flag;
}

enum marks { MARK_CLAIM = 1, MARK_DONE = 2, MARK_SEEN = 4, MARK_DELETED = 8 };

static struct mailimap_flag_list *flag_list(const struct tsk_link *link, unsigned marks)
{
    struct mailimap_flag_list *list = mailimap_flag_list_new_empty();

    if (list == NULL)
        return NULL;
    if (((marks & MARK_CLAIM) != 0 && !add_flag(list, keyword_flag(link->claim))) ||
        ((marks & MARK_DONE) != 0 && !add_flag(list, keyword_flag(DONE_KEYWORD))) ||
        ((marks & MARK_SEEN) != 0 && !add_flag(list, mailimap_flag_new_seen())) ||
        ((marks & MARK_DELETED) != 0 && !add_flag(list, mailimap_flag_new_deleted()))) {
        mailimap_flag_list_free(list);
        return NULL;
    }
    return list;
}

static int store_flags(struct tsk_link *link, uint32_t uid, unsigned marks, bool add, struct tsk_err *err)
{
    struct mailimap_set *set = mailimap_set_new_single(uid);
    struct mailimap_flag_list *list = flag_list(link, marks);
    struct mailimap_store_att_flags *store = NULL;
    int code = MAILIMAP_ERROR_MEMORY;

    if (list != NULL)
        store = add ? mailimap_store_att_flags_new_add_flags_silent(list)
                    : mailimap_store_att_flags_new_remove_flags_silent(list);
    if (set != NULL && store != NULL)
        code = mailimap_uid_store(link->imap, set, store);
    if (store != NULL)
        mailimap_store_att_flags_free(store);
    else if (list != NULL)
        mailimap_flag_list_free(list);
    if (set != NULL)
        mailimap_set_free(set);
    return code == MAILIMAP_NO_ERROR ? 0 : fail(link, code, TSK_HOLD, "marking a message", err);
}

static bool keeps_keywords(const struct mailimap_selection_info *info)
{
    if (info == NULL || info->sel_perm_flags == NULL)
        return false;
    for (clistiter *cur = clist_begin(info->sel_perm_flags); cur != NULL; cur = clist_next(cur)) {
        const struct mailimap_flag_perm *perm = clist_content(cur);

        if (perm->fl_type == MAILIMAP_FLAG_PERM_ALL)
            return true;
    }
    return false;
}

static int box_select(struct tsk_box *box, struct tsk_box_state *out, struct tsk_err *err)
{
    struct tsk_link *link = (struct tsk_link *)box;
    int code = mailimap_select(link->imap, link->mailbox);
    const struct mailimap_selection_info *info = link->imap->imap_selection_info;

    if (code != MAILIMAP_NO_ERROR || info == NULL)
        return fail(link, code, TSK_REJECT, "opening the mailbox of imap.mailbox", err);
    link->keywords = keeps_keywords(info);
    *out = (struct tsk_box_state){ .validity = info->sel_uidvalidity,
                                   .uid_next = info->sel_uidnext,
                                   .keywords = link->keywords };
    return 0;
}

static struct mailimap_search_key *search_key(uint32_t from, const char *since)
{
    struct mailimap_search_key *key = mailimap_search_key_new_multiple_empty(), *part;
    struct mailimap_set *set = mailimap_set_new_interval(from, 0);
    struct tsk_date day;

    if (key == NULL || set == NULL)
        return NULL; /* without memory nothing else will work either */
    part = mailimap_search_key_new_uid(set);
    if (part == NULL || mailimap_search_key_multiple_add(key, part) != MAILIMAP_NO_ERROR)
        return NULL;
    if (!tsk_date_parse(since, &day))
        return key;
    part = mailimap_search_key_new_since(mailimap_date_new(day.day, day.month, day.year));
    return part != NULL && mailimap_search_key_multiple_add(key, part) == MAILIMAP_NO_ERROR ? key : NULL;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* "5:*" always names the last message, even when its number is below 5. */
static int take_uids(clist *found, uint32_t from, uint32_t **uids, size_t *count, struct tsk_err *err)
{
    *uids = calloc((size_t)clist_count(found) + 1, sizeof **uids);
    if (*uids == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a list of messages");
    for (clistiter *cur = clist_begin(found); cur != NULL; cur = clist_next(cur)) {
        uint32_t uid = *(const uint32_t *)clist_content(cur);

        if (uid >= from)
            (*uids)[(*count)++] = uid;
    }
    qsort(*uids, *count, sizeof **uids, by_number);
    return 0;
}

static int box_find(struct tsk_box *box, uint32_t from, const char *since, uint32_t **uids, size_t *count,
                    struct tsk_err *err)
{
    struct tsk_link *link = (struct tsk_link *)box;
    struct mailimap_search_key *key = search_key(from, since);
    clist *found = NULL;
    int code, rc;

    *uids = NULL;
    *count = 0;
    if (key == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to search a mailbox");
    code = mailimap_uid_search(link->imap, NULL, key, &found);
    mailimap_search_key_free(key);
    if (code != MAILIMAP_NO_ERROR)
        return fail(link, code, TSK_RETRY, "listing the messages", err);
    rc = take_uids(found, from, uids, count, err);
    mailimap_search_result_free(found);
    return rc;
}

static void note_item(const struct tsk_link *link, struct tsk_box_mail *mail, const struct mailimap_msg_att_item *item)
{
    if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC) {
        const struct mailimap_msg_att_static *fixed = item->att_data.att_static;

        if (fixed->att_type == MAILIMAP_MSG_ATT_UID)
            mail->uid = fixed->att_data.att_uid;
        else if (fixed->att_type == MAILIMAP_MSG_ATT_RFC822_SIZE)
            mail->size = fixed->att_data.att_rfc822_size;
    } else if (item->att_type == MAILIMAP_MSG_ATT_ITEM_DYNAMIC && item->att_data.att_dyn->att_list != NULL) {
        for (clistiter *cur = clist_begin(item->att_data.att_dyn->att_list); cur != NULL; cur = clist_next(cur))
            note_flag(link, mail, ((const struct mailimap_flag_fetch *)clist_content(cur))->fl_flag);
    }
}

static void note_mail(const struct tsk_link *link, struct tsk_box_mail *mail, const struct mailimap_msg_att *att)
{
    *mail = (struct tsk_box_mail){ .uid = 0 };
    for (clistiter *cur = clist_begin(att->att_list); cur != NULL; cur = clist_next(cur))
        note_item(link, mail, clist_content(cur));
}

static bool add_att(struct mailimap_fetch_type *type, struct mailimap_fetch_att *att)
{
    return att != NULL && mailimap_fetch_type_new_fetch_att_list_add(type, att) == MAILIMAP_NO_ERROR;
}

static struct mailimap_set *set_of(const uint32_t *uids, size_t count)
{
    struct mailimap_set *set = mailimap_set_new_empty();

    for (size_t i = 0; set != NULL && i < count; i++)
        if (mailimap_set_add_single(set, uids[i]) != MAILIMAP_NO_ERROR) {
            mailimap_set_free(set);
            set = NULL;
        }
    return set;
}

static struct mailimap_fetch_type *type_of(struct mailimap_fetch_att *a, struct mailimap_fetch_att *b,
                                           struct mailimap_fetch_att *c)
{
    struct mailimap_fetch_type *type = mailimap_fetch_type_new_fetch_att_list_empty();

    if (type != NULL && add_att(type, a) && add_att(type, b) && (c == NULL || add_att(type, c)))
        return type;
    if (type != NULL)
        mailimap_fetch_type_free(type);
    return NULL;
}

/* Takes type over; NULL: there was no memory for it. */
static int fetch(struct tsk_link *link, const uint32_t *uids, size_t count, struct mailimap_fetch_type *type,
                 clist **result, const char *what, struct tsk_err *err)
{
    struct mailimap_set *set = set_of(uids, count);
    int code = MAILIMAP_ERROR_MEMORY;

    *result = NULL;
    if (type != NULL && set != NULL)
        code = mailimap_uid_fetch(link->imap, set, type, result);
    if (type != NULL)
        mailimap_fetch_type_free(type);
    if (set != NULL)
        mailimap_set_free(set);
    if (code == MAILIMAP_NO_ERROR && *result != NULL)
        return 0;
    fail(link, code == MAILIMAP_NO_ERROR ? MAILIMAP_ERROR_PROTOCOL : code, TSK_HOLD, what, err);
    return -1;
}

static bool is_wanted(const uint32_t *uids, size_t count, uint32_t uid)
{
    for (size_t i = 0; i < count; i++)
        if (uids[i] == uid)
            return true;
    return false;
}

static int box_look(struct tsk_box *box, const uint32_t *uids, size_t count, struct tsk_box_mail *out, size_t *found,
                    struct tsk_err *err)
{
    struct tsk_link *link = (struct tsk_link *)box;
    clist *result;

    *found = 0;
    if (count == 0)
        return 0;
    if (fetch(
            link, uids, count,
            type_of(mailimap_fetch_att_new_uid(), mailimap_fetch_att_new_rfc822_size(), mailimap_fetch_att_new_flags()),
            &result, "listing messages", err) != 0)
        return -1;
    for (clistiter *cur = clist_begin(result); cur != NULL && *found < count; cur = clist_next(cur)) {
        note_mail(link, &out[*found], clist_content(cur));
        *found += is_wanted(uids, count, out[*found].uid); /* a server may tell of others unasked */
    }
    mailimap_fetch_list_free(result);
    return 0;
}

static int box_claim(struct tsk_box *box, uint32_t uid, bool over, bool *won, struct tsk_err *err)
{
    struct tsk_link *link = (struct tsk_link *)box;
    struct tsk_box_mail mail;
    size_t found = 0;
    int code;

    *won = true;
    if (!link->keywords)
        return 0;
    if (store_flags(link, uid, MARK_CLAIM, true, err) != 0)
        return -1;
    if ((code = mailimap_noop(link->imap)) != MAILIMAP_NO_ERROR)
        return fail(link, code, TSK_RETRY, "claiming a message", err);
    if (box_look(box, &uid, 1, &mail, &found, err) != 0)
        return -1;
    *won = found == 1 && mail.mine && (over || (!mail.others && !mail.done));
    return *won || found == 0 ? 0 : store_flags(link, uid, MARK_CLAIM, false, err);
}

static bool find_body(const struct mailimap_msg_att *att, struct tsk_box_bytes *out)
{
    for (clistiter *cur = clist_begin(att->att_list); cur != NULL; cur = clist_next(cur)) {
        const struct mailimap_msg_att_item *item = clist_content(cur);
        const struct mailimap_msg_att_body_section *body;

        if (item->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC ||
            item->att_data.att_static->att_type != MAILIMAP_MSG_ATT_BODY_SECTION)
            continue;
        body = item->att_data.att_static->att_data.att_body_section;
        if (body == NULL || body->sec_body_part == NULL)
            return false;
        out->at = body->sec_body_part;
        out->len = body->sec_length;
        return true;
    }
    return false;
}

static int box_fetch(struct tsk_box *box, uint32_t uid, uint32_t max, struct tsk_box_bytes *out, struct tsk_err *err)
{
    struct tsk_link *link = (struct tsk_link *)box;
    clist *result;

    *out = (struct tsk_box_bytes){ .at = NULL };
    if (fetch(link, &uid, 1,
              type_of(mailimap_fetch_att_new_uid(),
                      max != 0 ? mailimap_fetch_att_new_body_peek_section_partial(mailimap_section_new(NULL), 0, max)
                               : mailimap_fetch_att_new_body_peek_section(mailimap_section_new(NULL)),
                      NULL),
              &result, "fetching a message", err) != 0)
        return -1;
    out->keep = result;
    for (clistiter *cur = clist_begin(result); cur != NULL; cur = clist_next(cur))
        if (find_body(clist_content(cur), out))
            return 0;
    mailimap_fetch_list_free(result);
    out->keep = NULL;
    return tsk_fail(err, TSK_HOLD, 0, "%s gave no content for a message", link->host);
}

static void box_fetched_free(struct tsk_box *box, struct tsk_box_bytes *bytes)
{
    (void)box;
    if (bytes->keep != NULL)
        mailimap_fetch_list_free(bytes->keep);
    *bytes = (struct tsk_box_bytes){ .at = NULL };
}

static int try_move(struct tsk_link *link, struct mailimap_set *set)
{
    int code = link->can_move ? mailimap_uid_move(link->imap, set, link->done)
                              : mailimap_uid_copy(link->imap, set, link->done);

    if (code != MAILIMAP_ERROR_UID_MOVE && code != MAILIMAP_ERROR_UID_COPY && code != MAILIMAP_ERROR_MOVE &&
        code != MAILIMAP_ERROR_COPY)
        return code;
    /* Refused: most often because the mailbox does not exist yet. */
    if (mailimap_create(link->imap, link->done) != MAILIMAP_NO_ERROR)
        return code;
    mailimap_subscribe(link->imap, link->done);
    return link->can_move ? mailimap_uid_move(link->imap, set, link->done)
                          : mailimap_uid_copy(link->imap, set, link->done);
}

static int move_away(struct tsk_link *link, uint32_t uid, struct tsk_err *err)
{
    struct mailimap_set *set = mailimap_set_new_single(uid);
    int code = set != NULL ? try_move(link, set) : MAILIMAP_ERROR_MEMORY, rc;

    rc = code == MAILIMAP_NO_ERROR ? 0 : fail(link, code, TSK_HOLD, "moving a message to imap.done", err);
    if (rc == 0 && !link->can_move) {
        rc = store_flags(link, uid, MARK_DELETED, true, err);
        if (rc == 0 && link->can_uidplus && mailimap_uid_expunge(link->imap, set) != MAILIMAP_NO_ERROR)
            rc = tsk_fail(err, TSK_HOLD, 0, "%s did not remove a message that was copied to imap.done", link->host);
    }
    if (set != NULL)
        mailimap_set_free(set);
    return rc;
}

static int box_settle(struct tsk_box *box, uint32_t uid, bool leave, struct tsk_err *err)
{
    struct tsk_link *link = (struct tsk_link *)box;
    unsigned marks = link->keywords ? MARK_DONE : 0;

    if (leave)
        return marks != 0 ? store_flags(link, uid, marks, true, err) : 0;
    if (link->source->after == TSK_AFTER_SEEN)
        return store_flags(link, uid, marks | MARK_SEEN, true, err);
    if (marks != 0 && store_flags(link, uid, marks, true, err) != 0)
        return -1;
    return move_away(link, uid, err);
}

static void note_capability(struct tsk_link *link, const char *name)
{
    link->can_idle = link->can_idle || strcasecmp(name, "IDLE") == 0;
    link->can_move = link->can_move || strcasecmp(name, "MOVE") == 0;
    link->can_uidplus = link->can_uidplus || strcasecmp(name, "UIDPLUS") == 0;
}

static int ask_capabilities(struct tsk_link *link, struct tsk_err *err)
{
    struct mailimap_capability_data *data = NULL;
    int code = mailimap_capability(link->imap, &data);

    if (code != MAILIMAP_NO_ERROR)
        return fail(link, code, TSK_RETRY, "telling what it can do", err);
    for (clistiter *cur = clist_begin(data->cap_list); cur != NULL; cur = clist_next(cur)) {
        const struct mailimap_capability *one = clist_content(cur);

        if (one->cap_type == MAILIMAP_CAPABILITY_NAME && one->cap_data.cap_name != NULL)
            note_capability(link, one->cap_data.cap_name);
    }
    mailimap_capability_data_free(data);
    return 0;
}

static int log_in(struct tsk_link *link, const struct tsk_login *login, struct tsk_err *err)
{
    const char *user = link->source->imap.user;
    int code = login->token != NULL ? mailimap_oauth2_authenticate(link->imap, user, login->token)
                                    : mailimap_login(link->imap, user, login->password);

    return code == MAILIMAP_NO_ERROR ? 0 : fail(link, code, TSK_REJECT, "name and password or token", err);
}

static int name_mailboxes(struct tsk_link *link, struct tsk_err *err)
{
    const struct tsk_imap_config *imap = &link->source->imap;

    if (tsk_mutf7(link->mailbox, sizeof link->mailbox, imap->mailbox) != 0 ||
        tsk_mutf7(link->done, sizeof link->done, imap->done) != 0)
        return tsk_fail(err, TSK_REJECT, 0, "source %s: the name of a mailbox is too long", link->source->id);
    return 0;
}

static int open_link(struct tsk_link *link, const struct tsk_login *login, struct tsk_err *err)
{
    const struct tsk_dial dial = { .url = link->source->imap.url,
                                   .ca_file = login->ca_file,
                                   .timeout_s = link->source->imap.timeout_s };

    snprintf(link->claim, sizeof link->claim, CLAIM_KEYWORD "%.8s", login->gateway);
    return name_mailboxes(link, err) != 0 || tsk_dial(&link->imap, link->host, &dial, err) != 0 ||
                   log_in(link, login, err) != 0 || ask_capabilities(link, err) != 0
               ? -1
               : 0;
}

int tsk_link_open(struct tsk_link **out, const struct tsk_source *source, const struct tsk_login *login,
                  struct tsk_err *err)
{
    struct tsk_link *link = calloc(1, sizeof *link);

    *out = NULL;
    if (link == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    link->source = source;
    link->box = (struct tsk_box){ .select = box_select,
                                  .find = box_find,
                                  .look = box_look,
                                  .claim = box_claim,
                                  .fetch = box_fetch,
                                  .fetched_free = box_fetched_free,
                                  .settle = box_settle };
    if (open_link(link, login, err) != 0) {
        tsk_link_close(&link);
        return -1;
    }
    *out = link;
    return 0;
}

void tsk_link_close(struct tsk_link **link)
{
    struct tsk_link *old = *link;

    if (old == NULL)
        return;
    *link = NULL;
    tsk_hang_up(&old->imap);
    free(old);
}

struct tsk_box *tsk_link_box(struct tsk_link *link)
{
    return &link->box;
}

bool tsk_link_can_idle(const struct tsk_link *link)
{
    return link->can_idle;
}

int tsk_link_idle(struct tsk_link *link, struct tsk_err *err)
{
    int code = mailimap_idle(link->imap);

    return code == MAILIMAP_NO_ERROR ? 0 : fail(link, code, TSK_RETRY, "waiting (IDLE)", err);
}

int tsk_link_idle_end(struct tsk_link *link, struct tsk_err *err)
{
    int code = mailimap_idle_done(link->imap);

    return code == MAILIMAP_NO_ERROR ? 0 : fail(link, code, TSK_RETRY, "waiting (IDLE)", err);
}

int tsk_link_fd(const struct tsk_link *link)
{
    return mailimap_idle_get_fd(link->imap);
}

bool tsk_link_has_news(const struct tsk_link *link)
{
    return link->imap->imap_stream->read_buffer_len > 0;
}
