/*
 * A target to try all this on: it parses by ipos.h, checks what can be checked, and is off by one at one field.
 *
 * The back-off of the retransmission time-out has 13 steps (Net/3's tcp_backoff); t_rxtshift says which one the
 * origin was at. A connection packet may claim any, under a right checksum; 13 is one too many. -DREPAIRED leaves that
 * out.
 */

#include "ipos.h"
#include "target.h"

enum { STEPS = 13 };

static const uint16_t backoff[STEPS] = {1, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64, 64, 64};
static uint64_t timeout, refused[IPOS_REFUSED_TCB_2 + 1];

void target_reset(void)
{
    timeout = 0;
    memset(refused, 0, sizeof refused);
}

static void take_over(const struct ipos_control_block *block)
{
    const unsigned step = block->t_rxtshift;
#ifdef REPAIRED
    const unsigned most = STEPS - 1;
#else
    const unsigned most = STEPS;
#endif
    if (step > most) {
        return;
    }
    timeout = (uint64_t)block->t_rxtcur * backoff[step];
}

void target_receive(const uint8_t *frame, size_t length)
{
    struct ipos_packet packet;
    enum ipos_refusal refusal = ipos_decode(&packet, frame, length, IPOS_ETHER_TYPE);
    if (refusal == IPOS_ACCEPTED) {
        refusal = ipos_check(&packet);
    }
    refused[refusal]++;
    if (refusal == IPOS_ACCEPTED && packet.name == IPOS_TCP_CONNECTION) {
        take_over(&packet.as.tcp_connection.connection.control_block);
    }
}
