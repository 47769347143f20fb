/* How hospitals are asked that do not write back. */
#include <stdio.h>

#include "config/schema.h"

const cyaml_schema_field_t tsk_inquiry_fields[] = {
    CYAML_FIELD_UINT("after_days", OPTIONAL, struct tsk_inquiry_config, after_days),
    CYAML_FIELD_UINT("again_days", OPTIONAL, struct tsk_inquiry_config, again_days),
    CYAML_FIELD_UINT("planned_days", OPTIONAL, struct tsk_inquiry_config, planned_days),
    CYAML_FIELD_UINT("due_days", OPTIONAL, struct tsk_inquiry_config, due_days),
    CYAML_FIELD_UINT("limit", OPTIONAL, struct tsk_inquiry_config, limit),
    CYAML_FIELD_UINT("pages_max", OPTIONAL, struct tsk_inquiry_config, pages_max),
    STRING("at", struct tsk_inquiry_config, at),
    STRING("department", struct tsk_inquiry_config, department),
    CYAML_FIELD_BOOL("mail", OPTIONAL, struct tsk_inquiry_config, mail),
    CYAML_FIELD_END
};

int tsk_inquiry_defaults(struct tsk_inquiry_config *inquiry)
{
    tsk_config_default_u32(&inquiry->again_days, 14);
    tsk_config_default_u32(&inquiry->planned_days, 3);
    tsk_config_default_u32(&inquiry->due_days, 7);
    tsk_config_default_u32(&inquiry->limit, 3);
    tsk_config_default_u32(&inquiry->pages_max, 20);
    return tsk_config_default(&inquiry->at, "10:00") != 0 ||
                   tsk_config_default(&inquiry->department, "地域医療連携室") != 0
               ? -1
               : 0;
}

int tsk_inquiry_check(const struct check *check, const struct tsk_inquiry_config *inquiry)
{
    const struct {
        const char *where;
        uint32_t value, max;
    } numbers[] = { { "inquiries.after_days", inquiry->after_days, 400 },
                    { "inquiries.again_days", inquiry->again_days, 400 },
                    { "inquiries.planned_days", inquiry->planned_days, 100 },
                    { "inquiries.due_days", inquiry->due_days, 100 },
                    { "inquiries.limit", inquiry->limit, 20 },
                    { "inquiries.pages_max", inquiry->pages_max, 100 } };

    for (size_t i = 0; i < TSK_COUNT(numbers); i++)
        if (numbers[i].value > numbers[i].max) {
            const char *where = numbers[i].where;
            return FAULT(check, "%u is more than %u", numbers[i].value, numbers[i].max);
        }
    return 0;
}
