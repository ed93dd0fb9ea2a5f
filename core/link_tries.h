/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_tries.h - what came of trying to reach a person: the last try of each place, for who asks why he is not reached.
 *
 * A place is an address on a carrier, tried in one of the ways below.  Nothing
 * is decided by it.
 */
#ifndef CF_CORE_LINK_TRIES_H
#define CF_CORE_LINK_TRIES_H

#include "core/link_tunnel.h"

#define CF_TRIES_MAX 32 /* places remembered of a person; the one tried longest ago makes room */

/* The ways, the better ones first.  Spec: doc/protocol.md, "Routes". */
enum cf_step {
  CF_STEP_LAN,
  CF_STEP_IPV6,    /* elsewhere, with IPv6 */
  CF_STEP_DIRECT,  /* elsewhere, with IPv4 */
  CF_STEP_MAPPED,  /* where his router lets others in */
  CF_STEP_PUNCHED, /* where his NAT is seen, by two who write at once */
  CF_STEP_RELAY,
  CF_STEPS
};

enum cf_try_state {
  CF_TRY_NEW,    /* it has not come to anything yet */
  CF_TRY_FAILED,
  CF_TRY_HELD,   /* it became the tunnel */
  CF_TRY_GIVEN_UP /* before it had come to anything: another was there first */
};

struct cf_try {
  enum cf_step step;
  enum cf_carrier carrier;
  enum cf_try_state state; /* what it came to last */
  bool runs;               /* it is being tried, perhaps once more, since ... */
  uint64_t begun_ms;       /* ... then */
  struct cf_addr addr;
  gpg_error_t err;         /* FAILED: why */
  uint64_t at_ms;          /* when it came to STATE */
  int64_t at_utc_ms;
};

struct cf_link_tries {
  struct cf_try all[CF_TRIES_MAX];
  size_t count;
};

/* ADDR is being tried on CARRIER. */
void cf_tries_begin (struct cf_link_tries *tries, const struct cf_env *env, enum cf_step step, const struct cf_addr *addr,
                     enum cf_carrier carrier);
/* It has come to STATE, with ERR; what has failed before and is given up has failed.  One that is not remembered any more
   stays so. */
void cf_tries_end (struct cf_link_tries *tries, const struct cf_env *env, enum cf_step step, const struct cf_addr *addr,
                   enum cf_carrier carrier, enum cf_try_state state, gpg_error_t err);

/* Of STEP, the try that tells most: the failure that is least common, the latest of alike; else one that runs for the
   first time.  NULL: none of them runs or has failed. */
const struct cf_try *cf_tries_telling (const struct cf_link_tries *tries, enum cf_step step);

#endif
