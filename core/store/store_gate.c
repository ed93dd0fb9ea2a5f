/* store_gate.c - tables and SQL: requests, expectations, guesses, runs in progress. */
#include "core/store/migration.h"

const char cf_schema_gate[] = "";
