/* store_conversation.c - tables and SQL: conversations, and the ids that were ever used. */
#include "core/store/migration.h"

const char cf_schema_conversation[] = "";
