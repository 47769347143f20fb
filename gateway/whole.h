/*
 * whole - does a file that has stopped growing look as if it were finished?
 *
 * Why        A scanner closes its file after every page and opens it again for the next, and some take longer between two
 *            pages than any reasonable delay.
 * Input      Hostile. A few bytes at places that are checked against the size; decodes nothing.
 * Promise    false only when the kind of file says that something is still to come: a PDF without its end mark, a TIFF whose
 *            list of pages leads nowhere, a PNG or JPEG without its last marker. Whatever is none of these is whole.
 */
#ifndef TASUKI_GATEWAY_WHOLE_H
#define TASUKI_GATEWAY_WHOLE_H

#include <stdbool.h>
#include <sys/types.h>

bool tsk_looks_whole(int fd, off_t size);

#endif
