/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pcp.h - the Port Control Protocol as bytes (RFC 6887), as much of it as a host needs that wants a port opened.
 *
 * No I/O.  Only the opcodes ANNOUNCE and MAP, no options.
 */
#ifndef CF_PORTMAP_PCP_H
#define CF_PORTMAP_PCP_H

#include <stdbool.h>

#include "net/addr.h"

#define CF_PCP_PORT 5351       /* of routers */
#define CF_PCP_HEARD_PORT 5350 /* where hosts hear what routers tell everybody */
#define CF_PCP_NONCE_LEN 12
#define CF_PCP_MAP_LEN 60
#define CF_PCP_MAX 1100 /* a message has no more bytes */

enum cf_pcp_opcode { CF_PCP_ANNOUNCE, CF_PCP_MAP };

/* Of the numbers that IP gives protocols. */
enum cf_pcp_protocol { CF_PCP_TCP = 6, CF_PCP_UDP = 17 };

enum cf_pcp_result { CF_PCP_SUCCESS, CF_PCP_VERSION, CF_PCP_NOT_AUTHORIZED, CF_PCP_MALFORMED, CF_PCP_NO_OPCODE };

struct cf_pcp_map {
  uint8_t nonce[CF_PCP_NONCE_LEN]; /* the mapping is his who knows it */
  enum cf_pcp_protocol protocol;
  struct cf_addr internal;  /* ours, as the router is to see it */
  struct cf_addr suggested; /* the outside that we would like; host or port may be 0: any; family 0: any */
  uint32_t seconds;         /* 0: take it away */
};

struct cf_pcp_answer {
  enum cf_pcp_opcode opcode;
  uint8_t result;       /* enum cf_pcp_result, and higher ones */
  uint32_t seconds;     /* how long it stays; after a failure, how long that will be so */
  uint32_t epoch;       /* seconds since the router knows of mappings */
  uint8_t nonce[CF_PCP_NONCE_LEN]; /* MAP, and those that follow */
  uint8_t protocol;
  uint16_t internal_port;
  struct cf_addr external; /* its port may be 0 after a failure */
};

void cf_pcp_map_encode (const struct cf_pcp_map *map, uint8_t out[CF_PCP_MAP_LEN]);
/* What a router says.  Errors: NOT_SUPPORTED (another version: that of NAT-PMP, perhaps), CF_ERR_PROTOCOL (a request, or
   an opcode that nobody asked for), INV_LENGTH, TOO_SHORT. */
gpg_error_t cf_pcp_decode (const void *data, size_t len, struct cf_pcp_answer *r_answer) CF_MUST_CHECK;
/* Is it the answer to MAP?  Others on the way do not know the nonce. */
bool cf_pcp_answers (const struct cf_pcp_answer *answer, const struct cf_pcp_map *map);

/* Has the router forgotten its mappings between two answers, which came at BEFORE_MS and NOW_MS?  RFC 6887, 8.5. */
bool cf_pcp_has_forgotten (uint32_t epoch_before, uint64_t before_ms, uint32_t epoch_now, uint64_t now_ms);

#endif
