/*
 * leftover - what a folder's files leave behind when the process that takes them is killed
 *
 * Promise    With `after: delete` a file is called `.ID` for the moment before it is deleted. One that is still there at the start is
 *            made visible again: it is taken once more, as whatever it holds now, and the records know its bytes as a duplicate.
 */
#ifndef TASUKI_GATEWAY_LEFTOVER_H
#define TASUKI_GATEWAY_LEFTOVER_H

/* How many were given back. */
int tsk_leftover_give_back(int dir);

#endif
