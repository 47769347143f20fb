/* One's own account: password, second factor, recovery codes. */
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "review/auth.h"

#define PASSWORD_MAX 200
#define CODE_MAX 40
#define QUIET_ZONE 4
#define SVG_BYTES_MAX ((size_t)256 << 10)

/* Neither the session nor a passing colleague is enough for what follows. */
static int prove(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *password, *code;
    bool right = true;

    if (tsk_body_text(&password, request, "password", PASSWORD_MAX, TSK_MUST, err) != 0 ||
        tsk_body_text(&code, request, "code", CODE_MAX, TSK_MAY, err) != 0)
        return -1;
    if (!tsk_account_password_is(request->store, request->who.id, password))
        right = false;
    else if (request->who.second_factor &&
             tsk_account_second_factor(&right, request->store, request->who.id, code != NULL ? code : "", err) != 0)
        return -1;
    if (right)
        return 0;
    if (tsk_account_audit(request->store, request->who.id, request->who.name, "account.not_proved", "", err) != 0)
        return -1;
    return tsk_reply_refuse(reply, 403, "wrong", err, "password or code is not right");
}

static int get_account(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_account account;

    if (tsk_account_find(&account, request->store, request->who.id, request->arena, err) != 0)
        return tsk_reply_missing(reply, err);
    reply->json = json_pack("{s:s, s:s, s:s, s:b, s:i, s:s, s:s, s:i}", "user", account.name, "name", account.display,
                            "language", account.language, "second_factor", account.second_factor, "recovery_left",
                            account.recovery_left, "password_at", account.password_at, "created", account.created,
                            "password_length_min", (int)request->desk->config->web.password_length_min);
    return reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for this answer");
}

static int post_password(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *old, *fresh;

    if (tsk_body_text(&old, request, "password", PASSWORD_MAX, TSK_MUST, err) != 0 ||
        tsk_body_text(&fresh, request, "new", PASSWORD_MAX, TSK_MUST, err) != 0)
        return -1;
    if (!tsk_account_password_is(request->store, request->who.id, old))
        return tsk_reply_refuse(reply, 403, "wrong", err, "the present password is not right");
    if (strcmp(old, fresh) == 0)
        return tsk_reply_refuse(reply, 422, "same_password", err, "the new password is the old one");
    if (tsk_account_set_password(request->store, request->who.id, fresh, request->desk->config->web.password_length_min,
                                 request->login->token, request->who.name, err) == 0)
        return 0;
    if (err->kind == TSK_REJECT)
        reply->problem = "weak_password";
    return -1;
}

/* One path for all dark modules: a square each. */
static int draw_qr(struct tsk_buf *svg, const char *text, struct tsk_err *err)
{
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);

    if (code == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "the picture of the key cannot be drawn; type it in");
    int size = code->width + 2 * QUIET_ZONE;
    tsk_buf_printf(svg,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
                   "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path d=\"",
                   size, size, size, size);
    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width; x++)
            if ((code->data[y * code->width + x] & 1) != 0)
                tsk_buf_printf(svg, "M%d %dh1v1h-1z", x + QUIET_ZONE, y + QUIET_ZONE);
    tsk_buf_puts(svg, "\"/></svg>");
    QRcode_free(code);
    return svg->failed ? tsk_fail(err, TSK_RETRY, 0, "no memory for the picture of the key") : 0;
}

/* RFC 3986: what stands between the delimiters of an otpauth URI. */
static void add_escaped(struct tsk_buf *out, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if ((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || *c == '-' || *c == '.')
            tsk_buf_add(out, c, 1);
        else
            tsk_buf_printf(out, "%%%02X", *c);
    }
}

static int post_enrol(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_buf uri = TSK_BUF(2048), svg = TSK_BUF(SVG_BYTES_MAX);
    char secret[TSK_TOTP_SECRET_SIZE];

    if (request->who.second_factor && prove(reply, request, err) != 0)
        return -1;
    if (tsk_account_enrol(secret, request->store, request->who.id, err) != 0)
        return -1;
    tsk_buf_puts(&uri, "otpauth://totp/Tasuki:");
    add_escaped(&uri, request->who.name);
    tsk_buf_printf(&uri, "?secret=%s&issuer=Tasuki&algorithm=SHA1&digits=6&period=%d", secret, TSK_TOTP_STEP_S);
    int rc = draw_qr(&svg, tsk_buf_text(&uri), err);
    if (rc == 0) {
        reply->json =
            json_pack("{s:s, s:s, s:s}", "secret", secret, "uri", tsk_buf_text(&uri), "qr", tsk_buf_text(&svg));
        rc = reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for this answer");
    }
    tsk_buf_free(&uri);
    tsk_buf_free(&svg);
    return rc;
}

static int tell_codes(struct tsk_reply *reply, char codes[TSK_RECOVERY_CODES][TSK_RECOVERY_SIZE], struct tsk_err *err)
{
    json_t *list = json_array();

    for (size_t i = 0; i < TSK_RECOVERY_CODES; i++)
        json_array_append_new(list, json_string(codes[i]));
    reply->json = json_pack("{s:o}", "codes", list);
    return reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for this answer");
}

static int post_enrolled(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    char codes[TSK_RECOVERY_CODES][TSK_RECOVERY_SIZE];
    const char *code;

    if (tsk_body_text(&code, request, "code", CODE_MAX, TSK_MUST, err) != 0)
        return -1;
    if (tsk_account_enrolled(codes, request->store, request->who.id, code, request->login->token, request->who.name,
                             err) != 0) {
        reply->problem = "wrong_code";
        return -1;
    }
    return tell_codes(reply, codes, err);
}

static int post_recovery(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    char codes[TSK_RECOVERY_CODES][TSK_RECOVERY_SIZE];

    if (!request->who.second_factor)
        return tsk_reply_refuse(reply, 409, "no_second_factor", err, "set up the second factor first");
    if (prove(reply, request, err) != 0 ||
        tsk_account_new_recovery(codes, request->store, request->who.id, request->who.name, err) != 0)
        return -1;
    return tell_codes(reply, codes, err);
}

const struct tsk_route tsk_routes_account[] = {
    { "GET", "/api/v1/account", get_account, 0, TSK_ROUTE_OWN, 0 },
    { "POST", "/api/v1/account/enrol", post_enrol, 0, TSK_ROUTE_OWN, 4096 },
    { "POST", "/api/v1/account/enrolled", post_enrolled, 0, TSK_ROUTE_OWN, 4096 },
    { "POST", "/api/v1/account/password", post_password, 0, TSK_ROUTE_OWN, 4096 },
    { "POST", "/api/v1/account/recovery", post_recovery, 0, TSK_ROUTE_OWN, 4096 },
    { .method = NULL },
};
