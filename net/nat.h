/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nat.h - what stands between us and the rest, as far as others' views of us tell.  No I/O, no state. */
#ifndef CF_NET_NAT_H
#define CF_NET_NAT_H

#include <stddef.h>

#include "net/paths.h"

/* What a NAT does with one port of ours: SEEN is that port as different others see it, OWN are our addresses with it.
   One view tells nothing but that there is no NAT. */
enum cf_nat cf_nat_judge (const struct cf_addr *seen, size_t seen_count, const struct cf_addr *own, size_t own_count);

#endif
