/*
 * reasons - why a document is held or a message did not arrive, in the words of the people who have to act on it
 *
 * Why        The reason in the records, in the log and on the terminal is one English line, made where the fault was found.
 *            In a to-do or a mail it stands among Japanese words for clerks.
 * Promise    A reason that is not known is given as it is, with words in front of it that say what kind it is: nothing is left
 *            out because nobody has translated it.
 */
#ifndef TASUKI_ROUTING_REASONS_H
#define TASUKI_ROUTING_REASONS_H

#include "base/arena.h"

/* In the arena, or a literal; text itself without memory. */
const char *tsk_reason_of_document(struct tsk_arena *arena, const char *text);
const char *tsk_reason_of_delivery(struct tsk_arena *arena, const char *text);

#endif
