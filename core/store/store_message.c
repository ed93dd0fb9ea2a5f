/* store_message.c - tables and SQL: messages, envelopes, the search index. */
#include "core/store/migration.h"

const char cf_schema_message[] = "";
