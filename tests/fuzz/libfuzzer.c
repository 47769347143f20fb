/* libFuzzer's way in to the target that the build names. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    FUZZ_TARGET(bytes, len);
    return 0;
}
