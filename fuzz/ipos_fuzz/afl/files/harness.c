/*
 * From an input to frames. An input is a sequence of frames, each behind its length in two octets (network byte order);
 * a length beyond the end means all that is left. So every input is a sequence, whatever a fuzzer made of it.
 *
 *   afl-cc           its persistent mode: AFL++ hands the inputs over in memory
 *   -fsanitize=fuzzer -DLIBFUZZER    libFuzzer calls LLVMFuzzerTestOneInput
 *   any compiler     the program plays the files that its arguments name, or its standard input
 */

#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 2, MOST_FRAMES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    target_reset();
    for (int i = 0; i < MOST_FRAMES && size >= LENGTH; i++) {
        const size_t announced = (size_t)data[0] << 8 | data[1];
        const size_t length = announced < size - LENGTH ? announced : size - LENGTH;
        /* Exactly as long as the frame, so that a sanitizer sees an octet read beyond it. */
        uint8_t *const frame = malloc(length > 0 ? length : 1);
        if (frame == NULL) {
            return 0;
        }
        memcpy(frame, data + LENGTH, length);
        target_receive(frame, length);
        free(frame);
        data += LENGTH + length;
        size -= LENGTH + length;
    }
    return 0;
}

#if defined(__AFL_COMPILER)

#include <unistd.h>

__AFL_FUZZ_INIT();

int main(void)
{
    __AFL_INIT();
    const uint8_t *const input = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(100000)) {
        LLVMFuzzerTestOneInput(input, (size_t)__AFL_FUZZ_TESTCASE_LEN);
    }
    return EXIT_SUCCESS;
}

#elif defined(LIBFUZZER)

#include "ipos.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* libFuzzer's own mutations, then ipOS checksums made right, but for 0 and 0xffff: so wrong ones get through, too. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    const size_t made = LLVMFuzzerMutate(data, size, max_size);
    size_t left = made;
    (void)seed;
    while (left >= LENGTH) {
        const size_t announced = (size_t)data[0] << 8 | data[1];
        const size_t length = announced < left - LENGTH ? announced : left - LENGTH;
        struct ipos_encapsulation_header header;
        if (length >= sizeof(struct ipos_acknowledgement_wire)) {
            ipos_encapsulation_header_parse(&header, data + LENGTH + sizeof(struct ipos_ethernet_header_wire));
            if (length >= ipos_covered_end(&header) && header.checksum % 0xffff != 0) {
                ipos_write_checksum(data + LENGTH);
            }
        }
        data += LENGTH + length;
        left -= LENGTH + length;
    }
    return made;
}

#else

static void play(FILE *stream)
{
    static uint8_t input[1 << 20];
    LLVMFuzzerTestOneInput(input, fread(input, 1, sizeof input, stream));
}

int main(int count, char **names)
{
    for (int i = 1; i < count; i++) {
        FILE *const stream = fopen(names[i], "rb");
        if (stream == NULL) {
            perror(names[i]);
            return EXIT_FAILURE;
        }
        play(stream);
        fclose(stream);
    }
    if (count < 2) {
        play(stdin);
    }
    return EXIT_SUCCESS;
}

#endif
