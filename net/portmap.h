/* SPDX-License-Identifier: GPL-3.0-or-later */
/* portmap.h - what confabd and confab-portmap say to each other, which asks the router to open a port: lines of text.
 *
 *   confabd:  map PORT SECONDS
 *   helper:   mapped pcp|nat-pmp|upnp SECONDS TCP UDP      addresses; one of the two may be "-"
 *             failed WHY WHY WHY                           of PCP, NAT-PMP, UPnP; see enum cf_portmap_why
 *             changed                                      the router says that it has begun anew: ask again
 *
 * Every "map" is answered by one of the first two, and takes the place of the one before.  The end of the lines from
 * confabd takes away what was mapped.  The helper reads what a router says, so confabd believes it no more than that.
 */
#ifndef CF_NET_PORTMAP_H
#define CF_NET_PORTMAP_H

#include "net/addr.h"

#define CF_PORTMAP_LINE_MAX 200 /* with its end */

enum cf_portmap_how { CF_PORTMAP_PCP, CF_PORTMAP_NAT_PMP, CF_PORTMAP_UPNP, CF_PORTMAP_HOWS };

enum cf_portmap_why {
  CF_PORTMAP_UNTRIED, /* no router, or another way has done it */
  CF_PORTMAP_ABSENT,  /* nobody there speaks it */
  CF_PORTMAP_SILENT,  /* no answer */
  CF_PORTMAP_REFUSED, /* it does not want to */
  CF_PORTMAP_WRONG,   /* an answer that breaks the rules */
  CF_PORTMAP_INSIDE,  /* the router's own outside is no public address: it is behind another one */
  CF_PORTMAP_WHYS
};

enum cf_portmap_kind { CF_PORTMAP_MAPPED, CF_PORTMAP_FAILED, CF_PORTMAP_CHANGED };

struct cf_portmap_answer {
  enum cf_portmap_kind kind;
  enum cf_portmap_why why[CF_PORTMAP_HOWS]; /* FAILED */
  enum cf_portmap_how how;                  /* MAPPED, and those that follow */
  uint32_t seconds;                         /* how long it stays, at least 1 */
  struct cf_addr tcp, udp;                  /* public ones; family 0: not this one; at least one of them */
};

const char *cf_portmap_how_name (enum cf_portmap_how how); /* as in the lines */

/* Lines without their ends.  Errors: INV_VALUE (not of the one form that it has). */
gpg_error_t cf_portmap_wish_parse (const char *line, uint16_t *r_port, uint32_t *r_seconds) CF_MUST_CHECK;
gpg_error_t cf_portmap_answer_parse (const char *line, struct cf_portmap_answer *r_answer) CF_MUST_CHECK;
/* With their ends. */
const char *cf_portmap_wish_format (uint16_t port, uint32_t seconds, char out[CF_PORTMAP_LINE_MAX]);
const char *cf_portmap_answer_format (const struct cf_portmap_answer *answer, char out[CF_PORTMAP_LINE_MAX]);

#endif
