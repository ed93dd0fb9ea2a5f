/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gateway.h - the router, as the kernel knows it. */
#ifndef CF_PORTMAP_GATEWAY_H
#define CF_PORTMAP_GATEWAY_H

#include "net/addr.h"

/* That of the default route of IPv4, the one with the lowest metric; false: there is none.  Port 0. */
bool cf_gateway_find (struct cf_addr *r_gateway);

#endif
