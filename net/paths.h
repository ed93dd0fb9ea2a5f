/* SPDX-License-Identifier: GPL-3.0-or-later */
/* paths.h - PATHS: the control message by which each of two who know each other says where else it can be reached.
 *
 * Encoding and decoding only.  What it says is tried, never believed.
 * Spec: doc/protocol.md, "Paths".
 */
#ifndef CF_NET_PATHS_H
#define CF_NET_PATHS_H

#include "net/node.h"

#define CF_CONTROL_PATHS 4 /* beside enum cf_control of hello.h */

/* What a NAT does with our ports; as RFC 4787 has it. */
enum cf_nat {
  CF_NAT_UNKNOWN,
  CF_NAT_NONE, /* what others see is an address of ours */
  CF_NAT_SAME, /* one port, whomever we write to: it can be written to */
  CF_NAT_EACH, /* another port for each: it cannot be told beforehand */
  CF_NAT_SORTS
};

enum cf_path_sort {
  CF_PATH_OWN,    /* of an interface: both carriers */
  CF_PATH_SEEN,   /* as nodes see the port on which we accept streams */
  CF_PATH_MAPPED, /* by a router that was asked, for streams */
  CF_PATH_SEEN_DATAGRAMS,
  CF_PATH_MAPPED_DATAGRAMS,
  CF_PATH_NEAR_DATAGRAMS, /* as a node sees it and others do not: the next one will see another port, perhaps near it */
  CF_PATH_SORTS
};

struct cf_path {
  enum cf_path_sort sort;
  struct cf_addr addr;
};

#define CF_PATHS_PASS_ON 0x01 /* a flag: the sender's addresses may be told to others */

struct cf_paths {
  uint8_t flags;
  enum cf_nat nat;
  struct cf_addr seen; /* as what the receiver is seen; family 0: through a node, so it is not */
  struct cf_path addrs[CF_PATHS_ADDRS_MAX];
  size_t addr_count;
  struct cf_node_name nodes[CF_PATHS_NODES_MAX]; /* where the sender can be dialled */
  size_t node_count;
};

/* Errors: INV_VALUE (a field out of range), ENOMEM. */
gpg_error_t cf_paths_encode (const struct cf_paths *paths, struct cf_buf *out) CF_MUST_CHECK;
/* Errors: CF_ERR_PROTOCOL (another kind), INV_VALUE, and those of the cursor. */
gpg_error_t cf_paths_decode (const void *data, size_t len, struct cf_paths *r_paths) CF_MUST_CHECK;

/* May ADDR of a message be written to?  Not what means no host, or many, or this one. */
bool cf_path_is_sound (const struct cf_addr *addr);

#endif
