/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status.h - how things stand, explained step by step. */
#ifndef CF_CORE_STATUS_H
#define CF_CORE_STATUS_H

#include <jansson.h>

#include "core/core.h"

/* The row of STATUS; NULL: ENOMEM. */
json_t *cf_status_json (struct cf_core *core);

#endif
