/* Programs that go wrong, each in the way that its argument names; their outputs are the samples beside this file. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int zero, one = 1, shared;

__attribute__((noinline)) static int read_option(const uint8_t *octets, int length) { return octets[length]; }

__attribute__((noinline)) static void copy_options(const uint8_t *octets, int length)
{
    char room[8];
    memcpy(room, octets, (size_t)length);
    shared = room[0];
}

__attribute__((noinline)) static int total_length(int length) { return length * 65536; }

__attribute__((noinline)) static int recursion(int depth)
{
    volatile char room[4096];
    room[0] = (char)depth;
    return recursion(depth + one) + room[0];
}

static void *worker(void *argument)
{
    (void)argument;
    for (int i = 0; i < 1000; i++) {
        shared = shared + 1;
    }
    return NULL;
}

static void threads(void)
{
    pthread_t other;
    pthread_create(&other, NULL, worker, NULL);
    worker(NULL);
    pthread_join(other, NULL);
}

int main(int count, char **words)
{
    const char *kind = count > 1 ? words[1] : "";
    uint8_t *octets = malloc(16);
    static uint8_t large[64];
    printf("router: listening on 192.0.2.1:80, 2 LANs\n");
    fflush(stdout);
    if (strcmp(kind, "heap") == 0) { printf("%d\n", read_option(octets, 16 + zero)); }
    if (strcmp(kind, "stack") == 0) { copy_options(large, 40 + zero); }
    if (strcmp(kind, "freed") == 0) { free(octets); printf("%d\n", read_option(octets, 3 + zero)); }
    if (strcmp(kind, "double") == 0) { free(octets); free((uint8_t *)((uintptr_t)octets + (uintptr_t)zero)); }
    if (strcmp(kind, "null") == 0) { printf("%d\n", read_option((const uint8_t *)(uintptr_t)zero, zero)); }
    if (strcmp(kind, "overflow") == 0) {
        printf("%d\n", total_length(40000 + zero));
        printf("%d\n", 1 << (40 + zero));
    }
    if (strcmp(kind, "leak") == 0) { octets = NULL; return zero; }
    if (strcmp(kind, "unset") == 0) { if (octets[3]) { printf("set\n"); } }
    if (strcmp(kind, "race") == 0) { threads(); }
    if (strcmp(kind, "recursion") == 0) { printf("%d\n", recursion(zero)); }
    free(octets);
    printf("router: served 3 clients, stopped\n");
    return 0;
}
