/* SPDX-License-Identifier: GPL-3.0-or-later */
/* json.h - values of rows and events; what is not there is null. */
#ifndef CF_CORE_JSON_H
#define CF_CORE_JSON_H

#include <jansson.h>

#include "base/fpr.h"

/* New references; NULL when there is no memory. */
json_t *cf_json_text (const char *text);       /* NULL: null */
json_t *cf_json_time (int64_t utc_ms);         /* 0: null */
json_t *cf_json_fpr (const struct cf_fpr *fpr); /* none: null */

/* VALUE as text, FLAGS as of json_dumps, whose text must not be believed: jansson forgets that there was no memory for a
   key, and goes on.  Caller frees; NULL: ENOMEM. */
char *cf_json_dump (const json_t *value, size_t flags);

#endif
