/* Frames: which are for this router, and whose they are. */

#include "router.h"

#include <stdlib.h>

enum { ETHERNET = 14, HEADERS = 30, ARP_LENGTH = 28, IPV4 = 0x0800, ARP = 0x0806, REMEMBERED = 5000, IDLE = 900000 };

/* NBR-1: who has this router's address is answered with that LAN's MAC. */
static void receive_arp(const struct router *router, enum lan lan, const uint8_t *frame, size_t length)
{
    static const uint8_t request[8] = {0, 1, 8, 0, 6, 4, 0, 1};
    const uint8_t *arp = frame + ETHERNET;
    uint8_t answer[ETHERNET + ARP_LENGTH];
    if (length < ETHERNET + ARP_LENGTH || memcmp(arp, request, sizeof request) != 0
        || ipos_load(arp + 24, 4) != router->address) {
        return;
    }
    memcpy(answer, frame + 6, 6);
    memcpy(answer + 6, router->mac[lan], 6);
    ipos_store(answer + 12, 2, ARP);
    memcpy(answer + ETHERNET, request, 7);
    answer[ETHERNET + 7] = 2;
    memcpy(answer + ETHERNET + 8, router->mac[lan], 6);
    ipos_store(answer + ETHERNET + 14, 4, router->address);
    memcpy(answer + ETHERNET + 18, arp + 8, 10);
    router->send(lan, answer, sizeof answer);
}

/* ORG-1, TAB-1: it has no clients of its own: a segment finds a definite endpoint, or a closed connection. */
static void receive_ip(struct router *router, const uint8_t *frame, size_t length)
{
    struct segment segment;
    struct endpoint *endpoint;
    const struct ipos_span packet = {frame + ETHERNET, length - ETHERNET};
    if (memcmp(frame, router->mac[FIRST_LAN], 6) != 0 || !segment_read(&segment, packet)) {
        return;
    }
    endpoint = endpoint_find(router, segment.source_ip, segment.source_port);
    if (endpoint != NULL && endpoint->state == DEFINITE && endpoint->server_ip == segment.destination_ip
        && endpoint->server_port == segment.destination_port) {
        endpoint_receive(router, endpoint, &segment);
    } else if (segment.destination_ip == router->address) {
        segment_reset(router, &segment);
    }
}

static void receive_connection(
    struct router *router, const struct ipos_tcp_connection_packet *packet, const uint8_t *frame)
{
    uint8_t octets[sizeof(struct ipos_acknowledgement_wire)];
    struct ipos_acknowledgement answer;
    if (packet->header.destination_ip != router->address || packet->header.destination_port != HTTP_PORT
        || packet->header.source_ip == router->address || !endpoint_take(router, packet)) {
        return;
    }
    ipos_acknowledgement_of(&answer, frame, router->mac[SECOND_LAN]);
    router->send(SECOND_LAN, octets, ipos_acknowledgement_build(octets, sizeof octets, &answer));
}

/* TGT-5, TGT-8, TAB-1 */
static void receive_client_packet(struct router *router, const struct ipos_tcp_packet *packet)
{
    struct endpoint *endpoint;
    struct segment segment;
    if (packet->header.destination_ip != router->address || packet->header.source_ip == router->address
        || !segment_read(&segment, packet->inner)) {
        return;
    }
    endpoint = packet->header.destination_port == HTTP_PORT
        ? endpoint_find(router, segment.source_ip, segment.source_port)
        : NULL;
    if (endpoint != NULL && endpoint->state == ENDED && endpoint->replaced != NULL) {
        endpoint = endpoint->replaced;
    }
    if (endpoint == NULL || endpoint->state == ENDED) {
        if (!(segment.flags & SYN)) {
            segment_reset(router, &segment);
        }
    } else if (endpoint->server_ip == segment.destination_ip && endpoint->server_port == segment.destination_port
        && (endpoint->state == DEFINITE || memcmp(endpoint->origin, packet->ethernet.source, 6) == 0)) {
        endpoint_receive(router, endpoint, &segment);
    }
}

/* It migrates nothing away, so no acknowledgement is ever waited for: it is only noted (ORG-6). */
static void receive_acknowledgement(struct router *router, const uint8_t *frame, size_t length)
{
    struct ipos_acknowledgement value;
    if (length >= HEADERS - (router->bug == SHORT_ACKNOWLEDGEMENT)) {
        ipos_acknowledgement_parse(&value, frame);
        router->stray = value.header;
    }
}

static void count_length(struct router *router, const uint8_t *frame, size_t length)
{
    if (length >= HEADERS + 4) {
        const uint16_t total_length = (uint16_t)ipos_load(frame + HEADERS + 2, 2);
        router->squares += router->bug == TOTAL_LENGTH ? total_length * total_length
                                                       : (int64_t)total_length * total_length;
    }
}

/* The IP header is summed in a room of its own, where its words are aligned (ENC-10). */
static bool header_verifies(const struct router *router, const uint8_t *frame, size_t length)
{
    uint8_t room[60], usual[20];
    uint8_t *const copy = router->bug == IP_OPTIONS ? usual : room;
    const size_t header = length > HEADERS ? (size_t)(frame[HEADERS] & 0xf) * 4 : 0;
    if (header < sizeof usual || length < HEADERS + header) {
        return false;
    }
    memcpy(copy, frame + HEADERS, header);
    return ipos_verifies(copy, header);
}

static void receive_ipos(struct router *router, const uint8_t *frame, size_t length)
{
    struct ipos_packet packet;
    if (memcmp(frame, router->mac[SECOND_LAN], 6) != 0) {
        return; /* ENC-12 */
    }
    if (length > ETHERNET + 12 && frame[ETHERNET + 12] == 3) {
        receive_acknowledgement(router, frame, length);
        return;
    }
    if (length > ETHERNET + 12 && frame[ETHERNET + 12] == 2) {
        count_length(router, frame, length);
        if (!header_verifies(router, frame, length)) {
            return;
        }
    }
    if (ipos_decode(&packet, frame, length, IPOS_ETHER_TYPE) != IPOS_ACCEPTED || ipos_check(&packet) != IPOS_ACCEPTED) {
        return;
    }
    if (packet.name == IPOS_TCP_CONNECTION) {
        receive_connection(router, &packet.as.tcp_connection, frame);
    } else if (packet.name == IPOS_TCP) {
        receive_client_packet(router, &packet.as.tcp);
    }
}

void router_receive(struct router *router, enum lan lan, const uint8_t *frame, size_t length)
{
    if (length < ETHERNET) {
        return;
    }
    const uint64_t type = ipos_load(frame + 12, 2);
    if (type == ARP) {
        receive_arp(router, lan, frame, length);
    } else if (lan == FIRST_LAN && type == IPV4) {
        receive_ip(router, frame, length);
    } else if (lan == SECOND_LAN && type == IPOS_ETHER_TYPE) {
        receive_ipos(router, frame, length);
    }
}

void router_forget(struct router *router, bool everything)
{
    for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
        struct endpoint **place = &router->buckets[bucket];
        while (*place != NULL) {
            struct endpoint *const endpoint = *place;
            const uint64_t lifetime = endpoint->state == ENDED ? REMEMBERED : IDLE;
            if (everything || router->now - endpoint->since >= lifetime) {
                *place = endpoint->next;
                free(endpoint);
                router->endpoint_count--;
            } else {
                place = &endpoint->next;
            }
        }
    }
}
