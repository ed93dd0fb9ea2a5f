/* store_peer.c - tables and SQL: contacts and their devices. */
#include "core/store/migration.h"

const char cf_schema_peer[] = "";
