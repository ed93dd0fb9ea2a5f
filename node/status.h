/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status.h - how a node does: told on a socket in its state directory, and asked for there. */
#ifndef CF_NODE_STATUS_H
#define CF_NODE_STATUS_H

#include "node/server.h"

struct event_base;
struct cf_status_door;

struct cf_status_facts {
  struct cf_env *env;
  const struct cf_server *server;
  const struct cf_node_name *names; /* how it is written down */
  size_t name_count;
  uint8_t services;
  bool confined;
  int64_t started_utc_ms;
};

/* Whoever may enter STATE and connects to the socket there gets one object of JSON.  FACTS stay the caller's. */
gpg_error_t cf_status_open (struct event_base *base, const char *state, const struct cf_status_facts *facts,
                            struct cf_status_door **r_door) CF_MUST_CHECK;
void cf_status_close (struct cf_status_door *door);

/* Ask the node of STATE and print: its JSON, or lines for people.  Errors: ECONNREFUSED, ENOENT (none runs), others. */
gpg_error_t cf_status_ask (const char *state, bool json) CF_MUST_CHECK;

#endif
