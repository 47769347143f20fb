/* volume - is what a path lies on encrypted, as far as the kernel tells */
#ifndef TASUKI_GATEWAY_VOLUME_H
#define TASUKI_GATEWAY_VOLUME_H

#include <stdbool.h>

enum tsk_volume {
    TSK_VOLUME_ENCRYPTED, /* dm-crypt below it, or an encrypting file system */
    TSK_VOLUME_MEMORY,    /* tmpfs: gone with the power */
    TSK_VOLUME_PLAIN,
    TSK_VOLUME_UNKNOWN /* a network or container file system: look at what is below */
};

enum tsk_volume tsk_volume_of(const char *path);
/* Is there swap on a device that is not encrypted? */
bool tsk_swap_is_plain(void);

#endif
