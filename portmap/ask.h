/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ask.h - three ways of asking a router to let in what comes to a port, TCP and UDP: PCP, NAT-PMP, UPnP.
 *
 * Each waits for answers, a few seconds at most, and gives up as soon as confabd has gone.
 */
#ifndef CF_PORTMAP_ASK_H
#define CF_PORTMAP_ASK_H

#include "base/env.h"
#include "net/portmap.h"
#include "portmap/pcp.h"

enum { CF_ASK_TCP, CF_ASK_UDP, CF_ASK_PROTOCOLS };

struct cf_ask {
  struct cf_env *env;
  int confabd;                 /* its socket */
  struct cf_addr gateway, own; /* of IPv4; their port is 0 */
  uint16_t port;
  uint32_t seconds;
  uint8_t nonce[CF_ASK_PROTOCOLS][CF_PCP_NONCE_LEN];
  struct cf_addr last[CF_ASK_PROTOCOLS]; /* the outside as it was mapped, to be asked for again; family 0: not yet */
};

/* True: TCP, UDP and SECONDS of *ANSWER are set.  False: its WHY of this way is. */
bool cf_ask_pcp (const struct cf_ask *ask, struct cf_portmap_answer *answer);
bool cf_ask_nat_pmp (const struct cf_ask *ask, struct cf_portmap_answer *answer);
bool cf_ask_upnp (const struct cf_ask *ask, struct cf_portmap_answer *answer);

/* Take away what was mapped by that way, if the router hears it within half a second. */
void cf_end_pcp (const struct cf_ask *ask);
void cf_end_nat_pmp (const struct cf_ask *ask);
void cf_end_upnp (const struct cf_ask *ask);

/* Until FD can be read (true), MS are over, or confabd has gone. */
bool cf_ask_wait (const struct cf_ask *ask, int fd, uint64_t ms);
/* Has confabd gone?  Nobody wants an answer then. */
bool cf_ask_is_over (const struct cf_ask *ask);

/* Is the host of OUTSIDE, as the router says it, a public address, and not our own? */
bool cf_ask_is_outside (const struct cf_ask *ask, const struct cf_addr *outside);

#endif
