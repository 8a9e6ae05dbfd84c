/* What an endpoint makes of a client's segment, and the one request that it answers (TGT-6, TGT-7, TGT-12). */

#include "router.h"

#include <stdio.h>

enum { STAMPED = 12, WINDOW = 32768, AHEAD = 10000 };

static size_t answer_length(const struct endpoint *endpoint)
{
    const size_t body = endpoint->body == NULL ? 0 : endpoint->body->length;
    return endpoint->head[0] == '\0' ? 0 : strlen(endpoint->head) + body;
}

/* A window that takes back nothing that was promised (RFC 9293 3.8.6). */
static uint16_t window(struct endpoint *endpoint)
{
    const int32_t promised = distance(endpoint->rcv_nxt, endpoint->rcv_adv);
    uint32_t field = (promised > WINDOW ? (uint32_t)promised : WINDOW) >> endpoint->rcv_scale;
    field = field > 0xffff ? 0xffff : field;
    endpoint->rcv_adv = endpoint->rcv_nxt + (field << endpoint->rcv_scale);
    return (uint16_t)field;
}

static void send(const struct router *router, struct endpoint *endpoint, uint8_t flags, struct ipos_span data)
{
    uint8_t options[STAMPED] = {1, 1, 8, 10};
    struct segment segment = {
        .source_ip = endpoint->server_ip,
        .destination_ip = endpoint->client_ip,
        .source_port = endpoint->server_port,
        .destination_port = endpoint->client_port,
        .seq = endpoint->snd_nxt,
        .ack = endpoint->rcv_nxt,
        .window = window(endpoint),
        .flags = flags,
        .data = data,
    };
    if (endpoint->timestamps) {
        ipos_store(options + 4, 4, (uint32_t)router->now + endpoint->ts_offset);
        ipos_store(options + 8, 4, endpoint->ts_recent);
        segment.options.octets = options;
        segment.options.length = sizeof options;
    }
    segment_send(router, &segment);
    endpoint->snd_nxt += (uint32_t)data.length + ((flags & FIN) != 0);
}

static void send_ack(const struct router *router, struct endpoint *endpoint)
{
    const struct ipos_span nothing = {NULL, 0};
    send(router, endpoint, ACK, nothing);
}

/* Send what the client's window takes; true if anything was sent. */
static bool send_answer(const struct router *router, struct endpoint *endpoint)
{
    const size_t length = answer_length(endpoint), head = strlen(endpoint->head);
    const size_t most = (size_t)endpoint->segment - (endpoint->timestamps ? STAMPED : 0);
    const size_t begun = endpoint->answered;
    while (length > 0 && endpoint->answered <= length) {
        const size_t room = endpoint->snd_wnd - (endpoint->snd_nxt - endpoint->snd_una);
        const size_t at = endpoint->answered;
        struct ipos_span data = {(const uint8_t *)endpoint->head + at, head - at};
        if (endpoint->snd_nxt - endpoint->snd_una >= endpoint->snd_wnd) {
            break;
        }
        if (at >= head) {
            data.octets = at < length ? (const uint8_t *)endpoint->body->octets + (at - head) : NULL;
            data.length = length - at;
        }
        data.length = data.length > most ? most : data.length;
        data.length = data.length > room ? room : data.length;
        /* With the last octet goes the FIN, which counts as one. */
        const bool last = at + data.length == length && data.length < room;
        send(router, endpoint, (uint8_t)(last ? ACK | PSH | FIN : ACK), data);
        endpoint->answered += data.length + last;
        if (data.length == 0 && !last) {
            break;
        }
    }
    return endpoint->answered != begun;
}

/* Once the empty line behind the request's header section is there, it is answered. */
static void take_request(const struct router *router, struct endpoint *endpoint, struct ipos_span data)
{
    for (size_t i = 0; i < data.length && endpoint->head[0] == '\0'; i++) {
        if (endpoint->requested < REQUEST_LINE - 1) {
            endpoint->request[endpoint->requested] = (char)data.octets[i];
        }
        endpoint->requested++;
        endpoint->line_ends = endpoint->line_ends << 8 | data.octets[i];
        if (endpoint->line_ends != 0x0d0a0d0a) {
            continue;
        }
        for (size_t j = 0; j < router->resource_count; j++) {
            const char *path = router->resources[j].path;
            if (strncmp(endpoint->request, "GET ", 4) == 0 && strncmp(endpoint->request + 4, path, strlen(path)) == 0
                && endpoint->request[4 + strlen(path)] == ' ') {
                endpoint->body = &router->resources[j];
            }
        }
        snprintf(endpoint->head, sizeof endpoint->head,
            "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
            endpoint->body == NULL ? "404 Not Found" : "200 OK", endpoint->body == NULL ? 0 : endpoint->body->length);
    }
}

/* Timestamps (TGT-7, RFC 7323 3.2, 5.3): whether the segment is to be dropped for their sake. */
static bool is_out_of_date(const struct endpoint *endpoint, const struct segment *segment)
{
    return endpoint->timestamps && !(segment->flags & RST)
        && (!segment->has_timestamp || distance(endpoint->ts_recent, segment->ts_value) < 0);
}

/* RFC 9293 3.10.7.4, first to fifth; false if the segment is not to go on. */
static bool is_acceptable(struct router *router, struct endpoint *endpoint, const struct segment *segment)
{
    const uint32_t length = (uint32_t)segment->data.length + ((segment->flags & FIN) != 0);
    const int32_t wnd = distance(endpoint->rcv_nxt, endpoint->rcv_adv);
    const int32_t begin = distance(endpoint->rcv_nxt, segment->seq);
    const int32_t end = distance(endpoint->rcv_nxt, segment->seq + length);
    const bool in_window = begin >= 0 && begin < (wnd > 0 ? wnd : 1);
    const bool overlaps = length > 0 && begin < wnd && end > 0;
    if (segment->flags & RST) {
        if (begin == 0) {
            endpoint_end(router, endpoint);
        } else if (in_window && endpoint->state == DEFINITE) {
            send_ack(router, endpoint); /* RFC 5961 3.2 */
        }
        return false;
    }
    if ((length > 0 ? !overlaps : !in_window) || segment->flags & SYN || !(segment->flags & ACK)
        || distance(endpoint->snd_nxt, segment->ack) > 0
        || distance(segment->ack, endpoint->snd_una) > (int32_t)WINDOW * 2) {
        if (endpoint->state == DEFINITE && segment->flags & (ACK | SYN)) {
            send_ack(router, endpoint);
        }
        return false;
    }
    return endpoint->state == DEFINITE || length > 0;
}

void endpoint_receive(struct router *router, struct endpoint *endpoint, struct segment *segment)
{
    bool answer_due;
    if (!segment_read_options(router, segment)) {
        return;
    }
    if (endpoint->clock_unknown && segment->has_timestamp) {
        endpoint->ts_offset = segment->ts_echo + AHEAD - (uint32_t)router->now;
        endpoint->clock_unknown = false;
    }
    if (is_out_of_date(endpoint, segment)) {
        if (endpoint->state == DEFINITE && segment->has_timestamp) {
            send_ack(router, endpoint);
        }
        return;
    }
    if (!is_acceptable(router, endpoint, segment)) {
        return; /* a reset has ended it perhaps: it must not be looked at any more */
    }
    endpoint->state = DEFINITE;
    endpoint->since = router->now;
    answer_due = segment->data.length > 0 || segment->flags & FIN;
    const int32_t old = distance(segment->seq, endpoint->rcv_nxt);
    if (segment->has_timestamp && old >= 0) {
        endpoint->ts_recent = segment->ts_value;
    }
    if (distance(endpoint->snd_una, segment->ack) >= 0) {
        endpoint->snd_una = segment->ack;
        endpoint->snd_wnd = (uint32_t)segment->window << endpoint->snd_scale;
    }
    if (old >= 0 && !endpoint->client_finished) {
        const size_t skipped = (size_t)old < segment->data.length ? (size_t)old : segment->data.length;
        const struct ipos_span fresh = {segment->data.octets + skipped, segment->data.length - skipped};
        take_request(router, endpoint, fresh);
        endpoint->client_finished = (segment->flags & FIN) != 0;
        endpoint->rcv_nxt += (uint32_t)fresh.length + endpoint->client_finished;
    }
    if (!send_answer(router, endpoint) && answer_due) {
        send_ack(router, endpoint);
    }
    if (endpoint->client_finished && endpoint->snd_una == endpoint->snd_nxt
        && (answer_length(endpoint) == 0 || endpoint->answered > answer_length(endpoint))) {
        endpoint_end(router, endpoint);
    }
}
