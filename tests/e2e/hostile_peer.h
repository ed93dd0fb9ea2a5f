/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hostile_peer.h - what the files of hostile_peer share. */
#ifndef CF_TESTS_HOSTILE_PEER_H
#define CF_TESTS_HOSTILE_PEER_H

#include <stdint.h>

/* An IPv4 or IPv6 socket as ADDR is, bound to SOURCE (NULL: to nothing).  -1, with errno. */
int hostile_socket (int type, const char *addr, const char *source);
int hostile_connect (int fd, const char *addr, const char *port); /* as connect */

int64_t hostile_now_ms (void); /* monotonic */

/* Commands; see hostile_flood.c. */
void hostile_streams (char **words);
void hostile_alive (char **words);
void hostile_drop (char **words);
void hostile_ask (char **words);
void hostile_beacons (char **words);

#endif
