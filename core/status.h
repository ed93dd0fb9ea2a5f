/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status.h - how things stand, explained step by step. */
#ifndef CF_CORE_STATUS_H
#define CF_CORE_STATUS_H

#include <jansson.h>

#include "core/core.h"
#include "core/portmap.h"
#include "core/said.h"

struct cf_command;
struct cf_peer;

/* The row of STATUS; NULL: ENOMEM. */
json_t *cf_status_json (struct cf_core *core);

/* How PEER is reached, or why not: one sentence with its remedy, as {detail, hint, code, args}.  NULL: ENOMEM. */
json_t *cf_status_reach_json (struct cf_core *core, const struct cf_peer *peer);
/* The row of STATUS of PEER: that, and each way to him.  NULL: ENOMEM. */
json_t *cf_status_peer_json (struct cf_core *core, const struct cf_peer *peer);

/* What became of asking our router for a port in vain: a sentence about STATE, whose argument, if it has one, is the
   port; CF_SAY_NOTHING: nobody was asked. */
enum cf_say cf_status_portmap_failure (const struct cf_portmap_state *state);

/* STATUS --watch: that row to CMD now, and whenever it is another, until the client goes or PEER is forgotten. */
void cf_status_watch (struct cf_command *cmd, const struct cf_peer *peer);
/* End all of them. */
void cf_status_watches_free (struct cf_links *links);

#endif
