/* Who holds which connection: the table of endpoints, and the judgement of connection packets (TGT-1 to TGT-4). */

#include "router.h"

#include <stdlib.h>

static size_t bucket_of(uint32_t client_ip, uint16_t client_port)
{
    return (client_ip * 2654435761u + client_port * 40503u) % BUCKETS;
}

struct endpoint *endpoint_find(const struct router *router, uint32_t client_ip, uint16_t client_port)
{
    struct endpoint *endpoint = router->buckets[bucket_of(client_ip, client_port)];
    while (endpoint != NULL && (endpoint->client_ip != client_ip || endpoint->client_port != client_port)) {
        endpoint = endpoint->next;
    }
    return endpoint;
}

static struct endpoint **place_of(struct router *router, const struct endpoint *endpoint)
{
    struct endpoint **place = &router->buckets[bucket_of(endpoint->client_ip, endpoint->client_port)];
    while (*place != endpoint) {
        place = &(*place)->next;
    }
    return place;
}

void endpoint_end(struct router *router, struct endpoint *endpoint)
{
    endpoint->state = ENDED; /* its numbers are remembered (TGT-4) */
    endpoint->since = router->now;
}

static bool is_owner(const struct router *router, uint32_t server_ip, const uint8_t mac[6])
{
    for (size_t i = 0; i < router->peer_count; i++) {
        if (router->peers[i].address == server_ip) {
            return memcmp(router->peers[i].mac, mac, 6) == 0;
        }
    }
    return false;
}

/* TGT-4, against what is there for this client */
static bool replaces(
    const struct router *router, const struct ipos_tcp_connection_packet *packet, const struct endpoint *there)
{
    const struct ipos_control_block *block = &packet->connection.control_block;
    const bool same_server
        = packet->connection.server_ip == there->server_ip && packet->connection.server_port == there->server_port;
    const int32_t later = distance(there->rcv_nxt, block->rcv_nxt);
    if (same_server && block->iss == there->iss && block->irs == there->irs) {
        return there->state != DEFINITE
            && (later > 0 || (later == 0 && distance(there->snd_nxt, block->snd_nxt) > 0));
    }
    return there->state == ENDED
        || (is_owner(router, packet->connection.server_ip, packet->ethernet.source)
            && (!same_server || distance(there->iss, block->iss) > 0));
}

static bool repeats(const struct ipos_tcp_connection_packet *packet, const struct endpoint *there)
{
    const struct ipos_control_block *block = &packet->connection.control_block;
    return there->state != ENDED && packet->connection.server_ip == there->server_ip
        && packet->connection.server_port == there->server_port && block->iss == there->iss && block->irs == there->irs
        && block->snd_nxt == there->snd_nxt && block->rcv_nxt == there->rcv_nxt;
}

static struct endpoint *endpoint_new(const struct router *router, const struct ipos_tcp_connection_packet *packet)
{
    const struct ipos_control_block *block = &packet->connection.control_block;
    const uint16_t scaled
        = IPOS_CONTROL_BLOCK_T_FLAGS_REQ_SCALE | IPOS_CONTROL_BLOCK_T_FLAGS_RCVD_SCALE;
    const uint16_t stamped = IPOS_CONTROL_BLOCK_T_FLAGS_REQ_TSTMP | IPOS_CONTROL_BLOCK_T_FLAGS_RCVD_TSTMP;
    struct endpoint *endpoint = calloc(1, sizeof *endpoint);
    if (endpoint == NULL) {
        return NULL;
    }
    endpoint->client_ip = packet->header.source_ip;
    endpoint->client_port = packet->header.source_port;
    endpoint->server_ip = packet->connection.server_ip;
    endpoint->server_port = packet->connection.server_port;
    memcpy(endpoint->origin, packet->ethernet.source, 6);
    endpoint->since = router->now;
    endpoint->iss = block->iss;
    endpoint->irs = block->irs;
    endpoint->snd_una = endpoint->snd_nxt = block->snd_nxt;
    endpoint->snd_wnd = block->snd_wnd;
    endpoint->rcv_nxt = block->rcv_nxt;
    endpoint->rcv_adv = block->rcv_adv;
    endpoint->segment = block->t_maxseg < 1460 ? block->t_maxseg : 1460;
    if ((block->t_flags & scaled) == scaled) {
        endpoint->snd_scale = block->snd_scale;
        endpoint->rcv_scale = block->rcv_scale;
    }
    endpoint->timestamps = (block->t_flags & stamped) == stamped;
    endpoint->clock_unknown = endpoint->timestamps && block->ts_now == 0;
    endpoint->ts_recent = block->ts_recent;
    endpoint->ts_offset = block->ts_now - (uint32_t)router->now;
    return endpoint;
}

bool endpoint_take(struct router *router, const struct ipos_tcp_connection_packet *packet)
{
    struct endpoint *const there = endpoint_find(router, packet->header.source_ip, packet->header.source_port);
    struct endpoint *endpoint;
    if (packet->connection.server_ip == router->address) {
        return false; /* TGT-4 (c): it has no Forward entries, so nothing of its own can come home */
    }
    if (there != NULL && repeats(packet, there)) {
        return true;
    }
    if (there != NULL ? !replaces(router, packet, there) : router->endpoint_count >= MOST_ENDPOINTS) {
        return false;
    }
    endpoint = endpoint_new(router, packet);
    if (endpoint == NULL) {
        return false;
    }
    if (there != NULL) {
        endpoint->replaced = router->bug == STALE_ENDPOINT && there->state == PROVISIONAL ? there : NULL;
        *place_of(router, there) = there->next;
        free(there);
        router->endpoint_count--;
    }
    endpoint->next = router->buckets[bucket_of(endpoint->client_ip, endpoint->client_port)];
    router->buckets[bucket_of(endpoint->client_ip, endpoint->client_port)] = endpoint;
    router->endpoint_count++;
    return true;
}
