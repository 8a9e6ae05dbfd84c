/*
 * A line is a frame, or an acknowledgement and the connection packet that it may acknowledge, in hexadecimal. For a
 * right frame comes back: the frame built anew; built with a checksum of its own; what ipos_check says; the
 * acknowledgement of a connection packet by 02:00:00:00:00:99; and whether the second frame is acknowledged.
 */

#include "ipos.h"

#include <stdio.h>

#define ROOM 2048

static size_t build(uint8_t *frame, const struct ipos_packet *packet)
{
    switch (packet->name) {
    case IPOS_TCP_CONNECTION:
        return ipos_tcp_connection_packet_build(frame, ROOM, &packet->as.tcp_connection);
    case IPOS_UDP_CONNECTION:
        return ipos_udp_connection_packet_build(frame, ROOM, &packet->as.udp_connection);
    case IPOS_TCP:
        return ipos_tcp_packet_build(frame, ROOM, &packet->as.tcp);
    case IPOS_UDP:
        return ipos_udp_packet_build(frame, ROOM, &packet->as.udp);
    case IPOS_ACKNOWLEDGEMENT:
        return ipos_acknowledgement_build(frame, ROOM, &packet->as.acknowledgement);
    }
    return 0;
}

static void print_hex(const uint8_t *octets, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        printf("%02x", (unsigned)octets[i]);
    }
    printf(" ");
}

static size_t read_hex(uint8_t *octets, const char *text)
{
    size_t length = 0;
    unsigned octet;
    while (sscanf(text + 2 * length, "%2x", &octet) == 1) {
        octets[length++] = (uint8_t)octet;
    }
    return length;
}

static void answer(const uint8_t *frame, size_t length, const uint8_t *other, size_t other_length)
{
    static const uint8_t source[6] = {2, 0, 0, 0, 0, 0x99};
    static uint8_t built[ROOM];
    struct ipos_packet packet;
    size_t built_length;
    if (ipos_decode(&packet, frame, length, IPOS_ETHER_TYPE) != IPOS_ACCEPTED) {
        printf("refused\n");
        return;
    }
    built_length = build(built, &packet);
    print_hex(built, built_length);
    if (packet.name != IPOS_ACKNOWLEDGEMENT) {
        ipos_store(((struct ipos_tcp_packet_wire *)(void *)built)->header.checksum, 2, 0x5a5a);
        ipos_write_checksum(built);
    }
    print_hex(built, built_length);
    printf("%s ", ipos_requirement(ipos_check(&packet)));
    if (packet.name == IPOS_TCP_CONNECTION || packet.name == IPOS_UDP_CONNECTION) {
        struct ipos_acknowledgement acknowledgement;
        ipos_acknowledgement_of(&acknowledgement, frame, source);
        print_hex(built, ipos_acknowledgement_build(built, ROOM, &acknowledgement));
    }
    if (other_length > 0) {
        printf("%s", ipos_acknowledgement_acknowledges(&packet.as.acknowledgement, other) ? "yes" : "no");
    }
    printf("\n");
}

int main(void)
{
    static char line[2][2 * ROOM + 2], both[4 * ROOM + 4];
    static uint8_t frame[ROOM], other[ROOM];
    while (fgets(both, sizeof both, stdin) != NULL) {
        const int given = sscanf(both, "%4096s %4096s", line[0], line[1]);
        const size_t length = read_hex(frame, line[0]);
        answer(frame, length, other, given == 2 ? read_hex(other, line[1]) : 0);
    }
    return 0;
}
