/*
 * A frame a line comes in, in hexadecimal; an object of JSON a line goes out: the packet's name and all its fields, or
 * the requirement that the frame violates. This is what `ipos-spec vectors check -- ./vector_parser` asks.
 */

#include "ipos.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MAXIMUM_FRAME 65535

static const char *separator; /* before the next field */

static void print_number(const char *path, uint64_t value)
{
    printf("%s\"%s\":%" PRIu64, separator, path, value);
    separator = ",";
}

static void print_octets(const char *path, const uint8_t *octets, size_t length)
{
    printf("%s\"%s\":\"", separator, path);
    for (size_t i = 0; i < length; i++) {
        printf("%02x", (unsigned)octets[i]);
    }
    printf("\"");
    separator = ",";
}

/* The header lists each packet's fields, so each is printed by name and nothing is forgotten. */
#define NUMBER(field) print_number(#field, value->field);
#define OCTETS(field) print_octets(#field, value->field, sizeof value->field);
#define SPAN(field) print_octets(#field, value->field.octets, value->field.length);
#define PRINT(member, tag, FIELDS)                             \
    do {                                                       \
        const struct tag *const value = &packet->as.member;    \
        FIELDS(NUMBER, OCTETS, SPAN)                           \
    } while (0)

static void print_fields(const struct ipos_packet *packet)
{
    switch (packet->name) {
    case IPOS_TCP_CONNECTION:
        PRINT(tcp_connection, ipos_tcp_connection_packet, IPOS_TCP_CONNECTION_PACKET_FIELDS);
        break;
    case IPOS_UDP_CONNECTION:
        PRINT(udp_connection, ipos_udp_connection_packet, IPOS_UDP_CONNECTION_PACKET_FIELDS);
        break;
    case IPOS_TCP:
        PRINT(tcp, ipos_tcp_packet, IPOS_TCP_PACKET_FIELDS);
        break;
    case IPOS_UDP:
        PRINT(udp, ipos_udp_packet, IPOS_UDP_PACKET_FIELDS);
        break;
    case IPOS_ACKNOWLEDGEMENT:
        PRINT(acknowledgement, ipos_acknowledgement, IPOS_ACKNOWLEDGEMENT_FIELDS);
        break;
    }
}

static void answer(const uint8_t *frame, size_t length)
{
    struct ipos_packet packet;
    const enum ipos_refusal refusal = ipos_decode(&packet, frame, length, IPOS_ETHER_TYPE);
    if (refusal != IPOS_ACCEPTED) {
        printf("{\"error\":\"%s\"}\n", ipos_requirement(refusal));
        return;
    }
    printf("{\"packet\":\"%s\",\"fields\":{", ipos_packet_name(packet.name));
    separator = "";
    print_fields(&packet);
    printf("}}\n");
}

/* Octets of a line of hexadecimal digits, or -1 if it is none. */
static long read_hexadecimal(uint8_t *octets, const char *line)
{
    static const char digits[] = "0123456789abcdef";
    const size_t length = strcspn(line, "\r\n");
    if (length % 2 != 0 || strspn(line, digits) != length) {
        return -1;
    }
    for (size_t i = 0; i < length; i += 2) {
        const size_t high = (size_t)(strchr(digits, line[i]) - digits);
        const size_t low = (size_t)(strchr(digits, line[i + 1]) - digits);
        octets[i / 2] = (uint8_t)(high << 4 | low);
    }
    return (long)(length / 2);
}

int main(void)
{
    static char line[2 * MAXIMUM_FRAME + 3];
    static uint8_t octets[MAXIMUM_FRAME + 1];
    while (fgets(line, sizeof line, stdin) != NULL) {
        const long length = read_hexadecimal(octets, line);
        /* Exactly as long as the frame, so that a sanitizer sees an octet read beyond it. */
        uint8_t *const frame = (uint8_t *)malloc(length > 0 ? (size_t)length : 1);
        if (length < 0 || frame == NULL) {
            fprintf(stderr, "vector_parser: expected a line of hexadecimal digits, two for each octet\n");
            free(frame);
            return EXIT_FAILURE;
        }
        memcpy(frame, octets, (size_t)length);
        answer(frame, (size_t)length);
        fflush(stdout); /* whoever asks may wait for each answer */
        free(frame);
    }
    return EXIT_SUCCESS;
}
