/*
 *   c-router BUG ADDRESS FIRST-INTERFACE MAC SECOND-INTERFACE MAC GATEWAY-MAC SITE [PEER-ADDRESS PEER-MAC]...
 *
 * makes two TAP interfaces, serves the files in SITE, and runs until it is ended. BUG is `none` or a name of `bugs`.
 */

#include "router.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { MOST_RESOURCES = 32, FRAMES_AT_ONCE = 64 };

static const char *const bugs[]
    = {"none", "short-acknowledgement", "total-length", "ip-options", "tcp-options", "stale-endpoint"};
static int taps[2];

_Noreturn static void refuse(const char *what, const char *found)
{
    fprintf(stderr, "c-router: %s: %s\n", what, found);
    exit(2);
}

static void read_mac(uint8_t mac[6], const char *text)
{
    unsigned octets[6];
    char rest;
    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", octets, octets + 1, octets + 2, octets + 3, octets + 4, octets + 5,
            &rest)
        != 6) {
        refuse("expected a MAC address, found", text);
    }
    for (size_t i = 0; i < 6; i++) {
        mac[i] = (uint8_t)octets[i];
    }
}

static uint32_t read_address(const char *text)
{
    struct in_addr address;
    if (inet_pton(AF_INET, text, &address) != 1) {
        refuse("expected an IPv4 address, found", text);
    }
    return ntohl(address.s_addr);
}

static enum bug read_bug(const char *text)
{
    for (size_t i = 0; i < sizeof bugs / sizeof *bugs; i++) {
        if (strcmp(bugs[i], text) == 0) {
            return (enum bug)i;
        }
    }
    refuse("expected none or the name of a bug, as README.md lists them, found", text);
}

static struct resource read_resource(const char *folder, const char *name)
{
    struct resource resource = {malloc(strlen(name) + 2), NULL, 0};
    char file[4096];
    FILE *stream;
    snprintf(file, sizeof file, "%s/%s", folder, name);
    stream = fopen(file, "rb");
    if (stream == NULL || resource.path == NULL || fseek(stream, 0, SEEK_END) != 0) {
        refuse(file, strerror(errno));
    }
    resource.path[0] = '/';
    memcpy(resource.path + 1, name, strlen(name) + 1);
    resource.length = (size_t)ftell(stream);
    resource.octets = malloc(resource.length + 1);
    rewind(stream);
    if (resource.octets == NULL || fread(resource.octets, 1, resource.length, stream) != resource.length) {
        refuse(file, "can't be read");
    }
    fclose(stream);
    return resource;
}

static size_t read_site(struct resource *resources, const char *folder)
{
    struct dirent *entry;
    size_t count = 0;
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        refuse(folder, strerror(errno));
    }
    while (count < MOST_RESOURCES && (entry = readdir(directory)) != NULL) {
        if (entry->d_type == DT_REG) {
            resources[count++] = read_resource(folder, entry->d_name);
        }
    }
    closedir(directory);
    return count;
}

static int open_tap(const char *name)
{
    struct ifreq request = {0};
    const int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    const int configuration = socket(AF_INET, SOCK_DGRAM, 0);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (tap < 0 || configuration < 0 || ioctl(tap, TUNSETIFF, &request) < 0) {
        refuse(name, strerror(errno));
    }
    request.ifr_flags = IFF_UP;
    if (ioctl(configuration, SIOCSIFFLAGS, &request) < 0) {
        refuse(name, strerror(errno));
    }
    close(configuration);
    return tap;
}

static void send_to_tap(enum lan lan, const uint8_t *frame, size_t length)
{
    if (write(taps[lan], frame, length) < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EIO) {
        refuse("a frame can't be sent", strerror(errno));
    }
}

static void receive_from_tap(struct router *router, enum lan lan)
{
    static uint8_t octets[65536];
    for (int i = 0; i < FRAMES_AT_ONCE; i++) {
        const ssize_t length = read(taps[lan], octets, sizeof octets);
        if (length <= 0) {
            return;
        }
        /* Exactly as long as the frame, so that a sanitizer sees an octet read beyond it. */
        uint8_t *const frame = malloc((size_t)length);
        if (frame == NULL) {
            return;
        }
        memcpy(frame, octets, (size_t)length);
        router_receive(router, lan, frame, (size_t)length);
        free(frame);
    }
}

static uint64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int main(int count, char **words)
{
    static struct resource resources[MOST_RESOURCES];
    static struct router router;
    uint64_t looked = 0;
    if (count < 9 || count % 2 == 0 || count > 9 + 2 * PEERS) {
        refuse("expected BUG ADDRESS INTERFACE MAC INTERFACE MAC GATEWAY-MAC SITE [PEER-ADDRESS PEER-MAC]...",
            "found other words");
    }
    router.bug = read_bug(words[1]);
    router.address = read_address(words[2]);
    read_mac(router.mac[FIRST_LAN], words[4]);
    read_mac(router.mac[SECOND_LAN], words[6]);
    read_mac(router.gateway, words[7]);
    router.resource_count = read_site(resources, words[8]);
    router.resources = resources;
    for (int i = 9; i < count; i += 2) {
        router.peers[router.peer_count].address = read_address(words[i]);
        read_mac(router.peers[router.peer_count++].mac, words[i + 1]);
    }
    router.send = send_to_tap;
    taps[FIRST_LAN] = open_tap(words[3]);
    taps[SECOND_LAN] = open_tap(words[5]);
    printf("c-router: up, with bug %s\n", words[1]);
    fflush(stdout);
    for (;;) {
        struct pollfd waiting[2] = {{taps[FIRST_LAN], POLLIN, 0}, {taps[SECOND_LAN], POLLIN, 0}};
        poll(waiting, 2, 1000);
        router.now = milliseconds();
        for (enum lan lan = FIRST_LAN; lan <= SECOND_LAN; lan++) {
            if (waiting[lan].revents & (POLLERR | POLLHUP | POLLNVAL)) {
                refuse("a LAN is gone", words[3 + 2 * lan]);
            }
            receive_from_tap(&router, lan);
        }
        if (router.now - looked >= 1000) {
            looked = router.now;
            router_forget(&router, false);
        }
    }
}
