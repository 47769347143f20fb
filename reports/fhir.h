/*
 * fhir - one case as a FHIR R4 Bundle of type collection
 *
 * Standard   HL7 FHIR R4 (4.0.1). Names as in JP Core: kanji IDE, kana SYL. No profile is claimed: Japan has none for Task, Communication,
 *            EpisodeOfCare or QuestionnaireResponse.
 * Lossless   Each sheet is a QuestionnaireResponse whose linkIds are the ids of the fields; "in-progress" until a person confirmed it.
 *            Everything else is made of confirmed sheets only.
 * Ids        Are made of the case number and what the resource is: the same case gives the same Bundle again.
 * Documents  Each DocumentReference names its document by id and SHA-256 and points at a Binary of the same Bundle: the original bytes,
 *            or as PDF/A its pages of this case where it holds others as well. Attachment.size and .hash (SHA-1) are of the Binary.
 * Failure    TSK_HOLD when an original is damaged or missing: a Bundle without it would be taken for whole.
 */
#ifndef TASUKI_REPORTS_FHIR_H
#define TASUKI_REPORTS_FHIR_H

#include "base/buf.h"
#include "records/blob.h"
#include "reports/case_file.h"

/* stamp: UTC instant of the export. blobs NULL = without the bytes of documents. Appends JSON; out->max is the cap. */
int tsk_fhir_write(struct tsk_buf *out, const struct tsk_case_file *file, struct tsk_blobs *blobs, const char *stamp,
                   struct tsk_err *err) TSK_MUST_USE;

#endif
