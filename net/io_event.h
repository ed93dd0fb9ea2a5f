/* io_event.h - the daemon's network: sockets, broadcast and link changes on libevent.
 *
 * io_event*.c are the only files that know sockets.
 */
#ifndef CF_NET_IO_EVENT_H
#define CF_NET_IO_EVENT_H

#include "net/net.h"

struct event_base;

struct cf_io_config {
  const struct cf_addr *listen; /* a fixed TCP address and port, or NULL: every address, a port of the system's choice */
  uint16_t discovery_port;      /* UDP port of "who's there", shared among daemons of one host; 0: CF_DISCOVERY_PORT */
};

/* Open sockets and follow the host's interfaces (netlink).  *R_NET is ready to be given a handler.
   Errors: EADDRINUSE, EACCES, ENOMEM ... */
gpg_error_t cf_io_new (struct cf_env *env, struct event_base *base, const struct cf_io_config *config,
                       struct cf_net **r_net) CF_MUST_CHECK;
void cf_io_free (struct cf_net *net);

/* Run BASE until *STOP, keeping env's clock fresh and firing env's timers. */
gpg_error_t cf_io_run (struct cf_env *env, struct event_base *base, const bool *stop) CF_MUST_CHECK;

#endif
