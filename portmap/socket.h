/* SPDX-License-Identifier: GPL-3.0-or-later */
/* socket.h - the way out, which leads to the router and nowhere else.
 *
 * The libraries that ask by NAT-PMP and UPnP connect by the C library's connect, and look up names by its getaddrinfo:
 * socket.c takes the place of both.  A router's description may name any host as the one to be told what to do; nothing
 * is sent there.
 */
#ifndef CF_PORTMAP_SOCKET_H
#define CF_PORTMAP_SOCKET_H

#include "net/addr.h"

/* From now on only GATEWAY can be connected to. */
void cf_socket_allow (const struct cf_addr *gateway);
/* A UDP socket that hears and tells only ADDR, at PORT; -1: none. */
int cf_socket_to (const struct cf_addr *addr, uint16_t port);
/* Our own address towards ADDR; false: there is none.  Port 0. */
bool cf_socket_own (const struct cf_addr *addr, struct cf_addr *r_own);
/* What routers tell everybody is heard there; -1: it cannot be. */
int cf_socket_heard (void);
/* A datagram of at most SIZE bytes of FD's, if GATEWAY has sent it; else -1. */
long cf_socket_from (int fd, const struct cf_addr *gateway, void *data, size_t size);

#endif
