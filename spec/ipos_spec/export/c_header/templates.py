"""The shape of the header, and what of it does not depend on the fields."""

from string import Template

FILE = Template("""\
/* $banner */

/*
 * The ipOS protocol in C11 and C++17: nothing to link, nothing allocated, no alignment or byte order to mind.
 *
 *   struct ipos_packet packet;
 *   enum ipos_refusal refusal = ipos_decode(&packet, frame, length, IPOS_ETHER_TYPE);
 *   if (refusal == IPOS_ACCEPTED)
 *       refusal = ipos_check(&packet);
 *   if (refusal != IPOS_ACCEPTED)
 *       counter[refusal]++;            // discard silently; ipos_requirement(refusal) is "ENC-7"
 *   else if (packet.name == IPOS_TCP_CONNECTION)
 *       resume(packet.as.tcp_connection.connection.control_block.snd_nxt);
 *
 * For each structure and packet of FIG. 11, such as ipos_control_block:
 *
 *   struct ipos_control_block_wire     the octets: sizeof and offsetof are the figure's
 *   struct ipos_control_block          the values in host order
 *   ipos_control_block_parse, _build   octets to values and back
 *   ipos_control_block_check           the rules that a value alone can violate
 *   IPOS_..._FIELDS(NUMBER, OCTETS, SPAN)   of packets: applies a macro to each field
 */

#ifndef IPOS_H
#define IPOS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define IPOS_ETHER_TYPE $ether_type
#define IPOS_ALTERNATIVE_ETHER_TYPE $alternative_ether_type
#define IPOS_MINIMUM_FRAME $minimum_frame

/** Why a packet is discarded: the requirement that it violates. */
enum ipos_refusal {
    IPOS_ACCEPTED = 0,
$refusals
};

/** The id of the requirement; empty for IPOS_ACCEPTED. */
static inline const char *ipos_requirement(enum ipos_refusal refusal)
{
    switch (refusal) {
    case IPOS_ACCEPTED:
        break;
$refusal_texts
    }
    return "";
}

/** Octets within a frame. */
struct ipos_span {
    const uint8_t *octets;
    size_t length;
};

/** A number in network byte order (ENC-1). */
static inline uint64_t ipos_load(const uint8_t *octets, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | octets[i];
    }
    return value;
}

static inline void ipos_store(uint8_t *octets, size_t size, uint64_t value)
{
    for (size_t i = size; i > 0; i--) {
        octets[i - 1] = (uint8_t)(value & 0xff);
        value >>= 8;
    }
}

/** Cut the first octets off a span that is at least so long. */
static inline struct ipos_span ipos_take(struct ipos_span *span, size_t length)
{
    struct ipos_span taken = *span;
    taken.length = length;
    span->octets += length;
    span->length -= length;
    return taken;
}

/** Copy a span; returns where the next octet goes. */
static inline uint8_t *ipos_put(uint8_t *octets, struct ipos_span span)
{
    if (span.length > 0) {
        memcpy(octets, span.octets, span.length);
    }
    return octets + span.length;
}

/** Ones' complement sum of 16-bit words, an odd last octet padded with zero (RFC 1071), on top of an earlier one. */
static inline uint16_t ipos_sum(uint16_t earlier, const uint8_t *octets, size_t length)
{
    uint64_t sum = earlier;
    for (size_t i = 0; i < length; i++) {
        sum += (uint64_t)octets[i] << (i % 2 == 0 ? 8 : 0);
    }
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

/** What a sender puts into a checksum field, given the octets with that field zero. */
static inline uint16_t ipos_checksum(const uint8_t *octets, size_t length)
{
    return (uint16_t)(ipos_sum(0, octets, length) ^ 0xffff);
}

/** Whether octets, checksum included, sum to -0. */
static inline bool ipos_verifies(const uint8_t *octets, size_t length)
{
    return ipos_sum(0, octets, length) == 0xffff;
}

/** Whether an IPv4 address can be one host's: not 0.0.0.0, not multicast, not 255.255.255.255. */
static inline bool ipos_is_unicast(uint32_t address)
{
    return address != 0 && address != 0xffffffffu && address >> 28 != 0xe;
}

/* ---------------------------------------------------------------- structures */

#define IPOS_SIZE(structure, size) static_assert(sizeof(struct structure##_wire) == (size), #structure)
#define IPOS_OFFSET(structure, member, offset) \\
    static_assert(offsetof(struct structure##_wire, member) == (offset), #structure "." #member)

$structures

/* ---------------------------------------------------------------- packets */

$packets

/** Which packet it is. */
enum ipos_packet_name {
$names
};

/** Its name in lower case, such as tcp-connection. */
static inline const char *ipos_packet_name(enum ipos_packet_name name)
{
    switch (name) {
$name_texts
    }
    return "";
}

/** A packet of whatever kind. */
struct ipos_packet {
    enum ipos_packet_name name;
    union {
$union
    } as;
};

/* ---------------------------------------------------------------- checksums */

/** Octets of a frame up to the end of what its checksum covers (ENC-6); 0 if it covers what is acknowledged. */
static inline size_t ipos_covered_end(const struct ipos_encapsulation_header *header)
{
    switch (header->type << 8 | header->protocol) {
$covered
    default:
        return 0;
    }
}

/** Write the checksum of a built frame other than an acknowledgement (ENC-6). */
static inline void ipos_write_checksum(uint8_t *frame)
{
    struct ipos_encapsulation_header header;
    uint8_t *const start = frame + sizeof(struct ipos_ethernet_header_wire);
    ipos_encapsulation_header_parse(&header, start);
    header.checksum = 0;
    ipos_encapsulation_header_build(start, &header);
    if (ipos_covered_end(&header) > 0) {
        header.checksum = ipos_checksum(start, ipos_covered_end(&header) - sizeof(struct ipos_ethernet_header_wire));
        ipos_encapsulation_header_build(start, &header);
    }
}

$acknowledgements

/* ---------------------------------------------------------------- decoding */

/** Whether the packet in type 2 can be one that the header's client sent; padding may follow it (ENC-8, ENC-10). */
static inline enum ipos_refusal ipos_check_inner(
    const struct ipos_encapsulation_header *header, const uint8_t *octets, size_t length)
{
    size_t header_length, total_length, transport_header = 0;
    uint8_t iana = 0;
    if (length < 20) {
        return IPOS_REFUSED_ENC_8;
    }
    switch (header->protocol) {
$transports
    }
    header_length = (size_t)(octets[0] & 0xf) * 4;
    total_length = (size_t)ipos_load(octets + 2, 2);
$fixed_part
    if (length < total_length) {
        return IPOS_REFUSED_ENC_8;
    }
$whole_packet
    return IPOS_ACCEPTED;
}

$decoders

/**
 * Read an Ethernet frame without frame check sequence; spans of the packet point into the frame.
 *
 * Everything is checked that the frame shows by itself; an acknowledgement's checksum by
 * ipos_acknowledgement_acknowledges. The packet is valid only if IPOS_ACCEPTED is returned.
 */
static inline enum ipos_refusal ipos_decode(
    struct ipos_packet *packet, const uint8_t *frame, size_t length, uint16_t ether_type)
{
    struct ipos_ethernet_header ethernet;
    struct ipos_encapsulation_header header;
    const size_t headers = sizeof(struct ipos_ethernet_header_wire) + sizeof(struct ipos_encapsulation_header_wire);
    if (length < sizeof(struct ipos_ethernet_header_wire)) {
        return IPOS_REFUSED_ENC_8;
    }
    ipos_ethernet_header_parse(&ethernet, frame);
    if (ethernet.type != ether_type) {
        return IPOS_REFUSED_ENC_2;
    }
    if (length < headers) {
        return IPOS_REFUSED_ENC_8;
    }
    ipos_encapsulation_header_parse(&header, frame + sizeof(struct ipos_ethernet_header_wire));
    switch (header.type << 8 | header.protocol) {
$dispatch
    default:
        return ($known_types) ? IPOS_REFUSED_ENC_5 : IPOS_REFUSED_ENC_4;
    }
}

/** What a router refuses besides, from the packet alone: ENC-12, ENC-13, TCB-2. */
static inline enum ipos_refusal ipos_check(const struct ipos_packet *packet)
{
    switch (packet->name) {
$checks
    }
    return IPOS_ACCEPTED;
}

#endif /* IPOS_H */
""")

STRUCTURE = Template("""\
$title
struct ${tag}_wire {
$wire
};
IPOS_SIZE($tag, $size);
$offsets

struct $tag {
$host
};

static inline void ${tag}_parse(struct $tag *value, const void *octets)
{
    const struct ${tag}_wire *wire = (const struct ${tag}_wire *)octets;
$parse
}

static inline void ${tag}_build(void *octets, const struct $tag *value)
{
    struct ${tag}_wire *wire = (struct ${tag}_wire *)octets;
$build
}

static inline enum ipos_refusal ${tag}_check(const struct $tag *value)
{
$checks
    return IPOS_ACCEPTED;
}""")

PACKET = Template("""\
$title
struct ${tag}_wire {
$wire
};
IPOS_SIZE($tag, $size);
$offsets

struct $tag {
$host
};

$fields

/** The fixed part only; ipos_decode sets the spans. */
static inline void ${tag}_parse(struct $tag *value, const void *octets)
{
    const struct ${tag}_wire *wire = (const struct ${tag}_wire *)octets;
$parse
}

/** Write the frame as the value says, checksum included; returns its length, or 0 if there is no room. */
static inline size_t ${tag}_build(void *frame, size_t room, const struct $tag *value)
{
    const size_t length = sizeof(struct ${tag}_wire)$spans_length;
    struct ${tag}_wire *wire = (struct ${tag}_wire *)frame;
    uint8_t *rest = (uint8_t *)frame + sizeof *wire;
    if (room < length) {
        return 0;
    }
$build
$spans
    return length;
}

static inline enum ipos_refusal ${tag}_check(const struct $tag *value)
{
$checks
    return IPOS_ACCEPTED;
}""")

TRANSPORT = Template("""\
    case $protocol:
        iana = $iana;
        transport_header = $header;
        break;""")

DECODER = Template("""\
static inline enum ipos_refusal ${tag}_decode(
    struct $tag *value, const uint8_t *frame, size_t length)
{
    struct ipos_span rest;
    if (length < sizeof(struct ${tag}_wire)) {
        return IPOS_REFUSED_ENC_8;
    }
    ${tag}_parse(value, frame);
    rest.octets = frame + sizeof(struct ${tag}_wire);
    rest.length = length - sizeof(struct ${tag}_wire);
$inner$checksum    value->padding = rest;
    return IPOS_ACCEPTED;
}""")

INNER = Template("""\
    const enum ipos_refusal refusal = ipos_check_inner(&value->header, rest.octets, rest.length);
    if (refusal != IPOS_ACCEPTED) {
        return refusal;
    }
    value->$inner = ipos_take(&rest, (size_t)ipos_load(rest.octets + 2, 2));
""")

CHECKSUM = Template("""\
    if (!ipos_verifies(frame + $start, $length)) {
        return IPOS_REFUSED_ENC_7;
    }
""")

DISPATCH = Template("""\
$labels
        packet->name = $name;
        return ${tag}_decode(&packet->as.$member, frame, length);""")

ACKNOWLEDGEMENT = Template("""\
/** The checksum that an acknowledgement's header has, if it acknowledges this connection packet (ENC-6). */
static inline uint16_t ${tag}_checksum(
    const struct ipos_encapsulation_header *header, const uint8_t *acknowledged)
{
    const size_t headers = sizeof(struct ipos_ethernet_header_wire) + sizeof(struct ipos_encapsulation_header_wire);
    struct ipos_encapsulation_header blank = *header, other;
    uint8_t octets[sizeof(struct ipos_encapsulation_header_wire)];
    size_t end;
    blank.checksum = 0;
    ipos_encapsulation_header_build(octets, &blank);
    ipos_encapsulation_header_parse(&other, acknowledged + sizeof(struct ipos_ethernet_header_wire));
    end = ipos_covered_end(&other);
    return (uint16_t)(0xffff ^ ipos_sum(ipos_sum(0, octets, sizeof octets), acknowledged + headers,
                                   end > headers ? end - headers : 0));
}

/** What the router with the MAC source answers to a connection packet that ipos_decode has accepted (TGT-1). */
static inline void ${tag}_of(
    struct $tag *value, const uint8_t *acknowledged, const uint8_t source[6])
{
    ${tag}_parse(value, acknowledged);
    memcpy(value->ethernet.destination, value->ethernet.source, 6);
    memcpy(value->ethernet.source, source, 6);
    value->header.type = $type;
    value->header.checksum = ${tag}_checksum(&value->header, acknowledged);
    value->padding.octets = NULL;
    value->padding.length = 0;
}

/** Whether it is the acknowledgement of this connection packet, checksum included (ORG-6). */
static inline bool ${tag}_acknowledges(
    const struct $tag *value, const uint8_t *acknowledged)
{
    struct ipos_encapsulation_header expected;
    ipos_encapsulation_header_parse(&expected, acknowledged + sizeof(struct ipos_ethernet_header_wire));
    return value->header.source_ip == expected.source_ip && value->header.source_port == expected.source_port
        && value->header.destination_ip == expected.destination_ip
        && value->header.destination_port == expected.destination_port && value->header.type == $type
        && value->header.protocol == expected.protocol
        && value->header.checksum % 0xffff == ${tag}_checksum(&value->header, acknowledged) % 0xffff;
}""")
