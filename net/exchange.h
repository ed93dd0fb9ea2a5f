/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exchange.h - PEERS? and PEERS: one who knows us is asked where others are who have agreed to that.
 *
 * Encoding and decoding only.  What PEERS says is tried, never believed.
 * Spec: doc/protocol.md, "Exchange".
 */
#ifndef CF_NET_EXCHANGE_H
#define CF_NET_EXCHANGE_H

#include "net/addr.h"
#include "net/proto.h"

/* Beside enum cf_control of hello.h. */
#define CF_CONTROL_PEERS_ASK 5
#define CF_CONTROL_PEERS 6

gpg_error_t cf_exchange_encode_ask (struct cf_buf *out) CF_MUST_CHECK;
/* Errors: INV_VALUE (more than CF_EXCHANGE_MAX, or no IP address with a port), ENOMEM. */
gpg_error_t cf_exchange_encode (const struct cf_addr *addrs, size_t count, struct cf_buf *out) CF_MUST_CHECK;
/* Either of the two; of PEERS? there are no addresses.  Errors: CF_ERR_PROTOCOL (another kind), INV_VALUE, and those of
   the cursor. */
gpg_error_t cf_exchange_decode (const void *data, size_t len, uint8_t *r_kind, struct cf_addr r_addrs[CF_EXCHANGE_MAX],
                                size_t *r_count) CF_MUST_CHECK;

#endif
