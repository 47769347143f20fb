#include "review/route.h"

const struct tsk_route tsk_routes_queue[] = { { .method = NULL } };
