/* SPDX-License-Identifier: GPL-3.0-or-later */
/* addr.h - where somebody can be reached, as a value: an IP address and port, or a node that relays; no I/O. */
#ifndef CF_NET_ADDR_H
#define CF_NET_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define CF_ADDR_TEXT_SIZE 80

/* A family of our own: behind a node.  BYTES are the first of the node's device key, the port is 0; which device is meant
   is said beside it, by its key. */
#define CF_ADDR_NODE 64

struct cf_addr {
  uint8_t family;     /* 4, 6 or CF_ADDR_NODE; 0: none */
  uint8_t bytes[16];  /* 4 or 16 of them, the rest zero */
  uint16_t port;
  uint32_t scope;     /* interface index of a link-local IPv6 address, else 0 */
};

/* "192.0.2.1:7077", "[fe80::1%3]:7077"; one behind a node is shown, and never read.  Errors: INV_VALUE. */
gpg_error_t cf_addr_parse (const char *text, struct cf_addr *r_addr) CF_MUST_CHECK;
/* The same of a place to listen at: ":7077" is every address, and of family 0; "port 7077" when it is shown. */
gpg_error_t cf_addr_parse_listen (const char *text, struct cf_addr *r_addr) CF_MUST_CHECK;
const char *cf_addr_format_listen (const struct cf_addr *addr, char out[CF_ADDR_TEXT_SIZE]);
const char *cf_addr_format (const struct cf_addr *addr, char out[CF_ADDR_TEXT_SIZE]);
bool cf_addr_equal (const struct cf_addr *a, const struct cf_addr *b);
bool cf_addr_same_host (const struct cf_addr *a, const struct cf_addr *b); /* ignores ports */
/* What limits count as one: the host; of IPv6, where a host has as many addresses as it likes, the /64 - but each
   link-local address, since all of a link would be one.  Port 0. */
struct cf_addr cf_addr_source (const struct cf_addr *a);
bool cf_addr_same_source (const struct cf_addr *a, const struct cf_addr *b);
bool cf_addr_is_loopback (const struct cf_addr *a);
bool cf_addr_is_link_local6 (const struct cf_addr *a); /* fe80::/10 */
/* Can a host anywhere on the internet be sent to at ADDR, as far as the number says?  Not to what is private, shared by a
   carrier's customers, of a link, or kept for documentation and tests. */
bool cf_addr_is_public (const struct cf_addr *a);
struct cf_addr cf_addr_behind (const uint8_t node_key[32]); /* behind that node */

/* In messages: family:1 bytes:4|16 port:2, without a scope.  Only an IP address with a port is read, and IPv4 has one
   form; other things are INV_VALUE, and not to be written. */
bool cf_addr_may_be_written (const struct cf_addr *addr); /* an IP address with a port? */
void cf_wr_addr (struct cf_wr *wr, const struct cf_addr *addr);
void cf_rd_addr (struct cf_rd *rd, struct cf_addr *r_addr);

#endif
