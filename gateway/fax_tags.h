/*
 * fax_tags - the lines that a fax spooler writes into a TIFF's ImageDescription: station, then CALLID1, CALLID2 …
 *
 * Input      Hostile. Reads at most a few hundred bytes at places that were checked against the file's size; decodes nothing.
 * Promise    Absent or nonsense is "". The descriptor's offset stays.
 */
#ifndef TASUKI_GATEWAY_FAX_TAGS_H
#define TASUKI_GATEWAY_FAX_TAGS_H

#define TSK_FAX_LINES 8

struct tsk_fax_tags {
    char lines[TSK_FAX_LINES][64];
};

void tsk_fax_tags_read(struct tsk_fax_tags *out, int fd);

#endif
