/* SPDX-License-Identifier: GPL-3.0-or-later */
/* portmap.h - the port that our router lets in: asked for by confab-portmap, renewed, told to those who may know.
 *
 * Asked for while the setting "port-mapping" is on and this host has no public address of IPv4.
 * Spec: doc/protocol.md, "Paths".
 */
#ifndef CF_CORE_PORTMAP_H
#define CF_CORE_PORTMAP_H

#include "core/core.h"
#include "net/portmap.h"

#define CF_PORTMAP_ADDRS_MAX 2 /* of TCP and UDP */

struct cf_portmap;

gpg_error_t cf_portmap_new (struct cf_core *core, struct cf_portmap **r_portmap) CF_MUST_CHECK;
void cf_portmap_start (struct cf_portmap *portmap);
void cf_portmap_free (struct cf_portmap *portmap);

/* The setting is "on" or "off". */
gpg_error_t cf_portmap_set (struct cf_core *core, const char *value) CF_MUST_CHECK;
void cf_portmap_network_changed (struct cf_core *core);

/* The addresses at which the router lets in what is for us, at most MAX; returns how many. */
size_t cf_portmap_addresses (struct cf_core *core, struct cf_addr *r_addrs, size_t max);
/* The port at which streams to HOST's outside reach us; 0: none was mapped there. */
uint16_t cf_portmap_port (struct cf_core *core, const struct cf_addr *host);

enum cf_portmap_view { CF_PORTMAP_NEEDLESS, CF_PORTMAP_ASKING, CF_PORTMAP_IS_MAPPED, CF_PORTMAP_IS_NOT, CF_PORTMAP_NO_HELPER };

/* For status. */
struct cf_portmap_state {
  enum cf_portmap_view view;
  struct cf_addr addr;                      /* IS_MAPPED */
  enum cf_portmap_how how;
  enum cf_portmap_why why[CF_PORTMAP_HOWS]; /* IS_NOT; all UNTRIED: there is no router */
};
void cf_portmap_look (struct cf_core *core, struct cf_portmap_state *r_state);

#endif
