/* office_yaml - what tasuki.yaml says of one office, for the site that it moves to: a person puts it there */
#ifndef TASUKI_GATEWAY_OFFICE_YAML_H
#define TASUKI_GATEWAY_OFFICE_YAML_H

#include "base/buf.h"
#include "config/config.h"
#include "records/account.h"

/*
 * The office, its sources (passwords stay where they are), and as comments the people who work in it: accounts are made anew at the
 * new site, with passwords and second factors of its own. Appended.
 */
int tsk_office_yaml(struct tsk_buf *out, const struct tsk_config *config, const char *office,
                    const struct tsk_accounts *accounts, struct tsk_err *err) TSK_MUST_USE;

#endif
