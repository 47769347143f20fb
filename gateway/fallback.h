/*
 * fallback - paper for the day without a server: one PDF an office, opened by a password on any machine
 *
 * Inside     Cases with what waits in each, to-dos with their words, telephone and fax numbers of the directory, blank sheets.
 * Promise    FOLDER/tasuki-OFFICE.pdf, AES-256 (PDF 2.0, by qpdf in a process of its own); the file of yesterday stays until that of
 *            today is whole and synced. Nothing of it is on a disk in the clear: what is not encrypted yet is in memory.
 * Password   A line "OFFICE: password" of fallback.password_file, else its first line. Printed apart, kept by the coordinator.
 */
#ifndef TASUKI_GATEWAY_FALLBACK_H
#define TASUKI_GATEWAY_FALLBACK_H

#include "gateway/site.h"

int tsk_fallback_make(const struct tsk_site *site, struct tsk_err *err) TSK_MUST_USE;

#endif
