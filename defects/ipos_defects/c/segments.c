/* Clients' IP packets: read without trust, written with right checksums (RFC 791, RFC 9293). */

#include "router.h"

#include <stdlib.h>

enum { IP_HEADER = 20, TCP_HEADER = 20, COMMON_OPTIONS = 12, TCP_PROTOCOL = 6, TIMESTAMP = 8, TIMESTAMP_LENGTH = 10 };

/* What the pseudo-header adds to the sum (RFC 9293 3.1). */
static uint16_t pseudo_header(uint32_t source, uint32_t destination, size_t length)
{
    uint8_t octets[12];
    ipos_store(octets, 4, source);
    ipos_store(octets + 4, 4, destination);
    ipos_store(octets + 8, 2, TCP_PROTOCOL);
    ipos_store(octets + 10, 2, length);
    return ipos_sum(0, octets, sizeof octets);
}

bool segment_read(struct segment *segment, struct ipos_span packet)
{
    const uint8_t *ip = packet.octets, *tcp;
    size_t header, total, offset;
    if (packet.length < IP_HEADER) {
        return false;
    }
    header = (size_t)(ip[0] & 0xf) * 4;
    total = (size_t)ipos_load(ip + 2, 2);
    if (ip[0] >> 4 != 4 || header < IP_HEADER || total < header + TCP_HEADER || packet.length < total
        || (ipos_load(ip + 6, 2) & 0x3fff) != 0 || ip[9] != TCP_PROTOCOL || !ipos_verifies(ip, header)) {
        return false;
    }
    tcp = ip + header;
    offset = (size_t)(tcp[12] >> 4) * 4;
    segment->source_ip = (uint32_t)ipos_load(ip + 12, 4);
    segment->destination_ip = (uint32_t)ipos_load(ip + 16, 4);
    if (offset < TCP_HEADER || offset > total - header || !ipos_is_unicast(segment->source_ip)
        || ipos_sum(pseudo_header(segment->source_ip, segment->destination_ip, total - header), tcp, total - header)
            != 0xffff) {
        return false;
    }
    segment->source_port = (uint16_t)ipos_load(tcp, 2);
    segment->destination_port = (uint16_t)ipos_load(tcp + 2, 2);
    segment->seq = (uint32_t)ipos_load(tcp + 4, 4);
    segment->ack = (uint32_t)ipos_load(tcp + 8, 4);
    segment->flags = tcp[13];
    segment->window = (uint16_t)ipos_load(tcp + 14, 2);
    segment->options.octets = tcp + TCP_HEADER;
    segment->options.length = offset - TCP_HEADER;
    segment->data.octets = tcp + offset;
    segment->data.length = total - header - offset;
    segment->has_timestamp = false;
    segment->ts_value = segment->ts_echo = 0;
    return segment->source_port != 0 && segment->destination_port != 0;
}

/* The option's length, or 0 where the list ends or is broken. */
static size_t option_length(const uint8_t *option, size_t left)
{
    if (option[0] == 0) {
        return 0;
    }
    if (option[0] == 1) {
        return 1;
    }
    return left < 2 || option[1] < 2 || option[1] > left ? 0 : option[1];
}

bool segment_read_options(const struct router *router, struct segment *segment)
{
    const size_t length = segment->options.length;
    const size_t room = router->bug == TCP_OPTIONS ? COMMON_OPTIONS : length;
    uint8_t *const options = malloc(room > 0 ? room : 1);
    size_t at = 0, taken;
    if (options == NULL) {
        return false;
    }
    memcpy(options, segment->options.octets, length);
    while (at < length && (taken = option_length(options + at, length - at)) > 0) {
        if (options[at] == TIMESTAMP && taken == TIMESTAMP_LENGTH) {
            segment->has_timestamp = true;
            segment->ts_value = (uint32_t)ipos_load(options + at + 2, 4);
            segment->ts_echo = (uint32_t)ipos_load(options + at + 6, 4);
        }
        at += taken;
    }
    free(options);
    return true;
}

void segment_send(const struct router *router, const struct segment *segment)
{
    uint8_t frame[LARGEST_FRAME], *const ip = frame + 14, *const tcp = ip + IP_HEADER;
    const size_t offset = TCP_HEADER + segment->options.length;
    const size_t length = offset + segment->data.length;
    uint16_t sum;
    memcpy(frame, router->gateway, 6);
    memcpy(frame + 6, router->mac[FIRST_LAN], 6);
    ipos_store(frame + 12, 2, 0x0800);
    memset(ip, 0, IP_HEADER + TCP_HEADER);
    ip[0] = 0x45;
    ipos_store(ip + 2, 2, IP_HEADER + length);
    ip[8] = 64;
    ip[9] = TCP_PROTOCOL;
    ipos_store(ip + 12, 4, segment->source_ip);
    ipos_store(ip + 16, 4, segment->destination_ip);
    ipos_store(ip + 10, 2, ipos_checksum(ip, IP_HEADER));
    ipos_store(tcp, 2, segment->source_port);
    ipos_store(tcp + 2, 2, segment->destination_port);
    ipos_store(tcp + 4, 4, segment->seq);
    ipos_store(tcp + 8, 4, segment->ack);
    tcp[12] = (uint8_t)(offset / 4 << 4);
    tcp[13] = segment->flags;
    ipos_store(tcp + 14, 2, segment->window);
    ipos_put(ipos_put(tcp + TCP_HEADER, segment->options), segment->data);
    sum = ipos_sum(pseudo_header(segment->source_ip, segment->destination_ip, length), tcp, length);
    ipos_store(tcp + 16, 2, (uint64_t)(sum ^ 0xffff));
    router->send(FIRST_LAN, frame, 14 + IP_HEADER + length);
}

/* RFC 9293 3.10.7.1: a segment for a closed connection. */
void segment_reset(const struct router *router, const struct segment *received)
{
    const uint32_t length
        = (uint32_t)received->data.length + ((received->flags & SYN) != 0) + ((received->flags & FIN) != 0);
    struct segment answer = {0};
    if (received->flags & RST) {
        return;
    }
    answer.source_ip = received->destination_ip;
    answer.destination_ip = received->source_ip;
    answer.source_port = received->destination_port;
    answer.destination_port = received->source_port;
    answer.flags = received->flags & ACK ? RST : RST | ACK;
    answer.seq = received->flags & ACK ? received->ack : 0;
    answer.ack = received->flags & ACK ? 0 : received->seq + length;
    segment_send(router, &answer);
}
