/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io_event.h - the daemon's network: sockets, broadcast and link changes on libevent.
 *
 * io_event*.c are the only files that know sockets.
 */
#ifndef CF_NET_IO_EVENT_H
#define CF_NET_IO_EVENT_H

#include "net/net.h"

struct event_base;

struct cf_io_config {
  /* Where streams are accepted.  NULL: every address, a port of the system's choice.  Family 0: every
     address, this port.  Else exactly this address (0.0.0.0 is IPv4 only, [::] IPv6 only; port 0: of the
     system's choice); with a specific address, beacons leave only from the interface that has it. */
  const struct cf_addr *listen;
  bool streams_only;            /* no datagrams: neither beacons nor others */
  bool no_beacons;              /* datagrams of tunnels alone */
  uint32_t incoming_max, incoming_host_max, outgoing_max; /* 0: CF_IO_INCOMING_MAX and the like */
  uint32_t turn_bytes; /* read from one stream before others have their turn; 0: 256 KiB.  Among thousands of busy
                          streams a little is enough, and answers to pings do not wait for seconds */
  uint16_t discovery_port;      /* UDP port of "who's there", shared among daemons of one host; 0: CF_DISCOVERY_PORT */
};

/* Open sockets and follow the host's interfaces (netlink).  *R_NET is ready to be given a handler.
   Errors: EADDRINUSE, EACCES, ENOMEM ... */
gpg_error_t cf_io_new (struct cf_env *env, struct event_base *base, const struct cf_io_config *config,
                       struct cf_net **r_net) CF_MUST_CHECK;
void cf_io_free (struct cf_net *net); /* not from a callback; ends every stream at once: none may be used after it */

/* Run BASE until *STOP, keeping env's clock fresh and firing env's timers.  Other users of BASE (GPGME, IPC)
   call cf_env_system_refresh at the top of their callbacks; timers that any callback arms are honoured,
   since the next deadline is asked for after each turn of the loop.  Whoever sets *STOP from outside a
   callback of BASE (a signal handler) must also wake BASE. */
gpg_error_t cf_io_run (struct cf_env *env, struct event_base *base, const bool *stop) CF_MUST_CHECK;

/* Limits of streams, here for tests and status. */
#define CF_IO_INCOMING_MAX 1024      /* accepted streams at a time */
#define CF_IO_INCOMING_HOST_MAX 64   /* of them from one source (cf_addr_source) */
#define CF_IO_OUTGOING_MAX 512
#define CF_IO_DIAL_MS 10000          /* then a dial fails with ETIMEDOUT */
#define CF_IO_CLOSE_MS 5000          /* what is queued at close has this long to leave */

struct cf_io_counts { uint64_t accepted, refused, dialed, datagrams_in, datagrams_out; };
void cf_io_counts (const struct cf_net *net, struct cf_io_counts *r_counts);

#endif
