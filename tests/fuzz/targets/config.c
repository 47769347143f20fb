#include <string.h>

#include "config/config.h"
#include "fuzz.h"

void fuzz_config(const uint8_t *bytes, size_t len)
{
    const struct tsk_config *config;
    struct tsk_err err = { 0 };

    if (tsk_config_load(&config, fuzz_path(bytes, len), &err) != 0) {
        fuzz_require(config == NULL, "nothing is left of a configuration that is refused");
        fuzz_require_text(err.text, "an error is text");
        fuzz_require(err.text[0] != '\0', "an error says something");
        return;
    }
    fuzz_require(config->office_count > 0, "a site has an office");
    for (size_t i = 0; i < config->source_count; i++)
        fuzz_require(tsk_config_office(config, config->sources[i].office) != NULL, "a source belongs to an office");
    tsk_config_free(&config);
}
