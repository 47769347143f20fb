/*
 * fax_tags - the lines that a fax spooler writes into a TIFF's ImageDescription: station, then CALLID1, CALLID2 …
 *
 * Input      Hostile. The file is looked at in a child that was confined before it read a byte; what comes back is a fixed
 *            number of bytes, ended and made printable here.
 * Promise    Absent or nonsense is "", and so is what a child that died, hung or could not be started would have said: a fax
 *            is worth more than its tags. The descriptor's offset stays.
 */
#ifndef TASUKI_GATEWAY_FAX_TAGS_H
#define TASUKI_GATEWAY_FAX_TAGS_H

#define TSK_FAX_LINES 8

struct tsk_fax_tags {
    char lines[TSK_FAX_LINES][64];
};

void tsk_fax_tags_read(struct tsk_fax_tags *out, int fd);
/* The same without a child: what the child does. For tests and fuzzing only. */
void tsk_fax_tags_parse(struct tsk_fax_tags *out, int fd);

#endif
