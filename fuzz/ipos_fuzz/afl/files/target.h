/* What a target of this harness has: two functions. example.c has them for a small parser; write a file of your own. */

#ifndef TARGET_H
#define TARGET_H

#include <stddef.h>
#include <stdint.h>

/* Forget all that earlier frames have left behind: each input begins with a router that was just started. */
void target_reset(void);

/* A frame has come in on the second LAN, without frame check sequence; the octets are gone when this returns. */
void target_receive(const uint8_t *frame, size_t length);

#endif
