/*
 * sheet_print - a sheet for paper or fax: blank, or filled in from a case for the hospital to send back
 *
 * Return sheet The upper half holds what the case's newest referral says for certain; the outcome and the office's part are empty; a
 *            QR code names the case (records/sheet_code.h). Where the sheet prints another era than the date's, the printed one
 *            is struck out and the right one written over it, as people do.
 * Promise    A telephone number that the edition prints must be a verified fax number of the office's directory, else nothing is
 *            printed: a wrong number on a form sends patients' data to strangers.
 */
#ifndef TASUKI_ROUTING_SHEET_PRINT_H
#define TASUKI_ROUTING_SHEET_PRINT_H

#include "forms/print.h"
#include "records/store.h"
#include "vault/vault.h"

struct tsk_sheet_print {
    const char *office;
    const char *form, *edition; /* edition NULL: the first of that form */
    const char *case_number;    /* NULL: blank */
    enum tsk_print_as as;
};

/* Every number that it prints is verified. */
int tsk_sheet_print_check(bool *fine, struct tsk_store *store, const struct tsk_form *form,
                          const struct tsk_sheet_print *what, struct tsk_err *err) TSK_MUST_USE;
int tsk_sheet_print(struct tsk_buf *out, struct tsk_store *store, const struct tsk_forms *forms,
                    struct tsk_vault *vault, const struct tsk_scope *scope, const struct tsk_sheet_print *what,
                    struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
