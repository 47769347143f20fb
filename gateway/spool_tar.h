/* spool_tar - a document of the spool, as it is in a tar: spool/STATE/ID/{envelope.json[, reason], original} */
#ifndef TASUKI_GATEWAY_SPOOL_TAR_H
#define TASUKI_GATEWAY_SPOOL_TAR_H

#include "gateway/tar_write.h"
#include "spool/spool.h"

/* 1; 0 when it is not there any more (read meanwhile: the database has it), or damaged (a person hears of it elsewhere); -1. */
int tsk_tar_document(struct tsk_tar_writer *w, struct tsk_spool *spool, const char *id,
                     struct tsk_err *err) TSK_MUST_USE;

#endif
