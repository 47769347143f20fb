#include "ocr/confine/protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control { /* aligned for the first header */
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * TSK_PACKET_FDS)];
};

int tsk_packet_send(int socket, const json_t *json, const int *fds, size_t count, struct tsk_err *err)
{
    char text[TSK_PACKET_MAX];
    size_t len = json_dumpb(json, text, sizeof text, JSON_COMPACT);
    struct iovec part = { .iov_base = text, .iov_len = len };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    union control control;
    ssize_t sent;

    if (len == 0 || len > sizeof text || count > TSK_PACKET_FDS)
        return tsk_fail(err, TSK_REJECT, 0, "a request to the recogniser is too long");
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * count);
    }
    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return tsk_fail(err, TSK_RETRY, errno, "the recogniser is not there");
    return 0;
}

int tsk_packet_send_take(int socket, json_t *json, struct tsk_err *err)
{
    int rc = json != NULL ? tsk_packet_send(socket, json, NULL, 0, err)
                          : tsk_fail(err, TSK_RETRY, ENOMEM, "no memory to talk to the recogniser");

    json_decref(json);
    return rc;
}

/* Every descriptor that came is either handed out or closed. */
static void take_fds(struct msghdr *message, int fds[TSK_PACKET_FDS])
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        size_t count =
            c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

        for (size_t i = 0; i < count && i < TSK_PACKET_FDS; i++)
            memcpy(&fds[i], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
    }
}

int tsk_packet_take(int socket, json_t **json, int fds[TSK_PACKET_FDS], struct tsk_err *err)
{
    char text[TSK_PACKET_MAX];
    struct iovec part = { .iov_base = text, .iov_len = sizeof text };
    union control control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes
    };
    ssize_t len;

    *json = NULL;
    fds[0] = fds[1] = -1;
    do
        len = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (len < 0 && errno == EINTR);
    if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (len <= 0)
        return tsk_fail(err, TSK_RETRY, len < 0 ? errno : 0, "the connection to the recogniser was closed");
    take_fds(&message, fds);
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0)
        *json = json_loadb(text, (size_t)len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(*json))
        return 1;
    for (int i = 0; i < TSK_PACKET_FDS; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    json_decref(*json);
    *json = NULL;
    return tsk_fail(err, TSK_REJECT, 0, "a packet of the recogniser makes no sense");
}

json_t *tsk_request_to_json(const struct tsk_request *r)
{
    return json_pack("{s:{s:s, s:I, s:I, s:b, s:b, s:b, s:b, s:I, s:s}}", "read", "id", r->id != NULL ? r->id : "-",
                     "received_ms", (json_int_t)r->received_ms, "fallback_ms", (json_int_t)r->fallback_ms, "raster",
                     (int)r->raster, "marks_only", (int)r->marks_only, "images", (int)r->images, "timing",
                     (int)r->timing, "time_limit_ms", (json_int_t)r->time_limit_ms, "probe",
                     r->probe != NULL ? r->probe : "");
}

int tsk_request_from_json(struct tsk_request *out, json_t *json, struct tsk_err *err)
{
    json_int_t received = 0, fallback = 0, limit = 0;
    int raster = 0, marks_only = 0, images = 0, timing = 0;
    const char *id = "-", *probe = "";

    memset(out, 0, sizeof *out);
    if (json_unpack(json, "{s:{s:s, s:I, s:I, s:b, s:b, s:b, s:b, s:I, s:s !} !}", "read", "id", &id, "received_ms",
                    &received, "fallback_ms", &fallback, "raster", &raster, "marks_only", &marks_only, "images",
                    &images, "timing", &timing, "time_limit_ms", &limit, "probe", &probe) != 0)
        return tsk_fail(err, TSK_REJECT, 0, "the request is not one that this recogniser knows");
    *out = (struct tsk_request){ .id = id,
                                 .received_ms = received,
                                 .fallback_ms = fallback,
                                 .raster = raster != 0,
                                 .marks_only = marks_only != 0,
                                 .images = images != 0,
                                 .timing = timing != 0,
                                 .time_limit_ms = limit,
                                 .probe = *probe != '\0' ? probe : NULL };
    return 0;
}
