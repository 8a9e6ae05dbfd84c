/*
 * A small router in C: a target (section 6) for HTTP over TCP, without clients of its own. It takes endpoints over,
 * answers one request each, and closes. It neither forwards nor repeats anything: what its LAN loses stays lost.
 *
 * It is what a fuzzer has to find something in: with a bug planted it breaks memory, without one nothing may break it.
 */

#ifndef ROUTER_H
#define ROUTER_H

#include "ipos.h"

enum { HTTP_PORT = 80, PEERS = 8, BUCKETS = 1024, MOST_ENDPOINTS = 4096, REQUEST_LINE = 128, LARGEST_FRAME = 2048 };

enum lan { FIRST_LAN, SECOND_LAN };

/* What is planted; at most one of them. */
enum bug {
    NO_BUG,
    SHORT_ACKNOWLEDGEMENT, /* an acknowledgement one octet too short is read to its end (heap, read) */
    TOTAL_LENGTH,          /* the square of a 16-bit length does not fit an int (undefined) */
    IP_OPTIONS,            /* an IP header is taken for 20 octets (stack, write) */
    TCP_OPTIONS,           /* no more than 12 octets of TCP options are expected (heap, write) */
    STALE_ENDPOINT,        /* when an endpoint has ended, the one that it replaced, and freed, is asked (freed, read) */
};

struct peer {
    uint32_t address;
    uint8_t mac[6];
};

struct resource {
    char *path; /* as in the request, from the slash on */
    char *octets;
    size_t length;
};

struct endpoint {
    struct endpoint *next;     /* in its bucket */
    struct endpoint *replaced; /* only with STALE_ENDPOINT */
    uint32_t client_ip, server_ip;
    uint16_t client_port, server_port;
    uint8_t origin[6]; /* MAC of the router that has handed it over */
    enum { PROVISIONAL, DEFINITE, ENDED } state;
    uint64_t since; /* ms: of the last packet, or of the end */
    uint32_t iss, irs, snd_una, snd_nxt, snd_wnd, rcv_nxt, rcv_adv;
    uint8_t snd_scale, rcv_scale;
    uint16_t segment; /* most octets in one, TCP options included */
    bool timestamps, clock_unknown; /* the origin did not say where its clock stands (TGT-7) */
    uint32_t ts_recent, ts_offset;  /* TSval is ms + ts_offset */
    char request[REQUEST_LINE];
    size_t requested; /* octets of the request so far, also those that were not kept */
    uint32_t line_ends; /* the last four octets of it */
    char head[128]; /* of the answer; empty before there is one */
    const struct resource *body;
    size_t answered; /* octets of the answer that were sent, its FIN the last */
    bool client_finished;
};

struct router {
    uint32_t address;
    uint8_t mac[2][6];
    uint8_t gateway[6]; /* on the first LAN, the way to every client */
    struct peer peers[PEERS];
    size_t peer_count;
    const struct resource *resources;
    size_t resource_count;
    enum bug bug;
    uint64_t now; /* ms */
    void (*send)(enum lan lan, const uint8_t *frame, size_t length);
    struct endpoint *buckets[BUCKETS];
    size_t endpoint_count;
    struct ipos_encapsulation_header stray; /* of the last acknowledgement that nobody waited for */
    int64_t squares; /* sum over all total lengths, for their variance */
};

/* A client's TCP segment, within its IP packet. */
struct segment {
    uint32_t source_ip, destination_ip, seq, ack;
    uint16_t source_port, destination_port, window;
    uint8_t flags;
    struct ipos_span options, data;
    bool has_timestamp;
    uint32_t ts_value, ts_echo;
};

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10 };

/* router.c: a frame comes in; time has passed; everything is given back */
void router_receive(struct router *router, enum lan lan, const uint8_t *frame, size_t length);
void router_forget(struct router *router, bool everything);

/* endpoints.c: who holds what (TGT-1 to TGT-4) */
struct endpoint *endpoint_find(const struct router *router, uint32_t client_ip, uint16_t client_port);
bool endpoint_take(struct router *router, const struct ipos_tcp_connection_packet *packet);
void endpoint_end(struct router *router, struct endpoint *endpoint);

/* segments.c: IP and TCP (RFC 791, RFC 9293), read and written */
bool segment_read(struct segment *segment, struct ipos_span packet);
bool segment_read_options(const struct router *router, struct segment *segment);
void segment_send(const struct router *router, const struct segment *segment);
void segment_reset(const struct router *router, const struct segment *received);

/* answering.c: what an endpoint makes of a segment (TGT-5, TGT-6, TGT-12) */
void endpoint_receive(struct router *router, struct endpoint *endpoint, struct segment *segment);

/* How far b lies behind a in sequence space, negative if before it (RFC 9293 3.4). */
static inline int32_t distance(uint32_t a, uint32_t b)
{
    return (int32_t)(b - a);
}

#endif
