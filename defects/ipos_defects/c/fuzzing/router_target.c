/*
 * The small router under a fuzzer's harness, without LANs: in the folder that `ipos-fuzz afl` has written,
 *
 *   make fuzz TARGET=$C/fuzzing/router_target.c SOURCES="$C/router.c $C/endpoints.c $C/segments.c $C/answering.c" \
 *       CFLAGS="-O1 -g -I. -I$C -DBUG=NO_BUG"
 *
 * where C is the folder above this one. What it sends goes nowhere.
 */

#include "router.h"
#include "target.h"

#ifndef BUG
#define BUG NO_BUG
#endif

static char path[] = "/first.txt", octets[3000];
static const struct resource resource = {path, octets, sizeof octets};
static struct router router;

static void send_nowhere(enum lan lan, const uint8_t *frame, size_t length)
{
    static volatile uint16_t sum;
    (void)lan;
    sum = ipos_sum(0, frame, length); /* so that a sanitizer sees octets that are not there */
}

void target_reset(void)
{
    static const struct router fresh = {
        .address = 0xc0000201,
        .mac = {{2, 0, 0, 0, 1, 1}, {2, 0, 0, 0, 2, 1}},
        .gateway = {2, 0, 0, 0, 1, 0xfe},
        .peers = {{0xc0000202, {2, 0, 0, 0, 2, 2}}, {0xc0000203, {2, 0, 0, 0, 2, 3}}},
        .peer_count = 2,
        .resources = &resource,
        .resource_count = 1,
        .bug = BUG,
        .send = send_nowhere,
    };
    router_forget(&router, true);
    router = fresh;
}

void target_receive(const uint8_t *frame, size_t length)
{
    const bool first = length >= 6 && frame[4] == 1;
    router.now += 100;
    router_receive(&router, first ? FIRST_LAN : SECOND_LAN, frame, length);
}
