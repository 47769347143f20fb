#include "review/server.h"

/* The pages bring scripts and styles of their own only, so that a stranger's text on a page can never become one. */
#define POLICY                                                                                                         \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; connect-src "     \
    "'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "                       \
    "require-trusted-types-for 'script'; trusted-types 'none'"

static const struct {
    const char *name, *value;
} always[] = {
    { "Content-Security-Policy", POLICY },
    { "X-Content-Type-Options", "nosniff" },
    { "X-Frame-Options", "DENY" },
    { "Referrer-Policy", "no-referrer" },
    { "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Strict-Transport-Security", "max-age=31536000" },
};

void tsk_headers_add(struct MHD_Response *response, const struct tsk_desk_server *server, enum tsk_headers_for what)
{
    (void)server;
    for (size_t i = 0; i < TSK_COUNT(always); i++)
        MHD_add_response_header(response, always[i].name, always[i].value);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                            what == TSK_HEADERS_DATA ? "no-store" : "no-cache");
}
